"""What each answer looks like, as text and as html."""

from __future__ import annotations

from typing import Any

from jupyter_resources.api.messages import BucketList, BucketMessage, DoctorMessage, Note
from jupyter_resources.core.location import url
from jupyter_resources.core.paths import joined
from jupyter_resources.magics import examined
from jupyter_resources.report import summary as summaries
from jupyter_resources.report.tables import Cell, Row, html_table, text_table
from jupyter_resources.report.visible import escaped, visible
from jupyter_resources.sync.summary import TransactionSummary

__all__ = ["html", "mimebundle", "text"]


def mimebundle(answer: Any) -> dict[str, str]:
    """Both pictures, as a notebook keeps them."""
    return {"text/plain": text(answer), "text/html": html(answer)}


def text(answer: Any) -> str:
    """For terminals, and for notebooks read as text."""
    if isinstance(answer, TransactionSummary):
        return summaries.text(answer)
    if isinstance(answer, Note):
        hint = f"\n  → {visible(answer.hint)}" if answer.hint else ""
        return visible(answer.text) + hint
    if isinstance(answer, DoctorMessage):
        return examined.text(answer)
    parts = [text_table(_buckets(answer), ("bucket", "where", "profile", "from"))]
    if answer.settings:
        parts.append(text_table(_settings(answer), ("setting", "value", "from")))
    return "\n\n".join(parts + [visible(one) for one in _remarks(answer)])


def html(answer: Any) -> str:
    """For notebooks: plain tables, everything escaped."""
    if isinstance(answer, TransactionSummary):
        return summaries.html(answer)
    if isinstance(answer, Note):
        hint = f"<br>→ {escaped(answer.hint)}" if answer.hint else ""
        return f"<div>{escaped(answer.text)}{hint}</div>"
    if isinstance(answer, DoctorMessage):
        return examined.html(answer)
    parts = [html_table(_buckets(answer), ("bucket", "where", "profile", "from"))]
    if answer.settings:
        parts.append(html_table(_settings(answer), ("setting", "value", "from")))
    return "\n".join(parts + [f"<div>{escaped(one)}</div>" for one in _remarks(answer)])


def _buckets(answer: BucketList) -> list[Row]:
    return [
        (
            Cell(f"{each.name} (default)", strong=True) if each.default else each.name,
            _where(each),
            each.profile,
            each.source if each.source == each.where or each.where == "built in" else f"{each.source} {each.where}",
        )
        for each in answer.buckets
    ]


def _where(bucket: BucketMessage) -> str:
    if bucket.provider == "local":
        return f"{bucket.endpoint or '(no root)'}/{joined(bucket.bucket, bucket.base_path)}"
    at = f" at {bucket.endpoint}" if bucket.endpoint else ""
    return url(bucket.provider or "?", bucket.bucket, bucket.base_path) + at


def _settings(answer: BucketList) -> list[Row]:
    return [(each.key, each.value, f"{each.source} ({each.where})") for each in answer.settings]


def _remarks(answer: BucketList) -> list[str]:
    remarks = []
    if answer.ignored:
        ignored = ", ".join(answer.ignored)
        remarks.append(f"The project's file also defines {ignored}: not used, your own settings win.")
    if answer.user_file:
        remarks.append(f"Your own settings: {answer.user_file}")
    return remarks
