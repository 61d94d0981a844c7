"""Where a kernel of the tests listens: at files of its own."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager

__all__ = ["place"]


@contextmanager
def place() -> Iterator[dict[str, str]]:
    """Settings of a kernel's manager, while the block runs.

    Ports would be chosen, given back, and bound again by the kernel half a second later: on a busy machine another
    program has one by then, and the kernel dies. The path is short, as a socket's must be.
    """
    with tempfile.TemporaryDirectory(prefix="kernel-", ignore_cleanup_errors=True) as directory:
        yield {"transport": "ipc", "connection_file": f"{directory}/kernel.json"}
