"""Waiting for something under a control: nobody is held longer than they want to be."""

from __future__ import annotations

import os
import signal
import threading
from concurrent.futures import Future

import pytest

from jupyter_resources.core.control import Control
from jupyter_resources.core.errors import Cancelled


def test_a_result_is_given_and_an_error_raised() -> None:
    """A TimeoutError of the work itself is one too."""
    done: Future[int] = Future()
    threading.Timer(0.05, done.set_result, [7]).start()
    assert Control().result(done) == 7
    failed: Future[int] = Future()
    failed.set_exception(TimeoutError("its own"))
    with pytest.raises(TimeoutError, match="its own"):
        Control().result(failed)


def test_waiting_ends() -> None:
    """By its limit, or by a cancel."""
    with pytest.raises(TimeoutError):
        Control().result(Future(), 0.01)
    control = Control()
    threading.Timer(0.05, control.cancel).start()
    with pytest.raises(Cancelled):
        control.result(Future())


def test_an_interrupt_that_another_thread_hears_ends_it_too() -> None:
    """Such a signal wakes nobody who waits in this one."""
    never: Future[int] = Future()
    previous = signal.signal(signal.SIGINT, signal.default_int_handler)
    give_up = threading.Timer(20, never.set_result, [0])
    give_up.start()
    threading.Timer(0.1, os.kill, [os.getpid(), signal.SIGINT]).start()
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        with pytest.raises(KeyboardInterrupt):
            Control().result(never)
        assert not never.done()
    finally:
        signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT})
        signal.signal(signal.SIGINT, previous)
        give_up.cancel()
