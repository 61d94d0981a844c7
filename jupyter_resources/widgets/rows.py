"""A summary's files as blocks of binary columns, small to send and quick to read in a browser.

A block is, little-endian and without gaps: three uint32 (how many rows, bytes of names, bytes of reasons) and one zero;
a float64 size for each row (-1: not known); a uint32 for where each name ends; a uint16 for its reason; a uint8 for its
state; the names, UTF-8, one behind the other; the reasons, a JSON list of those that occur.
"""

from __future__ import annotations

import json
import struct
from array import array
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import accumulate

from jupyter_resources.report.story import Line, State, every_line
from jupyter_resources.report.visible import clip, visible
from jupyter_resources.sync.summary import TransactionSummary

__all__ = ["BLOCK", "STATES", "Rows", "packed"]

BLOCK = 8192
"""Rows sent at once: about 500 kB. At most 65,535, for reasons are counted with 16 bits."""
STATES = tuple(State)
LONGEST_NAME = 1024
LONGEST_REASON = 300
_NUMBER = {state: number for number, state in enumerate(STATES)}

Named = tuple[State, Line]


@dataclass(frozen=True, slots=True)
class Rows:
    """All of a summary's files, in the order of its story."""

    lines: Sequence[Named]

    @classmethod
    def of(cls, summary: TransactionSummary) -> Rows:
        """Asks nothing of the disk."""
        return cls(tuple(every_line(summary)))

    def __len__(self) -> int:
        return len(self.lines)

    def block(self, start: int, rows: int = BLOCK) -> bytes:
        """The rows from `start`, packed; an empty block behind the last one."""
        return packed(self.lines[start : start + rows])

    def first(self, rows: int, limit: int) -> bytes:
        """As many of the first `rows` as fit into `limit` bytes."""
        while len(block := self.block(0, rows)) > limit and rows:
            rows //= 2
        return block


def packed(lines: Sequence[Named]) -> bytes:
    """One block."""
    names = [clip(visible(line.name), LONGEST_NAME).encode("utf-8", "replace") for _, line in lines]
    known: dict[str, int] = {}
    reasons = [known.setdefault(line.why, len(known)) for _, line in lines]
    said = json.dumps([clip(visible(why), LONGEST_REASON) for why in known], ensure_ascii=False).encode()
    columns: Iterable[bytes] = (
        struct.pack("<4I", len(lines), sum(map(len, names)), len(said), 0),
        _column("d", [-1.0 if line.bytes is None else float(line.bytes) for _, line in lines]),
        _column("I", list(accumulate(map(len, names)))),
        _column("H", reasons),
        _column("B", [_NUMBER[state] for state, _ in lines]),
        *names,
        said,
    )
    return b"".join(columns)


def _column(kind: str, values: Sequence[float] | Sequence[int]) -> bytes:
    column = array(kind, values)
    if _BIG_ENDIAN:
        column.byteswap()
    return column.tobytes()


_BIG_ENDIAN = struct.pack("=H", 1) == b"\x00\x01"
