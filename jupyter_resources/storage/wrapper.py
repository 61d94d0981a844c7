"""What every store around a store begins with: it is where and what the inner one is."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from jupyter_resources.core.control import Control
from jupyter_resources.storage.protocol import Capability, Page, Store
from jupyter_resources.storage.signing import signing
from jupyter_resources.storage.whole import ReadsWhole

__all__ = ["Wrapper"]


class Wrapper(ReadsWhole):
    """`inner`, seen through something. Subclasses add the verbs that they change, and `under`."""

    def __init__(self, inner: Store) -> None:
        self._inner = inner
        self._control = Control()

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self._inner!r})"

    @property
    def location(self) -> str:
        return self._inner.location

    @property
    def capabilities(self) -> frozenset[Capability]:
        return self._inner.capabilities

    def sign(self, key: str, seconds: int) -> str:
        """See `storage.signing`."""
        return signing(self._inner).sign(key, seconds)

    def list(self, prefix: str = "", *, tree: bool = False, expected: Sequence[str] = ()) -> Iterator[Page]:
        return self._inner.list(prefix, tree=tree, expected=expected)
