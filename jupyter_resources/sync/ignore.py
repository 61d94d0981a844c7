"""What of a directory tree isn't pushed: `.resourcesignore` files (gitignore syntax), tool folders, likely secrets."""

from __future__ import annotations

import fnmatch
import os
import re
from typing import TYPE_CHECKING

from jupyter_resources.core.errors import InvalidValue, harmless
from jupyter_resources.core.paths import RESERVED, is_reserved
from jupyter_resources.core.records import small_text

if TYPE_CHECKING:
    from pathspec import GitIgnoreSpec

__all__ = ["IGNORE_FILE", "IgnoreRules", "never_pulled"]

IGNORE_FILE = ".resourcesignore"
ALWAYS = (".git", ".ipynb_checkpoints", "__pycache__")
SECRETS = (
    ".env",
    ".env.*",
    "*.pem",
    "*.key",
    "*.p12",
    "*.pfx",
    "id_rsa",
    "id_dsa",
    "id_ecdsa",
    "id_ed25519",
    ".netrc",
    ".pgpass",
    "credentials.toml",
)
TREES = 2
STARS = 2
BOTH = 3
"""Each `**` but a last one, and each `*` of a name behind its first, multiplies the ways to match. More of them in one
pattern can take for ever, and the file may come from anybody; up to here it's 0.3 s for the worst path that Linux has.
"""
NOT_SECRETS = (".env.example", ".env.sample", ".env.template")


_SECRET = re.compile("|".join(fnmatch.translate(pattern) for pattern in SECRETS))
_FIRST = frozenset(one[0] for one in (*ALWAYS, *SECRETS, RESERVED) if one[0] != "*")
_LAST = tuple(one[1:] for one in SECRETS if one[0] == "*")
"""How a name begins or ends that has to be looked at more closely; every file of a walk is asked for."""


class IgnoreRules:
    """Reasons to leave paths out, for one tree; reads each directory's ignore file once, as a walk enters it.

    A rule of a deeper directory overrides one further up, and a negated rule (`!x`) takes a file back in, as git does.
    """

    def __init__(self, root: str, *, secrets: bool = False, bucket: str | None = None) -> None:
        """`secrets=True` lets pass what looks like a secret; `bucket` is a directory that isn't pushed into itself."""
        self._root = root
        self._bucket = os.path.relpath(os.path.realpath(bucket), os.path.realpath(root)) if bucket else None
        self._secrets = secrets
        self._rules: dict[str, tuple[tuple[int, GitIgnoreSpec], ...]] = {}
        self._plain: dict[str, bool] = {}

    def reason(self, path: str, link: bool = False) -> str | None:
        """Why `path` (a directory's ends with `/`; or a `link` to a file) is left out, or None."""
        directory, _, name = path.rpartition("/")
        if name and not link and name.isascii():
            folded = name.lower()
            if folded[0] not in _FIRST and not folded.endswith(_LAST) and self._is_plain(directory):
                return None
        below = not name
        bare = path[:-1] if below else path
        directory, _, name = bare.rpartition("/")
        if is_reserved(bare):
            return "reserved"
        if bare == self._bucket:
            return "the bucket itself"
        if name in ALWAYS:
            return f"ignored ({name} is never pushed)"
        for start, spec in self._rules_of(directory):
            verdict = spec.check_file(path[start:]).include
            if verdict is None:
                continue
            if verdict:
                return f"ignored ({IGNORE_FILE})"
            break
        if self._secrets or below:
            return None
        if _looks_secret(name) or (link and self._leads_to_secret(path)):
            return "looks like a secret; --secrets (secrets=True) pushes it"
        return None

    def _is_plain(self, directory: str) -> bool:
        """Whether nothing of where it is makes a difference for a file in `directory`."""
        plain = self._plain.get(directory)
        if plain is None:
            bucket = self._bucket is not None and self._bucket.rpartition("/")[0] == directory
            plain = self._plain[directory] = not (bucket or is_reserved(directory) or self._rules_of(directory))
        return plain

    def _leads_to_secret(self, path: str) -> bool:
        """A link's name says nothing of what it leads to."""
        return _looks_secret(os.path.basename(os.path.realpath(os.path.join(self._root, path))))

    def _rules_of(self, directory: str) -> tuple[tuple[int, GitIgnoreSpec], ...]:
        """What is to be asked of a path in `directory`, the deepest first, and where the path begins for each."""
        rules = self._rules.get(directory)
        if rules is None:
            spec = _read(os.path.join(self._root, directory, IGNORE_FILE))
            above = self._rules_of(directory.rpartition("/")[0]) if directory else ()
            mine = ((len(directory) + 1 if directory else 0, spec),) if spec is not None else ()
            rules = self._rules[directory] = (*mine, *above)
        return rules


def never_pulled(path: str) -> str | None:
    """Why an object isn't taken over: what is never pushed came from elsewhere, and git or Python would run it."""
    name = next((part for part in path.casefold().split("/") if part in ALWAYS), None)
    return f"not pulled ({name} is never pushed, and may run code)" if name else None


def _looks_secret(name: str) -> bool:
    folded = name.casefold()
    return folded not in NOT_SECRETS and _SECRET.match(folded) is not None


def _is_greedy(line: str) -> bool:
    *above, last = line.split("/")
    trees = above.count("**")
    stars = sum(max(0, part.count("*") - 1) for part in (*above, last) if part != "**")
    return trees > TREES or stars > STARS or trees + stars > BOTH


def _read(path: str) -> GitIgnoreSpec | None:
    try:
        os.lstat(path)
        from pathspec import GitIgnoreSpec  # few trees have such a file

        lines = small_text(path).splitlines()
        greedy = next((line for line in lines if "*" in line and line[0] != "#" and _is_greedy(line)), None)
        if greedy is not None:
            raise ValueError(f"too many '*' in one pattern: {harmless(greedy[:60])}")
        return GitIgnoreSpec.from_lines(lines)
    except (FileNotFoundError, NotADirectoryError):
        return None
    except (OSError, UnicodeDecodeError, ValueError) as error:
        raise InvalidValue(f"{path} can't be read as ignore rules: {error}", hint="mend or remove it") from error
