"""Objects at any provider of apache-libcloud, through its storage drivers."""

from __future__ import annotations

import copy
from collections.abc import Generator, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from itertools import islice
from tempfile import NamedTemporaryFile
from typing import Any, Literal

from libcloud.storage.base import Container, Object
from libcloud.storage.types import ObjectDoesNotExistError

from jupyter_resources.core import paths
from jupyter_resources.core.control import Control
from jupyter_resources.core.entry import Entry
from jupyter_resources.core.errors import (
    Damaged,
    Incomplete,
    InvalidValue,
    NoBucket,
    NotFound,
    ResourcesError,
    Transient,
    Unsupported,
)
from jupyter_resources.core.hashing import Hasher
from jupyter_resources.storage.libclouddrivers import Account, Drivers, OpenDriver, driver_class
from jupyter_resources.storage.libclouderrors import asking, from_libcloud
from jupyter_resources.storage.libcloudlocal import replace_file
from jupyter_resources.storage.libcloudobjects import (
    encrypted,
    entry_of,
    entry_of_answer,
    family_of,
    page_of,
    searched,
    spelled,
)
from jupyter_resources.storage.libcloudpages import Pages
from jupyter_resources.storage.libcloudstreams import after, joined, part
from jupyter_resources.storage.protocol import ANY, STREAM_BYTES, Body, Capability, Expect, Page, Reader
from jupyter_resources.storage.s3errors import Asked, changed
from jupyter_resources.storage.translate import translated
from jupyter_resources.storage.whole import ReadsWhole

__all__ = ["LibcloudStore"]

DELETING = 8
TRIES = 20
ONE_PUT_BYTES = 5 << 30
"""Amazon S3 API Reference, PutObject: up to 5 GB. Above, libcloud sends parts of 5 MiB one after the other."""


