"""Bodies for put: bytes in memory, a local file that is noticed when it changes, a stream from another store."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from io import FileIO

from jupyter_resources.core.entry import Entry
from jupyter_resources.core.errors import Changed, Damaged
from jupyter_resources.core.hashing import (
    Hasher,
    md5_of,
    part_size_for,
    parted_digests,
    sha256_of,
)
from jupyter_resources.storage.protocol import STREAM_BYTES, WHOLE_BYTES, Reader
from jupyter_resources.storage.smallfile import changed_while_read, facts_of, open_file
from jupyter_resources.storage.stretch import Stretch
from jupyter_resources.storage.translate import translated

__all__ = ["BytesBody", "FileBody", "ReaderBody", "arrived"]

Moved = Callable[[int], None]


def _nobody(count: int) -> None:
    """Progress that no one watches."""


class BytesBody:
    """Bytes that are already in memory."""

    def __init__(
        self, content: bytes, moved: Moved = _nobody, *, digests: tuple[str | None, str | None] | None = None
    ) -> None:
        """`digests` are the MD5 and the SHA-256 where they needn't be computed."""
        self._content = content
        self.size = len(content)
        self.md5, self.sha256 = (md5_of(content), sha256_of(content)) if digests is None else digests
        self.moved = moved

    def whole(self) -> bytes:
        return self._content

    def chunks(self) -> Iterator[bytes]:
        for start in range(0, self.size, STREAM_BYTES):
            yield self._content[start : start + STREAM_BYTES]


class FileBody:
    """A local file. Up to WHOLE_BYTES it is read once; above, once for the digests and once more to be sent.

    The digests always belong to the bytes given out: a file that changes meanwhile raises Changed, also one that only
    grows, without reading on for ever. A change within one tick of the file system's clock that keeps the size goes
    unnoticed; the bytes given out are then the ones the digests say.
    """

    def __init__(self, path: str, moved: Moved = _nobody) -> None:
        """Raises NotFound, Denied or InvalidPath when it can't be read, Changed when it moves under the first pass."""
        self.path = path
        self.moved = moved
        self.md5: str | None = None
        self.sha256: str | None = None
        self.part_md5s: tuple[str, ...] = ()
        with _reading(path) as stream:
            self._facts = facts_of(os.fstat(stream.fileno()))
            self.size = self._facts[0]
            self.part_size = part_size_for(self.size)
            if self.size > WHOLE_BYTES:
                self.sha256, self.part_md5s = self._digests(stream)

    def whole(self) -> bytes:
        with _reading(self.path) as stream:
            content = self._read(stream)
        self.md5, self.sha256 = md5_of(content), sha256_of(content)
        return content

    def chunks(self) -> Iterator[bytes]:
        hasher = Hasher()
        with _reading(self.path) as stream:
            for chunk in self._all(stream):
                hasher.update(chunk)
                yield chunk
        if self.sha256 not in (None, hasher.sha256):
            raise self._changed()
        self.md5, self.sha256 = hasher.md5, hasher.sha256

    @contextmanager
    def part(self, index: int) -> Iterator[Stretch]:
        start = index * self.part_size
        with _reading(self.path) as stream:
            yield Stretch(stream, start, min(self.part_size, self.size - start))

    def check(self) -> None:
        with _reading(self.path) as stream:
            self._unchanged(stream)

    def _read(self, stream: FileIO) -> bytes:
        """Everything, in one piece: joining chunks would hold it twice."""
        self._unchanged(stream)
        content = _full(stream, self.size)
        self._unchanged(stream)
        if len(content) != self.size:
            raise self._changed()
        return content

    def _digests(self, stream: FileIO) -> tuple[str, tuple[str, ...]]:
        """The SHA-256 and each part's MD5, of a file that is the same before and after."""
        left = self.size

        def fill(buffer: memoryview) -> int:
            nonlocal left
            count = _into(stream, buffer[:left])
            left -= count
            return count

        self._unchanged(stream)
        digests = parted_digests(fill, self.part_size)
        self._unchanged(stream)
        if left:
            raise self._changed()
        return digests

    def _all(self, stream: FileIO) -> Iterator[bytes]:
        """Exactly `size` bytes of a file that is the same before, after and at each end of them."""
        self._unchanged(stream)
        left = self.size
        while left and (chunk := _full(stream, min(left, STREAM_BYTES))):
            left -= len(chunk)
            yield chunk
        self._unchanged(stream)
        if left:
            raise self._changed()

    def _unchanged(self, stream: FileIO) -> None:
        if facts_of(os.fstat(stream.fileno())) != self._facts:
            raise self._changed()

    def _changed(self) -> Changed:
        return changed_while_read(self.path)


