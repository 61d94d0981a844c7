"""What happens in a transfer, as small values that workers put on a queue; and Outcome, what a plan became."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from jupyter_resources.core.errors import ResourcesError
from jupyter_resources.core.steps import Step

__all__ = [
    "Compared",
    "Copied",
    "Event",
    "Failed",
    "Finished",
    "Listed",
    "Moved",
    "Outcome",
    "Planned",
    "Reporter",
    "Stopped",
    "silent",
]


@dataclass(frozen=True, slots=True)
class Listed:
    """One side has been listed this far."""

    side: str
    files: int


@dataclass(frozen=True, slots=True)
class Compared:
    """So many of the files that must be read to be compared have been read."""

    done: int
    files: int


@dataclass(frozen=True, slots=True)
class Planned:
    """The plan is made: what there is to do."""

    files: int
    bytes: int


@dataclass(frozen=True, slots=True)
class Moved:
    """So many more bytes of this file have travelled; negative when a try is thrown away."""

    path: str
    bytes: int


@dataclass(frozen=True, slots=True)
class Copied:
    """The step is done (copied, reused or deleted)."""

    step: Step


@dataclass(frozen=True, slots=True)
class Failed:
    """The step could not be done; the others go on."""

    step: Step
    error: ResourcesError


@dataclass(frozen=True, slots=True)
class Stopped:
    """The user interrupted."""


@dataclass(frozen=True, slots=True)
class Finished:
    """Nothing more will come."""

    seconds: float


Event = Listed | Compared | Planned | Moved | Copied | Failed | Stopped | Finished
Reporter = Callable[[Event], None]


def silent(event: Event) -> None:
    """The reporter of whoever doesn't want to watch."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a plan became: steps done in the order they ended, and an error for each that failed."""

    done: tuple[Step, ...] = ()
    failed: Mapping[str, ResourcesError] = field(default_factory=dict)
    bytes_moved: int = 0
    seconds: float = 0.0
    requests: Mapping[str, int] = field(default_factory=dict)
    interrupted: bool = False
