"""libcloud's S3 driver beyond the contract: keys, errors, cancelling, damage."""

from __future__ import annotations

import traceback
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest

from jupyter_resources.core.control import Control
from jupyter_resources.core.errors import (
    Cancelled,
    Damaged,
    Incomplete,
    ResourcesError,
    Transient,
    Unauthenticated,
    Unavailable,
)
from jupyter_resources.storage.bodies import BytesBody
from jupyter_resources.storage.libcloud import LibcloudStore
from jupyter_resources.storage.libclouddrivers import Account
from jupyter_resources.storage.libcloudpages import Pages
from jupyter_resources.storage.objectstore import ObjectStore
from jupyter_resources.storage.protocol import Store
from jupyter_resources.storage.registry import StoreSpec, open_store
from jupyter_resources.storage.s3control import S3Control
from jupyter_resources.testing.store_contract import get, keys, put
from tests.conftest import service_of
from tests.servers.processes import AZURITE_KEY, KEY, SECRET, S3Server
from tests.servers.proxy import Proxy
from tests.storage.test_libcloud_s3 import account_of
from tests.storage.test_s3_keys import HOSTILE, ODD
from tests.storage.test_s3_parts import in_background


@pytest.mark.parametrize("any_s3", ["seaweedfs", "moto"], indirect=True)
def test_every_valid_key_comes_back_as_it_was(any_s3: S3Server, new_bucket: Callable[[S3Server], str]) -> None:
    """put, head, read, list, list by prefix and delete spell a key alike, on a strict server and on a lenient one."""
    store = LibcloudStore(account_of(any_s3), new_bucket(any_s3))
    for key in ODD:
        store.put(key, BytesBody(key.encode()))
        assert store.head(key).sha256 == BytesBody(key.encode()).sha256
        with store.read(key, 1, None) as reader:
            assert b"".join(reader) == key.encode()[1:]
    assert sorted(keys(store)) == sorted(ODD)
    for key in ODD:
        assert sorted(keys(store, key)) == sorted(one for one in ODD if one.startswith(key))
    store.delete(ODD)
    assert keys(store) == []


CONTROLS = dict.fromkeys(("\x0b", "\x1f/x", "d/\x7f", "\rz", "\tz"), "control character or broken text in the name")


def test_a_listing_is_its_pages(proxy: Proxy, seaweedfs: S3Server, new_bucket: Callable[[S3Server], str]) -> None:
    """2,001 objects are three requests, as many as are counted; each object comes once."""
    bucket, control = new_bucket(seaweedfs), Control()
    wanted = {f"many/{number:05}": b"" for number in range(2_001)}
    direct = ObjectStore(service_of(seaweedfs), bucket)
    with ThreadPoolExecutor(16) as pool:
        list(pool.map(lambda key: put(direct, key, b""), wanted))
    store = LibcloudStore(Account("minio", KEY, SECRET, endpoint=proxy.endpoint), bucket).under(control)
    pages = list(store.list("many/"))
    assert [len(page.entries) for page in pages] == [1_000, 1_000, 1]
    assert sorted(entry.path for page in pages for entry in page.entries) == list(wanted)
    assert (proxy.counts, control.requests) == ({"GET": 3}, {"list": 3})


