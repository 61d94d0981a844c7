"""The decision: two listings in, steps out. Pure: no I/O, no clock."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property
from operator import attrgetter

from jupyter_resources.core.entry import Entry, Listing
from jupyter_resources.core.errors import EmptySource
from jupyter_resources.core.paths import parents
from jupyter_resources.core.steps import Action, Plan, Reason, Step
from jupyter_resources.sync.policy import Policy

__all__ = ["maybe_held", "plan", "same", "undecided"]


def same(one: Entry, other: Entry) -> bool | None:
    """Whether two entries have the same content; None if what is known of them doesn't tell."""
    if one.size != other.size:
        return False
    if one.sha256 is not None and other.sha256 is not None:
        return one.sha256 == other.sha256
    if one.md5 is not None and other.md5 is not None:
        return one.md5 == other.md5
    return None


def undecided(source: Listing, target: Listing) -> list[tuple[Entry, Entry]]:
    """Pairs at one path that only more knowledge (a digest) can tell apart; unequal sizes need none."""
    there = target.by_path
    pairs = [(entry, there[entry.path]) for entry in source.entries if entry.path in there]
    return [(entry, other) for entry, other in pairs if same(entry, other) is None]


def maybe_held(source: Listing, target: Listing) -> list[Entry]:
    """New files without a digest whose size equals that of something on the target: maybe moved, not new."""
    there = target.by_path
    new = [one for one in source.entries if one.path not in there and one.md5 is None and one.sha256 is None]
    if not new:
        return []
    sizes = {entry.size for entry in target.entries if entry.size and (entry.md5 or entry.sha256)}
    return [entry for entry in new if entry.size in sizes]


def plan(source: Listing, target: Listing, policy: Policy) -> Plan:
    """What makes `target` have what `source` has, under `policy`; steps sorted by path.

    `plan(x, x)` keeps everything. Raises EmptySource when deleting is allowed, there is something to delete, and the
    source holds nothing (law 5).
    """
    names = _Names(source, target)
    held = _Held(source, target, policy)
    taken: dict[str, str] = {}
    steps: list[Step] = []
    for entry in source.entries:
        there = target.by_path.get(entry.path)
        if there is not None and names.plain(entry.path) and not policy.folds_case and same(entry, there):
            steps.append(Step(Action.KEEP, entry.path, Reason.SAME, entry, there))
            continue
        clash = names.clash(entry.path)
        twin = taken.setdefault(entry.path.casefold(), entry.path) if policy.folds_case else entry.path
        if twin != entry.path:
            steps.append(Step(Action.CONFLICT, entry.path, Reason.CASE_ONLY, entry, None, clashes=(twin,)))
        elif names.doubled(entry.path):
            steps.append(Step(Action.SKIP, entry.path, Reason.BOTH, entry, there))
        elif clash is not None:
            reason, others = clash
            steps.append(Step(Action.CONFLICT, entry.path, reason, entry, there, clashes=others))
        elif there is None:
            steps.append(held.or_copy(entry, Reason.NEW, None))
        else:
            steps.append(_where_both_are(entry, there, policy, held))
    steps.extend(Step(Action.SKIP, one.path, one.reason, Entry(one.path, one.size)) for one in source.left_out)
    if policy.delete:
        gone = list(_gone(source, target))
        if gone and not source and not policy.allow_empty:
            raise EmptySource(
                f"the source holds no files, so mirroring it would delete {len(gone)} on the other side",
                hint="check the path; with --allow-empty (allow_empty=True) it is done all the same",
            )
        steps.extend(Step(Action.DELETE, entry.path, Reason.GONE, None, entry) for entry in gone)
        told = {step.path for step in steps}
        kept = (one for one in target.left_out if one.path not in told)
        steps.extend(
            Step(Action.SKIP, one.path, f"kept there: {one.reason}", None, Entry(one.path, one.size)) for one in kept
        )
    return Plan(tuple(sorted(steps, key=attrgetter("path"))))


