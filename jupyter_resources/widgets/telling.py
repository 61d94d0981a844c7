"""A summary as the widget's view of it: headline, counts by state, and what may be done next."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Literal

from jupyter_resources.api.views import ChipMessage, TransactionView
from jupyter_resources.core.errors import ResourcesError, one_line
from jupyter_resources.report.story import State, tell, under_way
from jupyter_resources.report.visible import clip, visible
from jupyter_resources.report.words import files
from jupyter_resources.sync.summary import TransactionSummary
from jupyter_resources.widgets.rows import STATES, Rows

__all__ = ["Phase", "said", "view"]

Phase = Literal["planned", "running", "stopping", "done"]
Tone = Literal["alarm", "loss", "gain", "change", "calm"]

LONGEST_SENTENCE = 400
MOST_NOTES = 8
_TONES: dict[State, Tone] = {
    State.FAILED: "alarm",
    State.CONFLICT: "alarm",
    State.COLLISION: "alarm",
    State.WITHHELD: "loss",
    State.DELETED: "loss",
    State.NEW: "gain",
    State.REUSED: "gain",
    State.CHANGED: "change",
}
_TO_DO = (State.NEW, State.CHANGED, State.REUSED, State.DELETED)


def view(
    summary: TransactionSummary, rows: Rows, version: int, phase: Phase, problem: BaseException | None = None
) -> TransactionView:
    """What there is to see of `summary`; only a plan offers to be applied."""
    story = tell(summary)
    chips = _chips(rows, planned=story.planned)
    number = {STATES[chip.state]: chip.files for chip in chips}
    conflicts = number.get(State.CONFLICT, 0)
    stuck = number.get(State.COLLISION, 0)
    open_ = phase == "planned" and summary.dryrun and not stuck
    doomed = _counted("delete", number.get(State.DELETED, 0))
    overwritten = conflicts + (number.get(State.CHANGED, 0) if summary.sync_direction == "sync" else 0)
    question = _question(_counted("overwrite", overwritten), doomed)
    return TransactionView(
        phase=phase,
        headline=_sentence(under_way(summary) if phase in ("running", "stopping") else story.headline),
        notes=[_sentence(note) for note in story.notes[:MOST_NOTES]],
        problem=said(problem)[0],
        hint=said(problem)[1],
        chips=chips,
        rows=len(rows),
        version=version,
        can_apply=open_ and not conflicts and any(number.get(state) for state in _TO_DO),
        apply_question=question,
        can_force=open_ and conflicts > 0,
        force_question=question,
    )


def said(problem: BaseException | None) -> tuple[str, str]:
    """An error as a sentence and what to do about it; neither without one."""
    if problem is None:
        return "", ""
    hint = problem.hint if isinstance(problem, ResourcesError) else ""
    return _sentence(one_line(problem)), _sentence(hint)


def _chips(rows: Rows, *, planned: bool) -> list[ChipMessage]:
    number, amount = Counter[State](), Counter[State]()
    for state, line in rows.lines:
        number[state] += 1
        amount[state] += line.bytes or 0
    return [
        ChipMessage(
            state=at,
            label=state.label(planned=planned),
            tone=_TONES.get(state, "calm"),
            files=number[state],
            bytes=amount[state],
        )
        for at, state in enumerate(STATES)
        if number[state]
    ]


def _counted(what: str, number: int) -> str:
    return f"{what} {files(number)}" if number else ""


def _question(*parts: str) -> str:
    named: Sequence[str] = [part for part in parts if part]
    words = " and ".join(named)
    return f"{words[:1].upper()}{words[1:]}?" if words else ""


def _sentence(words: str) -> str:
    return clip(visible(words), LONGEST_SENTENCE)
