"""The guards of `make check` notice what they are there for."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.tools import locks, notebooks, tree
from tests.tools.requirements import requirements

ALLOWED = {
    *("pyproject.toml", "jupyter_resources", "labextension", "tests", "notebooks", "README.md", "Makefile", "docs"),
    *("changes", "LICENSE", "CONTRIBUTING.md"),
}


@pytest.mark.parametrize(
    "line",
    [
        "six @ https://registry.example/six-1.0.tar.gz",
        "--extra-index-url=http://registry.example/simple",
        "--find-links /somewhere",
        '      "resolved": "somewhere",',
        '  resolution: "a@npm:1.0.0::__archiveUrl=somewhere"',
        "thing @ file:///tmp/thing",
    ],
)
def test_an_address_in_a_lock_is_found(line: str) -> None:
    """Each way in which a lock file can name an address is one finding, with its line number."""
    (found,) = locks.addresses("some.lock", f"a==1\n{line}\n")
    assert found.startswith("some.lock:2: names an address")


def test_pins_are_no_addresses() -> None:
    """What our lock files are made of passes."""
    text = 'six==1.17.0\n"a@npm:^1.0.0":\n  resolution: "a@npm:1.0.0"\n  checksum: abc/def\n'
    assert locks.addresses("some.lock", text) == []


@pytest.mark.parametrize(
    "name", [".ci/requirements.lock", "labextension/yarn.lock", "a/package-lock.json", "docs/requirements-dev.txt"]
)
def test_lock_files_are_known_by_name(name: str) -> None:
    """Whatever tool wrote it, a lock file is looked at."""
    assert locks.LOCK_NAMES.search(name)


def notebook(source: str, **cell: object) -> dict[str, object]:
    code = {"cell_type": "code", "source": source, "metadata": {}, "outputs": [], "execution_count": None, **cell}
    text = {"cell_type": "markdown", "source": "assert this is prose", "metadata": {}}
    return {"cells": [text, code], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}


@pytest.mark.parametrize(
    ("document", "expected"),
    [
        (notebook("%push data/\nassert _.ok"), ""),
        (notebook("%push data/"), "asserts nothing"),
        (notebook("# assert nothing"), "asserts nothing"),
        (notebook("assert 1", execution_count=3), "carries outputs"),
        (notebook("assert 1", outputs=[{"output_type": "stream", "name": "stdout", "text": "x"}]), "carries outputs"),
        ({**notebook("assert 1"), "metadata": {"widgets": {}}}, "carries widget state"),
    ],
)
def test_a_notebook_that_proves_nothing_is_found(document: dict[str, object], expected: str) -> None:
    """A notebook asserts something and is committed as its author typed it."""
    found = notebooks.problems("a.ipynb", document)
    assert len(found) == (1 if expected else 0)
    assert all(expected in line for line in found)


def test_strip_leaves_what_was_typed() -> None:
    """Stripping takes outputs, counts and widget state, and nothing else; what it leaves passes."""
    typed = notebook("assert 1")
    ran = {
        **notebook("assert 1", execution_count=1, metadata={"execution": {}}, outputs=[{"output_type": "stream"}]),
        "metadata": {"widgets": {}},
    }
    assert notebooks.strip(ran) == typed
    assert notebooks.problems("a.ipynb", notebooks.strip(ran)) == []


@pytest.mark.parametrize(
    ("module", "line", "broken"),
    [
        ("storage/planted.py", "import jupyter_resources.resources", "Floors"),
        ("core/planted.py", "import jupyter_resources.settings", "Floors"),
        ("sync/plan.py", "import jupyter_resources.storage.protocol", "Deciding knows no storage"),
        ("resources/planted.py", "import tqdm", "No notebook, front end or progress bar"),
        ("storage/planted.py", "import jupyter_resources.testing", "The test kit stands outside"),
        ("nofloor/__init__.py", "", "Floors"),
    ],
)
def test_a_broken_floor_is_found(module: str, line: str, broken: str, tmp_path: Path) -> None:
    """Each contract fails for an import that it forbids; a new package without a floor fails too."""
    skipped = shutil.ignore_patterns("labextension", "__pycache__")
    shutil.copytree(tree.ROOT / "jupyter_resources", tmp_path / "jupyter_resources", ignore=skipped)
    shutil.copy(tree.ROOT / "pyproject.toml", tmp_path)
    planted = tmp_path / "jupyter_resources" / module
    planted.parent.mkdir(exist_ok=True)
    text = planted.read_text("utf-8") if planted.exists() else '"""Planted."""\n'
    planted.write_text(f"{text}\n{line}\n", "utf-8")
    done = subprocess.run(
        [
            sys.executable,
            "-c",
            "from importlinter.cli import lint_imports_command; lint_imports_command()",
            "--no-cache",
        ],
        cwd=tmp_path,
        capture_output=True,
        text=True,
    )
    assert done.returncode != 0
    (verdict,) = [said for said in done.stdout.splitlines() if said.startswith(broken) and "BROKEN" in said]
    assert verdict


def test_top_level_holds_only_what_it_should() -> None:
    """The first thing a stranger sees stays short."""
    top = {name.split("/")[0] for name in tree.files()}
    assert {name for name in top if not name.startswith(".")} - ALLOWED == set()


def test_requirements_name_build_package_and_tests() -> None:
    """Everything pip must have before `pip install --no-deps --no-build-isolation .` is asked for."""
    names = {one.split(">")[0].split("[")[0] for one in requirements((tree.ROOT / "pyproject.toml").read_text("utf-8"))}
    assert {"hatchling", "obstore", "pytest", "moto"} <= names
    pinned = {line.split("==")[0].lower().replace("_", "-") for line in (tree.ROOT / ".ci/requirements.lock").open()}
    assert {name.lower().replace("_", "-") for name in names} - pinned == set()


def test_notebooks_are_json() -> None:
    """Every committed notebook parses; a merge marker in one would else show up only when somebody opens it."""
    for name in tree.files():
        if name.endswith(".ipynb"):
            json.loads((tree.ROOT / name).read_text("utf-8"))
