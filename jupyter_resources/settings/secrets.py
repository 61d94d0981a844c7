"""Credentials: where they are looked for, and a wrapper that keeps them out of what people and programs see."""

from __future__ import annotations

import configparser
import os
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn

from jupyter_resources.core.errors import Denied, InvalidValue, Unauthenticated
from jupyter_resources.settings.schema import Profile
from jupyter_resources.settings.sources import ENVIRONMENT_PREFIX, config_directory

__all__ = ["Credentials", "Secret", "credentials", "how_to_give", "keyring_service"]

_WITHOUT = ("local", "memory")
"""Providers that ask for no credentials."""


class Secret:
    """Text that shows as `***`. `reveal()` is the only way to it: not JSON, not pickle, not a format string."""

    __slots__ = ("_text",)

    def __init__(self, text: str) -> None:
        self._text = text

    def reveal(self) -> str:
        """The text itself, for the engine that signs with it."""
        return self._text

    def __repr__(self) -> str:
        return "Secret(***)"

    def __str__(self) -> str:
        return "***"

    def __format__(self, spec: str) -> str:
        return format("***", spec)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Secret) and other._text == self._text

    def __hash__(self) -> int:
        return hash(self._text)

    def __bool__(self) -> bool:
        return bool(self._text)

    def __reduce__(self) -> NoReturn:
        raise TypeError("a Secret is not pickled: look it up again where it is needed")


EMPTY = Secret("")


@dataclass(frozen=True, slots=True)
class Credentials:
    """What a connection signs with, and in words where it was found. `region` where that place named one."""

    key: str = ""
    secret: Secret = EMPTY
    token: Secret = EMPTY
    origin: str = "none needed"
    region: str | None = None


@dataclass(frozen=True, slots=True)
class _Place:
    """One place looked at: what was found, or in words where it could have been."""

    described: str
    found: Credentials | None = None


def credentials(
    name: str, profile: Profile, explicit: Credentials | None = None, variables: Mapping[str, str] | None = None
) -> Credentials:
    """The credentials of the profile called `name`; never asks the network.

    In order: given in the call; what is stored for this profile (environment, keyring, credentials.toml); what the
    machine has for AWS (environment, shared files). Raises Unauthenticated, naming every place looked at, and Denied
    for a credentials.toml that others can read.
    """
    if explicit is not None:
        return explicit
    if profile.provider in _WITHOUT or profile.credentials == "none":
        return Credentials()
    variables = os.environ if variables is None else variables
    looked: list[str] = []
    for place in _places(name, profile, variables):
        if place.found is not None:
            return place.found
        looked.append(place.described)
    raise Unauthenticated(
        f"no credentials for profile {name!r}; looked at {'; '.join(looked)}", hint=how_to_give(name, profile)
    )


def how_to_give(name: str, profile: Profile) -> str:
    """What to type, and where, so that the profile called `name` has credentials. Never in a notebook."""
    prefix = _prefix(name)
    keep = f"python -m jupyter_resources.settings.store_credentials {name}"
    variables = f"export {prefix}KEY=… {prefix}SECRET=…"
    match profile.credentials:
        case "environment":
            return f"in the terminal that starts Jupyter: {variables}"
        case "aws":
            return f"in a terminal: aws configure{f' --profile {profile.aws_profile}' if profile.aws_profile else ''}"
        case "file":
            return f"in a terminal: {keep} --file"
        case "keyring":
            return f"in a terminal: {keep}"
    return f"in a terminal: {keep}; or, in the one that starts Jupyter: {variables}"


def keyring_service(name: str) -> str:
    """What the keyring calls the profile called `name`; its entries are `key`, `secret` and `token`."""
    return f"jupyter_resources/{name}"


def _places(name: str, profile: Profile, variables: Mapping[str, str]) -> Iterator[_Place]:
    where = profile.credentials
    if where in ("auto", "environment"):
        yield _from_environment(name, variables)
    if where in ("auto", "keyring"):
        yield _from_keyring(name)
    if where in ("auto", "file"):
        yield _from_file(name)
    if where == "aws" or (where == "auto" and profile.provider == "s3"):
        if profile.aws_profile is None:
            yield _from_aws_environment(variables)
        yield _from_aws_files(profile.aws_profile, variables)


def _prefix(name: str) -> str:
    return ENVIRONMENT_PREFIX + "".join(letter if letter.isalnum() else "_" for letter in name.upper()) + "_"


