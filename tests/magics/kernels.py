"""A real kernel in a process of its own, and what a front end would hold after each cell."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from jupyter_client.manager import KernelManager

from tests.tools.kernel import place

__all__ = ["Cell", "Kernel", "running"]


@dataclass
class Cell:
    """One executed cell: its outputs as the front end has them at the end, displays updated in place."""

    outputs: list[dict[str, Any]] = field(default_factory=list)
    updates: list[dict[str, Any]] = field(default_factory=list)
    status: str = ""

    @property
    def pictures(self) -> list[dict[str, Any]]:
        """Displays and results."""
        return [one["data"] for one in self.outputs if "data" in one]

    @property
    def error(self) -> str:
        """The lines of the error that are shown."""
        return "\n".join(line for one in self.outputs for line in one.get("traceback", []))


class Kernel:
    """Runs cells one after the other."""

    def __init__(self, manager: KernelManager) -> None:
        self.manager = manager
        self.client = manager.client()
        # As a front end does, which tells something of the cell with each request.
        self.client.session.metadata = {"recordTiming": False}
        self.client.start_channels()
        self.client.wait_for_ready(timeout=60)

    def run(self, code: str, watch: Callable[[dict[str, Any]], None] = lambda message: None) -> Cell:
        """The cell, executed to its end; `watch` sees each message."""
        cell, shown = Cell(), {}

        def hook(message: dict[str, Any]) -> None:
            kind, content = message["header"]["msg_type"], dict(message["content"])
            if kind == "update_display_data":
                cell.updates.append(content["data"])
                shown[content["transient"]["display_id"]].update(data=content["data"])
            elif kind in ("display_data", "execute_result", "stream", "error"):
                cell.outputs.append({"type": kind, **content})
                if display_id := content.get("transient", {}).get("display_id"):
                    shown[display_id] = cell.outputs[-1]
            watch({"type": kind, **content})

        reply = self.client.execute_interactive(code, output_hook=hook, timeout=60, store_history=True)
        cell.status = reply["content"]["status"]
        return cell

    def inspect(self, code: str) -> str:
        """What the front end's help shows."""
        self.client.inspect(code, len(code))
        return str(self.client.get_shell_msg(timeout=30)["content"]["data"].get("text/plain", ""))

    def interrupt(self) -> None:
        """Press ■."""
        self.manager.interrupt_kernel()


@contextmanager
def running(directory: str, variables: dict[str, str]) -> Iterator[Kernel]:
    """A kernel of this interpreter, started in `directory`."""
    with place() as where:
        manager = KernelManager(kernel_name="python3", **where)
        manager.start_kernel(cwd=directory, env={**os.environ, **variables})
        try:
            kernel = Kernel(manager)
            try:
                yield kernel
            finally:
                kernel.client.stop_channels()
        finally:
            manager.shutdown_kernel(now=True)
