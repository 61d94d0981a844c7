"""Progress as a bucket's verbs take it: True for a line of text, or a function of bytes so far, bytes in all, name."""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager

from jupyter_resources.core.events import Event, Moved

__all__ = ["Progress", "Told", "told"]

Progress = bool | Callable[[float, float, str], object] | None
EVERY = 0.1
"""Seconds between two changes of the line."""


class Told:
    """Whoever is told; safe from any thread, one call at a time."""

    def __init__(self, tell: Callable[[float, float, str], object] | None) -> None:
        self._tell = tell
        self._lock = threading.Lock()
        self._read: dict[str, int] = {}

    def of(self, name: str, total: int) -> Callable[[int], None]:
        """What takes the bytes of one file as they pass."""

        def moved(count: int) -> None:
            if self._tell is not None:
                with self._lock:
                    read = self._read[name] = max(0, self._read.get(name, 0) + count)
                    if read >= total:
                        del self._read[name]
                    self._tell(read, float(total), name)

        return moved

    def reporter(self, sizes: Mapping[str, int], name: Callable[[str], str]) -> Callable[[Event], None]:
        """The same for the events of a transfer; `sizes` are known once it is planned."""

        def report(event: Event) -> None:
            if isinstance(event, Moved):
                self.of(name(event.path), sizes.get(event.path, 0))(event.bytes)

        return report


@contextmanager
def told(progress: Progress) -> Iterator[Told]:
    """Tell `progress` for the block; the line of text ends with it."""
    if progress is not True:
        yield Told(progress if callable(progress) else None)
        return
    line = _Line()
    try:
        yield Told(line)
    finally:
        line.end()


class _Line:
    """One line on stderr: percentage, speed, what is left."""

    def __init__(self) -> None:
        self._shown = 0.0
        self._length = 0
        self._begun: dict[str, float] = {}
        self._last = ""

    def __call__(self, read: float, total: float, name: str) -> None:
        now = time.monotonic()
        speed = read / max(now - self._begun.setdefault(name, now), 1e-3)
        if read >= total:
            del self._begun[name]
        left = max(0.0, total - read) / max(speed, 1.0)
        share = read / total if total else 1.0
        shown = "".join(one if one.isprintable() else "?" for one in name)
        so_far = f"{read / 1e6:,.1f} of {total / 1e6:,.1f} MB  {speed / 1e6:,.1f} MB/s  {left:,.0f} s left"
        self._last = f"{shown}: {share:4.0%}  {so_far}"
        if now - self._shown >= EVERY:
            self._shown = now
            self._show()

    def _show(self) -> None:
        sys.stderr.write(f"\r{self._last.ljust(self._length)}")
        sys.stderr.flush()
        self._length = len(self._last)

    def end(self) -> None:
        """Show the last of it, and go on below."""
        if self._last:
            self._show()
            sys.stderr.write("\n")
            sys.stderr.flush()
