"""Which engine opens which place: a StoreSpec in, a Store or its Containers out. Engines load on first use."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal, Protocol

from jupyter_resources.core.errors import InvalidValue, Unsupported
from jupyter_resources.storage.protocol import Store

if TYPE_CHECKING:
    from jupyter_resources.storage.s3wire import S3Service

__all__ = ["Containers", "StoreSpec", "open_containers", "open_store"]

PROVIDERS = ("local", "memory", "s3")


@dataclass(frozen=True, slots=True)
class StoreSpec:
    """A bucket of a provider, and all that is needed to open it. Secrets don't show in its repr."""

    provider: str
    bucket: str
    prefix: str = ""
    endpoint: str | None = None
    region: str | None = None
    key: str | None = None
    """Without it requests go unsigned, as public buckets allow."""
    secret: str | None = field(default=None, repr=False)
    token: str | None = field(default=None, repr=False)
    root: str | None = None
    """Provider local: the directory that holds the buckets."""
    etags: Literal["md5", "opaque"] | None = None
    """What the provider's ETags are, where that is known: None is what it documents (md5 for s3)."""


class Containers(Protocol):
    """The buckets of one connection."""

    def names(self) -> list[str]:
        """All that these credentials may see, sorted."""
        ...

    def exists(self, name: str) -> bool:
        """Whether the bucket is there. Raises Denied where that may not be asked."""
        ...

    def create(self, name: str) -> None:
        """Make an empty bucket. Raises AlreadyExists; InvalidValue for a name that can't be."""
        ...

    def delete(self, name: str) -> None:
        """Remove an empty bucket. Raises NotFound, AlreadyExists if something is in it."""
        ...


def open_store(spec: StoreSpec) -> Store:
    """The store that `spec` describes, below its prefix, with retries where there is a network.

    Asks nothing of the other side yet. Raises Unsupported for a provider that no engine opens.
    """
    store = _engine(spec)
    if spec.prefix.strip("/"):
        from jupyter_resources.storage.prefixed import PrefixedStore

        return PrefixedStore(store, spec.prefix)
    return store


def open_containers(spec: StoreSpec) -> Containers:
    """The buckets of the connection that `spec` belongs to; its own bucket and prefix don't matter."""
    match spec.provider:
        case "local":
            from jupyter_resources.storage.containers import DirectoryContainers

            return DirectoryContainers(_root(spec))
        case "s3":
            from jupyter_resources.storage.s3containers import S3Containers

            return S3Containers(_service(spec))
        case "memory":
            hint = "one comes into being when it is opened"
            raise Unsupported("memory has no list of buckets", hint=hint)
    raise _unsupported(spec.provider)


def _engine(spec: StoreSpec) -> Store:
    match spec.provider:
        case "local":
            from pathlib import Path

            from jupyter_resources.storage.local import LocalStore

            return LocalStore(Path(_root(spec)) / spec.bucket, create=False)
        case "memory":
            from jupyter_resources.storage.memory import MemoryStore

            return MemoryStore(spec.bucket)
        case "s3":
            from jupyter_resources.storage.objectstore import ObjectStore
            from jupyter_resources.storage.retrying import RetryingStore
            from jupyter_resources.storage.throttled import ThrottledStore

            engine = ObjectStore(_service(spec), spec.bucket, etags=spec.etags or "md5")
            return RetryingStore(ThrottledStore(engine))
    raise _unsupported(spec.provider)


def _service(spec: StoreSpec) -> S3Service:
    from jupyter_resources.storage.s3wire import S3Service

    return S3Service(spec.endpoint, spec.region, spec.key, spec.secret, spec.token)


def _root(spec: StoreSpec) -> str:
    if spec.root is None:
        raise InvalidValue("a local connection has no directory", hint="root = '/directory' says where its buckets are")
    return spec.root


def _unsupported(provider: str) -> Unsupported:
    from libcloud.storage.types import Provider

    open_here = ", ".join(PROVIDERS)
    known = {str(value) for name, value in vars(Provider).items() if not name.startswith("_")}
    if provider in known or provider.replace("-", "_") in known:
        hint = f"these can be opened: {open_here}; many others are spoken to as s3, with their own endpoint"
        return Unsupported(f"the provider {provider!r} can't be opened yet", hint=hint)
    return Unsupported(f"there is no provider {provider!r}", hint=f"these can be opened: {open_here}")
