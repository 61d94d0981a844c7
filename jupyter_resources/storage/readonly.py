"""A store that can only be read, whatever the one inside it allows."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractContextManager

from jupyter_resources.core import paths
from jupyter_resources.core.control import Control
from jupyter_resources.core.entry import Entry
from jupyter_resources.core.errors import Denied
from jupyter_resources.storage.protocol import ANY, Body, Capability, Expect, Reader
from jupyter_resources.storage.wrapper import Wrapper

__all__ = ["ReadOnlyStore"]

_WRITING = {Capability.COPY, Capability.CREATE_IF_ABSENT, Capability.REPLACE_IF_MATCH, Capability.PARTS}


class ReadOnlyStore(Wrapper):
    """What `inner` holds; `put`, `copy` and `delete` raise Denied before anything is sent."""

    @property
    def capabilities(self) -> frozenset[Capability]:
        return self._inner.capabilities - _WRITING

    def under(self, control: Control) -> ReadOnlyStore:
        return ReadOnlyStore(self._inner.under(control))

    def head(self, key: str) -> Entry:
        return self._inner.head(key)

    def read(self, key: str, start: int = 0, end: int | None = None) -> AbstractContextManager[Reader]:
        return self._inner.read(key, start, end)

    def put(self, key: str, body: Body, *, expect: Expect = ANY) -> Entry:
        raise self._denied(f"{paths.check(key)} can't be written")

    def copy(self, source: str, target: str, *, expect: Expect = ANY) -> Entry:
        paths.check(source)
        raise self._denied(f"{paths.check(target)} can't be written")

    def delete(self, keys: Sequence[str]) -> None:
        if keys:
            raise self._denied(f"{keys[0]} can't be deleted")

    def _denied(self, what: str) -> Denied:
        return Denied(f"{what}: {self.location} is read-only", hint="choose another bucket, or one you may write")
