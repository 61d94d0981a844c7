"""The transaction summary as a widget: plan, progress and result in one view, and the buttons between them."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import anywidget
import traitlets
from pydantic import ValidationError

from jupyter_resources.api.views import ProgressMessage, RowsMessage, TransactionRequest
from jupyter_resources.core.control import Control
from jupyter_resources.core.errors import Changed, ResourcesError
from jupyter_resources.core.events import Event
from jupyter_resources.report import summary as summaries
from jupyter_resources.report.progress import Phase, Progress
from jupyter_resources.report.visible import escaped, visible
from jupyter_resources.sync.summary import TransactionSummary
from jupyter_resources.widgets.rows import Rows
from jupyter_resources.widgets.telling import said, view

__all__ = ["TransactionWidget"]

_LOG = logging.getLogger(__name__)
_STATIC = Path(__file__).parent / "static"
FIRST_ROWS = 100
FIRST_BYTES = 12 << 10
"""What of the rows is in the synced state; the others come when they are asked for."""
EVERY = 0.2

Shown = Callable[[dict[str, str]], None]


class TransactionWidget(anywidget.AnyWidget):
    """A summary to look through, and for a dry run the way to apply exactly what it shows.

    `shown` is called with the `text/plain` and `text/html` of what became of it, on another thread. `summary` is the
    plan until something was done, then the result. A transfer runs on a thread of its own, so that buttons and progress
    work on every ipykernel; callbacks may come on any thread, hence the lock.
    """

    _esm = _STATIC / "transaction.js"
    _css = _STATIC / "transaction.css"
    view = traitlets.Dict().tag(sync=True)
    progress = traitlets.Dict().tag(sync=True)
    first = traitlets.Bytes().tag(sync=True)

    def __init__(self, summary: TransactionSummary, shown: Shown = lambda bundle: None) -> None:
        self._lock = threading.RLock()
        self._shown = shown
        self._thread: threading.Thread | None = None
        self._control = Control()
        self.summary = summary
        self._rows = Rows.of(summary)
        self._version = 1
        self._told = view(summary, self._rows, 1, "planned" if summary.dryrun else "done")
        super().__init__(view=self._told.model_dump(), first=self._rows.first(FIRST_ROWS, FIRST_BYTES))
        self.on_msg(self._asked)

    def set_state(self, sync_data: object) -> None:
        """Nothing: a front end shows this state and has none to set."""

    def wait(self, seconds: float | None = None) -> None:
        """Until the transfer that a button started is over."""
        if self._thread is not None:
            self._thread.join(seconds)

    def release(self) -> None:
        """Close it, unless a transfer is under way: that goes on to its end."""
        if self._thread is None or not self._thread.is_alive():
            self.close()

    def _asked(self, _: object, content: Any, buffers: Sequence[object]) -> None:
        try:
            request = TransactionRequest.model_validate(content)
        except ValidationError:
            _LOG.warning("a front end asked for something that isn't known")
            return
        match request.kind:
            case "rows":
                self._send_rows(request)
            case "apply" | "force":
                self._start(force=request.kind == "force")
            case "cancel":
                self._stop()

    def _send_rows(self, request: TransactionRequest) -> None:
        with self._lock:
            version, rows = self._version, self._rows
        if request.version == version:
            self.send(
                RowsMessage(version=version, start=request.start).model_dump(), [memoryview(rows.block(request.start))]
            )

    def _start(self, *, force: bool) -> None:
        with self._lock:
            if not (self._told.can_force if force else self._told.can_apply):  # as while one is under way
                return
            self._control = Control()
            self.progress = ProgressMessage(words=["Looking again"], fraction=None).model_dump()
            self._tell("running")
            self._thread = threading.Thread(
                target=self._apply, args=(force, self._control), name="jtres-apply", daemon=True
            )
            self._thread.start()

    def _stop(self) -> None:
        with self._lock:
            if self._told.phase == "running":
                self._tell("stopping")
                self._control.cancel()

    def _apply(self, force: bool, control: Control) -> None:
        problem: BaseException | None = None
        result: TransactionSummary | None = None
        try:
            watch = _Watch(self._progressed, self.summary.sync_direction)
            result = self.summary.apply(force=force, report=watch, control=control)
        except (ResourcesError, KeyboardInterrupt) as error:
            problem, result = error, getattr(error, "summary", None)
        except Exception as error:  # noqa: BLE001 - the thread's boundary: it is told, and logged, where somebody looks
            _LOG.debug("applying failed", exc_info=error)
            problem = error
        self._ended(result, problem)

    def _ended(self, result: TransactionSummary | None, problem: BaseException | None) -> None:
        """Show the result; a plan that was refused stays to be seen, and one that can be tried again can be."""
        with self._lock:
            if result is not None and (result.started or problem is None):
                # What failed, or that it was stopped, is in the result itself.
                self.summary, problem = result, None
                self._rows = Rows.of(result)
                self._version += 1
                with self.hold_sync():
                    self.first = self._rows.first(FIRST_ROWS, FIRST_BYTES)
                    self._tell("done")
            else:
                self._tell("done" if isinstance(problem, Changed) else "planned", problem)
            bundle = _with(summaries.mimebundle(self.summary), *said(problem))
        self._shown(bundle)

    def _tell(self, phase: Any, problem: BaseException | None = None) -> None:
        # What may be asked for is decided by this, not by a trait that the other side can write.
        self._told = view(self.summary, self._rows, self._version, phase, problem)
        self.view = self._told.model_dump()

    def _progressed(self, message: ProgressMessage) -> None:
        self.progress = message.model_dump()


def _with(bundle: dict[str, str], problem: str, hint: str) -> dict[str, str]:
    """The pictures of a plan, with what kept it from being applied."""
    if not problem:
        return bundle
    words, html = f"{problem}\n  → {hint}", f"<b>{escaped(problem)}</b><br>→ {escaped(hint)}"
    if not hint:
        words, html = problem, f"<b>{escaped(problem)}</b>"
    return {
        "text/plain": f"{bundle['text/plain']}\n\n{words}",
        "text/html": f"{bundle['text/html']}\n<div>{html}</div>",
    }


class _Watch:
    """The reporter of a button's transfer: folds events and draws a few times a second."""

    def __init__(self, show: Callable[[ProgressMessage], None], direction: str | None) -> None:
        self._show = show
        self._direction = direction
        self._progress = Progress()
        self._next = 0.0

    def __call__(self, event: Event) -> None:
        now, before = time.monotonic(), self._progress.phase
        self._progress = self._progress.apply(event, now)
        # What begins or stops is shown at once: it may be a while until the next event.
        if now >= self._next or self._progress.phase is not before:
            self._next = now + EVERY
            progress = self._progress
            fraction = None if progress.phase is Phase.LISTING else progress.fraction
            words = [visible(word) for word in progress.words(self._direction)]
            self._show(ProgressMessage(words=words, fraction=fraction))
