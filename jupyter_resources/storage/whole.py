"""Small objects read whole, for stores that have no quicker way than `read`."""

from __future__ import annotations

from contextlib import AbstractContextManager
from typing import Protocol

from jupyter_resources.core.entry import Entry
from jupyter_resources.core.errors import Changed
from jupyter_resources.storage.protocol import Reader

__all__ = ["ReadsWhole", "grown"]


class _Reads(Protocol):
    def read(self, key: str, start: int = 0, end: int | None = None) -> AbstractContextManager[Reader]: ...


class ReadsWhole:
    """Gives a store that has `read` a `get`."""

    def get(self: _Reads, key: str, most: int) -> tuple[Entry, bytes]:
        """See `Store.get`."""
        with self.read(key) as reader:
            if reader.entry.size > most:
                raise grown(key, reader.entry.size)
            return reader.entry, b"".join(reader)


def grown(key: str, size: int) -> Changed:
    """It was expected to be small."""
    return Changed(f"{key} is larger than when it was listed: {size} bytes", hint="repeat the line: it compares again")
