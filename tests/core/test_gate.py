"""Few at a time while the work is quick, more where it is slow."""

from __future__ import annotations

import threading

import pytest

from jupyter_resources.core import gate
from jupyter_resources.core.gate import FEW, Gate


def most_inside(one: Gate, threads: int, work: threading.Event | None = None) -> int:
    """How many were inside at once, at most, of `threads` that each pass 20 times."""
    inside, most, lock = [0], [0], threading.Lock()

    def passing() -> None:
        for _ in range(20):
            with one.passed():
                with lock:
                    inside[0] += 1
                    most[0] = max(most[0], inside[0])
                if work is not None:
                    work.wait(0.002)
                with lock:
                    inside[0] -= 1

    running = [threading.Thread(target=passing) for _ in range(threads)]
    for each in running:
        each.start()
    for each in running:
        each.join()
    return most[0]


def test_quick_work_is_done_by_few(monkeypatch: pytest.MonkeyPatch) -> None:
    """However many come."""
    monkeypatch.setattr(gate, "SLOW_SECONDS", 60.0)
    one = Gate(64)
    assert most_inside(one, 8) <= FEW
    assert one.open == FEW


def test_slow_work_is_done_by_more_and_never_by_too_many(monkeypatch: pytest.MonkeyPatch) -> None:
    """A network disk keeps each waiting; who waits for it holds nobody up."""
    monkeypatch.setattr(gate, "SLOW_SECONDS", 0.0001)
    one = Gate(5)
    assert FEW < most_inside(one, 12, threading.Event()) <= 5
    assert one.open == 5


def test_a_place_comes_back_after_an_error() -> None:
    """Nothing is held for ever."""
    one = Gate(1)
    for _ in range(3):
        with pytest.raises(KeyError), one.passed():
            raise KeyError
    with one.passed():
        assert one.open == 1


def test_who_is_stuck_holds_up_nobody() -> None:
    """Two files on a dead disk: the others go on past them."""
    one, stuck, inside = Gate(64), threading.Event(), threading.Event()
    entered = threading.Semaphore(0)

    def hanging() -> None:
        with one.passed():
            entered.release()
            stuck.wait(30)

    def working() -> None:
        with one.passed():
            inside.set()

    for _ in range(FEW):
        threading.Thread(target=hanging, daemon=True).start()
        assert entered.acquire(timeout=10)
    threading.Thread(target=working, daemon=True).start()
    assert inside.wait(10)
    stuck.set()
