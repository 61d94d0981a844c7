"""The data behind a notebook, from the notebook: name it, move it, version it, share it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from jupyter_resources.core.errors import ResourcesError
    from jupyter_resources.resources.bucket import Bucket, ObjectSummary
    from jupyter_resources.resources.config import Provider, RemoteStorageConfig
    from jupyter_resources.resources.connection import (
        BucketStorageUnavailableException,
        Connection,
        MissingBucketException,
    )
    from jupyter_resources.resources.filtering import (
        AbstractFiltering,
        BucketGlobFiltering,
        BucketPrefixFiltering,
        BucketRegexFiltering,
        BucketSuffixFiltering,
        Filtering,
    )
    from jupyter_resources.resources.remote_storage import RemoteStorage
    from jupyter_resources.resources.transformation import (
        AbstractResourcesTransformation,
        PrefixResourcesTransformation,
        ResourcesTransformation,
    )
    from jupyter_resources.resources.workspace import Workspace
    from jupyter_resources.sync.summary import RemoteObjectProtocol, SyncObject, TransactionSummary

__all__ = [
    "AbstractFiltering",
    "AbstractResourcesTransformation",
    "Bucket",
    "BucketGlobFiltering",
    "BucketPrefixFiltering",
    "BucketRegexFiltering",
    "BucketStorageUnavailableException",
    "BucketSuffixFiltering",
    "Connection",
    "Filtering",
    "MissingBucketException",
    "ObjectSummary",
    "PrefixResourcesTransformation",
    "Provider",
    "RemoteObjectProtocol",
    "RemoteStorage",
    "RemoteStorageConfig",
    "ResourcesError",
    "ResourcesTransformation",
    "SyncObject",
    "TransactionSummary",
    "Workspace",
    "load_ipython_extension",
    "unload_ipython_extension",
]

_HOMES = {
    "AbstractFiltering": "resources.filtering",
    "AbstractResourcesTransformation": "resources.transformation",
    "Bucket": "resources.bucket",
    "BucketGlobFiltering": "resources.filtering",
    "BucketPrefixFiltering": "resources.filtering",
    "BucketRegexFiltering": "resources.filtering",
    "BucketStorageUnavailableException": "resources.connection",
    "BucketSuffixFiltering": "resources.filtering",
    "Connection": "resources.connection",
    "Filtering": "resources.filtering",
    "MissingBucketException": "resources.connection",
    "ObjectSummary": "resources.bucket",
    "PrefixResourcesTransformation": "resources.transformation",
    "Provider": "resources.config",
    "RemoteObjectProtocol": "sync.summary",
    "RemoteStorage": "resources.remote_storage",
    "RemoteStorageConfig": "resources.config",
    "ResourcesError": "core.errors",
    "ResourcesTransformation": "resources.transformation",
    "SyncObject": "sync.summary",
    "TransactionSummary": "sync.summary",
    "Workspace": "resources.workspace",
}


def __getattr__(name: str) -> Any:
    """Public names load on first use, so that the import costs nothing."""
    from importlib import import_module

    if name == "__version__":
        from importlib.metadata import version  # a third of what the rest takes to load

        return version("jupyter_resources")
    home = _HOMES.get(name)
    if home is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module(f"{__name__}.{home}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted([*__all__, "__version__"])


def load_ipython_extension(shell: Any) -> None:
    """`%load_ext jupyter_resources`."""
    from jupyter_resources import magics

    magics.load(shell)


def unload_ipython_extension(shell: Any) -> None:
    """`%unload_ext jupyter_resources`."""
    from jupyter_resources import magics

    magics.unload(shell)


def _jupyter_server_extension_points() -> list[dict[str, str]]:
    """Where jupyter_server finds our REST handlers; named, not imported, so that a kernel never loads them."""
    return [{"module": "jupyter_resources.server"}]


def _jupyter_labextension_paths() -> list[dict[str, str]]:
    """Where JupyterLab's development tools find our front end."""
    return [{"src": "labextension", "dest": "jupyter-resources"}]