def _from_environment(name: str, variables: Mapping[str, str]) -> _Place:
    prefix = _prefix(name)
    described = f"environment ({prefix}KEY)"
    if not variables.get(prefix + "KEY"):
        return _Place(described)
    return _Place(
        described,
        Credentials(
            variables[prefix + "KEY"],
            Secret(variables.get(prefix + "SECRET", "")),
            Secret(variables.get(prefix + "TOKEN", "")),
            described,
        ),
    )


def _from_keyring(name: str) -> _Place:
    service = keyring_service(name)
    described = f"keyring ({service})"
    try:
        import keyring
        from keyring.errors import KeyringError
    except ImportError:
        return _Place("keyring (not installed)")
    try:
        key = keyring.get_password(service, "key")
        if not key:
            return _Place(described)
        secret, token = (keyring.get_password(service, part) or "" for part in ("secret", "token"))
    except (KeyringError, RuntimeError, OSError):
        # No backend, a locked one, no session bus: all the same for whoever asks. The next place may have it.
        return _Place("keyring (none usable here)")
    return _Place(described, Credentials(key, Secret(secret), Secret(token), described))


def _from_file(name: str) -> _Place:
    path = config_directory() / "credentials.toml"
    described = f"{path} ([{name}])"
    try:
        with path.open("rb") as file:
            mode = os.fstat(file.fileno()).st_mode
            if os.name != "nt" and mode & 0o077:
                raise Denied(
                    f"{path} can be read by others (mode {mode & 0o777:o}), so it is not used", hint=f"chmod 600 {path}"
                )
            tables = tomllib.load(file)
    except FileNotFoundError:
        return _Place(described)
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        # The parser's message says where, never what.
        raise InvalidValue(f"{path} is no valid TOML: {error}", hint="correct that line") from None
    except OSError as error:
        if isinstance(error, Denied):
            raise
        raise Denied(f"{path} can't be read: {error.strerror}", hint=f"chmod 600 {path}") from None
    table = tables.get(name)
    if not isinstance(table, dict) or not isinstance(table.get("key"), str):
        return _Place(described)
    secret, token = (str(table.get(part, "")) for part in ("secret", "token"))
    return _Place(described, Credentials(table["key"], Secret(secret), Secret(token), described))


def _from_aws_environment(variables: Mapping[str, str]) -> _Place:
    described = "environment (AWS_ACCESS_KEY_ID)"
    if not (variables.get("AWS_ACCESS_KEY_ID") and variables.get("AWS_SECRET_ACCESS_KEY")):
        return _Place(described)
    return _Place(
        described,
        Credentials(
            variables["AWS_ACCESS_KEY_ID"],
            Secret(variables["AWS_SECRET_ACCESS_KEY"]),
            Secret(variables.get("AWS_SESSION_TOKEN", "")),
            described,
            variables.get("AWS_REGION") or variables.get("AWS_DEFAULT_REGION") or None,
        ),
    )


def _from_aws_files(section: str | None, variables: Mapping[str, str]) -> _Place:
    """Static keys of the AWS command line's files: credentials first, then config, as it does."""
    section = section or variables.get("AWS_PROFILE") or "default"
    home = Path.home() / ".aws"
    shared = Path(variables.get("AWS_SHARED_CREDENTIALS_FILE") or home / "credentials").expanduser()
    config = Path(variables.get("AWS_CONFIG_FILE") or home / "config").expanduser()
    named = "default" if section == "default" else f"profile {section}"
    settings = _section(config, named)
    described = f"{shared} ([{section}])"
    region = variables.get("AWS_REGION") or variables.get("AWS_DEFAULT_REGION") or settings.get("region")
    for path, part, values in ((shared, section, _section(shared, section)), (config, named, settings)):
        key, secret = values.get("aws_access_key_id"), values.get("aws_secret_access_key")
        if key and secret:
            token = Secret(values.get("aws_session_token", ""))
            return _Place(described, Credentials(key, Secret(secret), token, f"{path} ([{part}])", region))
    if any(option in settings for option in ("sso_session", "sso_start_url", "credential_process", "role_arn")):
        described += (
            f" (has no keys of its own: eval $(aws configure export-credentials --profile {section} --format env))"
        )
    return _Place(described)


def _section(path: Path, name: str) -> Mapping[str, str]:
    parser = configparser.ConfigParser(interpolation=None)
    try:
        with path.open(encoding="utf-8") as file:
            parser.read_file(file)
    except (OSError, UnicodeDecodeError):
        return {}
    except configparser.Error:
        # Its message quotes the line, which may hold a key.
        raise InvalidValue(f"{path} can't be parsed", hint="aws configure list shows whether AWS can") from None
    return dict(parser[name]) if parser.has_section(name) else {}
