"""One push, pull or sync from plan to summary: what is refused before anything moves, and what is raised after."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from jupyter_resources.core.control import Control
from jupyter_resources.core.entry import Entry
from jupyter_resources.core.errors import Conflict, Incomplete, one_line
from jupyter_resources.core.events import Outcome, Reporter
from jupyter_resources.core.paths import problem
from jupyter_resources.core.steps import Action, Plan, Reason, Step
from jupyter_resources.sync import engine
from jupyter_resources.sync.digests import DigestCache
from jupyter_resources.sync.summary import RemoteObjectProtocol, SyncObject, TransactionSummary
from jupyter_resources.sync.transfer import Done

__all__ = ["Picture", "finish"]

NAMED = 5


def finish(
    prepared: engine.Prepared,
    picture: Picture,
    summary: TransactionSummary,
    cache: DigestCache,
    control: Control,
    report: Reporter,
) -> TransactionSummary:
    """Execute `prepared` and fill `summary`, or say what hinders it.

    With `summary.dryrun` nothing is done and nothing raised. Raises Conflict before any transfer; Incomplete when
    files failed and the others are done; Interrupted. Each carries the summary.
    """
    picture.planned(prepared.plan, summary)
    if summary.dryrun:
        return summary
    if summary.has_unresolvable_collisions:
        raise _collisions(summary)
    refused = [step for step in prepared.plan.of(Action.CONFLICT) if step.needs_force]
    if refused:
        raise _conflict(refused, summary)
    try:
        outcome, done = engine.execute(prepared, cache, control, report)
    except KeyboardInterrupt:
        control.cancel()
        summary.interrupted = True
        raise engine.Interrupted(
            "Stopped; what was finished stays, nothing is left half written",
            hint="the same line goes on from here",
            summary=summary,
        ) from None
    picture.done(outcome, done, summary)
    if summary.interrupted:
        raise engine.Interrupted(
            f"Stopped after {len(summary.synced_files):,} of {_files(len(summary.files_to_sync))}; "
            "nothing is left half written",
            hint="the same line goes on from here",
            summary=summary,
        )
    if summary.failed:
        raise _incomplete(summary)
    return summary


@dataclass(frozen=True, slots=True)
class Picture:
    """How to show the steps of one transfer: which side is local, where that is, what a remote entry is called."""

    local_is_source: bool
    root: str
    remote: Callable[[Entry], RemoteObjectProtocol]
    full_key: Callable[[str], str]

    def planned(self, plan: Plan, summary: TransactionSummary) -> None:
        """File every step of `plan` under what it is."""
        for step in plan:
            shown = self._shown(step, step.source, step.target)
            if step.action is Action.SKIP:
                summary.skipped_source_files.append(shown)
                continue
            if step.action is Action.DELETE:
                summary.to_delete.append(shown)
                continue
            summary.matched_source_files.append(shown)
            if step.blocked:
                summary.unresolvable_collisions[shown.name] = self._clashes(step)
            elif step.action is Action.KEEP:
                summary.on_target_eq_md5.append(shown)
            elif step.target is None:
                summary.not_on_target.append(shown)
            else:
                summary.on_target_neq_md5.append(shown)

    def done(self, outcome: Outcome, done: Sequence[Done], summary: TransactionSummary) -> None:
        """Add what happened; the planned lists stay as they were."""
        for one in sorted(done, key=lambda each: each.step.path):
            shown = self._shown(one.step, one.source, one.target)
            if one.step.action is Action.DELETE:
                summary.deleted.append(shown)
                continue
            shown.settled()
            summary.synced_files.append(shown)
            (summary.reused if one.step.action is Action.REUSE else summary.copied).append(shown)
        summary.failed = {self.full_key(path): error for path, error in sorted(outcome.failed.items())}
        summary.bytes_moved = outcome.bytes_moved
        summary.seconds = outcome.seconds
        summary.requests = dict(outcome.requests)
        summary.interrupted = outcome.interrupted

    def _shown(self, step: Step, source: Entry | None, target: Entry | None) -> SyncObject:
        local, remote = (source, target) if self.local_is_source else (target, source)
        name = step.path.rstrip("/") if self.local_is_source else step.path
        return SyncObject.planned(
            None if problem(name) else os.path.join(self.root, name),
            self.remote(remote) if remote is not None else None,
            self.full_key(step.path),
            {
                "exists": local is not None,
                "size": local.size if local is not None else 0,
                "md5": local.md5 if local is not None else None,
                "equal": step.action is Action.KEEP if step.source and step.target else None,
                "state": str(step.action),
                "reason": str(step.reason),
            },
        )

    def _clashes(self, step: Step) -> list[RemoteObjectProtocol] | str:
        if step.reason == Reason.CASE_ONLY:
            return f"{step.reason}: {', '.join(step.clashes)}"
        if self.local_is_source and step.clashes:
            return [self.remote(Entry(path, 0)) for path in step.clashes]
        if step.reason == Reason.DIRECTORY_THERE:
            return f"directory: {os.path.join(self.root, step.path)}"
        return f"file: {', '.join(os.path.join(self.root, path) for path in step.clashes)}"


def _collisions(summary: TransactionSummary) -> Conflict:
    lines = []
    for name, others in summary.unresolvable_collisions.items():
        lines.append(f"{name} ({others if isinstance(others, str) else 'directory: ' + others[0].name})")
    return Conflict(
        f"Found name collisions files with directories, not syncing anything: {_few(lines)}",
        hint="rename one side, or leave it out with --exclude; force doesn't settle this",
        summary=summary,
    )


def _conflict(refused: Sequence[Step], summary: TransactionSummary) -> Conflict:
    unknown = all(step.reason == Reason.UNKNOWN for step in refused)
    names = _few([step.path for step in refused])
    if unknown:
        return Conflict(
            f"{_files(len(refused), 'exists', 'exist')} on the target and can't be compared: {names}",
            hint="--verify reads them to compare; --force overwrites them",
            summary=summary,
        )
    return Conflict(
        f"{_files(len(refused), 'differs', 'differ')} on the target: {names}; nothing was changed",
        hint="--force overwrites them",
        summary=summary,
    )


def _incomplete(summary: TransactionSummary) -> Incomplete:
    first, error = next(iter(summary.failed.items()))
    count = len(summary.failed)
    kept = f"; nothing of {len(summary.to_delete)} was deleted" if summary.to_delete and not summary.deleted else ""
    return Incomplete(
        f"{count:,} of {_files(count + len(summary.synced_files))} failed, the others are done{kept}: "
        f"{first}: {one_line(error)}",
        hint=getattr(error, "hint", "") or "the same line tries the failed ones again",
        failed=dict(summary.failed),
        summary=summary,
    )


def _files(count: int, one: str = "", many: str = "") -> str:
    return f"{count:,} file{'' if count == 1 else 's'} {one if count == 1 else many}".rstrip()


def _few(names: Sequence[str]) -> str:
    more = f" and {len(names) - NAMED:,} more" if len(names) > NAMED else ""
    return ", ".join(names[:NAMED]) + more
