"""Where a bucket is, as a person types it: `s3://bucket/path`, `file:///directory` or a path."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote, urlsplit

from jupyter_resources.core.errors import InvalidValue
from jupyter_resources.core.paths import joined

__all__ = ["PROVIDERS", "Location", "is_location", "parse", "plain", "scheme", "url"]

PROVIDERS = {"s3": "s3", "gs": "google_storage", "az": "azure_blobs", "file": "local"}
"""URL scheme → provider."""
_SHORT = {"azure": "azure_blobs", "google": "google_storage"}

_SCHEME = re.compile(r"^([A-Za-z][A-Za-z0-9+.-]*)://")
_PATH_STARTS = ("/", "./", "../", "~/")
_BUCKET = re.compile(r"^[A-Za-z0-9][A-Za-z0-9._-]*$")
_BUCKET_IN_WORDS = "letters, digits, '.', '_' and '-', a letter or digit first: s3://bucket/path"


@dataclass(frozen=True, slots=True)
class Location:
    """A place named by itself: `bucket` and `path` inside it, or a local `directory`; `profile` from `s3://profile@…`."""

    provider: str
    bucket: str = ""
    path: str = ""
    profile: str = ""
    directory: Path | None = None


def is_location(text: str) -> bool:
    """Whether `text` names a place by itself; a bare word never does, it is the name of a bucket in the settings."""
    return text in (".", "..", "~") or text.startswith(_PATH_STARTS) or _SCHEME.match(text) is not None


def parse(text: str) -> Location:
    """The place that `text` names. InvalidValue for what names none, and for a URL with a password (never repeated)."""
    scheme = _SCHEME.match(text)
    if scheme is None:
        return Location("local", directory=_directory(text))
    provider = PROVIDERS.get(scheme[1].lower())
    if provider is None:
        known = ", ".join(f"{name}://" for name in PROVIDERS)
        raise InvalidValue(f"bucket URLs don't start with {scheme[1]}://", hint=f"known are {known}")
    place, _, path = text[scheme.end() :].partition("/")
    profile, at, bucket = place.rpartition("@")
    if ":" in place or (at and not profile):
        raise InvalidValue(
            f"a {scheme[1]}:// URL holds neither a password nor a port",
            hint="credentials and endpoint belong to a profile: s3://PROFILE@bucket/path",
        )
    if provider == "local":
        return Location("local", directory=_file(text))
    if any(letter in path for letter in "?#"):
        raise InvalidValue(f"a {scheme[1]}:// URL ends with the path: no '?' and no '#'", hint="s3://bucket/path")
    if not _BUCKET.match(bucket):
        raise InvalidValue(f"{bucket!r} can't be the name of a bucket", hint=_BUCKET_IN_WORDS)
    return Location(provider, bucket=bucket, path=unquote(path).strip("/"), profile=profile)


def plain(provider: str) -> str:
    """The provider's name as apache-libcloud writes it: `azure` and `azure-blobs` are `azure_blobs`."""
    name = provider.replace("-", "_")
    return _SHORT.get(name, name)


def scheme(provider: str) -> str:
    """What URLs of the provider's buckets begin with; empty where they have none."""
    return next((each for each, whose in PROVIDERS.items() if whose == plain(provider)), "")


def url(provider: str, bucket: str, path: str = "") -> str:
    """A place in a bucket, for people: as it is typed, or by the provider's name where it has no scheme."""
    return f"{scheme(provider) or provider}://{joined(bucket, path)}"


def _file(text: str) -> Path:
    parts = urlsplit(text)
    if parts.netloc not in ("", "localhost") or not parts.path.startswith("/"):
        raise InvalidValue(f"{text!r} names no directory of this machine", hint="file:///directory, with three slashes")
    return _directory(unquote(parts.path))


def _directory(text: str) -> Path:
    if not text or "\0" in text:
        raise InvalidValue(
            f"{text!r} names no directory", hint="file:///directory, ./directory or the name of a bucket"
        )
    return Path(text).expanduser()
