"""Pages come one after another, whoever fetches them."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Iterator

import pytest

from jupyter_resources.core.control import Control
from jupyter_resources.core.errors import Cancelled, Transient
from jupyter_resources.sync.ahead import HELD, ahead


def test_all_pages_in_order() -> None:
    assert list(ahead(iter(range(1000)), Control())) == list(range(1000))
    assert list(ahead(iter(()), Control())) == []


def test_what_ends_them_is_raised_after_what_came() -> None:
    def pages() -> Iterator[int]:
        yield 1
        raise Transient("broken")

    came: list[int] = []
    with pytest.raises(Transient):
        came.extend(ahead(pages(), Control()))
    assert came == [1]


def test_no_more_are_fetched_than_can_be_used_soon() -> None:
    """A million objects aren't held in pages because somebody looks at the first."""
    fetched: list[int] = []

    def pages() -> Iterator[int]:
        for number in range(100):
            fetched.append(number)
            yield number

    taken = ahead(pages(), Control())
    for number in range(5):
        assert next(taken) == number
        assert len(fetched) <= number + 1 + HELD + 1
    taken.close()


def test_an_interrupt_ends_the_request_under_way() -> None:
    """Also one that another thread hears: what waits for a page isn't woken by that, and looks up by itself."""
    control, ended, begun = Control(), threading.Event(), threading.Event()

    def pages() -> Iterator[int]:
        with control.on_cancel(ended.set):
            begun.set()
            ended.wait(30)
        yield 1

    previous = signal.signal(signal.SIGINT, signal.default_int_handler)
    threading.Thread(target=lambda: begun.wait(30) and os.kill(os.getpid(), signal.SIGINT), daemon=True).start()
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})  # of this thread and of those it starts from here on
    try:
        with pytest.raises(KeyboardInterrupt):
            list(ahead(pages(), control))
    finally:
        signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT})
        signal.signal(signal.SIGINT, previous)
    assert ended.is_set()


def test_what_is_left_before_it_began_is_ended_too() -> None:
    """It begins at once, while something else is done; when that fails, nobody takes the pages."""
    control, begun, ended = Control(), threading.Event(), threading.Event()

    def pages() -> Iterator[int]:
        with control.on_cancel(ended.set):
            begun.set()
            ended.wait(30)
        yield 1

    taken = ahead(pages(), control)
    assert begun.wait(30)
    taken.close()
    assert ended.is_set()


def test_a_cancel_ends_the_waiting_for_a_page_that_does_not_come() -> None:
    """Whatever it is that doesn't hear: a handshake, a name that is looked up."""
    control, never = Control(), threading.Event()

    def pages() -> Iterator[int]:
        never.wait(30)
        yield 1

    threading.Timer(0.1, control.cancel).start()
    with pytest.raises(Cancelled):
        list(ahead(pages(), control))
    never.set()
