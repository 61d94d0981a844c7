"""What obstore can't do on S3, as signed requests: containers, raw listings, deletes, copies, odd keys, uploads."""

from __future__ import annotations

import copy
import http.client
import os
import ssl
import weakref
from base64 import b64encode
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from hashlib import md5
from typing import Literal
from urllib.parse import quote

from jupyter_resources.core.control import Control
from jupyter_resources.core.errors import Denied, Incomplete, NotFound, ResourcesError, Transient, Unsupported
from jupyter_resources.storage.s3errors import Asked, code_of, from_network, from_reply
from jupyter_resources.storage.s3listing import S3Page, elements, parse_page, rows
from jupyter_resources.storage.s3wire import Content, Reply, S3Service, SignedConnection, trusted

__all__ = ["S3Control"]

BATCH = 1000
"""Amazon S3 API Reference, DeleteObjects: up to 1,000 keys a request."""
WAITING = 32
STATUS = {"AccessDenied": 403, "InternalError": 500}
"""What a code in the answer of DeleteObjects would be as a status."""
_REFERENCES = str.maketrans(
    {"&": "&amp;", "<": "&lt;", ">": "&gt;", "\r": "&#13;", "\n": "&#10;", "\t": "&#9;"}  # the last are else changed
)
Method = Literal["GET", "PUT", "POST", "HEAD", "DELETE"]


class S3Control:
    """Signed requests to one bucket, or with none to the service. Safe for many threads: each has its connection."""

    def __init__(self, service: S3Service, bucket: str = "") -> None:
        self.service = service
        self.bucket = bucket
        self._control = Control()
        self._idle = _Idle(service)

    def __repr__(self) -> str:
        return f"S3Control({self.service.url!r}, {self.bucket!r})"

    def under(self, control: Control) -> S3Control:
        """This, with its requests counted and ended by `control`; shares the connections."""
        view = copy.copy(self)
        view._control = control
        return view

    def send(
        self,
        verb: str,
        method: Method,
        key: str | None = None,
        params: Mapping[str, str] | None = None,
        *,
        headers: Mapping[str, str] | None = None,
        content: Content = None,
    ) -> Reply:
        """One request, counted as `verb`. Raises what a failure means; a 200 that holds an error is a failure."""
        asked = self.asked(key)
        self._control.check()
        self._control.count(verb)
        try:
            with self._idle.taken() as connection, self._control.on_cancel(connection.abort):
                reply = connection.request(method, self._path(key), params or {}, headers or {}, content)
        except ResourcesError:  # of what is sent; some of these are OSErrors, too
            self._control.check()
            raise
        except (OSError, http.client.HTTPException) as error:
            self._control.check()
            # Not `from error`: the frames of http.client hold headers with signatures and tokens.
            raise from_network(error, asked) from None
        if reply.status == 200 and b"<Error" in reply.body and (code := code_of(reply.body)):
            # Copying and completing an upload may fail after the status was sent.
            raise from_reply(500, code, asked)
        if reply.status >= 300:
            raise from_reply(reply.status, code_of(reply.body), asked)
        return reply

    def asked(self, key: str | None = None) -> Asked:
        """What an error about `key` names."""
        return Asked(self.service.url, self.bucket, key)

    # containers

    def containers(self) -> list[str]:
        """The names of all buckets that these credentials own."""
        return [row["Name"] for row in rows(self.send("containers", "GET").body, "Bucket")]

    def exists(self) -> bool:
        """Whether the bucket is there. Raises Denied if it is and isn't ours to see."""
        try:
            self.send("containers", "HEAD")
        except NotFound:
            return False
        except Denied:
            self.page("", None, most=1)  # whose answer has a body that says why
        return True

    def create(self) -> None:
        """Make the bucket. Raises AlreadyExists, InvalidValue for a bad name."""
        region = self.service.region_name
        content = None
        if region != "us-east-1":  # which S3 refuses to be told
            content = (
                '<CreateBucketConfiguration xmlns="http://s3.amazonaws.com/doc/2006-03-01/">'
                f"<LocationConstraint>{_xml(region)}</LocationConstraint></CreateBucketConfiguration>"
            ).encode()
        self.send("containers", "PUT", content=content)

    def drop(self) -> None:
        """Remove the bucket. Raises AlreadyExists if it isn't empty, NotFound."""
        self.send("containers", "DELETE")

    # objects

    def page(self, prefix: str, token: str | None, *, after: str | None = None, most: int = 1000) -> S3Page:
        """One page of the raw listing: the first, the one that `token` leads to, or the one behind the key `after`."""
        params = {"list-type": "2", "encoding-type": "url", "max-keys": str(most)}
        if prefix:
            params["prefix"] = prefix
        if token is not None:
            params["continuation-token"] = token
        elif after is not None:
            params["start-after"] = after
        return parse_page(self.send("list", "GET", params=params).body)

    def head(self, key: str) -> Reply:
        """The facts of one object, as headers."""
        return self.send("head", "HEAD", key)

    def put(self, key: str, content: bytes, headers: Mapping[str, str] | None = None) -> Reply:
        """Store `content` under any key that S3 itself allows."""
        return self.send("put", "PUT", key, headers=headers, content=content)

    def copy(self, source: str, target: str, etag: str) -> str:
        """Copy on the server, metadata too, if `source` still has `etag`; gives the ETag of the copy."""
        headers = {
            "x-amz-copy-source": f"/{quote(self.bucket)}/{quote(source)}",
            "x-amz-copy-source-if-match": f'"{etag}"',
        }
        reply = self.send("copy", "PUT", target, headers=headers)
        return elements(reply.body, "CopyObjectResult").get("ETag", "").strip('"')

    def delete(self, keys: Sequence[str]) -> None:
        """Remove objects under any keys; one that isn't there is no error. Raises Incomplete naming what stayed."""
        failed: dict[str, ResourcesError] = {}
        plain = [key for key in keys if _fits_xml(key)] if len(keys) > 1 else []
        for start in range(0, len(plain), BATCH):
            failed.update(self._delete_batch(plain[start : start + BATCH]))
        for key in keys if not plain else [key for key in keys if not _fits_xml(key)]:
            try:
                self._delete_one(key)
            except Transient:
                raise
            except ResourcesError as error:
                if len(keys) == 1:
                    raise
                failed[key] = error
        if failed:
            first = next(iter(failed.values()))
            if all(isinstance(error, Transient) for error in failed.values()):
                raise first
            count = f"{len(failed)} of {len(keys)} objects could not be deleted"
            raise Incomplete(f"{count}: {first.message}", hint=first.hint, failed=failed)

    def _delete_one(self, key: str) -> None:
        try:
            self.send("delete", "DELETE", key)
        except NotFound:
            # A missing bucket is an error; asking costs nothing but here.
            if not self.exists():
                raise from_reply(404, "NoSuchBucket", self.asked()) from None

    def _delete_batch(self, keys: Sequence[str]) -> dict[str, ResourcesError]:
        named = "".join(f"<Object><Key>{_xml(key)}</Key></Object>" for key in keys)
        content = f"<Delete><Quiet>true</Quiet>{named}</Delete>".encode()
        headers = {"Content-MD5": b64encode(md5(content, usedforsecurity=False).digest()).decode()}
        try:
            reply = self.send("delete", "POST", params={"delete": ""}, headers=headers, content=content)
        except Unsupported:  # Google's S3 interface has no DeleteObjects
            for key in keys:
                self._delete_one(key)
            return {}
        failed: dict[str, ResourcesError] = {}
        for row in rows(reply.body, "Error") if reply.body else ():
            key, code = row.get("Key", ""), row.get("Code", "")
            if code not in ("NoSuchKey", "NotFound"):
                failed[key] = from_reply(STATUS.get(code, 400), code, self.asked(key))
        return failed

    def _path(self, key: str | None) -> str:
        if not self.bucket:
            return "/"
        # Amazon S3 User Guide, "Signature calculations": everything but A-Z a-z 0-9 - . _ ~ and "/" is encoded, once.
        return f"/{quote(self.bucket)}" if key is None else f"/{quote(self.bucket)}/{quote(key)}"


