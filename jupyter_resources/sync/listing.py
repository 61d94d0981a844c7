"""Listing both sides: one walk of what was named locally, one paged LIST of what could correspond to it remotely."""

from __future__ import annotations

import glob
import os
import stat
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing, suppress
from dataclasses import replace
from fnmatch import fnmatchcase

from jupyter_resources.core.control import Control
from jupyter_resources.core.entry import Entry, LeftOut, Listing
from jupyter_resources.core.errors import InvalidPath
from jupyter_resources.core.events import Listed, Reporter
from jupyter_resources.core.paths import is_mentioned, is_reserved, parents, under
from jupyter_resources.storage.local import LocalStore
from jupyter_resources.storage.partial import remove_dead
from jupyter_resources.storage.protocol import Page, Store
from jupyter_resources.storage.walk import entry_of
from jupyter_resources.sync.ahead import ahead

__all__ = ["Objects", "list_targets", "matches", "search_prefix", "walk"]


def matches(root: str, pattern: str) -> list[str]:
    """Paths relative to `root` that `pattern` names: the path itself if it exists, else what it globs. Sorted.

    As in a shell, `*` doesn't match names that begin with a dot; `**` matches directories at any depth. The root
    itself is `""`. Raises InvalidPath for a pattern that leads outside of `root`.
    """
    relative = os.path.normpath(pattern) if pattern else "."
    if relative == ".":
        return [""]
    if os.path.isabs(relative) or relative.split(os.sep)[0] == os.pardir:
        raise InvalidPath(
            f"{pattern!r} lies outside of {root}",
            hint="%cd to a directory above it first (in Python: local_path_prefix)",
        )
    if os.path.lexists(os.path.join(root, relative)):
        return [relative]
    if "**" not in relative.split(os.sep):
        return sorted({os.path.normpath(one) for one in glob.glob(relative, root_dir=root)})
    return sorted(_deep(root, "", relative.split(os.sep)))


def _deep(root: str, lead: str, parts: Sequence[str]) -> set[str]:
    """What `parts` of a pattern match below `lead`; `**` is any number of directories, none of them a link."""
    first, rest = parts[0], parts[1:]
    found: set[str] = set()
    if first == "**":
        found |= _deep(root, lead, rest) if rest else {lead} - {""}
    with suppress(OSError), os.scandir(os.path.join(root, lead)) as entries:
        for entry in entries:
            path = os.path.join(lead, entry.name)
            if entry.name.startswith(".") and not first.startswith("."):
                continue
            if first == "**":
                if entry.is_dir(follow_symlinks=False):
                    found |= _deep(root, path, parts)
                elif not rest:
                    found.add(path)
            elif fnmatchcase(entry.name, first):
                found |= _deep(root, path, rest) if rest and entry.is_dir() else set() if rest else {path}
    return found


def search_prefix(pattern: str) -> str:
    """The longest directory that everything matching `pattern` lies in or below; `pattern` itself if it is no glob."""
    relative = os.path.normpath(pattern) if pattern else "."
    if relative == ".":
        return ""
    if not glob.has_magic(relative):
        return relative
    literal: list[str] = []
    for part in relative.split(os.sep):
        if glob.has_magic(part):
            break
        literal.append(part)
    return "/".join(literal)


def walk(store: LocalStore, found: Iterable[str], report: Reporter, side: str) -> Listing:
    """Every file at or below the paths `found`, and what was left out there."""
    entries: list[Entry] = []
    left_out: list[LeftOut] = []
    for path in found:
        for page in _named(store, path):
            entries.extend(page.entries)
            left_out.extend(page.left_out)
            report(Listed(side, len(entries)))
    return Listing.of(entries, left_out)


def _named(store: LocalStore, path: str) -> Iterator[Page]:
    """What lies at or below `path`. A linked directory that is named itself is meant, and so is entered."""
    place = os.path.join(store.root, path) if path else store.root
    directory, name = (place, "") if os.path.isdir(place) else os.path.split(place)
    below = os.path.relpath(directory, store.root)
    plain = os.path.normpath(os.path.join(os.path.realpath(store.root), below))
    if os.path.realpath(directory) == plain:
        yield from store.list(f"{path}/" if path and not name else path, tree=True)
        return
    lead = f"{below}/"
    for page in store.at(directory, lead).list(name, tree=True):
        yield Page(
            [entry.at(lead + entry.path) for entry in page.entries],
            [replace(one, path=lead + one.path) for one in page.left_out],
        )


