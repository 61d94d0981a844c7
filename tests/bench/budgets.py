"""The budgets that we set ourselves, each held against what was seen."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from tests.bench.measure import Run, median, ratio
from tests.bench.results import Case, number

__all__ = ["Verdict", "verdicts"]

ENGINE = ("floor", "obstore", "digests")
"""No peers: parts of ours, or what it has to do at least."""
MOVING = 300
"""MiB of memory for moving, whatever the sizes."""
PAGE = 1000
"""Objects in one answer of a listing."""
AHEAD: Mapping[tuple[str, str], Mapping[str, float]] = {
    ("a10", "push"): {"accsr": 33, "s5cmd": 1.8, "rclone-32": 1.5},
    ("a10", "pull"): {"accsr": 20},
    ("b", "unchanged"): {"accsr": 150, "s5cmd": 3, "rclone": 8, "mc": 1.5},
}
"""How many times longer a tool must take than ours does."""
LARGE = 1.5
"""How many times the best peer's CPU, and its time, ours may take for one large file."""
BUSY, IDLE = 0.9, 0.5
"""The server is what limits where it has this share of a core and ours less than that."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """A budget and what was seen."""

    work: str
    budget: str
    seen: str
    met: bool
    limit: bool = False
    """Whether what ours can't do without misses the budget alone."""


def verdicts(cases: Sequence[Case]) -> list[Verdict]:
    """For every budget that the cases say something about."""
    by_name = {case.name: case for case in cases}
    found: list[Verdict] = []
    for (name, what), factors in AHEAD.items():
        if name in by_name and "ours" in by_name[name].runs.get(what, {}):
            found += _ahead(by_name[name], what, factors)
    if "b" in by_name:
        found += _requests(by_name["b"])
    if "c" in by_name:
        found += _large(by_name["c"])
    found += _memory(cases)
    for case in cases:
        for figure in case.figures:
            if figure.budget is not None:
                seen, most = f"{number(figure.value)} {figure.unit}", f"≤ {number(figure.budget)} {figure.unit}"
                found.append(Verdict(figure.what, most, seen, bool(figure.met)))
    return found


def _ahead(case: Case, what: str, factors: Mapping[str, float]) -> Iterator[Verdict]:
    by_tool = case.runs[what]
    ours = by_tool["ours"]
    work = f"{case.title}: {what}"
    for tool, factor in factors.items():
        if tool in by_tool:
            seen, alone = ratio(by_tool[tool], ours), _alone(by_tool, tool)
            told = "".join(f"; {part} alone {at:.2f}×" for part, at in alone.items())
            limit = any(at < factor for at in alone.values())
            yield Verdict(work, f"≥ {factor:g}× {tool}", f"{seen:.2f}×{_limit(ours)}{told}", seen >= factor, limit)
    if what == "pull" and (peers := _peers(by_tool)):
        best = min(peers, key=lambda tool: ratio(by_tool[tool], ours))
        seen = ratio(by_tool[best], ours)
        yield Verdict(work, "ahead of all", f"{seen:.2f}× {best}{_limit(ours)}", seen > 1)


def _alone(by_tool: Mapping[str, Sequence[Run]], tool: str) -> dict[str, float]:
    """How far ahead of `tool` what is under ours would be with nothing around it."""
    part = next((one for one in ENGINE if one in by_tool), None)
    return {part: ratio(by_tool[tool], by_tool[part])} if part else {}


def _requests(case: Case) -> Iterator[Verdict]:
    for run in case.runs.get("unchanged", {}).get("ours", ())[:1]:
        if asked := dict(run.requests):
            most = math.ceil(int(case.title.split(" ")[0].replace(",", "")) / PAGE)
            seen = ", ".join(f"{times} {method}" for method, times in asked.items())
            met = asked.keys() == {"GET"} and asked["GET"] <= most
            yield Verdict(f"{case.title}: unchanged", f"one listing: ≤ {most} GET", seen, met)


def _large(case: Case) -> Iterator[Verdict]:
    for what, by_tool in case.runs.items():
        peers = _peers(by_tool)
        if "ours" not in by_tool or not peers:
            continue
        ours = by_tool["ours"]
        for figure, of in (("CPU", _cpu), ("time", _seconds)):
            best = min(peers, key=lambda tool: median(by_tool[tool], of))
            seen = 1 / ratio(by_tool[best], ours, of)
            told = f"{seen:.2f}× {best}{_limit(ours) if of is _seconds else ''}"
            limit = False
            if of is _cpu and "digests" in by_tool:
                least = 1 + median(by_tool["digests"], of) / median(by_tool[best], of)
                told, limit = f"{told}; {best} and our digests {least:.2f}×", least > LARGE
            yield Verdict(f"{case.title}: {what}", f"{figure} ≤ {LARGE}× the best peer's", told, seen <= LARGE, limit)


def _memory(cases: Iterable[Case]) -> Iterator[Verdict]:
    peaks = [run.peak for case in cases for by_tool in case.runs.values() for run in by_tool.get("ours", ())]
    if peaks:
        most = max(peaks) / 2**20
        yield Verdict("memory of ours, the most of all transfers", f"≤ {MOVING} MiB", f"{most:.0f} MiB", most <= MOVING)


def _peers(by_tool: Mapping[str, Sequence[Run]]) -> list[str]:
    return [tool for tool in by_tool if tool != "ours" and tool not in ENGINE]


def _cpu(run: Run) -> float:
    return run.cpu


def _seconds(run: Run) -> float:
    return run.seconds


def _limit(ours: Sequence[Run]) -> str:
    """How busy both sides were, and whether the server is what limits."""
    server = median(ours, lambda run: run.server_cpu / run.seconds)
    client = median(ours, lambda run: run.cpu / run.seconds)
    limits = ": the server limits" if server >= BUSY and client < IDLE else ""
    return f" (server {server:.0%} of a core, ours {client:.0%}{limits})"
