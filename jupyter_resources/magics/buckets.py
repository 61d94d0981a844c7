"""%buckets."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from IPython.core.magic import Magics, line_magic, magics_class, needs_local_scope, no_var_expand

from jupyter_resources.magics.base import documented

if TYPE_CHECKING:
    from jupyter_resources.magics.base import JupyterResources

__all__ = ["BucketMagics"]


@magics_class
class BucketMagics(Magics):
    """The buckets that settings name."""

    def __init__(self, resources: JupyterResources) -> None:
        super().__init__(resources.shell)
        self._resources = resources

    @documented("buckets")
    @no_var_expand
    @needs_local_scope
    @line_magic
    def buckets(self, line: str, local_ns: Mapping[str, Any] | None = None) -> Any:
        """`%buckets list|show|add|rm|create|doctor|trust`: the buckets that settings name."""
        return self._resources.noun("buckets", line, local_ns)
