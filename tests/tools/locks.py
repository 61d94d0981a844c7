"""Says which lock files name an address: a lock must work with whatever registry a user has."""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path

from tests.tools import tree

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


def strip(lock: Path) -> None:
    """Take out of npm's lock what it says of a package besides its version and digest."""
    content = json.loads(lock.read_text("utf-8"))
    for package in content["packages"].values():
        for field in ("resolved", "funding", "license"):
            package.pop(field, None)
    lock.write_text(json.dumps(content, indent=2) + "\n", "utf-8")


def main() -> int:
    if sys.argv[1:2] == ["--strip"]:
        strip(Path(sys.argv[2]))
        return 0
    locks = [name for name in tree.files() if LOCK_NAMES.search(name)]
    problems = [] if locks else ["no lock file found: .ci/requirements.lock and labextension/yarn.lock should be there"]
    for name in locks:
        problems += addresses(name, (tree.ROOT / name).read_text("utf-8"))
    print("\n".join(problems) or f"locks: {len(locks)} files, no address")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
