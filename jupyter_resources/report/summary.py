"""A TransactionSummary as a picture: calm text for a terminal, plain html that a saved notebook keeps."""

from __future__ import annotations

from itertools import takewhile
from typing import Any

from jupyter_resources.report.story import Group, Line, Story, tell
from jupyter_resources.report.tables import Cell, html_table, text_table
from jupyter_resources.report.visible import clip, escaped, visible
from jupyter_resources.report.words import size
from jupyter_resources.sync.summary import TransactionSummary

__all__ = ["html", "mimebundle", "text"]

NAME_COLUMNS = 60
SENTENCE_COLUMNS = 400
LONG_PREFIX = 8
RIGHT = (2,)


def text(summary: TransactionSummary) -> str:
    """The summary in plain lines, without control characters and without a newline at the end."""
    return _text(tell(summary))


def html(summary: TransactionSummary) -> str:
    """The summary as html that needs no style, script or kernel, every value escaped."""
    return _html(tell(summary))


def mimebundle(summary: TransactionSummary) -> dict[str, Any]:
    """Both, as IPython's `_repr_mimebundle_` gives them."""
    story = tell(summary)
    return {"text/plain": _text(story), "text/html": _html(story)}


def _text(story: Story) -> str:
    prefix, rows = _rows(story)
    table = text_table(rows, _headers(prefix), right=RIGHT, indent=2)
    parts = [_sentence(story.headline), table, "\n".join(_sentence(note) for note in story.notes)]
    return "\n\n".join(part for part in parts if part)


def _html(story: Story) -> str:
    prefix, rows = _rows(story)
    parts = [f"<div><b>{escaped(_sentence(story.headline))}</b></div>"]
    parts.append(html_table(rows, _headers(prefix), right=RIGHT))
    parts.extend(f"<div>{escaped(_sentence(note))}</div>" for note in story.notes)
    return "\n".join(part for part in parts if part)


def _sentence(words: str) -> str:
    return clip(visible(words), SENTENCE_COLUMNS)


def _headers(prefix: str) -> tuple[str, ...]:
    return ("", f"in {prefix}", "", "") if prefix else ()


def _rows(story: Story) -> tuple[str, list[tuple[str | Cell, ...]]]:
    """What all names begin with, left out of the rows, and the rows: state, name, size, why."""
    prefix = _common([line.name for group in story.groups for line in group.lines])
    rows: list[tuple[str | Cell, ...]] = []
    for group in story.groups:
        rows.extend(_row(group, line, prefix, story.planned) for line in group.lines)
        if group.more:
            rows.append(("", f"… and {group.more:,} more", "", ""))
    return prefix, rows


def _row(group: Group, line: Line, prefix: str, planned: bool) -> tuple[str | Cell, ...]:
    state = Cell(group.state.label(planned=planned), alarm=group.state.alarming)
    name = clip(visible(line.name[len(prefix) :]), NAME_COLUMNS)
    amount: str | Cell = ""
    if line.bytes is not None:
        amount = Cell(size(line.bytes), title=f"{line.bytes:,} bytes" if line.bytes >= 1000 else "")
    return state, name, amount, line.why


def _common(names: list[str]) -> str:
    """The directories that all names share, with a `/` at the end; nothing where that would save little."""
    if len(names) < 2:
        return ""
    # Of sorted names the first and the last differ the most.
    first, last = (name.split("/")[:-1] for name in (min(names), max(names)))
    shared = "".join(f"{one}/" for one, _ in takewhile(lambda pair: pair[0] == pair[1], zip(first, last, strict=False)))
    return shared if len(shared) >= LONG_PREFIX else ""
