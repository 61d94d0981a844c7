"""The word that is being typed on a magic's line, and how a name is written as a word."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import PosixPath, PurePosixPath, PureWindowsPath, WindowsPath
from typing import Any

__all__ = ["Unfinished", "spelled", "unfinished"]

_KNOWN = (str, PosixPath, WindowsPath, PurePosixPath, PureWindowsPath)
"""Of these just these, and no class derived from them: asking for its text would run code of the user's."""
_VALUE = re.compile(r"\$([A-Za-z_]\w*)|\{([A-Za-z_]\w*)\}")
_SPECIAL = re.compile(r"""[\s'"${};#]""")


@dataclass(frozen=True, slots=True)
class Unfinished:
    """`typed` is the last word as it stands on the line, `value` what it means so far; `words` are those before it.

    `lead` is as much of `typed` as has to stay as it is, because it holds a value (`$name/`); else empty.
    """

    words: list[str]
    typed: str
    value: str
    lead: str = ""
    quote: str = ""


def unfinished(line: str, names: Mapping[str, Any]) -> Unfinished | None:
    """What `line`, up to the cursor, ends with. None inside of an expression that isn't closed: that is Python's.

    As `lines.split` reads it, but nothing is evaluated: only `$name` and `{name}` of texts and paths get their value.
    """
    words: list[str] = []
    begin, at, quote, value, begun, fixed = 0, 0, "", "", False, 0
    while at < len(line):
        here, following = line[at], line[at + 1 : at + 2]
        if not begun and not here.isspace():
            begin, begun = at, True
        if here == "\\" and following and (following in "'\"" or (not quote and following.isspace())) and quote != "'":
            value, at = value + following, at + 2
        elif quote and here == quote:
            quote, at = "", at + 1
        elif not quote and here in "'\"":
            quote, at = here, at + 1
        elif not quote and here.isspace():
            if begun:
                words.append(value)
            begun, value, fixed, at = False, "", 0, at + 1
        elif here in "{}$" and following == here:
            value, at = value + here, at + 2
        elif found := _VALUE.match(line, at):
            known = names.get(found[1] or found[2])
            value += str(known) if type(known) in _KNOWN else found[0]
            at = fixed = found.end()
        elif here == "{" and "}" not in line[at:]:
            return None
        else:
            value, at = value + here, at + 1
    if not begun:
        return Unfinished(words, "", "")
    lead = line[begin : max(fixed, line.rfind("/", fixed) + 1)] if fixed else ""
    return Unfinished(words, line[begin:], value, lead, quote)


def spelled(name: str, word: Unfinished, *, closed: bool = False) -> str:
    """`name` as it has to be typed in the place of `word`: quoted where that is needed, or begun already.

    `closed`: the quote that ends it stands behind the cursor.
    """
    if word.lead:
        rest = name[len(word.value.rpartition("/")[0]) + 1 :] if "/" in word.value else name
        return word.lead + _quoted(rest, word.quote, opened=bool(word.quote), closed=closed)
    return _quoted(name, word.quote, opened=False, closed=closed)


def _quoted(text: str, quote: str, *, opened: bool, closed: bool) -> str:
    if not quote and not _SPECIAL.search(text):
        return text
    if not quote:
        quote = '"' if '"' not in text else "'"
    text = re.sub(r"[${}]", lambda found: found[0] * 2, text)
    if quote in text:
        # Inside of '…' a backslash is one; there the quote is left, quoted itself, and begun again.
        text = text.replace("'", "'\"'\"'") if quote == "'" else text.replace('"', r"\"")
    return ("" if opened else quote) + text + ("" if closed else quote)
