"""What S3 is asked: how often, what happens when that is stopped, and what becomes of a wrong answer."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest

from jupyter_resources.core.control import Control
from jupyter_resources.core.errors import Cancelled, Changed, Damaged
from jupyter_resources.storage.bodies import BytesBody
from jupyter_resources.storage.objectstore import ObjectStore
from jupyter_resources.storage.protocol import Capability
from jupyter_resources.storage.s3control import S3Control
from tests.conftest import service_of
from tests.servers.processes import S3Server
from tests.servers.proxy import Proxy
from tests.storage.test_s3_parts import in_background


@pytest.fixture
def bucket(seaweedfs: S3Server, new_bucket: Callable[[S3Server], str]) -> str:
    return new_bucket(seaweedfs)


@pytest.fixture
def store(seaweedfs: S3Server, proxy: Proxy, bucket: str) -> ObjectStore:
    return ObjectStore(service_of(seaweedfs, endpoint=proxy.endpoint), bucket)


@pytest.fixture
def direct(seaweedfs: S3Server, bucket: str) -> ObjectStore:
    """The same bucket, past the proxy."""
    return ObjectStore(service_of(seaweedfs), bucket)


def test_each_verb_is_as_many_requests_as_it_says(store: ObjectStore, proxy: Proxy) -> None:
    """The control counts what the server sees."""
    control = Control()
    counted = store.under(control)
    story: list[tuple[Callable[[], object], dict[str, int], dict[str, int]]] = [
        (lambda: counted.put("a", BytesBody(b"1")), {"put": 1}, {"PUT": 1}),
        (lambda: counted.put("b", BytesBody(b"1"), expect=None), {"put": 1}, {"PUT": 1}),
        (lambda: read(counted, "a"), {"read": 1}, {"GET": 1}),
        (lambda: counted.head("a"), {"head": 1}, {"HEAD": 1}),
        (lambda: list(counted.list()), {"list": 1}, {"GET": 1}),
        (lambda: counted.copy("a", "c"), {"head": 1, "copy": 1}, {"HEAD": 1, "PUT": 1}),
        (lambda: counted.delete(["a"]), {"delete": 1}, {"DELETE": 1}),
        (lambda: counted.delete([f"key {n}" for n in range(1500)]), {"delete": 2}, {"POST": 2}),
        (lambda: counted.delete([]), {}, {}),
    ]
    for verb, ours, theirs in story:
        before = control.requests
        proxy.forget()
        verb()
        assert {name: n - before.get(name, 0) for name, n in control.requests.items() if n != before.get(name)} == ours
        assert proxy.counts == theirs


def test_a_listing_is_its_pages(store: ObjectStore, direct: ObjectStore, proxy: Proxy) -> None:
    """2,500 objects are three requests; each object comes once."""
    with ThreadPoolExecutor(16) as pool:
        list(pool.map(lambda n: direct.put(f"dir {n % 7}/{n:05}", BytesBody(b"")), range(2500)))
    pages = list(store.list())
    assert proxy.counts == {"GET": 3}
    found = [entry.path for page in pages for entry in page.entries]
    assert sorted(found) == sorted(f"dir {n % 7}/{n:05}" for n in range(2500))
    assert [len(page.entries) for page in store.list("dir 3/0001")] == [2]


@pytest.mark.parametrize("verb", ["put", "read", "head", "list", "delete", "copy"])
def test_cancel_ends_what_is_under_way(verb: str, store: ObjectStore, proxy: Proxy) -> None:
    """A server that doesn't answer can't hold anybody who wants to stop."""
    control = Control()
    under = store.under(control)
    verbs: dict[str, Callable[[], object]] = {
        "put": lambda: under.put("a", BytesBody(b"1")),
        "read": lambda: read(under, "a"),
        "head": lambda: under.head("a"),
        "list": lambda: list(under.list()),
        "delete": lambda: under.delete(["a", "b"]),
        "copy": lambda: under.copy("a", "b"),
    }
    proxy.fail(silent=True, times=9)
    ended = in_background(verbs[verb])
    assert proxy.started.wait(30)
    control.cancel()
    assert isinstance(ended(), Cancelled)
    with pytest.raises(Cancelled):
        verbs[verb]()
    assert len(proxy.requests) == 1


def test_cancel_ends_a_read_in_the_middle(store: ObjectStore, direct: ObjectStore) -> None:
    """Between two chunks as well as while waiting for one."""
    direct.put("a", BytesBody(bytes(20 << 20)))
    control = Control()
    with pytest.raises(Cancelled), store.under(control).read("a") as reader:
        for _ in reader:
            control.cancel()


@pytest.mark.parametrize("verb", ["put", "list"])  # through obstore, through libcloud
def test_an_interrupt_ends_what_is_under_way(verb: str, store: ObjectStore, proxy: Proxy) -> None:
    """Ctrl-C in the thread that waits, with no control at all; afterwards the store works as before."""
    proxy.fail(silent=True)
    previous = signal.signal(signal.SIGINT, signal.default_int_handler)
    threading.Thread(target=lambda: proxy.started.wait(30) and os.kill(os.getpid(), signal.SIGINT), daemon=True).start()
    try:
        with pytest.raises(KeyboardInterrupt):
            store.put("a", BytesBody(b"1")) if verb == "put" else list(store.list())
    finally:
        signal.signal(signal.SIGINT, previous)
    store.put("b", BytesBody(b"2"))
    assert [entry.path for page in store.list() for entry in page.entries] == ["b"]


def test_a_put_that_is_cut_off_leaves_nothing(store: ObjectStore, direct: ObjectStore, proxy: Proxy) -> None:
    """Half a body never becomes an object, and an object that was there stays."""
    proxy.fail("PUT", cut_upload_after=1 << 20, times=2)
    for before in (None, b"as it was"):
        if before is not None:
            direct.put("a", BytesBody(before))
        with pytest.raises(ConnectionError):
            store.put("a", BytesBody(bytes(4 << 20)))
        assert [entry.size for page in direct.list() for entry in page.entries] == ([] if before is None else [9])


@pytest.mark.parametrize("any_s3", ["seaweedfs", "moto"], indirect=True)
def test_of_many_writers_one_wins(any_s3: S3Server, new_bucket: Callable[[S3Server], str]) -> None:
    """`expect` is decided by the server, not by a look before."""
    store = ObjectStore(service_of(any_s3), new_bucket(any_s3))

    def write(n: int) -> bool:
        try:
            store.put("one", BytesBody(f"{n}".encode()), expect=None)
        except Changed:
            return False
        return True

    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(write, range(8))) == 1
    entry = store.head("one")
    store.put("one", BytesBody(b"next"), expect=entry.etag)
    for stale in (entry.etag, None):
        with pytest.raises(Changed):
            store.put("one", BytesBody(b"later"), expect=stale)
    with pytest.raises(Changed):
        store.put("never was", BytesBody(b"x"), expect=entry.etag)
    assert read(store, "one") == b"next"


def test_a_server_without_conditions_is_asked_before(store: ObjectStore, proxy: Proxy) -> None:
    """Told once that it can't, the store looks before each such put, and says so in its capabilities."""
    assert Capability.CREATE_IF_ABSENT in store.capabilities
    assert list(store.list())  # from then on a missing object isn't taken for a missing bucket
    proxy.forget()
    proxy.respond(501, "NotImplemented", method="PUT")
    store.put("a", BytesBody(b"1"), expect=None)
    assert Capability.CREATE_IF_ABSENT not in store.capabilities
    with pytest.raises(Changed):
        store.put("a", BytesBody(b"2"), expect=None)
    assert proxy.counts == {"PUT": 2, "HEAD": 2}


