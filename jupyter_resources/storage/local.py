"""A directory as a store, and as the working tree that is pushed from and pulled to. POSIX only."""

from __future__ import annotations

import copy
import errno
import os
import stat
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress

from jupyter_resources.core import paths
from jupyter_resources.core.control import Control
from jupyter_resources.core.entry import Entry
from jupyter_resources.core.errors import (
    Changed,
    Damaged,
    Incomplete,
    InvalidPath,
    InvalidValue,
    NotFound,
    ResourcesError,
)
from jupyter_resources.storage.descend import Descent
from jupyter_resources.storage.partial import Partial, etag_of, is_partial
from jupyter_resources.storage.protocol import ANY, STREAM_BYTES, Body, Capability, Expect, Page, Reader
from jupyter_resources.storage.translate import from_os, translated
from jupyter_resources.storage.walk import Prune, entry_of, walk
from jupyter_resources.storage.whole import ReadsWhole

__all__ = ["LocalStore"]

_Made = list[str]  # inside the class, `list` is the verb
_STEP = 16 << 20
_TRIES = 20


class LocalStore(ReadsWhole):
    """The regular files below a directory.

    A file is complete or absent after any process death (see `storage.partial`). Nothing is read, written or deleted
    through a symbolic link to a directory below the root (the root itself may be one). Links to files are read as those
    files, replaced by a put, and removed by a delete, never their targets. A new file gets the mode that the umask
    leaves, a replaced one keeps its mode; owners and times aren't preserved. As with any directory, `a` and `a/b` can't
    both be files: the second one put is AlreadyExists.

    ETags come from size, time stamps and inode. Expecting one is atomic only against other writers that do the same;
    expecting nothing is atomic where the file system has hard links. A walk counts as `walk`, one a page; every other
    verb counts as on an object store.
    """

    def __init__(
        self,
        root: str | os.PathLike[str],
        *,
        prune: Prune | None = None,
        create: bool = True,
        clean: bool = True,
        inside: bool = False,
    ) -> None:
        """`create`: a missing root lists as empty, and the first put makes it; otherwise it is NotFound.

        `prune` gives the reason for which a relative path is left out of listings (a directory's ends in `/` and isn't
        entered); None takes it.
        With `clean`, walks remove what dead writers left. With `inside`, links that lead out of the root are left out:
        for a directory that others may write to.
        """
        self.root = os.path.abspath(os.fspath(root))
        self._lead = f"{self.root.rstrip('/')}/"
        self._prune = prune
        self._clean, self._inside = clean, inside
        self._descent = Descent(self.root, create=create, bucket=inside)
        self._control = Control()
        self._folds: bool | None = None

    def __repr__(self) -> str:
        return f"LocalStore({self.root!r})"

    @property
    def location(self) -> str:
        return f"file://{self.root}"

    @property
    def capabilities(self) -> frozenset[Capability]:
        able = {Capability.COPY, Capability.CREATE_IF_ABSENT, Capability.REPLACE_IF_MATCH}
        if self._folds is None:
            self._folds = _folds_case(self.root)
        return frozenset(able | {Capability.FOLDS_CASE} if self._folds else able)

    def under(self, control: Control) -> LocalStore:
        view = copy.copy(self)
        view._control = control
        return view

    def at(self, directory: str, lead: str) -> LocalStore:
        """What `directory` holds, as a store with the same rule of what is left out; `lead` is its path here."""
        prune = self._prune
        below = LocalStore(
            directory, prune=prune and (lambda path, link: prune(lead + path, link)), create=False, clean=self._clean
        )
        return below.under(self._control)

    def path_of(self, key: str) -> str:
        """The absolute path of `key`. Raises InvalidPath."""
        return f"{self._lead}{paths.check(key)}"

    def list(self, prefix: str = "", *, tree: bool = False, expected: Sequence[str] = ()) -> Iterator[Page]:
        self._control.check()
        with translated(self.root):
            try:
                status = os.stat(self.root)
            except FileNotFoundError:
                if not self._descent.create:
                    raise self._descent.missing() from None
                yield Page([])
                return
            if not stat.S_ISDIR(status.st_mode):
                raise NotFound(f"{self.root} is a file, not a directory", hint="name the directory it is in")
            pages = walk(self.root, prefix, self._prune, self._control, clean=self._clean, inside=self._inside)
            for page in pages:
                self._control.count("walk")
                yield page.within(prefix) if tree else page

    def head(self, key: str) -> Entry:
        self._begin("head", key)
        descriptor, status = self._opened(key)
        os.close(descriptor)
        return entry_of(key, status)

    @contextmanager
    def read(self, key: str, start: int = 0, end: int | None = None) -> Iterator[Reader]:
        self._begin("read", key)
        descriptor, status = self._opened(key)
        try:
            yield _LocalReader(descriptor, self.path_of(key), entry_of(key, status), (start, end), self._control)
        finally:
            os.close(descriptor)

    def put(self, key: str, body: Body, *, expect: Expect = ANY) -> Entry:
        self._begin("put", key)

        def fill(partial: Partial) -> None:
            for chunk in body.chunks():
                self._control.check()
                partial.write(chunk)
                body.moved(len(chunk))
            if partial.written != body.size:
                raise Damaged(
                    f"{self.path_of(key)}: expected {body.size} bytes, got {partial.written}; nothing was written"
                )

        status = self._write(key, body.size, fill, expect)
        return entry_of(key, status).knowing(body.md5, body.sha256)

    def copy(self, source: str, target: str, *, expect: Expect = ANY) -> Entry:
        paths.check(target)
        self._begin("copy", source)
        descriptor, before = self._opened(source)

        def fill(partial: Partial) -> None:
            while partial.written < before.st_size:
                self._control.check()
                count = _copy_some(descriptor, partial, before.st_size - partial.written)
                if count == 0:
                    break
            if partial.written != before.st_size or not _untouched(descriptor, etag_of(before)):
                raise Changed(f"{self.path_of(source)} changed while it was copied", hint="repeat the line")

        try:
            return entry_of(target, self._write(target, before.st_size, fill, expect))
        finally:
            os.close(descriptor)

    def delete(self, keys: Sequence[str]) -> None:
        """Unlink files, and then the directories that are empty by that, up to the root."""
        failed: dict[str, ResourcesError] = {}
        for number, key in enumerate(keys):
            self._control.check()
            if number % 1000 == 0:
                self._control.count("delete")
            try:
                self._unlink(key)
            except ResourcesError as error:
                failed[key] = error
            except OSError as error:
                failed[key] = from_os(error, os.path.join(self.root, key))
        if failed:
            first = next(iter(failed.values()))
            raise Incomplete(
                f"{len(failed)} of {len(keys)} files stay: {first.message}", hint=first.hint, failed=failed
            )

    # -- what the verbs share ------------------------------------------------------------------------------------

    def _begin(self, verb: str, key: str) -> None:
        paths.check(key)
        self._control.check()
        self._control.count(verb)

    def _opened(self, key: str) -> tuple[int, os.stat_result]:
        """A descriptor of the file at `key`, and what it is now. Raises NotFound for all but regular files."""
        path = self.path_of(key)
        with translated(path):
            parent, name = self._descent.parent(key)
            try:
                # O_NONBLOCK: a named pipe must not hang the reader; for regular files it means nothing.
                descriptor = os.open(name, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK, dir_fd=parent)
            except OSError as error:
                if error.errno in (errno.ENOENT, errno.ELOOP, errno.ENXIO, errno.ENOTDIR):
                    raise NotFound(f"{path} does not exist", hint="list what is there") from None
                raise
            finally:
                os.close(parent)
            status = os.fstat(descriptor)
            if not stat.S_ISREG(status.st_mode):
                os.close(descriptor)
                what = "a directory" if stat.S_ISDIR(status.st_mode) else "not a regular file"
                raise NotFound(f"{path} is {what}", hint="list what is there")
            return descriptor, status

    def _write(self, key: str, size: int, fill: Callable[[Partial], None], expect: Expect) -> os.stat_result:
        """Fill a partial file with `size` bytes and make it `key`; whatever happens, nothing half-done stays."""
        if is_partial(key.rpartition("/")[2]):
            raise InvalidPath(f"{key!r} is a name for files on their way, which are never listed", hint="rename it")
        made: _Made = []
        done = False
        path = self.path_of(key)
        with translated(path):
            try:
                parent, partial, name = self._begun(key, path, made)
                try:
                    with partial:
                        if size > STREAM_BYTES:
                            partial.expect(name, expect)  # before any byte is fetched for nothing
                        fill(partial)
                        self._control.check()
                        status = partial.commit(name, expect, self._control)
                        done = True
                        return status
                finally:
                    os.close(parent)
            finally:
                if not done and made:
                    self._descent.remove_empty(reversed(made))

    def _begun(self, key: str, path: str, made: _Made) -> tuple[int, Partial, str]:
        """The open directory, a partial file in it, and the target's name there.

        A delete of the last file beside it may remove the directory in between; then it is made again.
        """
        for _ in range(_TRIES):
            parent = -1
            try:
                parent, name = self._descent.parent(key, made)
                return parent, Partial(parent, path), name
            except FileNotFoundError as error:
                last = error
                if parent >= 0:
                    os.close(parent)
                if not self._descent.create and isinstance(error, NotFound):
                    raise
            except BaseException:
                if parent >= 0:
                    os.close(parent)
                raise
        raise last

    def _unlink(self, key: str) -> None:
        parts = key.split("/")
        if "\0" in key or any(part in ("", ".", "..") for part in parts):
            return  # no file can have this name: a key of another kind of store, which isn't there
        try:
            parent, name = self._descent.parent(key)
        except NotFound:
            return
        try:
            if stat.S_ISDIR(os.stat(name, dir_fd=parent, follow_symlinks=False).st_mode):
                return  # a directory is no object
            os.unlink(name, dir_fd=parent)
        except FileNotFoundError:
            return
        finally:
            os.close(parent)
        self._descent.remove_empty("/".join(parts[:depth]) for depth in range(len(parts) - 1, 0, -1))


