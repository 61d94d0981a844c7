"""A real JupyterLab (and Notebook 7) in a home of its own, and a real browser to drive it."""

from __future__ import annotations

import json
import os
import re
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import nbformat
from playwright.sync_api import Browser, Locator, Page, expect, sync_playwright

from tests.browser.chromium import chromium
from tests.servers.starting import started

__all__ = ["Lab", "Opened", "browser", "running"]

AXE = Path(__file__).parents[2] / "labextension/node_modules/axe-core/axe.min.js"
TOKEN = "a-token-for-this-test"
FLAGS = ("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking")
FLAGS += ("--disable-component-update", "--disable-sync", "--disable-dev-shm-usage")
SECONDS = 60_000
SETTINGS = {
    "apputils-extension/notification": {"fetchNews": "false", "checkForUpdates": False},
    "docmanager-extension/plugin": {"autosave": False},
}


@contextmanager
def browser() -> Iterator[Browser]:
    """Chromium without a window."""
    path = chromium()
    expect.set_options(timeout=SECONDS)
    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(executable_path=path, args=list(FLAGS))
        try:
            yield launched
        finally:
            launched.close()


@dataclass(frozen=True, slots=True)
class Lab:
    """A running server; `work` is the directory that it serves."""

    address: str
    work: Path

    def write(self, name: str, cells: Sequence[str]) -> None:
        """A notebook of code cells."""
        made = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell) for cell in cells])
        made.metadata["kernelspec"] = {"name": "python3", "display_name": "Python 3 (ipykernel)", "language": "python"}
        (self.work / f"{name}.ipynb").write_text(nbformat.writes(made), "utf-8")

    def stop_kernels(self) -> None:
        """As if everybody had gone home."""
        for session in json.loads(_fetch(f"{self.address}/api/sessions")):
            _fetch(f"{self.address}/api/sessions/{session['id']}", "DELETE")

    def open(self, browser: Browser, name: str, *, notebook7: bool = False, kernel: bool = True) -> Opened:
        """The notebook in a new page, its kernel ready."""
        page = browser.new_page(viewport={"width": 1200, "height": 1000})
        page.set_default_timeout(SECONDS)
        where = f"notebooks/{name}.ipynb" if notebook7 else f"lab/workspaces/{name}/tree/{name}.ipynb"
        opened = Opened(page, self.work / f"{name}.ipynb")
        page.on("websocket", opened.watch)
        page.goto(f"{self.address}/{where}?token={TOKEN}")
        page.locator(".jp-Notebook .jp-CodeCell").first.wait_for()
        if kernel:
            opened.idle()
        return opened


