"""Credentials: where they are looked for, and a wrapper that keeps them out of what people and programs see."""

from __future__ import annotations

import configparser
import os
import shlex
import sys
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import NoReturn

from jupyter_resources.core.errors import Denied, InvalidValue, Unauthenticated
from jupyter_resources.settings.schema import Profile
from jupyter_resources.settings.sources import ENVIRONMENT_PREFIX, config_directory

__all__ = ["VARIABLES", "Credentials", "Secret", "credentials", "how_to_give", "keyring_service"]

_WITHOUT = ("local", "memory")
"""Providers that ask for no credentials."""
VARIABLES = (ENVIRONMENT_PREFIX, "AWS_", "MINIO_")
"""How the names of all variables begin that are looked at."""
_MINIO = (("MINIO_ACCESS_KEY", "MINIO_SECRET_KEY"), ("MINIO_ROOT_USER", "MINIO_ROOT_PASSWORD"))
"""What MinIO's own programs read: a client's key before the one that may do everything."""


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
    """One place looked at: in words where, and what was found, or what is there of a key and a secret and what isn't.

    `fix` is what to type then, with `{have}` and `{lack}`.
    """

    described: str
    found: Credentials | None = None
    half: tuple[str, str] | None = None
    fix: str = ""


def credentials(
    name: str, profile: Profile, explicit: Credentials | None = None, variables: Mapping[str, str] | None = None
) -> Credentials:
    """The credentials of the profile called `name`; never asks the network.

    In order: given in the call; what is stored for this profile (environment, keyring, credentials.toml); what the
    machine has for the provider (variables, AWS files). Raises Unauthenticated, naming every place looked at or the one
    that has half of them, a key without its secret or a secret without its key; and Denied for a credentials.toml that
    others can read.
    """
    if explicit is not None:
        return explicit
    if profile.provider in _WITHOUT or profile.credentials == "none":
        return Credentials()
    variables = os.environ if variables is None else variables
    looked: list[str] = []
    for place in _places(name, profile, variables):
        if place.found is not None:
            # The AWS region is for `s3` alone: the other providers' names say where they are.
            return place.found if profile.provider == "s3" else replace(place.found, region=None)
        if place.half is not None:
            have, lack = place.half
            raise Unauthenticated(
                f"half of the credentials for profile {name!r}: {have} without {lack} in {place.described}",
                hint=place.fix.format(have=have, lack=lack),
            )
        looked.append(place.described)
    hint = how_to_give(name, profile)
    if profile.credentials == "auto" and _is_like_s3(profile.provider) and variables.get("AWS_ACCESS_KEY_ID"):
        hint += f"; AWS_ACCESS_KEY_ID goes to others than Amazon with credentials = 'aws' under [profiles.{name}]"
    raise Unauthenticated(f"no credentials for profile {name!r}; looked at {'; '.join(looked)}", hint=hint)


def how_to_give(name: str, profile: Profile) -> str:
    """What to type, and where, so that the profile called `name` has credentials. Never in a notebook."""
    prefix, keep = _prefix(name), _keep(name)
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


def _keep(name: str) -> str:
    """By this interpreter's own path: in a terminal outside of Jupyter `python` may be another one."""
    return f"{shlex.quote(sys.executable)} -m jupyter_resources.settings.store_credentials {name}"


def keyring_service(name: str) -> str:
    """What the keyring calls the profile called `name`; its entries are `key`, `secret` and `token`."""
    return f"jupyter_resources/{name}"


def _places(name: str, profile: Profile, variables: Mapping[str, str]) -> Iterator[_Place]:
    where, provider = profile.credentials, _plain(profile.provider)
    if where in ("auto", "environment"):
        prefix = _prefix(name)
        yield _from_variables(f"{prefix}KEY", f"{prefix}SECRET", f"{prefix}TOKEN", variables)
    if where in ("auto", "keyring"):
        yield _from_keyring(name)
    if where in ("auto", "file"):
        yield _from_file(name)
    if where in ("auto", "environment") and provider == "minio":
        for key, secret in _MINIO:
            yield _from_variables(key, secret, "", variables)
    if where == "aws" or (where == "auto" and _is_amazon(provider)):
        if profile.aws_profile is None:
            region = variables.get("AWS_REGION") or variables.get("AWS_DEFAULT_REGION") or ""
            names = ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN")
            yield _from_variables(*names, variables, region)
        yield _from_aws_files(profile.aws_profile, variables)


def _plain(provider: str) -> str:
    return provider.replace("-", "_")


def _is_amazon(provider: str) -> bool:
    """Whether it is Amazon's S3: as a whole, or one region of it by libcloud's name."""
    name = _plain(provider)
    return name == "s3" or (name.startswith("s3_") and not name.startswith("s3_rgw"))


def _is_like_s3(provider: str) -> bool:
    """Whether people take AWS credentials along to it."""
    return not _is_amazon(provider) and _plain(provider).startswith(("minio", "s3_"))


def _prefix(name: str) -> str:
    return ENVIRONMENT_PREFIX + "".join(letter if letter.isalnum() else "_" for letter in name.upper()) + "_"


def _place(
    described: str, names: tuple[str, str], texts: tuple[str, str, str], fix: str, region: str | None = None
) -> _Place:
    """What a place has: `texts` are key, secret and token, `names` what the first two are called there."""
    key, secret, token = texts
    if key and secret:
        return _Place(described, Credentials(key, Secret(secret), Secret(token), described, region))
    if key or secret:
        return _Place(described, half=names if key else (names[1], names[0]), fix=fix)
    return _Place(described)


def _from_variables(key: str, secret: str, token: str, variables: Mapping[str, str], region: str = "") -> _Place:
    """From variables of these names."""
    fix = "in the terminal that starts Jupyter: export {lack}=… (or: unset {have})"
    texts = (variables.get(key, ""), variables.get(secret, ""), variables.get(token, ""))
    place = _place(f"environment ({key})", (key, secret), texts, fix, region or None)
    return replace(place, described="the environment") if place.half else place


def _from_keyring(name: str) -> _Place:
    service = keyring_service(name)
    try:
        import keyring
        from keyring.errors import KeyringError
    except ImportError:
        return _Place("keyring (not installed)")
    try:
        key, secret, token = (keyring.get_password(service, part) or "" for part in ("key", "secret", "token"))
    except (KeyringError, RuntimeError, OSError):
        # No backend, a locked one, no session bus: all the same for whoever asks. The next place may have it.
        return _Place("keyring (none usable here)")
    return _place(f"keyring ({service})", ("key", "secret"), (key, secret, token), f"in a terminal: {_keep(name)}")


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
    if not isinstance(table, dict):
        return _Place(described)
    key, secret, token = (str(table.get(part, "")) for part in ("key", "secret", "token"))
    return _place(described, ("key", "secret"), (key, secret, token), f"in a terminal: {_keep(name)} --file")


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
    names = ("aws_access_key_id", "aws_secret_access_key")
    for path, part, values in ((shared, section, _section(shared, section)), (config, named, settings)):
        texts = (values.get(names[0], ""), values.get(names[1], ""), values.get("aws_session_token", ""))
        place = _place(f"{path} ([{part}])", names, texts, f"in a terminal: aws configure --profile {section}", region)
        if place.found or place.half:
            return place
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
