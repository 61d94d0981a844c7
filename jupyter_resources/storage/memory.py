"""A store in memory: what an object store is, without the network. For tests, and for `memory` buckets."""

from __future__ import annotations

import copy
import itertools
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Literal

from jupyter_resources.core import paths
from jupyter_resources.core.control import Control
from jupyter_resources.core.entry import Entry, LeftOut
from jupyter_resources.core.errors import Changed, Damaged, InvalidValue, NotFound
from jupyter_resources.core.hashing import Hasher, part_size_for
from jupyter_resources.storage.protocol import (
    ANY,
    DIRECTORY_MARKER,
    STREAM_BYTES,
    WHOLE_BYTES,
    Body,
    Capability,
    Expect,
    Page,
    Reader,
)
from jupyter_resources.storage.whole import ReadsWhole

__all__ = ["MemoryStore"]

PAGE = 1000
Etags = Literal["md5", "parts", "opaque"]


@dataclass(frozen=True, slots=True)
class _Object:
    entry: Entry
    content: bytes


class _Shelf:
    """What all views of one memory store share."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.objects: dict[str, _Object] = {}
        self.serial = itertools.count(1)
        self.dropped = False


class MemoryStore(ReadsWhole):
    """Objects in a dictionary. Every expectation is atomic; a listing is a snapshot of the moment it begins.

    As on S3, a listing tells the ETag (and the MD5 it is), while the sha256 comes with `head`, `read` and `put` alone.
    `etags` chooses what an ETag is: the MD5, what an upload in parts gives, or an opaque word that tells nothing.
    `folds_case` makes `A` and `a` one key; the first spelling stays. Requests are counted as S3 would.
    """

    def __init__(self, name: str = "memory", *, folds_case: bool = False, etags: Etags = "md5") -> None:
        self.name = name
        self._folds_case = folds_case
        self._etags = etags
        self._shelf = _Shelf()
        self._control = Control()

    def __repr__(self) -> str:
        return f"MemoryStore({self.name!r})"

    @property
    def location(self) -> str:
        return f"memory://{self.name}"

    @property
    def capabilities(self) -> frozenset[Capability]:
        able = {Capability.COPY, Capability.CREATE_IF_ABSENT, Capability.REPLACE_IF_MATCH, Capability.METADATA}
        return frozenset(able | {Capability.FOLDS_CASE} if self._folds_case else able)

    @property
    def requests(self) -> dict[str, int]:
        """Requests so far, by verb, of this view (see `under`)."""
        return self._control.requests

    def under(self, control: Control) -> MemoryStore:
        view = copy.copy(self)
        view._control = control
        return view

    def raw_put(self, key: str, content: bytes) -> None:
        """Plant an object under any key at all, as another program might have; not counted."""
        entry = self._entry(key, content)._replace(sha256=None)
        with self._shelf.lock:
            self._shelf.objects[self._fold(key)] = _Object(entry, content)

    def drop(self) -> None:
        """Make the bucket itself disappear: every verb raises NotFound from now on."""
        with self._shelf.lock:
            self._shelf.dropped = True
            self._shelf.objects.clear()

    def list(self, prefix: str = "", *, tree: bool = False, expected: Sequence[str] = ()) -> Iterator[Page]:
        with self._open("list", 0) as objects:
            found = sorted((one.entry for one in objects.values()), key=lambda entry: entry.path)
        matching = [entry for entry in found if entry.path.startswith(prefix)]
        if tree:
            matching = [entry for entry in matching if paths.under(entry.path, prefix)]
        for start in range(0, len(matching) or 1, PAGE):
            self._control.check()
            self._control.count("list")
            yield _page(matching[start : start + PAGE])

    def head(self, key: str) -> Entry:
        paths.check(key)
        with self._open("head") as objects:
            return self._found(objects, key).entry

    @contextmanager
    def read(self, key: str, start: int = 0, end: int | None = None) -> Iterator[Reader]:
        paths.check(key)
        with self._open("read") as objects:
            found = self._found(objects, key)
        yield _MemoryReader(found, start, end, self._control)

    def put(self, key: str, body: Body, *, expect: Expect = ANY) -> Entry:
        paths.check(key)
        self._control.check()
        content = body.whole() if body.size <= WHOLE_BYTES else b"".join(self._steps(body))
        if len(content) != body.size:
            raise Damaged(f"{key}: expected {body.size} bytes, got {len(content)}; nothing was written")
        with self._open("put") as objects:
            entry = self._commit(objects, key, content, expect)
        body.moved(len(content))
        return entry

    def copy(self, source: str, target: str, *, expect: Expect = ANY) -> Entry:
        paths.check(source)
        paths.check(target)
        with self._open("copy") as objects:
            return self._commit(objects, target, self._found(objects, source).content, expect)

    def delete(self, keys: Sequence[str]) -> None:
        for start in range(0, len(keys), PAGE):
            with self._open("delete") as objects:
                for key in keys[start : start + PAGE]:
                    objects.pop(self._fold(key), None)

    @contextmanager
    def _open(self, verb: str, requests: int = 1) -> Iterator[dict[str, _Object]]:
        self._control.check()
        if requests:
            self._control.count(verb, requests)
        with self._shelf.lock:
            if self._shelf.dropped:
                raise NotFound(f"no bucket at {self.location}", hint="%buckets lists those there are")
            yield self._shelf.objects

    def _found(self, objects: dict[str, _Object], key: str) -> _Object:
        found = objects.get(self._fold(key))
        if found is None:
            raise NotFound(f"{key} is not in {self.location}", hint="list what is there")
        return replace(found, entry=found.entry.at(key)) if found.entry.path != key else found

    def _commit(self, objects: dict[str, _Object], key: str, content: bytes, expect: Expect) -> Entry:
        there = objects.get(self._fold(key))
        tag = there.entry.etag if there else None
        if expect is not ANY and expect != tag:
            raise Changed(
                f"{key} in {self.location} is {tag or 'nothing'} instead of {expect or 'nothing'}",
                hint="repeat the line: it compares again",
            )
        entry = self._entry(there.entry.path if there else key, content)
        objects[self._fold(key)] = _Object(entry, content)
        return entry.at(key)

    def _entry(self, key: str, content: bytes) -> Entry:
        hasher = Hasher(part_sizes=(part_size_for(len(content)),) if self._etags == "parts" else ())
        hasher.update(content)
        match self._etags:
            case "md5":
                etag = md5 = hasher.md5
            case "parts":
                etag, md5 = hasher.etags[0], None
            case "opaque":
                etag, md5 = f"opaque-{next(self._shelf.serial)}", None
        return Entry(key, len(content), time.time_ns(), etag=etag, md5=md5, sha256=hasher.sha256)

    def _fold(self, key: str) -> str:
        return key.casefold() if self._folds_case else key

    def _steps(self, body: Body) -> Iterator[bytes]:
        for chunk in body.chunks():
            self._control.check()
            yield chunk


class _MemoryReader:
    """Gives out a range of an object in chunks."""

    def __init__(self, found: _Object, start: int, end: int | None, control: Control) -> None:
        self.entry = found.entry
        self._content = found.content
        self._start = start
        self._end = found.entry.size if end is None else end
        self._control = control
        if not 0 <= start <= self._end:
            raise InvalidValue(f"no such range of {self.entry.path}: {start} to {self._end}")

    def __iter__(self) -> Iterator[bytes]:
        if self._end > self.entry.size:
            raise Damaged(f"{self.entry.path} is short: it ends at {self.entry.size}, before byte {self._end}")
        for at in range(self._start, self._end, STREAM_BYTES):
            self._control.check()
            yield self._content[at : min(at + STREAM_BYTES, self._end)]


def _page(entries: Sequence[Entry]) -> Page:
    good: list[Entry] = []
    out: list[LeftOut] = []
    for entry in entries:
        reason = DIRECTORY_MARKER if entry.path.endswith("/") else paths.problem(entry.path)
        if reason is None:
            good.append(entry._replace(sha256=None))
        else:
            out.append(LeftOut(entry.path, reason, entry.size))
    return Page(good, out)
