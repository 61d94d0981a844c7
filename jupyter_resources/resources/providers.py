"""apache-libcloud's own driver for a configuration, for what goes beyond push and pull."""

from __future__ import annotations

from typing import Any

from jupyter_resources.core.errors import Unsupported
from jupyter_resources.resources.config import Provider, RemoteStorageConfig

__all__ = ["open_driver"]


def open_driver(conf: RemoteStorageConfig) -> Any:
    """A libcloud StorageDriver; not thread-safe, as libcloud's aren't. Raises Unsupported for memory and unknowns,
    InvalidValue for what the driver doesn't take.
    """
    provider = str(conf.provider)
    if provider == Provider.MEMORY:
        raise Unsupported("a memory bucket has no libcloud driver", hint="use provider='local' with a directory as key")
    from jupyter_resources.storage.libclouddrivers import Account

    secret = None if provider == Provider.LOCAL else conf.secret
    account = Account(provider, conf.key, secret, conf.endpoint, conf.region)
    return account.open()  # a statement of its own: `%xmode Verbose` shows what the one that fails names
