"""Digests recorded on this machine, so that nothing is read twice."""

from __future__ import annotations

import os
import sqlite3
import threading
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from secrets import token_hex
from typing import Any

import platformdirs

from jupyter_resources.core.entry import Entry, Facts, Listing

__all__ = ["Clock", "DigestCache", "clock_in", "default_cache", "filesystem_now", "still"]

SETTLED_NS = 2_000_000_000
"""A file changed less than this before it was read may change again without showing it (coarse time stamps)."""

_SCHEMA = """
DROP TABLE IF EXISTS files;
CREATE TABLE IF NOT EXISTS known_files (
    path TEXT PRIMARY KEY, device TEXT, facts TEXT, md5 TEXT, sha256 TEXT
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS objects (
    location TEXT, key TEXT, size INTEGER, etag TEXT, md5 TEXT, sha256 TEXT, PRIMARY KEY (location, key)
) WITHOUT ROWID;
"""


class DigestCache:
    """Digests by what a file or an object looks like from outside; a SQLite file, shared by all kernels of a user.

    Only ever a memory of work done: deleting it costs time, nothing else. Where it can't be opened or written (a full
    disk, a damaged file, a home without room) everything works without it.
    """

    def __init__(self, path: str | os.PathLike[str] | None) -> None:
        """`path` None keeps everything in memory."""
        self._path = os.fspath(path) if path is not None else None
        self._memory: sqlite3.Connection | None = None
        self._lock = threading.Lock()

    def known_files(self, root: str, listing: Listing) -> Listing:
        """`listing` of the directory `root`, with the digests recorded for files whose facts are still the same."""
        if not len(listing):
            return listing
        base = _slashed(root)
        cut, there, better = len(base), listing.by_path.get, dict[str, Entry]()
        mapped, devices = _mapped(), dict[int, str]()
        query = "SELECT path, device, facts, md5, sha256 FROM known_files WHERE path >= ? AND path < ?"
        for path, device, facts, md5, sha256 in self._read(query, _span(base, listing)):
            entry = there(path[cut:])
            # The tag says size, times and inode: compared first, because it alone tells most of what has changed.
            if entry is None or entry.etag != facts or entry.facts is None or entry.facts.inode in mapped:
                continue
            of = entry.facts.device
            if device == (devices.get(of) or devices.setdefault(of, str(of))):
                better[entry.path] = _with(entry, md5, sha256)
        return listing.having(better)

    def known_paths(self, root: str, below: str) -> list[str]:
        """The paths of files at `below` in the directory `root` whose digests are recorded, sorted."""
        base = _slashed(root)
        lead = f"{base}{below}/" if below else base
        query = "SELECT path FROM known_files WHERE path >= ? AND path < ? ORDER BY path"
        return [path[len(base) :] for (path,) in self._read(query, (lead, lead[:-1] + "0"))]

    def record_files(self, root: str, entries: Iterable[Entry], clock: Clock | None) -> None:
        """Keep the digests of `entries` (with facts) that were settled well before `clock`, of their file system.

        Not those that this process has mapped to be written: they may change without any time stamp telling.
        """
        if clock is None:
            return
        base, mapped = _slashed(root), _mapped()
        rows = [
            (base + entry.path, str(entry.facts.device), entry.etag, entry.md5, entry.sha256)
            for entry in entries
            if entry.facts is not None
            and entry.etag
            and (entry.md5 or entry.sha256)
            and entry.facts.device == clock.device
            and max(entry.mtime_ns or 0, entry.facts.ctime_ns) <= clock.now_ns - SETTLED_NS
            and entry.facts.inode not in mapped
        ]
        self._write("INSERT OR REPLACE INTO known_files VALUES (?, ?, ?, ?, ?)", rows)

    def known_objects(self, location: str, listing: Listing) -> Listing:
        """`listing` of the store at `location`, with digests recorded for objects of the same key, size and ETag."""
        wanted = [entry for entry in listing if entry.etag and entry.md5 is None and entry.facts is None]
        if not wanted:
            return listing
        rows = self._read(
            "SELECT key, size, etag, md5, sha256 FROM objects WHERE location = ? AND key >= ? AND key <= ?",
            (location, wanted[0].path, wanted[-1].path),
        )
        better: dict[str, Entry] = {}
        for key, size, etag, md5, sha256 in rows:
            entry = listing.get(key)
            if entry is not None and (entry.size, entry.etag) == (size, etag):
                better[key] = _with(entry, md5, sha256)
        return listing.having(better)

    def record_objects(self, location: str, entries: Iterable[Entry]) -> None:
        """Keep what was learned of objects whose own ETag doesn't tell their MD5."""
        rows = [
            (location, entry.path, entry.size, entry.etag, entry.md5, entry.sha256)
            for entry in entries
            if entry.facts is None and entry.etag and entry.etag != entry.md5 and (entry.md5 or entry.sha256)
        ]
        self._write("INSERT OR REPLACE INTO objects VALUES (?, ?, ?, ?, ?, ?)", rows)

    def _read(self, query: str, values: tuple[object, ...]) -> list[tuple[Any, ...]]:
        try:
            with self._open() as connection:
                return connection.execute(query, values).fetchall()
        except (sqlite3.Error, OSError, UnicodeError) as error:
            self._give_up(error)
            return []

    def _write(self, query: str, rows: Sequence[tuple[object, ...]]) -> None:
        if not rows:
            return
        try:
            with self._open() as connection, connection:
                connection.executemany(query, rows)
        except (sqlite3.Error, OSError, UnicodeError) as error:
            self._give_up(error)

    def _give_up(self, error: Exception) -> None:
        """Without the cache the work is done again; a damaged file is thrown away, since nothing in it is precious."""
        if type(error) is sqlite3.DatabaseError and self._path is not None:
            with suppress(OSError):
                os.unlink(self._path)

    @contextmanager
    def _open(self) -> Iterator[sqlite3.Connection]:
        if self._path is None:
            with self._lock:
                if self._memory is None:
                    self._memory = sqlite3.connect(":memory:", check_same_thread=False)
                    self._memory.executescript(_SCHEMA)
                yield self._memory
            return
        os.makedirs(os.path.dirname(self._path), mode=0o700, exist_ok=True)
        with closing(sqlite3.connect(self._path, timeout=0.5)) as connection:
            connection.execute("PRAGMA synchronous = NORMAL")  # no WAL: a home on a network file system can't hold one
            connection.executescript(_SCHEMA)
            yield connection


