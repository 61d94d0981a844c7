"""What S3 services and the way to them say when something fails, in our own errors."""

from __future__ import annotations

import re
import socket
import ssl
import xml.etree.ElementTree as ET
from dataclasses import dataclass

from jupyter_resources.core.errors import (
    AlreadyExists,
    Changed,
    Damaged,
    Denied,
    InvalidPath,
    InvalidValue,
    NoBucket,
    NoSpace,
    NotFound,
    ResourcesError,
    SlowDown,
    TimedOut,
    Transient,
    Unauthenticated,
    Unavailable,
    Unsupported,
)
from jupyter_resources.storage.s3wire import ANSWER_BYTES, AnswerTooLong, CertificateRefused, NoTLS

__all__ = [
    "Asked",
    "changed",
    "code_of",
    "from_network",
    "from_obstore",
    "from_reply",
    "out_of_range",
    "timed_out",
    "unreachable",
]

CREDENTIALS = frozenset(
    {
        "AuthenticationFailed",
        "InvalidAccessKeyId",
        "SignatureDoesNotMatch",
        "AuthorizationHeaderMalformed",
        "InvalidToken",
        "InvalidSecurity",
    }
)
EXPIRED = frozenset({"ExpiredToken", "TokenRefreshRequired", "ExpiredTokenException", "RequestExpired"})
SLOW = frozenset(
    {"SlowDown", "ServerBusy", "Throttling", "ThrottlingException", "RequestLimitExceeded", "TooManyRequests"}
)
FULL = frozenset({"QuotaExceeded", "XMinioStorageFull", "InsufficientStorage", "EntityTooLarge"})
CLOCK = frozenset({"RequestTimeTooSkewed", "RequestInTheFuture"})
NAMES = frozenset({"InvalidObjectName", "KeyTooLongError", "XMinioInvalidObjectName", "InvalidURI"})


@dataclass(frozen=True, slots=True)
class Asked:
    """What a failed request was about: enough to name it in a sentence."""

    service: str
    bucket: str
    key: str | None = None

    @property
    def subject(self) -> str:
        if self.key is None:
            return f"bucket {self.bucket}"
        return f"{self.key if self.key.isprintable() else repr(self.key)} in bucket {self.bucket}"


def from_reply(status: int, code: str, asked: Asked) -> ResourcesError:
    """The error for an answer that isn't a success; `code` is S3's own word, empty where there was none."""
    for known in (_by_code(code, asked), _by_status(status, asked)):
        if known:
            return known
    said = f"{status} {code}".strip()
    return ResourcesError(
        f"{asked.service} refused {asked.subject}: {said}", hint="%buckets doctor looks for the cause"
    )


