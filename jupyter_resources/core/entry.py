"""What is known of the files on one side: an Entry each, a Listing together."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from jupyter_resources.core.paths import under

__all__ = ["EMPTY", "Entry", "Facts", "LeftOut", "Listing"]


class Facts(NamedTuple):
    """What a file system says of a file beyond size and mtime: enough to notice that it became another one."""

    device: int
    inode: int
    ctime_ns: int
    mode: int = 0


class Entry(NamedTuple):
    """One file or object: `path` is relative with `/`, `size` in bytes, digests in lower-case hex.

    A digest that isn't known is None: None never equals anything. `etag` is the store's own tag without quotes; it
    changes whenever the content does, and is nothing more than that unless the store also set `md5`.

    A tuple, because there are millions: it is made and compared in a third of a dataclass's time.
    """

    path: str
    size: int
    mtime_ns: int | None = None
    etag: str | None = None
    md5: str | None = None
    sha256: str | None = None
    facts: Facts | None = None

    def at(self, path: str) -> Entry:
        """The same under another name."""
        return Entry(path, self.size, self.mtime_ns, self.etag, self.md5, self.sha256, self.facts)

    def knowing(self, md5: str | None, sha256: str | None) -> Entry:
        """The same with these digests."""
        return Entry(self.path, self.size, self.mtime_ns, self.etag, md5, sha256, self.facts)


@dataclass(frozen=True, slots=True)
class LeftOut:
    """A file that a listing saw and doesn't hold, and why (a broken link, a name that can't be, an ignore rule).

    A `path` that ends in `/` stands for everything below it.
    """

    path: str
    reason: str
    size: int = 0


@dataclass(frozen=True, slots=True)
class Listing:
    """Entries with unique paths, sorted by path (code points), and what was left out."""

    entries: tuple[Entry, ...] = ()
    left_out: tuple[LeftOut, ...] = ()
    by_path: Mapping[str, Entry] = field(default_factory=dict, compare=False, repr=False)

    @classmethod
    def of(cls, entries: Iterable[Entry], left_out: Iterable[LeftOut] = ()) -> Listing:
        """Sort and index `entries`; of two with one path the later one counts. What is left out twice is so once."""
        by_path = {entry.path: entry for entry in entries}
        ordered = tuple(by_path[path] for path in sorted(by_path))
        return cls(ordered, tuple(sorted(dict.fromkeys(left_out), key=lambda one: one.path)), by_path)

    def __iter__(self) -> Iterator[Entry]:
        return iter(self.entries)

    def __len__(self) -> int:
        return len(self.entries)

    def __contains__(self, path: object) -> bool:
        return path in self.by_path

    def get(self, path: str) -> Entry | None:
        """The entry at `path`, or None."""
        return self.by_path.get(path)

    def has_below(self, directory: str) -> bool:
        """Whether anything was seen at `directory` or below it, left out or not."""
        paths = (*(one.path for one in self.entries), *(one.path for one in self.left_out))
        return any(under(path, directory) for path in paths)

    def select(self, keep: Callable[[str], str | None]) -> Listing:
        """Leave out each entry for whose path `keep` gives a reason."""
        kept: list[Entry] = []
        out = list(self.left_out)
        for entry in self.entries:
            reason = keep(entry.path)
            if reason is None:
                kept.append(entry)
            else:
                out.append(LeftOut(entry.path, reason, entry.size))
        # The usual case, and a copy of a million entries is no small thing.
        return self if len(kept) == len(self.entries) else Listing.of(kept, out)

    def having(self, better: Mapping[str, Entry]) -> Listing:
        """The same listing with some entries replaced by ones that know more."""
        if not better:
            return self
        by_path = {**self.by_path, **{path: entry for path, entry in better.items() if path in self.by_path}}
        return Listing(tuple(by_path[entry.path] for entry in self.entries), self.left_out, by_path)

    def looks_like(self, other: Listing) -> bool:
        """Whether nothing that a listing sees differs: names, sizes, times, tags. Digests learned later don't count."""
        return [_seen(one) for one in self] == [_seen(one) for one in other] and self.left_out == other.left_out

    @property
    def size(self) -> int:
        """The sum of all sizes, in bytes."""
        return sum(entry.size for entry in self.entries)


def _seen(entry: Entry) -> tuple[object, ...]:
    return entry.path, entry.size, entry.mtime_ns, entry.etag, entry.facts


EMPTY = Listing()
