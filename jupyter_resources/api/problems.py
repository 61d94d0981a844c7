"""Errors as values that travel: after RFC 9457, one model for every face."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict

from jupyter_resources.core.errors import Incomplete, ResourcesError, one_line

__all__ = ["ProblemMessage", "problem_of"]

_STATUS = {
    "not-found": 404,
    "already-exists": 409,
    "conflict": 409,
    "invalid": 422,
    "invalid-path": 422,
    "denied": 403,
    "unauthenticated": 401,
    "unsupported": 501,
    "empty-source": 409,
    "no-space": 507,
    "changed": 409,
    "unavailable": 503,
    "slow-down": 503,
    "timed-out": 504,
}


class ProblemMessage(BaseModel):
    """What went wrong: `type` is stable, for programs; the others are for people. `failed` names single files."""

    model_config = ConfigDict(frozen=True)

    type: str
    title: str
    status: int
    hint: str = ""
    failed: dict[str, str] = {}


def problem_of(error: ResourcesError) -> ProblemMessage:
    """The error as a problem; 401 and 403 mean the bucket's answer, not the face's own authentication."""
    failed = {path: one_line(each) for path, each in error.failed.items()} if isinstance(error, Incomplete) else {}
    return ProblemMessage(
        type=f"jupyter-resources:{error.code}",
        title=one_line(error),
        status=_STATUS.get(error.code, 500),
        hint=error.hint,
        failed=failed,
    )
