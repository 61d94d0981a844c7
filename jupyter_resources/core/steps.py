"""Decisions as values: a Step for one file, a Plan for all of them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple

from jupyter_resources.core.entry import Entry

__all__ = ["Action", "Plan", "Reason", "Step"]


class Action(StrEnum):
    """What is to be done with one path."""

    COPY = "copy"
    REUSE = "reuse"
    DELETE = "delete"
    KEEP = "keep"
    CONFLICT = "conflict"
    SKIP = "skip"


class Reason(StrEnum):
    """Why, in words that a person reads. A skip carries the words of what left the file out instead."""

    NEW = "new"
    CHANGED = "changed"
    SAME = "same"
    HELD = "same content on the target"
    GONE = "not in the source"
    DIFFERS = "target differs"
    UNKNOWN = "cannot compare"
    DIRECTORY_THERE = "directory where a file should go"
    FILE_THERE = "file where a directory should go"
    BOTH = "file and directory of one name"
    CASE_ONLY = "differs only in case from another file"


class Step(NamedTuple):
    """One decision: `source` and `target` are what was listed on each side; `held_at` is where a reuse copies from."""

    action: Action
    path: str
    reason: str
    source: Entry | None = None
    target: Entry | None = None
    held_at: Entry | None = None
    clashes: tuple[str, ...] = ()

    @property
    def size(self) -> int:
        """Bytes the step is about: the source's, or for a delete the target's."""
        entry = self.source or self.target
        return entry.size if entry else 0

    @property
    def needs_force(self) -> bool:
        """A conflict that overwriting would settle."""
        return self.action is Action.CONFLICT and self.reason in (Reason.DIFFERS, Reason.UNKNOWN)

    @property
    def blocked(self) -> bool:
        """A conflict that nothing but another name settles."""
        return self.action is Action.CONFLICT and not self.needs_force

    def __str__(self) -> str:
        return f"{self.action} {self.path} ({self.reason})"


@dataclass(frozen=True, slots=True)
class Plan:
    """All steps, sorted by path; a pure value that can be shown, kept and executed."""

    steps: tuple[Step, ...]

    def __iter__(self) -> Iterator[Step]:
        return iter(self.steps)

    def __len__(self) -> int:
        return len(self.steps)

    def of(self, *actions: Action) -> tuple[Step, ...]:
        """The steps with one of `actions`, in order."""
        return tuple(step for step in self.steps if step.action in actions)

    @property
    def bytes_to_move(self) -> int:
        """What has to travel, in bytes (reuse and delete move nothing)."""
        return sum(step.size for step in self.steps if step.action is Action.COPY)
