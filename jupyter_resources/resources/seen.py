"""Names that listings of buckets have shown, kept on this machine for completion."""

from __future__ import annotations

import hashlib
import os
import sqlite3
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager, suppress
from urllib.parse import urlsplit

import platformdirs

from jupyter_resources.core.paths import under

__all__ = ["SeenNames", "default_names", "place_of"]

ROWS = 2_000
"""Directories kept, of all buckets together; the longest unseen go first."""
ROW_LETTERS = 32_768
"""How much of one directory's names is kept: more than any menu shows."""
LISTED = 50
"""More places in one listing than this are only added, not compared."""
_ONE_SPACE = ("local", "memory", "s3", "google_storage", "minio")
"""Providers where a name is the same bucket for everybody on one server."""

_SCHEMA = """
CREATE TABLE IF NOT EXISTS names (
    place TEXT, directory TEXT, names TEXT, seen REAL, PRIMARY KEY (place, directory)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS listings (place TEXT PRIMARY KEY, digest TEXT) WITHOUT ROWID;
"""
_Tree = dict[str, set[str]]
"""Directory → what lies right in it; names of directories end in `/`."""


class SeenNames:
    """A SQLite file, one row a directory. It may be out of date, and without it only completion knows less.

    Names alone: no sizes, no digests, nothing of whoever looked. A key is given from the bucket's top.
    """

    def __init__(self, path: str | os.PathLike[str]) -> None:
        self._path = os.fspath(path)

    def listed(self, place: str, prefixes: Sequence[str], keys: Sequence[str], lead: str = "") -> None:
        """Everything at or below each of `prefixes` in the bucket `place` is `keys`; what was known there is gone.

        All of them without the `lead` that they have in common. Where that is what the last listing showed, nothing is
        done: most transfers list what is there already.
        """
        if len(prefixes) > LISTED:
            self.changed(place, [lead + key for key in keys], ())
            return
        digest = hashlib.blake2b("\n".join((lead, *prefixes, "", *keys)).encode(errors="replace")).hexdigest()
        with self._open() as connection:
            if connection is None or _shown(connection, place) == digest:
                return
            known, tree = _read(connection, place), _tree(lead + key for key in keys)
            prefixes = [(lead + prefix).rstrip("/") for prefix in prefixes]
            kept = {
                directory: names
                for directory, names in known.items()
                if not any(under(directory, prefix) for prefix in prefixes)
            }
            for prefix in filter(None, prefixes):
                above, _, name = prefix.rpartition("/")
                if above in kept:
                    kept[above] = kept[above] - {name, f"{name}/"}
            if _write(connection, place, known, _merged(kept, tree)):
                connection.execute("INSERT OR REPLACE INTO listings VALUES (?, ?)", (place, digest))

    def changed(self, place: str, added: Iterable[str], removed: Iterable[str]) -> None:
        """The keys `added` are there now, `removed` no longer."""
        with self._open() as connection:
            if connection is None:
                return
            known = _read(connection, place)
            now = _merged(known, _tree(added))
            for key in removed:
                directory, _, name = key.rpartition("/")
                if directory in now:
                    now[directory] = now[directory] - {name}
            _write(connection, place, known, now)

    def below(self, place: str, directory: str) -> list[str]:
        """What lies right in `directory` (`""`: the bucket), sorted; names of directories end in `/`."""
        names = ""
        with self._open() as connection:
            if connection is not None:
                query = "SELECT names FROM names WHERE place = ? AND directory = ?"
                names = "".join(row[0] for row in connection.execute(query, (place, directory)))
        return names.split("\n") if names else []

    @contextmanager
    def _open(self) -> Iterator[sqlite3.Connection | None]:
        """A connection, or None where there can be none. What fails inside only loses what was being kept."""
        connection = self._connected()
        if connection is None:
            yield None
            return
        with closing(connection), suppress(sqlite3.Error), connection:
            yield connection

    def _connected(self) -> sqlite3.Connection | None:
        try:
            os.makedirs(os.path.dirname(self._path), mode=0o700, exist_ok=True)
            connection = sqlite3.connect(self._path, timeout=0.5)
        except (sqlite3.Error, OSError):
            return None
        try:
            connection.execute("PRAGMA synchronous = OFF")
            connection.executescript(_SCHEMA)
        except sqlite3.Error as error:
            connection.close()
            if type(error) is sqlite3.DatabaseError:  # damaged; nothing in it is precious
                with suppress(OSError):
                    os.unlink(self._path)
            return None
        return connection


