"""What a RemoteStorage needs to reach its bucket; and the provider names."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum

from jupyter_resources.storage.registry import StoreSpec

__all__ = ["Provider", "RemoteStorageConfig"]


class Provider(StrEnum):
    """Providers by name; a plain string with the same value does as well."""

    GOOGLE_STORAGE = "google_storage"
    S3 = "s3"
    AZURE_BLOBS = "azure_blobs"
    LOCAL = "local"
    MEMORY = "memory"


@dataclass
class RemoteStorageConfig:
    """A bucket of a provider, the credentials for it, and the base path that everything lies below.

    `host`, `port` and `secure` name another server than the provider's own (an S3-compatible one). For `local`, `key`
    is the directory that holds the buckets. `secret` never shows in the repr.
    """

    provider: str
    key: str
    bucket: str
    secret: str = field(repr=False)
    region: str | None = None
    host: str | None = None
    port: int | None = None
    base_path: str = ""
    secure: bool = True

    @property
    def endpoint(self) -> str | None:
        """The server as a URL, or None for the provider's own."""
        if self.host is None:
            return None
        port = f":{self.port}" if self.port is not None else ""
        return f"{'https' if self.secure else 'http'}://{self.host}{port}"

    def spec(self) -> StoreSpec:
        """What the engines take."""
        local = str(self.provider) == Provider.LOCAL
        return StoreSpec(
            provider=str(self.provider),
            bucket=self.bucket,
            endpoint=self.endpoint,
            region=self.region,
            key=None if local else self.key,
            secret=None if local else self.secret,
            root=self.key if local else None,
        )
