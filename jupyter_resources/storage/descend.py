"""Reaching directories below a root step by step, so that no symbolic link leads outside."""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Iterable
from contextlib import suppress

from jupyter_resources.core.errors import AlreadyExists, InvalidPath, NoBucket, NotFound, ResourcesError

__all__ = ["Descent"]

_ROOT = os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC
_BELOW = _ROOT | os.O_NOFOLLOW


class Descent:
    """Opens directories below `root` (which itself may be a link). Each is opened in the one above, never by its path:
    whoever swaps one for a link meanwhile gains nothing.
    """

    def __init__(self, root: str, *, create: bool, bucket: bool = False) -> None:
        """`create`: a missing root may be made; `bucket`: it is one, which is what is told when it is missing."""
        self.root = root
        self.create = create
        self._bucket = bucket

    def missing(self) -> NotFound:
        """The error for a root that isn't there."""
        kind = NoBucket if self._bucket else NotFound
        return kind(f"no directory {self.root}", hint=f"mkdir -p {self.root!r} makes it, if that is what you mean")

    def parent(self, key: str, made: list[str] | None = None) -> tuple[int, str]:
        """A descriptor of the directory that `key` is in (the caller closes it), and the last part of `key`.

        With `made`, directories on the way are created, and noted there. Raises NotFound, InvalidPath for a link on the
        way, AlreadyExists for a file on it, OSError.
        """
        *way, name = key.split("/")
        here = self._open_root(made)
        reached = ""
        try:
            for part in way:
                reached = f"{reached}/{part}" if reached else part
                below = self._step(here, part, reached, made)
                os.close(here)
                here = below
        except BaseException:
            os.close(here)
            raise
        return here, name

    def remove_empty(self, directories: Iterable[str]) -> None:
        """Remove `directories`, deepest first, up to the first that has something in it or can't be removed."""
        for directory in directories:
            try:
                parent, name = self.parent(directory)
                try:
                    os.rmdir(name, dir_fd=parent)
                finally:
                    os.close(parent)
            except (ResourcesError, OSError):
                return

    def _open_root(self, made: list[str] | None) -> int:
        try:
            return os.open(self.root, _ROOT)
        except FileNotFoundError:
            if made is None or not self.create:
                raise self.missing() from None
        os.makedirs(self.root, exist_ok=True)
        return os.open(self.root, _ROOT)

    def _step(self, here: int, part: str, reached: str, made: list[str] | None) -> int:
        try:
            return os.open(part, _BELOW, dir_fd=here)
        except FileNotFoundError:
            if made is None:
                raise NotFound(f"{self.root}/{reached} does not exist", hint="list what is there") from None
            with suppress(FileExistsError):
                os.mkdir(part, dir_fd=here)
                made.append(reached)
            return os.open(part, _BELOW, dir_fd=here)
        except OSError as error:
            if error.errno not in (errno.ELOOP, errno.ENOTDIR):
                raise
            if stat.S_ISLNK(os.stat(part, dir_fd=here, follow_symlinks=False).st_mode):
                raise InvalidPath(
                    f"{self.root}/{reached} is a symbolic link: nothing is read or written through it",
                    hint="name the place it points to, or put a real directory there",
                ) from None
            if made is None:
                raise NotFound(f"nothing is below {self.root}/{reached}, a file", hint="list what is there") from None
            raise AlreadyExists(
                f"{self.root}/{reached} is a file where a directory should be",
                hint="move it away, or choose another name",
            ) from None
