"""A home of its own for a test: no file, variable or keyring of the machine leaks in."""

from __future__ import annotations

import os
from pathlib import Path

import keyring
import pytest
from keyring.backends import fail

__all__ = ["home"]


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty home; the current directory is a project `work` in it. Import it to have it used by every test."""
    for name in list(os.environ):
        if name.startswith(("JUPYTER_", "AWS_", "MINIO_")):
            monkeypatch.delenv(name)
    home = tmp_path / "home"
    (home / "work" / ".git").mkdir(parents=True)
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.setenv("JUPYTER_CONFIG_DIR", str(home / "config"))
    monkeypatch.setenv("JUPYTER_DATA_DIR", str(home / "data"))
    monkeypatch.setenv("XDG_CACHE_HOME", str(home / "cache"))
    monkeypatch.setenv("IPYTHONDIR", str(home / "ipython"))
    (home / "ipython").mkdir()
    monkeypatch.chdir(home / "work")
    keyring.set_keyring(fail.Keyring())
    return home
