"""What a running transfer shares with every request made for it: the wish to stop, and a count of requests."""

from __future__ import annotations

import copy
import math
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, TypeVar

from jupyter_resources.core.errors import Cancelled

if TYPE_CHECKING:
    from concurrent.futures import Future

__all__ = ["TURN_SECONDS", "Control"]

T = TypeVar("T")
TURN_SECONDS = 0.2
"""How long a thread waits without looking up: what Python has noted of a Ctrl-C is raised then at the latest."""


class Control:
    """Cancellation and a request count, shared by the threads of one transfer. Safe from any thread.

    `lets_go` is set in `detached` views.
    """

    def __init__(self) -> None:
        self._stopped = threading.Event()
        self._lock = threading.Lock()
        self._callbacks: set[Callable[[], None]] = set()
        self._requests: Counter[str] = Counter()
        self.lets_go = False

    @property
    def cancelled(self) -> bool:
        """Whether `cancel` was called."""
        return self._stopped.is_set()

    def cancel(self) -> None:
        """Ask everything under way to stop; idempotent, returns at once."""
        with self._lock:
            self._stopped.set()
            callbacks = list(self._callbacks)
            self._callbacks.clear()  # in place: the set is shared with `uncounted` views
        for callback in callbacks:
            callback()

    def check(self) -> None:
        """Raise Cancelled once `cancel` was called."""
        if self._stopped.is_set():
            raise Cancelled("stopped before it was finished")

    def wait(self, seconds: float) -> None:
        """Sleep, but wake and raise Cancelled as soon as `cancel` is called."""
        if self._stopped.wait(seconds):
            self.check()

    def result(self, future: Future[T], seconds: float | None = None) -> T:
        """What `future` gives. Raises what it raises, Cancelled once `cancel` was called, TimeoutError after `seconds`.

        Waits in turns: an interrupt that comes just before a wait begins, or in another thread, doesn't end that wait.
        """
        end = time.monotonic() + seconds if seconds is not None else math.inf
        while True:
            try:
                return future.result(max(0.0, min(TURN_SECONDS, end - time.monotonic())))
            except TimeoutError:
                if future.done():
                    return future.result()
                self.check()
                if time.monotonic() >= end:
                    raise

    @contextmanager
    def on_cancel(self, callback: Callable[[], None]) -> Iterator[None]:
        """Call `callback` if `cancel` comes while the block runs (at once if it came already)."""
        with self._lock:
            stopped = self._stopped.is_set()
            if not stopped:
                self._callbacks.add(callback)
        if stopped:
            callback()
        try:
            yield
        finally:
            with self._lock:
                self._callbacks.discard(callback)

    def uncounted(self) -> Control:
        """The same wish to stop, but what is done with it isn't counted: for the local side of a transfer."""
        view = copy.copy(self)
        view._requests = Counter()
        return view

    def child(self) -> Control:
        """One whose requests count here, and whose cancelling ends nothing else; see `on_cancel` for the other way."""
        made = Control()
        made._lock, made._requests, made.lets_go = self._lock, self._requests, self.lets_go
        return made

    def detached(self) -> Control:
        """A view for threads that nobody waits for once `cancel` was called: they may be slow to notice it.

        What is asked with it may wait where a cancel doesn't reach, which is cheaper, if it ends soon by itself.
        """
        view = copy.copy(self)
        view.lets_go = True
        return view

    def count(self, verb: str, requests: int = 1) -> None:
        """Note that requests were sent, under the verb that sent them."""
        with self._lock:
            self._requests[verb] += requests

    @property
    def requests(self) -> dict[str, int]:
        """Requests sent so far, by verb."""
        with self._lock:
            return dict(self._requests)
