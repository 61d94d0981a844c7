"""The words of a magic's line: quotes, `$name` and `{expression}`, and the `;` that keeps it quiet.

Expanded here instead of by IPython, so that one value is one word, whatever blanks or quotes it holds.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from jupyter_resources.core.errors import InvalidValue

__all__ = ["Words", "split"]

_NAME = re.compile(r"\$([A-Za-z_]\w*(?:\.[A-Za-z_]\w*)*)")
_QUANTIFIER = re.compile(r"\{\d*,?\d*\}")
_BRACKETS = {"(": ")", "[": "]", "{": "}"}


@dataclass(frozen=True, slots=True)
class Words:
    """A line in words. `quiet`: it ended with `;`, so nothing is to be shown."""

    words: list[str]
    quiet: bool = False


@dataclass(slots=True)
class _Word:
    """The word being read: literal text, and values with the expression that gave them."""

    begun: bool = False
    parts: list[tuple[Any, str]] = field(default_factory=list)

    def add(self, value: Any, source: str = "") -> None:
        self.parts.append((value, source))
        self.begun = True

    def finished(self) -> list[str]:
        if not self.begun:
            return []
        many = [(value, source) for value, source in self.parts if isinstance(value, list | tuple | set | frozenset)]
        if many and len(self.parts) > 1:
            raise InvalidValue(
                f"{many[0][1]} is many values and can't be joined to other text", hint="put a blank between"
            )
        if many:
            found = [_text(each, f"a value in {many[0][1]}") for each in _ordered(many[0][0])]
        else:
            found = ["".join(_text(value, source) for value, source in self.parts)]
        if self.parts and self.parts[0][1] and any(each.startswith("-") for each in found):
            # Else a file with a hostile name could switch options on.
            raise InvalidValue(f"{found[0]!r} comes from a value and looks like an option", hint="for a path: ./-name")
        return found


def split(line: str, names: Mapping[str, Any]) -> Words:
    """The words of `line`, with the values of `names` in place of `$name` and `{expression}` (also in quotes).

    A list alone in its word becomes as many words. A backslash is one, but before a blank or a quote it makes that
    literal; `{{`, `}}` and `$$` stand for themselves, and so do a regex's `{3}` and `{1,2}`. A `#` alone before a blank
    begins a comment. InvalidValue for a quote
    or a brace that isn't closed, and for an expression that fails.
    """
    bare = line.strip()
    quiet = bare.endswith(";")
    line = bare.rstrip(";").rstrip() if quiet else bare
    words: list[str] = []
    word, quote, at = _Word(), "", 0
    while at < len(line):
        here, following = line[at], line[at + 1 : at + 2]
        if here == "\\" and following and (following in "'\"" or (not quote and following.isspace())) and quote != "'":
            word.add(following)
            at += 2
        elif quote and here == quote:
            quote, at = "", at + 1
        elif not quote and here in "'\"":
            quote, word.begun, at = here, True, at + 1
        elif here == "#" and not quote and not word.begun and following.strip() == "":
            break
        elif not quote and here.isspace():
            words += word.finished()
            word, at = _Word(), at + 1
        elif here in "{}$":
            at = _expand(line, at, word, names)
        else:
            word.add(here)
            at += 1
    if quote:
        raise InvalidValue(f"the quote {quote} is not closed", hint="close it, or write \\' for the sign itself")
    return Words(words + word.finished(), quiet)


def _expand(line: str, at: int, word: _Word, names: Mapping[str, Any]) -> int:
    """Read what starts at `at` with `{`, `}` or `$` into `word`; gives where it ends."""
    here = line[at]
    if line[at + 1 : at + 2] == here:
        word.add(here)
        return at + 2
    if here == "{" and (quantifier := _QUANTIFIER.match(line, at)):
        word.add(quantifier[0])
        return quantifier.end()
    if here == "{":
        end = _closing(line, at)
        source = line[at + 1 : end]
        word.add(_evaluated(source, names), f"{{{source}}}")
        return end + 1
    name = _NAME.match(line, at)
    if name is None or name[1].split(".")[0] not in names:
        word.add(here)
        return at + 1
    first, *attributes = name[1].split(".")
    value, length = names[first], len(first)
    for attribute in attributes:
        # `$path.csv` is the path and `.csv`; `$row.path` is an attribute.
        if not hasattr(value, attribute):
            break
        value, length = getattr(value, attribute), length + 1 + len(attribute)
    word.add(value, f"${name[1][:length]}")
    return at + 1 + length


def _closing(line: str, at: int) -> int:
    """Where the brace that opens at `at` closes, past strings and other brackets."""
    waiting, quote = [], ""
    for position in range(at, len(line)):
        here = line[position]
        if quote:
            quote = "" if here == quote else quote
        elif here in "'\"":
            quote = here
        elif here in _BRACKETS:
            waiting.append(_BRACKETS[here])
        elif waiting and here == waiting[-1]:
            waiting.pop()
            if not waiting:
                return position
    raise InvalidValue(f"the brace in {line[at:]!r} is not closed", hint="close it, or write {{ for the sign itself")


def _evaluated(source: str, names: Mapping[str, Any]) -> Any:
    """The value of the expression; with `!r` or `:03d` after it, as in an f-string, its text."""
    try:
        try:
            code = compile(source.strip(), "<line>", "eval")
        except SyntaxError:
            code = compile(f"f{'{' + source + '}'!r}", "<line>", "eval")
        return eval(code, dict(names))  # the user's own line in the user's own kernel, as IPython does it
    except Exception as error:
        said = error.msg if isinstance(error, SyntaxError) else str(error)
        hint = "define it first" if isinstance(error, NameError) else "write {{ and }} for the braces themselves"
        raise InvalidValue(f"{{{source}}}: {type(error).__name__}: {said}", hint=hint) from error


def _text(value: Any, source: str) -> str:
    if value is None:
        raise InvalidValue(f"{source} is None", hint="give it a value first")
    if isinstance(value, str | os.PathLike):
        text = os.fspath(value)
        return text if isinstance(text, str) else os.fsdecode(text)
    return str(value)


def _ordered(values: Iterable[Any]) -> list[Any]:
    return sorted(values, key=str) if isinstance(values, set | frozenset) else list(values)
