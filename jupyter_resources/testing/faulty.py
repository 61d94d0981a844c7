"""A store that fails on purpose, exactly where a test says."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from jupyter_resources.core.control import Control
from jupyter_resources.core.entry import Entry
from jupyter_resources.core.errors import TimedOut
from jupyter_resources.storage.bodies import BytesBody
from jupyter_resources.storage.protocol import ANY, Body, Expect, Page, Reader, Store
from jupyter_resources.storage.wrapper import Wrapper

__all__ = ["Fault", "FaultyStore"]

HANG_SECONDS = 30.0


@dataclass(frozen=True, slots=True)
class Fault:
    """What goes wrong: at the `nth` call (from 1) of `verb` for `key` (None: any), and `times` calls in a row.

    `error` is raised before anything is done; with `after` once it is done: the answer is lost. `hang` waits until the
    transfer is cancelled. `cut` ends the content after so many bytes: a read raises `error` there, or ends as if that
    were all, and a put stores only those; for a list it counts pages. `flip` inverts the byte at that offset.
    """

    verb: str
    nth: int = 1
    times: int = 1
    key: str | None = None
    error: Exception | None = None
    after: bool = False
    hang: bool = False
    cut: int | None = None
    flip: int | None = None


class _Record:
    """The calls so far, shared by all views of one store."""

    def __init__(self, faults: Sequence[Fault]) -> None:
        self.faults = list(faults)
        self.lock = threading.Lock()
        self.calls: Counter[str] = Counter()
        self.matched: Counter[Fault] = Counter()
        self.fired: list[tuple[str, str]] = []

    def next(self, verb: str, key: str) -> Fault | None:
        """The fault due now, if there is one: the first in the order they were given."""
        due: Fault | None = None
        with self.lock:
            self.calls[verb] += 1
            for fault in self.faults:
                if fault.verb == verb and fault.key in (None, key):
                    self.matched[fault] += 1
                    if due is None and fault.nth <= self.matched[fault] < fault.nth + fault.times:
                        due = fault
                        self.fired.append((verb, key))
        return due


class FaultyStore(Wrapper):
    """`inner` with `faults`, counted over all views (see `under`). The same calls fail in the same way each time."""

    def __init__(self, inner: Store, faults: Sequence[Fault]) -> None:
        super().__init__(inner)
        self._record = _Record(faults)

    @property
    def calls(self) -> dict[str, int]:
        """Calls so far, by verb, those that failed included."""
        with self._record.lock:
            return dict(self._record.calls)

    @property
    def fired(self) -> list[tuple[str, str]]:
        """The verb and key of each fault that happened."""
        with self._record.lock:
            return list(self._record.fired)

    def under(self, control: Control) -> FaultyStore:
        view = FaultyStore(self._inner.under(control), ())
        view._record, view._control = self._record, control
        return view

    def list(self, prefix: str = "", *, tree: bool = False, expected: Sequence[str] = ()) -> Iterator[Page]:
        fault = self._record.next("list", prefix)
        for number, page in enumerate(self._inner.list(prefix, tree=tree, expected=expected)):
            if fault and number == (fault.cut or 0) and not fault.after:
                self._strike(fault)
                if fault.cut is not None:
                    return
            yield page
        if fault and fault.after:
            self._strike(fault)

    def head(self, key: str) -> Entry:
        with self._around("head", key):
            return self._inner.head(key)

    @contextmanager
    def read(self, key: str, start: int = 0, end: int | None = None) -> Iterator[Reader]:
        fault = self._record.next("read", key)
        if fault and fault.cut is None and fault.flip is None:
            self._strike(fault)
        with self._inner.read(key, start, end) as reader:
            yield _Faulty(reader, fault, self._strike) if fault else reader

    def put(self, key: str, body: Body, *, expect: Expect = ANY) -> Entry:
        with self._around("put", key) as fault:
            if fault and (fault.cut is not None or fault.flip is not None):
                content = b"".join(_spoiled(body.chunks(), fault))
                return self._inner.put(key, BytesBody(content, body.moved), expect=expect)
            return self._inner.put(key, body, expect=expect)

    def copy(self, source: str, target: str, *, expect: Expect = ANY) -> Entry:
        with self._around("copy", target):
            return self._inner.copy(source, target, expect=expect)

    def delete(self, keys: Sequence[str]) -> None:
        with self._around("delete", keys[0] if keys else ""):
            self._inner.delete(keys)

    @contextmanager
    def _around(self, verb: str, key: str) -> Iterator[Fault | None]:
        fault = self._record.next(verb, key)
        if fault and not fault.after:
            self._strike(fault)
        yield fault
        if fault and fault.after:
            self._strike(fault)

    def _strike(self, fault: Fault) -> None:
        if fault.hang:
            self._control.wait(HANG_SECONDS)
            raise TimedOut(f"nobody cancelled a hanging {fault.verb}")
        if fault.error is not None:
            raise fault.error


class _Faulty:
    """A reader whose bytes end early or aren't the right ones."""

    def __init__(self, reader: Reader, fault: Fault, strike: Callable[[Fault], None]) -> None:
        self.entry = reader.entry
        self._reader, self._fault, self._strike = reader, fault, strike

    def __iter__(self) -> Iterator[bytes]:
        yield from _spoiled(self._reader, self._fault)
        if self._fault.cut is not None:
            self._strike(self._fault)


def _spoiled(chunks: Reader | Iterator[bytes], fault: Fault) -> Iterator[bytes]:
    at = 0
    for chunk in chunks:
        spoiled = bytearray(chunk)
        if fault.flip is not None and at <= fault.flip < at + len(chunk):
            spoiled[fault.flip - at] ^= 0xFF
        if fault.cut is not None:
            spoiled = spoiled[: max(0, fault.cut - at)]
        at += len(chunk)
        if spoiled:
            yield bytes(spoiled)
        if fault.cut is not None and at >= fault.cut:
            return
