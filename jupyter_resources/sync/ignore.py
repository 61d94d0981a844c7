"""What of a directory tree isn't pushed: `.resourcesignore` files (gitignore syntax), tool folders, likely secrets."""

from __future__ import annotations

import fnmatch
import os
import re

from pathspec import GitIgnoreSpec

from jupyter_resources.core.errors import InvalidValue
from jupyter_resources.core.paths import is_reserved
from jupyter_resources.core.records import small_text

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
STARS = 3
"""More of them in one name of a pattern can take for ever to be matched, and the file may come from anybody."""
NOT_SECRETS = (".env.example", ".env.sample", ".env.template")


_SECRET = re.compile("|".join(fnmatch.translate(pattern) for pattern in SECRETS))
"""All of them at once: every file of a walk is asked for."""


class IgnoreRules:
    """Reasons to leave paths out, for one tree; reads each directory's ignore file once, as a walk enters it.

    A rule of a deeper directory overrides one further up, and a negated rule (`!x`) takes a file back in, as git does.
    """

    def __init__(self, root: str, *, secrets: bool = False, bucket: str | None = None) -> None:
        """`secrets=True` lets pass what looks like a secret; `bucket` is a directory that isn't pushed into itself."""
        self._root = root
        self._bucket = os.path.relpath(os.path.realpath(bucket), os.path.realpath(root)) if bucket else None
        self._secrets = secrets
        self._specs: dict[str, GitIgnoreSpec | None] = {}

    def reason(self, path: str) -> str | None:
        """Why `path` (a directory's ends with `/`) is left out, or None."""
        bare = path.rstrip("/")
        name = bare.rpartition("/")[2]
        if is_reserved(bare):
            return "reserved"
        if bare == self._bucket:
            return "the bucket itself"
        if name in ALWAYS:
            return f"ignored ({name} is never pushed)"
        if self._ignored(path):
            return f"ignored ({IGNORE_FILE})"
        if not self._secrets and not path.endswith("/") and (_looks_secret(name) or self._leads_to_secret(path)):
            return "looks like a secret; --secrets (secrets=True) pushes it"
        return None

    def _leads_to_secret(self, path: str) -> bool:
        """A link's name says nothing of what it leads to."""
        place = os.path.join(self._root, path)
        return os.path.islink(place) and _looks_secret(os.path.basename(os.path.realpath(place)))

    def _ignored(self, path: str) -> bool:
        directory = path.rstrip("/").rpartition("/")[0]
        while True:
            spec = self._spec(directory)
            if spec is not None:
                below = path[len(directory) + 1 :] if directory else path
                verdict = spec.check_file(below).include
                if verdict is not None:
                    return verdict
            if not directory:
                return False
            directory = directory.rpartition("/")[0]

    def _spec(self, directory: str) -> GitIgnoreSpec | None:
        if directory not in self._specs:
            self._specs[directory] = _read(os.path.join(self._root, directory, IGNORE_FILE))
        return self._specs[directory]


def never_pulled(path: str) -> str | None:
    """Why an object isn't taken over: what is never pushed came from elsewhere, and git or Python would run it."""
    name = next((part for part in path.casefold().split("/") if part in ALWAYS), None)
    return f"not pulled ({name} is never pushed, and may run code)" if name else None


def _looks_secret(name: str) -> bool:
    folded = name.casefold()
    return folded not in NOT_SECRETS and _SECRET.match(folded) is not None


def _read(path: str) -> GitIgnoreSpec | None:
    try:
        lines = small_text(path).splitlines()
        greedy = next((line for line in lines if any(part.count("*") > STARS for part in line.split("/"))), None)
        if greedy is not None:
            raise ValueError(f"more than {STARS} '*' in one name: {greedy[:60]}")
        return GitIgnoreSpec.from_lines(lines)
    except (FileNotFoundError, NotADirectoryError):
        return None
    except (OSError, UnicodeDecodeError, ValueError) as error:
        raise InvalidValue(f"{path} can't be read as ignore rules: {error}", hint="mend or remove it") from error
