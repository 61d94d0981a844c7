"""RemoteStorage: a bucket plus a base path, with push, pull, sync, delete and list."""

from __future__ import annotations

import glob
import logging
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import cached_property
from typing import Any

from jupyter_resources.core.control import Control
from jupyter_resources.core.entry import Entry, Listing
from jupyter_resources.core.errors import AlreadyExists, InvalidValue, NotFound
from jupyter_resources.core.events import Reporter, silent
from jupyter_resources.core.paths import check, is_reserved, joined, under
from jupyter_resources.resources.config import RemoteStorageConfig
from jupyter_resources.resources.providers import open_driver
from jupyter_resources.resources.remote_object import RemoteObject
from jupyter_resources.resources.selection import Regex, Selection
from jupyter_resources.resources.transaction import Picture, finish
from jupyter_resources.storage.local import LocalStore
from jupyter_resources.storage.prefixed import PrefixedStore
from jupyter_resources.storage.protocol import Store
from jupyter_resources.storage.registry import open_containers, open_store
from jupyter_resources.sync import engine, listing
from jupyter_resources.sync.digests import DigestCache, default_cache
from jupyter_resources.sync.ignore import IgnoreRules
from jupyter_resources.sync.policy import PUSH
from jupyter_resources.sync.settle import Side
from jupyter_resources.sync.summary import Direction, TransactionSummary

__all__ = ["RemoteStorage"]

log = logging.getLogger("jupyter_resources")
Path = str | os.PathLike[str]


