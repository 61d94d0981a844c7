"""The same tests on the oldest supported generation: IPython 8 with ipykernel 6."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

PINS = ("ipython==8.39.0", "ipykernel==6.31.0", "decorator==5.2.1", "nest-asyncio==1.6.0")
HERE = Path(__file__).parent


@pytest.fixture(scope="module")
def older() -> Path:
    """A directory with only the older packages; in front of the path they hide the installed ones. Made once, in 2 s.

    Everything else that they need is what is installed anyway, so no second virtualenv is filled.
    """
    directory = Path(sys.prefix) / "ipython8"
    marker = directory / "pins.txt"
    wanted = "\n".join(PINS)
    if not marker.is_file() or marker.read_text() != wanted:
        pip = [
            sys.executable,
            "-m",
            "pip",
            "--disable-pip-version-check",
            "install",
            "--quiet",
            "--no-deps",
            "--upgrade",
        ]
        subprocess.run([*pip, "--target", str(directory), *PINS], check=True)
        marker.write_text(wanted)
    return directory


@pytest.mark.timeout(1200)  # all of them, one after the other, beside whatever else runs; and an installation
def test_on_ipython_8_and_ipykernel_6(older: Path):
    """Every test of the magics, in an interpreter that finds the older packages first."""
    variables = {**os.environ, "PYTHONPATH": str(older), "PYDEVD_DISABLE_FILE_VALIDATION": "1"}
    found = subprocess.run(
        [sys.executable, "-c", "import IPython, ipykernel; print(IPython.__version__, ipykernel.__version__)"],
        env=variables,
        capture_output=True,
        text=True,
        check=True,
    )
    assert found.stdout.split() == ["8.39.0", "6.31.0"]
    tests = [str(path) for path in sorted(HERE.glob("test_*.py")) if path.name != Path(__file__).name]
    run = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-p", "no:xdist", *tests],
        env=variables,
        cwd=HERE.parents[1],
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 0, run.stdout[-6000:] + run.stderr[-2000:]
