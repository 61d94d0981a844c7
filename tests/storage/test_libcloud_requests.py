"""libcloud's S3 driver beyond the contract: keys, errors, cancelling, damage."""

from __future__ import annotations

import threading
import time
import traceback
from collections.abc import Callable
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
from jupyter_resources.storage.protocol import Store
from jupyter_resources.storage.registry import StoreSpec, open_store
from jupyter_resources.storage.s3control import S3Control
from jupyter_resources.testing.store_contract import get, keys, put
from tests.conftest import service_of
from tests.servers.processes import KEY, SECRET, S3Server
from tests.servers.proxy import Proxy
from tests.storage.test_libcloud_s3 import account_of
from tests.storage.test_s3_keys import HOSTILE, ODD


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


def test_a_hostile_key_is_left_out_and_deleted_or_refused(
    moto: S3Server, new_bucket: Callable[[S3Server], str]
) -> None:
    """One line each in `left_out`; what a URL can't name is never taken for another key."""
    bucket = new_bucket(moto)
    store, raw = LibcloudStore(account_of(moto), bucket), S3Control(service_of(moto), bucket)
    hostile = {key: reason for key, reason in HOSTILE.items() if key != "a\x01b"}  # which libcloud can't read
    for key in [*hostile, "a", "up"]:
        raw.put(key, b"12")
    (page,) = store.list()
    assert [entry.path for entry in page.entries] == ["a", "up"]
    assert {one.path: one.reason for one in page.left_out} == hostile
    with pytest.raises(Incomplete, match="libcloud can't spell") as caught:
        store.delete([*hostile, "../a", "nothing//here"])
    assert sorted(caught.value.failed) == ["..", "../up", "/lead", "d//e", "x/./y"]
    assert sorted(one.key for one in raw.page("", None).found) == sorted([*caught.value.failed, "a", "up"])


def test_what_libcloud_cannot_read_is_told(moto: S3Server, new_bucket: Callable[[S3Server], str]) -> None:
    """A name that XML can't carry: an error that says what to look for."""
    bucket = new_bucket(moto)
    S3Control(service_of(moto), bucket).put("a\x01b", b"12")
    with pytest.raises(ResourcesError, match="can't read the answer") as caught:
        keys(LibcloudStore(account_of(moto), bucket))
    assert "control character" in caught.value.hint


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
    threading.Thread(target=lambda: proxy.started.wait(10) and control.cancel(), daemon=True).start()
    started = time.monotonic()
    with pytest.raises(Cancelled):
        verbs[verb]()
    assert time.monotonic() - started < 3


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
