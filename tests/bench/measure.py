"""One run of one tool as a value, and how it comes about: seconds, CPU on both sides, peak memory, requests."""

from __future__ import annotations

import json
import os
import signal
import statistics
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

__all__ = ["LOG", "Failed", "Run", "cpu_of", "median", "ratio", "run"]

LAUNCHER = Path(__file__).with_name("launch.py")
LOG = "output.log"
"""What a run printed, in its directory."""
LONGEST = 900
"""Seconds after which a tool is stopped."""
TICKS = os.sysconf("SC_CLK_TCK")


class Failed(Exception):
    """A tool that didn't do its work."""


@dataclass(frozen=True, slots=True)
class Run:
    """A whole process, start-up included: seconds, CPU seconds of client and server, peak bytes, requests by method."""

    seconds: float
    cpu: float
    server_cpu: float
    peak: int
    requests: Mapping[str, int] = field(default_factory=dict)


def run(
    command: Sequence[str], directory: Path, variables: Mapping[str, str], server: Callable[[], float] = lambda: 0.0
) -> Run:
    """Run `command` in `directory` to its end. `server` tells the server's CPU seconds so far.

    Raises Failed with the end of what it printed when it fails or takes too long.
    """
    log = directory / LOG
    asked = {"command": list(command), "directory": str(directory), "variables": dict(variables), "log": str(log)}
    before = server()
    launcher = subprocess.Popen(
        [sys.executable, "-I", "-S", str(LAUNCHER)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    try:
        said, _ = launcher.communicate(json.dumps(asked), timeout=LONGEST)
    except BaseException as error:
        os.killpg(launcher.pid, signal.SIGKILL)
        launcher.wait()
        if isinstance(error, subprocess.TimeoutExpired):
            raise Failed(f"{command[0]} took more than {LONGEST} s") from None
        raise
    told = json.loads(said) if said else {"status": launcher.returncode}
    if told["status"] != 0:
        words = log.read_text(errors="replace")[-1500:] if log.exists() else ""
        raise Failed(f"{' '.join(command)} ended with {told['status']}:\n{words}")
    return Run(told["seconds"], told["cpu"], server() - before, told["peak"])


def cpu_of(process: int) -> float:
    """CPU seconds that a running process has used, its threads included."""
    fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / TICKS


def median(runs: Sequence[Run], what: Callable[[Run], float] = lambda run: run.seconds) -> float:
    """The median of one figure."""
    return statistics.median(what(run) for run in runs)


def ratio(theirs: Sequence[Run], ours: Sequence[Run], what: Callable[[Run], float] = lambda run: run.seconds) -> float:
    """How many times ours theirs is: the median over the rounds in which both ran."""
    return statistics.median(what(their) / max(what(our), 1e-9) for their, our in zip(theirs, ours, strict=False))
