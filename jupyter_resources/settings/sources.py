"""Where settings come from: one Layer a source, in the order in which they win."""

from __future__ import annotations

import hashlib
import os
import re
import warnings
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from jupyter_core import paths as jupyter_paths

from jupyter_resources.core.errors import Denied, InvalidValue, harmless
from jupyter_resources.core.records import is_own, small_text
from jupyter_resources.settings.toml import loads

__all__ = [
    "BUILT_IN",
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
    "trusted_directories",
    "user_file",
    "user_file_path",
]

ENVIRONMENT_PREFIX = "JUPYTER_RESOURCES_"
BUILT_IN = "built in"
PROJECT_FILE = "jupyter_resources.toml"
_PYPROJECT = "pyproject.toml"
_TABLE = "jupyter-resources"
_MARKERS = (PROJECT_FILE, _PYPROJECT, ".git", ".hg")
LARGEST = 64 << 10
"""Of a PROJECT_FILE."""
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
    """The directory that counts as one project, and what it is called where no settings say so.

    `refused` are settings files on the way up that may be another user's; `trusted`: here they are obeyed all the same.
    """

    root: Path
    refused: tuple[Path, ...] = ()
    trusted: bool = False

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
        where=BUILT_IN,
    )


def user_file() -> Layer:
    """The user's own file; empty where there is none."""
    path = user_file_path()
    return Layer("user file", _tables(path), where=str(path))


def trusted_directories(user: Layer) -> tuple[str, ...]:
    """Where, by the user's own file, settings of other users count too."""
    told = user.values.get("trusted_directories", ())
    return tuple(one for one in told if isinstance(one, str)) if isinstance(told, list) else ()


def project_of(directory: Path, trusted: Iterable[str] = ()) -> Project:
    """The nearest directory at or above `directory` that looks like a project; else `directory` itself.

    A settings file of another user makes none: on a machine that is shared, anybody may put one into a directory above.
    """
    trees = [Path(os.path.realpath(Path(each).expanduser())) for each in trusted]
    refused: list[Path] = []
    for candidate in (directory, *directory.parents):
        marks = [candidate / marker for marker in _MARKERS if (candidate / marker).exists()]
        ours = _is_below(candidate, trees)
        if not ours and candidate / PROJECT_FILE in marks and not _is_own(candidate / PROJECT_FILE):
            refused.append(marks.pop(0))
        if marks:
            return Project(candidate, tuple(refused), ours)
    return Project(directory, tuple(refused), _is_below(directory, trees))


def project_file(project: Project) -> Layer:
    """`jupyter_resources.toml`, or else `[tool.jupyter-resources]` of pyproject.toml, in the project's root."""
    for path in project.refused:
        _say_refused(path)
    own, shared = project.root / PROJECT_FILE, project.root / _PYPROJECT
    if own.is_file() and own not in project.refused:
        tables = _tables(own, most=LARGEST, own=not project.trusted)
        return Layer("project file", tables, where=str(own), foreign=True)
    tables = {}
    if shared.is_file() and _TABLE in _text(shared):  # others' tables are no business of ours
        if project.trusted or _is_own(shared):
            tables = _tables(shared, own=not project.trusted)
        else:
            _say_refused(shared)
    tool = tables.get("tool", {})
    values = tool.get(_TABLE, {}) if isinstance(tool, dict) else {}
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


def _is_own(path: Path) -> bool:
    """Whether what is at `path`, and the link where it is one, is this user's."""
    return is_own(path.lstat()) and is_own(path.stat())


def _is_below(directory: Path, trees: Iterable[Path]) -> bool:
    place = Path(os.path.realpath(directory))
    return any(tree == place or tree in place.parents for tree in trees)


def _say_refused(path: Path) -> None:
    where = harmless(f'trusted_directories = ["{path.parent}"]')
    text = f"{harmless(str(path))} is not obeyed: somebody else may have written it. If you trust it: {where}"
    warnings.warn(f"{text} in {user_file_path()}", stacklevel=2)


def _tables(path: Path, *, most: int | None = None, own: bool = False) -> dict[str, Any]:
    """What the file says. InvalidValue for more than `most` characters; `own` as for `small_text`."""
    text = _text(path, own=own)
    if most is not None and len(text) > most:
        raise InvalidValue(
            f"{path} is too long: more than {most >> 10} KiB", hint=f"a {PROJECT_FILE} of its own is short"
        )
    try:
        return loads(text)
    except (ValueError, RecursionError) as error:
        raise InvalidValue(f"{path} is no valid TOML: {error}", hint="correct that line, or remove the file") from None


def _text(path: Path, *, own: bool = False) -> str:
    """The file's text; empty where there is none."""
    try:
        return small_text(path, own=own)
    except (FileNotFoundError, NotADirectoryError):
        return ""
    except UnicodeDecodeError as error:
        raise InvalidValue(f"{path} is no valid TOML: {error}", hint="correct that line, or remove the file") from None
    except PermissionError as error:
        raise Denied(f"{path} can't be read: {error.strerror}", hint=f"chmod u+r {path}") from None
    except OSError as error:
        raise InvalidValue(f"{path} can't be read: {error.strerror}", hint="it must be a readable file") from None
