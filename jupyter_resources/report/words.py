"""Numbers and verbs in the words that a person reads: sizes, durations, counts, what a push is called."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["Verb", "about", "count", "duration", "files", "of", "size", "verb"]

_UNITS = ("B", "kB", "MB", "GB", "TB", "PB", "EB")


@dataclass(frozen=True, slots=True)
class Verb:
    """One direction in every form that a sentence needs; `there` is where its target is."""

    base: str
    past: str
    present: str
    there: str
    preposition: str


_VERBS = {
    "push": Verb("push", "pushed", "pushing", "there", "to"),
    "pull": Verb("pull", "pulled", "pulling", "here", "into"),
    "sync": Verb("sync", "synced", "syncing", "there", "to"),
}
_COPY = Verb("copy", "copied", "copying", "there", "to")


def verb(direction: str | None) -> Verb:
    """The words for `push`, `pull` or `sync`; for anything else those for copying."""
    return _VERBS.get(direction or "", _COPY)


def size(amount: float) -> str:
    """Bytes as file managers show them, by thousands: `999 B`, `1.2 kB`, `34.5 MB`, `678 GB`."""
    value, unit = _scaled(amount)
    return f"{value} {unit}"


def of(part: int, whole: int) -> str:
    """`1.2 of 3.4 MB`, naming the unit once where both share it; never more than the whole."""
    done, done_unit = _scaled(min(max(part, 0), whole))
    all_, unit = _scaled(whole)
    return f"{done} of {all_} {unit}" if done_unit == unit else f"{done} {done_unit} of {all_} {unit}"


def _scaled(amount: float) -> tuple[str, str]:
    value = float(amount)
    for unit in _UNITS:
        digits = 0 if unit == "B" or abs(value) >= 99.95 else 1
        # Rounding first: 999,960 bytes are 1.0 MB, not 1000 kB.
        if abs(round(value, digits)) < 1000 or unit == _UNITS[-1]:
            return f"{value:,.{digits}f}", unit
        value /= 1000
    raise AssertionError("the last unit takes everything")


def duration(seconds: float) -> str:
    """`4 ms`, `0.8 s`, `12 s`, `2 min 5 s`, `1 h 5 min`, `3 d 2 h`."""
    seconds = max(seconds, 0.0)
    if seconds < 0.095:
        return f"{round(seconds * 1000)} ms"
    if seconds < 9.95:
        return f"{seconds:.1f} s"
    return about(seconds)


def about(seconds: float) -> str:
    """A duration that is only guessed: `1 s` at least, no tenths."""
    whole = max(round(seconds), 1)
    for limit, big, small in ((60, "", "s"), (3600, "min", "s"), (86400, "h", "min")):
        if whole < limit:
            return _two(whole, big, small)
    return _two(whole, "d", "h")


def _two(whole: int, big: str, small: str) -> str:
    seconds = {"": 1, "s": 1, "min": 60, "h": 3600, "d": 86400}
    if not big:
        return f"{whole} {small}"
    rest = whole % seconds[big] // seconds[small]
    return f"{whole // seconds[big]} {big}" + (f" {rest} {small}" if rest else "")


def count(number: int, one: str, many: str = "") -> str:
    """`1 file`, `2,000 files`: the number with the right word."""
    return f"{number:,} {one if number == 1 else many or one + 's'}"


def files(number: int) -> str:
    """`1 file`, `2,000 files`."""
    return count(number, "file")
