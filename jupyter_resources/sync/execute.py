"""Doing a plan: copies in parallel, deletes last; events are drained on the caller's thread, where Ctrl-C lands."""

from __future__ import annotations

import os
import threading
import time
from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field

from jupyter_resources.core.control import Control
from jupyter_resources.core.entry import Entry
from jupyter_resources.core.errors import (
    Cancelled,
    Changed,
    Incomplete,
    ResourcesError,
    one_line,
)
from jupyter_resources.core.events import Copied, Event, Failed, Finished, Moved, Outcome, Reporter, Stopped, silent
from jupyter_resources.core.steps import Action, Plan, Step
from jupyter_resources.storage.protocol import STREAM_BYTES, WHOLE_BYTES, Store
from jupyter_resources.sync.digests import Clock, DigestCache, still
from jupyter_resources.sync.settle import Side, clock_of
from jupyter_resources.sync.transfer import Done, Transfer

__all__ = ["CONCURRENCY", "IN_FLIGHT_BYTES", "execute"]

CONCURRENCY = 64
IN_FLIGHT_BYTES = 128 << 20
"""Of files above STREAM_BYTES."""
LOOK_SECONDS = 0.04
"""How often events are looked for: faster than an eye, slower than a thread switch counts."""
GRACE_SECONDS = 0.8
"""How long an interrupt waits for workers to clean up; those cut off later clean up on their own thread."""


@dataclass(slots=True)
class _Tally:
    """What came out so far; touched by the draining thread alone."""

    done: list[Done] = field(default_factory=list)
    failed: dict[str, ResourcesError] = field(default_factory=dict)
    bytes_moved: int = 0


def execute(
    plan: Plan, source: Side, target: Side, cache: DigestCache, control: Control, report: Reporter
) -> tuple[Outcome, list[Done]]:
    """Do the copies and reuses of `plan` in parallel, and its deletes if every one of them succeeded (laws 3, 4).

    Returns the outcome, and for each finished step what is known of both ends now. A failed file is in
    `outcome.failed`; an interrupt (KeyboardInterrupt in the caller's thread, or a cancel of `control` in any) ends it
    within about a second and shows as `outcome.interrupted`. Raises nothing but what `report` raises.
    """
    started = time.monotonic()
    tally = _Tally()
    clocks = {side.root: clock_of(side) for side in (source, target) if side.root}
    steps = sorted(plan.of(Action.COPY, Action.REUSE), key=lambda step: -step.size)
    interrupted = False
    workers = _Workers(source, target, control, steps)
    try:
        try:
            workers.start()
            workers.drain(tally, report)
            if not tally.failed and not control.cancelled and len(tally.done) == len(steps):
                _delete(plan.of(Action.DELETE), (source, target), control, tally, report)
        except (KeyboardInterrupt, Cancelled):
            interrupted = True
            control.cancel()
            with suppress(KeyboardInterrupt):  # an impatient second one: don't wait for the clean-up
                report(Stopped())
                workers.drain(tally, report, within=GRACE_SECONDS)
                report(Finished(time.monotonic() - started))
    finally:
        if workers.busy:
            control.cancel()
        _remember(tally.done, source, target, cache, clocks)
    seconds = time.monotonic() - started
    if not interrupted:
        report(Finished(seconds))
    outcome = Outcome(
        tuple(one.step for one in tally.done),
        tally.failed,
        tally.bytes_moved,
        seconds,
        control.requests,
        interrupted or control.cancelled,
    )
    return outcome, tally.done


class _Workers:
    """Threads that take the steps off one queue and put events on another.

    The drain looks at the events by the clock: woken for each of them, it would take the interpreter from the workers
    thousands of times.
    """

    def __init__(self, source: Side, target: Side, control: Control, steps: Sequence[Step]) -> None:
        self._steps = deque(steps)
        self._events: deque[Event | Done] = deque()
        self._control = control
        self._room = _Room(IN_FLIGHT_BYTES, control)
        self._ended = threading.Event()
        self._lock = threading.Lock()
        self._transfer = Transfer(source, target, control.detached(), self._events.append)
        self._working = 0
        if not steps:
            self._ended.set()

    @property
    def busy(self) -> bool:
        """Whether any of them still works."""
        return not self._ended.is_set()

    def start(self) -> None:
        """Start as many as there is work for; fewer where the system gives no more threads."""
        for number in range(min(CONCURRENCY, len(self._steps))):
            with self._lock:
                if self._ended.is_set():
                    return
                self._working += 1
            try:
                threading.Thread(target=self._work, name=f"jtres-{number}", daemon=True).start()
            except RuntimeError:
                alone = self._left()
                if alone and self._steps:
                    raise
                return

    def _left(self) -> bool:
        """One works no more; whether it was the last one."""
        with self._lock:
            self._working -= 1
            if not self._working:
                self._ended.set()
            return not self._working

    def _work(self) -> None:
        try:
            while not self._control.cancelled:
                try:
                    step = self._steps.popleft()
                except IndexError:
                    return
                self._one(self._transfer, step)
        finally:
            self._left()

    def _one(self, transfer: Transfer, step: Step) -> None:
        try:
            if step.size <= STREAM_BYTES:  # CONCURRENCY bounds these
                self._events.append(transfer.run(step))
                return
            with self._room.taken(step.size):
                self._events.append(transfer.run(step))
        except ResourcesError as error:
            if not (isinstance(error, Cancelled) and self._control.cancelled):
                self._events.append(Failed(step, error))
        except BaseException as error:  # noqa: BLE001 - the worker boundary: no step is lost, whatever the engine raises
            surprise = ResourcesError(f"{step.path}: {one_line(error)}", hint="this is a bug worth reporting")
            surprise.__cause__ = error
            self._events.append(Failed(step, surprise))

    def drain(self, tally: _Tally, report: Reporter, within: float | None = None) -> None:
        """Hand events to `report` until every worker has ended, or `within` seconds are over.

        Without `within` it raises Cancelled as soon as the control says so.
        """
        end = time.monotonic() + within if within is not None else None
        while True:
            ended = self._ended.wait(LOOK_SECONDS)  # before looking: what was put until then is seen
            while self._events:
                late = end is not None and time.monotonic() >= end
                self._tell(self._events.popleft(), tally, silent if late else report)
                if end is None:
                    self._control.check()
            if ended or (end is not None and time.monotonic() >= end):
                return
            if end is None:
                self._control.check()

    @staticmethod
    def _tell(event: Event | Done, tally: _Tally, report: Reporter) -> None:
        match event:
            case Done():
                tally.done.append(event)
                report(Copied(event.step))
            case Failed():
                tally.failed[event.step.path] = event.error
                report(event)
            case Moved():
                tally.bytes_moved += event.bytes
                report(event)
            case _:
                report(event)


