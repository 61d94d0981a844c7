"""Everything that can be asked for: one table, from which every face is made."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Generic, TypeVar

from jupyter_resources.api import bucket_operations as buckets
from jupyter_resources.api.messages import (
    BucketsAddRequest,
    BucketsCreateRequest,
    BucketsDoctorRequest,
    BucketsListRequest,
    BucketsRmRequest,
    BucketsShowRequest,
    BucketsTrustRequest,
    PullRequest,
    PushRequest,
    Request,
    SyncRequest,
)
from jupyter_resources.core.errors import Conflict
from jupyter_resources.core.events import Reporter
from jupyter_resources.resources.workspace import Workspace
from jupyter_resources.sync.summary import TransactionSummary

__all__ = ["OPERATIONS", "Operation", "pull", "push", "sync"]

R = TypeVar("R", bound=Request)


@dataclass(frozen=True, slots=True)
class Operation(Generic[R]):
    """One thing to ask for: what it is given, who does it, and how help describes it."""

    request: type[R]
    handler: Callable[[Workspace, R, Reporter], Any]
    summary: str
    examples: tuple[str, ...]

    def __call__(self, workspace: Workspace, request: R, report: Reporter) -> Any:
        """Do it; errors as they come. Faces go through `dispatch.run`."""
        return self.handler(workspace, request, report)


def push(workspace: Workspace, request: PushRequest, report: Reporter) -> TransactionSummary:
    """New and changed files to the bucket."""
    return workspace.remote_storage(request.to).push(
        [_relative(workspace, path) for path in request.paths],
        local_path_prefix=workspace.directory,
        force=request.force,
        include_regex=request.include,
        exclude_regex=request.exclude,
        dryrun=request.dry_run,
        delete=request.delete,
        allow_empty=request.allow_empty,
        verify=request.verify,
        secrets=request.secrets,
        report=report,
    )


def pull(workspace: Workspace, request: PullRequest, report: Reporter) -> TransactionSummary:
    """New and changed files from the bucket."""
    return workspace.remote_storage(request.bucket).pull(
        request.paths,
        str(workspace.directory / Path(request.into).expanduser()),
        force=request.force,
        include_regex=request.include,
        exclude_regex=request.exclude,
        dryrun=request.dry_run,
        verify=request.verify,
        missing_ok=False,
        report=report,
    )


def sync(workspace: Workspace, request: SyncRequest, report: Reporter) -> TransactionSummary:
    """The bucket's base path made equal to the directory. Without `yes`, anything to delete or overwrite stops it."""
    storage = workspace.remote_storage(request.to)
    dryrun = request.dry_run or not request.yes
    planned = storage.sync(
        _relative(workspace, request.directory),
        workspace.directory,
        dryrun=dryrun,
        allow_empty=request.allow_empty,
        secrets=request.secrets,
        report=report,
    )
    if request.dry_run or request.yes:
        return planned
    doomed = [
        f"{_files(len(lost))} {what}"
        for lost, what in (
            (planned.to_delete, "would be deleted"),
            (planned.on_target_neq_md5, "would be overwritten"),
        )
        if lost
    ]
    if doomed:
        raise Conflict(
            f"to be equal to {request.directory}, on the target {' and '.join(doomed)}; nothing was changed",
            hint="--yes does it",
            summary=planned,
        )
    # Just what was planned, all of it new: nobody has said yes to the loss of what may have appeared there since.
    return planned.apply(fresh=True, report=report)


def _relative(workspace: Workspace, path: str) -> str:
    """A path inside the directory without the way to it, so that all spellings mean one object."""
    place = Path(path).expanduser() if path.startswith("~") else Path(path)
    if not place.is_absolute() and place.parts[:1] != (os.pardir,):
        return path
    here = os.path.realpath(workspace.directory)
    whole = workspace.directory / place
    for directory in reversed((whole, *whole.parents)):
        below = whole.relative_to(directory)
        if os.pardir not in below.parts and os.path.realpath(directory) == here:
            return below.as_posix()
    return str(place)


def _files(count: int) -> str:
    return "1 file" if count == 1 else f"{count:,} files"


OPERATIONS: Mapping[str, Operation[Any]] = {
    "push": Operation(
        PushRequest,
        push,
        "copy new and changed files to a bucket",
        ("%push data/", "%push data/*.csv --to team -n", "s = %push {path} --force"),
    ),
    "pull": Operation(
        PullRequest,
        pull,
        "copy new and changed files from a bucket",
        ("%pull data/", "%pull data/train.csv --from team --into local", "%pull data/ -n"),
    ),
    "sync": Operation(
        SyncRequest,
        sync,
        "make a bucket equal to a directory, deletes included",
        ("%sync data/", "%sync data/ --yes", "%sync site/ --to s3://my-site -n"),
    ),
    "buckets.list": Operation(
        BucketsListRequest, buckets.list_, "the buckets that settings name", ("%buckets", "%buckets list")
    ),
    "buckets.show": Operation(
        BucketsShowRequest,
        buckets.show,
        "one bucket, and where each of its settings comes from",
        ("%buckets show team",),
    ),
    "buckets.add": Operation(
        BucketsAddRequest,
        buckets.add,
        "keep a bucket under a short name, in your own settings",
        (
            "%buckets add team s3://team-data/projects/x",
            "%buckets add lab s3://data --endpoint http://127.0.0.1:8333 --region us-east-1",
            "%buckets add backup /mnt/backup",
        ),
    ),
    "buckets.rm": Operation(
        BucketsRmRequest, buckets.rm, "forget a bucket's name; its data stays where it is", ("%buckets rm team",)
    ),
    "buckets.create": Operation(
        BucketsCreateRequest, buckets.create, "make a bucket at its provider", ("%buckets create team",)
    ),
    "buckets.doctor": Operation(
        BucketsDoctorRequest,
        buckets.doctor,
        "try what works in a bucket, and say what to set",
        ("%buckets doctor", "%buckets doctor team"),
    ),
    "buckets.trust": Operation(
        BucketsTrustRequest,
        buckets.trust,
        "let a connection of the project's file use your credentials",
        ("%buckets trust lab",),
    ),
}
"""Name → operation; a dot separates a verb from its noun's magic (`buckets.add` is `%buckets add`)."""
