"""A store by the name that its bucket has in the settings: where the bucket is missing, the hint says that name."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from jupyter_resources.core.control import Control
from jupyter_resources.core.entry import Entry
from jupyter_resources.core.errors import NoBucket
from jupyter_resources.storage.protocol import ANY, Body, Expect, Page, Reader, Store
from jupyter_resources.storage.wrapper import Wrapper

__all__ = ["NamedStore"]


class NamedStore(Wrapper):
    """`inner`, which people call `name`; engines know only what the provider calls it."""

    def __init__(self, inner: Store, name: str) -> None:
        super().__init__(inner)
        self._name = name

    def under(self, control: Control) -> NamedStore:
        return NamedStore(self._inner.under(control), self._name)

    def list(self, prefix: str = "", *, tree: bool = False) -> Iterator[Page]:
        with self._naming():
            yield from self._inner.list(prefix, tree=tree)

    def head(self, key: str) -> Entry:
        with self._naming():
            return self._inner.head(key)

    @contextmanager
    def read(self, key: str, start: int = 0, end: int | None = None) -> Iterator[Reader]:
        with self._naming(), self._inner.read(key, start, end) as reader:
            yield reader

    def put(self, key: str, body: Body, *, expect: Expect = ANY) -> Entry:
        with self._naming():
            return self._inner.put(key, body, expect=expect)

    def copy(self, source: str, target: str, *, expect: Expect = ANY) -> Entry:
        with self._naming():
            return self._inner.copy(source, target, expect=expect)

    def delete(self, keys: Sequence[str]) -> None:
        with self._naming():
            self._inner.delete(keys)

    @contextmanager
    def _naming(self) -> Iterator[None]:
        try:
            yield
        except NoBucket as error:
            error.hint = f"%buckets create {self._name} makes it; %buckets doctor {self._name} looks at the rest"
            raise
