"""TOML that anybody may have written: what would take for ever to be read is refused first."""

from __future__ import annotations

import re
import tomllib
from typing import Any

__all__ = ["loads"]

DEEPEST = 32
"""Far more than settings need. The standard library's parser takes a time that is quadratic in the parts of a dotted
key (50,000 of them: 41 s), and a frame of the stack for each bracket.
"""
_SILENT = re.compile(
    r'"""(?:\\.|[^\\]|\\\Z)*?(?:"""|\Z)'
    r"|'''.*?(?:'''|\Z)"
    r'|"(?:\\[^\n]|[^"\\\n])*"?'
    r"|'[^'\n]*'?"
    r"|#[^\n]*",
    re.DOTALL,
)
"""Strings and comments. One that isn't closed goes on to where the parser would give up."""


def loads(text: str) -> dict[str, Any]:
    """The tables of `text`. Raises ValueError (TOMLDecodeError is one) for what is no TOML, or is nested too deeply."""
    bare = _SILENT.sub("", text)
    if max(part.count(".") for part in re.split(r"[=,\[\]{}\n]", bare)) > DEEPEST or _depth(bare) > DEEPEST:
        raise ValueError(f"nested more than {DEEPEST} deep")
    return tomllib.loads(text)


def _depth(bare: str) -> int:
    depth = deepest = 0
    for bracket in re.findall(r"[\[\]{}]", bare):
        depth = depth + 1 if bracket in "[{" else max(0, depth - 1)
        deepest = max(deepest, depth)
    return deepest
