"""Connection: a provider and the credentials for it, from which buckets are opened."""

from __future__ import annotations

import os
import threading
from dataclasses import replace
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from jupyter_resources.core.errors import AlreadyExists, InvalidValue, NoBucket, Unsupported
from jupyter_resources.core.paths import problem
from jupyter_resources.storage.registry import StoreSpec, open_containers, open_store

if TYPE_CHECKING:
    from jupyter_resources.resources.bucket import Bucket
    from jupyter_resources.storage.protocol import Store

__all__ = ["BucketStorageUnavailableException", "Connection", "MissingBucketException"]

MissingBucketException = NoBucket
"""The name that users of qarnot's SDK know."""


class BucketStorageUnavailableException(Unsupported):
    """No engine opens buckets of that provider."""


class Connection:
    """Where buckets are, and who asks. Nothing connects until it is used; safe for many threads.

    `provider` is `s3`, `azure_blobs`, `google_storage`, `local`, `memory` or another one of apache-libcloud's;
    `endpoint` is the URL of an S3-compatible server; for `local`, `root` is the directory that holds the buckets.
    """

    def __init__(
        self,
        provider: str = "s3",
        *,
        key: str | None = None,
        secret: str | None = None,
        token: str | None = None,
        region: str | None = None,
        endpoint: str | None = None,
        root: str | os.PathLike[str] | None = None,
    ) -> None:
        """Raises InvalidValue for an endpoint with credentials in it."""
        if endpoint is not None and "@" in urlsplit(endpoint).netloc:
            raise InvalidValue("an endpoint holds no credentials", hint="key= and secret= are for these")
        place = os.path.abspath(os.fspath(root)) if root is not None else None  # wherever one goes from here
        self._spec = StoreSpec(
            str(provider), "", endpoint=endpoint, region=region, key=key, secret=secret, token=token, root=place
        )
        self._borrowed = False
        self._lock = threading.Lock()
        self._stores: dict[str, Store] = {}

    @classmethod
    def of(cls, spec: StoreSpec, store: Store | None = None) -> Connection:
        """The one that the bucket of `spec` belongs to, which `store` opens already."""
        self = cls(spec.provider)
        self._spec = replace(spec, bucket="", prefix="")
        self._borrowed = True
        if store is not None:
            self._stores[spec.bucket] = store
        return self

    def __repr__(self) -> str:
        where = self._spec.endpoint or self._spec.root
        return f"Connection({self._spec.provider!r}{f', {where!r}' if where else ''})"

    def __eq__(self, other: object) -> bool:
        if self.provider == "memory":  # each has its own
            return self is other
        return isinstance(other, Connection) and self._spec == other._spec

    def __hash__(self) -> int:
        return hash((self._spec.provider, self._spec.endpoint, self._spec.root, self._spec.key))

    @property
    def provider(self) -> str:
        return self._spec.provider

    @property
    def buckets(self) -> list[Bucket]:
        """All buckets that these credentials may see, by name."""
        from jupyter_resources.resources.bucket import Bucket

        if self.provider == "memory":
            return [Bucket(self, name, create=False) for name in sorted(self._stores)]
        return [Bucket(self, name, create=False) for name in open_containers(self._spec).names()]

    def create_bucket(self, name: str) -> Bucket:
        """The bucket of that name, made if it isn't there. Raises InvalidValue for a name that can't be."""
        from jupyter_resources.resources.bucket import Bucket

        return Bucket(self, name)

    def retrieve_bucket(self, name: str) -> Bucket:
        """The bucket of that name. Raises MissingBucketException if it isn't there."""
        from jupyter_resources.resources.bucket import Bucket

        self.check_name(name)
        if not self.exists(name):
            raise NoBucket(f"there is no bucket {name!r}", hint=f"create_bucket({name!r}) makes it")
        return Bucket(self, name, create=False)

    def retrieve_or_create_bucket(self, name: str) -> Bucket:
        """As `create_bucket`."""
        return self.create_bucket(name)

    def make(self, name: str) -> None:
        """Make the container `name` unless it is there."""
        self.check_name(name)
        if self.provider == "memory":
            self.open(name)
            return
        try:
            open_containers(replace(self._spec, bucket=name)).create(name)
        except AlreadyExists:
            return
        except Unsupported as error:
            raise BucketStorageUnavailableException(error.message, hint=error.hint) from None

    def exists(self, name: str) -> bool:
        """Whether the container `name` is there."""
        return self.provider == "memory" or open_containers(replace(self._spec, bucket=name)).exists(name)

    def drop(self, name: str) -> None:
        """Remove the empty container `name`. Raises NoBucket; AlreadyExists if something is in it; InvalidValue where
        the connection is one of the settings, which say where things are and not that they may go.
        """
        self.check_own(name)
        with self._lock:
            self._stores.pop(name, None)
        if self.provider != "memory":
            open_containers(self._spec).delete(name)

    def check_own(self, name: str) -> None:
        """InvalidValue, where `name` isn't this connection's to remove."""
        if self._borrowed:
            raise InvalidValue(
                f"bucket {name!r} is one of the settings, and isn't deleted from here",
                hint="a Connection(…) of your own may; or at the provider",
            )

    def check_name(self, name: str) -> None:
        """InvalidValue for what can't be a bucket's name anywhere: a way to another place, for one."""
        if name not in self._stores and ("/" in name or problem(name) is not None):
            raise InvalidValue(f"{name!r} can't be the name of a bucket", hint="letters, digits and dashes")

    def open(self, name: str) -> Store:
        """The objects of a bucket. Asks nothing yet. Raises BucketStorageUnavailableException, InvalidValue."""
        self.check_name(name)
        with self._lock:
            if name not in self._stores:
                try:
                    self._stores[name] = open_store(replace(self._spec, bucket=name))
                except Unsupported as error:
                    raise BucketStorageUnavailableException(error.message, hint=error.hint) from None
            return self._stores[name]
