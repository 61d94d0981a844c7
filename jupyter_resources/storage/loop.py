"""A private event loop in a thread of its own, for engines whose requests only asyncio can drop."""

from __future__ import annotations

import os
import threading
import weakref
from collections.abc import Awaitable, Callable
from concurrent.futures import CancelledError, Future, InvalidStateError
from contextlib import suppress
from typing import TYPE_CHECKING, Any, TypeVar, cast

from jupyter_resources.core.control import Control
from jupyter_resources.core.errors import Cancelled, Unsupported

if TYPE_CHECKING:
    import asyncio

__all__ = ["Loop", "waited"]

T = TypeVar("T")


class Loop:
    """Begins with the first call; ends with this object, or with the interpreter."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._process = os.getpid()
        self._loop: asyncio.AbstractEventLoop | None = None

    def submit(self, begin: Callable[[], Awaitable[T]]) -> Future[T]:
        """Call `begin` on the loop; what it gives must be an asyncio future. Cancelling ours drops what it does.

        Half the price of a coroutine in a task, which counts: most requests are small.
        """
        self.check_process()
        loop = self._loop or self._begun()
        ours: Future[T] = Future()
        loop.call_soon_threadsafe(_begin, begin, ours)
        return ours

    def check_process(self) -> None:
        """Unsupported in a forked process: no thread came along, and waiting would never end."""
        if self._process != os.getpid():
            raise Unsupported(
                "this connection was opened before the process forked, and its threads stayed behind",
                hint="start workers with multiprocessing.get_context('spawn'), and open the bucket in each",
            )

    def _begun(self) -> asyncio.AbstractEventLoop:
        import asyncio  # here: it takes 20 ms to load, and where nothing is moved no loop begins

        with self._lock:
            if self._loop is None:
                loop = asyncio.new_event_loop()
                threading.Thread(target=_serve, args=(loop,), name="jupyter_resources loop", daemon=True).start()
                weakref.finalize(self, _stop, loop)
                self._loop = loop
            return self._loop


def waited(future: Future[T], control: Control, seconds: float) -> T:
    """What `future` gives. Raises TimeoutError after `seconds`, Cancelled as soon as `control` says so.

    When it isn't waited for any more, an interrupt included, what it was doing is dropped.
    """

    def cancel() -> None:
        future.cancel()

    try:
        with control.on_cancel(cancel):
            return control.result(future, seconds)
    except CancelledError:
        raise Cancelled("stopped before it was finished") from None
    except BaseException:
        future.cancel()
        raise


def _begin(begin: Callable[[], Awaitable[T]], ours: Future[T]) -> None:
    """On the loop: start, and tie the two futures together."""
    if ours.cancelled():
        return
    from asyncio import get_running_loop

    loop = get_running_loop()

    def ended(theirs: asyncio.Future[T]) -> None:
        if theirs.cancelled():
            ours.cancel()
            return
        error = theirs.exception()
        with suppress(InvalidStateError):  # cancelled meanwhile
            if error is not None:
                ours.set_exception(error)
            else:
                ours.set_result(theirs.result())

    def dropped(ours: Future[Any]) -> None:
        if ours.cancelled():
            with suppress(RuntimeError):  # the loop is closed
                loop.call_soon_threadsafe(theirs.cancel)

    try:
        theirs = cast("asyncio.Future[T]", begin())
    except Exception as error:  # noqa: BLE001 - it belongs to whoever waits
        ours.set_exception(error)
        return
    theirs.add_done_callback(ended)
    ours.add_done_callback(dropped)


def _serve(loop: asyncio.AbstractEventLoop) -> None:
    loop.run_forever()
    loop.close()


def _stop(loop: asyncio.AbstractEventLoop) -> None:
    if not loop.is_closed():
        loop.call_soon_threadsafe(loop.stop)
