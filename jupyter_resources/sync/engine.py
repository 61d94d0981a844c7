"""The one engine: from two sides and a policy to a plan, from the plan to an outcome."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from jupyter_resources.core.control import Control
from jupyter_resources.core.events import Outcome, Planned, Reporter, silent
from jupyter_resources.core.steps import Action, Plan
from jupyter_resources.storage.protocol import Capability
from jupyter_resources.sync import execute as doing
from jupyter_resources.sync.digests import DigestCache
from jupyter_resources.sync.plan import plan
from jupyter_resources.sync.policy import Policy
from jupyter_resources.sync.settle import Side, settle
from jupyter_resources.sync.transfer import Done

__all__ = ["Interrupted", "Prepared", "again", "execute", "prepare"]


class Interrupted(KeyboardInterrupt):
    """The user stopped a transfer; `summary` says what was done before. IPython shows it without a traceback."""

    def __init__(self, message: str, *, hint: str = "", summary: Any = None) -> None:
        super().__init__(message)
        self.message, self.hint, self.summary = message, hint, summary

    def __str__(self) -> str:
        return f"{self.message}\n  → {self.hint}" if self.hint else self.message

    def _render_traceback_(self) -> list[str]:
        return str(self).splitlines()


@dataclass(frozen=True, slots=True)
class Prepared:
    """A plan, with the two sides it was made for."""

    plan: Plan
    source: Side
    target: Side


def prepare(
    source: Side, target: Side, policy: Policy, cache: DigestCache, control: Control, report: Reporter = silent
) -> Prepared:
    """Decide what makes `target` have what `source` has; changes nothing. Reads only files that are ambiguous.

    Raises EmptySource, and what listing or reading raises.
    """
    source, target = settle(source, target, cache, control, verify=policy.verify, report=report)
    return again(Prepared(Plan(()), source, target), policy)


def again(prepared: Prepared, policy: Policy) -> Prepared:
    """The plan that another policy makes of what is already known; asks nothing of either side."""
    able = prepared.target.store.capabilities
    # On a disk, looking for the same content costs what copying it does.
    policy = policy.but(
        folds_case=Capability.FOLDS_CASE in able, reuse=Capability.COPY in able and prepared.target.root is None
    )
    made = plan(prepared.source.listing, prepared.target.listing, policy)
    return Prepared(made, prepared.source, prepared.target)


def execute(
    prepared: Prepared, cache: DigestCache, control: Control, report: Reporter = silent
) -> tuple[Outcome, list[Done]]:
    """Do the plan; see `sync.execute.execute`."""
    steps = prepared.plan.of(Action.COPY, Action.REUSE, Action.DELETE)
    report(Planned(len(steps), prepared.plan.bytes_to_move))
    return doing.execute(prepared.plan, prepared.source, prepared.target, cache, control, report)
