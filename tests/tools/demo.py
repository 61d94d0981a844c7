"""Runs a notebook without a browser and prints what each cell shows; fails when the notebook fails."""

from __future__ import annotations

import os
import re
import sys
import tempfile
from pathlib import Path
from typing import Any

import nbformat
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError
from traitlets.config import Config

from tests.tools.kernel import place

ANSI = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")


def shown(output: dict[str, Any]) -> str:
    """What one output says as plain text; empty for one that has only pictures or widgets."""
    kind = output["output_type"]
    if kind == "stream":
        # A progress bar overwrites its own line: keep what a terminal would show in the end.
        text = "\n".join(line.rsplit("\r", 1)[-1] for line in output["text"].replace("\r\n", "\n").split("\n"))
    elif kind == "error":
        text = "\n".join(output["traceback"]) or f"{output['ename']}: {output['evalue']}"
    else:
        text = output["data"].get("text/plain", "")
    return ANSI.sub("", text).strip("\n")


def page(notebook: dict[str, Any]) -> str:
    """The executed notebook as a terminal would have shown it: each line that was typed, then its outputs."""
    lines: list[str] = []
    for cell in notebook["cells"]:
        if cell["cell_type"] != "code" or cell["execution_count"] is None:
            continue
        outputs = [text for text in map(shown, cell["outputs"]) if text]
        if outputs:
            prompt = f"In [{cell['execution_count']}]: "
            indent = " " * (len(prompt) - 5) + "...: "
            source = cell["source"].splitlines()
            lines += [(prompt if number == 0 else indent) + line for number, line in enumerate(source)]
            lines += [*outputs, ""]
    return "\n".join(lines)


def run(file: Path, home: Path) -> tuple[dict[str, Any], CellExecutionError | None]:
    """Execute `file` beside itself, with all that Jupyter and we keep below `home`; returns it with its outputs."""
    notebook = nbformat.read(file, as_version=4)
    private = {
        "HOME": home,
        "IPYTHONDIR": home / "ipython",
        "JUPYTER_CONFIG_DIR": home / "config",
        "JUPYTER_DATA_DIR": home / "data",
        "JUPYTER_RUNTIME_DIR": home / "runtime",
        "XDG_CACHE_HOME": home / "cache",
        "XDG_CONFIG_HOME": home / "xdg",
        "XDG_DATA_HOME": home / "share",
    }
    # Set here and not only for the kernel: the connection file is written by this process.
    os.environ.update({name: str(path) for name, path in private.items()})
    # A user's own configuration must not decide how a demonstration ends.
    for name in [name for name in os.environ if name.startswith("JTRES_")]:
        del os.environ[name]
    with place() as where:
        client = NotebookClient(
            notebook,
            timeout=120,
            kernel_name="python3",
            resources={"metadata": {"path": str(file.parent)}},
            store_widget_state=False,
            config=Config(KernelManager=where),
        )
        try:
            client.execute()
        except CellExecutionError as error:
            return notebook, error
    return notebook, None


def main(arguments: list[str]) -> int:
    if len(arguments) != 1:
        print("usage: python -m tests.tools.demo NOTEBOOK", file=sys.stderr)
        return 2
    file = Path(arguments[0]).resolve()
    with tempfile.TemporaryDirectory(prefix="jupyter_resources-demo-", ignore_cleanup_errors=True) as home:
        notebook, error = run(file, Path(home))
    print(page(notebook))
    if error is not None:
        print(f"{file.name} failed in the cell above: {error.ename}: {error.evalue}", file=sys.stderr)
        return 1
    print(f"{file.name}: every cell ran, every assertion held")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