class LibcloudStore(ReadsWhole):
    """A bucket (libcloud's container) of a provider.

    Slower than the engines made for a provider: several requests for one verb, one object at a time. Counted is one a
    verb, and one a page of 1,000 in a listing. An upload is first written to a temporary file, so that nothing torn is
    sent; it is verified by the digest that S3 and its likes give, elsewhere by its size. What a put expects is checked
    just before. A cancel cuts the connection of a request under way; only the look-up of a host's name it has to wait
    for. The local driver writes in place: here it writes beside, and the file is renamed. It follows links, also out of
    the bucket: where others may make some, LocalStore is the one to use, which refuses them, and which settings give.
    """

    def __init__(self, account: Account, bucket: str, *, etags: Literal["md5", "opaque"] = "md5") -> None:
        self.bucket = bucket
        self._account = account
        self._family = family_of(driver_class(account.provider))
        if paths.problem(bucket) or "/" in bucket:
            raise InvalidValue(f"{bucket!r} can't be the name of a bucket", hint="one name, without '/'")
        self._md5s = etags == "md5"
        self._drivers = Drivers(account)
        self._control = Control()

    def __repr__(self) -> str:
        return f"LibcloudStore({self._account.provider!r}, {self.location!r})"

    @property
    def location(self) -> str:
        return f"{self._account.url.rstrip('/')}{'//' if self._account.url.endswith('://') else '/'}{self.bucket}"

    @property
    def capabilities(self) -> frozenset[Capability]:
        return frozenset({Capability.METADATA} if self._family in ("s3", "azure") else ())

    def under(self, control: Control) -> LibcloudStore:
        view = copy.copy(self)
        view._control = control
        return view

    def list(self, prefix: str = "", *, tree: bool = False, expected: Sequence[str] = ()) -> Iterator[Page]:
        below = prefix.rstrip("/") + "/" if tree and prefix.rstrip("/") else prefix
        with ExitStack() as stack:
            driver = stack.enter_context(self._drivers.taken())
            driver.pages.begin(self.location)
            with self._asking("list", driver):
                asked = searched(below, self._family)
                found = iter(driver.libcloud.iterate_container_objects(self._container(driver), prefix=asked))
                some = list(islice(found, Pages.size))
            while True:
                # Some drivers search for no prefix, or without regard to case.
                yield page_of((one for one in some if one.name.startswith(below)), self._family, md5s=self._md5s)
                if len(some) < Pages.size:
                    break
                with self._asking("list", driver):
                    some = list(islice(found, Pages.size))
        bare = prefix.rstrip("/")
        if tree and bare and not paths.problem(bare):
            try:
                yield Page([self.head(bare)])
            except NotFound:
                return

    def head(self, key: str) -> Entry:
        spelled(key, self._family)
        with self._drivers.taken() as driver, self._asking("head", driver, key):
            return self._entry(self._object(driver, key))

    @contextmanager
    def read(self, key: str, start: int = 0, end: int | None = None) -> Iterator[Reader]:
        spelled(key, self._family)
        if start < 0 or (end is not None and end < start):
            raise InvalidValue(f"no such range of {key}: {start} to {end}")
        with self._drivers.taken() as driver:
            with self._asking("read", driver, key):
                entry, content = self._begun(driver, key, start, end)
            try:
                yield _Read(self, driver, entry, content, (entry.size if end is None else end) - start)
            finally:
                content.close()

    def put(self, key: str, body: Body, *, expect: Expect = ANY) -> Entry:
        spelled(key, self._family)
        self._control.check()
        with self._spooled(key, body) as (path, digests):
            self._check(key, expect)
            with self._drivers.taken() as driver, self._asking("put", driver, key):
                entry = self._sent(driver, key, path, digests)
        body.moved(body.size)
        return Entry(key, entry.size, entry.mtime_ns, entry.etag, entry.md5, digests.sha256)

    def copy(self, source: str, target: str, *, expect: Expect = ANY) -> Entry:
        paths.check(source)
        paths.check(target)
        raise Unsupported(f"libcloud's driver for {self._account.provider} has no copy on the server")

    def delete(self, keys: Sequence[str]) -> None:
        """One request each, DELETING at once. A hostile key is looked for first, and some can't be spelled."""
        if not keys:
            return
        self._control.check()
        self._control.count("delete")
        pool = ThreadPoolExecutor(min(DELETING, len(keys)), thread_name_prefix="delete")
        try:
            told = list(pool.map(self._deleted, keys))
        finally:
            pool.shutdown(wait=False, cancel_futures=True)
        self._control.check()
        failed = {key: error for key, error in zip(keys, told, strict=True) if error}
        if failed:
            first = next(iter(failed.values()))
            if len(keys) == 1 or all(isinstance(error, Transient) for error in failed.values()):
                raise first
            count = f"{len(failed)} of {len(keys)} objects could not be deleted"
            raise Incomplete(f"{count}: {first.message}", hint=first.hint, failed=failed)

    # -- what the verbs share ------------------------------------------------------------------------------------

    @contextmanager
    def _asking(self, verb: str, driver: OpenDriver, key: str | None = None) -> Iterator[None]:
        """Requests of one verb: counted, ended by a cancel, their errors translated."""
        self._control.check()
        if verb:
            self._control.count(verb)
        with asking(driver, self._control, self._asked(key)):
            yield

    def _asked(self, key: str | None = None) -> Asked:
        return Asked(self._account.url, self.bucket, key)

    def _container(self, driver: OpenDriver) -> Container:
        return Container(self.bucket, {}, driver.libcloud)

    def _object(self, driver: OpenDriver, key: str) -> Any:
        return driver.libcloud.get_object(self.bucket, key)

    def _entry(self, found: Any) -> Entry:
        return entry_of(found, self._family, md5s=self._md5s)

    def _begun(self, driver: OpenDriver, key: str, start: int, end: int | None) -> tuple[Entry, Generator[bytes]]:
        """What is read, and its bytes. Drivers ask twice: tried again until both answers are of the same object."""
        if self._family == "s3" and start == 0 and end is None:
            return self._begun_whole(driver, key)
        for _ in range(TRIES):
            found = self._object(driver, key)
            entry = self._entry(found)
            last = entry.size if end is None else min(end, entry.size)
            if start > entry.size:
                if end is None:
                    raise InvalidValue(f"no such range of {key}: {start} to {entry.size}")
                return entry, joined(iter(()))
            if start == last:
                return entry, joined(iter(()))
            content = joined(self._stream(driver, found, start, last))
            first = next(content, b"")
            if self._family == "local":
                same = self._entry(self._object(driver, key)).etag == entry.etag
            else:
                same = driver.headers.get("etag", "").strip('"') in ("", entry.etag)
            if same:
                return entry, joined(after(first, content))
            content.close()
        raise Transient(f"{key} is being replaced all the time", hint="repeat the line once nothing writes to it")

    def _begun_whole(self, driver: OpenDriver, key: str) -> tuple[Entry, Generator[bytes]]:
        """As `_begun`, in one request: S3's answer tells everything of the object."""
        one = Object(key, 0, "", {}, {}, self._container(driver), driver.libcloud)
        try:
            stream = driver.libcloud.download_object_as_stream(one, chunk_size=STREAM_BYTES)
        except ObjectDoesNotExistError:
            self._object(driver, key)  # tells a missing bucket from a missing object
            raise
        return entry_of_answer(key, driver.headers, driver.libcloud.http_vendor_prefix, md5s=self._md5s), joined(
            iter(stream)
        )

    def _stream(self, driver: OpenDriver, found: Any, start: int, end: int) -> Iterator[bytes]:
        if start == 0 and end == found.size:
            return iter(driver.libcloud.download_object_as_stream(found, chunk_size=STREAM_BYTES))
        if self._family != "local":  # which reads all of it into memory for a range
            try:
                ranged = driver.libcloud.download_object_range_as_stream
                return iter(ranged(found, start, end_bytes=end, chunk_size=STREAM_BYTES))
            except NotImplementedError:
                pass
        return part(driver.libcloud.download_object_as_stream(found, chunk_size=STREAM_BYTES), start, end)

    @contextmanager
    def _spooled(self, key: str, body: Body) -> Iterator[tuple[str, Hasher]]:
        """The body as a file that nobody else writes to. Raises Damaged for a short one."""
        hasher = Hasher()
        with translated("the temporary directory"), NamedTemporaryFile(prefix="jtres-") as file:
            for chunk in body.chunks():
                self._control.check()
                hasher.update(chunk)
                file.write(chunk)
            file.flush()
            if hasher.size != body.size:
                raise Damaged(f"{key}: expected {body.size} bytes, got {hasher.size}; nothing was written")
            self._control.check()
            yield file.name, hasher

    def _sent(self, driver: OpenDriver, key: str, path: str, digests: Hasher) -> Entry:
        """Upload a file, and look whether it arrived. Raises Damaged; what is damaged is removed."""
        container, put = self._container(driver), driver.libcloud.upload_object
        if self._family == "local":
            return self._entry(replace_file(driver.libcloud, container, key, path))
        extra: dict[str, Any] = {"content_type": "application/octet-stream"}
        if Capability.METADATA in self.capabilities:
            extra["meta_data"] = {"sha256": digests.sha256}
        if self._family == "s3" and digests.size > ONE_PUT_BYTES:
            with open(path, "rb") as file:
                driver.libcloud.upload_object_via_stream(file, container, key, extra=extra)
            entry = self._entry(self._object(driver, key))
        else:
            made = put(path, container, key, extra=extra, verify_hash=False)
            known = self._family == "s3" and not encrypted(driver.headers)
            entry = self._entry(made if known else self._object(driver, key))
        if entry.size == digests.size and entry.md5 in (None, digests.md5):
            return entry
        driver.libcloud.delete_object(Object(key, 0, "", {}, {}, container, driver.libcloud))
        expected = f"{digests.size} bytes with MD5 {digests.md5}"
        message = f"{key} arrived damaged: expected {expected}, got {entry.size} with {entry.md5}; it was removed again"
        raise Damaged(message, hint="repeat the line; for a bucket encrypted with KMS set its etags to 'opaque'")

    def _check(self, key: str, expect: Expect) -> None:
        """Changed, unless `key` is as expected at this moment."""
        if expect is ANY:
            return
        try:
            with self._drivers.taken() as driver, self._asking("", driver, key):
                there = self._entry(self._object(driver, key)).etag
        except NotFound:
            there = None
        if there != expect:
            raise changed(self._asked(key))

    def _deleted(self, key: str) -> ResourcesError | None:
        """Remove one object; what went wrong, if something did."""
        try:
            if paths.problem(key) and not self._reachable(key):
                return None
            with self._drivers.taken() as driver, self._asking("", driver, key):
                one = Object(key, 0, "", {}, {}, self._container(driver), driver.libcloud)
                if self._family == "local":
                    one = self._object(driver, key)
                try:
                    if not driver.libcloud.delete_object(one):
                        return from_libcloud(ValueError(), self._asked(key), driver.status)
                except (ObjectDoesNotExistError, FileNotFoundError):
                    pass
        except NotFound as error:
            return error if isinstance(error, NoBucket) else None
        except ResourcesError as error:
            return error
        return None

    def _reachable(self, key: str) -> bool:
        """Whether a hostile key is there, and is one that a URL can name. Raises Unsupported if only the first."""
        if self._family == "local" or not key:
            return False
        left = (one.path for page in self.under(self._quietly()).list(key) for one in page.left_out)
        if key not in left:
            return False
        if key.startswith("/") or {"", ".", ".."} & set(key.rstrip("/").split("/")) or key.endswith("//"):
            raise Unsupported(f"libcloud can't spell {key!r}", hint="remove it with the provider's own tool")
        return True

    def _quietly(self) -> Control:
        return self._control.uncounted()


class _Read:
    """An object being read."""

    def __init__(
        self, store: LibcloudStore, driver: OpenDriver, entry: Entry, content: Iterator[bytes], size: int
    ) -> None:
        """`size` is what was asked for."""
        self.entry = entry
        self._store, self._driver, self._content, self._size = store, driver, content, size

    def __iter__(self) -> Iterator[bytes]:
        came = 0
        while True:
            with self._store._asking("", self._driver, self.entry.path):
                chunk = next(self._content, None)
            if chunk is None:
                break
            came += len(chunk)
            if came > self._size:
                raise Damaged(
                    f"{self.entry.path} is longer than the {self._size} bytes asked for", hint="repeat the line"
                )
            yield chunk
        if came < self._size:
            message = f"{self.entry.path} is short: {self._size} bytes were asked for, {came} came"
            raise Damaged(message, hint="repeat the line")
