"""A private event loop in a thread of its own, for engines that only async calls can interrupt."""

from __future__ import annotations

import asyncio
import threading
import weakref
from collections.abc import Callable, Coroutine
from concurrent.futures import CancelledError, Future
from typing import Any, TypeVar

from jupyter_resources.core.control import Control
from jupyter_resources.core.errors import Cancelled

__all__ = ["Loop", "waited"]

T = TypeVar("T")


class Loop:
    """Begins with the first call; ends with this object, or with the interpreter."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._loop: asyncio.AbstractEventLoop | None = None

    def submit(self, call: Callable[[], Coroutine[Any, Any, T]]) -> Future[T]:
        """Run `call()` on the loop. Cancelling the future drops what it was doing."""
        return asyncio.run_coroutine_threadsafe(call(), self._loop or self._begun())

    def _begun(self) -> asyncio.AbstractEventLoop:
        with self._lock:
            if self._loop is None:
                loop = asyncio.new_event_loop()
                threading.Thread(target=_serve, args=(loop,), name="jupyter_resources loop", daemon=True).start()
                weakref.finalize(self, _stop, loop)
                self._loop = loop
            return self._loop


def waited(future: Future[T], control: Control) -> T:
    """What `future` gives. Ends at once with Cancelled when `control` says so; an interrupt cancels it as well."""

    def cancel() -> None:
        future.cancel()

    try:
        with control.on_cancel(cancel):
            return future.result()
    except CancelledError:
        raise Cancelled("stopped before it was finished") from None
    except BaseException:
        future.cancel()
        raise


def _serve(loop: asyncio.AbstractEventLoop) -> None:
    loop.run_forever()
    loop.close()


def _stop(loop: asyncio.AbstractEventLoop) -> None:
    if not loop.is_closed():
        loop.call_soon_threadsafe(loop.stop)
