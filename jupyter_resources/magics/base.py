"""What every magic does: words, request, dispatch, picture, and errors that say what to type."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, TypeVar

from traitlets import Bool, Dict, Unicode
from traitlets.config import Configurable

from jupyter_resources.core.errors import ResourcesError

if TYPE_CHECKING:
    from IPython.core.interactiveshell import InteractiveShell

    from jupyter_resources.magics.completion import Completing
    from jupyter_resources.magics.showing import Showing
    from jupyter_resources.resources.workspace import Workspace

__all__ = ["JupyterResources", "documented"]

F = TypeVar("F", bound=Callable[..., Any])


def documented(name: str) -> Callable[[F], F]:
    """Let `?` show the help made from the operations table, which is read only then."""

    def getdoc() -> str:
        from jupyter_resources.magics import parsing

        return parsing.noun_help(name) if parsing.subcommands(name) else parsing.help_of(name)

    def decorate(method: F) -> F:
        # IPython asks for this before `__doc__`.
        method.getdoc = getdoc  # type: ignore[attr-defined]
        return method

    return decorate


class JupyterResources(Configurable):
    """The magics of one shell: its settings (`%config JupyterResources`), one Workspace, and how answers are shown."""

    default_bucket = Unicode(
        None, allow_none=True, config=True, help="The bucket that is used where no bucket is named."
    )
    profiles = Dict(config=True, help="Connections by name, as in the settings file. Never credentials.")
    buckets = Dict(config=True, help="Buckets by name, as in the settings file.")
    widgets = Bool(True, config=True, help="Whether a notebook shows plans and long results as widgets.")

    def __init__(self, shell: InteractiveShell, showing: Showing) -> None:
        super().__init__(parent=shell)
        self.shell = shell
        self.showing = showing
        self.completing: Completing | None = None
        self._workspace: Workspace | None = None

    @property
    def workspace(self) -> Workspace:
        """Made at the first use and kept as long as the kernel lives."""
        from jupyter_resources.resources.workspace import Workspace
        from jupyter_resources.settings.sources import given

        if self._workspace is None:
            self._workspace = Workspace()
        values = {
            name: getattr(self, name) for name in ("default_bucket", "profiles", "buckets") if getattr(self, name)
        }
        self._workspace.layers = (given(values, "%config"),) if values else ()
        return self._workspace

    def run(self, name: str, line: str, names: Mapping[str, Any] | None, *, transfer: bool = False) -> Any:
        """Do what `line` asks of operation `name`; its answer, or None for help. Errors show as one line and a hint."""
        from jupyter_resources.magics import fixes, parsing

        try:
            words, quiet = self._words(line, names)
            request = parsing.parse(name, words)
            if request is None:
                sys.stdout.write(parsing.help_of(name) + "\n")
                return None
            if transfer:
                return self._transfer(name, request, quiet=quiet)
            return self._ask(name, request)
        except (ResourcesError, KeyboardInterrupt) as error:
            raise fixes.fixed(error, f"{parsing.magic_of(name)} {line.strip().rstrip('; ')}".strip()) from None

    def noun(self, noun: str, line: str, names: Mapping[str, Any] | None) -> Any:
        """As `run`, the operation being the first word (none: the first of the noun's)."""
        from jupyter_resources.core.errors import InvalidValue
        from jupyter_resources.magics import parsing
        from jupyter_resources.settings.resolve import nearest

        word, _, rest = line.strip().partition(" ")
        known = parsing.subcommands(noun)
        bare = word.rstrip(";")
        if word in ("-h", "--help"):
            sys.stdout.write(parsing.noun_help(noun) + "\n")
            return None
        if not bare:
            return self.run(f"{noun}.{known[0]}", line, names)
        if bare not in known:
            hint = nearest(bare, known) or f"known are {', '.join(known)}"
            raise InvalidValue(f"%{noun} has no {bare!r}", hint=hint)
        return self.run(f"{noun}.{bare}", rest + word[len(bare) :], names)

    def _words(self, line: str, names: Mapping[str, Any] | None) -> tuple[list[str], bool]:
        from jupyter_resources.magics.lines import split

        found = split(line, {**self.shell.user_ns, **(names or {})})
        return found.words, found.quiet

    def _ask(self, name: str, request: Any) -> Any:
        from jupyter_resources.api import dispatch

        return dispatch.run(self.workspace, name, request)

    def _transfer(self, name: str, request: Any, *, quiet: bool) -> Any:
        from jupyter_resources.api import dispatch

        with self.showing.transfer(name, quiet=quiet, widgets=self.widgets) as (report, show):
            try:
                answer = dispatch.run(self.workspace, name, request, report)
            except (ResourcesError, KeyboardInterrupt) as error:
                summary = getattr(error, "summary", None)
                if summary is not None and not quiet:
                    show(summary)
                    self.showing.failed(summary)
                raise
            show(answer)
        return answer