class _LocalReader:
    """Gives out a range of an open file in chunks, and tells when it became another file meanwhile."""

    def __init__(
        self, descriptor: int, path: str, entry: Entry, span: tuple[int, int | None], control: Control
    ) -> None:
        self.entry = entry
        self._descriptor, self._path, self._control = descriptor, path, control
        self._start, self._end = span[0], entry.size if span[1] is None else span[1]
        if not 0 <= self._start <= self._end:
            raise InvalidValue(f"no such range of {path}: {self._start} to {self._end}")

    def __iter__(self) -> Iterator[bytes]:
        at = self._start
        while at < self._end:
            self._control.check()
            with translated(self._path):
                chunk = os.pread(self._descriptor, min(STREAM_BYTES, self._end - at), at)
            if not chunk:
                self._unchanged()
                raise Damaged(f"{self._path} is short: it ends at {at}, before byte {self._end}")
            at += len(chunk)
            if at == self._end:  # before the last chunk is given out, so that nobody takes it for the end of good bytes
                self._unchanged()
            yield chunk

    def _unchanged(self) -> None:
        if not _untouched(self._descriptor, self.entry.etag):
            raise Changed(f"{self._path} changed while it was read", hint="repeat the line once nothing writes to it")


def _untouched(descriptor: int, etag: str | None) -> bool:
    """Whether the open file still has the content it had.

    When another file takes its name, or it is deleted, its ctime moves too; what is open stays whole all the same.
    """
    now = os.fstat(descriptor)
    if now.st_nlink == 0:
        return etag is not None and etag.split("-")[:2] == etag_of(now).split("-")[:2]  # size and mtime
    return etag_of(now) == etag


