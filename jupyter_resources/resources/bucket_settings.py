"""What adding, forgetting and trusting a bucket writes into the user's settings file."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from urllib.parse import urlsplit

import tomlkit
from pydantic import ValidationError
from tomlkit.items import Table

from jupyter_resources.core.errors import AlreadyExists, InvalidValue, NotFound
from jupyter_resources.core.location import Location, plain, scheme
from jupyter_resources.settings.edit import edited_user_file, subtable
from jupyter_resources.settings.resolve import Resolved, nearest
from jupyter_resources.settings.schema import NAME, BucketSettings, Profile
from jupyter_resources.settings.sources import user_file_path
from jupyter_resources.storage.containers import AZURE_NAME, AZURE_NAME_IN_WORDS, S3_NAME, S3_NAME_IN_WORDS

__all__ = ["add", "check_scheme", "remove", "trust"]

MADE = "made by %buckets add; goes with the last bucket on it"
"""Stands beside a profile in the file, where whoever wants to keep it can take it away."""


def add(
    resolved: Resolved, name: str, place: Location, *, profile: str | None, connection: Mapping[str, str]
) -> BucketSettings:
    """Write bucket `name`, and its profile where it needs a new one. AlreadyExists: nothing is ever replaced."""
    settings = resolved.settings
    if not re.match(NAME, name):
        raise InvalidValue(
            f"{name!r} can't be the name of a bucket", hint="letters, digits, '.', '_' and '-', at most 64"
        )
    if name in settings.buckets:
        raise AlreadyExists(f"there is a bucket named {name!r} already", hint=f"%buckets rm {name} forgets it first")
    existing = profile or place.profile
    if existing and existing not in settings.profiles:
        hint = nearest(existing, list(settings.profiles)) or f"known are {', '.join(settings.profiles)}"
        raise NotFound(f"no profile named {existing!r}", hint=hint)
    if profile is not None and connection:
        raise InvalidValue(f"profile {profile!r} says already how to connect", hint=f"leave out {_option(connection)}")
    if existing and place.directory is None:
        check_scheme(existing, settings.profiles[existing], place)
    _check_endpoint(connection)
    table, made = _tables(place, existing, connection, name)
    if made is not None:
        _check_profile(made)
    if (
        made is not None
        and table["profile"] in settings.profiles
        and not resolved.is_foreign("profiles", table["profile"])
    ):
        if settings.profiles[table["profile"]] != Profile.model_validate(made):
            raise AlreadyExists(
                f"there is a profile named {table['profile']!r} already", hint=f"--profile {table['profile']} uses it"
            )
        made = None
    if place.directory is None:
        _check_name(place.bucket, made or settings.profiles[table["profile"]].model_dump())
    with edited_user_file() as document:
        if made is not None:
            subtable(document, "profiles")[table["profile"]] = _table(made).comment(MADE)
        subtable(document, "buckets")[name] = _table(table)
    return BucketSettings.model_validate(table)


def remove(resolved: Resolved, name: str) -> list[str]:
    """Take bucket `name` out of the file, with the default that it was, and with its profile, if that was made for a
    bucket and serves no other; one that somebody wrote stays. Gives the keys.
    """
    with edited_user_file() as document:
        buckets = subtable(document, "buckets")
        if name not in buckets:
            origin = resolved.explain(f"buckets.{name}.bucket")
            raise InvalidValue(
                f"bucket {name!r} is not in {user_file_path()}: it comes from {origin.source} ({origin.where})",
                hint="take it out there" if origin.source != "default" else "the built-in bucket can't be forgotten",
            )
        profile = buckets[name].get("profile")
        del buckets[name]
        removed = [f"buckets.{name}"]
        profiles = subtable(document, "profiles")
        used = {table.get("profile") for table in buckets.unwrap().values()}
        used |= {each.profile for other, each in resolved.settings.buckets.items() if other != name}
        if profile in profiles and profile not in used and (profile == name or _was_made(profiles[profile])):
            del profiles[profile]
            removed.append(f"profiles.{profile}")
        if document.get("default_bucket") == name:
            del document["default_bucket"]
            removed.append("default_bucket")
        for empty in ("buckets", "profiles"):
            if not subtable(document, empty):
                del document[empty]
    return removed


def trust(name: str, profile: Profile, buckets: Mapping[str, BucketSettings]) -> None:
    """Write `profile` and `buckets` as the user's own: from now on the project's file can't change them."""
    with edited_user_file() as document:
        subtable(document, "profiles")[name] = _table(profile.model_dump(exclude_unset=True, exclude_none=True))
        for each, bucket in buckets.items():
            subtable(document, "buckets")[each] = _table(bucket.model_dump(exclude_unset=True, exclude_none=True))


