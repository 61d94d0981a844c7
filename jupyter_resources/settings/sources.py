"""Where settings come from: one Layer a source, in the order in which they win."""

from __future__ import annotations

import hashlib
import os
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from jupyter_core import paths as jupyter_paths

from jupyter_resources.core.errors import Denied, InvalidValue
from jupyter_resources.core.records import small_text

__all__ = [
    "ENVIRONMENT_PREFIX",
    "PROJECT_FILE",
    "Layer",
    "Project",
    "Stamp",
    "config_directory",
    "defaults",
    "environment",
    "given",
    "project_file",
    "project_of",
    "stamp",
    "user_file",
    "user_file_path",
]

ENVIRONMENT_PREFIX = "JUPYTER_RESOURCES_"
PROJECT_FILE = "jupyter_resources.toml"
_PYPROJECT = "pyproject.toml"
_MARKERS = (PROJECT_FILE, _PYPROJECT, ".git", ".hg")
_CREDENTIAL = re.compile(r"_(KEY|SECRET|TOKEN)$")

Stamp = tuple[int, int, int] | None
"""What tells that a file has changed (inode, size, mtime in ns); None where there is none."""


@dataclass(frozen=True, slots=True)
class Layer:
    """One source: `name` for people, nested `values`, `where` each dotted key was found, and whose word it is.

    `foreign` is what came with the project's files: anybody may have written it.
    """

    name: str
    values: Mapping[str, Any]
    where: str = ""
    variables: Mapping[str, str] = field(default_factory=dict)
    foreign: bool = False

    def found_in(self, key: str) -> str:
        """The file or variable that holds `key`, or something of the table `key`."""
        inside = (variable for one, variable in self.variables.items() if one.startswith(f"{key}."))
        return self.variables.get(key) or next(inside, self.where)


@dataclass(frozen=True, slots=True)
class Project:
    """The directory that counts as one project, and what it is called where no settings say so."""

    root: Path

    @property
    def name(self) -> str:
        """The directory's name, without what a path in a bucket should not hold."""
        return re.sub(r"[^A-Za-z0-9._-]+", "-", self.root.name).strip("-._") or "project"

    @property
    def id(self) -> str:
        """Eight hexadecimal digits that tell projects of one name apart on this machine."""
        return hashlib.sha256(os.fsencode(os.path.realpath(self.root))).hexdigest()[:8]


def config_directory() -> Path:
    """Where a user's own files are: with the rest of their Jupyter configuration."""
    return Path(jupyter_paths.jupyter_config_dir()) / "jupyter_resources"


def user_file_path() -> Path:
    """The user's own settings."""
    return config_directory() / "settings.toml"


def defaults() -> Layer:
    """What holds on a fresh machine: a directory among Jupyter's data is the bucket."""
    root = Path(jupyter_paths.jupyter_data_dir()) / "jupyter_resources"
    return Layer(
        "default",
        {
            "default_bucket": "default",
            "profiles": {"local": {"provider": "local", "root": str(root)}},
            "buckets": {"default": {"profile": "local", "bucket": "default", "base_path": "{project}"}},
        },
        where="built in",
    )


def user_file() -> Layer:
    """The user's own file; empty where there is none."""
    path = user_file_path()
    return Layer("user file", _tables(path), where=str(path))


def project_of(directory: Path) -> Project:
    """The nearest directory at or above `directory` that looks like a project; else `directory` itself."""
    for candidate in (directory, *directory.parents):
        if any((candidate / marker).exists() for marker in _MARKERS):
            return Project(candidate)
    return Project(directory)


def project_file(project: Project) -> Layer:
    """`jupyter_resources.toml`, or else `[tool.jupyter-resources]` of pyproject.toml, in the project's root."""
    own, shared = project.root / PROJECT_FILE, project.root / _PYPROJECT
    if own.is_file():
        return Layer("project file", _tables(own), where=str(own), foreign=True)
    tool = _tables(shared).get("tool", {})
    values = tool.get("jupyter-resources", {}) if isinstance(tool, dict) else {}
    if not isinstance(values, dict):
        raise InvalidValue(f"{shared}: [tool.jupyter-resources] is no table", hint=f"see {PROJECT_FILE} in the docs")
    return Layer("project file", values, where=str(shared), foreign=True)


def environment(variables: Mapping[str, str] | None = None) -> Layer:
    """`JUPYTER_RESOURCES_DEFAULT_BUCKET`, `JUPYTER_RESOURCES_PROFILES__LAB__REGION`: `__` goes one table down.

    `…_KEY`, `…_SECRET` and `…_TOKEN` are credentials and so not read here.
    """
    values: dict[str, Any] = {}
    found: dict[str, str] = {}
    for variable, text in sorted((os.environ if variables is None else variables).items()):
        if not variable.startswith(ENVIRONMENT_PREFIX) or (_CREDENTIAL.search(variable) and "__" not in variable):
            continue
        *tables, key = variable.removeprefix(ENVIRONMENT_PREFIX).lower().split("__")
        table = values
        for name in tables:
            table = table.setdefault(name, {})
            if not isinstance(table, dict):
                raise InvalidValue(f"{variable}: {name} is a value and a table at once", hint=f"unset {variable}")
        table[key] = text
        found[".".join((*tables, key))] = variable
    return Layer("environment", values, where="environment", variables=found)


def given(values: Mapping[str, Any], name: str = "call") -> Layer:
    """A ready layer that a face hands down, or arguments of a call."""
    return Layer(name, values, where=name)


def stamp(path: Path) -> Stamp:
    """What to compare in order to know whether `path` must be read again."""
    try:
        facts = path.stat()
    except OSError:
        return None
    return facts.st_ino, facts.st_size, facts.st_mtime_ns


def _tables(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(small_text(path))
    except (FileNotFoundError, NotADirectoryError):
        return {}
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise InvalidValue(f"{path} is no valid TOML: {error}", hint="correct that line, or remove the file") from None
    except PermissionError as error:
        raise Denied(f"{path} can't be read: {error.strerror}", hint=f"chmod u+r {path}") from None
    except OSError as error:
        raise InvalidValue(f"{path} can't be read: {error.strerror}", hint="it must be a readable file") from None
