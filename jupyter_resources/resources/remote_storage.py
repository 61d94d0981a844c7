"""RemoteStorage: a bucket plus a base path, with push, pull, sync, delete and list."""

from __future__ import annotations

import copy
import glob
import logging
import os
from collections.abc import Callable, Sequence
from contextlib import ExitStack, closing
from functools import cached_property
from typing import Any

from jupyter_resources.core.control import Control
from jupyter_resources.core.entry import Entry, Listing
from jupyter_resources.core.errors import AlreadyExists, InvalidValue, NotFound
from jupyter_resources.core.events import Reporter, silent
from jupyter_resources.core.paths import check, is_reserved, joined
from jupyter_resources.core.steps import Action
from jupyter_resources.resources import naming
from jupyter_resources.resources.config import Provider, RemoteStorageConfig
from jupyter_resources.resources.naming import Path
from jupyter_resources.resources.providers import open_driver
from jupyter_resources.resources.remote_object import RemoteObject, full_key
from jupyter_resources.resources.seen import default_names, place_of
from jupyter_resources.resources.selection import Regex, Selection
from jupyter_resources.resources.transaction import Picture, Transaction
from jupyter_resources.storage.local import LocalStore
from jupyter_resources.storage.partial import partial_name
from jupyter_resources.storage.prefixed import PrefixedStore
from jupyter_resources.storage.protocol import Store
from jupyter_resources.storage.registry import open_containers, open_store
from jupyter_resources.sync import listing
from jupyter_resources.sync.digests import DigestCache, default_cache
from jupyter_resources.sync.ignore import IgnoreRules, never_pulled
from jupyter_resources.sync.policy import MIRROR, PUSH
from jupyter_resources.sync.settle import Side, recall
from jupyter_resources.sync.summary import Direction, TransactionSummary
from jupyter_resources.sync.transfer import Done

__all__ = ["RemoteStorage"]

log = logging.getLogger("jupyter_resources")

MANY = 4000
"""So many files make it worth while to ask the bucket before they are looked at."""


