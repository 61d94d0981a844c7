"""A home of its own for every test: no file, variable or keyring of the machine leaks in."""

from __future__ import annotations

import os
from pathlib import Path

import keyring
import pytest
from keyring.backends import fail


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty home; the current directory is a project `work` in it."""
    for name in list(os.environ):
        if name.startswith(("JUPYTER_", "AWS_")):
            monkeypatch.delenv(name)
    home = tmp_path / "home"
    (home / "work").mkdir(parents=True)
    (home / "work" / ".git").mkdir()
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.setenv("JUPYTER_CONFIG_DIR", str(home / "config"))
    monkeypatch.setenv("JUPYTER_DATA_DIR", str(home / "data"))
    monkeypatch.chdir(home / "work")
    keyring.set_keyring(fail.Keyring())
    return home


@pytest.fixture
def user_file(home: Path) -> Path:
    """Where the user's own settings go; its directory exists."""
    path = home / "config" / "jupyter_resources" / "settings.toml"
    path.parent.mkdir(parents=True)
    return path


@pytest.fixture
def project_file(home: Path) -> Path:
    """Where the project's settings go."""
    return home / "work" / "jupyter_resources.toml"
