"""A store seen through a choice of keys and other names for them, as if nothing else were there."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Protocol

from jupyter_resources.core import paths
from jupyter_resources.core.control import Control
from jupyter_resources.core.entry import Entry, LeftOut
from jupyter_resources.core.errors import Denied, Incomplete, InvalidPath, NotFound
from jupyter_resources.storage.protocol import DIRECTORY_MARKER, Page, Store
from jupyter_resources.storage.renaming import Renaming

__all__ = ["Names", "ViewedStore"]


class Names(Protocol):
    """Which keys are seen, and what they are called."""

    def lead(self, shown: str) -> str | None:
        """What every key that is seen under a name with this beginning begins with; None where there can't be any."""
        ...

    def shown(self, key: str) -> str | None:
        """What the object `key` is called; None for one that isn't seen."""
        ...

    def key(self, shown: str) -> str:
        """The key of what is called `shown`, seen or not."""
        ...


class ViewedStore(Renaming):
    """The objects of `inner` that `names` shows, under the names that it gives.

    What isn't seen isn't there: it is neither read nor deleted. To write it is refused by `names.key` or by the check
    that what was written would be seen (InvalidPath).
    """

    def __init__(self, inner: Store, names: Names, location: str) -> None:
        """`location` says where this is, for messages and recorded digests: other names are another place."""
        self._inner, self._names, self._location = inner, names, location

    def __repr__(self) -> str:
        return f"ViewedStore({self._inner!r}, {self._names!r})"

    @property
    def location(self) -> str:
        return self._location

    def under(self, control: Control) -> ViewedStore:
        return ViewedStore(self._inner.under(control), self._names, self._location)

    def list(self, prefix: str = "", *, tree: bool = False, expected: Sequence[str] = ()) -> Iterator[Page]:
        names = self._names
        lead = names.lead(prefix)
        if lead is None:
            return
        for page in self._inner.list(lead, expected=[names.key(one) for one in expected]):
            entries: list[Entry] = []
            out: list[LeftOut] = []
            for entry in page.entries:
                shown = names.shown(entry.path)
                if shown is None:
                    continue
                reason = paths.problem(shown)
                if reason is None:
                    entries.append(entry if shown == entry.path else entry.at(shown))
                else:
                    out.append(LeftOut(shown, reason, entry.size))
            for one in page.left_out:
                if one.path.endswith("/") and one.reason != DIRECTORY_MARKER and lead.startswith(one.path):
                    # The directory of all that is seen, or one above: an empty list would be a lie.
                    raise Denied(f"{self._location} can't be listed: {one.reason} ({one.path})")
                if (name := names.shown(one.path)) is not None:
                    out.append(replace(one, path=name))
                elif one.path.endswith("/") and one.path.startswith(lead):
                    out.append(one)  # what the filter would take of it, nobody knows
            seen = Page(entries, out)
            if tree:
                seen = seen.within(prefix)
            elif prefix:
                seen = Page(
                    [one for one in entries if one.path.startswith(prefix)],
                    [one for one in out if one.path.startswith(prefix)],
                )
            yield seen

    def delete(self, keys: Sequence[str]) -> None:
        names = {self._names.key(shown): shown for shown in keys}
        try:
            self._inner.delete([key for key, shown in names.items() if self._names.shown(key) == shown])
        except Incomplete as error:
            failed = {names.get(key, key): why for key, why in error.failed.items()}
            raise Incomplete(error.message, hint=error.hint, failed=failed, summary=error.summary) from error

    def shows(self, shown: str) -> bool:
        """Whether what is put under this name would be seen again."""
        return self._names.shown(self._names.key(shown)) == shown

    def _there(self, shown: str) -> str:
        key = self._names.key(paths.check(shown))
        if self._names.shown(key) != shown:
            raise NotFound(f"{shown} isn't seen in {self._location}", hint="its filter leaves that out")
        return key

    def _allowed(self, shown: str) -> str:
        key = self._names.key(paths.check(shown))
        if self._names.shown(key) != shown:
            raise InvalidPath(
                f"{shown!r} would not be seen again in {self._location}: its filter leaves that out",
                hint="use the bucket without the filter, or another name",
            )
        return key