def check_scheme(name: str, profile: Profile, place: Location) -> None:
    """InvalidValue where the URL of `place` is for another provider than the profile called `name`."""
    theirs = plain(profile.provider)
    if theirs == place.provider or (place.provider == "s3" and theirs.startswith(("minio", "s3_"))):
        return
    begun = scheme(theirs)
    fix = f"its URLs begin with {begun}://" if begun else f"in settings.toml: profile = {name!r} under [buckets.NAME]"
    raise InvalidValue(
        f"profile {name!r} is for {profile.provider}, {scheme(place.provider)}:// is for {place.provider}", hint=fix
    )


def _check_profile(made: Mapping[str, str]) -> None:
    """InvalidValue that names the option, where the file's own check would name a place with nothing in it yet."""
    try:
        Profile.model_validate(made)
    except ValidationError as invalid:
        problem = invalid.errors(include_url=False, include_input=False)[0]
        said = problem["msg"].removeprefix("Value error, ").replace("Input should be", "it is one of")
        raise InvalidValue(
            f"{_option([str(part) for part in problem['loc']])} can't be that: {said}", hint="%buckets add --help"
        ) from None


def _option(fields: Iterable[str]) -> str:
    return f"--{min(fields).replace('_', '-')}"


def _check_endpoint(connection: Mapping[str, str]) -> None:
    """Before the file's own check, which would name a place in the file where nothing is yet."""
    endpoint = connection.get("endpoint")
    if endpoint is not None and "://" not in endpoint and "@" not in endpoint:
        raise InvalidValue(
            f"{endpoint!r} is no address: an endpoint begins with https:// or http://",
            hint=f"add https:// in front: --endpoint https://{endpoint}",
        )


def _check_name(bucket: str, profile: Mapping[str, str | None]) -> None:
    """InvalidValue for a name that no bucket there can have. S3 servers that aren't Amazon's have other rules: MinIO
    and Ceph open buckets with capitals and underscores. So does Amazon where they are from before 2018, in us-east-1.
    """
    provider = plain(profile["provider"] or "")
    if provider == "azure_blobs" and not AZURE_NAME.fullmatch(bucket):
        raise InvalidValue(f"{bucket!r} can't be the name of a container at Azure", hint=AZURE_NAME_IN_WORDS)
    if not provider.startswith(("s3", "minio")):
        return
    host = urlsplit(profile.get("endpoint") or "https://amazonaws.com").netloc.partition(":")[0]
    amazon = provider == "s3" and host.endswith(("amazonaws.com", "amazonaws.com.cn"))
    if amazon and profile.get("region") != "us-east-1":
        if not S3_NAME.fullmatch(bucket):
            hint = f"{S3_NAME_IN_WORDS}; for one from before 2018 --region us-east-1, for another server --endpoint"
            raise InvalidValue(f"{bucket!r} can't be the name of a bucket at Amazon", hint=hint)
    elif not 3 <= len(bucket) <= 255:
        raise InvalidValue(f"{bucket!r} can't be the name of a bucket", hint="at least 3 letters, at most 255")


def _tables(
    place: Location, existing: str, connection: Mapping[str, str], name: str
) -> tuple[dict[str, str], dict[str, str] | None]:
    """The bucket's table, and its profile's where there is none yet."""
    if place.directory is not None:
        if connection or existing:
            raise InvalidValue("a directory needs no connection", hint="leave out --profile and the like")
        directory = Path(os.path.realpath(place.directory))
        return {"profile": name, "bucket": directory.name}, {"provider": "local", "root": str(directory.parent)}
    table = {"profile": existing or (name if connection else place.provider), "bucket": place.bucket}
    if place.path:
        table["base_path"] = place.path
    return table, None if existing else {"provider": place.provider, **connection}


def _was_made(profile: Table) -> bool:
    return str(profile.trivia.comment).removeprefix("# ") == MADE


def _table(values: Mapping[str, str]) -> Table:
    table = tomlkit.table()
    table.update(values)
    return table
