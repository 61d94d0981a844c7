"""What faces ask and what they are answered: the wire models, each field with its help and how a line spells it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator

from jupyter_resources.core.errors import one_line
from jupyter_resources.sync.summary import SyncObject, TransactionSummary

__all__ = [
    "BucketList",
    "BucketMessage",
    "BucketsAddRequest",
    "BucketsCreateRequest",
    "BucketsDoctorRequest",
    "BucketsListRequest",
    "BucketsRmRequest",
    "BucketsShowRequest",
    "BucketsTrustRequest",
    "DoctorMessage",
    "FailureMessage",
    "FindingMessage",
    "Flag",
    "Note",
    "Positional",
    "PullRequest",
    "PushRequest",
    "Request",
    "RowMessage",
    "SettingMessage",
    "SummaryMessage",
    "SyncRequest",
]


Named = Literal["", "file", "directory", "object", "place", "bucket", "profile", "credentials"]


@dataclass(frozen=True, slots=True)
class Positional:
    """The field is written without an option; `metavar` is what help calls it, `of` what it names (for completion)."""

    metavar: str
    of: Named = ""


@dataclass(frozen=True, slots=True)
class Flag:
    """The field is an option: `names` as typed, the first being the one that messages use."""

    names: tuple[str, ...]
    metavar: str = ""
    of: Named = ""


class Request(BaseModel):
    """What an operation is asked."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Message(BaseModel):
    """What a face is answered."""

    model_config = ConfigDict(frozen=True)


def _pattern(text: str | None) -> str | None:
    """`text` if it is a regular expression."""
    if text is not None:
        try:
            re.compile(text)
        except re.error as error:
            raise ValueError(f"{text!r} is no regular expression: {error}") from None
    return text


Paths = Annotated[list[str], Field(min_length=1)]
DryRun = Annotated[bool, Field(description="show what would be done, and do nothing"), Flag(("-n", "--dry-run"))]
Force = Annotated[bool, Field(description="overwrite what differs on the target"), Flag(("--force",))]
Include = Annotated[
    str | None,
    Field(description="only files whose path, from its beginning, matches this regular expression"),
    Flag(("--include",), "RE"),
]
Exclude = Annotated[
    str | None,
    Field(description="no files whose path, from its beginning, matches it; wins over --include"),
    Flag(("--exclude",), "RE"),
]
Verify = Annotated[
    bool, Field(description="compare contents again instead of trusting recorded digests"), Flag(("--verify",))
]
Secrets = Annotated[
    bool, Field(description="let files go that look like secrets (.env, private keys)"), Flag(("--secrets",))
]
To = Annotated[
    str | None,
    Field(description="the bucket: a name from %buckets, a URL or a directory; else the default one"),
    Flag(("--to",), "BUCKET", of="bucket"),
]
AllowEmpty = Annotated[
    bool,
    Field(description="go on even if the source is empty: everything is deleted"),
    Flag(("--allow-empty",)),
]
BucketName = Annotated[str, Field(description="the bucket's name in the settings"), Positional("NAME", "bucket")]


class PushRequest(Request):
    """Files from here to a bucket."""

    paths: Annotated[
        Paths,
        Field(description="files, directories or glob patterns; all in the current directory"),
        Positional("PATH", "file"),
    ]
    to: To = None
    dry_run: DryRun = False
    force: Force = False
    include: Include = None
    exclude: Exclude = None
    delete: Annotated[bool, Field(description="afterwards delete there what is gone here"), Flag(("--delete",))] = False
    allow_empty: AllowEmpty = False
    verify: Verify = False
    secrets: Secrets = False

    _include = field_validator("include", "exclude")(_pattern)


class PullRequest(Request):
    """Files from a bucket to here."""

    paths: Annotated[Paths, Field(description="files or directories in the bucket"), Positional("PATH", "object")]
    bucket: Annotated[
        str | None,
        Field(description="the bucket: a name from %buckets, a URL or a directory; else the default one"),
        Flag(("--from",), "BUCKET", of="bucket"),
    ] = None
    into: Annotated[
        str,
        Field(description="the directory that they go to; else the current one"),
        Flag(("--into",), "DIR", of="directory"),
    ] = ""
    dry_run: DryRun = False
    force: Annotated[bool, Field(description="overwrite what differs here"), Flag(("--force",))] = False
    include: Include = None
    exclude: Exclude = None
    verify: Verify = False

    _include = field_validator("include", "exclude")(_pattern)


class SyncRequest(Request):
    """A bucket made equal to a directory."""

    directory: Annotated[
        str, Field(description="the directory to mirror, in the current one"), Positional("DIR", "directory")
    ]
    to: To = None
    dry_run: DryRun = False
    yes: Annotated[
        bool, Field(description="delete there what is gone here and overwrite what differs"), Flag(("--yes",))
    ] = False
    allow_empty: AllowEmpty = False
    secrets: Secrets = False


class BucketsListRequest(Request):
    """The buckets that settings name."""


class BucketsShowRequest(Request):
    """Everything about one bucket."""

    name: BucketName


