"""One push, pull or sync from plan to summary: what is refused before anything moves, and what is raised after."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from typing import Any

from jupyter_resources.core.collecting import collecting_rarely
from jupyter_resources.core.control import Control
from jupyter_resources.core.entry import Entry
from jupyter_resources.core.errors import Cancelled, Changed, Conflict, Incomplete, one_line
from jupyter_resources.core.events import Outcome, Reporter
from jupyter_resources.core.paths import problem
from jupyter_resources.core.steps import Action, Plan, Reason, Step
from jupyter_resources.sync import engine
from jupyter_resources.sync.applying import Applying
from jupyter_resources.sync.digests import DigestCache
from jupyter_resources.sync.policy import Policy
from jupyter_resources.sync.settle import Side
from jupyter_resources.sync.summary import RemoteObjectProtocol, SyncObject, TransactionSummary
from jupyter_resources.sync.transfer import Done

__all__ = ["Look", "Picture", "Transaction"]

NAMED = 5


Look = Callable[[Control, Reporter], tuple[Side, Side]]


@dataclass(frozen=True, slots=True)
class Transaction:
    """How to look at both sides, what may be done about a difference, how to show it, and who hears what was done."""

    look: Look
    policy: Policy
    picture: Picture
    cache: DigestCache
    notice: Callable[[Sequence[Done]], None] = lambda done: None

    def run(self, summary: TransactionSummary, report: Reporter, control: Control) -> TransactionSummary:
        """Decide, and unless `summary.dryrun`, do it; fills `summary`.

        A dry run raises nothing of what it shows, and can be applied later. Otherwise raises Conflict before any
        transfer; Incomplete when files failed and the others are done; Interrupted, by Ctrl-C or by `control`. Each
        carries the summary.
        """
        with _interruptible(summary, control):
            with collecting_rarely():
                prepared = engine.prepare(*self.look(control, report), self.policy, self.cache, control, report)
                self.picture.planned(prepared.plan, summary)
            if summary.dryrun:
                summary.can_be_applied_by(partial(self._apply, prepared, summary))
                return summary
            return self._do(prepared, summary, control, report)

    def _apply(self, prepared: engine.Prepared, shown: TransactionSummary, how: Applying) -> TransactionSummary:
        """Do just what a dry run showed. Raises Changed if either side is no longer what it saw."""
        summary, control = shown.unfinished(), how.control
        with _interruptible(summary, control):
            now = () if how.fresh else self.look(control, how.report)
            for side, seen in zip(now, (prepared.source, prepared.target), strict=False):
                if not side.listing.looks_like(seen.listing):
                    raise Changed(
                        f"{side.store.location} changed since the dry run; nothing was done",
                        hint="look again: a new dry run shows what would be done now",
                    )
            if how.force:
                prepared = engine.again(prepared, self.policy.but(overwrite=True))
            self.picture.planned(prepared.plan, summary)
            return self._do(prepared, summary, control, how.report)

    def _do(
        self, prepared: engine.Prepared, summary: TransactionSummary, control: Control, report: Reporter
    ) -> TransactionSummary:
        if summary.has_unresolvable_collisions:
            raise _collisions(summary)
        refused = [step for step in prepared.plan.of(Action.CONFLICT) if step.needs_force]
        if refused:
            raise _conflict(refused, summary)
        summary.started = True
        outcome, done = engine.execute(prepared, self.cache, control, report)
        self.picture.done(outcome, done, summary)
        self.notice(done)
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


@contextmanager
def _interruptible(summary: TransactionSummary, control: Control) -> Iterator[None]:
    """What every transfer begins with; an interrupt outside of the transfer itself says what it left."""
    try:
        control.check()
        yield
    except engine.Interrupted:
        raise
    except (KeyboardInterrupt, Cancelled):  # the latter: whoever holds `control` stopped it
        control.cancel()
        summary.interrupted = True
        if summary.started:
            message = "Stopped; what was finished stays, nothing is left half written"
            raise engine.Interrupted(message, hint="the same line goes on from here", summary=summary) from None
        message = "Stopped before anything was changed"
        raise engine.Interrupted(message, hint="the same line starts again", summary=summary) from None
    finally:
        summary.requests = summary.requests or control.requests


@dataclass(frozen=True, slots=True)
class Picture:
    """How to show the steps of one transfer: which side is local, where that is, what a remote entry is called."""

    local_is_source: bool
    root: str
    remote: Callable[[Entry], RemoteObjectProtocol]
    full_key: Callable[[str], str]
    places: Mapping[str, str] | None = None
    """Where the local files are, by path, if that isn't `root`."""

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
            deleted = one.step.action is Action.DELETE
            shown = self._shown(one.step, one.source, one.target, settled=not deleted)
            if deleted:
                summary.deleted.append(shown)
                continue
            summary.synced_files.append(shown)
            (summary.reused if one.step.action is Action.REUSE else summary.copied).append(shown)
        summary.failed = {self.full_key(path): error for path, error in sorted(outcome.failed.items())}
        summary.bytes_moved = outcome.bytes_moved
        summary.seconds = outcome.seconds
        summary.requests = dict(outcome.requests)
        summary.interrupted = outcome.interrupted

    def _shown(self, step: Step, source: Entry | None, target: Entry | None, *, settled: bool = False) -> SyncObject:
        return SyncObject.planned(self._facts, step, source, target, settled)

    def _facts(self, step: Step, source: Entry | None, target: Entry | None, settled: bool) -> dict[str, Any]:
        """What a summary says of one file; `settled` once both sides hold the same content."""
        local, remote = (source, target) if self.local_is_source else (target, source)
        name = step.path.rstrip("/") if self.local_is_source else step.path
        size = local.size if local is not None else 0
        return {
            "remote_obj": self.remote(remote) if remote is not None else None,
            "remote_path": self.full_key(step.path),
            "local_path": None if step.action is Action.SKIP and problem(name) else self._place(name),
            "exists_locally": settled or local is not None,
            "local_size": remote.size if settled and remote is not None else size,
            "local_hash": local.md5 if local is not None else None,
            "equal": settled or (step.action is Action.KEEP if step.source and step.target else None),
            "state": str(step.action),
            "reason": str(step.reason),
        }

    def _place(self, name: str) -> str | None:
        return f"{self.root}/{name}" if self.places is None else self.places.get(name)

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
        f"Found name collisions of files with directories, not syncing anything: {_few(lines)}",
        hint="rename one side, or leave it out with --exclude; force doesn't settle this",
        summary=summary,
    )