class Objects:
    """Objects of a store at or below some places, asked for from now on; not those that merely begin alike, nor
    reserved ones. To be closed when nobody wants them any more.
    """

    def __init__(
        self,
        store: Store,
        prefixes: Sequence[str],
        control: Control,
        expected: Sequence[str] = (),
        *,
        counted: bool = True,
    ) -> None:
        """`expected`, sorted, are probably among them, which helps some stores to list faster. With `counted` the
        requests count with `control`.
        """
        outermost = _outermost(prefixes)
        self._wanted = set(outermost) if len(outermost) > MANY else None
        places = [os.path.commonpath(outermost)] if self._wanted else outermost
        self._control = control
        own = control.child() if counted else control.uncounted().child()  # to leave this ends nothing else
        listing = store.under(own)

        def pages() -> Iterator[Page]:
            with control.on_cancel(own.cancel):
                for place in places:
                    yield from listing.list(place, tree=True, expected=expected)

        self._pages = ahead(pages(), own)

    def close(self) -> None:
        """Ask for no more."""
        self._pages.close()

    def listing(self, report: Reporter, side: str) -> Listing:
        """All of them. Raises what the store raises."""
        entries: list[Entry] = []
        left_out: list[LeftOut] = []
        with closing(self._pages):
            for page in self._pages:
                self._control.check()
                plain = self._wanted is None and not is_mentioned(one.path for one in page.entries)
                entries += page.entries if plain else [one for one in page.entries if self._is_meant(one.path)]
                left_out += [one for one in page.left_out if self._is_meant(one.path)]
                report(Listed(side, len(entries)))
        return Listing.of(entries, left_out)

    def _is_meant(self, path: str) -> bool:
        return not is_reserved(path) and _wanted(path, self._wanted)


MANY = 3
"""More places than this are listed as one, the directory that holds them all, rather than by a LIST each."""


def _wanted(path: str, places: set[str] | None) -> bool:
    """Whether `path` is one of `places` or lies below one; None takes all."""
    return places is None or path in places or any(parent in places for parent in parents(path))


FEW = 1000
"""So many files are looked at one by one rather than by a walk of all that lies where they go."""


def list_targets(store: LocalStore, prefixes: Sequence[str], wanted: Listing, report: Reporter) -> Listing:
    """What lies locally where `wanted` is to go; an empty directory in the place of a file counts as in the way."""
    if not wanted:
        return Listing()
    if len(wanted) <= FEW:
        listing = _looked_at(store, wanted)
    else:
        listing = walk(store, _outermost(prefixes), report, "target")
    missing = (entry.path for entry in wanted if entry.path not in listing)
    in_the_way = [LeftOut(path + "/", "directory") for path in missing if os.path.isdir(store.path_of(path))]
    return Listing.of(listing.entries, (*listing.left_out, *in_the_way))


def _looked_at(store: LocalStore, wanted: Listing) -> Listing:
    """The files that are where `wanted` is to go, and those that stand in the way of its directories."""
    found: list[Entry] = []
    left_out: list[LeftOut] = []
    known: set[str] = set()
    for entry in wanted:
        for directory in parents(entry.path):
            if directory in known:
                break
            known.add(directory)
            _look(store, directory, found, left_out, directory_expected=True)
        _look(store, entry.path, found, left_out)
    for directory in {entry.path.rpartition("/")[0] for entry in wanted}:
        remove_dead(os.path.join(store.root, directory))
    return Listing.of(found, left_out)


def _look(
    store: LocalStore, path: str, found: list[Entry], left_out: list[LeftOut], *, directory_expected: bool = False
) -> None:
    try:
        status = os.stat(store.path_of(path))
    except OSError:
        return  # nothing there, or a broken link: whoever writes there finds out
    if stat.S_ISREG(status.st_mode):
        found.append(entry_of(path, status))
    elif stat.S_ISDIR(status.st_mode) and not directory_expected:
        left_out.append(LeftOut(path + "/", "directory"))


def _outermost(prefixes: Sequence[str]) -> list[str]:
    """Each place once: what lies below another of `prefixes` is listed with that."""
    kept: list[str] = []
    for prefix in sorted(set(prefixes), key=len):
        if not any(under(prefix, one) for one in kept):
            kept.append(prefix)
    return kept
