"""`make demo` prints what a notebook shows, fails when it fails, and leaves the user's own files alone."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import nbformat
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from tests.tools import tree


def demo(place: Path, *cells: str) -> subprocess.CompletedProcess[str]:
    file = place / "small.ipynb"
    nbformat.write(new_notebook(cells=[new_markdown_cell("Words."), *map(new_code_cell, cells)]), file)
    (place / "home").mkdir(exist_ok=True)
    env = {**os.environ, "HOME": str(place / "home"), "JTRES_ROOT": "/set/by/the/user"}
    return subprocess.run(
        [sys.executable, "-m", "tests.tools.demo", str(file)], cwd=tree.ROOT, env=env, capture_output=True, text=True
    )


def test_prints_each_result_after_its_line(tmp_path: Path) -> None:
    """Typed lines with outputs are shown, in order; silent cells are not; nothing is left in the home or beside it."""
    done = demo(
        tmp_path,
        "a = 20\n",
        "a + 22",
        "print('10%\\r100%')",
        "import os; print(os.environ.get('JTRES_ROOT'), os.path.basename(os.getcwd()), os.environ['HOME'])",
    )
    assert done.returncode == 0, done.stderr
    assert "In [1]" not in done.stdout
    assert "In [2]: a + 22\n42\n" in done.stdout
    assert "100%" in done.stdout
    assert "\n10%" not in done.stdout
    assert f"\nNone {tmp_path.name} " in done.stdout
    assert str(tmp_path / "home") not in done.stdout
    assert done.stdout.endswith("every assertion held\n")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["home", "small.ipynb"]
    assert list((tmp_path / "home").iterdir()) == []


def test_fails_with_the_notebook(tmp_path: Path) -> None:
    """A failed assertion ends the demonstration, says where, and is not a success."""
    done = demo(tmp_path, "print('before')", "assert 1 == 2, 'a broken promise'", "print('after')")
    assert done.returncode == 1
    assert "before" in done.stdout
    assert "\nafter" not in done.stdout
    assert "AssertionError" in done.stdout
    assert "a broken promise" in done.stderr