class BucketsAddRequest(Request):
    """A bucket to keep under a short name."""

    name: Annotated[str, Field(description="what to call it"), Positional("NAME")]
    url: Annotated[
        str,
        Field(description="where it is: s3://bucket/path, gs://…, az://… or a directory (./x, /x)"),
        Positional("URL", "place"),
    ]
    profile: Annotated[
        str | None,
        Field(description="the connection to use, one that settings name"),
        Flag(("--profile",), "NAME", of="profile"),
    ] = None
    endpoint: Annotated[
        str | None, Field(description="the server's address (a new connection)"), Flag(("--endpoint",), "URL")
    ] = None
    region: Annotated[str | None, Field(description="its region (a new connection)"), Flag(("--region",), "NAME")] = (
        None
    )
    credentials: Annotated[
        str | None,
        Field(description="where its credentials are: auto, keyring, environment, file, aws or none"),
        Flag(("--credentials",), "PLACE", of="credentials"),
    ] = None
    aws_profile: Annotated[
        str | None,
        Field(description="the section of the AWS files to use (a new connection)"),
        Flag(("--aws-profile",), "NAME"),
    ] = None


class BucketsRmRequest(Request):
    """A bucket to forget."""

    name: BucketName


class BucketsCreateRequest(Request):
    """A bucket to make at its provider."""

    name: Annotated[str, Field(description="a bucket's name in the settings, or a URL"), Positional("NAME", "bucket")]


class BucketsDoctorRequest(Request):
    """A bucket to examine."""

    name: Annotated[
        str | None,
        Field(description="a bucket's name in the settings, or a URL; else the default one"),
        Positional("NAME", "bucket"),
    ] = None


class BucketsTrustRequest(Request):
    """A connection of the project's file that may use your credentials."""

    profile: Annotated[str, Field(description="the connection's name"), Positional("PROFILE", "profile")]


class BucketMessage(Message):
    """A bucket as settings name it; `source` and `where` tell who says so."""

    name: str
    provider: str
    bucket: str
    base_path: str
    profile: str
    endpoint: str | None
    default: bool
    source: str
    where: str


class SettingMessage(Message):
    """One value and where it came from."""

    key: str
    value: str
    source: str
    where: str


class BucketList(Message):
    """Buckets, the default one first, and what settings say about one of them where only that was asked. `user_file`
    is where the user's own settings are, or would be.
    """

    buckets: list[BucketMessage]
    settings: list[SettingMessage] = []
    ignored: list[str] = []
    user_file: str = ""


class Note(Message):
    """Done, in a sentence; `hint` is what to do next."""

    text: str
    hint: str = ""


class FindingMessage(Message):
    """One thing that was looked at in a bucket: ok, warning or failed; `fix` is what to type or set."""

    check: str
    state: str
    text: str
    fix: str


class DoctorMessage(Message):
    """A bucket examined."""

    bucket: str
    location: str
    findings: list[FindingMessage]


class RowMessage(Message):
    """One file of a transfer: what became of it, and why."""

    path: str
    state: str
    reason: str
    size: int


class FailureMessage(Message):
    """One file that could not be moved."""

    path: str
    title: str
    hint: str


class SummaryMessage(Message):
    """What a push, pull or sync would do or did."""

    direction: str | None
    source: str
    target: str
    dry_run: bool
    interrupted: bool
    counts: dict[str, int]
    sizes: dict[str, int]
    bytes_moved: int
    seconds: float
    requests: int
    rows: list[RowMessage]
    failures: list[FailureMessage]

    @classmethod
    def of(cls, summary: TransactionSummary) -> SummaryMessage:
        """The summary as plain values; rows in the order of their paths."""
        pull = summary.sync_direction == "pull"
        files = {id(one): one for one in (*summary.all_files_analyzed, *summary.to_delete, *summary.deleted)}
        rows = sorted((_row(one, pull) for one in files.values()), key=lambda row: row.path)
        counts: dict[str, int] = {}
        sizes: dict[str, int] = {}
        for row in rows:
            counts[row.state] = counts.get(row.state, 0) + 1
            sizes[row.state] = sizes.get(row.state, 0) + row.size
        return cls(
            direction=summary.sync_direction,
            source=summary.source,
            target=summary.target,
            dry_run=summary.dryrun,
            interrupted=summary.interrupted,
            counts=counts,
            sizes=sizes,
            bytes_moved=summary.bytes_moved,
            seconds=summary.seconds,
            requests=sum(summary.requests.values()),
            rows=rows,
            failures=[
                FailureMessage(path=path, title=one_line(error), hint=getattr(error, "hint", ""))
                for path, error in sorted(summary.failed.items())
            ],
        )


def _row(one: SyncObject, pull: bool) -> RowMessage:
    remote: Any = one.remote_obj
    remote_size = remote.size if remote is not None else 0
    size = (remote_size or one.local_size) if pull or not one.exists_locally else one.local_size
    return RowMessage(path=one.name, state=one.state or "unplanned", reason=one.reason, size=size)
