"""One object as a binary file: read by ranges, or written whole when it is closed."""

from __future__ import annotations

import io
import os
import tempfile
from collections.abc import Callable
from contextlib import suppress
from typing import IO, Any, cast

from jupyter_resources.core.entry import Entry
from jupyter_resources.core.errors import Changed, Damaged
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
        starts = {io.SEEK_SET: 0, io.SEEK_CUR: self._at, io.SEEK_END: self._entry.size}
        if whence not in starts:
            raise ValueError(f"whence can't be {whence}")
        start = starts[whence]
        if start + offset < 0:
            raise ValueError(f"can't seek to {start + offset}")
        self._at = start + offset
        return self._at

    def readinto(self, buffer: Any) -> int:
        view = memoryview(buffer).cast("B")
        content = self._range(len(view))
        view[: len(content)] = content
        return len(content)

    def readall(self) -> bytes:
        """What is left, by one request; the one of io would ask for 8 KiB at a time."""
        return self._range(self._entry.size)

    def _range(self, most: int) -> bytes:
        """The next bytes. Where they don't come, nothing has moved: reading again gives the same."""
        end = min(self._at + most, self._entry.size)
        if end <= self._at:
            return b""
        with self._store.read(self._entry.path, self._at, end) as reader:
            now = reader.entry
            if (now.etag, now.size) != (self._entry.etag, self._entry.size):
                raise Changed(f"{self._entry.path} changed while it was read", hint="open it again")
            content = b"".join(reader)
        if len(content) != end - self._at:
            raise Damaged(f"{self._entry.path}: {end - self._at} bytes were asked for, {len(content)} came")
        self._at = end
        return content


class ObjectWriter(io.BufferedIOBase, IO[bytes]):
    """A file on its way to a bucket: kept in a temporary one, stored when it is closed, forgotten after an error.

    A wrapper that closes it (`io.TextIOWrapper`) does so after its errors too, and half is stored: the bucket's file
    has to be the outer one of two `with` blocks.
    """

    def __init__(self, store: Callable[[str], None]) -> None:
        """`store` takes the path of the temporary file."""
        self._store = store
        self._process, self._broken = os.getpid(), False
        self._spool = tempfile.NamedTemporaryFile(prefix="jtres-", delete=False)  # noqa: SIM115 - closed by `close`

    def writable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def write(self, content: Any, /) -> int:
        try:
            return self._spool.write(content)
        except BaseException:  # a full disk: what is there is no whole file any more
            self._broken = True
            raise

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        return self._spool.seek(offset, whence)

    def tell(self) -> int:
        return self._spool.tell()

    def close(self) -> None:
        """Store what was written. Raises what storing raises; then nothing is there that wasn't before."""
        if self.closed:
            return
        super().close()
        try:
            self._spool.close()  # which writes the last of it
            if not self._broken:
                self._store(self._spool.name)
        finally:
            self._remove()

    def discard(self) -> None:
        """Store nothing."""
        if self.closed:
            return
        super().close()
        with suppress(OSError):
            self._spool.close()
        self._remove()

    def _remove(self) -> None:
        if self._process == os.getpid():  # a forked child has a copy of this, and not the file
            with suppress(OSError):
                os.unlink(self._spool.name)

    def __exit__(self, kind: object, error: object, trace: object) -> None:
        if error is not None:
            self.discard()
        else:
            self.close()

    def __del__(self) -> None:
        """Whoever never closed it didn't mean it to be stored."""
        if hasattr(self, "_spool"):
            self.discard()