def _copy_some(source: int, partial: Partial, left: int) -> int:
    """Copy some bytes from where `source` stands; in the kernel if it can."""
    try:
        if not hasattr(os, "copy_file_range"):  # macOS
            raise OSError(errno.ENOSYS, "no copy_file_range")
        count = os.copy_file_range(source, partial.fileno(), min(left, _STEP))
    except OSError as error:
        if error.errno not in (errno.EXDEV, errno.ENOSYS, errno.EOPNOTSUPP, errno.EINVAL, errno.EBADF, errno.EPERM):
            raise
        chunk = os.read(source, min(left, STREAM_BYTES))
        partial.write(chunk)
        return len(chunk)
    partial.written += count
    return count


def _folds_case(root: str) -> bool:
    """Whether the file system at `root` takes `A` and `a` for one name; found out without writing.

    A name that exists is looked up in the other case: one inside the root, or else the root's own.
    """
    with suppress(OSError), os.scandir(root) as found:
        for one in found:
            if one.name.isascii() and one.name.swapcase() != one.name:
                return _same(one.path, os.path.join(root, one.name.swapcase()))
    above, name = os.path.split(root)
    while name and not (os.path.lexists(root) and name.isascii() and name.swapcase() != name):
        root, (above, name) = above, os.path.split(above)
    return bool(name) and _same(root, os.path.join(above, name.swapcase()))


def _same(one: str, other: str) -> bool:
    with suppress(OSError):
        return os.path.samestat(os.lstat(one), os.lstat(other))
    return False
