"""What there is to tell of a transaction, decided once for every picture: headline, files by state, what to do next."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import Enum
from itertools import islice

from jupyter_resources.core.errors import one_line
from jupyter_resources.core.steps import Action, Reason
from jupyter_resources.report.visible import clip, visible
from jupyter_resources.report.words import count, duration, files, of, size, verb
from jupyter_resources.sync.summary import SyncObject, TransactionSummary

__all__ = ["Group", "Line", "State", "Story", "every_line", "tell", "under_way"]

ROWS = 20
FEW_ROWS = 5
HINTS = 3
LOCATION_COLUMNS = 100
_GOES_ON = "goes on from here: what has arrived isn't sent twice."


class State(Enum):
    """What became of a file, most important first: its sign, its word, and the word while it is only planned."""

    FAILED = ("✗", "failed", "failed")
    CONFLICT = ("!", "conflict", "conflict")
    COLLISION = ("!", "collision", "collision")
    WITHHELD = ("−", "not deleted", "not deleted")
    DELETED = ("−", "deleted", "delete")
    LEFT = ("…", "not yet", "not yet")
    NEW = ("+", "new", "new")
    CHANGED = ("~", "changed", "changed")
    REUSED = ("=", "reused", "reuse")
    SKIPPED = ("·", "skipped", "skipped")
    SAME = ("✓", "already there", "already there")

    def label(self, *, planned: bool) -> str:
        """Sign and word: the meaning is never in a colour alone."""
        sign, done, to_do = self.value
        return f"{sign} {to_do if planned else done}"

    @property
    def alarming(self) -> bool:
        return self in (State.FAILED, State.CONFLICT, State.COLLISION)


@dataclass(frozen=True, slots=True)
class Line:
    """One file: its name, its bytes if they are known, and why."""

    name: str
    bytes: int | None = None
    why: str = ""


@dataclass(frozen=True, slots=True)
class Group:
    """The first files in one state, and how many more there are."""

    state: State
    lines: tuple[Line, ...]
    more: int


@dataclass(frozen=True, slots=True)
class Story:
    """All that is said. `headline` and every name and reason may hold anything: escape them when drawing."""

    headline: str
    groups: tuple[Group, ...]
    notes: tuple[str, ...]
    planned: bool


@dataclass(slots=True)
class _Sorted:
    """A summary's files by what became of them."""

    new: list[SyncObject]
    changed: list[SyncObject]
    reused: list[SyncObject]
    conflicts: list[SyncObject]
    left: list[SyncObject]
    withheld: list[SyncObject]

    @property
    def copies(self) -> list[SyncObject]:
        return self.new + self.changed


def tell(summary: TransactionSummary) -> Story:
    """The story of `summary`, at most `ROWS` files a state; asks nothing of the disk."""
    planned = not _ran(summary)
    found = _sort(summary, planned)
    return Story(_headline(summary, found, planned), _groups(summary, found, planned), _notes(summary, found), planned)


def under_way(summary: TransactionSummary) -> str:
    """The headline while what `summary` planned is being done."""
    return f"{verb(summary.sync_direction).present.capitalize()}{_place(summary)}"


def _ran(summary: TransactionSummary) -> bool:
    done = summary.copied or summary.reused or summary.synced_files or summary.deleted or summary.failed
    return not summary.dryrun and bool(done or summary.interrupted)


def _sort(summary: TransactionSummary, planned: bool) -> _Sorted:
    copied, reused = list(summary.copied), list(summary.reused)
    if not copied and not reused:
        copied = list(summary.synced_files)
    done = {one.name for one in copied} | {one.name for one in reused}
    sorted_ = _Sorted([], [], reused, [], [], [])
    differing = {one.name for one in summary.on_target_neq_md5}
    for one in copied:
        (sorted_.changed if one.name in differing else sorted_.new).append(one)
    for one in summary.files_to_sync:
        if one.name in done or one.name in summary.failed:
            continue
        if one.state == Action.CONFLICT or (not one.state and one.name in differing):
            sorted_.conflicts.append(one)
        elif not planned:
            sorted_.left.append(one)
        elif one.state == Action.REUSE:
            sorted_.reused.append(one)
        else:
            (sorted_.changed if one.name in differing else sorted_.new).append(one)
    if not planned:
        gone = {one.name for one in summary.deleted}
        sorted_.withheld = [one for one in summary.to_delete if one.name not in gone and one.name not in summary.failed]
    return sorted_


def bytes_of(one: SyncObject, direction: str | None) -> int:
    """The bytes a file is about: those of its source, or of the only side where it is."""
    if one.remote_obj is not None and (direction == "pull" or not one.exists_locally):
        return one.remote_obj.size
    return one.local_size


