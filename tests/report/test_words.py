"""Numbers as a person would write them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jupyter_resources.report import words


@pytest.mark.parametrize(
    ("amount", "expected"),
    [
        (0, "0 B"),
        (1, "1 B"),
        (999, "999 B"),
        (1000, "1.0 kB"),
        (1249, "1.2 kB"),
        (34_500, "34.5 kB"),
        (99_949, "99.9 kB"),
        (99_950, "100 kB"),
        (999_499, "999 kB"),
        (999_500, "1.0 MB"),
        (3_400_000, "3.4 MB"),
        (7_200_000_000, "7.2 GB"),
        (10**18, "1.0 EB"),
        (10**22, "10,000 EB"),
    ],
)
def test_sizes(amount: int, expected: str) -> None:
    """By thousands, one decimal while that says something."""
    assert words.size(amount) == expected


@given(st.integers(0, 10**20), st.integers(0, 10**20))
def test_larger_never_reads_smaller(one: int, other: int) -> None:
    """Sizes keep their order in words, as far as they are told apart at all."""
    units = ["B", "kB", "MB", "GB", "TB", "PB", "EB"]

    def read(amount: int) -> tuple[int, float]:
        number, unit = words.size(amount).split()
        return units.index(unit), float(number.replace(",", ""))

    assert read(min(one, other)) <= read(max(one, other))


@pytest.mark.parametrize(
    ("seconds", "expected"),
    [
        (-1, "0 ms"),
        (0.004, "4 ms"),
        (0.0951, "0.1 s"),
        (0.8, "0.8 s"),
        (9.94, "9.9 s"),
        (9.96, "10 s"),
        (59.4, "59 s"),
        (59.6, "1 min"),
        (125, "2 min 5 s"),
        (3599.7, "1 h"),
        (3900, "1 h 5 min"),
        (180_000, "2 d 2 h"),
    ],
)
def test_durations(seconds: float, expected: str) -> None:
    """Two units at most, and none that is zero."""
    assert words.duration(seconds) == expected


@pytest.mark.parametrize(
    ("part", "whole", "expected"),
    [
        (1_200_000, 3_400_000, "1.2 of 3.4 MB"),
        (900, 3_400_000, "900 B of 3.4 MB"),
        (5, 3, "3 of 3 B"),
        (-5, 3, "0 of 3 B"),
    ],
)
def test_parts_of_a_whole(part: int, whole: int, expected: str) -> None:
    """A unit that both share is said once; a part is never more than the whole."""
    assert words.of(part, whole) == expected


def test_counts() -> None:
    """One file, two files, and thousands that can be read."""
    assert [words.files(number) for number in (0, 1, 2, 50_000)] == ["0 files", "1 file", "2 files", "50,000 files"]
    assert words.count(2, "other file is", "other files are") == "2 other files are"
