"""What buckets may be called, and those of a local connection: directories right below a root."""

from __future__ import annotations

import errno
import re
from pathlib import Path

from jupyter_resources.core import paths
from jupyter_resources.core.errors import AlreadyExists, InvalidValue, NotFound
from jupyter_resources.storage.translate import translated

__all__ = ["AZURE_NAME", "AZURE_NAME_IN_WORDS", "S3_NAME", "S3_NAME_IN_WORDS", "DirectoryContainers", "not_empty"]

# Amazon S3 User Guide, "General purpose bucket naming rules".
S3_NAME = re.compile(r"(?!\d+\.\d+\.\d+\.\d+$)(?!.*\.\.)[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]")
S3_NAME_IN_WORDS = "3 to 63 of a-z, 0-9, '-' and '.', beginning and ending with a letter or digit"
# Azure, "Naming and Referencing Containers, Blobs, and Metadata".
AZURE_NAME = re.compile(r"(?!.*--)[a-z0-9][a-z0-9-]{1,61}[a-z0-9]")
AZURE_NAME_IN_WORDS = "3 to 63 of a-z, 0-9 and single '-', beginning and ending with a letter or digit"


class DirectoryContainers:
    """The directories right below `root`; the root itself is made when it is first needed."""

    def __init__(self, root: str) -> None:
        self._root = Path(root)

    def __repr__(self) -> str:
        return f"DirectoryContainers({str(self._root)!r})"

    def names(self) -> list[str]:
        if not self._root.exists():
            return []
        with translated(str(self._root)):
            return sorted(one.name for one in self._root.iterdir() if one.is_dir() and not one.name.startswith("."))

    def exists(self, name: str) -> bool:
        return self._directory(name).is_dir()

    def create(self, name: str) -> None:
        directory = self._directory(name)
        if name.startswith("."):
            raise InvalidValue(f"{name!r} can't be the name of a bucket", hint="begin it with a letter or a digit")
        with translated(str(directory)):
            try:
                directory.mkdir(parents=True)
            except FileExistsError:
                raise AlreadyExists(f"bucket {name!r} exists already", hint="%buckets lists them") from None

    def delete(self, name: str) -> None:
        directory = self._directory(name)
        with translated(str(directory)):
            try:
                directory.rmdir()
            except FileNotFoundError:
                raise NotFound(f"no bucket named {name!r} in {self._root}", hint="%buckets lists them") from None
            except OSError as error:
                if error.errno in (errno.ENOTEMPTY, errno.EEXIST):
                    raise not_empty(name) from None
                raise

    def _directory(self, name: str) -> Path:
        if paths.problem(name) or "/" in name:
            raise InvalidValue(f"{name!r} can't be the name of a bucket", hint="one name, without '/'")
        return self._root / name


def not_empty(name: str) -> AlreadyExists:
    """The refusal to delete a bucket that holds something."""
    return AlreadyExists(f"bucket {name!r} is not empty; nothing was deleted", hint="delete what is in it first")
