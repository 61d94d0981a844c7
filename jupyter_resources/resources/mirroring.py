"""Directories and sets of files to a bucket and back, as Bucket's verbs do it: each one transaction."""

from __future__ import annotations

import os
import stat
from collections.abc import Callable, Mapping
from contextlib import closing
from dataclasses import dataclass

from jupyter_resources.core.control import Control
from jupyter_resources.core.entry import Entry, Listing
from jupyter_resources.core.errors import InvalidPath, InvalidValue, NotFound
from jupyter_resources.core.events import Reporter
from jupyter_resources.core.paths import check, is_reserved, joined, parents
from jupyter_resources.resources.progress import Progress, told
from jupyter_resources.resources.remote_object import RemoteObject, full_key
from jupyter_resources.resources.transaction import Look, Picture, Transaction
from jupyter_resources.storage.local import LocalStore
from jupyter_resources.storage.partial import partial_name
from jupyter_resources.storage.prefixed import PrefixedStore
from jupyter_resources.storage.protocol import Store
from jupyter_resources.storage.viewed import ViewedStore
from jupyter_resources.storage.walk import entry_of
from jupyter_resources.sync import listing
from jupyter_resources.sync.digests import DigestCache
from jupyter_resources.sync.ignore import IgnoreRules, never_pulled
from jupyter_resources.sync.policy import MIRROR, PUSH, Policy
from jupyter_resources.sync.settle import Side
from jupyter_resources.sync.summary import Direction, TransactionSummary

__all__ = ["Mirroring"]

Path = str | os.PathLike[str]
UNSEEN = "the bucket's filter leaves it out"


@dataclass(frozen=True, slots=True)
class Place:
    """A bucket as it is seen: `directory` is where its files are, if on this disk; `changed` hears of changes."""

    store: ViewedStore
    provider: str
    directory: str | None
    changed: Callable[[], None]


