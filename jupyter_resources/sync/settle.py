"""Reading what tells equal from different: local files once, objects by one HEAD, by their bytes only if asked."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor, wait
from dataclasses import dataclass, replace

from jupyter_resources.core.control import Control
from jupyter_resources.core.entry import Entry, Listing
from jupyter_resources.core.errors import NotFound
from jupyter_resources.core.events import Compared, Reporter, silent
from jupyter_resources.core.hashing import Hasher, part_count, part_sizes_like
from jupyter_resources.storage.protocol import STREAM_BYTES, Capability, Store
from jupyter_resources.storage.walk import entry_of
from jupyter_resources.sync.digests import Clock, DigestCache, clock_in
from jupyter_resources.sync.plan import maybe_held, same, undecided

__all__ = ["Side", "clock_of", "recall", "settle"]

THREADS = min(8, (os.cpu_count() or 1) + 2)
BUNCH = 32
BUNCH_BYTES = 4 << 20
EVERY = 0.2
"""Seconds between two words on how far it is: a large file may take minutes."""


@dataclass(frozen=True, slots=True)
class Side:
    """One end of a transfer: where, and what is listed there. `root` is the directory when it is a local one."""

    store: Store
    listing: Listing
    root: str | None = None
    recalled: bool = False
    """Whether it has the digests that this machine recorded earlier."""
    places: Mapping[str, str] | None = None
    """Where each file is, by its path here, if that isn't `root`."""

    def path_of(self, path: str) -> str:
        """Where the file `path` is on the local disk."""
        return self.places[path] if self.places is not None else f"{self.root}/{path}"

    def has_file(self, path: str) -> bool:
        """Whether the local disk has the file `path` at this moment."""
        place = self.path_of(path) if self.places is None else self.places.get(path)
        return place is not None and os.path.lexists(place)

    def placed(self, entries: Iterable[Entry]) -> list[Entry]:
        """`entries` by their real paths below `root`, as digests are recorded."""
        if self.places is None:
            return list(entries)
        return [entry.at(self.places[entry.path].lstrip("/")) for entry in entries]

    def under(self, control: Control) -> Store:
        """The store, its requests counted by `control` unless it is a local directory, which has none."""
        return self.store.under(control if self.root is None else control.uncounted())

    def knowing(self, better: Iterable[Entry]) -> Side:
        """The same side with entries that know more."""
        return replace(self, listing=self.listing.having({entry.path: entry for entry in better}))


def clock_of(side: Side) -> Clock | None:
    """The clock of the file system that holds the first file of a local side; None if none tells."""
    if not side.listing.entries:
        return None
    return clock_in(os.path.dirname(side.path_of(side.listing.entries[0].path)))


def recall(side: Side, cache: DigestCache) -> Side:
    """`side` with the digests that this machine recorded earlier."""
    if side.recalled:
        return side
    if side.root is not None and side.places is not None:
        known = cache.known_files(side.root, Listing.of(side.placed(side.listing)))
        better = {one.path: known.by_path[side.placed([one])[0].path].at(one.path) for one in side.listing}
        return replace(side, listing=side.listing.having(better), recalled=True)
    if side.root is not None:
        return replace(side, listing=cache.known_files(side.root, side.listing), recalled=True)
    return replace(side, listing=cache.known_objects(side.store.location, side.listing), recalled=True)


def settle(
    source: Side, target: Side, cache: DigestCache, control: Control, *, verify: bool, report: Reporter = silent
) -> tuple[Side, Side]:
    """Both sides, knowing enough to compare every pair that can be compared at all.

    Each ambiguous file is read once; each object that is still ambiguous costs one HEAD (counted by `control`). What
    then stays unknown is read whole only with `verify`, which also disregards what was recorded.
    """
    if not verify:
        source, target = recall(source, cache), recall(target, cache)
    pairs = undecided(source.listing, target.listing)
    lonely = [] if verify else maybe_held(source.listing, target.listing)
    if not pairs and not lonely:
        return source, target
    reader = _Reading(source, target, control, verify)
    mine: list[Entry] = []
    theirs: list[Entry] = []
    pool = ThreadPoolExecutor(THREADS, thread_name_prefix="jtres-digest")
    try:
        asked: list[tuple[Entry, Entry | None]] = [*pairs]
        asked += [(one, None) for one in lonely if source.root is not None]
        futures = [pool.submit(reader.all, some) for some in _bunches(asked)]
        for future in futures:
            while not future.done():
                report(Compared(len(reader.read), len(asked)))
                wait((future,), EVERY)
            for one, other in control.result(future):
                mine.append(one)
                theirs += [other] if other is not None else []
    except BaseException:
        control.cancel()
        raise
    finally:
        pool.shutdown(wait=False, cancel_futures=True)  # a stuck disk must not hold back an interrupt
    for side, better in ((source, mine), (target, theirs)):
        if side.root is not None:
            cache.record_files(side.root, side.placed(better), reader.clocks[side.root])
        else:
            cache.record_objects(side.store.location, better)
    return source.knowing(mine), target.knowing(theirs)


