"""apache-libcloud's own driver for a configuration, for what goes beyond push and pull."""

from __future__ import annotations

from typing import Any

from jupyter_resources.core.errors import Unsupported
from jupyter_resources.resources.config import Provider, RemoteStorageConfig

__all__ = ["open_driver"]


def open_driver(conf: RemoteStorageConfig) -> Any:
    """A libcloud StorageDriver; not thread-safe, as libcloud's aren't. Raises Unsupported for memory and unknowns."""
    provider = str(conf.provider)
    if provider == Provider.MEMORY:
        raise Unsupported("a memory bucket has no libcloud driver", hint="use provider='local' with a directory as key")
    from libcloud.storage.providers import get_driver

    try:
        make = get_driver(provider)
    except AttributeError:
        raise Unsupported(f"libcloud knows no storage provider {provider!r}", hint="'s3', 'local', …") from None
    if provider == Provider.LOCAL:
        return make(conf.key)
    wanted = {"region": conf.region, "host": conf.host, "port": conf.port}
    return make(
        conf.key,
        conf.secret,
        secure=conf.secure,
        **{name: value for name, value in wanted.items() if value is not None},
    )
