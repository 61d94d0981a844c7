"""How a line becomes words."""

from __future__ import annotations

from pathlib import Path

import pytest

from jupyter_resources.core.errors import InvalidValue
from jupyter_resources.magics.lines import split

NAMES = {
    "path": "my data.csv",
    "paths": ["a b", Path("c")],
    "here": Path("x/y"),
    "n": 7,
    "none": None,
    "evil": "--force",
    "quote": "it's",
    "box": {"a b": "in"},
    "empty": "",
}


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("", []),
        ("a  b\tc", ["a", "b", "c"]),
        ("'a b' \"c d\"", ["a b", "c d"]),
        ("''", [""]),
        (r"my\ file", ["my file"]),
        (r"it\'s", ["it's"]),
        (r"C:\data --include \.csv$", [r"C:\data", "--include", r"\.csv$"]),
        (r"--include '^x\d{3}-{1,2}$'", ["--include", r"^x\d{3}-{1,2}$"]),
        ("{path}", ["my data.csv"]),
        ("$path", ["my data.csv"]),
        ("'{path}'", ["my data.csv"]),
        ('"$path"', ["my data.csv"]),
        ("{quote}", ["it's"]),
        ("x/{path}.gz", ["x/my data.csv.gz"]),
        ("$here/z $here.name", ["x/y/z", "y"]),
        ("$path.gz", ["my data.csv.gz"]),
        ("{paths} $paths", ["a b", "c", "a b", "c"]),
        ("{box['a b']} {box[\"a b\"]!r} {n:03d} {n + 1}", ["in", "'in'", "007", "8"]),
        ("{ {'k': 'v'}['k'] }", ["v"]),
        ("{[p for p in paths if p == 'a b']}", ["a b"]),
        ("{{path}} $$path", ["{path}", "$path"]),
        ("$unknown a$ b", ["$unknown", "a$", "b"]),
        ("{empty}", [""]),
    ],
)
def test_words(line, expected):
    """One value is one word; a list alone is as many."""
    assert split(line, NAMES).words == expected


@pytest.mark.parametrize(("line", "quiet"), [("a", False), ("a;", True), ("a ; ", True), ("'a;'", False), (";", True)])
def test_a_semicolon_at_the_end_keeps_quiet(line, quiet):
    """And is no part of the last word."""
    found = split(line, NAMES)
    assert found.quiet is quiet
    assert found.words in (["a"], ["a;"], [])


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("'a", "not closed"),
        ("{path", "not closed"),
        ("{nothing}", "NameError"),
        ("{1/0}", "ZeroDivisionError"),
        ("{a b}", "SyntaxError"),
        ("{none}", "is None"),
        ("{evil}", "looks like an option"),
        ("$evil", "looks like an option"),
        ("{[evil]}", "looks like an option"),
        ("x{paths}", "joined to other text"),
        ("{paths}x", "joined to other text"),
    ],
)
def test_what_has_no_meaning_is_said(line, expected):
    """Instead of being taken literally."""
    with pytest.raises(InvalidValue, match=expected) as caught:
        split(line, NAMES)
    assert caught.value.hint
