"""%push, %pull and %sync."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from IPython.core.magic import Magics, line_magic, magics_class, needs_local_scope, no_var_expand

from jupyter_resources.magics.base import documented

if TYPE_CHECKING:
    from jupyter_resources.magics.base import JupyterResources
    from jupyter_resources.sync.summary import TransactionSummary

__all__ = ["TransferMagics"]


@magics_class
class TransferMagics(Magics):
    """Files between here and buckets."""

    def __init__(self, resources: JupyterResources) -> None:
        super().__init__(resources.shell)
        self._resources = resources

    @documented("push")
    @no_var_expand
    @needs_local_scope
    @line_magic
    def push(self, line: str, local_ns: Mapping[str, Any] | None = None) -> TransactionSummary | None:
        """`%push PATH…`: copy new and changed files to a bucket."""
        return self._resources.run("push", line, local_ns, transfer=True)  # type: ignore[no-any-return]

    @documented("pull")
    @no_var_expand
    @needs_local_scope
    @line_magic
    def pull(self, line: str, local_ns: Mapping[str, Any] | None = None) -> TransactionSummary | None:
        """`%pull PATH…`: copy new and changed files from a bucket."""
        return self._resources.run("pull", line, local_ns, transfer=True)  # type: ignore[no-any-return]

    @documented("sync")
    @no_var_expand
    @needs_local_scope
    @line_magic
    def sync(self, line: str, local_ns: Mapping[str, Any] | None = None) -> TransactionSummary | None:
        """`%sync DIR`: make a bucket equal to a directory."""
        return self._resources.run("sync", line, local_ns, transfer=True)  # type: ignore[no-any-return]
