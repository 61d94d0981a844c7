"""A store that sends only as many requests at once as the other side bears."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress

from jupyter_resources.core.control import TURN_SECONDS, Control
from jupyter_resources.core.entry import Entry
from jupyter_resources.core.errors import SlowDown, TimedOut
from jupyter_resources.storage.protocol import ANY, Body, Expect, Reader, Store
from jupyter_resources.storage.wrapper import Wrapper

__all__ = ["Limit", "ThrottledStore"]

START = 64
MOST = 256
COOLING_SECONDS = 1.0
"""Complaints within this time of one another are one complaint: they come from requests sent before the first."""


class Limit:
    """How many requests may run at once: one more after each window of successes, half as many after a complaint.

    Shared by every view of a store; safe from any thread. Who waited longest goes first. Taking a free place and giving
    it back costs no lock: of dozens of threads each would find it held, and wait for the interpreter twice.
    """

    def __init__(self, start: int = START, *, most: int = MOST) -> None:
        self.allowed = start
        self._most = most
        self._places = start
        self._free = deque([None] * start)
        self._successes = 0
        self._cooled_at = float("-inf")
        self._lock = threading.Lock()
        self._waiting: deque[threading.Event] = deque()

    @property
    def running(self) -> int:
        """How many places are taken."""
        return self._places - len(self._free)

    @contextmanager
    def slot(self, control: Control) -> Iterator[None]:
        """Hold a place for the block. Raises Cancelled as soon as `control` is cancelled."""
        self._enter(control)
        try:
            yield
        except (SlowDown, TimedOut):
            self.complained()
            raise
        else:
            self._succeeded()
        finally:
            self._leave()

    def _enter(self, control: Control) -> None:
        control.check()
        if not self._waiting:
            with suppress(IndexError):
                self._free.pop()
                return
        turn = threading.Event()
        self._waiting.append(turn)
        self._wake()  # a place may have come back just before
        try:
            with control.on_cancel(turn.set):
                while not turn.wait(TURN_SECONDS):  # in turns: see `Control.result`
                    pass
            control.check()
        except BaseException:  # a cancel, or an interrupt: the turn goes to somebody else
            with self._lock:
                turned = turn not in self._waiting
                if not turned:
                    self._waiting.remove(turn)
            if turned:
                self._leave()
            raise

    def _leave(self) -> None:
        if self._places > self.allowed:
            with self._lock:
                if self._places > self.allowed:
                    self._places -= 1
                    return
        self._free.append(None)
        if self._waiting:
            self._wake()

    def _wake(self) -> None:
        with self._lock:
            while self._waiting and self._free:
                try:
                    self._free.pop()
                except IndexError:  # somebody was quicker
                    return
                self._waiting.popleft().set()

    def _succeeded(self) -> None:
        self._successes += 1  # two threads at once may count one: then it takes a moment longer
        if self._successes < self.allowed:
            return
        with self._lock:
            if self._successes < self.allowed:
                return
            self._successes = 0
            self.allowed = min(self._most, self.allowed + 1)
            while self._places < self.allowed:
                self._places += 1
                self._free.append(None)
        if self._waiting:
            self._wake()

    def complained(self) -> None:
        """The other side asked for less: half as many from now on."""
        with self._lock:
            self._successes = 0
            now = time.monotonic()
            if now - self._cooled_at < COOLING_SECONDS:
                return
            self._cooled_at = now
            self.allowed = max(1, self.allowed // 2)
            with suppress(IndexError):  # what is taken now goes when it comes back
                while self._places > self.allowed:
                    self._free.pop()
                    self._places -= 1


class ThrottledStore(Wrapper):
    """`inner`, with as many requests at once as `limit` allows at the moment. Listings aren't held back.

    A read holds its place until the answer begins: held for its whole block, as many reads as there are places, each
    with a put to the same store inside, would wait for one another for ever. Retries belong outside of this store, so
    that a request that waits for its next try holds no place.
    """

    def __init__(self, inner: Store, limit: Limit | None = None) -> None:
        super().__init__(inner)
        self.limit = limit or Limit()

    def under(self, control: Control) -> ThrottledStore:
        view = ThrottledStore(self._inner.under(control), self.limit)
        view._control = control
        return view

    def head(self, key: str) -> Entry:
        with self.limit.slot(self._control):
            return self._inner.head(key)

    @contextmanager
    def read(self, key: str, start: int = 0, end: int | None = None) -> Iterator[Reader]:
        with ExitStack() as stack:
            with self.limit.slot(self._control):
                reader = stack.enter_context(self._inner.read(key, start, end))
            yield _Listening(reader, self.limit)

    def get(self, key: str, most: int) -> tuple[Entry, bytes]:
        with self.limit.slot(self._control):
            return self._inner.get(key, most)

    def put(self, key: str, body: Body, *, expect: Expect = ANY) -> Entry:
        with self.limit.slot(self._control):
            return self._inner.put(key, body, expect=expect)

    def copy(self, source: str, target: str, *, expect: Expect = ANY) -> Entry:
        with self.limit.slot(self._control):
            return self._inner.copy(source, target, expect=expect)

    def delete(self, keys: Sequence[str]) -> None:
        with self.limit.slot(self._control):
            self._inner.delete(keys)


class _Listening:
    """A reader whose complaints on the way count."""

    def __init__(self, reader: Reader, limit: Limit) -> None:
        self.entry = reader.entry
        self._reader, self._limit = reader, limit

    def __iter__(self) -> Iterator[bytes]:
        try:
            yield from self._reader
        except (SlowDown, TimedOut):
            self._limit.complained()
            raise
