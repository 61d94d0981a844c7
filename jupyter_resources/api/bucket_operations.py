"""The operations on settings of buckets."""

from __future__ import annotations

from jupyter_resources.api.messages import (
    BucketList,
    BucketMessage,
    BucketsAddRequest,
    BucketsCreateRequest,
    BucketsDoctorRequest,
    BucketsListRequest,
    BucketsRmRequest,
    BucketsShowRequest,
    BucketsTrustRequest,
    DoctorMessage,
    FindingMessage,
    Note,
    SettingMessage,
)
from jupyter_resources.core.errors import Denied, NotFound, ResourcesError, Unauthenticated
from jupyter_resources.core.events import Reporter
from jupyter_resources.resources.workspace import Workspace
from jupyter_resources.settings.resolve import nearest
from jupyter_resources.settings.secrets import credentials
from jupyter_resources.settings.sources import user_file_path

__all__ = ["add", "create", "doctor", "list_", "rm", "show", "trust"]


def list_(workspace: Workspace, request: BucketsListRequest, report: Reporter) -> BucketList:
    """All of them. Asks no server, so a name in the list says nothing about the bucket being there."""
    buckets = [_message(workspace, name) for name in workspace.bucket_names()]
    return BucketList(buckets=buckets, ignored=workspace.resolved.ignored, user_file=str(user_file_path()))


def show(workspace: Workspace, request: BucketsShowRequest, report: Reporter) -> BucketList:
    """One of them, with the origin of each value."""
    _known(workspace, request.name)
    message = _message(workspace, request.name)
    tables = (f"buckets.{request.name}.", f"profiles.{message.profile}.")
    origins = [origin for origin in workspace.resolved.explain_all() if origin.key.startswith(tables)]
    return BucketList(
        buckets=[message],
        settings=[
            SettingMessage(
                key=each.key,
                value=f"{each.value}: {_found(workspace, request.name)}"
                if each.key == f"profiles.{message.profile}.credentials"
                else str(each.value),
                source=each.source,
                where=each.where,
            )
            for each in origins
        ],
        ignored=[key for key in workspace.resolved.ignored if f"{key}." in tables],
        user_file=str(user_file_path()),
    )


def _found(workspace: Workspace, name: str) -> str:
    """Where the credentials of a bucket are found, in words, or why none are; never what they are."""
    try:
        return workspace.resolve_bucket(name).credentials
    except ResourcesError as error:
        return error.message.partition(";")[0]  # where it was looked for would fill the row


def add(workspace: Workspace, request: BucketsAddRequest, report: Reporter) -> Note:
    """Into the user's file; nothing is asked of the server, and nothing secret of the user."""
    connection = request.model_dump(include={"endpoint", "region", "credentials", "aws_profile"}, exclude_none=True)
    added = workspace.add_bucket(request.name, request.url, profile=request.profile, connection=connection)
    return Note(
        text=f"bucket {request.name!r} added to {user_file_path()} (profile {added.profile!r})",
        hint=_next(workspace, request.name, added.profile),
    )


def _next(workspace: Workspace, name: str, profile: str) -> str:
    """After a bucket was added: how to give credentials, where none are found, and how to see whether all is well."""
    connection = workspace.resolved.settings.profiles[profile]
    try:
        credentials(profile, connection)
    except Unauthenticated as error:
        return f"{error.hint}; then: %buckets doctor {name}"
    return f"%buckets doctor {name} looks whether all is well; if it isn't there yet: %buckets create {name}"


def rm(workspace: Workspace, request: BucketsRmRequest, report: Reporter) -> Note:
    """Out of the user's file."""
    _known(workspace, request.name)
    removed = workspace.remove_bucket(request.name)
    profile = next((key.removeprefix("profiles.") for key in removed if key.startswith("profiles.")), None)
    left = "the data in the bucket stays where it is"
    if profile is not None:
        left += f"; no other bucket was on profile {profile!r}, and credentials kept for it stay where they are too"
    return Note(text=f"forgot {', '.join(removed)}; {left}")


def create(workspace: Workspace, request: BucketsCreateRequest, report: Reporter) -> Note:
    """At the provider."""
    made = workspace.create_bucket(request.name)
    return Note(text=f"made bucket {made.spec.bucket!r} ({made.location})", hint=f"%push PATH --to {request.name}")


def doctor(workspace: Workspace, request: BucketsDoctorRequest, report: Reporter) -> DoctorMessage:
    """What works in one of them, by trying it. Without credentials that is the only finding."""
    from jupyter_resources.resources.examination import Finding, examine

    name = request.name or workspace.resolved.settings.default_bucket
    try:
        bucket = workspace.resolve_bucket(name)
    except Denied as error:
        findings, location = [Finding("credentials", "failed", error.message, error.hint)], ""
    else:
        findings, location = list(examine(bucket)), bucket.location
    return DoctorMessage(
        bucket=name,
        location=location,
        findings=[
            FindingMessage(check=each.check, state=each.state, text=each.text, fix=each.fix) for each in findings
        ],
    )


def trust(workspace: Workspace, request: BucketsTrustRequest, report: Reporter) -> Note:
    """Into the user's file, as it is now: a later change in the project's file has no effect."""
    profile = workspace.trust_profile(request.profile)
    place = profile.endpoint or profile.root or profile.provider
    return Note(
        text=f"profile {request.profile!r} is now in {user_file_path()}: it may use your credentials for {place}"
    )


def _known(workspace: Workspace, name: str) -> None:
    names = workspace.bucket_names()
    if name not in names:
        raise NotFound(f"no bucket named {name!r}", hint=nearest(name, names) or f"known are {', '.join(names)}")


def _message(workspace: Workspace, name: str) -> BucketMessage:
    resolved = workspace.resolved
    settings = resolved.settings
    bucket = settings.buckets[name]
    profile = settings.profiles.get(bucket.profile)
    origin = resolved.explain(f"buckets.{name}.bucket")
    return BucketMessage(
        name=name,
        provider=profile.provider if profile else "",
        bucket=bucket.bucket,
        base_path=bucket.base_path.replace("{project}", workspace.project_name),
        profile=bucket.profile,
        endpoint=(profile.endpoint or profile.root) if profile else None,
        default=name == settings.default_bucket,
        source=origin.source,
        where=origin.where,
    )
