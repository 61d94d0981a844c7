"""Completion of our magics' lines: what is known on this machine, without asking any server."""

from __future__ import annotations

import os
import re
import threading
from collections.abc import Iterable, Iterator, Mapping, Sequence
from importlib import import_module
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any, get_args

from IPython.core.completer import CompletionContext, SimpleCompletion, SimpleMatcherResult, context_matcher

if TYPE_CHECKING:
    from IPython.core.interactiveshell import InteractiveShell

    from jupyter_resources.magics.base import JupyterResources
    from jupyter_resources.magics.parsing import Awaited
    from jupyter_resources.magics.unfinished import Unfinished

__all__ = ["IDENTIFIER", "Completing"]

IDENTIFIER = "jupyter_resources"
"""What IPython's settings call our matcher (`c.Completer.disable_matchers`)."""
_LINE = re.compile(r"^\s*(?:[\w\s.,\[\]*()'\"]+=\s*)?%(push|pull|sync|buckets)[ \t]+(.*)$", re.DOTALL)
_VARIABLE = re.compile(r"\$(\w*)$")
_EARLY = 0.2
_MOST = 500
"""As many as IPython itself hands on."""
_LOOKED_AT = 20_000
"""Files of one directory: reading more would be felt."""


class Completing:
    """The matcher of one shell: registered, and taken away again."""

    def __init__(self, shell: InteractiveShell, resources: JupyterResources) -> None:
        self._shell = shell
        self._resources = resources

        @context_matcher(identifier=IDENTIFIER)  # type: ignore[untyped-decorator]
        def matcher(context: CompletionContext) -> SimpleMatcherResult:
            return self.complete(context)

        self._matcher: Any = matcher

    def register(self) -> None:
        self._shell.Completer.custom_matchers.append(self._matcher)
        if getattr(self._shell, "kernel", None) is not None:
            # What the first TAB needs takes 0.1 s to load: that is done while one still reads and types.
            early = threading.Timer(_EARLY, import_module, ("jupyter_resources.magics.parsing",))
            early.daemon = True
            early.start()

    def unregister(self) -> None:
        matchers = self._shell.Completer.custom_matchers
        matchers[:] = [each for each in matchers if each is not self._matcher]

    def complete(self, context: CompletionContext) -> SimpleMatcherResult:
        """What may stand at the cursor. On a line of ours nobody else is asked, so that jedi costs nothing there."""
        line = _LINE.match(context.text_until_cursor)
        if line is None:
            return SimpleMatcherResult(completions=[])
        from jupyter_resources.core.errors import ResourcesError
        from jupyter_resources.magics.unfinished import unfinished

        word = unfinished(line[2], self._shell.user_ns)
        if word is None:
            return SimpleMatcherResult(completions=[])
        behind = context.line_with_cursor[context.cursor_position :]
        try:
            found = list(islice(self._found(line[1], word, behind), _MOST))
        except (ResourcesError, OSError, ValueError):  # settings that can't be read, a directory that isn't there
            found = []
        completions: Sequence[SimpleCompletion] = found or _NOTHING
        return SimpleMatcherResult(
            completions=completions,
            matched_fragment=word.typed,
            suppress=True,
            ordered=True,
        )

    def _found(self, noun: str, word: Unfinished, behind: str) -> Iterator[SimpleCompletion]:
        from jupyter_resources.magics import parsing
        from jupyter_resources.magics.unfinished import Unfinished, spelled

        words, subcommands = list(word.words), parsing.subcommands(noun)
        if subcommands and not words:
            yield from _starting(subcommands, word.value, "function")
            return
        name = f"{noun}.{words.pop(0)}" if subcommands else noun
        if subcommands and name.partition(".")[2] not in subcommands:
            return
        if variable := _VARIABLE.search(word.typed):
            lead = word.typed[: variable.start() + 1]
            yield from _starting(self._variables(), variable[1], "variable", lead)
            return
        awaited = parsing.awaited(name, words)
        option, equals, value = word.value.partition("=")
        if equals and option in awaited.options:
            part = word.typed[len(option) + 1 :]
            awaited, lead = parsing.awaited(name, [*words, option]), f"{option}="
            word = Unfinished(words, part, value, word.lead.removeprefix(lead), word.quote)
        elif word.value.startswith("-") and awaited.options:
            yield from _starting(awaited.options, word.value, "option")
            return
        else:
            lead = ""
        closed = bool(word.quote) and behind.startswith(word.quote)
        bucket = awaited.bucket or parsing.awaited(name, [*words, *behind.split()]).bucket
        for found, kind in self._names(awaited, word.value, bucket):
            if _harmless(found):
                plain = f"./{found}" if found.startswith("-") and not lead else found
                yield SimpleCompletion(lead + spelled(plain, word, closed=closed), type=kind)

    def _names(self, awaited: Awaited, value: str, bucket: str | None) -> Iterator[tuple[str, str]]:
        """Names that go on from `value`, with their kind."""
        workspace = self._resources.workspace
        match awaited.of:
            case "file" | "directory":
                yield from _files(workspace.directory, value, directories=awaited.of == "directory")
            case "object":
                above, slash, start = value.rpartition("/")
                for name in workspace.seen_below(above, bucket):
                    if name.startswith(start):
                        yield above + slash + name, "path"
            case "bucket" | "place" if value.startswith((".", "/", "~")):
                yield from _files(workspace.directory, value, directories=True)
            case "bucket":
                yield from ((name, "bucket") for name in workspace.bucket_names() if name.startswith(value))
            case "profile":
                names = sorted(workspace.resolved.settings.profiles)
                yield from ((name, "profile") for name in names if name.startswith(value))
            case "credentials":
                from jupyter_resources.settings.schema import CredentialsFrom

                yield from ((place, "keyword") for place in get_args(CredentialsFrom) if place.startswith(value))

    def _variables(self) -> list[str]:
        """Names of the user's own whose values can be words of a line."""
        names: Mapping[str, Any] = self._shell.user_ns
        hidden = self._shell.user_ns_hidden
        return sorted(
            name
            for name, value in list(names.items())
            if not name.startswith("_") and name not in hidden and issubclass(type(value), str | os.PathLike | list)
        )


def _files(directory: Path, value: str, *, directories: bool) -> Iterator[tuple[str, str]]:
    """Paths on this machine that go on from `value`; hidden ones only once their dot is typed."""
    above, slash, start = value.rpartition("/")
    place = directory / Path(above + slash).expanduser()
    with os.scandir(place) as entries:
        found = sorted(
            f"{entry.name}/" if entry.is_dir() else entry.name
            for entry in islice(entries, _LOOKED_AT)
            if entry.name.startswith(start) and (start or not entry.name.startswith("."))
        )
    for name in found:
        if not directories or name.endswith("/"):
            yield above + slash + name, "path"


def _starting(words: Iterable[str], start: str, kind: str, lead: str = "") -> Iterator[SimpleCompletion]:
    return (SimpleCompletion(lead + word, type=kind) for word in words if word.startswith(start))


def _harmless(name: str) -> bool:
    """Whether all of `name` can be seen. Others are never put on a line: they might end it, or read as another name."""
    from jupyter_resources.report.visible import visible

    bare = name.replace(" ", "_")
    return visible(bare) == bare and "\\" not in bare


class _Nothing(Sequence[SimpleCompletion]):
    """Empty, but counts as an answer: else IPython would go on to jedi, whose first call takes up to seconds, and offer
    Python's names on our line.
    """

    def __len__(self) -> int:
        return 1

    def __getitem__(self, index: Any) -> Any:
        raise IndexError(index)


_NOTHING = _Nothing()
