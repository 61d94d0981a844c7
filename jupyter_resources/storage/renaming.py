"""What stores around a store have in common that give its objects other names."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from jupyter_resources.core.entry import Entry
from jupyter_resources.storage.protocol import ANY, Body, Capability, Expect, Reader, Store
from jupyter_resources.storage.signing import signing

__all__ = ["Renaming"]


class Renaming:
    """The verbs on single keys. Subclasses say what a name here is in `inner`, and bring `list` and `delete`."""

    _inner: Store

    @property
    def capabilities(self) -> frozenset[Capability]:
        return self._inner.capabilities

    def _there(self, key: str) -> str:
        """The key in `inner` of what is to be read. Raises InvalidPath; NotFound for what isn't seen."""
        raise NotImplementedError

    def _allowed(self, key: str) -> str:
        """The key in `inner` of what is to be written. Raises InvalidPath."""
        return self._there(key)

    def head(self, key: str) -> Entry:
        return self._inner.head(self._there(key)).at(key)

    @contextmanager
    def read(self, key: str, start: int = 0, end: int | None = None) -> Iterator[Reader]:
        with self._inner.read(self._there(key), start, end) as reader:
            yield _Renamed(reader.entry.at(key), reader)

    def get(self, key: str, most: int) -> tuple[Entry, bytes]:
        entry, content = self._inner.get(self._there(key), most)
        return entry.at(key), content

    def put(self, key: str, body: Body, *, expect: Expect = ANY) -> Entry:
        return self._inner.put(self._allowed(key), body, expect=expect).at(key)

    def copy(self, source: str, target: str, *, expect: Expect = ANY) -> Entry:
        return self._inner.copy(self._there(source), self._allowed(target), expect=expect).at(target)

    def sign(self, key: str, seconds: int) -> str:
        """See `storage.signing`."""
        return signing(self._inner).sign(self._there(key), seconds)


@dataclass(frozen=True, slots=True)
class _Renamed:
    """A reader under the name that the key has here."""

    entry: Entry
    chunks: Reader

    def __iter__(self) -> Iterator[bytes]:
        return iter(self.chunks)
