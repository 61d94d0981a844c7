"""Digests of bytes in one pass: MD5, SHA-256, and the ETag that S3 gives to an object uploaded in parts."""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor

__all__ = ["Hasher", "md5_of", "part_count", "part_size_for", "part_sizes_like", "parted_digests", "sha256_of"]

MIB = 1 << 20
_PARTED = re.compile(r"^[0-9a-f]{32}-([1-9][0-9]{0,4})$")


def md5_of(content: bytes | memoryview) -> str:
    """MD5 as lower-case hex; a fingerprint that stores speak, not a protection."""
    return hashlib.md5(content, usedforsecurity=False).hexdigest()


def sha256_of(content: bytes) -> str:
    """SHA-256 as lower-case hex."""
    return hashlib.sha256(content).hexdigest()


def part_size_for(size: int) -> int:
    """Bytes a part of our own multipart uploads: 8 MiB, or whole MiB so that 9,000 parts hold everything.

    Amazon S3 User Guide, "Amazon S3 multipart upload limits": 5 MiB to 5 GiB a part, at most 10,000 parts.
    """
    return max(8 * MIB, -(-size // (9_000 * MIB)) * MIB)


def part_count(etag: str | None) -> int | None:
    """In how many parts the object with this ETag was uploaded; None if the ETag doesn't say so."""
    match = _PARTED.match(etag or "")
    return int(match[1]) if match else None


def part_sizes_like(size: int, parts: int) -> tuple[int, ...]:
    """Part sizes, as common tools choose them, by which `size` bytes make `parts` parts. Best guess first."""
    common = [part_size_for(size), *(n * MIB for n in (8, 5, 16, 10, 15, 20, 25, 32, 50, 64, 100, 128, 256, 512, 1024))]
    exact = -(-size // parts)
    common.append(-(-exact // MIB) * MIB)
    fitting = [one for one in common if -(-size // one) == parts]
    return tuple(dict.fromkeys(fitting))


def parted_digests(fill: Callable[[memoryview], int], part_size: int) -> tuple[str, tuple[str, ...]]:
    """The SHA-256 of everything and the MD5 of each part, in one pass; MD5, the slower one, on several cores.

    `fill` puts the next bytes into the memory that it is given, as many as fit or are left, and tells how many. That
    memory is a few parts, used over and over: a new piece for each part costs more than to copy what goes into it.
    """
    sha256 = hashlib.sha256()
    threads = min(4, os.cpu_count() or 1)  # a container may have fewer cores than are counted
    buffers = [memoryview(bytearray(part_size)) for _ in range(threads + 1)]
    md5s: list[Future[str]] = []
    with ThreadPoolExecutor(threads, thread_name_prefix="jtres-md5") as pool:
        while True:
            if len(md5s) >= len(buffers):
                md5s[-len(buffers)].result()
            buffer = buffers[len(md5s) % len(buffers)]
            part = buffer[: fill(buffer)]
            if not part:
                return sha256.hexdigest(), tuple(one.result() for one in md5s)
            md5s.append(pool.submit(md5_of, part))
            sha256.update(part)


class Hasher:
    """Feed bytes once, ask for digests at the end. `part_sizes` adds an ETag-like digest for each."""

    def __init__(self, *, md5: bool = True, sha256: bool = True, part_sizes: tuple[int, ...] = ()) -> None:
        self.size = 0
        self._md5 = hashlib.md5(usedforsecurity=False) if md5 else None
        self._sha256 = hashlib.sha256() if sha256 else None
        self._parts = [_Parts(size) for size in part_sizes]

    def update(self, chunk: bytes) -> None:
        """Take the next bytes."""
        self.size += len(chunk)
        if self._md5:
            self._md5.update(chunk)
        if self._sha256:
            self._sha256.update(chunk)
        for parts in self._parts:
            parts.update(chunk)

    @property
    def md5(self) -> str | None:
        return self._md5.hexdigest() if self._md5 else None

    @property
    def sha256(self) -> str | None:
        return self._sha256.hexdigest() if self._sha256 else None

    @property
    def etags(self) -> tuple[str, ...]:
        """The multipart ETag for each of `part_sizes`, in their order."""
        return tuple(parts.etag for parts in self._parts)


class _Parts:
    """MD5 of consecutive parts of one size."""

    def __init__(self, size: int) -> None:
        self.size = size
        self._done: list[bytes] = []
        self._current = hashlib.md5(usedforsecurity=False)
        self._room = size

    def update(self, chunk: bytes) -> None:
        view = memoryview(chunk)
        while view:
            taken = view[: self._room]
            self._current.update(taken)
            self._room -= len(taken)
            view = view[len(taken) :]
            if self._room == 0:
                self._done.append(self._current.digest())
                self._current = hashlib.md5(usedforsecurity=False)
                self._room = self.size

    def digests(self) -> list[bytes]:
        return self._done if self._room == self.size and self._done else [*self._done, self._current.digest()]

    @property
    def etag(self) -> str:
        digests = self.digests()
        return f"{md5_of(b''.join(digests))}-{len(digests)}"
