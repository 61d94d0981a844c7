"""Reporters that draw progress: one line in a terminal, one small html output in a notebook."""

from __future__ import annotations

import html
import os
import time
from collections.abc import Callable
from types import TracebackType
from typing import Any, Self, TextIO

from jupyter_resources.core.events import Event, Finished, Planned, Stopped
from jupyter_resources.report.progress import Phase, Progress
from jupyter_resources.report.visible import clip, pad, visible, width

__all__ = ["NotebookBar", "TerminalBar"]

PATIENCE = 0.2
"""Seconds before anything is drawn: what is over sooner would only flicker."""


class _Bar:
    """A reporter that folds each event and draws now and then, on the thread that reports."""

    def __init__(self, direction: str | None, every: float, clock: Callable[[], float]) -> None:
        self.progress = Progress()
        self._direction = direction
        self._every = every
        self._clock = clock
        self._next = clock() + PATIENCE
        self._drawn = False

    def __call__(self, event: Event) -> None:
        now = self._clock()
        self.progress = self.progress.apply(event, now)
        soon = self._drawn and isinstance(event, Planned | Stopped | Finished)
        if now >= self._next or soon:
            self._next = now + self._every
            self._drawn = True
            self._draw()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Leave things tidy; idempotent."""

    def _draw(self) -> None:
        raise NotImplementedError


class TerminalBar(_Bar):
    """One line on `stream` (the error output), redrawn in place and gone at the end.

    Where the stream is no terminal, plain lines instead: one each 10 %, at most one in two seconds, so that a short
    transfer prints none. Never any ANSI codes, and a stream that can't be written to doesn't disturb the transfer.
    """

    def __init__(
        self, stream: TextIO, direction: str | None = None, *, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._stream = stream
        self._terminal = _is_terminal(stream)
        self._on_screen = 0
        self._tenth = 0
        super().__init__(direction, 0.1 if self._terminal else 2.0, clock)
        if not self._terminal:
            self._next = clock() + self._every

    def close(self) -> None:
        if self._on_screen:
            self._write("\r" + " " * self._on_screen + "\r")
            self._on_screen = 0

    def _draw(self) -> None:
        if not self._terminal:
            self._log()
            return
        line = self._line(_columns(self._stream) - 1)
        shown = width(line)
        self._write("\r" + pad(line, max(shown, self._on_screen)))
        self._on_screen = shown

    def _log(self) -> None:
        tenth = int(self.progress.fraction * 10)
        if tenth > self._tenth and self.progress.phase is Phase.MOVING:
            self._tenth = tenth
            first, *rest = self.progress.words(self._direction)
            self._write(f"{first} {', '.join(rest)}\n")

    def _line(self, columns: int) -> str:
        """As many of the words as fit, then as much of a bar as there is room for."""
        first, *rest = (visible(word) for word in self.progress.words(self._direction))
        separator, full, empty = (" · ", "█", "░") if _speaks_unicode(self._stream) else (", ", "#", "-")
        while rest and width(f"{first} {separator.join(rest)}") > columns:
            rest.pop()
        room = min(columns - width(f"{first}  {separator.join(rest)}"), 24)
        words = separator.join(rest)
        if self.progress.phase is Phase.LISTING or room < 5:
            return clip(f"{first} {words}".rstrip(), columns)
        done = int(self.progress.fraction * room)
        return f"{first} {full * done}{empty * (room - done)} {words}".rstrip()

    def _write(self, text: str) -> None:
        encoding = getattr(self._stream, "encoding", None) or "ascii"
        try:
            self._stream.write(text.encode(encoding, "replace").decode(encoding))
            self._stream.flush()
        except (OSError, ValueError):  # closed, or a broken pipe
            self._on_screen = 0
            self._next = self._every = float("inf")


class NotebookBar(_Bar):
    """A `<progress>` element and its words, given to `update` as a mimebundle at most five times a second.

    `update` shows the bundle in the cell's one output (a display id). In a notebook that was saved in between, it
    reads as how far the transfer had come: the words beside the element say all that it shows.
    """

    def __init__(
        self,
        update: Callable[[dict[str, Any]], None],
        direction: str | None = None,
        *,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._update = update
        super().__init__(direction, 0.2, clock)

    def close(self) -> None:
        if self._drawn:
            self._drawn = False
            self._next = float("inf")
            self._draw()

    def _draw(self) -> None:
        self._update(self.mimebundle())

    def mimebundle(self) -> dict[str, Any]:
        """The present state as `text/plain` and `text/html`."""
        first, *rest = (visible(word) for word in self.progress.words(self._direction))
        words = html.escape(" · ".join(rest))
        percent = int(self.progress.fraction * 100)
        bar = ""
        if self.progress.phase is not Phase.LISTING:
            bar = f' <progress value="{percent}" max="100" aria-label="{html.escape(first)}">{percent} %</progress>'
        return {
            "text/plain": f"{first} {' · '.join(rest)}".rstrip(),
            "text/html": f"<div><b>{html.escape(first)}</b>{bar} {words}</div>",
        }


def _is_terminal(stream: TextIO) -> bool:
    try:
        return stream.isatty()
    except (AttributeError, ValueError):
        return False


def _columns(stream: TextIO) -> int:
    try:
        return os.get_terminal_size(stream.fileno()).columns or 80
    except (AttributeError, OSError, ValueError):
        return 80


def _speaks_unicode(stream: TextIO) -> bool:
    try:
        "█░·…".encode(getattr(stream, "encoding", None) or "ascii")
    except (UnicodeError, LookupError):
        return False
    return True
