"""The Store protocol: what every engine and every wrapper promises."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol, runtime_checkable

from jupyter_resources.core.control import Control
from jupyter_resources.core.entry import Entry, LeftOut
from jupyter_resources.core.paths import under
from jupyter_resources.storage.stretch import Stretch

__all__ = [
    "ANY",
    "DIRECTORY_MARKER",
    "STREAM_BYTES",
    "WHOLE_BYTES",
    "Body",
    "Capability",
    "Expect",
    "Page",
    "PartedBody",
    "Reader",
    "Store",
]

STREAM_BYTES = 1 << 20
"""Chunk size of streamed reads."""
WHOLE_BYTES = 64 << 20
"""The largest body that is put in one request; above, an engine that can sends parts."""
DIRECTORY_MARKER = "directory marker"
"""Why a listing leaves out a key that ends in `/`: an empty object by which some tools mean a directory."""


class Capability(StrEnum):
    """What an engine can do beyond the protocol's floor. Declared, so that nobody has to try."""

    COPY = "copy"  # server-side copy
    CREATE_IF_ABSENT = "create if absent"  # put(expect=None): atomic, one of two writers loses
    REPLACE_IF_MATCH = "replace if match"  # put(expect="etag")
    PARTS = "parts"  # put of more than WHOLE_BYTES in parts
    RANGES = "ranges"  # a range costs what it holds, and several at once are faster than one after another
    METADATA = "metadata"  # keeps our sha256 beside the object; `head` gives it back
    SIGN = "sign"  # URLs that are good for a while (`storage.signing`)
    FOLDS_CASE = "folds case"  # `A` and `a` are one file


class Anything:
    """The type of ANY."""

    def __repr__(self) -> str:
        return "ANY"


ANY = Anything()
Expect = str | None | Anything
"""What a put expects at the key: an ETag, None for nothing there, ANY for whatever."""


@dataclass(frozen=True, slots=True)
class Page:
    """One page of a listing, in no promised order across pages."""

    entries: Sequence[Entry]
    left_out: Sequence[LeftOut] = ()

    def within(self, directory: str) -> Page:
        """What of it is `directory` itself or lies below."""
        below = f"{directory.rstrip('/')}/"
        if below == "/" or all(entry.path.startswith(below) for entry in self.entries):  # as a rule
            return Page(self.entries, [one for one in self.left_out if under(one.path, directory)])
        return Page(
            [entry for entry in self.entries if under(entry.path, directory)],
            [one for one in self.left_out if under(one.path, directory)],
        )


class Body(Protocol):
    """Bytes to be put, of known size. Whoever hands them out answers for them: `whole` and `chunks` raise Changed or
    Damaged, at their end at the latest, when they weren't the bytes that were meant; a store commits only after that.
    """

    @property
    def size(self) -> int: ...
    @property
    def md5(self) -> str | None:
        """Of the bytes given out, once all were (None: not computed)."""
        ...

    @property
    def sha256(self) -> str | None:
        """As `md5`."""
        ...

    def whole(self) -> bytes:
        """Everything at once; asked for only when `size <= WHOLE_BYTES`. May be asked again (a retry)."""
        ...

    def chunks(self) -> Iterator[bytes]:
        """Everything in order, from the start at each call."""
        ...

    def moved(self, count: int) -> None:
        """The store tells that `count` more bytes have been taken (progress)."""
        ...


@runtime_checkable
class PartedBody(Body, Protocol):
    """A body that can also be read in parts, by several threads: what PARTS engines need above WHOLE_BYTES."""

    @property
    def part_size(self) -> int: ...
    @property
    def part_md5s(self) -> Sequence[str]:
        """MD5 of each part, in order; known before the first part is asked for, as is `sha256`."""
        ...

    def part(self, index: int) -> AbstractContextManager[Stretch]:
        """Part `index` (from 0), as it is now: whoever sends it sees to it that `part_md5s` is what arrives."""
        ...

    def check(self) -> None:
        """Changed if the source is no longer what it was at the beginning. Asked just before the commit."""
        ...


class Reader(Protocol):
    """An object being read: what it is (digests as far as the store tells), and its bytes in chunks.

    Iterating ends only after exactly the bytes asked for; fewer are Damaged, never a quiet end.
    """

    @property
    def entry(self) -> Entry: ...
    def __iter__(self) -> Iterator[bytes]: ...


@runtime_checkable
class Store(Protocol):
    """A place with bytes.

    Keys are relative paths as `core.paths.check` allows; every verb raises InvalidPath for others (`delete` alone takes
    any key, so that hostile ones can be removed). Safe for use by many threads. Raises only `core.errors`.
    """

    @property
    def location(self) -> str:
        """Where this is, for messages and as the key of recorded digests: a URL without credentials."""
        ...

    @property
    def capabilities(self) -> frozenset[Capability]: ...

    def under(self, control: Control) -> Store:
        """This store, its requests counted by `control` and ended when that is cancelled. Cheap."""
        ...

    def list(self, prefix: str = "", *, tree: bool = False, expected: Sequence[str] = ()) -> Iterator[Page]:
        """Every object whose key starts with the string `prefix` (not a directory name: `a` also finds `ab`).

        With `tree` only the key `prefix` itself and what lies below `prefix + "/"`: keys that merely begin alike cost
        at most two pages, however many they are.

        `expected` are keys that are probably there, sorted: a store may list faster with them, and finds the same.

        Keys that can't be paths are in `left_out` with the reason. A missing bucket raises NotFound.
        """
        ...

    def head(self, key: str) -> Entry:
        """What the store knows of one object, our recorded sha256 included. Raises NotFound."""
        ...

    def read(self, key: str, start: int = 0, end: int | None = None) -> AbstractContextManager[Reader]:
        """Stream bytes `start` to `end` (exclusive; None: the end). Raises NotFound; Damaged on a short read."""
        ...

    def get(self, key: str, most: int) -> tuple[Entry, bytes]:
        """An object of at most `most` bytes, whole, at less than the price of `read`: what it is, and its bytes.

        Raises what `read` raises, and Changed when it is larger; then no more than that was taken.
        """
        ...

    def put(self, key: str, body: Body, *, expect: Expect = ANY) -> Entry:
        """Store `body`, all or nothing, verified; gives the new entry.

        With `expect` not as it is: Changed, and nothing is written. An engine without the capability checks just
        before. Above WHOLE_BYTES an engine with Capability.PARTS needs a PartedBody, and checks just before completing.
        """
        ...

    def copy(self, source: str, target: str, *, expect: Expect = ANY) -> Entry:
        """Copy within the store without moving bytes here (needs Capability.COPY). Raises NotFound."""
        ...

    def delete(self, keys: Sequence[str]) -> None:
        """Remove objects; a key that isn't there is no error. Raises Denied, or Incomplete naming what stayed."""
        ...
