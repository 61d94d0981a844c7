"""Single requests through obstore: counted, stoppable, in bounded time, with our errors."""

from __future__ import annotations

import copy
from collections.abc import Awaitable, Callable, Generator, Iterable
from concurrent.futures import Future
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import obstore
from obstore.exceptions import BaseError

from jupyter_resources.core.control import Control
from jupyter_resources.core.errors import ResourcesError
from jupyter_resources.storage.loop import Loop, waited
from jupyter_resources.storage.protocol import STREAM_BYTES
from jupyter_resources.storage.s3errors import Asked, from_obstore, out_of_range, timed_out
from jupyter_resources.storage.s3wire import CONNECT_SECONDS, IDLE_SECONDS, extra_certificates
from jupyter_resources.storage.translate import translated

if TYPE_CHECKING:
    from obstore import BytesStream, GetOptions, GetResult, PutMode
    from obstore.store import ClientConfig, ObjectStore

__all__ = ["Engine", "OutOfRange", "client_options"]

SLOWEST = 64 << 10
"""Bytes a second below which a put counts as stuck."""
PART_BYTES = 8 << 20
PARTS = 4
"""How many parts of a stream are under way at once."""
T = TypeVar("T")


class OutOfRange(Exception):
    """The object ends before the range begins."""


def client_options() -> ClientConfig:
    """How obstore connects, wherever that is."""
    # Silence is measured by whoever waits, chunk by chunk; an overall limit would end large transfers.
    client: ClientConfig = {"allow_http": True, "connect_timeout": f"{CONNECT_SECONDS:g}s", "timeout": "365days"}
    if extra := extra_certificates():
        with translated(extra):
            client["root_certificate"] = Path(extra).read_bytes()
    return client


class Engine:
    """One bucket through obstore. Safe for many threads; none of its requests is tried twice."""

    def __init__(self, store: ObjectStore, service: str, bucket: str, *, idle_seconds: float = IDLE_SECONDS) -> None:
        """`service` is the address that errors name."""
        self._store, self._service, self._bucket = store, service, bucket
        self._idle_seconds = idle_seconds
        self._control = Control()
        self._loop = Loop()

    def under(self, control: Control) -> Engine:
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
            self._idle_seconds + len(content) / SLOWEST,
        )
        return (result["e_tag"] or "").strip('"')

    def put_stream(self, key: str, chunks: Iterable[bytes], sha256: str | None, before: Callable[[], None]) -> None:
        """Store what comes in `chunks`, in parts; nothing is there before all is. `before` may refuse just before."""
        self._control.check()
        self._control.count("put")
        attributes = {"sha256": sha256} if sha256 else {}
        seconds = self._idle_seconds + PART_BYTES * PARTS / SLOWEST
        writer = obstore.open_writer_async(
            self._store, key, attributes=attributes, buffer_size=PART_BYTES, max_concurrency=PARTS
        )
        for chunk in chunks:
            self._wait(key, self._loop.submit(partial(writer.write, chunk)), seconds)
        before()
        self._control.check()
        self._wait(key, self._loop.submit(writer.close), seconds)

    def copy(self, source: str, target: str, *, overwrite: bool) -> None:
        """Copy on the server."""
        self._run("copy", source, lambda: obstore.copy_async(self._store, source, target, overwrite=overwrite))

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
            return waited(future, self._control, seconds or self._idle_seconds)
        except ResourcesError:
            raise
        except TimeoutError:
            raise timed_out(self.asked(key)) from None
        except (BaseError, FileNotFoundError) as error:
            if out_of_range(error):
                raise OutOfRange from None
            # Not `from error`: its text quotes what the server said, which is hostile and long.
            raise from_obstore(error, self.asked(key)) from None

    def asked(self, key: str | None = None) -> Asked:
        """What an error about `key` names."""
        return Asked(self._service, self._bucket, key)