def default_cache() -> DigestCache:
    """The cache that all kernels of this user share."""
    return DigestCache(os.path.join(platformdirs.user_cache_dir("jupyter_resources"), "digests.sqlite"))


def filesystem_now(directory: str) -> int | None:
    """The time in ns by the clock of the file system that holds `directory`; None if nothing can be written there.

    A network file system stamps files by its server's clock, which may differ from ours by hours.
    """
    try:
        if hasattr(os, "O_TMPFILE"):
            try:
                descriptor = os.open(directory, os.O_TMPFILE | os.O_WRONLY, 0o600)
            except OSError:
                pass
            else:
                try:
                    os.write(descriptor, b"\0")
                    return os.fstat(descriptor).st_mtime_ns
                finally:
                    os.close(descriptor)
        name = os.path.join(directory, f".jtres-{token_hex(8)}.part")
        try:
            with open(name, "xb") as stream:
                stream.write(b"\0")
                stream.flush()
                return os.fstat(stream.fileno()).st_mtime_ns
        finally:
            with suppress(OSError):
                os.unlink(name)
    except OSError:
        return None


@dataclass(frozen=True, slots=True)
class Clock:
    """The time by a file system's own clock, and which file system that is."""

    now_ns: int
    device: int


def clock_in(directory: str) -> Clock | None:
    """The clock of the file system that holds `directory`; None if it doesn't tell."""
    now = filesystem_now(directory)
    try:
        return Clock(now, os.stat(directory).st_dev) if now is not None else None
    except OSError:
        return None


def _mapped() -> frozenset[int]:
    """The inodes of files that this process has mapped shared and writable (`numpy.memmap`), as far as it is told."""
    try:
        with open("/proc/self/maps") as stream:
            rows = (line.split(maxsplit=5) for line in stream)
            return frozenset(int(row[4]) for row in rows if row[1][1] == "w" and row[1][3] == "s" and row[4] != "0")
    except (OSError, ValueError, IndexError):
        return frozenset()


def still(path: str, entry: Entry) -> bool:
    """Whether the file at `path` still has the facts of `entry`."""
    try:
        status = os.stat(path)
    except OSError:
        return False
    facts = Facts(status.st_dev, status.st_ino, status.st_ctime_ns, status.st_mode)
    return (status.st_size, status.st_mtime_ns, facts) == (entry.size, entry.mtime_ns, entry.facts)


def _slashed(root: str) -> str:
    return root.rstrip("/") + "/"


def _span(base: str, listing: Listing) -> tuple[str, str]:
    """From the first path of the listing to just after the last one."""
    return base + listing.entries[0].path, base + listing.entries[-1].path + "\0"


def _with(entry: Entry, md5: str | None, sha256: str | None) -> Entry:
    return Entry(
        entry.path, entry.size, entry.mtime_ns, entry.etag, entry.md5 or md5, entry.sha256 or sha256, entry.facts
    )
