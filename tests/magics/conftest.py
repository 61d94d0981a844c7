"""What tests of the magics share: a shell in this process."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from IPython.core.interactiveshell import InteractiveShell

from jupyter_resources import magics
from tests.homes import home

__all__ = ["home"]


@pytest.fixture
def shell(home: Path) -> Iterator[InteractiveShell]:
    """A real IPython shell with the magics loaded, and two files in `data`."""
    data = home / "work" / "data"
    data.mkdir()
    (data / "a.txt").write_text("one")
    (data / "b c.txt").write_text("two")
    shell = InteractiveShell()
    shell.history_manager.enabled = False
    magics.load(shell)
    yield shell
    magics.unload(shell)
    shell.history_manager.end_session()
    InteractiveShell.clear_instance()
