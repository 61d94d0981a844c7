"""Single requests through obstore: counted, stoppable, in bounded time, with our errors."""

from __future__ import annotations

import copy
import threading
from collections.abc import Awaitable, Callable, Generator, Iterable
from concurrent.futures import Future
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, TypedDict, TypeVar, cast

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
    from obstore import Attributes, BytesStream, GetOptions, GetResult, PutMode
    from obstore.store import ClientConfig, ObjectStore, S3Store

    Make = Callable[[ClientConfig], ObjectStore]

__all__ = ["Engine", "OutOfRange", "client_options"]

SLOWEST = 64 << 10
"""Bytes a second below which a put counts as stuck."""
PART_BYTES = 8 << 20
SMALL = STREAM_BYTES
"""The most bytes of a put that a thread may wait for inside obstore: its limit of silence covers the sending."""
PARTS = 4
"""How many parts of a stream are under way at once."""
T = TypeVar("T")


class OutOfRange(Exception):
    """The object ends before the range begins."""


def client_options() -> ClientConfig:
    """How obstore connects, wherever that is."""
    # Silence is measured by whoever waits, chunk by chunk (see `Engine`); an overall limit would end large transfers.
    client: ClientConfig = {"allow_http": True, "connect_timeout": f"{CONNECT_SECONDS:g}s", "timeout": "365days"}
    if extra := extra_certificates():
        with translated(extra):
            client["root_certificate"] = Path(extra).read_bytes()
    return client


