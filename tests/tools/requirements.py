"""Prints what pyproject.toml asks for, tests included, so that pip can install it before the package is built."""

from __future__ import annotations

import tomllib
from pathlib import Path

PYPROJECT = Path(__file__).parents[2] / "pyproject.toml"


def requirements(pyproject: str) -> list[str]:
    """The requirements of the package, its build and its `test` extra."""
    tables = tomllib.loads(pyproject)
    project = tables["project"]
    wanted = [*tables["build-system"]["requires"], *project["dependencies"], *project["optional-dependencies"]["test"]]
    return sorted(set(wanted))


if __name__ == "__main__":
    print("\n".join(requirements(PYPROJECT.read_text("utf-8"))))