class _Room:
    """Bounds the bytes in flight, and so the memory; a large file counts as what its parts in flight hold."""

    def __init__(self, limit: int, control: Control) -> None:
        self._free = limit
        self._changed = threading.Condition()
        self._control = control

    @contextmanager
    def taken(self, size: int) -> Iterator[None]:
        """Wait for room and hold it for the block. A large file holds only what its parts in flight do."""
        need = min(size, WHOLE_BYTES)
        with self._changed:
            while self._free < need:
                self._control.check()
                self._changed.wait(0.2)
            self._free -= need
        try:
            yield
        finally:
            with self._changed:
                self._free += need
                self._changed.notify_all()


def _delete(steps: Sequence[Step], sides: tuple[Side, Side], control: Control, tally: _Tally, report: Reporter) -> None:
    """Remove what the plan says is gone; what changed since it was listed stays, as does what the source has by now."""
    source, target = sides
    store = target.under(control)
    doomed: list[Step] = []
    now = _there_now(steps, store) if target.root is None else {}
    for step in steps:
        why = _spared(step, source, target, now)
        if why is None:
            doomed.append(step)
            continue
        changed = Changed(f"{step.path} {why}; it was not deleted", hint="repeat the line")
        tally.failed[step.path] = changed
        report(Failed(step, changed))
    for start in range(0, len(doomed), 1000):
        control.check()
        batch = doomed[start : start + 1000]
        failed: dict[str, ResourcesError] = {}
        try:
            store.delete([step.path for step in batch])
        except Incomplete as error:
            failed = error.failed
        except Cancelled:
            return
        except ResourcesError as error:
            failed = {step.path: error for step in batch}
        for step in batch:
            if step.path in failed:
                tally.failed[step.path] = failed[step.path]
                report(Failed(step, failed[step.path]))
            else:
                tally.done.append(Done(step, None, step.target))
                report(Copied(step))


def _spared(step: Step, source: Side, target: Side, now: Mapping[str, str | None]) -> str | None:
    """Why the file isn't to be deleted after all; None when it is."""
    assert step.target is not None
    if source.root is not None and source.has_file(step.path):
        return "is in the source by now"
    here = target.root is not None and not still(target.path_of(step.path), step.target)
    there = now.get(step.path, step.target.etag) != step.target.etag
    return "changed since it was listed" if here or there else None


def _there_now(steps: Sequence[Step], store: Store) -> dict[str, str | None]:
    """The ETags that the doomed objects have by now: one more listing, since a delete can't carry what it expects."""
    if not steps:
        return {}
    directory = os.path.commonpath([os.path.dirname(step.path) for step in steps])
    doomed = {step.path for step in steps}
    pages = store.list(directory, tree=True)
    return {one.path: one.etag for page in pages for one in page.entries if one.path in doomed}


def _remember(
    done: Sequence[Done], source: Side, target: Side, cache: DigestCache, clocks: dict[str, Clock | None]
) -> None:
    """Record the digests of what was just read and written, so that the next plan reads nothing."""
    ends: list[tuple[Side, list[Entry]]] = [
        (source, [one.source for one in done if one.source is not None]),
        (target, [one.target for one in done if one.target is not None and one.step.action is not Action.DELETE]),
    ]
    for side, entries in ends:
        if side.root is None:
            cache.record_objects(side.store.location, entries)
        elif clocks.get(side.root) is not None:
            settled = [one for one in entries if still(side.path_of(one.path), one)]
            cache.record_files(side.root, side.placed(settled), clocks[side.root])