class Engine:
    """One bucket through obstore. Safe for many threads; none of its requests is tried twice.

    Two ways to wait. As a rule a request goes through an event loop, and cancelling drops it. What is small, and asked
    under a detached control, waits inside obstore, at half the price in processor time; after a cancel it ends by
    itself, when it has been silent for `idle_seconds` and a little more at the latest.
    """

    def __init__(self, make: Make, service: str, bucket: str, *, idle_seconds: float = IDLE_SECONDS) -> None:
        """`make` opens the bucket with the client options it is given; `service` is the address that errors name."""
        self._service, self._bucket = service, bucket
        self._idle_seconds = idle_seconds
        self._control = Control()
        self._loop = Loop()
        options = client_options()
        self._patient = _Opened(make, options)
        self._direct = _Opened(make, {**options, "read_timeout": f"{idle_seconds + SMALL / SLOWEST:g}s"})

    def opened(self) -> Engine:
        """This, opened at once: what obstore refuses is raised now and not by the first request."""
        _ = self._patient.store
        return self

    def under(self, control: Control) -> Engine:
        """This, with its requests counted and ended by `control`; shares connections and loop."""
        view = copy.copy(self)
        view._control = control
        return view

    def get(self, verb: str, key: str, options: GetOptions) -> GetResult:
        """The head of an answer. Raises OutOfRange for a range that isn't there."""
        if self._control.lets_go:
            return self._ask(verb, key, lambda: obstore.get(self._direct.store, key, options=options))
        return self._run(verb, key, lambda: obstore.get_async(self._patient.store, key, options=options))

    def put(self, key: str, content: bytes, sha256: str, mode: PutMode) -> str:
        """Store `content` under a condition; gives the ETag."""
        how = _How(attributes={"sha256": sha256}, mode=mode, use_multipart=False)
        if len(content) <= SMALL and self._control.lets_go:
            result = self._ask("put", key, lambda: obstore.put(self._direct.store, key, content, **how))
        else:
            seconds = self._idle_seconds + len(content) / SLOWEST
            result = self._run("put", key, lambda: obstore.put_async(self._patient.store, key, content, **how), seconds)
        return (result["e_tag"] or "").strip('"')

    def put_stream(self, key: str, chunks: Iterable[bytes], sha256: str | None, before: Callable[[], None]) -> None:
        """Store what comes in `chunks`, in parts; nothing is there before all is. `before` may refuse just before."""
        self._control.check()
        self._control.count("put")
        attributes = {"sha256": sha256} if sha256 else {}
        seconds = self._idle_seconds + PART_BYTES * PARTS / SLOWEST
        writer = obstore.open_writer_async(
            self._patient.store, key, attributes=attributes, buffer_size=PART_BYTES, max_concurrency=PARTS
        )
        for chunk in chunks:
            self._later(key, partial(writer.write, chunk), seconds)
        before()
        self._control.check()
        self._later(key, writer.close, seconds)

    def copy(self, source: str, target: str, *, overwrite: bool) -> None:
        """Copy on the server."""
        store = self._patient.store
        self._run("copy", source, lambda: obstore.copy_async(store, source, target, overwrite=overwrite))

    def sign(self, key: str, seconds: int) -> str:
        """A URL that gives the object to anybody for so long."""
        store = cast("S3Store", self._direct.store)
        return self._told(key, lambda: obstore.sign(store, "GET", key, timedelta(seconds=seconds)))

    def rest(self, key: str, result: GetResult) -> bytes:
        """What follows the head, whole: only for what is small."""
        if not result.meta["size"]:
            return b""
        ask = result.bytes if self._control.lets_go else None
        return bytes(self._told(key, ask) if ask else self._later(key, result.bytes_async))

    def content(self, key: str, result: GetResult) -> Generator[bytes]:
        """What follows the head, in chunks; of a large object the next one is under way while one is used."""
        start, end = result.range
        size, direct = end - start, self._control.lets_go
        part = direct and size < result.meta["size"]  # of a whole object what has come isn't to be fetched again
        if size <= SMALL:
            if size:
                yield self.rest(key, result)
            return
        if part and size <= PART_BYTES:
            chunks = iter(result.stream(STREAM_BYTES))  # in one piece they would be copied together first
            while (chunk := self._told(key, partial(next, chunks, None))) is not None:
                yield chunk
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

    def _ask(self, verb: str, key: str, ask: Callable[[], T]) -> T:
        """One request, waited for inside obstore."""
        self._loop.check_process()
        self._control.check()
        self._control.count(verb)
        return self._told(key, ask)

    def _told(self, key: str, ask: Callable[[], T]) -> T:
        try:
            return ask()
        except (BaseError, FileNotFoundError) as error:
            raise self._meant(key, error) from None

    def _run(self, verb: str, key: str, begin: Callable[[], Awaitable[T]], seconds: float | None = None) -> T:
        """One request, waited for here, for that long without a word (None: as long as a connection may idle)."""
        self._control.check()
        self._control.count(verb)
        return self._later(key, begin, seconds)

    def _later(self, key: str, begin: Callable[[], Awaitable[T]], seconds: float | None = None) -> T:
        return self._wait(key, self._loop.submit(begin), seconds)

    def _wait(self, key: str, future: Future[T], seconds: float | None = None) -> T:
        try:
            return waited(future, self._control, seconds or self._idle_seconds)
        except ResourcesError:
            raise
        except TimeoutError:
            raise timed_out(self.asked(key)) from None
        except (BaseError, FileNotFoundError) as error:
            raise self._meant(key, error) from None

    def _meant(self, key: str, error: Exception) -> Exception:
        """What obstore's `error` is here; without its text, which quotes what the server said: hostile and long."""
        return OutOfRange() if out_of_range(error) else from_obstore(error, self.asked(key))

    def asked(self, key: str | None = None) -> Asked:
        """What an error about `key` names."""
        return Asked(self._service, self._bucket, key)


class _Opened:
    """A bucket, opened when it is first asked for: that costs tens of milliseconds."""

    def __init__(self, make: Make, options: ClientConfig) -> None:
        self._make, self._options = make, options
        self._lock = threading.Lock()
        self._store: ObjectStore | None = None

    @property
    def store(self) -> ObjectStore:
        """The bucket; safe from any thread."""
        with self._lock:
            if self._store is None:
                self._store = self._make(self._options)
            return self._store


class _How(TypedDict):
    """The options of a put in one request."""

    attributes: Attributes
    mode: PutMode
    use_multipart: bool
