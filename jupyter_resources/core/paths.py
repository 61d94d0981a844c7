"""Names of files and objects: which are refused, and why. A path is relative, `/`-separated, without `.` and `..`."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator
from functools import lru_cache

from jupyter_resources.core.errors import InvalidPath

__all__ = ["MAX_KEY_BYTES", "RESERVED", "check", "is_mentioned", "is_reserved", "joined", "parents", "problem", "under"]

RESERVED = ".resources"
MAX_KEY_BYTES = 1024
"""Amazon S3 User Guide, "Naming Amazon S3 objects": a key is at most 1,024 bytes of UTF-8."""
MAX_PART_BYTES = 255

_DRIVE = re.compile(r"^[A-Za-z]:([/\\]|$)")


@lru_cache(4096)  # every floor asks of the same path
def problem(path: str) -> str | None:
    """Why `path` can't be a file on every side, in words; None when it can.

    The same rule holds for names that come from a bucket and for names that go there, so that what was pushed can
    always be pulled.
    """
    if not path:
        return "empty name"
    if path.startswith(("/", "\\")) or _DRIVE.match(path):
        return "absolute name"
    if "\\" in path:
        return "backslash in the name"
    parts = path.split("/")
    if ".." in parts:
        return "'..' in the name"
    if "." in parts:
        return "'.' in the name"
    if "" in parts:
        return "empty part in the name ('//' or a trailing '/')"
    if not path.isprintable() and any(unicodedata.category(letter) in ("Cc", "Cs") for letter in path):
        return "control character or broken text in the name"
    encoded = len(path.encode())
    if encoded > MAX_KEY_BYTES:
        return f"name of {encoded} bytes (the limit is {MAX_KEY_BYTES})"
    if encoded > MAX_PART_BYTES and max(len(part.encode()) for part in parts) > MAX_PART_BYTES:
        return f"part of the name longer than {MAX_PART_BYTES} bytes"
    return None


def problem_below(lead: str, name: str) -> str | None:
    """`problem` of `lead + name`, where `lead` is "" or a directory without one (and ends in `/`), in less time."""
    plain = name.isascii() and name.isprintable() and "\\" not in name and ":" not in name and "/" not in name
    if plain and name not in ("", ".", "..") and len(lead) + len(name) <= MAX_PART_BYTES // 4:
        return None
    return problem(lead + name)


def check(path: str) -> str:
    """`path` itself, or InvalidPath saying what is wrong with it."""
    reason = problem(path)
    if reason is not None:
        raise InvalidPath(f"{path!r} is refused: {reason}", hint="rename it, or leave it out with --exclude")
    return path


def is_reserved(path: str) -> bool:
    """Whether `path` lies in a `.resources/` directory, at any depth, which no verb on files touches.

    Case doesn't count: on a file system that folds case `.Resources` is the same directory.
    """
    return RESERVED in path.casefold() and RESERVED in path.casefold().split("/")


def is_mentioned(paths: Iterable[str]) -> bool:
    """Whether any of `paths` may be reserved; False is certain, and quickly told of many."""
    return RESERVED in "\n".join(paths).casefold()


def under(path: str, prefix: str) -> bool:
    """Whether `path` is `prefix` itself or lies below it as a directory (`ab` is not under `a`)."""
    bare = prefix.rstrip("/")
    return not bare or path == bare or path.startswith(bare + "/")


def parents(path: str) -> Iterator[str]:
    """The directories that `path` lies in, the innermost first."""
    end = path.rfind("/")
    while end > 0:
        yield path[:end]
        end = path.rfind("/", 0, end)


def joined(*parts: str) -> str:
    """Join with single `/`, leaving out empty parts and outer slashes."""
    return "/".join(part.strip("/") for part in parts if part.strip("/"))
