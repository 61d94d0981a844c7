"""The one error tree: what failed, on which thing, and what to type next.

ResourcesError
├── NotFound            (FileNotFoundError)   a path, key, bucket or profile that isn't there
│   └── NoBucket                              no such bucket at the provider
├── AlreadyExists       (FileExistsError)     something is in the way
│   └── Conflict                              the target differs, and nobody said to overwrite it
├── InvalidValue        (ValueError)          an argument or setting that can't be
│   └── InvalidPath                           a name that one side can't hold
├── Denied              (PermissionError)     known, but not allowed
│   └── Unauthenticated                       wrong, missing or expired credentials
├── Unsupported         (NotImplementedError) the provider can't do it
├── EmptySource         (ValueError)          mirroring nothing would delete everything
├── NoSpace             (OSError)             the disk or the quota is full
├── Damaged             (OSError)             a short read, or a digest that isn't the expected one
├── Changed             (OSError)             it changed while it was read, or since it was listed
├── Incomplete          (OSError)             some files failed; the others are done
├── Transient           (ConnectionError)     worth another try
│   ├── Unavailable                           the network or the server isn't there
│   ├── SlowDown                              the server asks for fewer requests
│   └── TimedOut        (TimeoutError)
└── Cancelled                                 the transfer was told to stop
"""

from __future__ import annotations

from typing import Any

__all__ = [
    "AlreadyExists",
    "Cancelled",
    "Changed",
    "Conflict",
    "Damaged",
    "Denied",
    "EmptySource",
    "Incomplete",
    "InvalidPath",
    "InvalidValue",
    "NoBucket",
    "NoSpace",
    "NotFound",
    "ResourcesError",
    "SlowDown",
    "TimedOut",
    "Transient",
    "Unauthenticated",
    "Unavailable",
    "Unsupported",
    "harmless",
    "one_line",
]


class ResourcesError(Exception):
    """Base of every error raised on purpose.

    `message` is one sentence without secrets, `hint` is what to type or do next (may be empty), `code` is a stable
    word for programs. In IPython the error shows as these two lines, without a traceback.
    """

    code = "error"

    def __init__(self, message: str, *, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint

    def __str__(self) -> str:
        return f"{self.message}\n  → {self.hint}" if self.hint else self.message

    def __reduce__(self) -> tuple[Any, ...]:
        return _rebuild, (type(self), self.message, self.hint, dict(self.__dict__))

    def _render_traceback_(self) -> list[str]:
        """What IPython shows instead of a traceback (its documented protocol)."""
        return [harmless(line) for line in str(self).splitlines()]


def harmless(text: str) -> str:
    """`text` with everything spelled out that a terminal would obey or hide: names in it may come from anybody."""
    return "".join(one if one.isprintable() else ascii(one)[1:-1] for one in text)


def _rebuild(kind: type[ResourcesError], message: str, hint: str, facts: dict[str, Any]) -> ResourcesError:
    error = kind.__new__(kind, message)
    ResourcesError.__init__(error, message, hint=hint)
    error.__dict__.update(facts)
    return error


class NotFound(ResourcesError, FileNotFoundError):
    """A path, key, bucket or profile that isn't there."""

    code = "not-found"


class NoBucket(NotFound):
    """The provider has no bucket of that name: whatever is in it isn't the question."""


class AlreadyExists(ResourcesError, FileExistsError):
    """Something is in the way."""

    code = "already-exists"


class Conflict(AlreadyExists):
    """The target differs from the source, and nobody said to overwrite it. `summary` is what would have been done."""

    code = "conflict"

    def __init__(self, message: str, *, hint: str = "", summary: Any = None) -> None:
        super().__init__(message, hint=hint)
        self.summary = summary


class InvalidValue(ResourcesError, ValueError):
    """An argument or a setting that can't be."""

    code = "invalid"


class InvalidPath(InvalidValue):
    """A name that one side can't hold, or that would lead outside the target."""

    code = "invalid-path"


class Denied(ResourcesError, PermissionError):
    """Known, but not allowed."""

    code = "denied"


class Unauthenticated(Denied):
    """Wrong, missing or expired credentials."""

    code = "unauthenticated"


class Unsupported(ResourcesError, NotImplementedError):
    """The provider can't do it."""

    code = "unsupported"


class EmptySource(ResourcesError, ValueError):
    """Mirroring a missing or empty source would delete everything on the target."""

    code = "empty-source"


class NoSpace(ResourcesError, OSError):
    """The disk or the quota is full."""

    code = "no-space"


class Damaged(ResourcesError, OSError):
    """A short read, or bytes whose digest isn't the expected one."""

    code = "damaged"


class Changed(ResourcesError, OSError):
    """It changed while it was read, or since it was listed."""

    code = "changed"


class Incomplete(ResourcesError, OSError):
    """Some files failed; the others are done. `failed` maps each path to its error; `summary` is what happened."""

    code = "incomplete"

    def __init__(
        self, message: str, *, hint: str = "", failed: dict[str, ResourcesError] | None = None, summary: Any = None
    ) -> None:
        super().__init__(message, hint=hint)
        self.failed = failed or {}
        self.summary = summary


class Transient(ResourcesError, ConnectionError):
    """Worth another try."""

    code = "transient"


class Unavailable(Transient):
    """The network or the server isn't there."""

    code = "unavailable"


class SlowDown(Transient):
    """The server asks for fewer requests."""

    code = "slow-down"


class TimedOut(Transient, TimeoutError):
    """No answer in time."""

    code = "timed-out"


class Cancelled(ResourcesError):
    """The transfer was told to stop."""

    code = "cancelled"


def one_line(error: BaseException) -> str:
    """Any error in one line, with its type where the message alone would not say what happened."""
    if isinstance(error, ResourcesError):
        return " ".join(error.message.split())
    text = " ".join(str(error).split())
    return f"{type(error).__name__}: {text}" if text else type(error).__name__
