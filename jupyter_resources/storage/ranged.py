"""A large object, read in ranges by several threads and given out in order."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from itertools import islice

from jupyter_resources.core.control import Control
from jupyter_resources.core.entry import Entry
from jupyter_resources.core.errors import Changed
from jupyter_resources.storage.protocol import Reader, Store

__all__ = ["RANGE_BYTES", "ranged"]

RANGE_BYTES = 8 << 20
THREADS = 4
AHEAD = 6
"""How many ranges are held at most: under way, or come before their turn."""
LOOK_SECONDS = 0.2


@contextmanager
def ranged(store: Store, key: str, control: Control) -> Iterator[Reader]:
    """Read `key` from several connections at once: one alone is slower than most networks.

    Holds at most AHEAD ranges in memory. Raises what `store.read` raises, and Changed when the object becomes another
    one meanwhile. Once `control` is cancelled nobody waits for what is under way.
    """
    with ExitStack() as stack:
        first = stack.enter_context(store.read(key, 0, RANGE_BYTES))
        pool = ThreadPoolExecutor(THREADS, thread_name_prefix="jtres-range")
        stack.callback(pool.shutdown, wait=False, cancel_futures=True)
        yield _Ranged(store, first, pool, control)


class _Ranged:
    """Gives out the first range, and then the others as they come."""

    def __init__(self, store: Store, first: Reader, pool: ThreadPoolExecutor, control: Control) -> None:
        self.entry = first.entry
        self._store, self._first, self._pool, self._control = store, first, pool, control

    def __iter__(self) -> Iterator[bytes]:
        starts = iter(range(RANGE_BYTES, self.entry.size, RANGE_BYTES))
        coming = deque(self._pool.submit(self._range, start) for start in islice(starts, AHEAD - 1))
        yield from self._first
        while coming:
            content = self._waited(coming.popleft())
            coming.extend(self._pool.submit(self._range, start) for start in islice(starts, 1))
            yield content

    def _range(self, start: int) -> bytes:
        self._control.check()
        with self._store.read(self.entry.path, start, min(start + RANGE_BYTES, self.entry.size)) as reader:
            if _tag(reader.entry) != _tag(self.entry):
                raise Changed(f"{self.entry.path} changed while it was read", hint="repeat the line: it reads again")
            return b"".join(reader)

    def _waited(self, range_: Future[bytes]) -> bytes:
        while True:
            try:
                return range_.result(LOOK_SECONDS)
            except TimeoutError:
                if range_.done():
                    raise
                self._control.check()


def _tag(entry: Entry) -> tuple[str | None, int]:
    return entry.etag, entry.size
