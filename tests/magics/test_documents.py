"""What the documents tell people to type is what the magics and the settings take."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest

from jupyter_resources.magics import parsing
from jupyter_resources.magics.lines import split
from jupyter_resources.settings.schema import Settings

ROOT = Path(__file__).parents[2]
DOCUMENTS = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
LINES = [
    (document.name, line.split("#")[0].strip())
    for document in DOCUMENTS
    for block in re.findall(r"```python\n(.*?)```", document.read_text("utf-8"), re.DOTALL)
    for line in block.splitlines()
    if re.match(r"%(push|pull|sync|buckets)\b(?!\?)", line)
]


def test_there_are_lines():
    """Else the next test would prove nothing."""
    assert {"README.md", "buckets.md"} <= {name for name, _ in LINES}


@pytest.mark.parametrize(("document", "line"), LINES)
def test_each_line_parses(document, line):
    """Right operation, right options."""
    name, *words = split(line.removeprefix("%"), {}).words
    if subcommands := parsing.subcommands(name):
        word = words.pop(0) if words else subcommands[0]
        name = f"{name}.{word}"
    assert parsing.parse(name, words) is not None or "--help" in words


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_settings_can_be_copied(document):
    """Each block of TOML is what settings take."""
    for block in re.findall(r"```toml\n(.*?)```", document.read_text("utf-8"), re.DOTALL):
        values = tomllib.loads(block)
        Settings.model_validate(values.get("tool", {}).get("jupyter-resources", values))