class _Idle:
    """Connections that wait for the next request, whichever thread makes it."""

    def __init__(self, service: S3Service) -> None:
        self._service = service
        self._waiting: list[SignedConnection] = []
        self._process = os.getpid()
        self._trust: ssl.SSLContext | None = None
        weakref.finalize(self, _close, self._waiting)

    @contextmanager
    def taken(self) -> Iterator[SignedConnection]:
        """One connection, for one request of one thread."""
        if self._process != os.getpid():
            # After a fork the sockets belong to both: an answer could go to the other.
            self._process = os.getpid()
            self._waiting.clear()
        try:
            connection = self._waiting.pop()
        except IndexError:
            if self._trust is None and self._service.url.startswith("https:"):
                self._trust = trusted()
            connection = SignedConnection(self._service, self._trust)
        connection.rearm()
        try:
            yield connection
        except BaseException:
            connection.close()
            raise
        if len(self._waiting) < WAITING:
            self._waiting.append(connection)
        else:
            connection.close()


def _close(connections: list[SignedConnection]) -> None:
    for connection in connections:
        connection.close()


def _fits_xml(key: str) -> bool:
    """Whether XML 1.0 can carry the key at all."""
    return all(letter >= " " or letter in "\t\n\r" for letter in key) and not {"\ufffe", "\uffff"} & set(key)


def _xml(text: str) -> str:
    return text.translate(_REFERENCES)
