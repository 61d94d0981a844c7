"""The Makefile says what it can do, and why it can't."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.tools import tree


def make(place: Path, *arguments: str, path: str | None = None) -> subprocess.CompletedProcess[str]:
    # Run from within make, so what that one was told must not reach this one.
    env = {
        name: value for name, value in os.environ.items() if name not in {"MAKEFLAGS", "MFLAGS", "MAKELEVEL", "ARGS"}
    }
    env["PATH"] = path or env["PATH"]
    make_command = shutil.which("make")
    assert make_command
    return subprocess.run([make_command, *arguments], cwd=place, env=env, capture_output=True, text=True)


def test_make_alone_prints_the_verbs() -> None:
    """Nothing runs; each verb is one line."""
    done = make(tree.ROOT)
    assert done.returncode == 0
    verbs = [line.split()[1] for line in done.stdout.splitlines()]
    assert verbs == ["lab", "demo", "test", "check", "soak", "bench", "screenshot", "lock", "clean"]


@pytest.fixture
def place(tmp_path: Path) -> Path:
    shutil.copy(tree.ROOT / "Makefile", tmp_path)
    return tmp_path


def script(file: Path, body: str) -> Path:
    file.write_text(f"#!/bin/sh\n{body}\n", "utf-8")
    file.chmod(0o755)
    return file


def test_an_old_python_is_refused(place: Path) -> None:
    """One line says what is needed and how to name another interpreter."""
    old = script(place / "old", "exit 1")
    done = make(place, ".venv/.python", f"PYTHON={old}")
    assert done.returncode != 0
    assert "Python 3.11 or newer is needed" in done.stderr
    assert "PYTHON=" in done.stderr
    assert not (place / ".venv").exists()


def test_a_missing_python_is_told(place: Path) -> None:
    """An interpreter that isn't there is named."""
    done = make(place, ".venv/.python", "PYTHON=/nonexistent/python3")
    assert done.returncode != 0
    assert "no /nonexistent/python3 found" in done.stderr


def test_a_missing_node_is_told(place: Path) -> None:
    """Without node nothing is begun."""
    (place / "bin").mkdir()
    (place / "bin/sh").symlink_to("/bin/sh")
    python = script(place / "bin/python3", "exit 0")
    done = make(place, ".venv/.python", f"PYTHON={python}", path=str(place / "bin"))
    assert done.returncode != 0
    assert "no node found" in done.stderr
    assert not (place / ".venv").exists()
