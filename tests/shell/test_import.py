"""Importing the package is cheap: it loads nothing heavy until something is used."""

from __future__ import annotations

import subprocess
import sys

HEAVY = {
    "IPython",
    "ipywidgets",
    "jupyter_server",
    "jupyterlab",
    "keyring",
    "libcloud",
    "obstore",
    "pydantic",
    "tornado",
}


def test_import_loads_nothing_heavy() -> None:
    """`import jupyter_resources` in a new interpreter loads none of the libraries it will use later."""
    answer = subprocess.run(
        [sys.executable, "-c", "import sys, jupyter_resources; print(*sys.modules)"],
        check=True,
        capture_output=True,
        text=True,
    )
    loaded = set(answer.stdout.split())
    assert "jupyter_resources" in loaded
    assert loaded & HEAVY == set()
