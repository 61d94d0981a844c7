"""The case of one person at a notebook: import, first and later magics, completion, the first paint of a large plan."""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

from playwright.sync_api import Browser

from tests.bench.results import Figure
from tests.browser import lab as jupyter
from tests.browser.lab import Lab
from tests.browser.painting import first_paint
from tests.magics import kernels
from tests.magics.kernels import Kernel

__all__ = ["importing", "magics", "painting"]

IMPORT = "import time; begun = time.perf_counter(); import jupyter_resources; print(time.perf_counter() - begun)"
LATER = """
import os, time
from jupyter_resources.resources.workspace import Workspace
def each(act, times={times}):
    taken = []
    for _ in range(times):
        begun = time.perf_counter()
        act()
        taken.append(time.perf_counter() - begun)
    return sorted(taken)[times // 2]
storage = Workspace().remote_storage()
api = each(lambda: storage.push("data", dryrun=True))
magic = each(lambda: get_ipython().run_line_magic("push", "data -n"))
open({answer!r}, "w").write(f"{{api}} {{magic}}")
"""


def importing(number: int) -> Figure:
    """`import jupyter_resources` in a new interpreter."""
    command = [sys.executable, "-c", IMPORT]
    taken = [float(subprocess.run(command, check=True, capture_output=True, text=True).stdout) for _ in range(number)]
    return Figure("`import jupyter_resources`", [1000 * one for one in taken], "ms", 50)


def magics(place: Path, number: int, times: int = 20) -> list[Figure]:
    """Ten files and the built-in bucket, each time in a fresh kernel and a fresh home."""
    first, loads, later, overhead, completion = [], [], [], [], []
    for turn in range(number):
        home = place / f"home{turn}"
        work = home / "work"
        (work / ".git").mkdir(parents=True)
        (work / "data").mkdir()
        for at in range(10):
            (work / "data" / f"{at}.txt").write_text(str(at))
        with kernels.running(str(work), _home(home)) as kernel:
            loads.append(_timed(lambda: kernel.run("%load_ext jupyter_resources")))
            first.append(_timed(lambda: kernel.run("%push data -n")))
            answer = home / "answer"
            kernel.run(LATER.format(times=times, answer=str(answer)))
            api, magic = map(float, answer.read_text().split())
            later.append(1000 * magic)
            overhead.append(1000 * (magic - api))
            completion.append(1000 * statistics.median(_timed(lambda: _complete(kernel)) for _ in range(times)))
    return [
        Figure("`%load_ext jupyter_resources` in a fresh kernel", loads, "s"),
        Figure("then the first `%push -n` of ten files", first, "s", 1),
        Figure("each later one, inside the kernel", later, "ms"),
        Figure("of that, what the magic adds to the same call in Python", overhead, "ms", 10),
        Figure("completion of `%push da`, asked by the front end", completion, "ms", 50),
    ]


def painting(place: Path, count: int, number: int) -> Figure:
    """A plan of so many rows in JupyterLab: from the first that the page hears of it to its rows on the screen."""
    with jupyter.running(place) as lab, jupyter.browser() as browser:
        for at in range(count):
            directory = lab.work / "many" / f"{at // 1000:02}"
            if at % 1000 == 0:
                directory.mkdir(parents=True)
            (directory / f"{at:05}.txt").touch()
        taken = [_painted(lab, browser, f"paint{turn}") for turn in range(number)]
    return Figure(f"first paint of a {count:,}-row summary in JupyterLab", taken, "ms", 500)


def _painted(lab: Lab, browser: Browser, name: str) -> float:
    lab.write(name, ["%load_ext jupyter_resources", "%push many -n"])
    opened = lab.open(browser, name)
    try:
        opened.run(0)
        return first_paint(opened, 1)
    finally:
        opened.page.close()
        lab.stop_kernels()


def _complete(kernel: Kernel) -> None:
    kernel.client.complete("%push da", 8)
    reply = kernel.client.get_shell_msg(timeout=30)
    assert any("data" in one for one in reply["content"]["matches"]), reply["content"]


def _timed(act: Callable[[], object]) -> float:
    begun = time.perf_counter()
    act()
    return time.perf_counter() - begun


def _home(home: Path) -> dict[str, str]:
    """Variables that keep everything of Jupyter, IPython and ours below `home`."""
    kept = {"HOME": home, "JUPYTER_CONFIG_DIR": home / "config", "JUPYTER_DATA_DIR": home / "data"}
    more = {"XDG_CACHE_HOME": home / "cache", "IPYTHONDIR": home / "ipython"}
    (home / "ipython").mkdir()
    return {**os.environ, **{name: str(path) for name, path in {**kept, **more}.items()}}
