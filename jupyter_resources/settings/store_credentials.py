"""`python -m jupyter_resources.settings.store_credentials PROFILE`: keep a key and a secret typed in a terminal."""

from __future__ import annotations

import argparse
import getpass
import os
import re
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import tomlkit
from filelock import FileLock
from tomlkit.exceptions import TOMLKitError

from jupyter_resources.core.errors import Denied, InvalidValue, ResourcesError, Unauthenticated
from jupyter_resources.core.records import replace_file
from jupyter_resources.settings.resolve import resolve
from jupyter_resources.settings.schema import NAME, Profile
from jupyter_resources.settings.secrets import Secret, credentials, keyring_service
from jupyter_resources.settings.sources import (
    config_directory,
    defaults,
    environment,
    project_file,
    project_of,
    trusted_directories,
    user_file,
)

__all__ = ["main"]


@dataclass(frozen=True, slots=True)
class _Given:
    """What was typed."""

    key: str
    secret: Secret
    token: Secret


def main(arguments: Sequence[str] | None = None) -> int:
    """Ask, keep, look whether it is found, and say where. Only in a terminal: a notebook would keep what is typed."""
    parser = argparse.ArgumentParser("python -m jupyter_resources.settings.store_credentials", description=main.__doc__)
    parser.add_argument("profile", help="the connection's name, as %%buckets show says it")
    parser.add_argument("--file", action="store_true", help="into credentials.toml, also where there is a keyring")
    parser.add_argument("--token", action="store_true", help="ask for a session token too")
    asked = parser.parse_args(arguments)
    try:
        _say(_stored(asked.profile, in_file=asked.file, with_token=asked.token))
    except ResourcesError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    except (KeyboardInterrupt, EOFError):
        sys.stderr.write("\nnothing was kept\n")
        return 1
    return 0


def _stored(name: str, *, in_file: bool, with_token: bool) -> str:
    """Does it; the sentence to end with."""
    if not re.match(NAME, name):
        raise InvalidValue(f"{name!r} can't be the name of a profile", hint="letters, digits, '.', '_' and '-'")
    if not sys.stdin.isatty():
        raise Denied("this asks for a secret, and only in a terminal", hint="open a terminal and type the line there")
    profile, bucket = _profile(name)
    given = _Given(
        input(f"key of {name} (access key, account or user): ").strip(),
        Secret(getpass.getpass("secret (not shown): ").strip()),
        Secret(getpass.getpass("session token (not shown): ").strip() if with_token else ""),
    )
    if not given.key or not given.secret:
        raise InvalidValue("key and secret are both needed; nothing was kept")
    in_file = in_file or profile.credentials == "file"
    place = "" if in_file else _into_keyring(name, given)
    if not place and profile.credentials == "keyring":
        raise Denied("no keyring works here; nothing was kept", hint=f"credentials = 'auto' under [profiles.{name}]")
    place = place or _into_file(name, given)
    try:
        found = credentials(name, profile)
    except Unauthenticated as error:  # what is looked at first has a key or a secret alone
        raise Unauthenticated(f"kept in {place}, but {error.message}", hint=error.hint) from None
    if (found.key, found.secret) != (given.key, given.secret):
        return f"Kept in {place}, but {found.origin} is looked at first and has others."
    return f"Kept in {place}. Next, in the notebook: %buckets doctor {bucket}"


def _profile(name: str) -> tuple[Profile, str]:
    """The profile as settings have it, if it looks at all where this can put something; and a bucket that is on it."""
    user = user_file()
    project = project_of(Path.cwd(), trusted_directories(user))
    layers = [defaults(), user, project_file(project), environment()]
    settings = resolve(layers).settings
    profile = settings.profiles.get(name)
    if profile is None:
        _say(f"No settings name a profile {name!r} yet; what you type is kept for when they do.")
        return Profile(provider="s3"), "NAME"
    if profile.provider in ("local", "memory"):
        raise InvalidValue(f"profile {name!r} needs no credentials ({profile.provider})")
    if profile.credentials in ("environment", "aws", "none"):
        raise InvalidValue(
            f"profile {name!r} takes its credentials from elsewhere ({profile.credentials})",
            hint=f"credentials = 'auto' under [profiles.{name}] of settings.toml",
        )
    return profile, next((each for each, bucket in settings.buckets.items() if bucket.profile == name), "NAME")


def _into_keyring(name: str, given: _Given) -> str:
    """Where it is kept now; empty where there is no keyring that works."""
    import keyring
    from keyring.errors import KeyringError

    service = keyring_service(name)
    try:
        for part, text in (("secret", given.secret), ("token", given.token)):
            if text or keyring.get_password(service, part):
                keyring.set_password(service, part, text.reveal())
        keyring.set_password(service, "key", given.key)
    except (KeyringError, RuntimeError, OSError):
        return ""
    return f"the keyring ({keyring.get_keyring().name}, {service})"


def _into_file(name: str, given: _Given) -> str:
    path = config_directory() / "credentials.toml"
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    with FileLock(path.with_name(f".{path.name}.lock"), timeout=10):
        try:
            document = tomlkit.parse(path.read_text("utf-8"))
            path.chmod(0o600)
        except FileNotFoundError:
            document = tomlkit.document()
        except (TOMLKitError, UnicodeDecodeError):
            raise InvalidValue(f"{path} is no valid TOML", hint="correct it first") from None
        table = tomlkit.table()
        table.update({"key": given.key, "secret": given.secret.reveal()})
        if given.token:
            table["token"] = given.token.reveal()
        document[name] = table
        replace_file(path, tomlkit.dumps(document).encode(), mode=0o600)
    alone = " as plain text that only you can read (mode 600)" if os.name != "nt" else " as plain text"
    return f"{path}{alone}, because no keyring was used"


def _say(text: str) -> None:
    sys.stdout.write(f"{text}\n")


if __name__ == "__main__":
    sys.exit(main())
