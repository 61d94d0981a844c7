"""Small files that must never be half written: configs and records."""

from __future__ import annotations

import errno
import os
import stat
import tempfile
from pathlib import Path

__all__ = ["is_own", "replace_file", "small_text"]


LARGEST = 1 << 20


def small_text(path: str | os.PathLike[str], *, own: bool = False) -> str:
    """What a small regular file says, as UTF-8. OSError for a device, a pipe, or more than 1 MiB: a file of a clone may
    be a link to anything. With `own` PermissionError where somebody else may have written it.
    """
    with open(os.open(path, os.O_RDONLY | os.O_NONBLOCK), "rb") as stream:
        facts = os.fstat(stream.fileno())
        if not stat.S_ISREG(facts.st_mode):
            raise OSError(errno.EINVAL, "no regular file", os.fspath(path))
        if own and not is_own(facts):
            raise PermissionError(errno.EPERM, "somebody else may have written it", os.fspath(path))
        content = stream.read(LARGEST + 1)
    if len(content) > LARGEST:
        raise OSError(errno.EFBIG, f"more than {LARGEST} bytes", os.fspath(path))
    return content.decode()


def is_own(facts: os.stat_result) -> bool:
    """Whether what has these facts is this user's word, or the administrator's. A link has no mode of its own."""
    user = getattr(os, "getuid", None)
    if user is None:  # Windows says nothing of owners here
        return True
    writable = bool(facts.st_mode & stat.S_IWOTH) and not stat.S_ISLNK(facts.st_mode)
    return facts.st_uid in (0, user()) and not writable


def replace_file(path: Path, content: bytes, *, mode: int = 0o600) -> None:
    """Put `content` at `path`, all or nothing, also after power loss; makes missing parents.

    A symlink stays one: what it points to is replaced. An existing file keeps its mode, a new one gets `mode`.
    """
    path = Path(os.path.realpath(path))
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        mode = path.stat().st_mode & 0o777
    except FileNotFoundError:
        pass
    descriptor, temporary = tempfile.mkstemp(prefix=f".{path.name}.", suffix=".tmp", dir=path.parent)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        Path(temporary).chmod(mode)
        Path(temporary).replace(path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise
    _sync_directory(path.parent)


def _sync_directory(directory: Path) -> None:
    """Make the new name itself durable; Windows can't open a directory and needs no such thing."""
    if os.name == "nt":
        return
    descriptor = os.open(directory, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
