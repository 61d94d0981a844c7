"""Trees of files as literals: written to a directory or a store, and read back as one."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from jupyter_resources.storage.bodies import BytesBody
from jupyter_resources.storage.protocol import Store

__all__ = ["Link", "contents", "fill", "held", "tree"]


@dataclass(frozen=True, slots=True)
class Link:
    """A symbolic link to `target`, as it is spelled."""

    target: str


Content = bytes | str | Link | None


def tree(files: Mapping[str, Content], root: str | os.PathLike[str]) -> Path:
    """Write `files` below `root`, which is made if need be: text as UTF-8, None for an empty directory.

    >>> import tempfile
    >>> contents(tree({"a/b.txt": b"x", "c": "y"}, tempfile.mkdtemp()))
    {'a/b.txt': b'x', 'c': b'y'}
    """
    base = Path(root)
    base.mkdir(parents=True, exist_ok=True)
    for path, content in files.items():
        place = base / path
        place.parent.mkdir(parents=True, exist_ok=True)
        match content:
            case None:
                place.mkdir(exist_ok=True)
            case Link(target):
                place.symlink_to(target)
            case str():
                place.write_bytes(content.encode())
            case _:
                place.write_bytes(content)
    return base


def contents(root: str | os.PathLike[str]) -> dict[str, bytes]:
    """Every file below `root` with its bytes, by relative path, sorted; hidden and temporary ones too."""
    base = Path(root)
    return {str(one.relative_to(base)): one.read_bytes() for one in sorted(base.rglob("*")) if one.is_file()}


def fill(store: Store, files: Mapping[str, bytes | str]) -> Store:
    """Put `files` into `store`."""
    for path, content in files.items():
        store.put(path, BytesBody(content.encode() if isinstance(content, str) else content))
    return store


def held(store: Store, prefix: str = "") -> dict[str, bytes]:
    """Every object of `store` with its bytes, by key, sorted."""
    keys = sorted(entry.path for page in store.list(prefix) for entry in page.entries)
    found: dict[str, bytes] = {}
    for key in keys:
        with store.read(key) as reader:
            found[key] = b"".join(reader)
    return found
