"""What can be read through obstore, wherever it goes: one object's facts, its bytes, and whether it is as expected."""

from __future__ import annotations

import copy
import re
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Self

from jupyter_resources.core import paths
from jupyter_resources.core.control import Control
from jupyter_resources.core.entry import Entry
from jupyter_resources.core.errors import Damaged, Denied, InvalidValue, NotFound, ResourcesError
from jupyter_resources.storage.engine import Engine, OutOfRange
from jupyter_resources.storage.protocol import ANY, Expect, Reader
from jupyter_resources.storage.s3errors import changed
from jupyter_resources.storage.s3listing import ns_of
from jupyter_resources.storage.whole import grown

if TYPE_CHECKING:
    from obstore import GetOptions, GetResult

__all__ = ["Readable", "Taken"]

_HEX64 = re.compile(r"[0-9a-f]{64}")


class Readable:
    """The reading half of a store. A connection that breaks in the middle of a read is Transient; a read that ends
    early without breaking is Damaged.
    """

    def __init__(self, engine: Engine, location: str) -> None:
        self._engine = engine
        self._location = location
        self._control = Control()

    @property
    def location(self) -> str:
        return self._location

    def under(self, control: Control) -> Self:
        view = copy.copy(self)
        view._control = control
        view._engine = self._engine.under(control)
        return view

    def head(self, key: str) -> Entry:
        paths.check(key)
        try:
            result = self._engine.get("head", key, {"head": True})
        except (NotFound, Denied) as error:
            raise self._told(error) from None
        self._answered()
        return self._of_result(key, result)

    @contextmanager
    def read(self, key: str, start: int = 0, end: int | None = None) -> Iterator[Reader]:
        paths.check(key)
        if start < 0 or (end is not None and end < start):
            raise InvalidValue(f"no such range of {key}: {start} to {end}")
        if end is None and start:
            options: GetOptions = {"range": {"offset": start}}
        else:
            options = {} if end is None else {"range": (start, end)}
        try:
            if start == end:  # a range that HTTP can't say
                raise OutOfRange
            result = self._engine.get("read", key, options)
        except OutOfRange:
            entry, content = self.head(key), _nothing()
            if start > entry.size:
                raise InvalidValue(f"no such range of {key}: {start} to {end or entry.size}") from None
        else:
            entry, content = self._of_result(key, result), self._engine.content(key, result)
        try:
            yield Taken(entry, content, (entry.size if end is None else end) - start)
        finally:
            content.close()

    def get(self, key: str, most: int) -> tuple[Entry, bytes]:
        paths.check(key)
        result = self._engine.get("read", key, {})
        entry = self._of_result(key, result)
        if entry.size > most:
            raise grown(key, entry.size)
        content = self._engine.rest(key, result)
        if len(content) != entry.size:
            raise _short(key, entry.size, len(content))
        return entry, content

    def _told(self, error: ResourcesError) -> ResourcesError:
        """The same error, or a better one: an answer to HEAD has no body that says what was missing or wrong."""
        return error

    def _answered(self) -> None:
        """The bucket is there."""

    def _md5_of(self, etag: str) -> str | None:
        """The MD5 that an ETag is, if it is one."""
        return None

    def _check(self, key: str, expect: Expect) -> None:
        """Changed, unless `key` is as expected at this moment."""
        if expect is ANY:
            return
        try:
            there = self.head(key).etag
        except NotFound:
            there = None
        if there != expect:
            raise changed(self._engine.asked(key))

    def _of_result(self, key: str, result: GetResult) -> Entry:
        meta = result.meta
        etag = (meta["e_tag"] or "").strip('"')
        return self._entry(key, meta["size"], ns_of(meta["last_modified"]), etag, result.attributes.get("sha256"))

    def _entry(self, key: str, size: int, mtime_ns: int | None, etag: str, sha256: str | None) -> Entry:
        known = sha256 if sha256 and _HEX64.fullmatch(sha256) else None
        return Entry(key, size, mtime_ns, etag or None, self._md5_of(etag), known)


def _nothing() -> Generator[bytes]:
    yield from ()


class Taken:
    """An object being read."""

    def __init__(self, entry: Entry, content: Iterator[bytes], size: int) -> None:
        """`size` is what was asked for."""
        self.entry = entry
        self._content = content
        self._size = size

    def __iter__(self) -> Iterator[bytes]:
        came = 0
        for chunk in self._content:
            came += len(chunk)
            yield chunk
        if came != self._size:
            raise _short(self.entry.path, self._size, came)


def _short(key: str, asked: int, came: int) -> Damaged:
    return Damaged(f"{key} is short: {asked} bytes were asked for, {came} came", hint="repeat the line")
