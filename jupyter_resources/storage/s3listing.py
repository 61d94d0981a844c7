"""S3's XML answers, read fast: pages of a listing above all."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import pairwise
from typing import NamedTuple
from urllib.parse import unquote_plus

from jupyter_resources.core.errors import Damaged, Transient

__all__ = ["LARGEST", "Found", "Onward", "S3Page", "elements", "ns_of", "onward", "parse_page", "rows"]

LARGEST = (1 << 63) - 1
"""No file system and no provider has larger files."""
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class Found(NamedTuple):
    """One object of a raw listing."""

    key: str
    size: int
    mtime_ns: int | None
    etag: str


@dataclass(frozen=True, slots=True)
class S3Page:
    """What one LIST request gave, and how to go on (None: that was all)."""

    found: Sequence[Found]
    token: str | None


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
    root = _meant(content, "ListBucketResult")
    names = f"{root.tag.rpartition('}')[0]}}}" if root.tag.startswith("{") else ""
    # Asked for encoded, because XML can't carry all keys; blanks are "+" on Amazon's own servers, "%20" on others.
    encoded = root.findtext(f"{names}EncodingType") == "url"
    key_tag, size_tag, time_tag, etag_tag = (f"{names}{tag}" for tag in ("Key", "Size", "LastModified", "ETag"))
    found: list[Found] = []
    for contents in root.iterfind(f"{names}Contents"):
        facts = {child.tag: child.text or "" for child in contents}
        key = facts[key_tag]
        if encoded and ("%" in key or "+" in key):
            key = unquote_plus(key)
        time = facts.get(time_tag)
        mtime_ns = ns_of(datetime.fromisoformat(time)) if time else None
        found.append(Found(key, int(facts[size_tag]), mtime_ns, facts.get(etag_tag, "").strip('"')))
        if not 0 <= found[-1].size <= LARGEST:
            raise ValueError(f"{key} can't have that size")
    token = root.findtext(f"{names}NextContinuationToken")
    if root.findtext(f"{names}IsTruncated") != "true":
        return S3Page(found, None)
    if not token:
        raise ValueError("there is more, and no way to ask for it")
    return S3Page(found, token)


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
    keys = [one.key for one in page.found]
    if directory and keys:
        if keys[-1] >= f"{directory}0" and all(one <= other for one, other in pairwise(keys)):
            return None
        if keys[-1] < f"{directory}/" and not step.jumped:
            return Onward(after=f"{directory}.\U0010ffff", jumped=True)
    return Onward(token=page.token, jumped=step.jumped)


def ns_of(time: datetime) -> int:
    """Nanoseconds since 1970."""
    since = time - _EPOCH
    return ((since.days * 86_400 + since.seconds) * 1_000_000 + since.microseconds) * 1_000


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
    name = tree.tag.rpartition("}")[2]
    if name != root:
        raise Transient(f"the server answered with <{name}> instead of <{root}>", hint="repeat the line")
    return tree


def _tree(content: bytes) -> ET.Element:
    try:
        return ET.fromstring(content)
    except ET.ParseError as error:
        raise Transient(f"the server's answer is broken XML ({error})", hint="repeat the line") from None