def _where_both_are(entry: Entry, there: Entry, policy: Policy, held: _Held) -> Step:
    equal = same(entry, there)
    if equal:
        return Step(Action.KEEP, entry.path, Reason.SAME, entry, there)
    reason = Reason.UNKNOWN if equal is None else Reason.DIFFERS
    if not policy.overwrite:
        return Step(Action.CONFLICT, entry.path, reason, entry, there)
    return held.or_copy(entry, Reason.UNKNOWN if equal is None else Reason.CHANGED, there)


def _gone(source: Listing, target: Listing) -> Iterator[Entry]:
    """What the target has and the source lacks; a file that was merely left out of the source isn't gone."""
    out_files = {one.path for one in source.left_out if not one.path.endswith("/")}
    out_below = tuple(one.path for one in source.left_out if one.path.endswith("/"))
    for entry in target:
        if entry.path not in source and entry.path not in out_files and not entry.path.startswith(out_below):
            yield entry


class _Names:
    """Which paths stand in the way of others, as a directory or as a file. One look per directory, not per file."""

    def __init__(self, source: Listing, target: Listing) -> None:
        self._target = target
        self._doubled = _directories(source) & source.by_path.keys()
        self._directories = _directories(target)
        self._directories.update(one.path.rstrip("/") for one in target.left_out if one.path.endswith("/"))
        self._file_above: dict[str, str | None] = {"": None}

    def plain(self, path: str) -> bool:
        """Whether nothing is in the way of `path` or doubles it: true of nearly all, and quickly told."""
        if path in self._directories or path in self._doubled:
            return False
        return self._above(path.rpartition("/")[0]) is None

    def doubled(self, path: str) -> bool:
        """An object store can hold `a` beside `a/b`; a directory can't."""
        return path in self._doubled

    def clash(self, path: str) -> tuple[Reason, tuple[str, ...]] | None:
        """What of the target is in the way of a file at `path`, and why."""
        if path in self._directories:
            below = tuple(entry.path for entry in self._target if entry.path.startswith(path + "/"))
            return Reason.DIRECTORY_THERE, below
        above = self._above(path.rpartition("/")[0])
        return (Reason.FILE_THERE, (above,)) if above is not None else None

    def _above(self, directory: str) -> str | None:
        if directory not in self._file_above:
            there = directory if directory in self._target else self._above(directory.rpartition("/")[0])
            self._file_above[directory] = there
        return self._file_above[directory]


def _directories(listing: Listing) -> set[str]:
    found = {entry.path.rpartition("/")[0] for entry in listing.entries}
    found.update([parent for directory in found for parent in parents(directory)])
    found.discard("")
    return found


class _Held:
    """Where the target already holds a content, so that it can be copied there instead of travelling."""

    def __init__(self, source: Listing, target: Listing, policy: Policy) -> None:
        self._source, self._target, self._policy = source, target, policy

    @cached_property
    def _by_digest(self) -> dict[tuple[str, int], Entry]:
        """What the target holds and will go on to hold; asked for only where something is new."""
        found: dict[tuple[str, int], Entry] = {}
        if self._policy.verify or not self._policy.reuse:
            return found
        for entry in self._target.entries:
            staying = self._source.get(entry.path)
            if staying is not None and same(staying, entry) is not True and self._policy.overwrite:
                continue  # will be overwritten in this plan, maybe before it is copied from
            for digest in (entry.sha256, entry.md5):
                if digest is not None and entry.size:
                    found.setdefault((digest, entry.size), entry)
        return found

    def or_copy(self, entry: Entry, reason: Reason, there: Entry | None) -> Step:
        for digest in (entry.sha256, entry.md5):
            held = self._by_digest.get((digest, entry.size)) if digest is not None else None
            if held is not None:
                return Step(Action.REUSE, entry.path, Reason.HELD, entry, there, held_at=held)
        return Step(Action.COPY, entry.path, reason, entry, there)
