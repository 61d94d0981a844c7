"""What apache-libcloud and requests raise, in our own errors."""

from __future__ import annotations

import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Protocol

from libcloud.common.types import InvalidCredsError, LibcloudError, MalformedResponseError
from libcloud.storage.types import (
    ContainerAlreadyExistsError,
    ContainerDoesNotExistError,
    ContainerIsNotEmptyError,
    InvalidContainerNameError,
    ObjectError,
    ObjectHashMismatchError,
)
from requests import exceptions
from urllib3.exceptions import HTTPError, NewConnectionError

from jupyter_resources.core.control import Control
from jupyter_resources.core.errors import InvalidValue, ResourcesError, Transient, Unsupported
from jupyter_resources.storage.s3errors import Asked, code_of, from_network, from_reply, timed_out, unreachable
from jupyter_resources.storage.s3wire import AnswerTooLong, CertificateRefused, NoTLS
from jupyter_resources.storage.translate import from_os

__all__ = ["Redirected", "asking", "from_libcloud"]

RAISED = (LibcloudError, HTTPError, OSError, NotImplementedError, KeyError, TypeError, ValueError, AttributeError)
"""What calling a driver may raise; some drivers stumble over answers that they don't expect."""


class Redirected(ConnectionError):
    """The answer names another address. Nothing is sent there: neither files nor tokens are meant for it."""


class Cuttable(Protocol):
    """A driver at work: what its last answer was, and how to end it."""

    @property
    def status(self) -> int: ...
    def abort(self) -> None: ...


@contextmanager
def asking(driver: Cuttable, control: Control, asked: Asked) -> Iterator[None]:
    """A driver's requests in the block are ended by a cancel, and what they raise is one of our errors."""
    control.check()
    try:
        with control.on_cancel(driver.abort):
            yield
    except ResourcesError:
        raise
    except RAISED as error:
        control.check()
        # Not `from error`: the frames of libcloud and requests hold headers with signatures.
        raise from_libcloud(error, asked, driver.status) from None


def from_libcloud(error: Exception, asked: Asked, status: int) -> ResourcesError:
    """The error of ours for `error`; `status` is that of the last answer, 0 where there was none.

    Its text is never shown: it quotes the server, and sometimes the request.
    """
    match error:
        case ResourcesError():
            return error
        case ContainerDoesNotExistError():
            return from_reply(404, "NoSuchBucket", asked)
        case ObjectError() if not isinstance(error, ObjectHashMismatchError):  # the plain one: it's a directory
            return from_reply(404, "NoSuchKey", asked)
        case ContainerAlreadyExistsError():
            return from_reply(409, "BucketAlreadyExists", asked)
        case ContainerIsNotEmptyError():
            return from_reply(409, "BucketNotEmpty", asked)
        case InvalidContainerNameError():
            return InvalidValue(f"{asked.bucket!r} can't be the name of a bucket at {asked.service}", hint="%buckets")
        case InvalidCredsError():
            code = code_of(str(error.value).encode()) if str(error.value).startswith("<") else ""
            return from_reply(403 if code else 401, code, asked)
        case MalformedResponseError():
            hint = "a name with a control character can make it so: the provider's own tool shows it"
            return ResourcesError(f"{asked.service}: libcloud can't read the answer for {asked.subject}", hint=hint)
        case NotImplementedError():
            return Unsupported(f"libcloud's driver for {asked.service} can't do this (asked for {asked.subject})")
        case Redirected():
            hint = "set the connection's region or endpoint to the bucket's own"
            message = f"{asked.service} sends requests for {asked.subject} to another address, which is not followed"
            return InvalidValue(message, hint=hint)
        case AnswerTooLong():
            return from_network(error, asked)
        case exceptions.RequestException() | HTTPError():
            return _from_network(error, asked)
        case OSError():
            return from_os(error, f"{asked.service}/{asked.bucket}/{asked.key or ''}")
    if status >= 300:
        return from_reply(status, "NoSuchBucket" if status == 404 else "", asked)
    return ResourcesError(
        f"{asked.service}: libcloud can't make sense of the answer for {asked.subject} ({type(error).__name__})",
        hint="repeat the line; if it stays, %buckets doctor looks for the cause",
    )


def _from_network(error: Exception, asked: Asked) -> ResourcesError:
    match error:
        case exceptions.SSLError():
            refused = isinstance(_first(_reason(error)), ssl.SSLCertVerificationError)
            return from_network(CertificateRefused() if refused else NoTLS(), asked)
        case exceptions.ConnectTimeout() | exceptions.ProxyError():
            return unreachable(asked)
        case exceptions.Timeout():
            return timed_out(asked)
        case exceptions.ConnectionError() if isinstance(reason := _reason(error), NewConnectionError):
            return unreachable(asked, reason.__cause__)
    return Transient(f"{asked.service} broke off the exchange for {asked.subject}", hint="repeat the line")


def _reason(error: Exception) -> object:
    return getattr(_first(error), "reason", None)


def _first(error: object) -> object:
    """What urllib3 wrapped, which it gives as the first argument."""
    return next(iter(getattr(error, "args", ())), None)
