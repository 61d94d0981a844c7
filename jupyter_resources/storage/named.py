"""A store by the name that its bucket has in the settings, which hints say, and where its credentials are from."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager

from jupyter_resources.core.control import Control
from jupyter_resources.core.entry import Entry
from jupyter_resources.core.errors import NoBucket, Unauthenticated
from jupyter_resources.storage.protocol import ANY, Body, Expect, Page, Reader, Store
from jupyter_resources.storage.wrapper import Wrapper

__all__ = ["NamedStore", "naming"]


@contextmanager
def naming(name: str, credentials: str) -> Iterator[None]:
    """What is missing or refused in the block is told with what to type for the bucket that people call `name`, and
    with `credentials`, in words where they were found; empty where none were sent.
    """
    try:
        yield
    except NoBucket as error:
        error.hint = f"%buckets create {name} makes it; %buckets doctor {name} looks at the rest"
        raise
    except Unauthenticated as error:
        if credentials:
            error.hint = f"what was sent is from {credentials}: {error.hint}"
        else:
            error.hint = f"none were sent (credentials = 'none'): %buckets show {name} says where that is set"
        raise


class NamedStore(Wrapper):
    """`inner`, which people call `name`; engines know only what the provider calls it."""

    def __init__(self, inner: Store, name: str, credentials: str) -> None:
        super().__init__(inner)
        self._name = name
        self._credentials = credentials

    def under(self, control: Control) -> NamedStore:
        return NamedStore(self._inner.under(control), self._name, self._credentials)

    def list(self, prefix: str = "", *, tree: bool = False, expected: Sequence[str] = ()) -> Iterator[Page]:
        with self._naming():
            yield from self._inner.list(prefix, tree=tree, expected=expected)

    def head(self, key: str) -> Entry:
        with self._naming():
            return self._inner.head(key)

    @contextmanager
    def read(self, key: str, start: int = 0, end: int | None = None) -> Iterator[Reader]:
        with ExitStack() as stack:
            with self._naming():  # not of what happens to whoever reads: that may be another store's
                reader = stack.enter_context(self._inner.read(key, start, end))
            yield reader

    def get(self, key: str, most: int) -> tuple[Entry, bytes]:
        with self._naming():
            return self._inner.get(key, most)

    def put(self, key: str, body: Body, *, expect: Expect = ANY) -> Entry:
        with self._naming():
            return self._inner.put(key, body, expect=expect)

    def copy(self, source: str, target: str, *, expect: Expect = ANY) -> Entry:
        with self._naming():
            return self._inner.copy(source, target, expect=expect)

    def delete(self, keys: Sequence[str]) -> None:
        with self._naming():
            self._inner.delete(keys)

    def _naming(self) -> AbstractContextManager[None]:
        return naming(self._name, self._credentials)
