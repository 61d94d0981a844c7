"""One listing as pieces that are listed at once, for a caller who knows about what is there.

Each piece but the first begins behind a key that is expected, and goes on to the very key with which the next one
began: whatever order a server lists in, what is between two pieces is seen by one of them. A server that doesn't begin
where it is told, or lists in no order that is known, is listed once more from the beginning, one page after another.
"""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future
from contextlib import suppress
from itertools import repeat
from operator import lt

from jupyter_resources.core.control import TURN_SECONDS, Control
from jupyter_resources.core.errors import Cancelled, ResourcesError, Transient
from jupyter_resources.storage.s3listing import S3Page

__all__ = ["LEAST", "PIECES", "in_pieces", "starts"]

PIECES = 4
LEAST = 4000
"""For fewer keys the threads aren't worth it."""
PAGE = 1000
HELD = 2 * PIECES
Pages = Callable[[Control, str | None], Iterator[S3Page]]
"""The pages of a listing, under a control, from the beginning or behind a key."""


def starts(expected: Sequence[str]) -> list[str]:
    """The keys behind which all pieces but the first begin, for a listing that probably gives `expected` (sorted)."""
    if len(expected) < LEAST:
        return []
    # With the key that shows that the next one is reached, each piece just fills its pages.
    size = -(-len(expected) // (PAGE * PIECES)) * PAGE - 1
    chosen: list[str] = []
    for key in expected[size - 1 :: size][: PIECES - 1]:
        if not chosen or all(order([chosen[-1]]) < order([key]) for order in _ORDERS):
            chosen.append(key)
    return chosen


def in_pieces(pages: Pages, starts: Sequence[str], control: Control) -> Iterator[S3Page]:
    """Every object once, in pieces if there are `starts`. Raises what `pages` raises."""
    seen: set[str] = set()
    if starts:
        try:
            for page in _at_once(pages, starts, control):
                new = _without(page, seen)
                seen.update(new.keys)
                yield new
        except (Cancelled, Transient):
            raise
        except (ResourcesError, RuntimeError):
            pass  # a server that can't, or no more threads; what else it is, is told below
        else:
            return
    for page in pages(control, None):
        yield _without(page, seen)


def _without(page: S3Page, seen: set[str]) -> S3Page:
    return page if seen.isdisjoint(page.keys) else page.chosen([key not in seen for key in page.keys])


class _Astray(ResourcesError):
    """What comes isn't a piece of one listing."""


class _Piece:
    """Begins behind `start`; `first` is the first key that came, None if none did."""

    def __init__(self, start: str | None) -> None:
        self.start = start
        self.first: Future[str | None] = Future()


class _End:
    def __init__(self, error: BaseException | None = None) -> None:
        self.error = error


def _at_once(pages: Pages, starts: Sequence[str], control: Control) -> Iterator[S3Page]:
    """Pages of all pieces as they come. Raises _Astray when they don't fit together."""
    stop = control.child()
    held: queue.Queue[S3Page | _End] = queue.Queue(HELD)

    def put(one: S3Page | _End) -> None:
        while not stop.cancelled:
            with suppress(queue.Full):
                held.put(one, timeout=TURN_SECONDS)
                return

    def fetch(piece: _Piece, following: _Piece | None) -> None:
        try:
            for page in _piece(pages(stop, piece.start), piece, following, stop):
                put(page)
            put(_End())
        except BaseException as error:  # noqa: BLE001 - it belongs to whoever takes the pages
            put(_End(error))

    def take() -> S3Page | _End:
        while True:  # in turns: see `Control.result`
            control.check()
            with suppress(queue.Empty):
                return held.get(timeout=TURN_SECONDS)

    pieces = [_Piece(None), *map(_Piece, starts)]
    try:
        with control.on_cancel(stop.cancel):
            for both in zip(pieces, [*pieces[1:], None], strict=True):
                threading.Thread(target=fetch, args=both, name="jtres-piece", daemon=True).start()
            under_way = len(pieces)
            while under_way:
                one = take()
                if isinstance(one, S3Page):
                    yield one
                elif one.error is not None:
                    raise one.error
                else:
                    under_way -= 1
    finally:
        stop.cancel()


def _piece(pages: Iterator[S3Page], piece: _Piece, following: _Piece | None, control: Control) -> Iterator[S3Page]:
    """The pages of one piece, up to where the following one began."""
    orders = _ORDERS
    before = [] if piece.start is None else [piece.start]
    for page in pages:
        keys = [*before, *page.keys]
        orders = [order for order in orders if _ascends(order(keys))]
        if not orders:
            raise _Astray(f"keys out of order behind {piece.start!r}")
        if not page.keys:
            continue
        before = [page.keys[-1]]
        if not piece.first.done():
            piece.first.set_result(page.keys[0])
        edge = control.result(following.first) if following else None
        if edge is not None:
            if edge in page.keys:
                yield page.chosen(repeat(True, page.keys.index(edge)))
                return
            if all(order([edge]) < order(before) for order in orders):
                raise _Astray(f"no {edge!r} behind {piece.start!r}")
        yield page
    if not piece.first.done():
        piece.first.set_result(None)
    if following and control.result(following.first) is not None:
        raise _Astray(f"ended before {following.start!r}")


def _by_bytes(keys: list[str]) -> list[str]:
    """As S3 lists (API reference, ListObjectsV2): code points are in the order of their UTF-8."""
    return keys


def _by_parts(keys: list[str]) -> list[str]:
    """As servers list that keep directories, SeaweedFS for one: `a/x` before `a-b`."""
    return [key.replace("/", "\0") for key in keys]


_ORDERS = [_by_bytes, _by_parts]


def _ascends(keys: list[str]) -> bool:
    return all(map(lt, keys, keys[1:]))
