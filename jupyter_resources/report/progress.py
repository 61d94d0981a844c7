"""Progress: how far a transfer is, folded from its events by one pure function for every bar, widget and log."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import assert_never

from jupyter_resources.core.events import Compared, Copied, Event, Failed, Finished, Listed, Moved, Planned, Stopped
from jupyter_resources.report.words import about, duration, files, of, size, verb

__all__ = ["Phase", "Progress"]

FILE_WEIGHT = 50_000
"""What a file costs beside its bytes, in bytes: else a bar stands still over 10,000 small files after a large one."""
SAMPLE_SECONDS = 0.5
SMOOTHING_SECONDS = 4.0
_SIDES = {"source": "the source", "target": "the target"}


class Phase(StrEnum):
    """Where in its life a transfer is."""

    LISTING = "listing"
    COMPARING = "comparing"
    MOVING = "moving"
    STOPPED = "stopped"
    FINISHED = "finished"


@dataclass(frozen=True, slots=True)
class Progress:
    """Totals so far. Sums, so the order in which workers' events arrive doesn't matter to them.

    `moved` counts bytes that travelled and weren't thrown away; `bytes_per_second` is smoothed over some seconds and
    None until it is known; times are seconds of the caller's clock.
    """

    listed: Mapping[str, int] = field(default_factory=dict)
    compared: int = 0
    to_compare: int = 0
    planned: bool = False
    files: int = 0
    bytes: int = 0
    moved: int = 0
    done: int = 0
    failed: int = 0
    failed_bytes: int = 0
    stopped: bool = False
    seconds: float | None = None
    now: float = 0.0
    moving_since: float | None = None
    bytes_per_second: float | None = None
    sampled: tuple[float, int] | None = None

    def apply(self, event: Event, now: float = 0.0) -> Progress:
        """The progress after `event`, which arrived at `now`."""
        now = max(now, self.now)
        match event:
            case Moved(_, amount):
                return self._sample(now, self.moved + amount)
            case Copied(_):
                return replace(self, now=now, done=self.done + 1)
            case Failed(step, _):
                lost = step.size if step.action == "copy" else 0
                return replace(self, now=now, failed=self.failed + 1, failed_bytes=self.failed_bytes + lost)
            case Listed(side, found):
                return replace(self, now=now, listed={**self.listed, side: max(found, self.listed.get(side, 0))})
            case Compared(done, number):
                return replace(self, now=now, compared=max(done, self.compared), to_compare=number)
            case Planned(number, amount):
                since = now if self.moving_since is None else self.moving_since
                return replace(
                    self,
                    now=now,
                    planned=True,
                    files=self.files + number,
                    bytes=self.bytes + amount,
                    moving_since=since,
                    sampled=self.sampled or (now, self.moved),
                )
            case Stopped():
                return replace(self, now=now, stopped=True)
            case Finished(seconds):
                return replace(self, now=now, seconds=max(seconds, self.seconds or 0.0))
        assert_never(event)

    def _sample(self, now: float, moved: int) -> Progress:
        if self.sampled is None:
            return replace(self, now=now, moved=moved, sampled=(now, self.moved))
        then, before = self.sampled
        passed = now - then
        if passed < SAMPLE_SECONDS:
            return replace(self, now=now, moved=moved)
        # A try thrown away takes its bytes back; a speed below nothing would mean nothing.
        speed = max(moved - before, 0) / passed
        if self.bytes_per_second is not None:
            weight = 1 - math.exp(-passed / SMOOTHING_SECONDS)
            speed = self.bytes_per_second + weight * (speed - self.bytes_per_second)
        return replace(self, now=now, moved=moved, bytes_per_second=speed, sampled=(now, moved))

    @property
    def phase(self) -> Phase:
        """Finished beats stopped beats moving."""
        if self.seconds is not None:
            return Phase.FINISHED
        if self.stopped:
            return Phase.STOPPED
        if self.planned:
            return Phase.MOVING
        return Phase.COMPARING if self.to_compare else Phase.LISTING

    @property
    def fraction(self) -> float:
        """How much of the work is behind us, 0 to 1, and before it is planned of the comparing; 1 if there is none."""
        if not self.planned:
            return self.compared / self.to_compare if self.to_compare else 0.0
        whole = self.bytes + FILE_WEIGHT * self.files
        if not whole:
            return 1.0
        ended = self.done + self.failed
        behind = min(max(self.moved, 0) + self.failed_bytes, self.bytes) + FILE_WEIGHT * min(ended, self.files)
        return behind / whole

    @property
    def seconds_left(self) -> float | None:
        """By the average of the work so far; None until there is enough of it to judge by, or when it is over."""
        if self.phase is not Phase.MOVING or self.moving_since is None:
            return None
        passed, fraction = self.now - self.moving_since, self.fraction
        if passed < 1 or fraction < 0.01:
            return None
        return passed * (1 - fraction) / fraction

    def words(self, direction: str | None = None) -> tuple[str, ...]:
        """What a person wants to know, the most important first: what happens, files, bytes, speed, time left."""
        if self.phase is Phase.LISTING:
            found = [f"{files(number)} in {_SIDES.get(side, side)}" for side, number in self.listed.items()]
            return ("Listing", *found)
        if self.phase is Phase.COMPARING:
            return ("Comparing", f"{self.compared:,} of {files(self.to_compare)}")
        doing = verb(direction)
        first = {Phase.STOPPED: "Stopped", Phase.FINISHED: doing.past.capitalize()}
        parts = [first.get(self.phase, doing.present.capitalize())]
        parts.append(f"{min(self.done, self.files):,} of {files(self.files)}")
        if self.failed:
            parts.append(f"{self.failed:,} failed")
        if self.bytes:
            parts.append(of(self.moved, self.bytes))
        if self.phase is Phase.FINISHED:
            parts.append(f"in {duration(self.seconds or 0.0)}")
        elif self.phase is Phase.MOVING:
            if self.bytes_per_second is not None and self.moved < self.bytes:
                parts.append(f"{size(self.bytes_per_second)}/s")
            left = self.seconds_left
            if left is not None and left >= 0.5:
                parts.append(f"{about(left)} left")
        return tuple(parts)