def test_an_object_with_another_digest_is_removed(store: ObjectStore, seaweedfs: S3Server, bucket: str) -> None:
    """What the server has isn't what was sent: Damaged, and it doesn't stay."""
    raw = S3Control(service_of(seaweedfs), bucket)

    class Wrong(BytesBody):
        def __init__(self) -> None:
            super().__init__(b"right")
            self.md5 = "0" * 32

    with pytest.raises(Damaged, match="removed again"):
        store.put("a", Wrong())
    assert raw.page("", None).found == []


def test_an_encrypted_bucket_is_told_from_damage(store: ObjectStore, proxy: Proxy) -> None:
    """There the ETag is no MD5: the object stays, and the hint says what to set."""

    class Wrong(BytesBody):
        def __init__(self) -> None:
            super().__init__(b"right")
            self.md5 = "0" * 32

    proxy.fail("HEAD", header=(b"x-amz-server-side-encryption", b"aws:kms"))
    with pytest.raises(Damaged) as caught:
        store.put("a", Wrong())
    assert "'opaque'" in caught.value.hint
    assert read(store, "a") == b"right"


def test_opaque_etags_say_nothing(seaweedfs: S3Server, bucket: str) -> None:
    """Where ETags aren't MD5, they are tags and nothing more."""
    store = ObjectStore(service_of(seaweedfs), bucket, etags="opaque")
    assert store.put("a", BytesBody(b"1")).md5 is None
    (page,) = store.list()
    assert page.entries[0].md5 is None
    assert page.entries[0].etag
    assert store.head("a").sha256 == BytesBody(b"1").sha256


def test_objects_of_others_have_no_sha256(store: ObjectStore, seaweedfs: S3Server, bucket: str) -> None:
    """What another program put there has none, or one that isn't a digest."""
    raw = S3Control(service_of(seaweedfs), bucket)
    raw.put("plain", b"1")
    raw.put("odd", b"1", {"x-amz-meta-sha256": "see README"})
    assert store.head("plain").sha256 is None
    assert store.head("odd").sha256 is None


def test_public_buckets_need_no_key(moto: S3Server, new_bucket: Callable[[S3Server], str]) -> None:
    """Without a key nothing is signed, by either library."""
    bucket = new_bucket(moto)
    ObjectStore(service_of(moto), bucket).put("a", BytesBody(b"1"))
    S3Control(service_of(moto), bucket).send("acl", "PUT", params={"acl": ""}, headers={"x-amz-acl": "public-read"})
    store = ObjectStore(service_of(moto, key=None, secret=None), bucket)
    assert [entry.path for page in store.list() for entry in page.entries] == ["a"]


def read(store: ObjectStore, key: str) -> bytes:
    with store.read(key) as reader:
        return b"".join(reader)
