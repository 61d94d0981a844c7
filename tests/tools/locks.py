"""Says which lock files name an address: a lock must work with whatever registry a user has."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
LOCK_NAMES = re.compile(
    r"(^|/)(yarn\.lock|package-lock\.json|npm-shrinkwrap\.json|pnpm-lock\.yaml|[^/]*\.lock|[^/]*requirements[^/]*\.txt)$"
)
# An address, or a field or option that exists to hold one.
ADDRESS = re.compile(r'://|"resolved"|archiveUrl|--(extra-)?index-url|--find-links|\s@\s')


def addresses(name: str, text: str) -> list[str]:
    """The offending lines of one lock file, as `name:line: text`."""
    return [
        f"{name}:{number}: names an address: {line.strip()[:120]}"
        for number, line in enumerate(text.splitlines(), start=1)
        if ADDRESS.search(line) and not line.lstrip().startswith("#")
    ]


def lock_files(root: Path) -> list[Path]:
    """Every lock file of the repository, committed or about to be."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=root,
        check=True,
        capture_output=True,
        text=True,
    ).stdout
    return [root / name for name in listed.split("\0") if LOCK_NAMES.search(name) and (root / name).is_file()]


def main() -> int:
    files = lock_files(ROOT)
    problems = [] if files else ["no lock file found: .ci/requirements.lock and labextension/yarn.lock should be there"]
    for file in files:
        problems += addresses(str(file.relative_to(ROOT)), file.read_text("utf-8"))
    print("\n".join(problems) or f"locks: {len(files)} files, no address")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
