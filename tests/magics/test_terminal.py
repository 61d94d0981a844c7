"""The magics in a terminal's IPython, on a pseudo-terminal."""

from __future__ import annotations

import os
import sys

import pexpect
import pytest


@pytest.fixture
def terminal(home):
    """IPython, ready for the first line, in a directory with two files in `data`."""
    (home / "work" / "data").mkdir()
    (home / "work" / "data" / "a.txt").write_text("one")
    (home / "work" / "data" / "b c.txt").write_text("two")
    arguments = ["-m", "IPython", "--simple-prompt", "--no-banner", "--no-confirm-exit"]
    child = pexpect.spawn(
        sys.executable, arguments, cwd=home / "work", env=dict(os.environ), timeout=30, encoding="utf-8"
    )
    child.expect(r"In \[1\]: ")
    yield child
    child.close(force=True)


def typed(child, line):
    """What the terminal shows between this line and the next prompt."""
    child.sendline(line)
    child.expect(r"\r\nIn \[\d+\]: ")
    return child.before.replace("\r", "").partition("\n")[2]


def test_a_session(terminal):
    """The summary as Out[n]; nothing behind `;`; an error in two lines, the second to be typed."""
    typed(terminal, "%load_ext jupyter_resources")
    assert typed(terminal, "%push data;").strip() == ""
    shown = typed(terminal, "%push data")
    assert "2 files are already there" in shown
    assert "Out[" in shown
    typed(terminal, "open('data/a.txt', 'w').write('changed')")
    refused = typed(terminal, "%push data")
    assert "Refused" in refused
    assert "Traceback" not in refused
    assert refused.rstrip().endswith("→ %push data --force")
