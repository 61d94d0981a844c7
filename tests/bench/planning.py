"""The case of a million entries: how long a plan takes, and how much memory."""

from __future__ import annotations

import json
import shutil
import sys
from collections.abc import Sequence

from tests.bench import measure
from tests.bench.peers import SCRIPTS, variables
from tests.bench.results import Figure
from tests.bench.transfers import Stage

__all__ = ["planning"]

FIXED = 100 << 20
PER_ENTRY = 1 << 10


def planning(stage: Stage, count: int, number: int) -> list[Figure]:
    """Deciding alone, with both sides known; and a whole dry run of as many empty files."""
    bucket = "bench-planning"
    stage.far.create(bucket)
    for group in range(0, count, 1000):
        directory = stage.place / "data" / f"{group // 1000:04}"
        directory.mkdir(parents=True)
        for at in range(group, min(group + 1000, count)):
            (directory / f"{at:07}.bin").touch()
    try:
        return [
            *_asked(stage, bucket, f"`plan`, {count:,} entries on both sides", "planned.py", count, number),
            *_asked(stage, bucket, f"`push(dryrun=True)` of {count:,} new files", "dry_run.py", count, number),
        ]
    finally:
        stage.far.drop(bucket)
        shutil.rmtree(stage.place / "data")


def _asked(stage: Stage, bucket: str, what: str, script: str, count: int, number: int) -> Sequence[Figure]:
    command = [sys.executable, str(SCRIPTS / script), str(count)]
    seconds, peaks = [], []
    for _ in range(number):
        run = measure.run(command, stage.place, variables(stage.far, bucket, stage.place / "home"), stage.far.cpu)
        seconds.append(json.loads((stage.place / measure.LOG).read_text())["seconds"])
        peaks.append(run.peak / 2**20)
        print(f"  {what:50} {seconds[-1]:8.2f} s  {peaks[-1]:.0f} MiB", flush=True)
    room = (FIXED + PER_ENTRY * count) / 2**20
    return [Figure(what, seconds, "s"), Figure(f"{what}: peak memory", peaks, "MiB", room)]
