"""What is read quickly is read as an XML parser and `paths.problem` read it: nothing lost, nothing invented."""

from __future__ import annotations

from unittest import mock

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from jupyter_resources.core import paths
from jupyter_resources.core.errors import ResourcesError
from jupyter_resources.storage import s3listing
from jupyter_resources.storage.plainkeys import all_plain
from jupyter_resources.storage.s3listing import S3Page, parse_page
from jupyter_resources.storage.s3usual import usual_shape

AMAZON = (
    "<Contents><Key>a%2Fb+c.txt</Key><LastModified>2026-11-27T15:27:23.250Z</LastModified>"
    "<ETag>&quot;22a8ef0e6f8aa0844cd72a07c095024e&quot;</ETag><ChecksumAlgorithm>CRC64NVME</ChecksumAlgorithm>"
    "<ChecksumType>FULL_OBJECT</ChecksumType><Size>434234</Size><StorageClass>STANDARD</StorageClass></Contents>"
)
MINIO = (
    "<Contents><Key>ä</Key><LastModified>2026-11-27T15:27:23.000Z</LastModified><ETag>&#34;{}-2&#34;</ETag>"
    "<Size>0</Size><Owner><ID>me</ID><DisplayName></DisplayName></Owner><StorageClass>STANDARD</StorageClass></Contents>"
).format("0" * 32)
SEAWEED = (
    "<Contents><Key>d/e.bin</Key><ETag>&#34;b7e5&#34;</ETag><Size>4603</Size><StorageClass>STANDARD</StorageClass>"
    "<LastModified>2026-11-27T15:27:23Z</LastModified></Contents>"
)
INDENTED = SEAWEED.replace("><", ">\n    <")


def page(*objects: str, head: str = "", tail: str = "", declared: str = "") -> bytes:
    url = "<EncodingType>url</EncodingType><IsTruncated>false</IsTruncated>"
    return f"{declared}<ListBucketResult>{head}{''.join(objects)}{tail}{url}</ListBucketResult>".encode()


def seen(content: bytes) -> S3Page | str:
    try:
        return parse_page(content)
    except ResourcesError as error:
        return f"{type(error).__name__}: {error.message}"


def by_parser(content: bytes) -> S3Page | str:
    with mock.patch.object(s3listing, "usual_shape", lambda content: None):
        return seen(content)


@pytest.mark.parametrize("one", [AMAZON, MINIO, SEAWEED, INDENTED])
def test_what_servers_say_needs_no_parser(one: str) -> None:
    """With a name space, a declaration and pages of 1,000, as they come."""
    declared = '<?xml version="1.0" encoding="UTF-8"?>\n'
    content = page(*[one] * 1000, declared=declared).replace(b"Result>", b'Result xmlns="http://s3/doc/">', 1)
    read = usual_shape(content)
    assert read is not None and len(read[1].keys) == 1000
    assert seen(content) == by_parser(content)


OTHER = "<Contents><Key>other</Key><Size>1</Size></Contents>"
TWICE = SEAWEED.replace("<Size>4603</Size>", "<Size>4603</Size><Size>7</Size>")


