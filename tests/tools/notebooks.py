"""Says which notebooks assert nothing or carry outputs; `--strip` removes the outputs."""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
ASSERTION = re.compile(r"^\s*assert\b", re.MULTILINE)


def problems(name: str, notebook: dict[str, Any]) -> list[str]:
    """What is wrong with one notebook, a line each; nothing if it may be committed."""
    code = [cell for cell in notebook["cells"] if cell["cell_type"] == "code"]
    found = []
    if not any(ASSERTION.search("".join(cell["source"])) for cell in code):
        found.append(f"{name}: asserts nothing; a notebook that can't fail proves nothing")
    if any(cell["outputs"] or cell["execution_count"] is not None for cell in code):
        found.append(f"{name}: carries outputs; python -m tests.tools.notebooks --strip removes them")
    if "widgets" in notebook["metadata"]:
        found.append(f"{name}: carries widget state; python -m tests.tools.notebooks --strip removes it")
    return found


def strip(notebook: dict[str, Any]) -> dict[str, Any]:
    """The same notebook as its author wrote it, before any run."""
    cells = []
    for cell in notebook["cells"]:
        if cell["cell_type"] == "code":
            metadata = {key: value for key, value in cell["metadata"].items() if key not in {"execution", "collapsed"}}
            cells.append({**cell, "metadata": metadata, "outputs": [], "execution_count": None})
        else:
            cells.append(cell)
    metadata = {key: value for key, value in notebook["metadata"].items() if key != "widgets"}
    return {**notebook, "cells": cells, "metadata": metadata}


def main(arguments: list[str]) -> int:
    files = [file for file in sorted((ROOT / "notebooks").rglob("*.ipynb")) if ".ipynb_checkpoints" not in file.parts]
    found = [] if files else ["notebooks/: no notebook there"]
    for file in files:
        notebook = json.loads(file.read_text("utf-8"))
        if "--strip" in arguments and strip(notebook) != notebook:
            notebook = strip(notebook)
            file.write_text(json.dumps(notebook, indent=1, ensure_ascii=False) + "\n", "utf-8")
        found += problems(str(file.relative_to(ROOT)), notebook)
    print("\n".join(found) or f"notebooks: {len(files)}, each asserts, none carries outputs")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
