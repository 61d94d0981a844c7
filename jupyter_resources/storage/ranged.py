"""A large object, read in ranges by several threads and given out in order."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from itertools import islice

from jupyter_resources.core.control import Control
from jupyter_resources.core.entry import Entry
from jupyter_resources.core.errors import Changed, InvalidValue
from jupyter_resources.storage.protocol import Reader, Store

__all__ = ["RANGE_BYTES", "ranged"]

RANGE_BYTES = 8 << 20
AHEAD = 5
"""How many ranges are held at most: under way, or come before their turn."""


@contextmanager
def ranged(store: Store, key: str, control: Control) -> Iterator[Reader]:
    """Read `key` from several connections at once: one alone is slower than most networks.

    Holds at most AHEAD ranges in memory. Raises what `store.read` raises, and Changed when the object becomes another
    one meanwhile. Once `control` is cancelled nobody waits for what is under way.
    """
    with store.read(key, 0, RANGE_BYTES) as first:
        yield _Ranged(store, first, control)


class _Ranged:
    """Gives out the first range, and then the others as they come."""

    def __init__(self, store: Store, first: Reader, control: Control) -> None:
        self.entry = first.entry
        self._store, self._first, self._control = store, first, control

    def __iter__(self) -> Iterator[bytes]:
        starts = iter(range(RANGE_BYTES, self.entry.size, RANGE_BYTES))
        coming = deque(self._begun(start) for start in islice(starts, AHEAD - 1))
        yield from self._first
        while coming:
            content = self._control.result(coming.popleft())
            coming.extend(self._begun(start) for start in islice(starts, 1))
            yield content

    def _begun(self, start: int) -> Future[bytes]:
        """The range from `start`, on its way in a thread that nobody waits for: not the end of the process either."""
        coming: Future[bytes] = Future()

        def fetch() -> None:
            try:
                coming.set_result(self._range(start))
            except BaseException as error:  # noqa: BLE001 - it belongs to whoever takes the range
                coming.set_exception(error)

        threading.Thread(target=fetch, name="jtres-range", daemon=True).start()
        return coming

    def _range(self, start: int) -> bytes:
        self._control.check()
        changed = Changed(f"{self.entry.path} changed while it was read", hint="repeat the line: it reads again")
        try:
            with self._store.read(self.entry.path, start, min(start + RANGE_BYTES, self.entry.size)) as reader:
                if _tag(reader.entry) != _tag(self.entry):
                    raise changed
                return b"".join(reader)
        except InvalidValue:  # it doesn't reach that far any more
            raise changed from None


def _tag(entry: Entry) -> tuple[str | None, int, int | None]:
    return entry.etag, entry.size, entry.mtime_ns
