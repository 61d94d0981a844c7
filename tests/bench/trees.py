"""The files that are moved, made anew for each benchmark and the same each time; and whether they arrived."""

from __future__ import annotations

import hashlib
import os
import random
from collections.abc import Mapping
from pathlib import Path

from tests.bench.measure import Failed

__all__ = ["arrived", "change", "contents", "large", "small"]

BLOCK = 1 << 20


def small(place: Path, count: int, least: int, most: int) -> None:
    """`count` files of `least` to `most` bytes in `place`/data, a hundred to a directory."""
    chosen = random.Random(count)
    for number in range(count):
        file = place / "data" / f"{number // 100:03}" / f"{number:06}.bin"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(chosen.randbytes(chosen.randint(least, most)))


def large(place: Path, size: int) -> None:
    """One file of `size` bytes in `place`/data, no two blocks of it alike."""
    (place / "data").mkdir(parents=True)
    block = random.Random(size).randbytes(BLOCK)
    with (place / "data" / "large.bin").open("wb") as stream:
        for number in range(size // BLOCK):
            stream.write(number.to_bytes(8) + block[8:])


def change(place: Path, share: int) -> None:
    """Write other bytes of the same number into each `share`-th file."""
    for file in _files(place)[::share]:
        file.write_bytes(os.urandom(file.stat().st_size))


def contents(place: Path) -> dict[str, tuple[int, str]]:
    """Size and MD5 of each file of `place`/data by its key."""
    found = {}
    for file in _files(place):
        with file.open("rb") as stream:
            digest = hashlib.file_digest(stream, lambda: hashlib.md5(usedforsecurity=False)).hexdigest()
        found[file.relative_to(place).as_posix()] = file.stat().st_size, digest
    return found


def arrived(wanted: Mapping[str, tuple[int, str]], found: Mapping[str, tuple[int, str]]) -> None:
    """Raises Failed unless everything wanted was found. What came in parts has a tag that isn't its MD5."""
    told = {}
    for name, (size, tag) in found.items():
        told[name] = size, wanted[name][1] if "-" in tag and name in wanted else tag
    if told != dict(wanted):
        wrong = sum(told.get(name) != one for name, one in wanted.items())
        raise Failed(f"{len(found)} came where {len(wanted)} were to come, and {wrong} aren't as they should be")


def _files(place: Path) -> list[Path]:
    return sorted(one for one in (place / "data").rglob("*") if one.is_file())
