"""MemoryStore: the contract, and what an object store is beyond it."""

from __future__ import annotations

import pytest

from jupyter_resources.core.control import Control
from jupyter_resources.core.entry import LeftOut
from jupyter_resources.core.errors import InvalidValue
from jupyter_resources.core.hashing import md5_of
from jupyter_resources.storage.bodies import BytesBody
from jupyter_resources.storage.memory import MemoryStore
from jupyter_resources.storage.protocol import DIRECTORY_MARKER, Capability
from jupyter_resources.testing.store_contract import StoreContract
from jupyter_resources.testing.trees import fill, held


def dropped() -> MemoryStore:
    store = MemoryStore("gone")
    store.drop()
    return store


class TestMemory(StoreContract):
    @pytest.fixture
    def store(self) -> MemoryStore:
        return MemoryStore()

    @pytest.fixture
    def missing(self) -> MemoryStore:
        return dropped()


class TestMemoryFoldingCase(TestMemory):
    large_bytes = 2 << 20

    @pytest.fixture
    def store(self) -> MemoryStore:
        return MemoryStore(folds_case=True, etags="opaque")


class TestMemoryParted(TestMemory):
    large_bytes = 2 << 20

    @pytest.fixture
    def store(self) -> MemoryStore:
        return MemoryStore(etags="parts")


def test_hostile_keys_are_left_out_with_their_reason():
    """One such key costs one line in `left_out`, never the listing; it can be deleted."""
    store = MemoryStore()
    for key in ("../up", "d//e", "tab\t", "d/", "/abs", ""):
        store.raw_put(key, b"12345")
    store.put("good", BytesBody(b"x"))
    (page,) = store.list()
    assert [entry.path for entry in page.entries] == ["good"]
    reasons = {one.path: one.reason for one in page.left_out}
    assert reasons.keys() == {"../up", "d//e", "tab\t", "d/", "/abs", ""}
    assert reasons["d/"] == DIRECTORY_MARKER
    assert reasons["../up"] == "'..' in the name"
    assert LeftOut("d//e", "empty part in the name ('//' or a trailing '/')", 5) in page.left_out
    store.delete(["../up", "d//e", "tab\t", "d/", "/abs", ""])
    assert [one for page in store.list() for one in page.left_out] == []


def test_what_an_etag_is():
    """The MD5, an upload in parts, or a word that tells nothing and is new at each put."""
    content = b"what am I"
    md5 = MemoryStore(etags="md5").put("k", BytesBody(content))
    parts = MemoryStore(etags="parts").put("k", BytesBody(content))
    opaque_store = MemoryStore(etags="opaque")
    opaque = opaque_store.put("k", BytesBody(content))
    assert (md5.etag, md5.md5) == (md5_of(content), md5_of(content))
    assert (parts.etag, parts.md5) == (f"{md5_of(bytes.fromhex(md5_of(content)))}-1", None)
    assert opaque.md5 is None
    assert opaque_store.put("k", BytesBody(content)).etag != opaque.etag


def test_listing_keeps_our_digest_to_itself():
    """As on S3, sha256 comes by a head alone."""
    store = MemoryStore()
    store.put("k", BytesBody(b"x"))
    (page,) = store.list()
    assert page.entries[0].sha256 is None
    assert store.head("k").sha256 is not None


def test_first_spelling_stays_where_case_is_folded():
    """`A` put over `a` is `a` with new content."""
    store = MemoryStore(folds_case=True)
    assert Capability.FOLDS_CASE in store.capabilities
    fill(store, {"Dir/File": b"one", "dir/FILE": b"two"})
    assert held(store) == {"Dir/File": b"two"}
    assert store.head("DIR/FILE").path == "DIR/FILE"


def test_deletes_count_by_the_thousand():
    """2,001 keys are three requests."""
    store, control = MemoryStore(), Control()
    store.under(control).delete([str(number) for number in range(2_001)])
    assert control.requests == {"delete": 3}


def test_backward_range_is_refused():
    """An end before the start is the caller's mistake."""
    store = MemoryStore()
    store.put("k", BytesBody(b"0123"))
    with pytest.raises(InvalidValue), store.read("k", 3, 1):
        pass
