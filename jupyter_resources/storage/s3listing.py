"""S3's XML answers, read fast: pages of a listing above all."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import compress, pairwise
from typing import NamedTuple
from urllib.parse import unquote_plus

from jupyter_resources.core.errors import Damaged, Transient
from jupyter_resources.storage.s3usual import Columns, ns_of, usual_shape

__all__ = ["LARGEST", "Found", "Onward", "S3Page", "elements", "ns_of", "onward", "parse_page", "rows"]

LARGEST = (1 << 63) - 1
"""No file system and no provider has larger files."""


class Found(NamedTuple):
    """One object of a raw listing."""

    key: str
    size: int
    mtime_ns: int | None
    etag: str


@dataclass(frozen=True, slots=True)
class S3Page:
    """What one LIST request gave, a sequence for each fact, and how to go on (None: that was all)."""

    keys: Sequence[str]
    sizes: Sequence[int]
    mtimes_ns: Sequence[int | None]
    etags: Sequence[str]
    token: str | None

    @classmethod
    def of(cls, found: Iterable[Found], token: str | None) -> S3Page:
        """A page of these objects."""
        listed = list(found)
        sizes, mtimes_ns = [one.size for one in listed], [one.mtime_ns for one in listed]
        return cls([one.key for one in listed], sizes, mtimes_ns, [one.etag for one in listed], token)

    @property
    def found(self) -> list[Found]:
        """The objects, one by one."""
        return list(map(Found, self.keys, self.sizes, self.mtimes_ns, self.etags))

    def chosen(self, which: Iterable[bool]) -> S3Page:
        """The page with those of its objects only for which `which` says so; there may be fewer words than objects."""
        words = list(which)
        keys, sizes = list(compress(self.keys, words)), list(compress(self.sizes, words))
        mtimes_ns, etags = list(compress(self.mtimes_ns, words)), list(compress(self.etags, words))
        return S3Page(keys, sizes, mtimes_ns, etags, self.token)


def parse_page(content: bytes) -> S3Page:
    """Read an answer of ListObjectsV2 asked with `encoding-type=url`, which some servers ignore.

    Damaged for a listing that can't be: half of one must never pass for all of it.
    """
    try:
        return _page(content)
    except (ValueError, KeyError, TypeError) as error:
        raise Damaged(
            f"the server's listing can't be read: {error}", hint="does the endpoint speak ListObjectsV2 of S3?"
        ) from None


def _page(content: bytes) -> S3Page:
    usual = usual_shape(content)
    root, columns = usual if usual and _is(usual[0], "ListBucketResult") else _any_shape(content)
    names = _namespace(root)
    keys = columns.keys
    # Asked for encoded, because XML can't carry all keys; blanks are "+" on Amazon's own servers, "%20" on others.
    if root.findtext(f"{names}EncodingType") == "url":
        keys = _decoded(keys)
    token = root.findtext(f"{names}NextContinuationToken")
    if root.findtext(f"{names}IsTruncated") != "true":
        token = None
    elif not token:
        raise ValueError("there is more, and no way to ask for it")
    return S3Page(keys, columns.sizes, columns.mtimes_ns, columns.etags, token)


def _any_shape(content: bytes) -> tuple[ET.Element, Columns]:
    """The page and its objects, as an XML parser reads them."""
    root = _meant(content, "ListBucketResult")
    names = _namespace(root)
    key_tag, size_tag, time_tag, etag_tag = (f"{names}{tag}" for tag in ("Key", "Size", "LastModified", "ETag"))
    found: list[Found] = []
    for contents in root.iterfind(f"{names}Contents"):
        facts = {child.tag: child.text or "" for child in contents}
        key, size, time = facts[key_tag], int(facts[size_tag]), facts.get(time_tag)
        if not 0 <= size <= LARGEST:
            raise ValueError(f"{key} can't have that size")
        mtime_ns = ns_of(datetime.fromisoformat(time)) if time else None
        found.append(Found(key, size, mtime_ns, facts.get(etag_tag, "").strip('"')))
    page = S3Page.of(found, None)
    return root, Columns(page.keys, page.sizes, page.mtimes_ns, page.etags)


def _decoded(keys: Sequence[str]) -> list[str]:
    """Keys without their encoding; a slash, which some servers encode too, is looked after more quickly."""
    bare = [key.replace("%2F", "/") for key in keys]
    return [unquote_plus(key) if "%" in key or "+" in key else key for key in bare]


@dataclass(frozen=True, slots=True)
class Onward:
    """Where the next page begins: at a token, or behind a key. `jumped` once keys were passed over."""

    token: str | None = None
    after: str | None = None
    jumped: bool = False


def onward(page: S3Page, directory: str, step: Onward) -> Onward | None:
    """How to go on after `page`; None when nothing more is wanted.

    Where only `directory` and what is below it is wanted, keys that merely begin alike are passed over: S3 lists in
    the order of UTF-8 bytes (API reference, ListObjectsV2), `data-old/x` before `data/x` before `data0`. A server that
    lists otherwise shows it by a page out of order, and is asked for more.
    """
    if page.token is None:
        return None
    keys, directory = page.keys, directory.rstrip("/")  # `d/` is the same place
    if directory and keys:
        if keys[-1] >= f"{directory}0" and all(one <= other for one, other in pairwise(keys)):
            return None
        if keys[-1] < f"{directory}/" and not step.jumped:
            return Onward(after=f"{directory}.\U0010ffff", jumped=True)
    return Onward(token=page.token, jumped=step.jumped)


def elements(content: bytes, root: str) -> dict[str, str]:
    """The direct children of an answer whose root is `root`, by name. Transient for any other answer, whatever its
    status said: S3 may fail after it (API reference, CopyObject), and a proxy answers with a page of its own.
    """
    return {child.tag.rpartition("}")[2]: child.text or "" for child in _meant(content, root)}


def rows(content: bytes, tag: str) -> list[dict[str, str]]:
    """The children of each element called `tag`, by name."""
    return [
        {child.tag.rpartition("}")[2]: child.text or "" for child in element}
        for element in _tree(content).iter()
        if element.tag.rpartition("}")[2] == tag
    ]


def _meant(content: bytes, root: str) -> ET.Element:
    tree = _tree(content)
    if not _is(tree, root):
        name = tree.tag.rpartition("}")[2]
        raise Transient(f"the server answered with <{name}> instead of <{root}>", hint="repeat the line")
    return tree


def _is(tree: ET.Element, root: str) -> bool:
    return tree.tag.rpartition("}")[2] == root


def _namespace(root: ET.Element) -> str:
    return f"{root.tag.rpartition('}')[0]}}}" if root.tag.startswith("{") else ""


def _tree(content: bytes) -> ET.Element:
    try:
        return ET.fromstring(content)
    except ET.ParseError as error:
        raise Transient(f"the server's answer is broken XML ({error})", hint="repeat the line") from None