def _by_code(code: str, asked: Asked) -> ResourcesError | None:
    bucket = asked.bucket
    if code in ("NoSuchBucket", "ContainerNotFound"):
        hint = "check the name; RemoteStorage.create_bucket() makes it"
        return NoBucket(f"no bucket named {bucket!r} at {asked.service}", hint=hint)
    if code in ("NoSuchKey", "NoSuchUpload", "BlobNotFound"):
        return NotFound(f"{asked.subject} does not exist", hint="check the spelling, or list what is there")
    if code in CREDENTIALS:
        return _unauthenticated(asked, "the credentials are wrong")
    if code in EXPIRED:
        hint = "get new ones (aws sso login, or a new session token), then repeat the line"
        return Unauthenticated(f"{asked.service} says that the credentials have expired", hint=hint)
    if code in CLOCK:
        hint = "set this machine's clock, then repeat the line"
        return Denied(f"{asked.service} refuses requests: the clocks differ too much", hint=hint)
    if code in SLOW:
        return SlowDown(f"{asked.service} asks for fewer requests", hint="repeat the line in a while")
    if code in FULL:
        return NoSpace(f"no space for {asked.subject}", hint="delete something there, or ask for more")
    if code in ("BadDigest", "XAmzContentSHA256Mismatch", "InvalidDigest", "IncompleteBody"):
        return Damaged(f"{asked.subject} arrived damaged; the server refused it", hint="repeat the line")
    if code == "BlobAlreadyExists":
        return changed(asked)
    if code in ("ConditionalRequestConflict", "OperationAborted"):
        return Transient(f"{asked.subject}: somebody else writes there at this moment", hint="repeat the line")
    if code in ("BucketAlreadyExists", "BucketAlreadyOwnedByYou"):
        return AlreadyExists(f"bucket {bucket!r} exists already at {asked.service}", hint="choose another name")
    if code == "BucketNotEmpty":
        hint = "delete what is in it first"
        return AlreadyExists(f"bucket {bucket!r} is not empty; nothing was deleted", hint=hint)
    if code == "InvalidBucketName":
        hint = "3 to 63 of a-z, 0-9, '-', beginning and ending with a letter or digit"
        return InvalidValue(f"{bucket!r} can't be the name of a bucket", hint=hint)
    if code in NAMES:
        return InvalidPath(f"{asked.service} can't hold the name {asked.key!r}", hint="rename it, or use --exclude")
    if code == "RequestTimeout":
        return TimedOut(f"{asked.service} stopped waiting for {asked.subject}", hint="repeat the line")
    if code in ("PermanentRedirect", "TemporaryRedirect", "IllegalLocationConstraintException"):
        hint = "set the connection's region to the bucket's own"
        return InvalidValue(f"bucket {bucket!r} is in another region than the one asked", hint=hint)
    return None


def _by_status(status: int, asked: Asked) -> ResourcesError | None:
    match status:
        case 401:
            return _unauthenticated(asked, "the credentials are wrong or missing")
        case 403:
            hint = "ask the bucket's owner for access, or use another connection (%buckets list)"
            return Denied(f"{asked.service} does not allow this on {asked.subject}", hint=hint)
        case 404 if asked.key is None:
            hint = "check the bucket's name, and that the endpoint is a storage service's: other servers say this too"
            return NotFound(f"{asked.service} knows no {asked.subject}", hint=hint)
        case 404:
            return NotFound(f"{asked.subject} does not exist", hint="check the spelling, or list what is there")
        case 405 | 501:
            return Unsupported(f"{asked.service} can't do this (asked for {asked.subject})")
        case 301 | 307:
            hint = "set the connection's region to the bucket's own"
            return InvalidValue(f"bucket {asked.bucket!r} is in another region than the one asked", hint=hint)
        case 412:
            return changed(asked)
        case 416:
            return InvalidValue(f"{asked.subject} ends before the range that was asked for")
        case 409:
            return Transient(f"{asked.subject}: somebody else writes there at this moment", hint="repeat the line")
        case 429 | 503:
            return SlowDown(f"{asked.service} asks for fewer requests", hint="repeat the line in a while")
        case 408 | 504:
            return TimedOut(f"no answer in time from {asked.service} for {asked.subject}", hint="repeat the line")
        case 507:
            return NoSpace(f"no space for {asked.subject}", hint="delete something there, or ask for more")
    if status >= 500:
        return Transient(f"{asked.service} failed on {asked.subject} ({status})", hint="repeat the line")
    return None


def changed(asked: Asked) -> Changed:
    """The target isn't what the caller expected there."""
    return Changed(f"{asked.subject} is not what was expected there", hint="repeat the line: it compares again")


def _unauthenticated(asked: Asked, why: str) -> Unauthenticated:
    hint = "correct the key or the secret where they are given"
    return Unauthenticated(f"{asked.service} did not accept the request: {why}", hint=hint)


