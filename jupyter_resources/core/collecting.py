"""Fewer runs of Python's garbage collector while millions of small values are made, none of them garbage."""

from __future__ import annotations

import gc
import threading
from collections.abc import Iterator
from contextlib import contextmanager

__all__ = ["collecting_rarely"]

EVERY = 100_000
"""Allocations between two looks at the young ones; Python's own 700 is a tenth of the time that a plan takes."""


class _Setting:
    """The collector is the process's, so this is too: the first to ask sets it, the last one sets it back."""

    lock = threading.Lock()
    asked = 0
    before: tuple[int, int, int] = (0, 0, 0)


@contextmanager
def collecting_rarely() -> Iterator[None]:
    """Let the collector look up less often while the block runs, in all threads; it isn't switched off.

    What the block's owner had set otherwise (`gc.disable()`, a higher threshold) stays.
    """
    with _Setting.lock:
        _Setting.asked += 1
        if _Setting.asked == 1:
            _Setting.before = gc.get_threshold()
            if 0 < _Setting.before[0] < EVERY:
                gc.set_threshold(EVERY, *_Setting.before[1:])
    try:
        yield
    finally:
        with _Setting.lock:
            _Setting.asked -= 1
            if _Setting.asked == 0 and gc.get_threshold()[0] == EVERY:
                gc.set_threshold(*_Setting.before)