class Opened:
    """One notebook in one page."""

    def __init__(self, page: Page, file: Path) -> None:
        self.page = page
        self.file = file
        self.asked: list[str] = []

    def watch(self, socket: object) -> None:
        """Note what our widgets ask of the kernel."""
        socket.on("framesent", self._sent)  # type: ignore[attr-defined]

    def _sent(self, frame: bytes | str) -> None:
        text = frame if isinstance(frame, str) else frame.decode("utf-8", "replace")
        if '"comm_msg"' in text and (found := re.search(r'"content":\{"kind":"(\w+)"', text)):
            self.asked.append(found[1])

    def idle(self) -> None:
        """Until the kernel waits for us, asked of the page itself: the toolbar says idle before there is a kernel."""
        self.page.wait_for_function(
            """() => {
                const kernel = window.jupyterapp?.shell.currentWidget?.sessionContext?.session?.kernel;
                return kernel?.connectionStatus === 'connected' && kernel.status === 'idle';
            }"""
        )

    def run(self, cell: int, *, done: bool = True) -> Locator:
        """Run the cell with this number; its output area. A key that a page still at work lost is pressed again."""
        place = self.page.locator(".jp-Notebook .jp-CodeCell").nth(cell)
        prompt = place.locator(".jp-InputArea-prompt").first
        before = prompt.inner_text()
        for last in (False, False, True):
            place.locator(".cm-content").first.click()
            self.page.keyboard.press("Control+Enter")
            try:
                expect(prompt).not_to_have_text(before, timeout=SECONDS // 3)
                break
            except AssertionError:
                if last:
                    raise
        if done:
            expect(prompt).to_have_text(re.compile(r"\[\d+\]:"))
        return place.locator(".jp-OutputArea").first

    def theme(self, name: str) -> None:
        """Lab in other colours, once its splash screen is gone again."""
        change = "name => window.jupyterapp.commands.execute('apputils:change-theme', {theme: name})"
        self.page.evaluate(change, name)
        there = "name => document.body.dataset.jpThemeName === name && !document.querySelector('#jupyterlab-splash')"
        self.page.wait_for_function(there, arg=name)

    def audit(self, selector: str, *more: str, colours: bool = True) -> list[str]:
        """What axe-core finds wrong below `selector`, a line each; also by the rules `more` that it leaves out.

        Lab's page has no height of its own, so that axe-core would take all in it for hidden, and judge no colours.
        """
        if not self.page.evaluate("() => 'axe' in window"):
            self.page.add_script_tag(path=str(AXE))
        run = """async ([selector, more, colours]) => {
            const rules = Object.fromEntries(more.map(rule => [rule, {enabled: true}]));
            rules['color-contrast'] = {enabled: colours};
            document.body.style.height = '100vh';
            const found = await axe.run(document.querySelector(selector), {rules});
            document.body.style.height = '';
            return found;
        }"""
        found = self.page.evaluate(run, [selector, more, colours])
        judged = sum(len(each["nodes"]) for each in found["passes"] if each["id"] == "color-contrast")
        assert judged > 3 or not colours
        return [f"{each['id']}: {node['html']}" for each in found["violations"] for node in each["nodes"]]

    def save(self) -> dict[str, object]:
        """The notebook as it is saved; not by Ctrl+S, after which nobody knows when the file is whole."""
        self.page.evaluate("() => window.jupyterapp.shell.currentWidget.context.save()")
        saved: dict[str, object] = json.loads(self.file.read_text("utf-8"))
        return saved


@contextmanager
def running(home: Path) -> Iterator[Lab]:
    """JupyterLab and Notebook 7 on one server; everything that Jupyter and we keep is below `home`."""
    work = home / "work"
    (work / ".git").mkdir(parents=True)
    settings = home / "settings" / "@jupyterlab"
    for name, values in SETTINGS.items():
        file = settings / f"{name}.jupyterlab-settings"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(json.dumps(values), "utf-8")

    def command(port: int) -> list[str]:
        return [
            *(sys.executable, "-m", "jupyterlab", "--no-browser", "--allow-root", "--ServerApp.ip=127.0.0.1"),
            *(f"--ServerApp.port={port}", "--ServerApp.port_retries=0", f"--IdentityProvider.token={TOKEN}"),
            *("--LabApp.extension_manager=readonly", f"--ServerApp.root_dir={work}"),
            *("--LabApp.expose_app_in_browser=True", "--JupyterNotebookApp.expose_app_in_browser=True"),
        ]

    places = {
        "HOME": home,
        "IPYTHONDIR": home / "ipython",
        "JUPYTER_CONFIG_DIR": home / "config",
        "JUPYTER_DATA_DIR": home / "data",
        "JUPYTER_RUNTIME_DIR": home / "runtime",
        "JUPYTERLAB_SETTINGS_DIR": home / "settings",
        "JUPYTERLAB_WORKSPACES_DIR": home / "workspaces",
        "XDG_CACHE_HOME": home / "cache",
        "XDG_CONFIG_HOME": home / "xdg",
    }
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("JUPYTER", "JTRES", "AWS_"))}
    env = {**kept, **{name: str(place) for name, place in places.items()}}
    with started(command, home / "lab.log", directory=work, variables=env, gently=True) as server:
        yield Lab(f"http://127.0.0.1:{server.port}", work)


def _fetch(address: str, method: str = "GET") -> bytes:
    """What the server says; it may have to wait for a kernel's end."""
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    request = urllib.request.Request(address, headers={"Authorization": f"token {TOKEN}"}, method=method)
    with opener.open(request, timeout=60) as answer:
        return bytes(answer.read())
