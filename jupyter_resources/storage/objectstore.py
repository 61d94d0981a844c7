"""Objects on S3 and its likes: `s3engine` moves the bytes, `s3control` does what obstore can't."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from itertools import repeat
from typing import TYPE_CHECKING, Literal, Self

from jupyter_resources.core import paths
from jupyter_resources.core.control import Control
from jupyter_resources.core.entry import Entry, LeftOut
from jupyter_resources.core.errors import Damaged, Denied, InvalidValue, NotFound, ResourcesError, Unsupported
from jupyter_resources.core.hashing import md5_of, sha256_of
from jupyter_resources.storage.plainkeys import all_plain
from jupyter_resources.storage.protocol import (
    ANY,
    DIRECTORY_MARKER,
    STREAM_BYTES,
    WHOLE_BYTES,
    Body,
    Capability,
    Expect,
    Page,
    PartedBody,
    Reader,
)
from jupyter_resources.storage.readable import Readable, Taken
from jupyter_resources.storage.s3control import S3Control
from jupyter_resources.storage.s3engine import s3_engine
from jupyter_resources.storage.s3errors import changed, from_reply
from jupyter_resources.storage.s3listing import Onward, S3Page, onward
from jupyter_resources.storage.s3parts import parted_etag, put_parts
from jupyter_resources.storage.s3pieces import LEAST, in_pieces, starts
from jupyter_resources.storage.s3range import MOST_BYTES, read_range
from jupyter_resources.storage.s3wire import S3Service

if TYPE_CHECKING:
    from obstore import PutMode

__all__ = ["ObjectStore"]

COPY_BYTES = 5 << 30
"""Amazon S3 API Reference, CopyObject: objects up to 5 GB."""
_HEX = re.compile(r"[0-9a-f]*")
_HEX32 = re.compile(r"[0-9a-f]{32}")
_HEX64 = re.compile(r"[0-9a-f]{64}")
Etags = Literal["md5", "opaque"]


class _Known:
    """What all views of one store have learnt of the server."""

    exists = False  # the bucket is there: it answered
    conditional = True  # it takes If-Match and If-None-Match on PUT


class ObjectStore(Readable):
    """A bucket on an S3 service.

    Every put is verified before it counts: up to WHOLE_BYTES the server checks the signed SHA-256 of the payload before
    it commits, above each part has its MD5. `etags="opaque"` is for buckets whose ETags aren't MD5 (encrypted with
    KMS): then an ETag isn't compared after a put, and `md5` stays unknown. A connection that breaks in the middle of a
    read is Transient; a read that ends early without breaking is Damaged.
    """

    def __init__(self, service: S3Service, bucket: str, *, etags: Etags = "md5") -> None:
        self.bucket = bucket
        self._etags = etags
        self._known = _Known()
        self._raw = S3Control(service, bucket)
        location = f"s3://{bucket}" if service.endpoint is None else f"{service.url}/{bucket}"
        super().__init__(s3_engine(service, bucket), location)

    def __repr__(self) -> str:
        return f"ObjectStore({self._location!r})"

    @property
    def capabilities(self) -> frozenset[Capability]:
        able = {Capability.COPY, Capability.PARTS, Capability.RANGES, Capability.METADATA, Capability.SIGN}
        if self._known.conditional:
            able |= {Capability.CREATE_IF_ABSENT, Capability.REPLACE_IF_MATCH}
        return frozenset(able)

    def under(self, control: Control) -> Self:
        view = super().under(control)
        view._raw = self._raw.under(control)
        return view

    def list(self, prefix: str = "", *, tree: bool = False, expected: Sequence[str] = ()) -> Iterator[Page]:
        lead = f"{prefix.rstrip('/')}/" if tree and prefix else prefix
        begins = starts([key for key in expected if key.startswith(lead)]) if len(expected) >= LEAST else []

        def pages(control: Control, after: str | None) -> Iterator[S3Page]:
            return self._pages(self._raw.under(control), prefix, prefix if tree else "", after)

        for page in in_pieces(pages, begins, self._control):
            yield self._page(page).within(prefix) if tree else self._page(page)

    def _pages(self, raw: S3Control, prefix: str, directory: str, after: str | None) -> Iterator[S3Page]:
        step: Onward | None = Onward(after=after)
        before: str | None = None
        while step is not None:
            page = raw.page(prefix, step.token, after=step.after)
            self._known.exists = True
            yield page
            if page.token is not None and page.token == before:
                raise Damaged(f"{self.location} lists the same page again and again", hint="the server is at fault")
            before = page.token
            step = onward(page, directory, step)

    @contextmanager
    def read(self, key: str, start: int = 0, end: int | None = None) -> Iterator[Reader]:
        found = None
        if end is not None and start >= 0 and STREAM_BYTES < end - start <= MOST_BYTES:
            with suppress(InvalidValue):  # it ends before: the other way tells what it is now
                found = read_range(self._raw, paths.check(key), start, end)
        if found is None or end is None:
            with super().read(key, start, end) as reader:
                yield reader
            return
        self._answered()
        entry, content = self._entry(key, found.size, found.mtime_ns, found.etag, found.sha256), iter([found.content])
        del found  # else the bytes stay in memory for as long as the block takes
        yield Taken(entry, content, end - start)

    def put(self, key: str, body: Body, *, expect: Expect = ANY) -> Entry:
        paths.check(key)
        if body.size <= WHOLE_BYTES:
            return self._put_whole(key, body, expect)
        if not isinstance(body, PartedBody):
            raise Unsupported(f"{key} has {body.size} bytes, more than one request carries, and no parts")
        compare = self._etags == "md5"
        etag = put_parts(self._raw, self._control, key, body, lambda: self._check(key, expect), compare=compare)
        self._verify(key, etag, parted_etag(body.part_md5s))
        return self._entry(key, body.size, None, etag, body.sha256)

    def copy(self, source: str, target: str, *, expect: Expect = ANY) -> Entry:
        paths.check(target)
        entry = self.head(source)
        if entry.size > COPY_BYTES:
            raise Unsupported(f"{source} has {entry.size} bytes: S3 copies up to {COPY_BYTES} in one request")
        self._check(target, expect)
        etag = self._raw.copy(source, target, entry.etag or "*")
        if entry.md5 is not None and _HEX32.fullmatch(etag):
            self._verify(target, etag, entry.md5)
        return self._entry(target, entry.size, None, etag, entry.sha256)

    def sign(self, key: str, seconds: int) -> str:
        """See `storage.signing`."""
        return self._engine.sign(paths.check(key), seconds)

    def delete(self, keys: Sequence[str]) -> None:
        self._raw.delete(keys)

    def _put_whole(self, key: str, body: Body, expect: Expect) -> Entry:
        content = body.whole()
        if len(content) != body.size:
            raise Damaged(f"{key}: expected {body.size} bytes, got {len(content)}; nothing was written")
        sha256 = body.sha256 or sha256_of(content)
        etag = self._send(key, content, sha256, expect)
        self._verify(key, etag, body.md5 or md5_of(content))
        body.moved(len(content))
        return self._entry(key, len(content), None, etag, sha256)

    def _send(self, key: str, content: bytes, sha256: str, expect: Expect) -> str:
        """One PUT; gives the ETag. The expectation goes with it where the server takes it, else it is checked first."""
        mode: PutMode = "overwrite"
        if expect is not ANY:
            if self._known.conditional:
                mode = "create" if expect is None else {"e_tag": f'"{expect}"'}
            else:
                self._check(key, expect)
        try:
            etag = self._engine.put(key, content, sha256, mode)
        except Unsupported:
            if mode == "overwrite":
                raise
            self._known.conditional = False
            return self._send(key, content, sha256, expect)
        except NotFound as error:
            if mode == "overwrite":
                raise
            told = self._told(error)  # the bucket is missing, or there is nothing in it to match
            raise (changed(self._engine.asked(key)) if told is error else told) from None
        self._known.exists = True
        return etag

    def _verify(self, key: str, etag: str, expected: str) -> None:
        """Damaged, if the ETag of what was just stored isn't `expected`; what is damaged is removed."""
        if self._etags == "opaque" or etag == expected:
            return
        message = f"{key} arrived with another digest than it left with: expected {expected}, got {etag}"
        facts = self._raw.head(key).headers
        encrypted = any(name.startswith("x-amz-server-side-encryption") for name in facts)
        if facts.get("etag", "").strip('"') == etag and not encrypted and _HEX32.fullmatch(etag.partition("-")[0]):
            self._raw.delete([key])
            raise Damaged(f"{message}; it was removed again", hint="repeat the line")
        # The bytes are those whose SHA-256 was signed: an ETag that is no MD5 is what encryption gives.
        raise Damaged(
            message, hint="the server's tags are no digests (an encrypted bucket?): set its etags to 'opaque'"
        )

    def _told(self, error: ResourcesError) -> ResourcesError:
        """The same error, or a better one: an answer to HEAD has no body that says what was missing or wrong."""
        try:
            if isinstance(error, NotFound):
                missing = not self._known.exists and not self._raw.exists()
                return from_reply(404, "NoSuchBucket", self._engine.asked()) if missing else error
            self._raw.page("", None, most=1)
        except Denied as better:
            return error if isinstance(error, NotFound) else better
        return error

    def _answered(self) -> None:
        self._known.exists = True

    def _page(self, page: S3Page) -> Page:
        md5s = self._md5s_of(page.etags)
        nothing = repeat(None)
        entries = map(
            Entry._make, zip(page.keys, page.sizes, page.mtimes_ns, page.etags, md5s, nothing, nothing, strict=False)
        )
        if all_plain(page.keys):
            return Page(list(entries))
        taken: list[Entry] = []
        out: list[LeftOut] = []
        for entry in entries:
            reason = DIRECTORY_MARKER if entry.path.endswith("/") else paths.problem(entry.path)
            if reason is None:
                taken.append(entry)
            else:
                out.append(LeftOut(entry.path, reason, entry.size))
        return Page(taken, out)

    def _md5s_of(self, etags: Sequence[str]) -> Sequence[str | None]:
        """`_md5_of` each: at once where all are, as in most buckets."""
        if self._etags == "md5" and set(map(len, etags)) == {32} and _HEX.fullmatch("".join(etags)):
            return etags
        return list(map(self._md5_of, etags))

    def _md5_of(self, etag: str) -> str | None:
        return etag if self._etags == "md5" and _HEX32.fullmatch(etag) else None