def _bunches(asked: Sequence[tuple[Entry, Entry | None]]) -> Iterator[Sequence[tuple[Entry, Entry | None]]]:
    """As many as make a task worth a thread's while, and something for each thread: by count, large files by bytes."""
    most = max(1, min(BUNCH, len(asked) // THREADS))
    start = size = 0
    for at, (entry, _) in enumerate(asked):
        size += entry.size
        if size >= BUNCH_BYTES or at - start + 1 >= most:
            yield asked[start : at + 1]
            start, size = at + 1, 0
    yield asked[start:]


class _Reading:
    """Looks at single entries of two sides (0: source, 1: target), in worker threads."""

    def __init__(self, source: Side, target: Side, control: Control, verify: bool) -> None:
        self._sides = (source, target)
        self._stores = (source.under(control), target.under(control))
        self._control = control
        self._verify = verify
        self.read: list[Entry] = []
        self.clocks = {side.root: clock_of(side) for side in self._sides if side.root is not None}

    def all(self, asked: Sequence[tuple[Entry, Entry | None]]) -> list[tuple[Entry, Entry | None]]:
        """Each pair, and each file of the source without a counterpart, whose content may be held elsewhere."""
        found: list[tuple[Entry, Entry | None]] = []
        for one, other in asked:
            found.append(self.pair(one, other) if other else (self._read_file(0, one, ())[0], None))
            self.read.append(one)
        return found

    def pair(self, one: Entry, other: Entry) -> tuple[Entry, Entry]:
        """Both, knowing more; one that vanished or changed meanwhile stays as it was: the transfer will notice."""
        entries = [one, other]
        for look in (self._files, self._heads, self._bytes):
            if same(entries[0], entries[1]) is None:
                look(entries)
        return entries[0], entries[1]

    def _files(self, entries: list[Entry]) -> None:
        """Read the local files; an object whose multipart ETag they would have has their content."""
        for side in (0, 1):
            if self._sides[side].root is None:
                continue
            other = entries[1 - side]
            parts = part_count(other.etag) if other.facts is None else None
            sizes = part_sizes_like(other.size, parts) if parts else ()
            entries[side], etags = self._read_file(side, entries[side], sizes)
            if other.etag in etags:
                entries[1 - side] = other._replace(sha256=entries[side].sha256)

    def _heads(self, entries: list[Entry]) -> None:
        """Ask objects for the SHA-256 that we leave beside them."""
        for side in (0, 1):
            store, entry = self._stores[side], entries[side]
            if self._sides[side].root is None and entry.sha256 is None and Capability.METADATA in store.capabilities:
                try:
                    found = store.head(entry.path)
                except NotFound:
                    continue
                if (found.size, found.etag) == (entry.size, entry.etag):
                    entries[side] = entry._replace(sha256=found.sha256)

    def _bytes(self, entries: list[Entry]) -> None:
        """The last resort: read an object whole."""
        for side in (0, 1):
            if self._verify and self._sides[side].root is None:
                hasher = Hasher()
                with self._stores[side].read(entries[side].path) as reader:
                    for chunk in reader:
                        hasher.update(chunk)
                entries[side] = entries[side].knowing(hasher.md5, hasher.sha256)

    def _read_file(self, side: int, entry: Entry, part_sizes: tuple[int, ...]) -> tuple[Entry, tuple[str, ...]]:
        """`entry` with both digests, and the ETag that it would have in parts of each size."""
        hasher = Hasher(part_sizes=part_sizes)
        try:
            # Opened by its path, not through the store: what was named may lie behind a linked directory.
            # O_NONBLOCK: what became a named pipe meanwhile must not hang the reader.
            descriptor = os.open(self._sides[side].path_of(entry.path), os.O_RDONLY | os.O_NONBLOCK)
            with open(descriptor, "rb", buffering=0) as stream:
                now = entry_of(entry.path, os.fstat(stream.fileno()))
                while chunk := stream.read(STREAM_BYTES):
                    self._control.check()
                    hasher.update(chunk)
                after = entry_of(entry.path, os.fstat(stream.fileno()))
        except OSError:
            return entry, ()
        if now != after or hasher.size != now.size:
            return entry, ()
        # What it is now counts, not what it was when it was listed: the two digests are of these very bytes.
        return now.knowing(hasher.md5, hasher.sha256), hasher.etags
