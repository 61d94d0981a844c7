"""The magics in a real kernel: outputs, errors, interrupts, as a notebook has them."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.magics.kernels import Kernel, running

SLOW = """
from jupyter_resources.storage.local import LocalStore
import time
put = LocalStore.put
def slow(self, *args, **options):
    time.sleep(0.05)
    return put(self, *args, **options)
LocalStore.put = slow
"""
STUCK = """
from itertools import count
from jupyter_resources.storage.local import LocalStore
import time
put, calls = LocalStore.put, count()
def stuck(self, *args, **options):
    time.sleep(1 if next(calls) >= 20 else 0)
    return put(self, *args, **options)
LocalStore.put = stuck
"""
"""The first files are quick; all of them would take longer than anybody who interrupts."""


@pytest.fixture(scope="module")
def directory(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The notebook's directory, in a home of its own."""
    work = tmp_path_factory.mktemp("home") / "work"
    (work / ".git").mkdir(parents=True)
    return work


@pytest.fixture(scope="module")
def shared(directory: Path):
    """One kernel for the tests of this file, with the magics loaded."""
    home = directory.parent
    (home / "ipython").mkdir()
    variables = {
        "HOME": str(home),
        "JUPYTER_CONFIG_DIR": str(home / "config"),
        "JUPYTER_DATA_DIR": str(home / "data"),
        "XDG_CACHE_HOME": str(home / "cache"),
        "IPYTHONDIR": str(home / "ipython"),
    }
    with running(str(directory), variables) as kernel:
        kernel.run("%load_ext jupyter_resources")
        yield kernel


@pytest.fixture
def kernel(shared: Kernel, directory: Path, request: pytest.FixtureRequest) -> Kernel:
    """The kernel, in a new project of the test's own with two files in `data`."""
    project = directory / request.node.name.replace("[", "-").replace("]", "")
    (project / "data").mkdir(parents=True)
    (project / ".git").mkdir()
    (project / "data" / "a.txt").write_text("one")
    (project / "data" / "b c.txt").write_text("two")
    shared.run(f"import os; os.chdir({str(project)!r})")
    shared.project = project  # type: ignore[attr-defined]
    return shared


def test_a_push_is_one_output(kernel):
    """Text and html of the result; not shown a second time as Out[n], but kept there."""
    cell = kernel.run("%push data")
    assert cell.status == "ok"
    assert [one["type"] for one in cell.outputs] == ["display_data"]
    assert "Pushed 2 files" in cell.pictures[0]["text/plain"]
    assert "Pushed 2 files" in cell.pictures[0]["text/html"]
    assert "TransactionSummary" in kernel.run("print(type(_).__name__)").outputs[0]["text"]


def test_progress_becomes_the_result(kernel):
    """A slow one shows its progress in the output that the result then takes."""
    kernel.run(SLOW)
    for number in range(400):
        (kernel.project / "data" / f"{number}.txt").write_text(str(number))
    cell = kernel.run("%push data")
    kernel.run("LocalStore.put = put")
    assert len(cell.outputs) == 1
    assert len(cell.updates) >= 1
    assert "Pushed 402 files" in cell.pictures[0]["text/plain"]
    assert "<progress" not in cell.pictures[0]["text/html"]


@pytest.mark.parametrize(
    ("code", "types"),
    [
        ("s = %push data\nNone", ["display_data"]),
        ("s = %push data\ns", ["display_data"]),
        ("s = %push data;", []),
        ("%push data;", []),
        ("%buckets", ["execute_result"]),
        ("%buckets;", ["stream"]),
        ("%buckets list;", []),
        ("s = %push data;\ns", ["execute_result"]),
        ("from IPython.display import display\ns = %push data\ndisplay(s)", ["display_data", "display_data"]),
        ("get_ipython().run_line_magic('push', 'data -n;')\nNone", []),
    ],
)
def test_what_a_cell_shows(kernel, code, types):
    """Once where it is asked for, and not at all behind a `;`."""
    assert [one["type"] for one in kernel.run(code).outputs] == types


def test_a_summary_shows_again_in_a_later_cell(kernel):
    """As Out[n], with html."""
    kernel.run("s = %push data")
    cell = kernel.run("s")
    assert [one["type"] for one in cell.outputs] == ["execute_result"]
    assert "<table>" in cell.pictures[0]["text/html"]


def test_values_with_blanks(kernel):
    """`{name}` is one path, quoted or not, and so is `$name`."""
    kernel.run("name = 'data/b c.txt'")
    for line in ("%push {name} -n", '%push "{name}" -n', "%push $name -n"):
        assert "Would push 1 file" in kernel.run(line).pictures[0]["text/plain"]


def test_a_conflict_shows_the_summary_then_one_line(kernel):
    """And the cell fails, so that Run All stops; the line in the hint then works."""
    kernel.run("%push data")
    (kernel.project / "data" / "a.txt").write_text("changed")
    cell = kernel.run("%push data")
    assert cell.status == "error"
    assert [one["type"] for one in cell.outputs] == ["display_data", "error"]
    assert "Refused" in cell.pictures[0]["text/plain"]
    assert cell.error.splitlines()[-1].strip() == "→ %push data --force"
    assert len(cell.error.splitlines()) == 2
    assert kernel.run("%push data --force").status == "ok"


def test_an_error_without_a_summary(kernel):
    """Only its two lines."""
    cell = kernel.run("%push nothing-here")
    assert [one["type"] for one in cell.outputs] == ["error"]
    assert len(cell.error.splitlines()) == 2