def from_network(error: BaseException, asked: Asked) -> ResourcesError:
    """The error for an exchange that didn't come to an answer."""
    if isinstance(error, CertificateRefused):
        hint = "AWS_CA_BUNDLE may name the certificate of a private authority"
        return Unavailable(f"the certificate of {asked.service} can't be verified", hint=hint)
    if isinstance(error, NoTLS):
        hint = "an endpoint without TLS begins with http://: then names and contents can be read on the way"
        return Unavailable(f"{asked.service} answers, but not in TLS", hint=hint)
    if isinstance(error, AnswerTooLong):
        message = f"{asked.service} answers with more than {ANSWER_BYTES >> 20} MiB for {asked.subject}; it was cut"
        return Damaged(message, hint="the server is at fault, or the endpoint is no storage service")
    if isinstance(error, TimeoutError):
        return timed_out(asked)
    broken = isinstance(error, ConnectionResetError | BrokenPipeError | ssl.SSLError)  # RemoteDisconnected is the first
    if isinstance(error, OSError) and not broken:
        return unreachable(asked, error)
    return Transient(f"{asked.service} broke off the exchange for {asked.subject}", hint="repeat the line")


def unreachable(asked: Asked, error: object = None) -> Unavailable:
    """Nobody there; `error` is what the attempt to connect ended with, where that is known."""
    why, hint = "", "check the network, the proxy and the connection's endpoint"
    if isinstance(error, socket.gaierror):
        why, hint = ": no address is known for that name", "check the endpoint's spelling, and the network"
    elif isinstance(error, ConnectionRefusedError) and error.errno is not None:
        why, hint = ": the connection was refused", "check the endpoint's port, and whether the server runs"
    return Unavailable(f"can't reach {asked.service}{why}", hint=hint)


def timed_out(asked: Asked) -> TimedOut:
    """Somebody there, but silent."""
    return TimedOut(f"no answer in time from {asked.service} for {asked.subject}", hint="repeat the line")


# obstore 0.12 gives status and S3's code only in the Debug text of the error it wraps. A key can't imitate that text,
# for it holds no line breaks. What the text doesn't tell, the type of the exception does.
_STATUS = re.compile(r"\n +inner: Status \{\n +status: (\d{3}),")
_CODE = re.compile(r"<Code>(\w{1,80})</Code>")
_KIND = re.compile(r"\n +(?:kind: (Connect|Timeout),|inner: (BareRedirect),)")


_CONNECTING = re.compile(r"\n +Connect,")
_BEYOND = re.compile(r"\n +source: StartTooLarge \{")


def out_of_range(error: Exception) -> bool:
    """Whether obstore was asked for bytes behind the end. Azure's answer to that is no error; obstore's own is one."""
    return _status_of(error) == 416 or _BEYOND.search(str(error)) is not None


def _status_of(error: Exception) -> int | None:
    """The HTTP status that obstore got, if it came that far."""
    found = _STATUS.search(str(error))
    return int(found[1]) if found else None


def from_obstore(error: Exception, asked: Asked) -> ResourcesError:
    """The error for what obstore raised; Transient where it can't be told what happened."""
    text = str(error)
    if status := _STATUS.search(text):
        code = _CODE.search(text, status.end())
        return from_reply(int(status[1]), code[1] if code else "", asked)
    if isinstance(error, FileNotFoundError):
        return from_reply(404, "", asked)
    match type(error).__name__:
        case "AlreadyExistsError" | "PreconditionError":
            return changed(asked)
        case "PermissionDeniedError":
            return from_reply(403, "", asked)
        case "UnauthenticatedError":
            return from_reply(401, "", asked)
        case "NotSupportedError":
            return from_reply(501, "", asked)
        case "InvalidPathError":
            return InvalidPath(f"{asked.service} can't hold the name {asked.key!r}", hint="rename it, or use --exclude")
    kind = _KIND.search(text)
    match kind and (kind[1] or kind[2]):
        case "Timeout" if not _CONNECTING.search(text):
            return timed_out(asked)
        case "Connect" | "Timeout":
            return unreachable(asked)
        case "BareRedirect":
            return from_reply(301, "", asked)
    return Transient(f"{asked.service} broke off the exchange for {asked.subject}", hint="repeat the line")


def code_of(body: bytes) -> str:
    """S3's word for what went wrong, from the body of an answer; empty where there is none."""
    try:
        root = ET.fromstring(body) if body else None
    except ET.ParseError:
        return ""
    if root is None or root.tag.rpartition("}")[2] != "Error":
        return ""
    return next((child.text or "" for child in root if child.tag.rpartition("}")[2] == "Code"), "")
