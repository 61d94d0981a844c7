"""What the views of a notebook are told and may ask: the wire models between a widget's two halves."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from jupyter_resources.api.messages import Message, Request

__all__ = [
    "ChipMessage",
    "ProgressMessage",
    "RowsMessage",
    "TransactionRequest",
    "TransactionView",
]


class ChipMessage(Message):
    """The files in one state; `state` is the number that their rows carry, `label` a sign and a word."""

    state: int
    label: str
    tone: Literal["alarm", "loss", "gain", "change", "calm"]
    files: int
    bytes: int


class ProgressMessage(Message):
    """How far a transfer is: `words` for people, the most important first; `fraction` is 0 to 1, None while listing."""

    words: list[str]
    fraction: float | None


class TransactionView(Message):
    """A transaction but for its rows. Texts are plain and may hold anything that can be seen.

    `version` grows with each set of rows. An empty question means that nothing needs to be asked.
    """

    phase: Literal["planned", "running", "stopping", "done"]
    headline: str
    notes: list[str]
    problem: str
    hint: str
    chips: list[ChipMessage]
    rows: int
    version: int
    can_apply: bool
    apply_question: str
    can_force: bool
    force_question: str


class RowsMessage(Message):
    """Announces a block of rows, which is the message's one buffer (widgets/rows.py says how it is laid out)."""

    kind: Literal["rows"] = "rows"
    version: int
    start: int


class TransactionRequest(Request):
    """What the front end asks: rows from `start` of one version, or that the plan be applied, forced or stopped."""

    kind: Literal["rows", "apply", "force", "cancel"]
    version: int = Field(0, ge=0)
    start: int = Field(0, ge=0)
