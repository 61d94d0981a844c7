"""`python -m tests.browser.chromium`: the browser of the tests; installs it where that is possible."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from filelock import FileLock

__all__ = ["chromium"]

NAMES = ("chromium", "chromium-browser", "google-chrome")
APT = ("apt-get", "-o", "DPkg::Lock::Timeout=300")
"""Another program may be installing something: that is waited for."""
INSTALL = (("update",), ("install", "-y", "--no-install-recommends", "chromium"))


def chromium() -> str:
    """The browser's path. Where it is missing, root on Debian installs it; others are told what to do."""
    with FileLock(Path(tempfile.gettempdir()) / "jupyter_resources-chromium.lock"):
        if found := _found():
            return found
        said = ""
        if os.geteuid() == 0 and shutil.which("apt-get"):
            variables = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
            for words in INSTALL:
                done = subprocess.run([*APT, *words], env=variables, capture_output=True, text=True)
                said += done.stderr
            if found := _found():
                return found
    needed = "the browser tests need Chromium: install your system's package (Debian: apt-get install chromium)"
    raise RuntimeError(f"{needed}\n{said}".rstrip())


def _found() -> str | None:
    return next(filter(None, map(shutil.which, NAMES)), None)


def main() -> int:
    """For `make`: before the tests, which have too little time for it. What fails here, fails there, if it is asked."""
    try:
        chromium()
    except RuntimeError as error:
        print(error, file=sys.stderr)
    return 0


if __name__ == "__main__":
    sys.exit(main())
