"""Walking a directory tree: which files are there, and which are left out for which reason."""

from __future__ import annotations

import errno
import os
import re
import stat
from collections.abc import Callable, Iterator

from jupyter_resources.core import paths
from jupyter_resources.core.control import Control
from jupyter_resources.core.entry import Entry, Facts, LeftOut
from jupyter_resources.storage.partial import is_partial, remove_if_dead, tag
from jupyter_resources.storage.protocol import Page

__all__ = ["PAGE", "Prune", "entry_of", "walk"]

PAGE = 1000
_PLAIN_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_. +=-]*").fullmatch
PLAIN_LETTERS = 255
"""Neither a path nor a part of it is too long with fewer."""
LINKED_DIRECTORY = "symbolic link to a directory"
Prune = Callable[[str, bool], str | None]
"""Why a relative path (a directory's ends in `/`) is left out, None to take it; whether it is a link to a file."""


def entry_of(path: str, status: os.stat_result) -> Entry:
    """The entry for what `stat` says."""
    size, mtime_ns, ctime_ns, inode = status.st_size, status.st_mtime_ns, status.st_ctime_ns, status.st_ino
    facts = Facts(status.st_dev, inode, ctime_ns, status.st_mode)
    return Entry(path, size, mtime_ns, tag(size, mtime_ns, ctime_ns, inode), None, None, facts)


def walk(
    root: str, prefix: str, prune: Prune | None, control: Control, *, clean: bool = True, inside: bool = False
) -> Iterator[Page]:
    """Every regular file below `root` whose path starts with the string `prefix`, in pages, in no order.

    Symbolic links to files count as those files; links to directories are left out, since they may lead in circles or
    outside. What can't be listed is left out with its reason; files that vanish meanwhile just aren't there. Partial
    files of ours are never listed, and with `clean` removed when their writer is dead. With `inside`, a link that leads
    out of `root` is left out. Raises OSError when `root` can't be read.
    """
    made = _Walk(root, prefix, prune, control)
    made.clean, made.inside = clean, f"{os.path.realpath(root).rstrip('/')}/" if inside else ""
    return made.pages()


class _Walk:
    """One walk: the directories still to be entered, and the page being filled."""

    def __init__(self, root: str, prefix: str, prune: Prune | None, control: Control) -> None:
        self._root = root
        self._prefix = prefix
        self._prune = prune
        self._control = control
        self._entries: list[Entry] = []
        self._out: list[LeftOut] = []
        self._stack: list[str] = []
        self.clean = True
        self.inside = ""

    def pages(self) -> Iterator[Page]:
        start = self._start()
        if start is not None:
            self._stack.append(start)
        while self._stack:
            yield from self._directory(self._stack.pop())
        yield Page(self._entries, self._out)

    def _start(self) -> str | None:
        """The deepest directory that the prefix names (`a/b/` for `a/b/c`), or None when nothing below can match."""
        lead = ""
        for part in self._prefix.split("/")[:-1]:
            lead += part + "/"
            if paths.problem(lead[:-1]) is not None:
                return None
            status = self._lstat(lead[:-1])
            if status is None:
                return None
            if stat.S_ISLNK(status.st_mode):
                if os.path.isdir(self._full(lead[:-1])):
                    self._leave(lead, LINKED_DIRECTORY)
                return None
            if not stat.S_ISDIR(status.st_mode) or not self._wanted(lead):
                return None
        return lead

    def _lstat(self, path: str) -> os.stat_result | None:
        try:
            return os.lstat(self._full(path))
        except OSError as error:
            if error.errno in (errno.ENOENT, errno.ENOTDIR, errno.ELOOP):
                return None
            raise

    def _full(self, path: str) -> str:
        return os.path.join(self._root, path)

    def _directory(self, lead: str) -> Iterator[Page]:
        """The files of one directory (`lead` is "" or ends in `/`); its directories go on the stack."""
        self._control.check()
        try:
            with os.scandir(self._full(lead) if lead else self._root) as found:
                for one in found:
                    if not self._took(lead, one):
                        self._take(lead, one)
                    if len(self._entries) + len(self._out) >= PAGE:
                        self._control.check()
                        yield Page(self._entries, self._out)
                        self._entries, self._out = [], []
        except OSError as error:
            if not lead:
                raise
            if error.errno != errno.ENOENT:
                self._leave(lead, _why(error))

    def _took(self, lead: str, one: os.DirEntry[str]) -> bool:
        """Take a plain file under a plain name; nearly all are, so this is all that most cost. Else does nothing."""
        name = one.name
        if _PLAIN_NAME(name) is None or len(lead) + len(name) > PLAIN_LETTERS or not lead.startswith(self._prefix):
            return False
        path = lead + name
        try:
            if not one.is_file(follow_symlinks=False):
                return False
            status = one.stat(follow_symlinks=False)
        except OSError:
            return False
        if self._prune is not None and self._prune(path, False) is not None:
            return False
        if not stat.S_ISREG(status.st_mode):
            return False
        self._entries.append(entry_of(path, status))
        return True

    def _take(self, lead: str, one: os.DirEntry[str]) -> None:
        name = one.name
        path = lead + name
        try:
            if one.is_dir(follow_symlinks=False):
                self._enter(path)
            elif is_partial(name):
                if self.clean:
                    remove_if_dead(one.path)
            elif path.startswith(self._prefix):
                self._file(lead, path, one)
        except FileNotFoundError:
            return
        except OSError as error:
            self._leave(path, _why(error))

    def _enter(self, path: str) -> None:
        lead = path + "/"
        if not lead.startswith(self._prefix) and not self._prefix.startswith(lead):
            return
        reason = paths.problem(path)
        if reason is not None:
            self._leave(lead, reason)
        elif self._wanted(lead):
            self._stack.append(lead)

    def _file(self, lead: str, path: str, one: os.DirEntry[str]) -> None:
        status = one.stat(follow_symlinks=False)
        link = stat.S_ISLNK(status.st_mode)
        if link:
            try:
                status = one.stat()
            except OSError as error:
                if error.errno not in (errno.ENOENT, errno.ELOOP, errno.ENOTDIR):
                    raise
                self._leave(path, "broken symbolic link")
                return
            if stat.S_ISDIR(status.st_mode):
                self._leave(path + "/", LINKED_DIRECTORY)
                return
            if self.inside and not os.path.realpath(one.path).startswith(self.inside):
                self._leave(path, "symbolic link that leads outside", status.st_size)
                return
        reason = paths.problem_below(lead, one.name)
        if reason is None and not stat.S_ISREG(status.st_mode):
            reason = "not a regular file"
        if reason is not None:
            self._leave(path, reason, status.st_size)
        elif self._wanted(path, status.st_size, link=link):
            self._entries.append(entry_of(path, status))

    def _wanted(self, path: str, size: int = 0, *, link: bool = False) -> bool:
        reason = self._prune(path, link) if self._prune else None
        if reason is not None:
            self._leave(path, reason, size)
        return reason is None

    def _leave(self, path: str, reason: str, size: int = 0) -> None:
        """Note what is left out. Bytes that are no text are spelled `\\xff`, so that any message can show them."""
        shown = path if path.isascii() else path.encode(errors="surrogateescape").decode(errors="backslashreplace")
        self._out.append(LeftOut(shown, reason, size))


def _why(error: OSError) -> str:
    match error.errno:
        case errno.EACCES | errno.EPERM:
            return "no permission"
        case errno.ENAMETOOLONG:
            return "name too long for this file system"
        case _:
            return error.strerror or type(error).__name__
