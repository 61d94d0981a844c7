"""Which files a verb is about: include and exclude patterns over paths."""

from __future__ import annotations

import re
import warnings
from dataclasses import dataclass

from jupyter_resources.core.errors import InvalidValue

__all__ = ["Regex", "Selection"]

Regex = str | re.Pattern[str] | None


@dataclass(frozen=True, slots=True)
class Selection:
    """Patterns matched at the beginning of a path (as `re.match`); a path that matches both is excluded."""

    include: re.Pattern[str] | None = None
    exclude: re.Pattern[str] | None = None
    lead: str = ""

    @classmethod
    def of(cls, include: Regex, exclude: Regex, path_regex: Regex = None, lead: str = "") -> Selection:
        """Compile; `lead` is put before each path. Raises InvalidValue for a bad pattern or two includes."""
        if path_regex is not None:
            warnings.warn("path_regex is deprecated: use include_regex", DeprecationWarning, stacklevel=3)
            if include is not None:
                raise InvalidValue("path_regex and include_regex are the same thing", hint="use include_regex alone")
            include = path_regex
        return cls(_compiled(include), _compiled(exclude), lead)

    def reason(self, path: str) -> str | None:
        """Why `path` is not selected; None if it is."""
        whole = self.lead + path
        if self.exclude is not None and self.exclude.match(whole):
            return "excluded"
        if self.include is not None and not self.include.match(whole):
            return "not included"
        return None


def _compiled(pattern: Regex) -> re.Pattern[str] | None:
    if pattern is None or isinstance(pattern, re.Pattern):
        return pattern
    try:
        return re.compile(pattern)
    except re.error as error:
        raise InvalidValue(
            f"{pattern!r} is no regular expression: {error}", hint=r"to match a name as it is: .*\.csv$, for instance"
        ) from None
