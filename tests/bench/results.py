"""What a benchmark saw: cases of runs or figures, kept between runs so that one case can be repeated alone."""

from __future__ import annotations

import json
import statistics
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path

from tests.bench.measure import Run

__all__ = ["Case", "Figure", "keep", "kept", "number"]


@dataclass(frozen=True, slots=True)
class Figure:
    """Something of ours alone: `values` in `unit`, one each time; in the median at most `budget`, if there is one."""

    what: str
    values: Sequence[float]
    unit: str
    budget: float | None = None

    @property
    def value(self) -> float:
        return statistics.median(self.values)

    @property
    def met(self) -> bool | None:
        """Whether the median keeps the budget."""
        return None if self.budget is None else self.value <= self.budget


@dataclass
class Case:
    """What was seen in one case: by what was done, then by tool, a Run for each round; and what a tool failed with."""

    name: str
    title: str
    runs: dict[str, dict[str, list[Run]]] = field(default_factory=dict)
    figures: list[Figure] = field(default_factory=list)
    failed: dict[str, str] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    versions: Mapping[str, str] = field(default_factory=dict)
    stamp: str = ""

    def add(self, what: str, tool: str, run: Run) -> None:
        """Keep a run, and say it."""
        self.runs.setdefault(what, {}).setdefault(tool, []).append(run)
        print(f"  {what:12} {tool:13} {run.seconds:8.2f} s  {run.cpu:6.2f}/{run.server_cpu:.2f} CPU", flush=True)

    def fail(self, tool: str, why: str) -> None:
        """Keep why a tool has no figures, and say it."""
        self.failed[tool] = why
        print(f"  {tool} failed: {why}", flush=True)


def number(value: float) -> str:
    """Three digits that count, and never an exponent."""
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"


def keep(case: Case, directory: Path) -> None:
    """Write it down, in the place of what was seen of this case before."""
    directory.mkdir(parents=True, exist_ok=True)
    (directory / f"{case.name}.json").write_text(json.dumps(asdict(case)), "utf-8")


def kept(directory: Path) -> list[Case]:
    """The last of each case."""
    return [_read(file) for file in sorted(directory.glob("*.json"))]


def _read(file: Path) -> Case:
    case = Case(**json.loads(file.read_text("utf-8")))
    case.figures = [Figure(**one) for one in case.figures]  # type: ignore[arg-type]
    for by_tool in case.runs.values():
        for tool, runs in by_tool.items():
            by_tool[tool] = [Run(**one) for one in runs]  # type: ignore[arg-type]
    return case