def _headline(summary: TransactionSummary, found: _Sorted, planned: bool) -> str:
    words = verb(summary.sync_direction)
    blocked = len(found.conflicts) + len(summary.unresolvable_collisions)
    if planned and summary.interrupted:
        return f"Stopped before it was known what to {words.base}{_place(summary)}"
    if planned:
        to_do = _pieces(summary, found, planned)
        if blocked:
            free = len(found.copies) + len(found.reused)
            ready = f" ({count(free, 'other file is', 'other files are')} ready)" if free else ""
            refused = "Would refuse" if summary.dryrun else "Refused"
            return f"{refused} to {words.base}{_place(summary)}: {count(blocked, 'conflict')}{ready}"
        if to_do:
            return f"Would {to_do}"
        return f"Nothing to {words.base}: {_why_nothing(summary)}"
    lead = "Stopped" if summary.interrupted else "Incomplete" if summary.failed else ""
    did = _pieces(summary, found, planned) or f"nothing {words.past}"
    failed = f", {len(summary.failed):,} failed" if summary.failed else ""
    conflicts = f", {count(blocked, 'conflict')} left alone" if blocked else ""
    took = f" in {duration(summary.seconds)}" if summary.seconds > 0 else ""
    asked = sum(summary.requests.values())
    requests = f" ({count(asked, 'request')})" if asked else ""
    did += failed + conflicts + took + requests
    return f"{lead}: {did}" if lead else did[0].upper() + did[1:]


def _pieces(summary: TransactionSummary, found: _Sorted, planned: bool) -> str:
    """`pushed 12 files, 3.4 MB to there, reused 3, deleted 2`, or the same as what would be done."""
    words = verb(summary.sync_direction)
    copies, reused = found.copies, len(found.reused)
    gone = len(summary.to_delete if planned else summary.deleted)
    amount = sum(bytes_of(one, summary.sync_direction) for one in copies)
    missing = found.left + [one for one in summary.files_to_sync if summary.failed and one.name in summary.failed]
    said: list[str] = []
    if copies:
        what, bytes_ = files(len(copies)), size(amount)
        if missing:
            whole = amount + sum(bytes_of(one, summary.sync_direction) for one in missing)
            what, bytes_ = f"{len(copies):,} of {files(len(copies) + len(missing))}", of(amount, whole)
        said.append(f"{words.base if planned else words.past} {what}, {bytes_}{_place(summary)}")
    if reused:
        said.append(f"{'reuse' if planned else 'reused'} {_counted(reused, said)}{'' if said else _at(summary, 'on')}")
    if gone:
        said.append(
            f"{'delete' if planned else 'deleted'} {_counted(gone, said)}{'' if said else _at(summary, 'from')}"
        )
    return ", ".join(said)


def _counted(number: int, said: Sequence[str]) -> str:
    return f"{number:,}" if said else files(number)


def _place(summary: TransactionSummary) -> str:
    origin = f" from {_location(summary.source)}" if summary.sync_direction == "pull" and summary.source else ""
    return origin + _at(summary, verb(summary.sync_direction).preposition)


def _at(summary: TransactionSummary, preposition: str) -> str:
    return f" {preposition} {_location(summary.target)}" if summary.target else ""


def _location(where: str) -> str:
    return clip(visible(where), LOCATION_COLUMNS)


def _why_nothing(summary: TransactionSummary) -> str:
    equal, skipped = len(summary.on_target_eq_md5), len(summary.skipped_source_files)
    if equal:
        return _already(summary)
    if skipped:
        return "the only file is skipped" if skipped == 1 else f"all {files(skipped)} are skipped"
    return "there are no files" + (f" in {_location(summary.source)}" if summary.source else "")


def _already(summary: TransactionSummary) -> str:
    equal = len(summary.on_target_eq_md5)
    return f"{files(equal)} {'is' if equal == 1 else 'are'} already {verb(summary.sync_direction).there}"


def every_line(summary: TransactionSummary) -> Iterator[tuple[State, Line]]:
    """Every file with what became of it, most important first, what is already there last."""
    planned = not _ran(summary)
    for state, _, lines in _told(summary, _sort(summary, planned), planned):
        for line in lines:
            yield state, line


def _groups(summary: TransactionSummary, found: _Sorted, planned: bool) -> tuple[Group, ...]:
    groups: list[Group] = []
    for state, number, lines in _told(summary, found, planned):
        rows = FEW_ROWS if state in (State.REUSED, State.SKIPPED) else ROWS
        # One row more than "… and 1 more" takes is the file itself.
        rows = number if number == rows + 1 else min(rows, number)
        if number and state is not State.SAME:
            groups.append(Group(state, tuple(islice(lines, rows)), number - rows))
    return tuple(groups)


