"""Copies the repository as a fresh clone would have it, uncommitted work included and nothing that was made."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

ROOT = Path(__file__).parents[2]


def files() -> list[str]:
    """Every path that is committed, or would be by `git add .`."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        check=True,
        capture_output=True,
        text=True,
    ).stdout
    # A file deleted but not yet committed as such is still listed.
    return sorted(name for name in listed.split("\0") if name and (ROOT / name).is_file())


def copy(target: Path) -> Path:
    """A clean copy of the repository in `target`, without its history."""
    for name in files():
        (target / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(ROOT / name, target / name)
    return target
