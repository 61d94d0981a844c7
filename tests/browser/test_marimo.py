"""The same widget in marimo, through the Python API: looked at, applied, and done."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from jupyter_resources.testing.trees import contents, tree
from tests.browser import lab as jupyter
from tests.servers.starting import started

pytestmark = pytest.mark.timeout(300)

APP = """
import marimo

app = marimo.App()


@app.cell
def _():
    import marimo as mo
    from jupyter_resources import Workspace
    from jupyter_resources.widgets.transaction import TransactionWidget

    plan = Workspace().remote_storage("./bucket").push("data", dryrun=True)
    mo.ui.anywidget(TransactionWidget(plan))
    return
"""


@pytest.fixture
def chrome() -> Iterator[Browser]:
    with jupyter.browser() as started:
        yield started


@pytest.fixture
def app(tmp_path: Path) -> Iterator[str]:
    """The address of a running marimo app, with a home of its own."""
    tree({"app.py": APP, "data/a.txt": b"1", "data/b.txt": b"2", "bucket": None}, tmp_path)
    private = {name: str(tmp_path / "home") for name in ("HOME", "XDG_CACHE_HOME", "XDG_CONFIG_HOME", "XDG_DATA_HOME")}
    private |= {"JUPYTER_CONFIG_DIR": str(tmp_path / "config"), "JUPYTER_DATA_DIR": str(tmp_path / "jupyter")}

    def command(port: int) -> list[str]:
        marimo = [sys.executable, "-m", "marimo", "run", "app.py", "--headless", "--no-token"]
        return [*marimo, "--host", "127.0.0.1", "--port", str(port)]

    with started(command, tmp_path / "log", variables={**os.environ, **private}, gently=True) as server:
        yield f"http://127.0.0.1:{server.port}/"
    print((tmp_path / "log").read_text(errors="replace"))  # seen where the test fails


def test_a_plan_is_applied_in_marimo(app: str, chrome: Browser, tmp_path: Path) -> None:
    page = chrome.new_page()
    page.on("pageerror", lambda error: print(error))
    page.goto(app)
    expect(page.get_by_text("Would push 2 files").first).to_be_visible()
    page.get_by_role("button", name="Apply").click()
    expect(page.get_by_text("Pushed 2 files").first).to_be_visible()
    assert contents(tmp_path / "bucket") == {"data/a.txt": b"1", "data/b.txt": b"2"}
    page.close()
