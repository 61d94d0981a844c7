"""A small local file as a body: opened, read and looked at once more, in as few system calls as that takes."""

from __future__ import annotations

import os
import shlex
import stat
from collections.abc import Callable, Iterator

from jupyter_resources.core.errors import Changed, Denied, InvalidPath, NotFound, ResourcesError
from jupyter_resources.core.hashing import md5_of, sha256_of
from jupyter_resources.storage.protocol import STREAM_BYTES
from jupyter_resources.storage.translate import from_os

__all__ = ["Grown", "SmallFile", "changed_while_read", "facts_of", "open_file"]

_FLAGS = os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK
"""O_NONBLOCK: a named pipe must not hang the reader; for regular files it means nothing."""


class Grown(Changed):
    """The file isn't small any more."""


class SmallFile:
    """A local file of up to STREAM_BYTES, whole in memory. `FileBody` promises the same of files of any size.

    The digests belong to the bytes given out: a file that changes while it is read raises Changed, and one that has
    changed when its bytes are asked for is read again. A change within one tick of the file system's clock that keeps
    the size goes unnoticed; the bytes given out are then the ones the digests say.
    """

    __slots__ = ("_content", "_facts", "md5", "moved", "path", "sha256", "size")

    def __init__(self, path: str, moved: Callable[[int], None]) -> None:
        """Raises NotFound, Denied or InvalidPath when it can't be read, Changed when it moves meanwhile, Grown."""
        self.path = path
        self.moved = moved
        self.md5: str | None = None
        self.sha256: str | None = None
        self._facts: tuple[int, ...] | None = None
        self._content = self._read()
        self.size = len(self._content)

    def whole(self) -> bytes:
        try:
            same = facts_of(os.stat(self.path)) == self._facts
        except OSError:
            same = False
        if not same:
            self._content = self._read()
        if not same or self.md5 is None:
            self.md5, self.sha256 = md5_of(self._content), sha256_of(self._content)
        return self._content

    def chunks(self) -> Iterator[bytes]:
        if content := self.whole():
            yield content

    def _read(self) -> bytes:
        descriptor = open_file(self.path)
        try:
            facts = facts_of(os.fstat(descriptor))
            if facts[0] > STREAM_BYTES:
                raise Grown(f"{self.path} isn't small any more", hint="repeat the line")
            if self._facts not in (None, facts):
                raise changed_while_read(self.path)
            content = os.read(descriptor, facts[0] + 1)
            while 0 < len(content) < facts[0] and (more := os.read(descriptor, facts[0] - len(content))):
                content += more  # one read may give fewer
            if len(content) != facts[0] or facts_of(os.fstat(descriptor)) != facts:
                raise changed_while_read(self.path)
        except ResourcesError:
            raise
        except OSError as error:
            raise from_os(error, self.path) from error
        finally:
            os.close(descriptor)
        self._facts = facts
        return content


def open_file(path: str) -> int:
    """A descriptor of the regular file at `path`. Raises NotFound, Denied, InvalidPath."""
    try:
        descriptor = os.open(path, _FLAGS)
    except FileNotFoundError:
        raise NotFound(f"{path} vanished before it could be read", hint="repeat the line") from None
    except PermissionError:
        hint = f"chmod u+r {shlex.quote(path)}, or leave it out with --exclude"
        raise Denied(f"no permission to read {path}", hint=hint) from None
    except OSError as error:
        raise from_os(error, path) from error
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise InvalidPath(f"{path} is not a regular file", hint="leave it out with --exclude")
    return descriptor


def facts_of(status: os.stat_result) -> tuple[int, int, int, int]:
    """What changes with the content of a file."""
    return status.st_size, status.st_mtime_ns, status.st_ctime_ns, status.st_ino


def changed_while_read(path: str) -> Changed:
    """The error for a file that isn't what it was when reading began."""
    return Changed(f"{path} changed while it was read", hint="repeat the line once nothing writes to it")
