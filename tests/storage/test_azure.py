"""Azure beyond the contract, on Azurite: keys, digests, large bodies, addresses, errors."""

from __future__ import annotations

import base64
import itertools
import traceback
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest

from jupyter_resources.core.errors import Changed, Damaged, Denied, InvalidValue, Unavailable
from jupyter_resources.core.hashing import md5_of, sha256_of
from jupyter_resources.storage import blobstore
from jupyter_resources.storage.blobstore import azure, azure_account
from jupyter_resources.storage.bodies import BytesBody
from jupyter_resources.storage.engine import Engine
from jupyter_resources.storage.libclouddrivers import Account
from jupyter_resources.storage.protocol import WHOLE_BYTES, Store
from jupyter_resources.storage.registry import StoreSpec, open_containers, open_store
from jupyter_resources.testing.store_contract import Torn, get, keys, put
from jupyter_resources.testing.trees import held
from tests.servers.processes import S3Server
from tests.servers.proxy import proxied
from tests.storage.test_azure_contract import spec_of
from tests.storage.test_s3_keys import ODD

_numbers = itertools.count(1)


@pytest.fixture
def spec(azurite: S3Server) -> StoreSpec:
    """A new container."""
    spec = spec_of(azurite, f"azure-{next(_numbers)}")
    open_containers(spec).create(spec.bucket)
    return spec


def test_every_valid_key_comes_back_as_it_was(spec: StoreSpec) -> None:
    """put, head, read, copy, list, list by prefix and delete spell a key alike."""
    store = open_store(spec)
    for key in ODD:
        store.put(key, BytesBody(key.encode()))
        store.copy(key, f"copies/{key}")
        assert get(store, f"copies/{key}") == key.encode()
    assert sorted(keys(store)) == sorted([*ODD, *(f"copies/{key}" for key in ODD)])
    for key in ODD:
        assert sorted(keys(store, f"copies/{key}")) == sorted(f"copies/{one}" for one in ODD if one.startswith(key))
    store.delete([*ODD, *(f"copies/{key}" for key in ODD)])
    assert keys(store) == []


def test_a_hostile_key_is_left_out(spec: StoreSpec) -> None:
    """As far as Azurite holds it: one line in `left_out`; it can be deleted."""
    driver = Account("azure_blobs", spec.key or "", spec.secret, spec.endpoint).open()
    for key in ("marker/", "tab\there"):
        driver.upload_object_via_stream(iter([b"12"]), driver.get_container(spec.bucket), key)
    store = open_store(spec)
    put(store, "a")
    (page,) = store.list()
    assert [entry.path for entry in page.entries] == ["a"]
    assert {one.path: one.reason for one in page.left_out} == {
        "marker/": "directory marker",
        "tab\there": "control character or broken text in the name",
    }
    store.delete(["marker/", "tab\there"])
    assert [one for page in store.list() for one in page.left_out] == []


def test_the_listing_knows_digests(spec: StoreSpec) -> None:
    """Ours, and the MD5 that Azure computes of what comes in one request: equal files need no further look."""
    put(open_store(spec), "a", b"content")
    (entry,) = [one for page in open_store(spec).list() for one in page.entries]
    assert (entry.sha256, entry.md5) == (sha256_of(b"content"), md5_of(b"content"))


def test_a_listing_is_few_requests(spec: StoreSpec, azurite: S3Server) -> None:
    """As many objects in one answer as anywhere, though libcloud would ask for 100."""
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda number: put(open_store(spec), f"{number:03}"), range(101)))
    with proxied(azurite.endpoint) as between:
        assert len(keys(open_store(replace(spec, endpoint=between.endpoint)))) == 101
        assert between.counts == {"GET": 1}


def test_a_large_body_that_changes_leaves_nothing(spec: StoreSpec) -> None:
    """Above one request: what was sent before the change isn't seen, and what was there stays."""
    store = open_store(spec)
    put(store, "old", b"as before")
    for key in ("new", "old"):
        with pytest.raises(Changed):
            store.put(key, Torn(bytes(WHOLE_BYTES + 1)))
    with pytest.raises(Changed):
        store.put("old", BytesBody(bytes(WHOLE_BYTES + 1)), expect="0x0")
    assert held(store) == {"old": b"as before"}


@pytest.mark.parametrize(
    ("endpoint", "is_for"),
    [
        (None, None),
        ("https://acc.blob.core.windows.net/", None),
        ("blob.core.windows.net", None),
        ("https://acc.blob.core.usgovcloudapi.net", "https://blob.core.usgovcloudapi.net"),
        ("http://127.0.0.1:10000/acc", "http://127.0.0.1:10000"),
        ("http://127.0.0.1:10000", "http://127.0.0.1:10000"),
    ],
)
def test_an_endpoint_may_name_the_account_or_not(endpoint: str | None, is_for: str | None) -> None:
    """However people copy it from the portal."""
    account = azure_account(Account("azure_blobs", "acc", "a2V5", endpoint))
    assert account.endpoint == is_for
    expected = {
        None: "https://acc.blob.core.windows.net/b",
        "https://blob.core.usgovcloudapi.net": "https://acc.blob.core.usgovcloudapi.net/b",
        "http://127.0.0.1:10000": "http://127.0.0.1:10000/acc/b",
    }
    assert azure(account, "b").location == expected[is_for]


def test_errors_are_ours_and_hold_no_secret(azurite: S3Server) -> None:
    """A wrong key, one that is none, and nobody there."""
    wrong = base64.b64encode(b"wrong " * 8).decode()
    for spec, expected in (
        (spec_of(azurite, "any", secret=wrong), Denied),
        (spec_of(azurite, "any", endpoint="http://127.0.0.1:1", secret=wrong), Unavailable),
    ):
        verbs: list[Callable[[Store], object]] = [keys, lambda one: one.head("k"), lambda one: put(one, "k")]
        for verb in verbs:
            with pytest.raises(expected) as caught:
                verb(open_store(spec))
            assert wrong not in "".join(traceback.format_exception(caught.value))
    with pytest.raises(InvalidValue, match="can't be opened"):
        open_store(spec_of(azurite, "any", secret="no base64"))


class Short(BytesBody):
    """Says that it is longer than what comes."""

    def chunks(self) -> Iterator[bytes]:
        yield self.whole()[:-1]


def test_a_stream_that_ends_early_is_not_stored(spec: StoreSpec, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is seen of it."""
    monkeypatch.setattr(blobstore, "WHOLE_BYTES", 10)
    store = open_store(spec)
    with pytest.raises(Damaged, match="expected 20 bytes, got 19; nothing was written"):
        store.put("a", Short(bytes(20)))
    assert keys(store) == []


def test_a_copy_of_what_changes_is_told(spec: StoreSpec, monkeypatch: pytest.MonkeyPatch) -> None:
    """Between the look at it and the server's copy."""
    store = open_store(spec)
    put(store, "a", b"before")
    copy = Engine.copy

    def late(self: Engine, *given: str, **more: bool) -> None:
        put(store, "a", b"after")
        copy(self, *given, **more)

    monkeypatch.setattr(Engine, "copy", late)
    with pytest.raises(Changed, match="a changed while it was copied"):
        store.copy("a", "b")
