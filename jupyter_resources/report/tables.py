"""Small tables as text and as html that survives a notebook's sanitisers. Every cell is shown as what it says."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from jupyter_resources.report.visible import clip, escaped, pad, visible, width

__all__ = ["Cell", "Row", "html_table", "text_table"]

WIDEST = 100
"""Columns that one cell may take; a longer one loses its middle."""


@dataclass(frozen=True, slots=True)
class Cell:
    """A cell that is more than its text: `title` says more on hovering, `strong` is bold, `alarm` also red."""

    text: str
    title: str = ""
    strong: bool = False
    alarm: bool = False


Row = Sequence[str | Cell]

# JupyterLab centres vertically and aligns right, so a cell says what it wants. Where styles are stripped (GitHub,
# untrusted notebooks, nbconvert) these go, and the words and signs in the cells still say everything.
_LEFT = ' style="text-align:left;vertical-align:top;overflow-wrap:anywhere"'
_RIGHT = ' align="right" style="text-align:right;vertical-align:top;white-space:nowrap"'
_ALARM = ' style="color:var(--jp-error-color1,#d9453d)"'


def text_table(rows: Sequence[Row], headers: Sequence[str] = (), *, right: Sequence[int] = (), indent: int = 0) -> str:
    """Lines of aligned columns, two spaces apart; the columns in `right` end together. Empty columns are left out.

    Without rows, the empty string.
    """
    if not rows:
        return ""
    lines = [[_shown(cell) for cell in row] for row in rows]
    kept = _kept(lines)
    heads = [[_shown(header) for header in headers]] if headers else []
    columns = {column: max(width(line[column]) for line in heads + lines) for column in kept}
    return "\n".join(
        (" " * indent + "  ".join(pad(line[at], columns[at], right=at in right) for at in kept)).rstrip()
        for line in heads + lines
    )


def html_table(rows: Sequence[Row], headers: Sequence[str] = (), *, right: Sequence[int] = ()) -> str:
    """The same table in `<table><tr><td>` and `<b>` alone. Without rows, the empty string."""
    if not rows:
        return ""
    kept = _kept([[_text(cell) for cell in row] for row in rows])
    lines = [[Cell(header, strong=True) for header in headers]] if headers else []
    cells = ("".join(_td(row[column], right=column in right) for column in kept) for row in [*lines, *rows])
    return "\n".join(["<table>", *(f"<tr>{each}</tr>" for each in cells), "</table>"])


def _td(cell: str | Cell, *, right: bool) -> str:
    shown = escaped(clip(visible(_text(cell)), WIDEST))
    title = ""
    if isinstance(cell, Cell):
        if cell.alarm:
            shown = f"<span{_ALARM}>{shown}</span>"
        if cell.strong or cell.alarm:
            shown = f"<b>{shown}</b>"
        if cell.title:
            title = f' title="{escaped(cell.title)}"'
    return f"<td{title}{_RIGHT if right else _LEFT}>{shown}</td>"


def _kept(lines: Sequence[Sequence[str]]) -> list[int]:
    return [column for column in range(len(lines[0])) if any(line[column] for line in lines)]


def _text(cell: str | Cell) -> str:
    return cell.text if isinstance(cell, Cell) else cell


def _shown(cell: str | Cell) -> str:
    return clip(visible(_text(cell)), WIDEST)