@pytest.mark.parametrize(
    "content",
    [
        page(SEAWEED, OTHER, SEAWEED),
        page(OTHER, SEAWEED),
        page(SEAWEED, OTHER),
        page(SEAWEED, "lost", SEAWEED),
        page(SEAWEED, "<!-- ", SEAWEED, " -->", SEAWEED),
        page(SEAWEED, head="<!-- ", tail=" -->"),
        page(SEAWEED, head="<![CDATA[", tail="]]>"),
        page(SEAWEED, head="<?php ", tail="?>"),
        page(SEAWEED, head="<Other>", tail="</Other>"),
        page(SEAWEED, head=f"<Other>{SEAWEED}</Other>"),
        page(SEAWEED, head='<Other a="', tail='"/>'),
        page(SEAWEED, head="<Contents>", tail="</Contents>"),
        page(SEAWEED, tail='<Contents a="b"><Key>x</Key><Size>1</Size></Contents>'),
        page(SEAWEED, declared='<!DOCTYPE ListBucketResult [<!ENTITY a "b">]>'),
        page(SEAWEED, head="&x;&x;", declared=f"<!DOCTYPE ListBucketResult [<!ENTITY x '{SEAWEED}'>]>"),
        page(SEAWEED.replace("d/e", "ä"), declared='<?xml version="1.0" encoding="iso-8859-1"?>'),
        page(SEAWEED, SEAWEED.replace("d/e", "a&amp;b")),
        page(SEAWEED, SEAWEED.replace("d/e", "a&b")),
        page(SEAWEED, SEAWEED.replace("d/e", "a\rb")),
        page(SEAWEED, SEAWEED.replace("d/e", "a\0b")),
        page(SEAWEED, SEAWEED.replace("d/e", "a\ufffeb")),
        page(SEAWEED, SEAWEED.replace("d/e", "a]]>b")),
        page(SEAWEED, SEAWEED.replace("d/e.bin", "")),
        page(SEAWEED, SEAWEED.replace("4603", "-1")),
        page(SEAWEED, SEAWEED.replace("4603", "9" * 19)),
        page(SEAWEED, SEAWEED.replace("4603", "٤")),
        page(SEAWEED, SEAWEED.replace("15:27:23Z", "24:00:00Z")),
        page(SEAWEED, SEAWEED.replace("11-27", "02-30")),
        page(SEAWEED, SEAWEED.replace("15:27:23Z", "15:27:23.1234567Z")),
        page(SEAWEED, SEAWEED.replace("15:27:23Z", "15:27:23+02:00")),
        page(TWICE, TWICE),
        page(SEAWEED.replace("<Size>", "<Owner><Key>no</Key></Owner><Size>")),
        page(SEAWEED.replace("<Key>d/e.bin</Key>", "<Key>d<b></b>e</Key>")),
        page(SEAWEED.replace("</Key>", "</Key>text")),
        page(SEAWEED).replace(b"</ListBucketResult>", b""),
        page(SEAWEED) + page(SEAWEED),
        b"\xef\xbb\xbf" + page(SEAWEED),
        page(SEAWEED).decode().encode("utf-16"),
        page(SEAWEED).replace(b"ListBucketResult", b"Error"),
        page(SEAWEED)
        .replace(b"<ListBucketResult>", b'<a:ListBucketResult xmlns:a="s3">')
        .replace(b"</List", b"</a:List"),
        page(SEAWEED.replace("<Contents>", "<Contents>" + "<A>a</A>" * 2000)),
    ],
)
def test_what_is_odd_is_left_to_the_parser_or_read_alike(content: bytes) -> None:
    """Whoever made the page, on purpose or not."""
    assert seen(content) == by_parser(content)


texts = st.text(max_size=6) | st.sampled_from(["a", "%2F", "+", "%", "&amp;", "<b/>", "]]>", "<!--", "-->", " \n"])
shapes = st.sampled_from([AMAZON, MINIO, SEAWEED, INDENTED, OTHER, TWICE])


@given(
    objects=st.lists(
        st.tuples(shapes, texts, st.sampled_from(["d/e", "4603", "23Z", "b7e5", "STANDARD", "><"])), max_size=4
    ),
    between=texts | st.just(""),
)
def test_any_page_is_read_as_by_the_parser(objects: list[tuple[str, str, str]], between: str) -> None:
    """Any text in the place of any fact."""
    told = [shape.replace(place, text) for shape, text, place in objects]
    content = page(*(one + between for one in told)).decode().encode(errors="replace")
    assert seen(content) == by_parser(content)


letters = st.sampled_from([*"ab/.\\:\n\t\x7f\0 é", "..", "//", "C:", "a" * 130])
keys = st.lists(letters, max_size=5).map("".join)


@given(st.lists(keys | st.text(), max_size=4))
@example([])
@example([""])
@example(["a", "", "b"])
@example(["a\nb"])
@example(["/".join(["a" * 255] * 5)])
def test_plain_keys_have_no_problem(keys: list[str]) -> None:
    """Said of all together only if it holds of each."""
    if all_plain(keys):
        assert [paths.problem(key) for key in keys] == [None] * len(keys)


@pytest.mark.parametrize("keys", [["data/000/000001.bin"] * 1000, ["a b/c+d=1/.hidden", "...", "x..y/z.", "~$a"], []])
def test_usual_keys_are_plain(keys: list[str]) -> None:
    assert all_plain(keys)
