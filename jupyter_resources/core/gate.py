"""A gate that few threads pass at once: many that make short system calls take the interpreter from one another."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from queue import Empty, SimpleQueue

__all__ = ["Gate"]

FEW = 2
PATIENCE_SECONDS = 0.1
"""Whoever has waited so long goes in, up to the limit."""
SLOW_SECONDS = 0.005
"""Work that takes so long waits for something else than the interpreter: a disk, a network."""


class Gate:
    """Work on a local file system, whose calls are many and short, by few threads at a time.

    Each call gives up the interpreter and has to get it back; with dozens of threads that costs more than the calls.
    Where the work turns out slow (a network disk), more are let in, up to all.
    """

    def __init__(self, most: int) -> None:
        """`most` are as many as may ever be inside."""
        self._most = most
        self.open = min(FEW, most)
        self._usual = 0.0
        self._free: SimpleQueue[None] = SimpleQueue()
        for _ in range(self.open):
            self._free.put(None)

    def _enter(self) -> None:
        while True:
            try:
                self._free.get(timeout=PATIENCE_SECONDS)
                return
            except Empty:
                if self.open < self._most:  # who is inside is stuck, and must not hold up the others
                    self.open += 1
                    return

    @contextmanager
    def passed(self) -> Iterator[None]:
        """Wait for a place, and hold it for the block."""
        self._enter()
        begun = time.perf_counter()
        try:
            yield
        finally:
            self._free.put(None)
            self._usual += (time.perf_counter() - begun - self._usual) / 8
            if self._usual > SLOW_SECONDS and self.open < self._most:
                self.open += 1
                self._free.put(None)
