"""How a dry run is to be done after all."""

from __future__ import annotations

from dataclasses import dataclass

from jupyter_resources.core.control import Control
from jupyter_resources.core.events import Reporter

__all__ = ["Applying"]


@dataclass(frozen=True, slots=True)
class Applying:
    """What `TransactionSummary.apply` was told: see there."""

    force: bool
    fresh: bool
    report: Reporter
    control: Control
