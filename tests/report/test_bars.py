"""Bars with a clock and a stream of our own: what is drawn, how often, and what is left behind."""

from __future__ import annotations

import io
import os
import re
from typing import Any

import pytest

from jupyter_resources.core.entry import Entry
from jupyter_resources.core.events import Copied, Finished, Listed, Moved, Planned, Stopped
from jupyter_resources.core.steps import Action, Reason, Step
from jupyter_resources.report.bars import NotebookBar, TerminalBar
from jupyter_resources.report.visible import width


class Clock:
    """Time that passes when told to."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


class Stream(io.StringIO):
    """A stream that is a terminal or isn't."""

    def __init__(self, terminal: bool, encoding: str = "utf-8") -> None:
        super().__init__()
        self._terminal, self._encoding = terminal, encoding

    def isatty(self) -> bool:
        return self._terminal

    @property
    def encoding(self) -> str:  # type: ignore[override]
        return self._encoding


def small(path: str) -> Copied:
    return Copied(Step(Action.COPY, path, Reason.NEW, Entry(path, 1000)))


def screen(written: str, columns: int = 200) -> str:
    """What a terminal shows after `written`, which goes back to the start of its line with each `\\r`."""
    line = [" "] * columns
    for part in written.split("\r"):
        line[: len(part)] = part
    return "".join(line).rstrip()


@pytest.fixture
def columns(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Say how wide the terminal is."""

    def set_to(number: int) -> None:
        monkeypatch.setattr("jupyter_resources.report.bars._columns", lambda stream: number)

    return set_to


def test_one_line_that_goes_away(columns: Any) -> None:
    """One line is drawn over itself, without ANSI codes, and nothing of it is left."""
    columns(80)
    clock, stream = Clock(), Stream(terminal=True)
    with TerminalBar(stream, "push", clock=clock) as bar:
        bar(Planned(4, 4000))
        clock.now += 1
        bar(Moved("a", 1000))
        assert screen(stream.getvalue()) == "Pushing ░░░░░░░░░░░░░░░░░░░░░░░░ 0 of 4 files · 1.0 of 4.0 kB · 1.0 kB/s"
        clock.now += 1
        for path in "abc":
            bar(small(path))
        assert "3 of 4 files" not in screen(stream.getvalue())  # drawn at most ten times a second
        clock.now += 1
        bar(small("d"))
        assert screen(stream.getvalue()).startswith("Pushing ███████████████████████")
    assert screen(stream.getvalue()) == ""
    assert "\n" not in stream.getvalue() and "\x1b" not in stream.getvalue()


@pytest.mark.parametrize("room", [1, 10, 20, 30, 40, 60, 80, 200])
def test_it_fits(columns: Any, room: int) -> None:
    """However narrow the terminal, a line never wraps."""
    columns(room)
    clock, stream = Clock(), Stream(terminal=True)
    bar = TerminalBar(stream, "push", clock=clock)
    for event in (Listed("/home/ana/数据", 12_345), Planned(4000, 10**9), Moved("a", 10**8), Stopped()):
        clock.now += 2
        bar(event)
    assert max(width(line) for line in stream.getvalue().split("\r")) < max(room, 2)


def test_plain_letters_where_others_are_unknown(columns: Any) -> None:
    """A terminal without Unicode gets a bar of # and -."""
    columns(60)
    clock, stream = Clock(), Stream(terminal=True, encoding="ascii")
    bar = TerminalBar(stream, "pull", clock=clock)
    clock.now += 0.3
    bar(Listed("数据", 3))
    assert screen(stream.getvalue()) == "Listing 3 files in ??"
    bar(Planned(2, 2000))
    clock.now += 0.3
    bar(small("a"))
    assert screen(stream.getvalue()) == "Pulling ###########------------ 1 of 2 files, 0 B of 2.0 kB"


def test_what_is_quick_is_not_drawn() -> None:
    """A transfer of a tenth of a second leaves terminal and notebook alone."""
    clock, stream, shown = Clock(), Stream(terminal=True), list[dict[str, Any]]()
    with TerminalBar(stream, clock=clock) as line, NotebookBar(shown.append, clock=clock) as output:
        for event in (Planned(1, 1000), Moved("a", 1000), small("a"), Finished(0.1)):
            clock.now += 0.025
            line(event)
            output(event)
    assert (stream.getvalue(), shown) == ("", [])


def test_a_log_gets_a_few_lines() -> None:
    """No terminal: a plain line each 10 %, at most one in two seconds, with nothing to erase."""
    clock, stream = Clock(), Stream(terminal=False)
    with TerminalBar(stream, "push", clock=clock) as bar:
        bar(Planned(100, 0))
        for number in range(100):
            clock.now += 0.3
            bar(small(str(number)))
    lines = stream.getvalue().splitlines()
    assert lines[0] == "Pushing 14 of 100 files, 26 s left"
    assert 5 < len(lines) <= 10
    assert not re.search(r"[\r\x1b]", stream.getvalue())


@pytest.mark.parametrize("failing", [OSError("broken pipe"), ValueError("closed")])
def test_a_broken_stream_disturbs_nobody(monkeypatch: pytest.MonkeyPatch, failing: Exception) -> None:
    """The transfer goes on if nobody can read of it."""
    clock, stream = Clock(), Stream(terminal=True)

    def write(text: str) -> int:
        raise failing

    monkeypatch.setattr(stream, "write", write)
    with TerminalBar(stream, clock=clock) as bar:
        for event in (Planned(1, 5), Moved("a", 5), Finished(1.0)):
            clock.now += 1
            bar(event)
    assert bar.progress.moved == 5


def test_a_stream_that_is_hardly_one() -> None:
    """What has no width, or is closed, is no terminal to draw on."""
    closed = io.StringIO()
    closed.close()
    TerminalBar(closed)
    with open(os.devnull, "w") as nowhere:
        TerminalBar(nowhere)(Planned(1, 1))


def test_a_notebook_is_told_five_times_a_second() -> None:
    """Ten thousand events in two seconds are at most eleven updates, and the last word is the latest."""
    clock, shown = Clock(), list[dict[str, Any]]()
    with NotebookBar(shown.append, "push", clock=clock) as bar:
        bar(Planned(10_000, 10_000_000))
        for number in range(10_000):
            clock.now += 0.0002
            bar(small(str(number)))
    assert 8 <= len(shown) <= 11
    assert shown[-1]["text/plain"].startswith("Pushing 10,000 of 10,000 files")


def test_what_a_notebook_shows() -> None:
    """A progress element with its words beside it, which say the same without it."""
    clock, shown = Clock(), list[dict[str, Any]]()
    bar = NotebookBar(shown.append, "push", clock=clock)
    clock.now += 1
    bar(Listed("<b>data</b>\x1b", 2))
    bar(Planned(2, 2_000_000))
    clock.now += 1
    bar(Moved("a", 1_000_000))
    bar.close()
    bar.close()
    assert shown[0] == {
        "text/plain": "Listing 2 files in <b>data</b>\\x1b",
        "text/html": "<div><b>Listing</b> 2 files in &lt;b&gt;data&lt;/b&gt;\\x1b</div>",
    }
    assert shown[-1] == {
        "text/plain": "Pushing 0 of 2 files · 1.0 of 2.0 MB · 1.0 MB/s · 1 s left",
        "text/html": '<div><b>Pushing</b> <progress value="47" max="100" aria-label="Pushing">47 %</progress> '
        "0 of 2 files · 1.0 of 2.0 MB · 1.0 MB/s · 1 s left</div>",
    }
    assert len(shown) == 4