class RemoteStorage:
    """A bucket and a base path below which everything lies. Nothing connects until it is used.

    Every verb decides from one listing of each side, moves in parallel, verifies, and leaves a target complete or
    untouched. Any number of threads may use one RemoteStorage at once. Keys below `.resources/` don't exist for it.
    """

    def __init__(
        self, conf: RemoteStorageConfig, *, store: Store | None = None, cache: DigestCache | None = None
    ) -> None:
        """`store` replaces the one that `conf` opens; `cache` the digest cache of this user."""
        self._conf = conf
        self._given = store
        self._cache = cache or default_cache()
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
        if self._given is not None:
            return
        try:
            open_containers(self._conf.spec()).create(self._conf.bucket)
        except AlreadyExists:
            if not exist_ok:
                raise

    def get_push_remote_path(self, local_path: Path) -> str:
        """The full key that a push of `local_path` writes: the base path and the path, joined by one `/`."""
        return joined(self._base, os.fspath(local_path).replace(os.sep, "/"))

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
        report: Reporter = silent,
    ) -> TransactionSummary:
        """Copy a file, a directory or what a glob matches to the bucket; what is equal there stays untouched.

        The remote path is the base path plus `path` relative to `local_path_prefix` (default: the current directory;
        for an absolute path the root, so that `/home/a` goes to `base/home/a`). Patterns match at the beginning of
        that relative path. `delete` also removes what the directory no longer has; `verify` trusts no recorded digest.

        Raises NotFound when nothing matches, InvalidValue for a path outside of the prefix, Conflict before anything
        moves when the target differs and `force` isn't set, Incomplete when single files failed.
        """
        root, patterns, lead = _rooted([path] if isinstance(path, str | os.PathLike) else path, local_path_prefix)
        selection = Selection.of(include_regex, exclude_regex, path_regex, lead)
        direction: Direction = "sync" if delete else "push"
        with self._transaction(direction, dryrun, report) as (control, summary):
            summary.source = os.path.join(root, patterns[0]) if len(patterns) == 1 else root
            rules = IgnoreRules(root, secrets=force)
            store = LocalStore(root, prune=rules.reason)
            found = [_found(root, pattern) for pattern in patterns]
            if delete and any(
                glob.has_magic(one) and one not in same for one, same in zip(patterns, found, strict=True)
            ):
                raise InvalidValue("a glob can't be mirrored: it doesn't say what is gone", hint="give a directory")
            walked = listing.walk(store, [one for matched in found for one in matched], report)
            if not walked and not (delete and allow_empty):
                raise _nothing(patterns, walked)
            there = self._listed([listing.search_prefix(one) for one in patterns], control, report, "target")
            if delete:
                there = there.select(lambda path: selection.reason(path) or rules.reason(path))
            source = Side(store, walked.select(selection.reason), root)
            target = Side(self._store, there, self._directory)
            policy = PUSH.but(overwrite=force or delete, delete=delete, allow_empty=allow_empty, verify=verify)
            prepared = engine.prepare(source, target, policy, self._cache, control)
            return finish(prepared, self._picture(True, root), summary, self._cache, control, report)

    def pull(
        self,
        remote_path: Path,
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
    ) -> TransactionSummary:
        """Copy an object, or all below a path, to `local_base_dir` (default: the current directory).

        The remote path, relative to the base path, is made again below `local_base_dir`. A backslash counts as `/`
        unless `convert_to_linux_path` is False. Nothing found is a warning in the log and an empty summary, or NotFound
        unless `missing_ok`. Local files that differ raise Conflict before anything moves, unless `force`; a directory
        in the place of a file always does. Object names that would lead outside are skipped, each with its reason in
        `skipped_source_files`.
        """
        base = os.path.abspath(os.fspath(local_base_dir))
        wanted = _remote(remote_path, local_base_dir, convert_to_linux_path)
        selection = Selection.of(include_regex, exclude_regex, path_regex)
        with self._transaction("pull", dryrun, report) as (control, summary):
            summary.target = os.path.join(base, wanted) if wanted else base
            there = self._listed([wanted], control, report, "source").select(selection.reason)
            if not there and not there.left_out:
                if not missing_ok:
                    raise self._missing(wanted)
                log.warning("No files found in remote storage under path: %s", joined(self._base, wanted))
                return summary
            store = LocalStore(base, create=True)
            here = listing.list_targets(store, wanted, there, report)
            prepared = engine.prepare(
                Side(self._store, there, self._directory),
                Side(store, here, base),
                PUSH.but(overwrite=force, verify=verify),
                self._cache,
                control,
            )
            return finish(prepared, self._picture(False, base), summary, self._cache, control, report)

    def sync(
        self,
        directory: Path,
        local_path_prefix: Path | None = None,
        *,
        dryrun: bool = False,
        allow_empty: bool = False,
        report: Reporter = silent,
    ) -> TransactionSummary:
        """Make the remote directory a mirror of the local one: a push that overwrites, and deletes last.

        An empty or missing directory never empties the bucket: NotFound, or with `allow_empty` for an empty one, done.
        """
        return self.push(
            directory, local_path_prefix, dryrun=dryrun, delete=True, allow_empty=allow_empty, report=report
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
        wanted = _remote(remote_path, "", True)
        selection = Selection.of(include_regex, exclude_regex, path_regex)
        control = Control()
        there = self._listed([wanted], control, silent, "target")
        hostile = [Entry(one.path, one.size) for one in there.left_out]
        doomed = [one for one in (*there.entries, *hostile) if selection.reason(one.path) is None]
        if not doomed:
            log.warning("No files found in remote storage under path: %s. Not deleting anything", wanted)
            return []
        self._store.under(control).delete([one.path for one in doomed])
        return [self._object(one) for one in doomed]

    def list_objects(self, remote_path: Path) -> list[RemoteObject]:
        """All objects whose key begins with the base path and `remote_path`, letter by letter, sorted by key."""
        wanted = os.fspath(remote_path).replace("\\", "/").lstrip("/")
        found = [entry for page in self._store.list(wanted) for entry in page.entries]
        return [self._object(one) for one in sorted(found, key=lambda one: one.path) if not is_reserved(one.path)]

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

    def _listed(self, prefixes: Sequence[str], control: Control, report: Reporter, side: str) -> Listing:
        there = Side(self._store, Listing(), self._directory)
        return listing.list_objects(there.under(control), prefixes, control, report, side)

    def _missing(self, wanted: str) -> NotFound:
        where = f"below {self._base!r} in" if self._base else "in"
        return NotFound(
            f"nothing called {wanted!r} {where} bucket {self._conf.bucket!r}",
            hint="check the spelling; '' is everything there",
        )

    def _object(self, entry: Entry) -> RemoteObject:
        return RemoteObject(entry, self._store, self._base, self.provider)

    def _picture(self, local_is_source: bool, root: str) -> Picture:
        base = f"{self._base}/" if self._base else ""
        return Picture(local_is_source, root, self._object, lambda path: base + path)

    @contextmanager
    def _transaction(
        self, direction: Direction, dryrun: bool, report: Reporter
    ) -> Iterator[tuple[Control, TransactionSummary]]:
        """What every transfer begins with; an interrupt before the first byte moved says so."""
        control = Control()
        summary = TransactionSummary(sync_direction=direction, dryrun=dryrun, base_path=self._base)
        where = self._store.location
        summary.source, summary.target = (where, "") if direction == "pull" else ("", where)
        try:
            yield control, summary
        except engine.Interrupted:
            raise
        except KeyboardInterrupt:
            control.cancel()
            summary.interrupted = True
            raise engine.Interrupted(
                "Stopped before anything was changed", hint="the same line starts again", summary=summary
            ) from None
        finally:
            summary.requests = summary.requests or control.requests


def _rooted(paths: Sequence[Path], prefix: Path | None) -> tuple[str, list[str], str]:
    """The directory that keys are relative to, the patterns relative to it, and what regexes see before a path."""
    given = [os.fspath(path) for path in paths]
    if not given:
        raise InvalidValue("nothing to push was named", hint="give a file, a directory or a glob")
    if prefix is None:
        absolute = [os.path.isabs(one) for one in given]
        if all(absolute):
            return "/", [one.lstrip("/") for one in given], "/"
        if any(absolute):
            raise InvalidValue("absolute and relative paths in one push", hint="push them one after the other")
        return os.getcwd(), given, ""
    root = os.path.abspath(os.fspath(prefix))
    return root, [_below(one, root) for one in given], ""


def _below(path: str, root: str) -> str:
    if not os.path.isabs(path):
        return path
    if not under(path.rstrip("/"), root):
        raise InvalidValue(
            f"Specified path={path} is not a child of local_path_prefix={root}", hint="give a path below the prefix"
        )
    return path[len(root.rstrip("/")) :].strip("/")


def _found(root: str, pattern: str) -> list[str]:
    found = listing.matches(root, pattern)
    if not found:
        raise NotFound(
            f"{os.path.join(root, pattern)} matches no file", hint="check the spelling; %pwd shows where you are"
        )
    return found


def _nothing(patterns: Sequence[str], walked: Listing) -> NotFound:
    names = ", ".join(repr(one) for one in patterns)
    if not walked.left_out:
        return NotFound(f"{names} holds no files", hint="put something there first")
    first = walked.left_out[0]
    return NotFound(
        f"{names} holds nothing that can be pushed: {first.path}: {first.reason}",
        hint="--force pushes what looks like a secret; .resourcesignore says what is ignored",
    )


def _remote(path: Path, local_base_dir: Path, convert: bool) -> str:
    """A remote path relative to the base path, without outer slashes."""
    wanted = os.fspath(path)
    if convert:
        wanted = wanted.replace("\\", "/")
    base = os.fspath(local_base_dir)
    if os.path.isabs(wanted) and base and os.path.isabs(base):
        wanted = _below(wanted, os.path.normpath(base))
    wanted = wanted.strip("/")
    while wanted.startswith("./"):
        wanted = wanted[2:]
    return "" if wanted == "." else wanted
