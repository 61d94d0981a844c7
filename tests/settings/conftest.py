"""What tests of settings share."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.homes import home

__all__ = ["home"]


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
