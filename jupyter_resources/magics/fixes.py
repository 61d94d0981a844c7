"""What to type after an error, as a line to copy; and errors made harmless to show."""

from __future__ import annotations

from jupyter_resources.core.errors import Conflict, Incomplete, ResourcesError
from jupyter_resources.core.steps import Reason
from jupyter_resources.report.visible import visible
from jupyter_resources.sync.engine import Interrupted
from jupyter_resources.sync.summary import TransactionSummary

__all__ = ["fixed"]


def fixed(error: ResourcesError | KeyboardInterrupt, line: str) -> BaseException:
    """`error` with the hint for whoever typed `line`, its text safe for terminals and notebooks."""
    if isinstance(error, Interrupted):
        error.hint = f"{line} goes on from here" if _moved(error.summary) else f"{line} starts again"
    elif isinstance(error, KeyboardInterrupt):
        return Interrupted("Stopped before anything was changed", hint=f"{line} starts again")
    elif isinstance(error, Conflict):
        error.hint = _after_conflict(error.summary, line) or error.hint
    elif isinstance(error, Incomplete):
        again = f"then again: {line}"
        error.hint = f"{error.hint}; {again}" if error.hint and "same line" not in error.hint else again
    error.message = visible(error.message)
    error.hint = visible(error.hint)
    error.args = (error.message,)
    return error


def _after_conflict(summary: TransactionSummary | None, line: str) -> str:
    if summary is None or summary.has_unresolvable_collisions:
        return ""
    if line.startswith("%sync"):
        return f"{line} --yes"
    unknown = all(one.reason == Reason.UNKNOWN for one in summary.on_target_neq_md5)
    if unknown and summary.on_target_neq_md5 and "--verify" not in line:
        return f"{line} --verify reads them to compare; with --force it overwrites them"
    return f"{line} --force"


def _moved(summary: TransactionSummary | None) -> bool:
    return summary is not None and bool(summary.synced_files)