def _told(summary: TransactionSummary, found: _Sorted, planned: bool) -> Iterator[tuple[State, int, Iterator[Line]]]:
    """Each state, how many files are in it, and a line for each of them, made only when it is taken."""
    sizes = {
        one.name: bytes_of(one, summary.sync_direction)
        for one in summary.files_to_sync
        if summary.failed and one.name in summary.failed
    }
    failed = (Line(path, sizes.get(path), one_line(error)) for path, error in summary.failed.items())
    collisions = summary.unresolvable_collisions
    clashing = (Line(path, None, _in_the_way(path, others)) for path, others in collisions.items())
    special: list[tuple[State, int, Iterator[Line]]] = [
        (State.FAILED, len(summary.failed), failed),
        (State.COLLISION, len(collisions), clashing),
    ]
    members: list[tuple[State, Sequence[SyncObject]]] = [
        (State.CONFLICT, found.conflicts),
        (State.WITHHELD, found.withheld),
        (State.DELETED, summary.to_delete if planned else summary.deleted),
        (State.LEFT, found.left),
        (State.NEW, found.new),
        (State.CHANGED, found.changed),
        (State.REUSED, found.reused),
        (State.SKIPPED, summary.skipped_source_files),
        (State.SAME, summary.on_target_eq_md5),
    ]
    plain = [(state, len(some), _lines(state, some, summary.sync_direction)) for state, some in members]
    order = list(State)
    for state, number, lines in sorted(special + plain, key=lambda one: order.index(one[0])):
        yield state, number, (_below(line, summary.base_path) for line in lines)


def _lines(state: State, members: Iterable[SyncObject], direction: str | None) -> Iterator[Line]:
    return (_line(state, one, direction) for one in members)


def _below(line: Line, base: str) -> Line:
    """The line named as a person types it: below the base path, which the headline shows."""
    return Line(line.name.removeprefix(f"{base}/"), line.bytes, line.why) if base else line


def _line(state: State, one: SyncObject, direction: str | None) -> Line:
    amount: int | None = bytes_of(one, direction)
    why = "" if one.reason in (Reason.NEW, Reason.CHANGED, Reason.SAME) else one.reason
    if state is State.CONFLICT:
        why = why or Reason.DIFFERS
        there = one.local_size if direction == "pull" else one.remote_obj.size if one.remote_obj is not None else amount
        if there is not None and there != amount:
            why += f": {size(there)} {verb(direction).there}"
        elif why == Reason.DIFFERS:
            why += ": same size, other content"
    elif state is State.SKIPPED and not amount:
        amount = None  # a directory, or a link that leads nowhere
    return Line(one.name, amount, why)


def _in_the_way(path: str, others: Iterable[object] | str) -> str:
    if isinstance(others, str):
        return others
    names = [str(getattr(one, "name", one)) for one in others]
    below = sum(name.startswith(f"{path}/") for name in names)
    if below:
        return f"{Reason.DIRECTORY_THERE}: it holds {files(below)}"
    return f"{Reason.FILE_THERE}: {names[0]}" if names else "in the way"


def _notes(summary: TransactionSummary, found: _Sorted) -> tuple[str, ...]:
    notes: list[str] = []
    something = found.copies or found.reused or found.conflicts or summary.deleted or summary.to_delete or _ran(summary)
    if summary.on_target_eq_md5 and (something or summary.unresolvable_collisions):
        notes.append(f"{_already(summary)}.")
    if any(one.reason == Reason.UNKNOWN for one in found.conflicts):
        notes.append("What cannot be compared is settled by --verify (verify=True), which reads both sides.")
    if found.conflicts:
        them = "it" if len(found.conflicts) == 1 else "them"
        notes.append(f"--force (force=True) overwrites {them}; without it nothing that differs is touched.")
    if summary.unresolvable_collisions:
        notes.append(
            "A collision is settled by renaming one side or leaving it out (--exclude); --force doesn't settle it."
        )
    if found.withheld:
        notes.append("Deletes wait until every copy has succeeded.")
    hints = {error.hint: None for error in islice(summary.failed.values(), ROWS) if error.hint}
    notes.extend(f"→ {hint}" for hint in islice(hints, HINTS))
    if _ran(summary) and (summary.interrupted or summary.failed):
        arrived = summary.synced_files or summary.copied
        notes.append(f"The same line again {_GOES_ON if arrived else 'starts over: nothing has arrived yet.'}")
    if summary.dryrun:
        notes.append("A dry run: nothing was changed.")
    return tuple(notes)