def default_names() -> SeenNames:
    """The file that all kernels of this user share."""
    return SeenNames(os.path.join(platformdirs.user_cache_dir("jupyter_resources"), "names.sqlite"))


def place_of(provider: str, address: str | None, bucket: str, account: str) -> str:
    """What tells buckets apart: `address` is the server, or the directory of a local connection. `account` is whatever
    tells accounts apart; it counts where each has names of its own, and only a digest of it is kept.
    """
    if address and "://" in address:
        parts = urlsplit(address)
        port = f":{parts.port}" if parts.port else ""
        address = f"{parts.scheme}://{parts.hostname}{port}"
    whose = "" if provider in _ONE_SPACE else f" {hashlib.sha256(account.encode()).hexdigest()[:16]}"
    return f"{provider} {address or ''} {bucket}{whose}"


def _tree(keys: Iterable[str]) -> _Tree:
    tree: _Tree = {}
    for key in keys:
        directory, _, name = key.rpartition("/")
        while directory not in tree:
            tree[directory] = {name}
            if not directory:
                break
            directory, _, name = directory.rpartition("/")
            name += "/"
        else:
            tree[directory].add(name)
    return tree


def _merged(one: Mapping[str, set[str]], other: Mapping[str, set[str]]) -> _Tree:
    return {key: one.get(key, set()) | other.get(key, set()) for key in (*one, *other)}


def _shown(connection: sqlite3.Connection, place: str) -> str | None:
    """The digest of what the last listing showed, if nothing was noted since."""
    row = connection.execute("SELECT digest FROM listings WHERE place = ?", (place,)).fetchone()
    return row[0] if row else None


def _read(connection: sqlite3.Connection, place: str) -> _Tree:
    rows = connection.execute("SELECT directory, names FROM names WHERE place = ?", (place,))
    return {directory: set(names.split("\n")) - {""} for directory, names in rows}


def _write(connection: sqlite3.Connection, place: str, known: _Tree, now: _Tree) -> bool:
    """Put the rows that differ; the shallowest directories, where there are too many. Whether all were kept."""
    kept = sorted(now, key=lambda directory: (directory.count("/"), directory))[:ROWS] if len(now) > ROWS else now
    texts = {directory: _text(now[directory]) for directory in kept}
    before = {directory: _text(names) for directory, names in known.items()}
    gone = [(place, directory) for directory in before if not texts.get(directory)]
    changed = [(place, key, text, time.time()) for key, text in texts.items() if text and before.get(key) != text]
    connection.execute("DELETE FROM listings WHERE place = ?", (place,))
    connection.executemany("DELETE FROM names WHERE place = ? AND directory = ?", gone)
    connection.executemany("INSERT OR REPLACE INTO names VALUES (?, ?, ?, ?)", changed)
    if changed:
        newest = "SELECT seen FROM names ORDER BY seen DESC LIMIT 1 OFFSET ?"
        dropped = connection.execute(f"DELETE FROM names WHERE seen <= ({newest})", (ROWS,)).rowcount
        if dropped:
            connection.execute("DELETE FROM listings")
            return False
    return len(kept) == len(now)


def _text(names: set[str]) -> str:
    text = "\n".join(sorted(names))
    return text if len(text) <= ROW_LETTERS else text[:ROW_LETTERS].rpartition("\n")[0]
