"""The cases by letter, at their full sizes or at sizes that only show that they run."""

from __future__ import annotations

import shutil
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.bench import faces, planning, servers, transfers, trees
from tests.bench.peers import Peer
from tests.bench.results import Case, Figure
from tests.bench.servers import Far
from tests.bench.transfers import Stage

__all__ = ["FULL", "LETTERS", "SMALL", "Scale", "run"]

KIB, MIB = 1 << 10, 1 << 20
LETTERS = "abcde"


@dataclass(frozen=True, slots=True)
class Scale:
    """How much of everything. Without `distances` the server is at hand, and no request is counted."""

    files: int
    unchanged: int
    large: int
    entries: int
    rows: int
    runs: int
    large_runs: int
    magics: int
    distances: Sequence[int]


FULL = Scale(2000, 20_000, 1 << 30, 1_000_000, 50_000, 3, 7, 20, (0, 10))
SMALL = Scale(20, 30, 2 * MIB, 1000, 0, 1, 1, 2, ())


def run(letter: str, scale: Scale, near: Far, place: Path, peers: Sequence[Peer]) -> list[Case]:
    """One case of the issue, in a directory of its own that goes afterwards."""
    work = place / letter
    work.mkdir()
    try:
        return list(_CASES[letter](scale, near, work, peers))
    finally:
        shutil.rmtree(work)


def _small_files(scale: Scale, near: Far, work: Path, peers: Sequence[Peer]) -> Iterator[Case]:
    trees.small(work, scale.files, 4 * KIB, 64 * KIB)
    time.sleep(transfers.SETTLED)
    for distance in scale.distances or (0,):
        title = f"{scale.files:,} files of 4–64 KiB, {distance} ms round trip"
        with _away(scale, near, distance) as far:
            before = far.proxy_cpu()
            case = transfers.small_files(Stage(work, far), peers, scale.runs, f"a{distance}", title)
            if far.proxy:
                case.notes.append(_share(far.proxy_cpu() - before, case))
            yield case


def _unchanged(scale: Scale, near: Far, work: Path, peers: Sequence[Peer]) -> Iterator[Case]:
    trees.small(work, scale.unchanged, KIB, 8 * KIB)
    with _away(scale, near, 0) as far:
        yield transfers.unchanged(
            Stage(work, far), peers, scale.runs, "b", f"{scale.unchanged:,} files that are there already"
        )


def _large(scale: Scale, near: Far, work: Path, peers: Sequence[Peer]) -> Iterator[Case]:
    trees.large(work, scale.large)
    peers = [peer for peer in peers if not peer.for_many]
    with _away(scale, near, 0) as far:
        title = f"one file of {scale.large // MIB:,} MiB"
        yield transfers.large_file(Stage(work, near), Stage(work, far), peers, scale.large_runs, "c", title)


def _planning(scale: Scale, near: Far, work: Path, peers: Sequence[Peer]) -> Iterator[Case]:
    figures = planning.planning(Stage(work, near), scale.entries, scale.runs)
    yield Case("d", f"a plan of {scale.entries:,} entries, ours alone", figures=figures)


def _faces(scale: Scale, near: Far, work: Path, peers: Sequence[Peer]) -> Iterator[Case]:
    figures: list[Figure] = [faces.importing(1 + 2 * scale.runs), *faces.magics(work, scale.runs, scale.magics)]
    if scale.rows:
        figures.append(faces.painting(work / "lab", scale.rows, scale.runs))
    yield Case("e", "at the notebook, ours alone", figures=figures)


_CASES = dict(zip(LETTERS, (_small_files, _unchanged, _large, _planning, _faces), strict=True))


@contextmanager
def _away(scale: Scale, near: Far, distance: int) -> Iterator[Far]:
    if not scale.distances:
        yield near
        return
    with servers.away(near, distance) as far:
        yield far


def _share(cpu: float, case: Case) -> str:
    seconds = sum(run.seconds for by_peer in case.runs.values() for runs in by_peer.values() for run in runs)
    return f"The delay proxy used {cpu / max(seconds, 1e-9):.0%} of a core while the tools ran."
