"""A large object is read in ranges, side by side, and comes out as it is."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from jupyter_resources.core.control import Control
from jupyter_resources.core.errors import Cancelled, Changed, Transient
from jupyter_resources.storage import ranged as module
from jupyter_resources.storage.memory import MemoryStore
from jupyter_resources.storage.protocol import Reader
from jupyter_resources.storage.ranged import AHEAD, ranged

RANGE = 10


class Watched(MemoryStore):
    """Tells which ranges are read, and lets a test act before one is."""

    def __init__(self, content: bytes) -> None:
        super().__init__()
        self.raw_put("k", content)
        self.starts: list[int] = []
        self.before: dict[int, object] = {}

    @contextmanager
    def read(self, key: str, start: int = 0, end: int | None = None) -> Iterator[Reader]:
        self.starts.append(start)
        action = self.before.get(start)
        if callable(action):
            action()
        with super().read(key, start, end) as reader:
            yield reader


@pytest.fixture(autouse=True)
def _small(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "RANGE_BYTES", RANGE)


def whole(store: Watched, control: Control | None = None) -> bytes:
    with ranged(store, "k", control or Control()) as reader:
        return b"".join(reader)


@pytest.mark.parametrize("size", [10, 11, 20, 59, 60, 61, 70, 1234])
def test_every_byte_once_and_in_order(size: int) -> None:
    content = bytes(n % 251 for n in range(size))
    store = Watched(content)
    assert whole(store) == content
    assert sorted(store.starts) == list(range(0, size, RANGE))


def test_no_more_is_held_than_was_said() -> None:
    """Whoever takes slowly isn't given all at once."""
    store = Watched(bytes(RANGE * 100))
    with ranged(store, "k", Control()) as reader:
        taken = iter(reader)
        for given in range(1, 5):
            next(taken)
            assert len(store.starts) <= given + AHEAD


def test_another_object_under_the_name_is_noticed() -> None:
    store = Watched(bytes(RANGE * 9))
    store.before[70] = lambda: store.raw_put("k", b"x" * RANGE * 9)
    with pytest.raises(Changed):
        whole(store)


def test_an_object_that_shrank_is_another_one() -> None:
    store = Watched(bytes(RANGE * 9))
    store.before[70] = lambda: store.raw_put("k", b"x")
    with pytest.raises(Changed):
        whole(store)


class Timed:
    """A reader whose entry tells another time."""

    def __init__(self, reader: Reader, mtime_ns: int | None) -> None:
        self.entry, self._reader = reader.entry._replace(mtime_ns=mtime_ns), reader

    def __iter__(self) -> Iterator[bytes]:
        return iter(self._reader)


def test_a_time_that_only_some_answers_tell_is_no_difference() -> None:
    """Where a server says none, one engine says nothing, and another one 1970."""

    class Untimed(Watched):
        @contextmanager
        def read(self, key: str, start: int = 0, end: int | None = None) -> Iterator[Reader]:
            with super().read(key, start, end) as reader:
                yield Timed(reader, None if start == 0 else 0)

    content = bytes(range(100))
    assert whole(Untimed(content)) == content


def test_what_one_range_raises_is_raised() -> None:
    store = Watched(bytes(RANGE * 9))

    def fail() -> None:
        raise Transient("broken")

    store.before[30] = fail
    with pytest.raises(Transient):
        whole(store)


def test_a_cancel_does_not_wait_for_a_range_that_does_not_come() -> None:
    store, control, stuck = Watched(bytes(RANGE * 9)), Control(), threading.Event()

    def wait() -> None:
        control.cancel()
        stuck.wait(30)

    store.before[20] = wait
    with pytest.raises(Cancelled):
        whole(store, control)
    assert not stuck.is_set()
    stuck.set()
