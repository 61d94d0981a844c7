"""What a push or a pull names: the directory that keys are relative to, the files found there, the remote path."""

from __future__ import annotations

import os
import re
from collections.abc import Sequence

from jupyter_resources.core.entry import Listing
from jupyter_resources.core.errors import EmptySource, InvalidPath, InvalidValue, NotFound
from jupyter_resources.core.paths import under
from jupyter_resources.sync import listing

__all__ = ["Path", "as_regex", "check_emptied", "check_mirror", "found", "nothing", "remote", "rooted"]

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
    hint = "%cd to a directory above it first (in Python: another local_path_prefix)"
    return root, [_below(one, root, hint) for one in given], ""


def _below(path: str, root: str, hint: str) -> str:
    if not os.path.isabs(path):
        return path
    plain = os.path.normpath(path)
    if not under(plain, root):
        raise InvalidPath(f"{path!r} lies outside of {root}", hint=hint)
    return plain[len(root.rstrip("/")) :].strip("/")


def found(root: str, pattern: str, patterns: Sequence[str]) -> list[str]:
    """What `pattern`, one of `patterns`, names below `root`. Raises NotFound."""
    matched = listing.matches(root, pattern)
    if not matched:
        whole = " ".join(patterns)
        hint = "check the spelling; %pwd shows where you are"
        if len(patterns) > 1 and os.path.lexists(os.path.join(root, whole)):
            hint = f'a name with blanks is quoted: "{whole}"'
        raise NotFound(f"{os.path.join(root, pattern)} matches no file", hint=hint)
    return matched


def as_regex(wanted: str) -> str:
    """A glob as the regular expression that --include takes."""
    return re.escape(wanted).replace(r"\*", ".*").replace(r"\?", ".") + "$"


def nothing(patterns: Sequence[str], walked: Listing) -> NotFound:
    names = ", ".join(repr(one) for one in patterns)
    if not walked.left_out:
        return NotFound(f"{names} holds no files", hint="put something there first")
    first = walked.left_out[0]
    return NotFound(
        f"{names} holds nothing that can be pushed: {first.path}: {first.reason}",
        hint="--secrets (secrets=True) pushes what looks like one; .resourcesignore says what is ignored",
    )


def check_mirror(root: str, patterns: Sequence[str], bucket: str | None) -> None:
    """Refuse to mirror what lies in the bucket itself: it would be deleted as not in the source."""
    for pattern in patterns if bucket else ():
        place = os.path.realpath(os.path.join(root, pattern))
        if bucket and under(place, os.path.realpath(bucket)):
            raise InvalidValue(f"{place} lies in the bucket itself, {bucket}", hint="mirror it to another bucket")


def check_emptied(found: Sequence[str], walked: Listing, there: Listing) -> None:
    """Refuse a mirror of several places when one of them has nothing, and the other side has something."""
    for path in found:
        if not any(under(one.path, path) for one in walked) and any(under(one.path, path) for one in there):
            count = sum(under(one.path, path) for one in there)
            raise EmptySource(
                f"{path or 'the directory'} holds no files, so mirroring it would delete {count} on the other side",
                hint="check the path; with --allow-empty (allow_empty=True) it is done all the same",
            )


def remote(path: Path, local_base_dir: Path, convert: bool) -> str:
    """A remote path relative to the base path, without outer slashes."""
    wanted = os.fspath(path)
    if convert:
        wanted = wanted.replace("\\", "/")
    base = os.fspath(local_base_dir)
    if os.path.isabs(wanted) and base and os.path.isabs(base):
        bare = wanted.strip("/")
        hint = (
            f"what lies in the bucket has no / before it ({bare}); a path from / names the place here that it goes to"
        )
        wanted = _below(wanted, os.path.normpath(base), hint)
    wanted = wanted.strip("/")
    while wanted.startswith("./"):
        wanted = wanted[2:]
    return "" if wanted == "." else wanted
