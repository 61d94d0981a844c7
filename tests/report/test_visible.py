"""Whatever a name holds, it is seen for what it is and does nothing."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from jupyter_resources.report.visible import clip, escaped, pad, visible, width

names = st.text(st.characters(exclude_categories=()), max_size=200)


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("plain.csv", "plain.csv"),
        ("line\nbreak\r\ttab", r"line\nbreak\r\ttab"),
        ("\x1b[2Jgone", r"\x1b[2Jgone"),
        ("\x9b31mC1", r"\x9b31mC1"),
        ("nul\x00", r"nul\x00"),
        ("invoice\u202efdp.exe", r"invoice\u202efdp.exe"),
        ("pass\u200bword", r"pass\u200bword"),
        ("\ufeffmark", r"\ufeffmark"),
        ("tag\U000e0041", r"tag\U000e0041"),
        ("fill\u3164er", r"fill\u3164er"),
        ("no\xa0break", r"no\xa0break"),
        ("next\u2028line", r"next\u2028line"),
        ("\udcff bytes", r"\udcff bytes"),
        (" ends ", r"\x20ends\x20"),
        ("two  spaces", r"two \x20spaces"),
        (r"C:\data\x1b", r"C:\data\x1b"),
        ("été 数据 עברית 🙂", "été 数据 עברית 🙂"),
        ("e\u0301", "e\u0301"),
    ],
)
def test_what_cannot_be_seen_is_spelled(name: str, shown: str) -> None:
    """Control, bidirectional, zero-width and lost characters are spelled; letters of all scripts stay."""
    assert visible(name) == shown


@given(names)
@example("\u202e\x1b\x00\u2066")
def test_nothing_unseen_gets_through(name: str) -> None:
    """No control, format, surrogate or separator character is left, and showing twice is showing once."""
    shown = visible(name)
    assert not {unicodedata.category(char) for char in shown} & {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}
    assert shown.isprintable()
    shown.encode()
    assert visible(shown) == shown


@given(names)
def test_html_means_only_itself(name: str) -> None:
    """No markup and no end of an attribute survives."""
    assert not set("<>\"'") & set(escaped(name))


@given(names, st.integers(0, 120))
def test_clipping_fits(name: str, columns: int) -> None:
    """A clipped text takes no more columns than allowed, and what fits is left alone."""
    shown = visible(name)
    short = clip(shown, columns)
    assert width(short) <= columns
    assert len(short) <= max(2 * columns, 1)
    if columns and width(shown) <= columns and len(shown) <= 2 * columns:
        assert short == shown


@pytest.mark.parametrize(
    ("text", "columns", "expected"),
    [
        ("experiments/2026/spring/part.csv", 16, "exper…g/part.csv"),
        ("数据数据数据", 12, "数据数据数据"),
        ("数据数据数据", 9, "数…据数据"),
        ("abc", 1, "…"),
        ("abc", 0, ""),
        ("a" + "\u0301" * 500 + "bc", 9, "a" + "\u0301" * 3 + "…" + "\u0301" * 10 + "bc"),
    ],
)
def test_the_middle_goes(text: str, columns: int, expected: str) -> None:
    """Both ends stay; a wide letter is never cut in half; a tower of accents is cut down."""
    clipped = clip(text, columns)
    assert width(clipped) <= columns
    assert clipped == expected


def test_padding_counts_columns() -> None:
    """Wide letters take two columns, accents none."""
    assert [pad(text, 5) + "|" for text in ("ab", "数据", "e\u0301")] == ["ab   |", "数据 |", "e\u0301    |"]
    assert pad("7 B", 6, right=True) == "   7 B"
