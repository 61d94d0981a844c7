"""One object as a binary file: read by ranges, or written whole when it is closed."""

from __future__ import annotations

import io
import os
import tempfile
from collections.abc import Callable
from typing import IO, Any, cast

from jupyter_resources.core.entry import Entry
from jupyter_resources.core.errors import Changed
from jupyter_resources.storage.protocol import Store

__all__ = ["ObjectFile", "ObjectWriter"]

AHEAD = 1 << 20
"""Bytes fetched at once when fewer are asked for."""


class ObjectFile(io.RawIOBase):
    """An object that is read where it is wanted. Every range has to be of the object that was opened, else Changed."""

    @classmethod
    def opened(cls, store: Store, key: str) -> IO[bytes]:
        """Raises NotFound."""
        return cast("IO[bytes]", io.BufferedReader(cls(store, store.head(key)), AHEAD))

    def __init__(self, store: Store, entry: Entry) -> None:
        self._store, self._entry = store, entry
        self._at = 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._at

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        start = {io.SEEK_SET: 0, io.SEEK_CUR: self._at, io.SEEK_END: self._entry.size}[whence]
        if start + offset < 0:
            raise ValueError(f"can't seek to {start + offset}")
        self._at = start + offset
        return self._at

    def readinto(self, buffer: Any) -> int:
        view = memoryview(buffer).cast("B")
        end = min(self._at + len(view), self._entry.size)
        if end <= self._at:
            return 0
        start = self._at
        with self._store.read(self._entry.path, start, end) as reader:
            now = reader.entry
            if (now.etag, now.size) != (self._entry.etag, self._entry.size):
                raise Changed(f"{self._entry.path} changed while it was read", hint="open it again")
            for chunk in reader:
                view[self._at - start : self._at - start + len(chunk)] = chunk
                self._at += len(chunk)
        return self._at - start


class ObjectWriter(io.BufferedIOBase, IO[bytes]):
    """A file on its way to a bucket: kept in a temporary one, stored when it is closed, forgotten after an error."""

    def __init__(self, store: Callable[[str], None]) -> None:
        """`store` takes the path of the temporary file."""
        self._store = store
        self._spool = tempfile.NamedTemporaryFile(prefix="jtres-", delete=False)  # noqa: SIM115 - closed by `close`

    def writable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def write(self, content: Any, /) -> int:
        return self._spool.write(content)

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        return self._spool.seek(offset, whence)

    def tell(self) -> int:
        return self._spool.tell()

    def close(self) -> None:
        """Store what was written. Raises what storing raises; then nothing is there that wasn't before."""
        if not self._end():
            return
        try:
            self._store(self._spool.name)
        finally:
            os.unlink(self._spool.name)

    def discard(self) -> None:
        """Store nothing."""
        if self._end():
            os.unlink(self._spool.name)

    def _end(self) -> bool:
        if self.closed:
            return False
        self._spool.close()
        super().close()
        return True

    def __exit__(self, kind: object, error: object, trace: object) -> None:
        if error is not None:
            self.discard()
        else:
            self.close()

    def __del__(self) -> None:
        """Whoever never closed it didn't mean it to be stored."""
        self.discard()