class RemoteStorage:
    """A bucket and a base path below which everything lies. Nothing connects until it is used.

    Every verb decides from one listing of each side, moves in parallel, verifies, and leaves a target complete or
    untouched. Any number of threads may use one RemoteStorage at once. Keys below `.resources/` don't exist for it.
    """

    def __init__(
        self,
        conf: RemoteStorageConfig,
        *,
        store: Store | None = None,
        cache: DigestCache | None = None,
        place: str = "",
    ) -> None:
        """`store` replaces the one that `conf` opens; `cache` the digest cache of this user; `place` is what the bucket
        is called among the names kept for completion.
        """
        self._conf = conf
        self._given = store
        self._given_place = place
        self._cache = cache or default_cache()
        self._seen = default_names()
        self._base = ""
        self.set_remote_base_path(conf.base_path)

    def __repr__(self) -> str:
        return f"RemoteStorage({self._conf.provider}, bucket={self._conf.bucket!r}, base_path={self._base!r})"

    @property
    def conf(self) -> RemoteStorageConfig:
        return self._conf

    @property
    def provider(self) -> str:
        return str(self._conf.provider)

    @property
    def remote_base_path(self) -> str:
        """The path in the bucket that every remote path is relative to, without outer slashes."""
        return self._base

    def set_remote_base_path(self, path: str | None) -> None:
        """Change the base path; None is the bucket itself. Raises InvalidPath for one that no key can have."""
        bare = (path or "").strip().strip("/")
        if is_reserved(bare):
            raise InvalidValue(f"{bare!r} is reserved", hint="choose a base path outside of .resources")
        self._base = check(bare) if bare else ""

    @cached_property
    def driver(self) -> Any:
        """apache-libcloud's driver for this provider, for what isn't offered here. Raises Unsupported for memory."""
        return open_driver(self._conf)

    @cached_property
    def bucket(self) -> Any:
        """apache-libcloud's container. Raises its ContainerDoesNotExistError; Unsupported for memory."""
        return self.driver.get_container(container_name=self._conf.bucket)

    def create_bucket(self, exist_ok: bool = True) -> None:
        """Make the bucket. Raises AlreadyExists unless `exist_ok`, InvalidValue for a name that can't be."""
        if self.provider == Provider.MEMORY:
            return  # it comes into being with its store
        try:
            open_containers(self._conf.spec()).create(self._conf.bucket)
        except AlreadyExists:
            if not exist_ok:
                raise

    def get_push_remote_path(self, local_path: Path) -> str:
        """The full key that a push of `local_path` writes: the base path and the path, joined by one `/`."""
        return joined(self._base, os.path.normpath(os.fspath(local_path)).replace(os.sep, "/"))

    def push(
        self,
        path: Path | Sequence[Path],
        local_path_prefix: Path | None = None,
        force: bool = False,
        include_regex: Regex = None,
        exclude_regex: Regex = None,
        dryrun: bool = False,
        path_regex: Regex = None,
        *,
        delete: bool = False,
        allow_empty: bool = False,
        verify: bool = False,
        secrets: bool = False,
        report: Reporter = silent,
        control: Control | None = None,
    ) -> TransactionSummary:
        """Copy a file, a directory or what a glob matches to the bucket; what is equal there stays untouched.

        The remote path is the base path plus `path` relative to `local_path_prefix` (default: the current directory;
        for an absolute path the root, so that `/home/a` goes to `base/home/a`). Patterns match at the beginning of
        that relative path. `delete` also removes what the directory no longer has; `verify` trusts no recorded digest;
        `secrets` lets files go along that look like secrets (`.env`, private keys). Whoever holds `control` can cancel
        from another thread, as Ctrl-C does in this one, even while a connection stalls.

        Raises NotFound when nothing matches, InvalidValue for a path outside of the prefix, Conflict before anything
        moves when the target differs and `force` isn't set, Incomplete when single files failed, Interrupted.
        """
        root, patterns, lead = naming.rooted([path] if isinstance(path, str | os.PathLike) else path, local_path_prefix)
        selection = Selection.of(include_regex, exclude_regex, path_regex, lead)
        at = self._as_now()
        rules = IgnoreRules(root, secrets=secrets, bucket=at._bucket_directory)
        store = LocalStore(root, prune=rules.reason, clean=False)

        def look(control: Control, report: Reporter) -> tuple[Side, Side]:
            found = [naming.found(root, pattern, patterns) for pattern in patterns]
            if delete and any(glob.has_magic(one) and one not in it for one, it in zip(patterns, found, strict=True)):
                raise InvalidValue("a glob can't be mirrored: it doesn't say what is gone", hint="give a directory")
            here = store.under(control.uncounted())
            prefixes = [listing.search_prefix(one) for one in patterns]
            with ExitStack() as stack:
                # Where many files were pushed before, the bucket answers while the walk is under way.
                known = at._expected(root, prefixes)
                coming = stack.enter_context(closing(at._begun(prefixes, control, known))) if known else None
                walked = listing.walk(here, [one for matched in found for one in matched], report, "source")
                if not walked and not delete:
                    raise naming.nothing(patterns, walked)
                expected = [entry.path for entry in walked]
                coming = coming or stack.enter_context(closing(at._begun(prefixes, control, expected)))
                mine = Side(store, walked.select(selection.reason), root)
                mine = mine if verify else recall(mine, at._cache)
                there = at._listed(coming, prefixes, report, "target")
            if delete:
                there = there.select(lambda path: selection.reason(path) or rules.reason(path))
                naming.check_mirror(root, patterns, at._bucket_directory)
                if not allow_empty:
                    naming.check_emptied([one for matched in found for one in matched], walked, there)
            return mine, Side(at._store, there, at._directory)

        policy = MIRROR if delete else PUSH.but(overwrite=force)
        policy = policy.but(allow_empty=allow_empty, verify=verify)
        summary = at._summary("sync" if delete else "push", dryrun)
        summary.source = os.path.join(root, patterns[0]) if len(patterns) == 1 else root
        return Transaction(look, policy, at._picture(True, root), self._cache, at._notice).run(
            summary, report, control or Control()
        )

    def pull(
        self,
        remote_path: Path | Sequence[Path],
        local_base_dir: Path = "",
        force: bool = False,
        include_regex: Regex = None,
        exclude_regex: Regex = None,
        convert_to_linux_path: bool = True,
        dryrun: bool = False,
        path_regex: Regex = None,
        *,
        verify: bool = False,
        missing_ok: bool = True,
        report: Reporter = silent,
        control: Control | None = None,
    ) -> TransactionSummary:
        """Copy an object, or all below a path or several, to `local_base_dir` (default: the current directory).

        The remote path, relative to the base path, is made again below `local_base_dir`. A backslash counts as `/`
        unless `convert_to_linux_path` is False. Nothing found is a warning in the log and an empty summary, or NotFound
        unless `missing_ok`. Local files that differ raise Conflict before anything moves, unless `force`; a directory
        in the place of a file always does. Object names that would lead outside are skipped, each with its reason in
        `skipped_source_files`.
        """
        base = os.path.abspath(os.fspath(local_base_dir))
        given = [remote_path] if isinstance(remote_path, str | os.PathLike) else remote_path
        wanted = [naming.remote(one, local_base_dir, convert_to_linux_path) for one in given]
        selection = Selection.of(include_regex, exclude_regex, path_regex)
        store = LocalStore(base, create=True)
        at = self._as_now()

        def look(control: Control, report: Reporter) -> tuple[Side, Side]:
            there = at._listed(at._begun(wanted, control), wanted, report, "source")
            for missing in (one for one in wanted if not there.has_below(one)):
                if not missing_ok:
                    raise at._missing(missing)
                log.warning("No files found in remote storage under path: %s", joined(at._base, missing))
            there = there.select(lambda path: selection.reason(path) or never_pulled(path) or partial_name(path))
            here = listing.list_targets(store.under(control.uncounted()), wanted, there, report)
            return Side(at._store, there, at._directory), Side(store, here, base)

        summary = at._summary("pull", dryrun)
        summary.target = os.path.join(base, wanted[0]) if len(wanted) == 1 and wanted[0] else base
        policy = PUSH.but(overwrite=force, verify=verify)
        return Transaction(look, policy, at._picture(False, base), self._cache).run(
            summary, report, control or Control()
        )

    def sync(
        self,
        directory: Path,
        local_path_prefix: Path | None = None,
        *,
        dryrun: bool = False,
        allow_empty: bool = False,
        secrets: bool = False,
        report: Reporter = silent,
        control: Control | None = None,
    ) -> TransactionSummary:
        """Make the remote directory a mirror of the local one: a push that overwrites, and deletes last.

        A missing directory never empties the bucket (NotFound), an empty one only with `allow_empty` (EmptySource).
        """
        return self.push(
            directory,
            local_path_prefix,
            dryrun=dryrun,
            delete=True,
            allow_empty=allow_empty,
            secrets=secrets,
            report=report,
            control=control,
        )

    def delete(
        self,
        remote_path: Path,
        include_regex: Regex = None,
        exclude_regex: Regex = None,
        path_regex: Regex = None,
    ) -> list[RemoteObject]:
        """Delete an object, or all below a path (`""`: below the base path), and return what was deleted.

        Nothing found is a warning in the log and `[]`. Names that merely begin alike are not touched.
        """
        wanted = naming.remote(remote_path, "", True)
        selection = Selection.of(include_regex, exclude_regex, path_regex)
        control, at = Control(), self._as_now()
        there = at._listed(at._begun([wanted], control), [wanted], silent, "target")
        hostile = [Entry(one.path, one.size) for one in there.left_out]
        doomed = [one for one in (*there.entries, *hostile) if selection.reason(one.path) is None]
        if not doomed:
            log.warning("No files found in remote storage under path: %s. Not deleting anything", wanted)
            return []
        at._store.under(control).delete([one.path for one in doomed])
        at._seen.changed(at._place, (), [joined(at._base, one.path) for one in doomed])
        return list(map(at._objects(), doomed))

    def list_objects(self, remote_path: Path) -> list[RemoteObject]:
        """All objects whose key begins with the base path and `remote_path`, letter by letter, sorted by key.

        Those whose names can't be files are among them, so that they can be found and deleted.
        """
        wanted = os.fspath(remote_path).replace("\\", "/").lstrip("/")
        found: list[Entry] = []
        for page in self._store.list(wanted):
            found += page.entries
            found += [Entry(one.path, one.size) for one in page.left_out]
        shown = (one for one in sorted(found, key=lambda one: one.path) if not is_reserved(one.path))
        return list(map(self._objects(), shown))

    def _as_now(self) -> RemoteStorage:
        """This, with the base path that it has now: another thread may set another one while a transfer runs."""
        _ = self._opened
        return copy.copy(self)

    @property
    def _bucket_directory(self) -> str | None:
        """The bucket itself on disk, if it is a directory."""
        return self._opened.root if isinstance(self._opened, LocalStore) else None

    @cached_property
    def _opened(self) -> Store:
        return self._given if self._given is not None else open_store(self._conf.spec())

    @property
    def _store(self) -> Store:
        return PrefixedStore(self._opened, self._base) if self._base else self._opened

    @property
    def _directory(self) -> str | None:
        """Where the base path lies on disk, if the bucket is a directory."""
        return os.path.join(self._opened.root, self._base) if isinstance(self._opened, LocalStore) else None

    def _expected(self, root: str, prefixes: Sequence[str]) -> list[str]:
        """What is probably in the bucket: what was pushed from `root` before, if that is so much that it matters."""
        if len(prefixes) != 1 or self._directory is not None:
            return []
        known = self._cache.known_paths(root, prefixes[0])
        return known if len(known) >= MANY else []

    def _begun(self, prefixes: Sequence[str], control: Control, expected: Sequence[str] = ()) -> listing.Objects:
        return listing.Objects(self._store, prefixes, control, expected, counted=self._directory is None)

    def _listed(self, coming: listing.Objects, prefixes: Sequence[str], report: Reporter, side: str) -> Listing:
        listed = coming.listing(report, side)
        lead = f"{self._base}/" if self._base else ""
        self._seen.listed(self._place, prefixes, [one.path for one in listed], lead)
        return listed

    def _notice(self, done: Sequence[Done]) -> None:
        """Remember for completion what a push did."""
        there = {
            gone: [joined(self._base, one.step.path) for one in done if (one.step.action is Action.DELETE) is gone]
            for gone in (False, True)
        }
        self._seen.changed(self._place, there[False], there[True])

    @property
    def _place(self) -> str:
        conf = self._conf
        address = conf.key if self.provider == "local" else conf.endpoint
        return self._given_place or place_of(self.provider, address, conf.bucket, conf.key)

    def _missing(self, wanted: str) -> NotFound:
        where = f"below {self._base!r} in" if self._base else "in"
        hint = "check the spelling; '' is everything there"
        if glob.has_magic(wanted):
            hint = f"a pull takes a path, and a pattern beside it: --include '{naming.as_regex(wanted)}'"
        return NotFound(f"nothing called {wanted!r} {where} bucket {self._conf.bucket!r}", hint=hint)

    def _objects(self) -> Callable[[Entry], RemoteObject]:
        """What makes objects of entries; they share one store."""
        store, base, provider = self._store, self._base, self.provider
        return lambda entry: RemoteObject(entry, store, base, provider)

    def _picture(self, local_is_source: bool, root: str) -> Picture:
        return Picture(local_is_source, root, self._objects(), lambda path: full_key(self._base, path))

    def _summary(self, direction: Direction, dryrun: bool) -> TransactionSummary:
        where = self._store.location
        source, target = (where, "") if direction == "pull" else ("", where)
        return TransactionSummary(
            sync_direction=direction, dryrun=dryrun, base_path=self._base, source=source, target=target
        )
