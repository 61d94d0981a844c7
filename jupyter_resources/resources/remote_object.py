"""RemoteObject: what a user sees of one object in a bucket, and a way to download it."""

from __future__ import annotations

import os
from typing import Any

from jupyter_resources.core.entry import Entry
from jupyter_resources.core.errors import AlreadyExists, Unsupported
from jupyter_resources.storage.bodies import ReaderBody
from jupyter_resources.storage.local import LocalStore
from jupyter_resources.storage.protocol import ANY, Store

__all__ = ["RemoteObject", "full_key"]


def full_key(base_path: str, path: str) -> str:
    """The key in the bucket of what is called `path` below the base path, letter by letter."""
    return f"{base_path}/{path}" if base_path else path


class RemoteObject:
    """One object: `name` is its full key, `size` in bytes, `hash` its MD5 where the provider tells, else its ETag."""

    def __init__(self, entry: Entry, store: Store, base_path: str, provider: str) -> None:
        self.name = full_key(base_path, entry.path)
        self.size = entry.size
        self.hash = entry.md5 or entry.etag or entry.sha256 or ""
        self.provider = provider
        self._entry = entry
        self._store: Store | None = store

    def download(self, download_path: str | os.PathLike[str], overwrite_existing: bool = False) -> RemoteObject:
        """Write the object to the file `download_path`, all or nothing, verified; parents are made.

        Raises AlreadyExists if the file is there and `overwrite_existing` is False, NotFound if the object is gone.
        """
        if self._store is None:
            raise Unsupported(
                f"{self.name} came from another process, without its connection",
                hint="list_objects gives objects that can be downloaded",
            )
        path = os.path.abspath(os.fspath(download_path))
        if os.path.lexists(path) and not overwrite_existing:
            raise AlreadyExists(f"{path} exists already", hint="pass overwrite_existing=True to replace it")
        directory, name = os.path.split(path)
        with self._store.read(self._entry.path) as reader:
            LocalStore(directory, create=True).put(
                name, ReaderBody(lambda: reader, reader.entry), expect=ANY if overwrite_existing else None
            )
        return self

    def __getstate__(self) -> dict[str, Any]:
        """The facts alone: a connection holds secrets and sockets."""
        return self.__dict__ | {"_store": None}

    def __repr__(self) -> str:
        return f"RemoteObject({self.name!r}, {self.size} bytes)"
