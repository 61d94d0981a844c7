"""The version stands in one place, and everything else reads it from there."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from importlib import metadata
from pathlib import Path

import jupyter_resources
from tests.tools import tree


def test_python_and_front_end_agree() -> None:
    """What is installed has the version of labextension/package.json."""
    written = json.loads((tree.ROOT / "labextension/package.json").read_text("utf-8"))["version"]
    assert metadata.version("jupyter_resources") == jupyter_resources.__version__ == written


def test_package_json_is_the_source(tmp_path: Path) -> None:
    """Changing the one line in package.json, and nothing else, changes what is built."""
    (tmp_path / "labextension").mkdir()
    shutil.copy(tree.ROOT / "pyproject.toml", tmp_path)
    text = (tree.ROOT / "labextension/package.json").read_text("utf-8")
    changed, count = re.subn(r'(?m)^  "version": "[^"]+"', '  "version": "9.8.7"', text)
    assert count == 1
    (tmp_path / "labextension/package.json").write_text(changed, "utf-8")
    built = subprocess.run(
        [sys.executable, "-m", "hatchling", "version"], cwd=tmp_path, check=True, capture_output=True, text=True
    )
    assert built.stdout.strip() == "9.8.7"
