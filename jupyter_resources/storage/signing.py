"""URLs that are good for whoever has them, for a while: of stores whose provider gives such."""

from __future__ import annotations

from typing import Protocol, runtime_checkable

from jupyter_resources.core.errors import Unsupported
from jupyter_resources.storage.protocol import Capability, Store

__all__ = ["MOST_SECONDS", "Signing", "signing"]

MOST_SECONDS = 7 * 24 * 3600
"""Amazon S3 User Guide, "Sharing objects with presigned URLs": Signature Version 4 is good for 7 days at most."""


@runtime_checkable
class Signing(Protocol):
    """A store with Capability.SIGN, or one around such a store."""

    def sign(self, key: str, seconds: int) -> str:
        """A URL that gives the object to anybody for so long. Asks nothing: neither of the object nor of the server."""
        ...


def signing(store: Store) -> Signing:
    """`store`, if it signs. Raises Unsupported."""
    if Capability.SIGN in store.capabilities and isinstance(store, Signing):
        return store
    raise Unsupported(f"{store.location} gives no signed URLs", hint="Amazon S3 and its likes do")
