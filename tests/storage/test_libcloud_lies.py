"""Answers to libcloud's drivers that aren't what was asked for: too long, packed, from elsewhere, of no size."""

from __future__ import annotations

import gzip
from collections.abc import Callable
from typing import Any

import pytest
from requests import PreparedRequest, Response
from requests.adapters import HTTPAdapter

from jupyter_resources.core.errors import Damaged, InvalidValue
from jupyter_resources.storage.libcloud import LibcloudStore
from jupyter_resources.storage.libclouddrivers import Account, Drivers
from jupyter_resources.storage.objectstore import ObjectStore
from jupyter_resources.storage.protocol import Store
from jupyter_resources.storage.s3wire import ANSWER_BYTES, S3Service
from jupyter_resources.testing.store_contract import get, keys, put
from tests.servers.processes import AZURITE_KEY, KEY, SECRET
from tests.servers.proxy import Proxy
from tests.storage.test_libcloud_requests import object_called, s3_page

FACTS = ('ETag: "e"', "Last-Modified: Sat, 21 Nov 2026 01:00:00 GMT", "x-ms-blob-type: BlockBlob")


def answer(body: bytes, *headers: str, status: str = "200 OK", length: int | None = None) -> bytes:
    told = [*headers] if length == -1 else [*headers, f"Content-Length: {len(body) if length is None else length}"]
    return "\r\n".join([f"HTTP/1.1 {status}", *told, "", ""]).encode() + body


def opened(provider: str, proxy: Proxy) -> Store:
    if provider == "s3 itself":
        return ObjectStore(S3Service(proxy.endpoint, None, KEY, SECRET), "any")
    return LibcloudStore(Account(provider, KEY, AZURITE_KEY, endpoint=proxy.endpoint, token="TOKEN"), "any")


@pytest.mark.parametrize("provider", ["s3", "azure_blobs", "s3 itself"])
def test_a_page_without_end_is_cut(provider: str, proxy: Proxy) -> None:
    """An error, instead of all memory; and not tried again, as what may pass is."""
    proxy.fail("GET", times=9, answer=answer(b" " * (ANSWER_BYTES + 1), "Content-Type: application/xml"))
    with pytest.raises(Damaged, match="more than 32 MiB"):
        keys(opened(provider, proxy))
    assert proxy.counts == {"GET": 1}


def test_an_object_is_as_long_as_it_is(proxy: Proxy) -> None:
    """Also from a driver that takes no stream: what isn't a page isn't cut."""
    with Drivers(Account("minio", KEY, SECRET, endpoint=proxy.endpoint)).taken() as driver:
        proxy.fail("GET", answer=answer(bytes(ANSWER_BYTES + 1)))
        found = driver.libcloud.connection.request("/any/k", method="GET", raw=True)
        assert sum(len(piece) for piece in found.iter_content(1 << 20)) == ANSWER_BYTES + 1


def test_what_is_longer_than_it_said_is_not_given_out(proxy: Proxy) -> None:
    """Nothing behind the length that was told reaches a file."""
    proxy.fail("HEAD", times=9, answer=answer(b"", *FACTS, length=10))
    proxy.fail("GET", answer=answer(bytes(9 << 20), *FACTS))
    came = 0
    with opened("azure_blobs", proxy).read("k") as reader, pytest.raises(Damaged, match="longer than the 10 bytes"):
        for chunk in reader:
            came += len(chunk)
    assert came == 0


@pytest.mark.parametrize("provider", ["s3", "azure_blobs"])
def test_nothing_is_unpacked(provider: str, proxy: Proxy, monkeypatch: pytest.MonkeyPatch) -> None:
    """An object comes as it is stored; a few kilobytes can't become a gigabyte. Nobody asks for packed answers."""
    asked: list[str | bytes] = []
    send = HTTPAdapter.send

    def noted(self: HTTPAdapter, request: PreparedRequest, **options: Any) -> Response:
        asked.append(request.headers["Accept-Encoding"])
        return send(self, request, **options)

    monkeypatch.setattr(HTTPAdapter, "send", noted)
    packed = gzip.compress(bytes(1 << 20))
    proxy.fail("HEAD", times=9, answer=answer(b"", *FACTS, "Content-Encoding: gzip", length=len(packed)))
    proxy.fail("GET", answer=answer(packed, *FACTS, "Content-Encoding: gzip"))
    assert get(opened(provider, proxy), "k") == packed
    assert set(asked) == {"identity"}


VERBS: dict[str, Callable[[Store], object]] = {
    "list": keys,
    "head": lambda store: store.head("k"),
    "read": lambda store: get(store, "k"),
    "put": lambda store: put(store, "k"),
    "delete": lambda store: store.delete(["k"]),
}


@pytest.mark.parametrize("provider", ["s3", "azure_blobs"])
def test_a_redirect_is_not_followed(provider: str, proxy: Proxy) -> None:
    """Neither a file nor a token goes where an answer says; nor is a put there a success."""
    store = opened(provider, proxy)
    for status in ("301 Moved", "302 Found", "307 Temporary", "308 Permanent"):
        for verb in VERBS.values():
            proxy.fail(answer=answer(b"", f"Location: {proxy.endpoint}/elsewhere", status=status))
            with pytest.raises(InvalidValue, match="another address") as caught:
                verb(store)
            assert "region or endpoint" in caught.value.hint
    assert not any("elsewhere" in path for _, path in proxy.requests)


def test_a_size_that_cannot_be_is_refused(proxy: Proxy) -> None:
    """No sum of a summary has to cope with it."""
    store = opened("s3", proxy)
    for size in (-5, 1 << 63, int("9" * 400)):
        for key in ("a", "marker/"):
            one = object_called(key).replace("<Size>1<", f"<Size>{size}<")
            proxy.fail("GET", answer=s3_page(f"<IsTruncated>false</IsTruncated>{one}"))
            with pytest.raises(Damaged, match="can't have the size"):
                keys(store)


def test_an_answer_without_its_length_is_no_object(proxy: Proxy) -> None:
    """Whether all of it came couldn't be told."""
    proxy.fail("GET", answer=answer(b"1\r\nx\r\n0\r\n\r\n", *FACTS, "Transfer-Encoding: chunked", length=-1))
    with pytest.raises(Damaged, match="doesn't say how long k is"):
        get(opened("s3", proxy), "k")


def test_names_are_utf8_without_being_told(proxy: Proxy) -> None:
    """A page that says nothing of its encoding isn't guessed at."""
    page = f"<ListBucketResult><IsTruncated>false</IsTruncated>{object_called('ü')}</ListBucketResult>"
    spaced = page.replace("<ListBucketResult", '<ListBucketResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/"')
    proxy.fail("GET", answer=answer(spaced.encode(), "Content-Type: text/xml"))
    assert keys(opened("s3", proxy)) == ["ü"]
