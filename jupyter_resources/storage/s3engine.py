"""The obstore half of S3: single GET, HEAD and PUT requests, counted, stoppable, in bounded time, with our errors."""

from __future__ import annotations

import copy
from collections.abc import Awaitable, Callable, Generator
from concurrent.futures import Future
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import obstore
from obstore.exceptions import BaseError
from obstore.store import S3Store

from jupyter_resources.core.control import Control
from jupyter_resources.core.errors import ResourcesError
from jupyter_resources.storage.loop import Loop, waited
from jupyter_resources.storage.protocol import STREAM_BYTES
from jupyter_resources.storage.s3errors import Asked, from_obstore, status_of, timed_out
from jupyter_resources.storage.s3wire import CONNECT_SECONDS, S3Service, extra_certificates
from jupyter_resources.storage.translate import translated

if TYPE_CHECKING:
    from obstore import BytesStream, GetOptions, GetResult, PutMode
    from obstore.store import ClientConfig

__all__ = ["OutOfRange", "S3Engine"]

SLOWEST = 64 << 10
"""Bytes a second below which a put counts as stuck."""
T = TypeVar("T")


class OutOfRange(Exception):
    """The object ends before the range begins."""


class S3Engine:
    """One bucket through obstore. Safe for many threads; none of its requests is tried twice."""

    def __init__(self, service: S3Service, bucket: str) -> None:
        self._service, self._bucket = service, bucket
        self._control = Control()
        self._loop = Loop()
        if service.key is None:
            config: dict[str, Any] = {"skip_signature": True}
        else:
            config = {"access_key_id": service.key, "secret_access_key": service.secret or ""}
            if service.token is not None:
                config["session_token"] = service.token
        # Silence is measured by whoever waits, chunk by chunk; an overall limit would end large transfers.
        client: ClientConfig = {"allow_http": True, "connect_timeout": f"{CONNECT_SECONDS:g}s", "timeout": "365days"}
        if extra := extra_certificates():
            with translated(extra):
                client["root_certificate"] = Path(extra).read_bytes()
        self._store = S3Store(
            bucket,
            endpoint=service.url,
            region=service.region_name,
            virtual_hosted_style_request=False,
            client_options=client,
            retry_config={"max_retries": 0},
            **config,
        )

    def under(self, control: Control) -> S3Engine:
        """This, with its requests counted and ended by `control`; shares connections and loop."""
        view = copy.copy(self)
        view._control = control
        return view

    def get(self, verb: str, key: str, options: GetOptions) -> GetResult:
        """The head of an answer. Raises OutOfRange for a range that isn't there."""
        return self._run(verb, key, lambda: obstore.get_async(self._store, key, options=options))

    def put(self, key: str, content: bytes, sha256: str, mode: PutMode) -> str:
        """Store `content` under a condition; gives the ETag."""
        attributes = {"sha256": sha256}
        result = self._run(
            "put",
            key,
            lambda: obstore.put_async(self._store, key, content, attributes=attributes, mode=mode, use_multipart=False),
            self._service.idle_seconds + len(content) / SLOWEST,
        )
        return (result["e_tag"] or "").strip('"')

    def content(self, key: str, result: GetResult) -> Generator[bytes]:
        """What follows the head, in chunks; of a large object the next one is under way while one is used."""
        start, end = result.range
        if end - start <= STREAM_BYTES:
            if end > start:
                yield bytes(self._wait(key, self._loop.submit(result.bytes_async)))
            return
        stream = result.stream(STREAM_BYTES)
        coming = self._next(stream)
        try:
            while True:
                chunk = self._wait(key, coming)
                coming = self._next(stream)
                yield chunk
        except StopAsyncIteration:
            return
        finally:
            coming.cancel()

    def _next(self, stream: BytesStream) -> Future[bytes]:
        return self._loop.submit(stream.__anext__)

    def _run(self, verb: str, key: str, begin: Callable[[], Awaitable[T]], seconds: float | None = None) -> T:
        self._control.check()
        self._control.count(verb)
        return self._wait(key, self._loop.submit(begin), seconds)

    def _wait(self, key: str, future: Future[T], seconds: float | None = None) -> T:
        try:
            return waited(future, self._control, seconds or self._service.idle_seconds)
        except ResourcesError:
            raise
        except TimeoutError:
            raise timed_out(self._asked(key)) from None
        except (BaseError, FileNotFoundError) as error:
            if status_of(error) == 416:
                raise OutOfRange from None
            # Not `from error`: its text quotes what the server said, which is hostile and long.
            raise from_obstore(error, self._asked(key)) from None

    def _asked(self, key: str) -> Asked:
        return Asked(self._service.url, self._bucket, key)
