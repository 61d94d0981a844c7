"""A large object, read in ranges by several threads and given out in order."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from itertools import islice
from queue import SimpleQueue

from jupyter_resources.core.control import Control
from jupyter_resources.core.entry import Entry
from jupyter_resources.core.errors import Changed, InvalidValue
from jupyter_resources.storage.protocol import Reader, Store

__all__ = ["RANGE_BYTES", "ranged"]

RANGE_BYTES = 8 << 20
AHEAD = 5
"""How many ranges are held at most: under way, or come before their turn."""
_Wanted = tuple[int, Future[deque[bytes]]]
"""Where a range begins, and who waits for it."""


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
        wanted: SimpleQueue[_Wanted | None] = SimpleQueue()
        coming: deque[Future[deque[bytes]]] = deque()

        def ask(count: int) -> None:
            for start in islice(starts, count):
                coming.append(Future())
                wanted.put((start, coming[-1]))

        ask(AHEAD - 1)
        threads = 0
        try:
            for _ in range(len(coming)):
                # Nobody waits for them, the end of the process neither. The same few throughout: the C library gives
                # each new thread memory that it has to touch for the first time.
                try:
                    threading.Thread(target=self._fetch, args=(wanted,), name="jtres-range", daemon=True).start()
                except RuntimeError:  # the system gives no more: fewer are slower
                    if not threads:
                        raise
                    break
                threads += 1
            yield from self._first
            while coming:
                chunks = self._control.result(coming.popleft())
                ask(1)
                while chunks:
                    yield chunks.popleft()
        finally:
            for _ in range(threads):
                wanted.put(None)

    def _fetch(self, wanted: SimpleQueue[_Wanted | None]) -> None:
        """Fetch what is wanted until nothing is any more."""
        while (one := wanted.get()) is not None:
            start, coming = one
            try:
                coming.set_result(self._range(start))
            except BaseException as error:  # noqa: BLE001 - it belongs to whoever takes the range
                coming.set_exception(error)
            del one, coming  # else what is given out stays in memory until the next range has come

    def _range(self, start: int) -> deque[bytes]:
        """Its chunks as they came: joined, each byte would be copied once more."""
        self._control.check()
        changed = Changed(f"{self.entry.path} changed while it was read", hint="repeat the line: it reads again")
        try:
            with self._store.read(self.entry.path, start, min(start + RANGE_BYTES, self.entry.size)) as reader:
                if not _same(reader.entry, self.entry):
                    raise changed
                return deque(reader)
        except InvalidValue:  # it doesn't reach that far any more
            raise changed from None


def _same(one: Entry, other: Entry) -> bool:
    """Whether two answers are of one object. Times count where both tell one: what engines make of none differs."""
    times = {one.mtime_ns, other.mtime_ns} - {None, 0}
    return (one.etag, one.size) == (other.etag, other.size) and len(times) < 2
