"""A local file on its way: a locked temporary name beside the target, then the commit that makes it the target."""

from __future__ import annotations

import errno
import fcntl
import os
import re
import secrets
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Self

from jupyter_resources.core.control import Control
from jupyter_resources.core.errors import AlreadyExists, Changed, TimedOut
from jupyter_resources.storage.protocol import ANY, Expect

__all__ = ["Partial", "etag_of", "is_partial", "partial_name", "remove_dead", "remove_if_dead", "tag"]

_NAME = re.compile(r"^\.jtres-[0-9a-f]{16}\.part$")
_NO_LINKS = {errno.EPERM, errno.EOPNOTSUPP, errno.ENOSYS, errno.EMLINK, errno.EACCES}
_NO_LOCKS = {errno.ENOLCK, errno.EOPNOTSUPP, errno.ENOSYS, errno.EINVAL, errno.EBADF}
LOCK_SECONDS = 5.0


def is_partial(name: str) -> bool:
    """Whether a file of this name is one of ours on its way."""
    return name.startswith(".jtres-") and _NAME.match(name) is not None


def partial_name(path: str) -> str | None:
    """Why a file can't be called `path`: that is what ours are called on their way."""
    return "a name that is kept for files on their way" if is_partial(path.rpartition("/")[2]) else None


def etag_of(status: os.stat_result) -> str:
    """An opaque tag that changes with the content, as far as time stamps tell; no digest."""
    return tag(status.st_size, status.st_mtime_ns, status.st_ctime_ns, status.st_ino)


def tag(size: int, mtime_ns: int, ctime_ns: int, inode: int) -> str:
    """The same of facts that are at hand."""
    return f"{size:x}-{mtime_ns:x}-{ctime_ns:x}-{inode:x}"


def remove_if_dead(path: str) -> None:
    """Remove a partial file whose writer has died: nobody holds its lock.

    Where the file system has no locks it stays, since nothing tells whether its writer lives. Raises nothing: a file
    that can't be removed is as invisible as before.
    """
    with suppress(OSError):
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC | os.O_NONBLOCK)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            os.unlink(path)
        finally:
            os.close(descriptor)


def remove_dead(directory: str) -> None:
    """Remove every partial file in `directory` whose writer has died; a directory that isn't there has none."""
    with suppress(OSError), os.scandir(directory) as found:
        for one in found:
            if is_partial(one.name):
                remove_if_dead(one.path)


class Partial:
    """A file being written in an open directory. Leaving the `with` block without `commit` removes it.

    The commit is atomic and without fsync: after a process death the target is whole or as it was, after a power loss
    the file system decides. (A flush for each of thousands of files costs more than all the rest; what was cut off by
    a power loss has another size or mtime, and the next transfer brings it again.)
    """

    def __init__(self, directory: int, shown: str) -> None:
        """`directory` is a descriptor that stays open meanwhile; `shown` is the target's name for messages."""
        self._directory = directory
        self._shown = shown
        self.written = 0
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
        while True:
            name = f".jtres-{secrets.token_hex(8)}.part"
            self._descriptor, self._name = os.open(name, flags, 0o666, dir_fd=self._directory), name
            try:
                if self._lock():
                    return
                os.close(self._descriptor)
            except BaseException:
                self._remove()
                raise

    def _lock(self) -> bool:
        """Hold the file; False if a walk took it for a dead one between its creation and its lock."""
        try:
            fcntl.flock(self._descriptor, fcntl.LOCK_EX)
        except OSError as error:
            if error.errno not in _NO_LOCKS:
                raise
        return os.fstat(self._descriptor).st_nlink > 0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self._name:
            self._remove()
        else:
            os.close(self._descriptor)

    def _remove(self) -> None:
        with suppress(OSError):
            os.unlink(self._name, dir_fd=self._directory)
        os.close(self._descriptor)

    def fileno(self) -> int:
        return self._descriptor

    def write(self, chunk: bytes) -> None:
        """Append all of `chunk`."""
        view = memoryview(chunk)
        while view:
            count = os.write(self._descriptor, view)
            self.written += count
            view = view[count:]

    def commit(self, name: str, expect: Expect, control: Control) -> os.stat_result:
        """Make this the file `name` if that is as expected, and tell what the file system says of it then.

        None: atomic by a hard link; where the file system has none, checked just before the rename. An ETag: checked
        just before the rename, under a lock on the directory that other writers of ours with an ETag respect too.
        A symbolic link at `name` is replaced, not followed. Raises Changed, AlreadyExists, OSError.
        """
        os.close(os.dup(self._descriptor))  # network file systems tell of a full quota only when something is closed
        if expect is None:
            self._create(name)
        elif expect is ANY:
            self._replace(name, ANY)
        else:
            with _held(self._directory, control, self._shown):
                self._replace(name, expect)
        self._name = ""
        return os.fstat(self._descriptor)

    def _create(self, name: str) -> None:
        try:
            os.link(self._name, name, src_dir_fd=self._directory, dst_dir_fd=self._directory, follow_symlinks=False)
        except FileExistsError:
            self.expect(name, None)
            raise
        except OSError as error:
            if error.errno not in _NO_LINKS:
                raise
            self._replace(name, None)
        else:
            os.unlink(self._name, dir_fd=self._directory)

    def _replace(self, name: str, expect: Expect) -> None:
        there = self.expect(name, expect)
        if there is not None and stat.S_ISREG(there.st_mode):
            mode = stat.S_IMODE(there.st_mode) & 0o777
            if mode != stat.S_IMODE(os.fstat(self._descriptor).st_mode):
                os.fchmod(self._descriptor, mode)
        os.rename(self._name, name, src_dir_fd=self._directory, dst_dir_fd=self._directory)

    def expect(self, name: str, expect: Expect) -> os.stat_result | None:
        """What is at `name` itself, if that may become a file under this expectation. Raises AlreadyExists, Changed."""
        there = _status(name, self._directory, follow=False)
        meant = _status(name, self._directory, follow=True) if there and stat.S_ISLNK(there.st_mode) else there
        if meant is not None and not stat.S_ISREG(meant.st_mode):
            what = "a directory" if stat.S_ISDIR(meant.st_mode) else "not a regular file"
            raise AlreadyExists(f"{self._shown} is {what}", hint="move it away, or choose another name")
        if expect is ANY:
            return there
        tag = etag_of(meant) if meant else "a broken symbolic link" if there else None
        if tag != expect:
            found = "something new is there" if expect is None else "it changed" if there else "it is gone"
            raise Changed(f"{self._shown} is not what was listed: {found}", hint="repeat the line: it compares again")
        return there


def _status(name: str, directory: int, *, follow: bool) -> os.stat_result | None:
    try:
        return os.stat(name, dir_fd=directory, follow_symlinks=follow)
    except OSError as error:
        if error.errno in (errno.ENOENT, errno.ELOOP, errno.ENOTDIR):
            return None
        raise


@contextmanager
def _held(directory: int, control: Control, shown: str) -> Iterator[None]:
    """Hold the directory's lock for the block; waits a moment for another writer, and for a foreign one not forever."""
    own = os.open(".", os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC, dir_fd=directory)
    try:
        for _ in range(int(LOCK_SECONDS / 0.01)):
            try:
                fcntl.flock(own, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                control.wait(0.01)
            except OSError as error:
                if error.errno in _NO_LOCKS:
                    break
                raise
        else:
            raise TimedOut(f"the directory of {shown} stays locked by another program", hint="repeat the line")
        yield
    finally:
        os.close(own)
