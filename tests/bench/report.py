"""Cases as tables, for the terminal and for docs/performance.md."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from tests.bench.budgets import Verdict, verdicts
from tests.bench.measure import Run, median, ratio
from tests.bench.peers import ALL, DIGESTS, FLOOR
from tests.bench.results import Case, number

__all__ = ["MARK", "tables", "write"]

MARK = "<!-- bench: what follows is written by `make bench` -->"
HEAD = ("tool", "seconds", "× ours", "CPU, tool", "CPU, server", "peak MiB", "requests")


def tables(cases: Sequence[Case]) -> str:
    """Everything that was seen, as Markdown."""
    return "\n".join(line for case in cases for line in (*_case(case), "")) + "\n".join(_budgets(cases))


def write(cases: Sequence[Case], page: Path) -> None:
    """Put the tables below the mark of `page`; what stands above it is written by hand and stays."""
    before = page.read_text("utf-8").partition(MARK)[0] if page.exists() else "# Performance\n\n"
    versions = {tool: version for case in cases for tool, version in case.versions.items()}
    told = [*_budgets(cases), "", *(line for case in cases for line in (*_case(case), "")), *_tools(versions), ""]
    page.write_text(f"{before}{MARK}\n\n" + "\n".join(told), "utf-8")


def _case(case: Case) -> Iterator[str]:
    yield f"## {case.title[0].upper()}{case.title[1:]}"
    if case.stamp:
        yield f"\n{case.stamp}"
    for what, by_tool in case.runs.items():
        yield f"\n**{what}**\n"
        yield from _table(HEAD, [_row(tool, by_tool) for tool in _ranked(by_tool)])
    if case.figures:
        rows = [
            [
                figure.what,
                f"{number(figure.value)} {figure.unit}",
                f"{number(min(figure.values))}–{number(max(figure.values))}",
            ]
            for figure in case.figures
        ]
        yield ""
        yield from _table(("", "median", "from–to"), rows)
    for tool, why in case.failed.items():
        yield f"\n{tool} failed: {why.strip().splitlines()[-1]}"
    for note in case.notes:
        yield f"\n{note}"


def _ranked(by_tool: Mapping[str, Sequence[Run]]) -> list[str]:
    return sorted(by_tool, key=lambda tool: median(by_tool[tool]))


def _row(tool: str, by_tool: Mapping[str, Sequence[Run]]) -> list[str]:
    runs = by_tool[tool]
    asked = ", ".join(f"{times:,} {method}" for method, times in sorted(runs[0].requests.items()))
    return [
        f"**{tool}**" if tool == "ours" else tool,
        f"{median(runs):.2f}" + (" (1 run)" if len(runs) == 1 else ""),
        f"{ratio(runs, by_tool['ours']):.2f}" if "ours" in by_tool else "",
        f"{median(runs, lambda run: run.cpu):.2f}",
        f"{median(runs, lambda run: run.server_cpu):.2f}",
        f"{median(runs, lambda run: run.peak) / 2**20:.0f}",
        asked,
    ]


def _budgets(cases: Sequence[Case]) -> Iterator[str]:
    yield "## Budgets\n"
    rows = [[one.work, one.budget, one.seen, _state(one)] for one in verdicts(cases)]
    yield from _table(("work", "budget", "seen", ""), rows)


def _state(verdict: Verdict) -> str:
    return "met" if verdict.met else "**missed**, as what is under it does" if verdict.limit else "**missed**"


def _tools(versions: Mapping[str, str]) -> Iterator[str]:
    yield "## The tools, and how each was run\n"
    known = [(one.name, versions[one.name], one.how) for one in (*ALL, FLOOR, DIGESTS) if one.name in versions]
    yield from _table(("tool", "version", "run as"), known)
    for missing in (one.name for one in ALL if one.name not in versions):
        yield f"\n{missing} wasn't there to be run."


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> Iterator[str]:
    yield f"| {' | '.join(head)} |"
    yield f"|{' --- |' * len(head)}"
    for row in rows:
        yield f"| {' | '.join(row)} |"