@pytest.mark.parametrize("page", [None, 2])
def test_a_hostile_key_is_left_out_and_deleted_or_refused(
    page: int | None, moto: S3Server, new_bucket: Callable[[S3Server], str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """One line each in `left_out`, also where a page ends with it; what a URL can't name is never taken for another."""
    bucket = new_bucket(moto)
    store, raw = LibcloudStore(account_of(moto), bucket), S3Control(service_of(moto), bucket)
    hostile = HOSTILE | CONTROLS
    for key in [*hostile, "a", "a%0Ab", "a+b", "up"]:
        raw.put(key, b"12")
    if page is not None:
        monkeypatch.setattr(Pages, "size", page)
    pages = list(store.list())
    assert [entry.path for one in pages for entry in one.entries] == ["a", "a%0Ab", "a+b", "up"]
    left_out = [(one.path, one.reason) for each in pages for one in each.left_out]
    assert sorted(left_out) == sorted(hostile.items())
    with pytest.raises(Incomplete, match="libcloud can't spell") as caught:
        store.delete([*hostile, "../a", "nothing//here"])
    assert sorted(caught.value.failed) == ["..", "../up", "/lead", "d//e", "x/./y"]
    left = sorted([*caught.value.failed, "a", "a%0Ab", "a+b", "up"])
    assert sorted(one.key for one in raw.page("", None).found) == left


def answering(listing: str) -> bytes:
    head = f"HTTP/1.1 200 OK\r\nContent-Type: application/xml\r\nContent-Length: {len(listing)}\r\n\r\n"
    return (head + listing).encode()


def s3_page(inner: str) -> bytes:
    space = 'xmlns="http://s3.amazonaws.com/doc/2006-03-01/"'
    return answering(f"<ListBucketResult {space}>{inner}</ListBucketResult>")


def object_called(key: str) -> str:
    return f"<Contents><Key>{key}</Key><Size>1</Size><ETag>e</ETag></Contents>"


def test_a_percent_is_one_where_a_server_does_not_encode(proxy: Proxy) -> None:
    """Not every server knows of `encoding-type`; those that do, say so in the answer."""
    store = LibcloudStore(Account("s3", KEY, SECRET, endpoint=proxy.endpoint), "any")
    for told, expected in (("", ["a%0Ab", "a+b"]), ("<EncodingType>url</EncodingType>", ["a b", "a\nb"])):
        page = s3_page(f"{told}<IsTruncated>false</IsTruncated>{object_called('a%0Ab')}{object_called('a+b')}")
        proxy.fail("GET", "encoding-type=url", answer=page)
        (found,) = store.list()
        assert sorted([*(one.path for one in found.entries), *(one.path for one in found.left_out)]) == sorted(expected)


def test_what_libcloud_cannot_read_is_told(proxy: Proxy) -> None:
    """A name that XML can't carry, from a server that doesn't encode: an error that says what to look for."""
    proxy.fail("GET", answer=s3_page(f"<IsTruncated>false</IsTruncated>{object_called(chr(1))}"))
    with pytest.raises(ResourcesError, match="can't read the answer") as caught:
        keys(LibcloudStore(Account("s3", KEY, SECRET, endpoint=proxy.endpoint), "any"))
    assert "control character" in caught.value.hint


@pytest.mark.parametrize(
    ("provider", "page", "requests"),
    [
        ("s3", s3_page(f"<IsTruncated>true</IsTruncated>{object_called('a')}"), 2),
        ("minio", s3_page("<IsTruncated>true</IsTruncated>"), 1),
        (
            "azure_blobs",
            answering("<EnumerationResults><Blobs /><NextMarker>m</NextMarker></EnumerationResults>"),
            2,
        ),
    ],
)
def test_the_same_page_for_ever_is_noticed(provider: str, page: bytes, requests: int, proxy: Proxy) -> None:
    """A server that never says that it was all, with objects and without: asked for no page twice."""
    store = LibcloudStore(Account(provider, KEY, AZURITE_KEY, endpoint=proxy.endpoint), "any")
    proxy.fail("GET", times=50, answer=page)
    for _ in range(2):  # another listing begins anew
        proxy.requests.clear()
        with pytest.raises(Damaged, match="any lists the same page again and again"):
            keys(store)
        assert proxy.counts == {"GET": requests}


def test_errors_are_ours_and_hold_no_secret(seaweedfs: S3Server, new_bucket: Callable[[S3Server], str]) -> None:
    """Wrong credentials and a server that isn't there."""
    bucket, account = new_bucket(seaweedfs), account_of(seaweedfs)
    wrong = LibcloudStore(replace(account, secret="wrong-" + SECRET), bucket)
    away = LibcloudStore(replace(account, endpoint="http://127.0.0.1:1"), bucket)
    for store, expected in ((wrong, Unauthenticated), (away, Unavailable)):
        verbs: list[Callable[[Store], object]] = [keys, lambda one: one.head("k"), lambda one: put(one, "k")]
        for verb in verbs:
            with pytest.raises(expected) as caught:
                verb(store)
            assert caught.value.hint
            assert SECRET not in "".join(traceback.format_exception(caught.value)) + repr(store)


@pytest.mark.parametrize("verb", ["put", "read", "head", "list", "delete"])
def test_a_cancel_cuts_what_is_under_way(verb: str, proxy: Proxy) -> None:
    """A server that doesn't answer can't hold anybody who wants to stop."""
    control = Control()
    under = LibcloudStore(Account("s3", KEY, SECRET, endpoint=proxy.endpoint), "any").under(control)
    verbs: dict[str, Callable[[], object]] = {
        "put": lambda: put(under, "a"),
        "read": lambda: get(under, "a"),
        "head": lambda: under.head("a"),
        "list": lambda: keys(under),
        "delete": lambda: under.delete(["a", "b"]),
    }
    proxy.fail(silent=True, times=9)
    ended = in_background(verbs[verb])
    assert proxy.started.wait(30)
    control.cancel()
    assert isinstance(ended(), Cancelled)


def test_a_damaged_arrival_is_noticed_and_removed(
    proxy: Proxy, new_bucket: Callable[[S3Server], str], seaweedfs: S3Server
) -> None:
    """A byte that changes on its way: another MD5 comes back; nothing stays."""
    bucket = new_bucket(seaweedfs)
    store = LibcloudStore(Account("s3", KEY, SECRET, endpoint=proxy.endpoint), bucket)
    proxy.fail("PUT", header=(b"ETag", b'"' + b"0" * 32 + b'"'))
    with pytest.raises(Damaged, match="removed again"):
        put(store, "a")
    assert keys(store) == []


def test_a_short_answer_is_an_error(proxy: Proxy, new_bucket: Callable[[S3Server], str], seaweedfs: S3Server) -> None:
    """Never a quiet end; `open_store` goes on where it broke off."""
    spec = StoreSpec("minio", new_bucket(seaweedfs), endpoint=proxy.endpoint, key=KEY, secret=SECRET)
    store = open_store(spec)
    put(store, "a", bytes(9 << 20))
    proxy.fail("GET", cut_after=6 << 20)
    with pytest.raises(Transient):
        get(LibcloudStore(Account("minio", KEY, SECRET, endpoint=proxy.endpoint), spec.bucket), "a")
    proxy.fail("GET", cut_after=6 << 20)
    assert get(store, "a") == bytes(9 << 20)


def test_a_range_is_of_one_object(proxy: Proxy, new_bucket: Callable[[S3Server], str], seaweedfs: S3Server) -> None:
    """Another object's ETag in the second of two answers: both are asked again."""
    store = LibcloudStore(Account("s3", KEY, SECRET, endpoint=proxy.endpoint), new_bucket(seaweedfs))
    put(store, "a", b"content")
    proxy.forget()
    proxy.fail("GET", header=(b"ETag", b'"another"'))
    with store.read("a", 3) as reader:
        assert b"".join(reader) == b"tent"
    assert proxy.counts["GET"] == 2


def test_a_delete_that_was_none_is_an_error(proxy: Proxy) -> None:
    """libcloud gives False for an answer that says neither yes nor no."""
    store = LibcloudStore(Account("s3", KEY, SECRET, endpoint=proxy.endpoint), "any")
    proxy.fail("DELETE", answer=answering(""))
    with pytest.raises(ResourcesError):
        store.delete(["a"])


def test_an_etag_of_what_is_encrypted_is_no_digest(
    proxy: Proxy, new_bucket: Callable[[S3Server], str], seaweedfs: S3Server
) -> None:
    """Then it isn't taken for damage."""
    store = LibcloudStore(Account("s3", KEY, SECRET, endpoint=proxy.endpoint), new_bucket(seaweedfs))
    proxy.fail("PUT", header=(b"ETag", b'"' + b"0" * 32 + b'"\r\nx-amz-server-side-encryption: aws:kms'))
    assert put(store, "a", b"content").size == 7
    assert get(store, "a") == b"content"


def test_a_late_cancel_is_not_the_next_ones(proxy: Proxy) -> None:
    """It finds the connection idle: whoever takes the driver next isn't stopped."""
    store = LibcloudStore(Account("s3", KEY, SECRET, endpoint=proxy.endpoint), "any")
    with store._drivers.taken() as driver:
        driver.abort()
    proxy.fail("GET", answer=s3_page(f"<IsTruncated>false</IsTruncated>{object_called('a')}"))
    assert keys(store) == ["a"]
    with store._drivers.taken() as again:
        assert again is driver


def test_an_account_shows_no_secret() -> None:
    """Nor a token; who it is, it does."""
    shown = repr(Account("s3", KEY, "a-secret", token="a-token"))
    assert KEY in shown and "a-secret" not in shown and "a-token" not in shown
