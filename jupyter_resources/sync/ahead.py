"""Pages fetched ahead: while one is looked at, the next is on its way."""

from __future__ import annotations

import queue
import threading
from collections.abc import Generator, Iterator
from contextlib import suppress
from typing import TypeVar, cast

from jupyter_resources.core.control import TURN_SECONDS, Control

__all__ = ["ahead"]

T = TypeVar("T")
HELD = 2


class _End:
    """Nothing more comes; `error` is what ended it, if something did."""

    def __init__(self, error: BaseException | None = None) -> None:
        self.error = error


def ahead(pages: Iterator[T], control: Control) -> Generator[T]:
    """What `pages` gives, taken from it by a thread from now on, at most HELD before they are asked for.

    Raises what it raises. Whoever leaves before the end, by an interrupt or an error, cancels `control` by that, which
    ends the request under way. So does `close`, also before anything was taken.
    """
    taken = _taken(pages, control)
    next(taken)
    return taken


def _taken(pages: Iterator[T], control: Control) -> Generator[T]:
    """The same; the first thing that comes says that it has begun."""
    held: queue.Queue[T | _End] = queue.Queue(HELD)
    left = threading.Event()

    def put(one: T | _End) -> None:
        while not left.is_set():
            with suppress(queue.Full):
                held.put(one, timeout=TURN_SECONDS)
                return

    def take() -> T | _End:
        while True:  # in turns: see `Control.result`
            with suppress(queue.Empty):
                return held.get(timeout=TURN_SECONDS)
            control.check()

    def fetch() -> None:
        try:
            for page in pages:
                put(page)
                if left.is_set():
                    return
            put(_End())
        except BaseException as error:  # noqa: BLE001 - it belongs to whoever takes the pages
            put(_End(error))

    try:
        threading.Thread(target=fetch, name="jtres-pages", daemon=True).start()
        yield cast("T", None)
        while not isinstance(one := take(), _End):
            yield one
        if one.error is not None:
            raise one.error
    except (KeyboardInterrupt, GeneratorExit):
        control.cancel()
        raise
    finally:
        left.set()