class ReaderBody:
    """What another store gives out, checked against what that store says it is."""

    def __init__(self, open_reader: Callable[[], Reader], entry: Entry, moved: Moved = _nobody) -> None:
        """`open_reader` starts reading `entry` from its first byte, at each call."""
        self._open = open_reader
        self._entry = entry
        self.size = entry.size
        self.md5: str | None = None
        self.sha256: str | None = None
        self.moved = moved

    def whole(self) -> bytes:
        return b"".join(self.chunks())

    def chunks(self) -> Iterator[bytes]:
        reader = self._open()
        said = reader.entry
        _expect_listed(said, self._entry)
        hasher = Hasher(md5=said.md5 is not None, sha256=said.md5 is None)  # one tells, and MD5 of 1 GiB takes seconds
        for chunk in reader:
            hasher.update(chunk)
            if hasher.size > said.size:  # the disk would be full before the end of what a hostile server sends
                message = f"{said.path} arrived damaged: expected {said.size} bytes, more came"
                raise Damaged(message, hint="repeat the line; nothing was written for this file")
            yield chunk
        md5, sha256 = hasher.md5, hasher.sha256
        _expect_whole(said, hasher.size, md5, sha256)
        self.md5, self.sha256 = md5, sha256


def arrived(said: Entry, content: bytes, meant: Entry, moved: Moved) -> BytesBody:
    """What was read whole, once it is checked: it has to be what was `meant`, and what the store `said` it is."""
    _expect_listed(said, meant)
    md5, sha256 = (None, sha256_of(content)) if said.md5 is None else (md5_of(content), None)
    _expect_whole(said, len(content), md5, sha256)
    return BytesBody(content, moved, digests=(md5, sha256))


def _expect_listed(said: Entry, meant: Entry) -> None:
    if said.size != meant.size or (None not in (said.etag, meant.etag) and said.etag != meant.etag):
        raise Changed(f"{said.path} changed since it was listed", hint="repeat the line: it compares again")


def _expect_whole(said: Entry, size: int, md5: str | None, sha256: str | None) -> None:
    wrong = (
        size != said.size
        or (said.md5 is not None and said.md5 != md5)
        # What we left beside an object is stale where another tool rewrote the object and kept it.
        or (said.md5 is None and said.sha256 is not None and said.sha256 != sha256)
    )
    if wrong:
        raise Damaged(
            f"{said.path} arrived damaged: expected {said.size} bytes with digest {said.md5 or said.sha256}, "
            f"got {size} bytes with {md5 or sha256}",
            hint="repeat the line; nothing was written for this file",
        )


@contextmanager
def _reading(path: str) -> Iterator[FileIO]:
    with translated(path), FileIO(open_file(path), "rb") as stream:
        yield stream


def _full(stream: FileIO, size: int) -> bytes:
    """As many bytes as that, unless the file ends before: one read may give fewer."""
    content = stream.read(size)
    while len(content) < size and (more := stream.read(size - len(content))):
        content += more
    return content


def _into(stream: FileIO, buffer: memoryview) -> int:
    """Fill `buffer`, unless the file ends before; gives how many bytes there are now."""
    at = 0
    while at < len(buffer) and (count := stream.readinto(buffer[at:])):
        at += count
    return at
