"""IPython magics: parse, dispatch, return an object."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from IPython.core.interactiveshell import InteractiveShell

__all__ = ["load", "unload"]

_MAGICS = ("BucketMagics", "TransferMagics")


def load(shell: InteractiveShell) -> None:
    """Register magics and pictures. Light: engines, settings and the operations table load at the first line."""
    from jupyter_resources.magics.base import JupyterResources
    from jupyter_resources.magics.buckets import BucketMagics
    from jupyter_resources.magics.completion import Completing
    from jupyter_resources.magics.showing import Showing
    from jupyter_resources.magics.transfer import TransferMagics

    unload(shell)
    showing = Showing(shell)
    showing.register()
    resources = JupyterResources(shell, showing)
    resources.completing = Completing(shell, resources)
    resources.completing.register()
    configurables: list[Any] = shell.configurables
    configurables.append(resources)
    shell.register_magics(TransferMagics(resources), BucketMagics(resources))


def unload(shell: InteractiveShell) -> None:
    """Take away what `load` registered; nothing where it wasn't."""
    from jupyter_resources.magics.base import JupyterResources

    manager = shell.magics_manager
    for name in _MAGICS:
        ours = manager.registry.pop(name, None)
        if ours is None:
            continue
        if ours in shell.configurables:
            shell.configurables.remove(ours)
        for magics in manager.magics.values():
            for word in [word for word, magic in magics.items() if getattr(magic, "__self__", magic) is ours]:
                del magics[word]
    for resources in [each for each in shell.configurables if isinstance(each, JupyterResources)]:
        resources.showing.unregister()
        if resources.completing is not None:
            resources.completing.unregister()
        shell.configurables.remove(resources)
