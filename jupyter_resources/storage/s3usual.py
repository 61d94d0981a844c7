"""A page of LIST whose objects all have the shape that servers usually give them, read by one regular expression.

A tenth of an XML parser's time. Whatever isn't plainly of that shape is left to the parser: entities, comments, CDATA,
attributes, objects of different shapes, times in other forms.
"""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache

__all__ = ["Columns", "ns_of", "usual_shape"]

LONGEST = 8192
"""Letters of one object; a key of 1,024 bytes, each written %XX, are 3,072."""
_BLANKS = " \t\r\n"
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
# What an XML parser gives back as it is: no markup, nothing that it refuses or rewrites.
_PLAIN = r"[^<>&\x00-\x1f\ufffe\uffff]"
_QUOTE = '(?:&quot;|&#34;|")'
_FACTS = {
    "Key": f"({_PLAIN}+)",
    "Size": "([0-9]{1,18})",
    "LastModified": r"([0-9]{4}-[0-9]{2}-[0-9]{2}T(?:[01][0-9]|2[0-3]):[0-9]{2}:[0-9]{2})(\.[0-9]{3})?Z",
    "ETag": f"{_QUOTE}([0-9A-Za-z-]+){_QUOTE}",
}
_GROUPS = ("Key", "Size", "LastModified", "part of a second", "ETag")
_TAG = re.compile(r"(<[^<>]*>)")
_NAMED = re.compile(r"<(/?)([A-Za-z][A-Za-z0-9]*)(/?)>")
_ANOTHER_ENCODING = re.compile(r"""encoding\s*=\s*(?!["']utf-8["'])""", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Columns:
    """The facts of a page's objects, a sequence each; keys as the server wrote them."""

    keys: Sequence[str]
    sizes: Sequence[int]
    mtimes_ns: Sequence[int | None]
    etags: Sequence[str]


def usual_shape(content: bytes) -> tuple[ET.Element, Columns] | None:
    """The page with one empty `Contents` in the place of all its objects, and these; None to ask an XML parser.

    Nothing between the first object and the last is passed over: what the expression doesn't cover, it declines.
    """
    try:
        text = content.decode()
        shape = _shape(text)
        if shape is None:
            return None
        pattern, order = shape
        parts = pattern.split(text)
        width = len(order) + 1
        rest = f"{parts[0]}<Contents/>{parts[-1]}"
        between = "".join(parts[width:-1:width])
        if len(parts) == 1 or between.strip(_BLANKS) or "<!" in rest or _ANOTHER_ENCODING.search(parts[0]):
            return None
        root = ET.fromstring(rest.encode())
        names = f"{root.tag.rpartition('}')[0]}}}" if root.tag.startswith("{") else ""
        # The objects lay where the one stands: directly in the root, in no comment, attribute or element beside it.
        if len(root.findall(f"{names}Contents")) != 1:
            return None
        keys, sizes, times, parts_of_seconds, etags = (parts[1 + order.index(fact) :: width] for fact in _GROUPS)
        mtimes_ns = [
            _ns_at(time) + (int(part[1:]) * 1_000_000 if part else 0)
            for time, part in zip(times, parts_of_seconds, strict=True)
        ]
        return root, Columns(keys, list(map(int, sizes)), mtimes_ns, etags)
    except (ValueError, ET.ParseError):  # the parser tells what is wrong
        return None


def _shape(text: str) -> tuple[re.Pattern[str], list[str]] | None:
    """An expression for objects with the first one's elements in the first one's order, and what its groups are."""
    start = text.find("<Contents>")
    end = text.find("</Contents>", start)
    if start < 0 or not start < end < start + LONGEST:
        return None
    pieces, order, within = list[str](), list[str](), list[str]()
    for number, piece in enumerate(_TAG.split(text[start : end + len("</Contents>")])):
        if number % 2 == 0:
            # What stands between elements is blank; within one it is what the element says.
            blank = not piece.strip(_BLANKS)
            leaf = len(within) == 2 and within[-1] in _FACTS
            if leaf and not pieces[-1].startswith("</"):
                pieces.append(_FACTS[within[-1]])
                order += [within[-1], "part of a second"] if within[-1] == "LastModified" else [within[-1]]
            else:
                pieces.append(re.escape(piece) if blank else f"{_PLAIN}*")
            continue
        tag = _NAMED.fullmatch(piece)
        if tag is None:
            return None
        closing, name, alone = tag.groups()
        if closing and (not within or within.pop() != name):
            return None
        if not closing and not alone:
            within.append(name)
        pieces.append(re.escape(piece))
    return (re.compile("".join(pieces)), order) if sorted(order) == sorted(_GROUPS) and not within else None


@lru_cache(4096)
def _ns_at(second: str) -> int:
    return ns_of(datetime.fromisoformat(f"{second}+00:00"))


def ns_of(time: datetime) -> int:
    """Nanoseconds since 1970."""
    since = time - _EPOCH
    return ((since.days * 86_400 + since.seconds) * 1_000_000 + since.microseconds) * 1_000
