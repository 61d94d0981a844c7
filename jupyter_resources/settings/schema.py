"""What can be set: connections, buckets and the project's identity. Never a secret."""

from __future__ import annotations

from typing import Annotated, Literal
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, field_validator

__all__ = ["NAME", "BucketSettings", "CredentialsFrom", "Profile", "ProjectSettings", "Settings"]

LONG = 1024
"""No name or address is longer, and each may be shown in a sentence."""
NAME = r"^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$"
"""What profiles, buckets and projects may be called: it becomes part of paths, variables and command lines."""

Name = Annotated[str, StringConstraints(pattern=NAME)]
CredentialsFrom = Literal["auto", "keyring", "environment", "file", "aws", "none"]


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)


class Profile(_Part):
    """A connection: who stores, where, and where its credentials come from."""

    provider: Annotated[
        str,
        Field(
            min_length=1,
            max_length=64,
            description="s3, azure_blobs, google_storage, local, or another provider of apache-libcloud",
        ),
    ]
    endpoint: Annotated[
        str | None, Field(max_length=LONG, description="the server's address, where it isn't the provider's own")
    ] = None
    region: Annotated[str | None, Field(max_length=LONG, description="where the buckets are")] = None
    credentials: Annotated[CredentialsFrom, Field(description="where key and secret come from")] = "auto"
    aws_profile: Annotated[str | None, Field(max_length=LONG, description="the section of the AWS files to use")] = None
    etags: Annotated[Literal["md5", "opaque"] | None, Field(description="whether ETags are MD5 digests, if known")] = (
        None
    )
    root: Annotated[
        str | None, Field(max_length=LONG, description="provider local: the directory that holds the buckets")
    ] = None

    @field_validator("endpoint")
    @classmethod
    def _is_an_address(cls, endpoint: str | None) -> str | None:
        if endpoint is None:
            return None
        if "@" in endpoint:
            raise ValueError("an endpoint holds no credentials: they come from where `credentials` says")
        if "://" not in endpoint:
            raise ValueError("an endpoint starts with http:// or https://: add https:// in front")
        if not endpoint.startswith(("http://", "https://")):
            raise ValueError("an endpoint starts with http:// or https://")
        try:
            parts = urlsplit(endpoint)
            named = bool(parts.hostname) and parts.port != 0
        except ValueError:
            named = False
        if not named:
            raise ValueError("an endpoint is https://host or https://host:port")
        return endpoint.rstrip("/")


class BucketSettings(_Part):
    """A bucket by its short name: which container of which connection, and where in it."""

    profile: Annotated[Name, Field(description="the connection")]
    bucket: Annotated[str, Field(min_length=1, max_length=LONG, description="the bucket's name at the provider")]
    base_path: Annotated[
        str, Field(max_length=LONG, description="what every path starts with; {project} is this project")
    ] = ""


class ProjectSettings(_Part):
    """How this project is called in shared places."""

    name: Annotated[Name | None, Field(description="instead of the directory's name")] = None
    id: Annotated[Name | None, Field(description="instead of a digest of the directory's path")] = None


class Settings(_Part):
    """Everything that can be set."""

    default_bucket: Annotated[Name, Field(description="used where no bucket is named")] = "default"
    profiles: Annotated[dict[Name, Profile], Field(description="connections by name")] = {}
    buckets: Annotated[dict[Name, BucketSettings], Field(description="buckets by name")] = {}
    trusted_directories: Annotated[
        list[str], Field(description="below them project files of other users are obeyed; in your own file only")
    ] = []
    project: Annotated[ProjectSettings, Field(description="this project")] = ProjectSettings()
