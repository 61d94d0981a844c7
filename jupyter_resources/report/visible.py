"""Text from elsewhere made harmless to show: what can't be seen is spelled out, what is too long is cut.

File names, reasons, errors and locations are written by others. Raw, they could clear a terminal (ESC), write backwards
(U+202E), hide a part of themselves (U+200B), start a line of their own, or be markup.
"""

from __future__ import annotations

import html
import re
import unicodedata

__all__ = ["clip", "escaped", "pad", "visible", "width"]

# Printable by Python's rule and still not to be seen: fillers, blanks and variation selectors.
_UNSEEN = re.compile(
    "[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u2800\u3164\ufe00-\ufe0f\uffa0\U000e0100-\U000e01ef]"
)
# A space that the eye would miss: at either end, or after another one (html shows a run of spaces as one).
_LOST_SPACE = re.compile("^ | $|(?<= ) ")
_SHORT = {"\n": r"\n", "\r": r"\r", "\t": r"\t"}


def visible(text: str) -> str:
    """`text` on one line in characters that can all be seen, the others as `\\x1b`, `\\u202e`, `\\U000e0001`.

    For showing, not for reading back: a backslash stays as it is, so that Windows paths stay readable.
    """
    if not text.isprintable():
        text = "".join(char if char.isprintable() else _spelled(char) for char in text)
    if not text.isascii():
        text = _UNSEEN.sub(lambda found: _spelled(found[0]), text)
    if " " in text:
        text = _LOST_SPACE.sub(r"\\x20", text)
    return text


def _spelled(char: str) -> str:
    code = ord(char)
    if char in _SHORT:
        return _SHORT[char]
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"


def escaped(text: str) -> str:
    """`visible`, as html that means nothing but itself, in an element or in a quoted attribute."""
    return html.escape(visible(text), quote=True)


def width(text: str) -> int:
    """Columns that `text` takes in a terminal: two for a wide character, none for a combining one."""
    if text.isascii():
        return len(text)
    return sum(_columns(char) for char in text)


def _columns(char: str) -> int:
    if unicodedata.combining(char) or unicodedata.category(char) in ("Mn", "Me"):
        return 0
    return 2 if unicodedata.east_asian_width(char) in "WF" else 1


def pad(text: str, columns: int, *, right: bool = False) -> str:
    """`text` filled up with spaces to `columns`, on the left if it is to end `right`."""
    fill = " " * (columns - width(text))
    return fill + text if right else text + fill


def clip(text: str, columns: int) -> str:
    """`text` in at most `columns`, with `…` for its middle: both ends of a path tell more than its beginning alone.

    Takes time for what it keeps, not for what it is given, and piled up combining marks are cut like anything else.
    """
    if columns < 1:
        return ""
    if len(text) <= columns * 2 and width(text) <= columns:
        return text
    head = (columns - 1) // 3
    return _first(text, head) + "…" + _first(text[: -columns * 2 - 1 : -1], columns - 1 - head)[::-1]


def _first(text: str, columns: int) -> str:
    used = 0
    for at, char in enumerate(text[: columns * 2]):
        used += _columns(char)
        if used > columns:
            return text[:at]
    return text[: columns * 2]
