"""Which answers get a widget beside their pictures, and when a widget is no longer needed."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from IPython.core.interactiveshell import InteractiveShell

    from jupyter_resources.widgets.transaction import TransactionWidget

__all__ = ["Views"]

VIEW = "application/vnd.jupyter.widget-view+json"
LASTING = "application/vnd.jupyter-resources.lasting+json"
"""Asks our own part of JupyterLab to show the html wherever the widget is gone (labextension/src/lasting.ts)."""


class Views:
    """The widgets of one kernel's cells."""

    def __init__(self, shell: InteractiveShell) -> None:
        self._shell = shell
        self._cells: dict[str, tuple[int, list[TransactionWidget]]] = {}

    def beside(self, answer: Any, update: Callable[[dict[str, Any]], None]) -> dict[str, Any]:
        """What to add to the display of `answer`, and `update` it with once the widget's button has done something.

        Only for a plan that does something, and for a result with more files than its html names: what html says
        completely needs no widget.
        """
        from jupyter_resources.report.story import ROWS
        from jupyter_resources.sync.summary import TransactionSummary

        if not isinstance(answer, TransactionSummary) or not self._watched():
            return {}
        changes = len(answer.files_to_sync) + len(answer.to_delete) + len(answer.unresolvable_collisions)
        if not changes or (changes <= ROWS and not answer.dryrun):
            return {}
        from jupyter_resources.widgets.transaction import TransactionWidget

        view: dict[str, Any] = {}
        widget = TransactionWidget(answer, lambda bundle: update({**bundle, **view}))
        view[VIEW] = {"version_major": 2, "version_minor": 0, "model_id": widget.model_id}
        view[LASTING] = {}
        self._keep(widget)
        return view

    def _watched(self) -> bool:
        """Whether a front end asked, rather than a program that only keeps what a notebook prints.

        Front ends tell of their cell; nbclient and what is made with it (nbconvert --execute, papermill) tell nothing.
        They would store the widget's state, and the html that is made of that shows nothing without a network.
        """
        return bool(self._parent().get("metadata"))

    def _parent(self) -> dict[str, Any]:
        """The message that the running cell came with."""
        parent: dict[str, Any] = getattr(self._shell, "get_parent", dict)()
        return parent

    def _keep(self, widget: TransactionWidget) -> None:
        """Remember `widget` for its cell, and let go those of the cell's last run: their output is gone."""
        cell = self._parent()["metadata"].get("cellId", "")
        if not cell:
            return
        run, widgets = self._cells.get(cell, (-1, []))
        if run != self._shell.execution_count:
            for each in widgets:
                each.release()
            widgets = []
        self._cells[cell] = (self._shell.execution_count, [*widgets, widget])
