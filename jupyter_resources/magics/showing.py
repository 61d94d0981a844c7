"""Where answers are shown: one output a transfer in a notebook, the ordinary `Out[n]` in a terminal."""

from __future__ import annotations

import re
import sys
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from jupyter_resources.core.events import Reporter, silent
from jupyter_resources.magics.views import Views

if TYPE_CHECKING:
    from IPython.core.interactiveshell import InteractiveShell
    from IPython.lib.pretty import RepresentationPrinter

__all__ = ["Showing"]

_SHOWN = (
    "jupyter_resources.sync.summary.TransactionSummary",
    "jupyter_resources.api.messages.BucketList",
    "jupyter_resources.api.messages.DoctorMessage",
    "jupyter_resources.api.messages.Note",
)
"""The types that magics return; by name, so that none of them is loaded before it is shown."""
_QUIET_LINE = re.compile(r"get_ipython\(\)\.run_line_magic\('(push|pull|sync|buckets)', ['\"].*; *['\"]\)\s*$")
_FRAMES = 12
"""The displayhook is this near when it asks for a picture."""


class Showing:
    """Pictures of answers in one IPython shell, with or without a kernel."""

    def __init__(self, shell: InteractiveShell) -> None:
        self._shell = shell
        self._done: tuple[Any, int] | None = None
        self._before: list[tuple[Any, str, Any]] = []
        self._views = Views(shell)

    @property
    def in_kernel(self) -> bool:
        """Whether outputs go to a notebook or another front end of a kernel."""
        return getattr(self._shell, "kernel", None) is not None

    def register(self) -> None:
        """Teach the shell what answers look like, also when a later cell evaluates them."""
        self._shell.input_transformers_post.append(_end_quietly)
        pictures: Any = self._shell.display_formatter
        for kind in _SHOWN:
            for formatter, function in (
                (pictures.formatters["text/plain"], _pretty),
                (pictures.formatters["text/html"], _html),
                (pictures.ipython_display_formatter, self._shown_already),
            ):
                self._before.append((formatter, kind, formatter.for_type(kind, function)))

    def unregister(self) -> None:
        """As it was before."""
        transformers = self._shell.input_transformers_post
        transformers[:] = [each for each in transformers if each is not _end_quietly]
        while self._before:
            formatter, kind, before = self._before.pop()
            if before is None:
                formatter.pop(kind, None)
            else:
                formatter.for_type(kind, before)

    @contextmanager
    def transfer(
        self, direction: str, *, quiet: bool, widgets: bool = True
    ) -> Iterator[tuple[Reporter, Callable[[Any], None]]]:
        """A reporter that shows progress, and how to show the answer in its place; `widgets` may be part of that."""
        from jupyter_resources.report.bars import NotebookBar, TerminalBar

        if quiet:
            yield silent, lambda answer: None
        elif self.in_kernel:
            canvas = _Canvas()
            try:
                with NotebookBar(canvas.update, direction) as bar:
                    yield bar, lambda answer: self._shown(canvas, bar, answer, widgets=widgets)
            except BaseException:
                canvas.abandon(direction)
                raise
        else:
            with TerminalBar(sys.stderr, direction) as bar:
                yield bar, lambda answer: None

    def failed(self, answer: Any) -> None:
        """Show what was done before an error, where no displayhook will."""
        if not self.in_kernel:
            from jupyter_resources.magics import pictures

            sys.stdout.write(pictures.text(answer) + "\n")

    def _shown(self, canvas: _Canvas, bar: Any, answer: Any, *, widgets: bool) -> None:
        from jupyter_resources.magics import pictures

        bar.close()
        view = self._views.beside(answer, canvas.update) if widgets else {}
        canvas.finish({**pictures.mimebundle(answer), **view})
        self._done = (answer, self._shell.execution_count)

    def _shown_already(self, answer: Any) -> None:
        """Asked before every picture: returning means there is nothing left to show, raising that there is."""
        done = self._done
        if (
            done is None
            or done[0] is not answer
            or done[1] != self._shell.execution_count
            or not self._at_end_of_cell()
        ):
            raise NotImplementedError

    def _at_end_of_cell(self) -> bool:
        """Whether it is the displayhook that asks; an explicit `display(answer)` is always obeyed."""
        hook = type(self._shell.displayhook).__call__.__code__
        frame = sys._getframe(1)
        for _ in range(_FRAMES):
            if frame.f_code is hook:
                return True
            if frame.f_back is None:
                return False
            frame = frame.f_back
        return False


class _Canvas:
    """The one output of a transfer: made when there is something to show, then updated in place."""

    def __init__(self) -> None:
        self._id = ""
        self._finished = False

    def finish(self, bundle: dict[str, Any]) -> None:
        """The result, which stays."""
        self.update(bundle)
        self._finished = True

    def abandon(self, direction: str) -> None:
        """A bar that will never move again doesn't stay; the error that follows says the rest."""
        if self._id and not self._finished:
            words = f"The {direction} did not finish."
            self.update({"text/plain": words, "text/html": f"<div>{words}</div>"})

    def update(self, bundle: dict[str, Any]) -> None:
        from IPython.display import publish_display_data

        first = not self._id
        self._id = self._id or uuid.uuid4().hex
        transient = {"display_id": self._id}
        publish_display_data(bundle, transient=transient, update=not first)  # type: ignore[no-untyped-call]


def _end_quietly(lines: list[str]) -> list[str]:
    """Where a cell's last line is `%push data;`, put a `;` behind its Python form too, where IPython looks for it."""
    if lines and _QUIET_LINE.match(lines[-1]):
        return [*lines[:-1], lines[-1].rstrip() + ";\n"]
    return lines


def _pretty(answer: Any, printer: RepresentationPrinter, cycle: bool) -> None:
    from jupyter_resources.magics import pictures

    printer.text(pictures.text(answer))  # type: ignore[no-untyped-call]


def _html(answer: Any) -> str:
    from jupyter_resources.magics import pictures

    return pictures.html(answer)