class Mirroring:
    """The verbs of one bucket that are about many files. Each gives a TransactionSummary."""

    def __init__(
        self,
        place: Place,
        cache: DigestCache,
        verbose: bool,
        control: Control | None,
        progress: Progress,
    ) -> None:
        """`verbose` prints a line for each thing done."""
        self._store, self._provider, self._directory = place.store, place.provider, place.directory
        self._changed, self._cache = place.changed, cache
        self._verbose, self._control, self._progress = verbose, control, progress

    def directory(
        self, directory: Path, remote: str | None, *, allow_empty: bool, dryrun: bool, secrets: bool
    ) -> TransactionSummary:
        """Mirror a local directory to `remote`."""
        policy = MIRROR.but(allow_empty=allow_empty)
        return self._sent(directory, remote or "", policy, "sync", dryrun=dryrun, secrets=secrets)

    def add(self, directory: Path, remote: str, *, secrets: bool) -> TransactionSummary:
        """Store a directory's files below `remote`."""
        return self._sent(directory, remote, PUSH.but(overwrite=True), "push", dryrun=False, secrets=secrets)

    def files(
        self, files: Mapping[str, Path], remote: str | None, *, allow_empty: bool, dryrun: bool
    ) -> TransactionSummary:
        """Mirror single files, each under the name that it is given, to `remote`."""
        places = {joined(name.replace("\\", "/")): os.path.abspath(os.fspath(path)) for name, path in files.items()}
        if len(places) < len(files):
            raise InvalidValue("two of the names are one", hint="outer slashes don't count")
        base, store = self._below(remote or "")
        self._check(places, base)
        entries = [_entry(check(name), path) for name, path in places.items()]
        here = Side(LocalStore("/"), Listing.of(entries), "/", places=places)

        def look(control: Control, report: Reporter) -> tuple[Side, Side]:
            return here, self._there(store, base, _listed(store, control, report, "target"))

        picture = Picture(True, "/", self._object(base, store), lambda path: full_key(base, path), places)
        return self._run(look, MIRROR.but(allow_empty=allow_empty), picture, "sync", dryrun, {})

    def bring(self, directory: Path, remote: str) -> TransactionSummary:
        """Bring what lies below `remote` to a local directory."""
        root = os.path.abspath(os.fspath(directory))
        base, store = self._below(remote)
        local = LocalStore(root, create=True)
        sizes: dict[str, int] = {}

        def look(control: Control, report: Reporter) -> tuple[Side, Side]:
            there = _listed(store, control, report, "source")
            there = there.select(lambda path: never_pulled(path) or partial_name(path))
            sizes.update((one.path, one.size) for one in there)
            here = listing.list_targets(local.under(control.uncounted()), [""], there, report)
            return self._there(store, base, there), Side(local, here, root)

        picture = Picture(False, root, self._object(base, store), lambda path: full_key(base, path))
        return self._run(look, PUSH.but(overwrite=True), picture, "pull", False, sizes)

    def _sent(
        self, directory: Path, remote: str, policy: Policy, direction: Direction, *, dryrun: bool, secrets: bool
    ) -> TransactionSummary:
        root = os.path.abspath(os.fspath(directory))
        if not os.path.isdir(root):
            raise NotFound(f"Not a valid directory: {root}", hint="check the spelling; nothing was changed")
        base, store = self._below(remote)
        rules = IgnoreRules(root, secrets=secrets)
        local = LocalStore(root, prune=rules.reason, create=False, clean=False)
        sizes: dict[str, int] = {}

        def look(control: Control, report: Reporter) -> tuple[Side, Side]:
            walked = listing.walk(local.under(control.uncounted()), [""], report, "source")
            walked = walked.select(lambda path: None if self._store.shows(full_key(base, path)) else UNSEEN)
            sizes.update((one.path, one.size) for one in walked)
            there = _listed(store, control, report, "target", [one.path for one in walked])
            if policy.delete:
                there = there.select(rules.reason)
            return Side(local, walked, root), self._there(store, base, there)

        picture = Picture(True, root, self._object(base, store), lambda path: full_key(base, path))
        return self._run(look, policy, picture, direction, dryrun, sizes)

    def _run(
        self,
        look: Look,
        policy: Policy,
        picture: Picture,
        direction: Direction,
        dryrun: bool,
        sizes: Mapping[str, int],
    ) -> TransactionSummary:
        summary = TransactionSummary(sync_direction=direction, dryrun=dryrun)
        summary.source, summary.target = picture.root, self._store.location
        if direction == "pull":
            summary.source, summary.target = summary.target, summary.source
        with told(self._progress) as progress:
            report = progress.reporter(sizes, picture.full_key)
            transaction = Transaction(look, policy, picture, self._cache, lambda done: self._changed())
            try:
                done = transaction.run(summary, report, self._control or Control())
            finally:
                self._changed()
        if self._verbose:
            _print(done)
        return done

    def _check(self, names: Mapping[str, str], base: str) -> None:
        """Raise for names that can't be there together, or that the bucket's filter leaves out."""
        for name in names:
            for above in parents(check(name)):
                if above in names:
                    hint = "a directory could not hold both; sync them one after the other under other names"
                    raise InvalidValue(f"{above!r} is a file and the directory of {name!r}", hint=hint)
            if is_reserved(full_key(base, name)):
                raise InvalidPath(f"{name!r} is reserved", hint="choose a name outside of .resources")
            if not self._store.shows(full_key(base, name)):
                raise InvalidPath(f"{name!r}: {UNSEEN}", hint="use the bucket without the filter, or another name")

    def _there(self, store: Store, base: str, there: Listing) -> Side:
        return Side(store, there, os.path.join(self._directory, base) if self._directory is not None else None)

    def _below(self, remote: str) -> tuple[str, Store]:
        base = joined(remote.replace("\\", "/"))
        return base, PrefixedStore(self._store, base) if base else self._store

    def _object(self, base: str, store: Store) -> Callable[[Entry], RemoteObject]:
        return lambda entry: RemoteObject(entry, store, base, self._provider)


def _listed(store: Store, control: Control, report: Reporter, side: str, expected: list[str] | None = None) -> Listing:
    with closing(listing.Objects(store, [""], control, expected or ())) as coming:
        return coming.listing(report, side)


def _entry(name: str, path: str) -> Entry:
    try:
        status = os.stat(path)
    except FileNotFoundError:
        raise NotFound(f"{path} does not exist", hint="nothing was changed; check the spelling") from None
    if not stat.S_ISREG(status.st_mode):
        raise InvalidValue(f"{path} is not a regular file", hint="sync_directory mirrors directories")
    return entry_of(name, status)


def _print(summary: TransactionSummary) -> None:
    for word, files in (("added", summary.copied), ("copied", summary.reused), ("deleted", summary.deleted)):
        for one in files:
            print(f"{word} {one.name}")  # noqa: T201 - the documented behaviour of verbose=True
