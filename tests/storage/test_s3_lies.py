"""Answers of an S3 server that aren't what they seem: never half a listing taken for all, nor a failure for success."""

from __future__ import annotations

import os
from collections.abc import Callable

import pytest

from jupyter_resources.core.control import Control
from jupyter_resources.core.errors import Damaged, ResourcesError, Transient, Unsupported
from jupyter_resources.storage.bodies import BytesBody
from jupyter_resources.storage.objectstore import ObjectStore
from jupyter_resources.storage.s3listing import elements, parse_page
from tests.conftest import service_of
from tests.servers.processes import S3Server
from tests.servers.proxy import Proxy

OBJECT = "<Contents><Key>a</Key><Size>1</Size><LastModified>2026-01-01T00:00:00Z</LastModified></Contents>"


def listing(inner: str) -> bytes:
    return f"<ListBucketResult>{inner}</ListBucketResult>".encode()


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (listing(OBJECT + "<IsTruncated>true</IsTruncated>"), Damaged),  # more, and no way to ask for it
        (listing(OBJECT.replace("<Size>1</Size>", "")), Damaged),
        (listing(OBJECT.replace(">1<", ">-5<")), Damaged),
        (listing(OBJECT.replace(">1<", f">{1 << 63}<")), Damaged),
        (listing(OBJECT.replace(">1<", ">many<")), Damaged),
        (listing(OBJECT.replace("2026-01-01T00:00:00Z", "2026-01-01T00:00:00")), Damaged),
        (b"<html><body>Please log in</body></html>", Transient),  # a captive portal
        (b"not xml at all", Transient),
    ],
)
def test_a_listing_that_cannot_be_is_no_listing(answer: bytes, error: type[ResourcesError]) -> None:
    with pytest.raises(error) as caught:
        parse_page(answer)
    assert caught.value.hint


def test_a_listing_that_can_be_is_read() -> None:
    assert [one.key for one in parse_page(listing(OBJECT)).found] == ["a"]


def test_an_answer_of_another_kind_is_no_success() -> None:
    late = b'<?xml version="1.0"?>' + b" " * 400 + b"<Error><Code>InternalError</Code></Error>"
    with pytest.raises(Transient, match="<Error> instead of <CopyObjectResult>"):
        elements(late, "CopyObjectResult")


@pytest.fixture
def store(seaweedfs: S3Server, proxy: Proxy, new_bucket: Callable[[S3Server], str]) -> ObjectStore:
    return ObjectStore(service_of(seaweedfs, endpoint=proxy.endpoint), new_bucket(seaweedfs))


def answering(body: bytes) -> bytes:
    return b"HTTP/1.1 200 OK\r\nContent-Type: application/xml\r\nContent-Length: %d\r\n\r\n" % len(body) + body


def test_a_copy_that_failed_after_its_status_is_a_failure(store: ObjectStore, proxy: Proxy) -> None:
    """Else a mirror would go on to delete the original."""
    store.put("a", BytesBody(b"content"))
    proxy.fail("PUT", "/b", answer=answering(b" " * 400 + b"<Error><Code>InternalError</Code></Error>"))
    with pytest.raises(ResourcesError):
        store.copy("a", "b")


def test_the_same_page_for_ever_is_noticed(store: ObjectStore, proxy: Proxy) -> None:
    more = "<IsTruncated>true</IsTruncated><NextContinuationToken>t</NextContinuationToken>"
    proxy.fail("GET", "list-type", times=50, answer=answering(listing(OBJECT + more)))
    with pytest.raises(Damaged, match="again and again"):
        list(store.list())


@pytest.mark.parametrize("detached", [False, True])
def test_a_forked_process_gets_no_answer_of_another(detached: bool, store: ObjectStore) -> None:
    """Its connections are new ones; what needs the threads that stayed behind says so instead of hanging."""
    store = store.under(Control().detached() if detached else Control())
    store.put("a", BytesBody(b"content"))
    assert [one.path for page in store.list() for one in page.entries] == ["a"]
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            told = ",".join(one.path for page in store.list() for one in page.entries)
            try:
                store.put("b", BytesBody(b"x"))
            except Unsupported as error:
                told += f" {error.message}"
        except BaseException as error:
            told = repr(error)
        os.write(writing, told.encode())
        os._exit(0)
    os.close(writing)
    with os.fdopen(reading) as stream:
        told = stream.read()
    os.waitpid(child, 0)
    assert told.startswith("a ") and "before the process forked" in told, told
