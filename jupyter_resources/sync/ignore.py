"""What of a directory tree isn't pushed: `.resourcesignore` files (gitignore syntax), tool folders, likely secrets."""

from __future__ import annotations

import os
from fnmatch import fnmatchcase

from pathspec import GitIgnoreSpec

from jupyter_resources.core.errors import InvalidValue
from jupyter_resources.core.paths import is_reserved

__all__ = ["IGNORE_FILE", "IgnoreRules"]

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
NOT_SECRETS = (".env.example", ".env.sample", ".env.template")


class IgnoreRules:
    """Reasons to leave paths out, for one tree; reads each directory's ignore file once, as a walk enters it.

    A rule of a deeper directory overrides one further up, and a negated rule (`!x`) takes a file back in, as git does.
    """

    def __init__(self, root: str, *, secrets: bool = False) -> None:
        """`secrets=True` lets files pass that look like secrets."""
        self._root = root
        self._secrets = secrets
        self._specs: dict[str, GitIgnoreSpec | None] = {}

    def reason(self, path: str) -> str | None:
        """Why `path` (a directory's ends with `/`) is left out, or None."""
        bare = path.rstrip("/")
        name = bare.rpartition("/")[2]
        if is_reserved(bare):
            return "reserved"
        if name in ALWAYS:
            return f"ignored ({name} is never pushed)"
        if self._ignored(path):
            return f"ignored ({IGNORE_FILE})"
        if not self._secrets and not path.endswith("/") and _looks_secret(name):
            return "looks like a secret; --secrets (secrets=True) pushes it"
        return None

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


def _looks_secret(name: str) -> bool:
    folded = name.casefold()
    return folded not in NOT_SECRETS and any(fnmatchcase(folded, pattern) for pattern in SECRETS)


def _read(path: str) -> GitIgnoreSpec | None:
    try:
        with open(path, encoding="utf-8") as stream:
            return GitIgnoreSpec.from_lines(stream.read().splitlines())
    except (FileNotFoundError, NotADirectoryError):
        return None
    except (OSError, UnicodeDecodeError, ValueError) as error:
        raise InvalidValue(f"{path} can't be read as ignore rules: {error}", hint="mend or remove it") from error
