"""What the operating system's errors are called here: one OSError in, one of `core.errors` out."""

from __future__ import annotations

import errno

from jupyter_resources.core.errors import (
    AlreadyExists,
    Damaged,
    Denied,
    InvalidPath,
    NoSpace,
    NotFound,
    ResourcesError,
    TimedOut,
    Unavailable,
)

__all__ = ["from_os", "translated"]


def from_os(error: OSError, path: str) -> ResourcesError:
    """The error of ours that says what `error` means for `path`. One of ours comes back as it is."""
    if isinstance(error, ResourcesError):  # NotFound, NoSpace and others are OSErrors too
        return error
    number = error.errno
    match number:
        case errno.ENOENT:
            return NotFound(f"{path} does not exist", hint="check the spelling, or list what is there")
        case errno.EEXIST:
            return AlreadyExists(f"{path} exists already", hint="move it away, or choose another name")
        case errno.EISDIR:
            return AlreadyExists(f"{path} is a directory", hint="move it away, or choose another name")
        case errno.ENOTDIR:
            return AlreadyExists(f"{path}: a file is where a directory should be", hint="move that file away")
        case errno.EACCES | errno.EPERM:
            return Denied(f"no permission for {path}", hint=f"ls -ld shows who may: ls -ld {path!r}")
        case errno.EROFS:
            return Denied(f"{path} is on a read-only file system", hint="choose a place that can be written")
        case errno.ENOSPC | errno.EDQUOT:
            return NoSpace(f"no space left for {path}", hint="df -h shows what is full; then repeat the line")
        case errno.EFBIG:
            return NoSpace(
                f"{path} is larger than a file may be here", hint="ulimit -f shows the limit of this process"
            )
        case errno.ENAMETOOLONG | errno.EILSEQ:
            return InvalidPath(f"{path!r} is a name this file system can't hold", hint="rename it")
        case errno.ELOOP:
            return InvalidPath(f"{path} leads through a symbolic link", hint="name the place the link points to")
        case errno.EIO | errno.ESTALE:
            return Damaged(
                f"the disk failed on {path} ({error.strerror})", hint="repeat the line; if it stays, check the disk"
            )
        case errno.EMFILE | errno.ENFILE:
            return ResourcesError(f"too many open files, at {path}", hint="ulimit -n shows the limit; raise it")
        case errno.ETIMEDOUT:
            return TimedOut(f"no answer in time for {path}", hint="repeat the line")
        case errno.ECONNREFUSED | errno.ECONNRESET | errno.ENETUNREACH | errno.EHOSTUNREACH | errno.EHOSTDOWN:
            return Unavailable(
                f"{path} can't be reached ({error.strerror})", hint="check the network, then repeat the line"
            )
    return ResourcesError(f"{path}: {error.strerror or error}")


class translated:  # noqa: N801 - used as `with translated(path):`; a generator would cost more than most of its blocks
    """Raise what `from_os` makes of an OSError in the block, with the original as its cause."""

    __slots__ = ("_path",)

    def __init__(self, path: str) -> None:
        self._path = path

    def __enter__(self) -> None:
        """Nothing to prepare."""

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        if isinstance(error, OSError) and not isinstance(error, ResourcesError):
            raise from_os(error, self._path) from error