def test_a_bar_does_not_stay_after_an_error(kernel):
    """When a transfer ends in an error that has no summary, its output says so."""
    kernel.run(
        "import time\nfrom jupyter_resources.resources.transaction import Transaction\ndo = Transaction._do\n"
        "from jupyter_resources.core.events import Listed\n"
        "def broken(self, prepared, summary, control, report):\n"
        "    report(Listed('source', 1)); time.sleep(0.3); report(Listed('source', 2)); 1 / 0\n"
        "Transaction._do = broken"
    )
    cell = kernel.run("%push data")
    kernel.run("Transaction._do = do")
    assert [one["type"] for one in cell.outputs] == ["display_data", "error"]
    assert cell.pictures[0]["text/plain"] == "The push did not finish."


def test_hostile_names_stay_text(kernel):
    """Markup in a file's name is escaped, in pictures and in errors."""
    (kernel.project / "data" / "<img src=x onerror=alert(1)>.txt").write_text("x")
    html = kernel.run("%push data").pictures[0]["text/html"]
    assert "<img" not in html and "&lt;img" in html


def test_an_interrupt_is_clean(kernel):
    """At once, with the summary, the way to go on, and no half file; the same line ends the work."""
    kernel.run(STUCK)
    for number in range(400):
        (kernel.project / "data" / f"{number}.txt").write_text(str(number))
    pressed = []

    def press(message):
        # Not at the first sign of it, which may be a listing: that has nothing to go on from.
        if not pressed and re.match(r"Pushing [1-9]\d* of 402 files", message.get("data", {}).get("text/plain", "")):
            pressed.append(True)
            kernel.interrupt()

    cell = kernel.run("%push data", press)
    kernel.run("LocalStore.put = put")
    assert cell.status == "error"
    assert cell.outputs[-1]["ename"] == "Interrupted"
    assert "%push data goes on from here" in cell.error
    assert len(cell.error.splitlines()) == 2
    assert len([one for one in cell.outputs if one["type"] == "display_data"]) == 1
    store = kernel.project.parent.parent / "data" / "jupyter_resources" / "default"
    assert not [path for path in store.rglob("*") if path.is_file() and path.stat().st_size == 0]
    again = kernel.run("s = %push data\nprint(len(s.on_target_eq_md5) > 0, len(s.all_files_analyzed))")
    assert again.outputs[-1]["text"] == "True 402\n"


def test_a_dry_run_that_is_interrupted(kernel):
    """While it compares it says so, and afterwards only that it was stopped."""
    kernel.run("%push data")
    kernel.run(
        "import time\nfrom jupyter_resources.sync.settle import _Reading\nread = _Reading._read_file\n"
        "def slow(self, *args):\n    time.sleep(2)\n    return read(self, *args)\n_Reading._read_file = slow"
    )
    pressed = []

    def press(message):
        if not pressed and "Comparing 0 of " in message.get("data", {}).get("text/plain", ""):
            pressed.append(True)
            kernel.interrupt()

    cell = kernel.run("%push data -n --verify", press)
    kernel.run("_Reading._read_file = read")
    assert pressed and cell.outputs[-1]["ename"] == "Interrupted"
    (picture,) = cell.pictures
    assert re.match(
        r"Stopped before it was known what to push to \S+\n\nA dry run: nothing was changed.$", picture["text/plain"]
    )


def test_help_in_the_front_end(kernel):
    """Shift+Tab and `?` show the options, made from the operations table."""
    assert "--dry-run" in kernel.inspect("%push")
    assert "%buckets add NAME URL" in kernel.inspect("%buckets")


def test_loading_is_light(kernel):
    """No engine, no settings and no pydantic until the first line."""
    code = (
        "import subprocess, sys\nprint(subprocess.run([sys.executable, '-c', '''"
        "from IPython.core.interactiveshell import InteractiveShell\nimport sys\nbefore = set(sys.modules)\n"
        "from jupyter_resources import magics\nmagics.load(InteractiveShell())\n"
        "print(sorted({name.partition(chr(46))[0] for name in set(sys.modules) - before}))'''], "
        "capture_output=True, text=True).stdout)"
    )
    loaded = kernel.run(code).outputs[-1]["text"]
    assert "jupyter_resources" in loaded
    assert not [name for name in ("pydantic", "obstore", "libcloud", "keyring", "tomlkit") if name in loaded]


def test_a_button_applies_a_plan(kernel):
    """On every ipykernel: the front end's message starts it, and the plan's output becomes the result."""
    cell = kernel.run("%push data -n")
    view = cell.pictures[0]["application/vnd.jupyter.widget-view+json"]
    data = {"method": "custom", "content": {"kind": "apply"}}
    content = {"comm_id": view["model_id"], "data": data}
    kernel.client.shell_channel.send(kernel.client.session.msg("comm_msg", content))
    while (message := kernel.client.get_iopub_msg(timeout=30))["msg_type"] != "update_display_data":
        pass
    assert "Pushed 2 files" in message["content"]["data"]["text/plain"]
    assert "Pushed 2 files" in message["content"]["data"]["text/html"]
    assert kernel.run("s = %push data -n\nprint(len(s.files_to_sync))").outputs[-1]["text"] == "0\n"


def test_widgets_can_be_left_out(kernel):
    """By a setting."""
    kernel.run("%config JupyterResources.widgets = False")
    assert sorted(kernel.run("%push data -n").pictures[0]) == ["text/html", "text/plain"]
    kernel.run("%config JupyterResources.widgets = True")