def _conflict(refused: Sequence[Step], summary: TransactionSummary) -> Conflict:
    unknown = all(step.reason == Reason.UNKNOWN for step in refused)
    names = _few([step.path for step in refused])
    if unknown:
        return Conflict(
            f"{_files(len(refused), 'exists', 'exist')} on the target and can't be compared: {names}",
            hint="--verify (verify=True) reads them to compare; --force (force=True) overwrites them",
            summary=summary,
        )
    return Conflict(
        f"{_files(len(refused), 'differs', 'differ')} on the target: {names}; nothing was changed",
        hint="--force (force=True) overwrites them",
        summary=summary,
    )


def _incomplete(summary: TransactionSummary) -> Incomplete:
    first, error = next(iter(summary.failed.items()))
    count = len(summary.failed)
    others = ", the others are done" if summary.synced_files else ""
    kept = f"; nothing of {len(summary.to_delete)} was deleted" if summary.to_delete and not summary.deleted else ""
    return Incomplete(
        f"{count:,} of {_files(count + len(summary.synced_files))} failed{others}{kept}: {first}: {one_line(error)}",
        hint=getattr(error, "hint", "") or "the same line tries the failed ones again",
        failed=dict(summary.failed),
        summary=summary,
    )


def _files(count: int, one: str = "", many: str = "") -> str:
    return f"{count:,} file{'' if count == 1 else 's'} {one if count == 1 else many}".rstrip()


def _few(names: Sequence[str]) -> str:
    more = f" and {len(names) - NAMED:,} more" if len(names) > NAMED else ""
    return ", ".join(names[:NAMED]) + more
