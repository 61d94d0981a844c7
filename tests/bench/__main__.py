"""`make bench`: every case, every tool; prints tables and writes docs/performance.md."""

from __future__ import annotations

import argparse
import os
import platform
import subprocess
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from tests.bench import cases, report, results, servers
from tests.bench.peers import ALL, DIGESTS, FLOOR, OURS, Peer

PAGE = Path(__file__).parents[2] / "docs" / "performance.md"
KEPT = servers.PEERS / "results"


def main() -> None:
    """Run what was asked for. Only full sizes with every tool are kept and written to the page."""
    asked = _asked()
    scale = cases.SMALL if asked.scale == "small" else cases.FULL
    if asked.runs:
        scale = replace(scale, runs=asked.runs, large_runs=asked.runs)
    peers, versions = _there(asked.peers)
    seen = []
    with servers.in_memory() as place, servers.running(place) as near:
        for letter in asked.only.split(","):
            stamp = _stamp(place)
            print(f"case {letter}: {stamp}", flush=True)
            for case in cases.run(letter, scale, near, place, peers):
                case.versions, case.stamp = versions, stamp
                seen.append(case)
                if scale.entries == cases.FULL.entries and not asked.peers:
                    results.keep(case, KEPT)
    print(report.tables(seen))
    if scale.entries == cases.FULL.entries and not asked.peers:
        report.write(results.kept(KEPT), PAGE)


def _asked() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="make bench", description=__doc__)
    parser.add_argument("--only", default=",".join(cases.LETTERS), help="cases by letter: a,b")
    parser.add_argument("--runs", type=int, help="rounds of each case")
    parser.add_argument("--scale", choices=("full", "small"), default="full", help="small only shows that it runs")
    parser.add_argument("--peers", help="tools by name; ours always runs: s5cmd,rclone-32")
    return parser.parse_args()


def _there(wanted: str | None) -> tuple[Sequence[Peer], dict[str, str]]:
    """The tools that are wanted and installed, with their versions; says which aren't."""
    names = None if wanted is None else {OURS.name, *wanted.split(",")}
    chosen = [peer for peer in ALL if names is None or peer.name in names]
    versions = {peer.name: peer.version for peer in (*chosen, FLOOR, DIGESTS)}
    for name in (name for name, version in versions.items() if version is None):
        print(f"{name}: not installed, left out", flush=True)
    there = {name: version for name, version in versions.items() if version is not None}
    return [peer for peer in chosen if peer.name in there], there


def _stamp(place: Path) -> str:
    """Which commit, where, when, and what else the machine had to do."""
    git = ["git", "describe", "--always", "--dirty", "--exclude=*"]
    commit = subprocess.run(git, capture_output=True, text=True, check=True, cwd=PAGE.parent).stdout.strip()
    lines = Path("/proc/cpuinfo").read_text().splitlines()
    processor = next((line.partition(":")[2].strip() for line in lines if line.startswith("model name")), "")
    memory = "data in memory" if place.is_relative_to("/dev/shm") else "data on disk"
    machine = f"{os.cpu_count()} cores ({processor}), Python {platform.python_version()}, SeaweedFS here too, {memory}"
    return f"Commit {commit}, {datetime.now(UTC):%Y-%m-%d}, {machine}; load average before: {os.getloadavg()[0]:.1f}."


if __name__ == "__main__":
    main()
