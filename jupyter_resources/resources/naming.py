"""What a push or a pull names: the directory that keys are relative to, the files found there, the remote path."""

from __future__ import annotations

import os
from collections.abc import Sequence

from jupyter_resources.core.entry import Listing
from jupyter_resources.core.errors import InvalidValue, NotFound
from jupyter_resources.core.paths import under
from jupyter_resources.sync import listing

__all__ = ["Path", "found", "nothing", "remote", "rooted"]

Path = str | os.PathLike[str]


def rooted(paths: Sequence[Path], prefix: Path | None) -> tuple[str, list[str], str]:
    """The directory that keys are relative to, the patterns relative to it, and what regexes see before a path."""
    given = [os.fspath(path) for path in paths]
    if not given:
        raise InvalidValue("nothing to push was named", hint="give a file, a directory or a glob")
    if prefix is None:
        absolute = [os.path.isabs(one) for one in given]
        if all(absolute):
            return "/", [one.lstrip("/") for one in given], "/"
        if any(absolute):
            raise InvalidValue("absolute and relative paths in one push", hint="push them one after the other")
        return os.getcwd(), given, ""
    root = os.path.abspath(os.fspath(prefix))
    return root, [_below(one, root) for one in given], ""


def _below(path: str, root: str) -> str:
    if not os.path.isabs(path):
        return path
    if not under(path.rstrip("/"), root):
        raise InvalidValue(
            f"Specified path={path} is not a child of local_path_prefix={root}", hint="give a path below the prefix"
        )
    return path[len(root.rstrip("/")) :].strip("/")


def found(root: str, pattern: str) -> list[str]:
    matched = listing.matches(root, pattern)
    if not matched:
        raise NotFound(
            f"{os.path.join(root, pattern)} matches no file", hint="check the spelling; %pwd shows where you are"
        )
    return matched


def nothing(patterns: Sequence[str], walked: Listing) -> NotFound:
    names = ", ".join(repr(one) for one in patterns)
    if not walked.left_out:
        return NotFound(f"{names} holds no files", hint="put something there first")
    first = walked.left_out[0]
    return NotFound(
        f"{names} holds nothing that can be pushed: {first.path}: {first.reason}",
        hint="--force pushes what looks like a secret; .resourcesignore says what is ignored",
    )


def remote(path: Path, local_base_dir: Path, convert: bool) -> str:
    """A remote path relative to the base path, without outer slashes."""
    wanted = os.fspath(path)
    if convert:
        wanted = wanted.replace("\\", "/")
    base = os.fspath(local_base_dir)
    if os.path.isabs(wanted) and base and os.path.isabs(base):
        wanted = _below(wanted, os.path.normpath(base))
    wanted = wanted.strip("/")
    while wanted.startswith("./"):
        wanted = wanted[2:]
    return "" if wanted == "." else wanted
