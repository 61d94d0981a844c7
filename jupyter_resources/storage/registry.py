"""Which engine opens which place: a StoreSpec in, a Store or its Containers out. Engines load on first use."""

from __future__ import annotations

import difflib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal, Protocol

from jupyter_resources.core.errors import InvalidValue, Unauthenticated, Unsupported
from jupyter_resources.core.location import plain
from jupyter_resources.storage.protocol import Store

if TYPE_CHECKING:
    from jupyter_resources.storage.libclouddrivers import Account
    from jupyter_resources.storage.s3wire import S3Service

__all__ = ["Containers", "StoreSpec", "check_provider", "open_containers", "open_store"]

PROVIDERS = ("local", "memory", "s3")
"""What has an engine of its own; every other name is apache-libcloud's."""


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
    account = _account(spec)
    from jupyter_resources.storage.libcloudcontainers import LibcloudContainers

    return LibcloudContainers(account)


def check_provider(provider: str) -> None:
    """Unsupported for a name that no engine opens; nobody should be asked for credentials for it."""
    if provider in PROVIDERS:
        return
    if plain(provider) == "backblaze_b2":
        hint = "Backblaze speaks S3 too: %buckets add NAME s3://BUCKET --endpoint https://s3.REGION.backblazeb2.com"
        raise Unsupported("libcloud's driver for Backblaze lists no more than the first 100 files", hint=hint)
    from jupyter_resources.storage.libclouddrivers import providers

    known = [*PROVIDERS, *providers()]
    if plain(provider) not in known:
        near = difflib.get_close_matches(plain(provider), known, n=1)
        hint = f"{', '.join(PROVIDERS)}, or one that apache-libcloud knows: azure_blobs, google_storage, …"
        raise Unsupported(
            f"there is no provider {provider!r}", hint=f"did you mean {near[0]!r}? Else {hint}" if near else hint
        )


def _engine(spec: StoreSpec) -> Store:
    match spec.provider:
        case "local":
            from pathlib import Path

            from jupyter_resources.storage.local import LocalStore

            return LocalStore(Path(_root(spec)) / spec.bucket, create=False, inside=True)
        case "memory":
            from jupyter_resources.storage.memory import MemoryStore

            return MemoryStore(spec.bucket)
    from jupyter_resources.storage.retrying import RetryingStore
    from jupyter_resources.storage.throttled import ThrottledStore

    return RetryingStore(ThrottledStore(_networked(spec)))


def _networked(spec: StoreSpec) -> Store:
    if spec.provider == "s3":
        from jupyter_resources.storage.objectstore import ObjectStore

        return ObjectStore(_service(spec), spec.bucket, etags=spec.etags or "md5")
    account = _account(spec)
    if account.provider == "azure_blobs":
        from jupyter_resources.storage.blobstore import azure

        return azure(account, spec.bucket)
    if account.provider == "google_storage":
        from jupyter_resources.storage.blobstore import google, service_account

        if service_account(account) is not None:
            return google(account, spec.bucket)
    from jupyter_resources.storage.libcloud import LibcloudStore

    return LibcloudStore(account, spec.bucket, etags=spec.etags or "md5")


def _service(spec: StoreSpec) -> S3Service:
    from jupyter_resources.storage.s3wire import S3Service

    return S3Service(spec.endpoint, spec.region, spec.key, spec.secret, spec.token)


def _account(spec: StoreSpec) -> Account:
    """Who asks at a provider of libcloud's. Raises Unsupported for a name that nobody knows."""
    from jupyter_resources.storage.libclouddrivers import Account

    check_provider(spec.provider)
    name = plain(spec.provider)
    if spec.key is None:
        hint = "its profile says credentials = 'none'; with 'auto' some are looked for"
        raise Unauthenticated(f"the provider {name} wants credentials, and none were found", hint=hint)
    account = Account(name, spec.key, spec.secret, spec.endpoint, spec.region, spec.token)
    if name != "azure_blobs":
        return account
    from jupyter_resources.storage.blobstore import azure_account

    return azure_account(account)


def _root(spec: StoreSpec) -> str:
    if spec.root is None:
        raise InvalidValue("a local connection has no directory", hint="root = '/directory' says where its buckets are")
    return spec.root
