"""What each script with a plain library shares: the files here, and those that a listing doesn't show as they are."""

import hashlib
import os
from collections.abc import Mapping


def files(top: str = "data") -> dict[str, str]:
    """Each file's path by its key, which is the same."""
    return {path: path for at, _, names in os.walk(top) for path in (os.path.join(at, name) for name in names)}


def changed(listed: Mapping[str, tuple[int, str]]) -> list[str]:
    """The files whose size or MD5 isn't the listed one."""
    return [path for path in files() if path not in listed or not _same(path, *listed[path])]


def _same(path: str, size: int, etag: str) -> bool:
    if os.stat(path).st_size != size:
        return False
    with open(path, "rb") as stream:
        return hashlib.file_digest(stream, "md5").hexdigest() == etag.strip('"')


def place(where: str, key: str) -> str:
    """The path of a key below `where`, its directory made."""
    path = os.path.join(where, key)
    os.makedirs(os.path.dirname(path), exist_ok=True)
    return path
