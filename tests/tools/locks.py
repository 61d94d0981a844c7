"""Says which lock files name an address: a lock must work with whatever registry a user has."""

from __future__ import annotations

import re
import sys

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


def main() -> int:
    locks = [name for name in tree.files() if LOCK_NAMES.search(name)]
    problems = [] if locks else ["no lock file found: .ci/requirements.lock and labextension/yarn.lock should be there"]
    for name in locks:
        problems += addresses(name, (tree.ROOT / name).read_text("utf-8"))
    print("\n".join(problems) or f"locks: {len(locks)} files, no address")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
