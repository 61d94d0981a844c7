"""What people are told when something about the server, the network or the credentials is wrong."""

from __future__ import annotations

import socket
import threading
import time
import traceback
from collections.abc import Callable, Iterator

import pytest

from jupyter_resources.core import errors
from jupyter_resources.core.errors import (
    Changed,
    Damaged,
    Denied,
    InvalidValue,
    NoBucket,
    NoSpace,
    ResourcesError,
    SlowDown,
    TimedOut,
    Transient,
    Unauthenticated,
    Unavailable,
)
from jupyter_resources.storage.bodies import BytesBody
from jupyter_resources.storage.libcloud import LibcloudStore
from jupyter_resources.storage.libclouddrivers import Account
from jupyter_resources.storage.named import NamedStore
from jupyter_resources.storage.objectstore import ObjectStore
from jupyter_resources.storage.protocol import Store
from jupyter_resources.storage.registry import StoreSpec, open_store
from tests.conftest import service_of
from tests.servers.processes import NOBODY, SECRET, S3Server
from tests.servers.proxy import Proxy

VERBS: dict[str, Callable[[Store], object]] = {
    "list": lambda store: list(store.list()),
    "head": lambda store: store.head("x"),
    "read": lambda store: store.read("x").__enter__(),
    "put": lambda store: store.put("x", BytesBody(b"x")),
    "copy": lambda store: store.copy("x", "y"),
    "delete one": lambda store: store.delete(["x"]),
    "delete": lambda store: store.delete(["x", "y"]),
}
SOON = 15.0
"""Seconds. What is promised is less; on a busy machine this still tells it from an idle minute, and from retries."""
BY_HTTP = ("list", "delete one", "delete")
"""What goes over our own connection, which says why nobody is reached; obstore doesn't."""
every_verb = pytest.mark.parametrize("verb", VERBS)


def failing(store: Store, verb: str) -> ResourcesError:
    """The error of `verb`; it holds no secret, not even in the traceback with all its causes."""
    with pytest.raises(ResourcesError) as caught:
        VERBS[verb](store)
    text = "".join(traceback.format_exception(caught.value)) + repr(store)
    assert SECRET not in text
    assert "Signature=" not in text
    assert caught.value.hint or type(caught.value) is ResourcesError
    return caught.value


@pytest.fixture
def store(proxy: Proxy, seaweedfs: S3Server, new_bucket: Callable[[S3Server], str]) -> ObjectStore:
    bucket = new_bucket(seaweedfs)
    return ObjectStore(service_of(seaweedfs, endpoint=proxy.endpoint), bucket)


@every_verb
def test_wrong_credentials(verb: str, seaweedfs: S3Server, new_bucket: Callable[[S3Server], str]) -> None:
    """Each verb says that they are wrong and where they come from, a HEAD without a body too."""
    bucket = new_bucket(seaweedfs)
    for wrong in ({"key": "nobody-knows"}, {"secret": "not-the-secret"}):
        error = failing(ObjectStore(service_of(seaweedfs, **wrong), bucket), verb)
        assert type(error) is Unauthenticated
        assert error.hint == "correct the key or the secret where they are given"
        assert "not-the-secret" not in str(error)


@pytest.mark.parametrize(
    ("origin", "hint"), [("keyring (jupyter_resources/lab)", "is from keyring (jupyter_"), ("", "none were sent")]
)
def test_wrong_credentials_are_told_with_where_they_are_from(
    origin: str, hint: str, store: ObjectStore, proxy: Proxy
) -> None:
    """By name, once, also where they have expired; what another store says in the meantime stays as it is."""
    named = NamedStore(store, "lab", origin)
    for code in ("SignatureDoesNotMatch", "ExpiredToken"):
        proxy.respond(403, code)
        error = failing(named, "list")
        assert error.hint.count(hint) == 1
    store.put("x", BytesBody(b"x"))
    other = Unauthenticated("elsewhere", hint="there")
    with pytest.raises(Unauthenticated) as caught, named.read("x"):
        raise other
    assert caught.value is other and other.hint == "there"


@every_verb
def test_known_but_not_allowed(verb: str, seaweedfs: S3Server, new_bucket: Callable[[S3Server], str]) -> None:
    """Right credentials without the right are Denied, not Unauthenticated."""
    error = failing(ObjectStore(service_of(seaweedfs, key=NOBODY), new_bucket(seaweedfs)), verb)
    assert isinstance(error, Denied | errors.Incomplete)
    assert not isinstance(error, Unauthenticated)


@every_verb
def test_missing_bucket(verb: str, moto: S3Server) -> None:
    """It is the bucket that is missing, and how to make it; never just `x does not exist`."""
    error = failing(ObjectStore(service_of(moto), "no-such-bucket"), verb)
    assert type(error) is NoBucket
    assert "no bucket named 'no-such-bucket'" in error.message
    assert "create_bucket()" in error.hint


@pytest.mark.parametrize(
    ("engine", "verb"),
    [*(("s3", verb) for verb in VERBS), *(("minio", verb) for verb in ("list", "head", "read", "put"))],
)
def test_missing_bucket_by_its_name_in_the_settings(verb: str, engine: str, moto: S3Server) -> None:
    """What is typed to make it names what people call it, not what the provider does."""
    spec = StoreSpec(engine, "no-such-bucket", endpoint=moto.endpoint, key=moto.key, secret=moto.secret)
    error = failing(NamedStore(open_store(spec), "team", "keyring"), verb)
    assert "no bucket named 'no-such-bucket'" in error.message
    assert "%buckets create team makes it" in error.hint


@every_verb
def test_nobody_there_is_told_at_once(verb: str, seaweedfs: S3Server, closed_port: int) -> None:
    """A refused connection is Unavailable, with the address that was tried."""
    started = time.monotonic()
    error = failing(ObjectStore(service_of(seaweedfs, endpoint=f"http://127.0.0.1:{closed_port}"), "any"), verb)
    assert type(error) is Unavailable
    assert f"http://127.0.0.1:{closed_port}" in error.message
    assert ("refused" in error.message) == (verb in BY_HTTP)
    assert time.monotonic() - started < SOON


@every_verb
def test_unknown_host_is_told_within_seconds(verb: str, seaweedfs: S3Server) -> None:
    """A name that nobody knows is Unavailable as well."""
    error = failing(ObjectStore(service_of(seaweedfs, endpoint="http://no.such.host.invalid"), "any"), verb)
    assert type(error) is Unavailable
    assert ("no address is known" in error.message) == (verb in BY_HTTP)


def test_http_at_the_other_end_of_https(seaweedfs: S3Server) -> None:
    """Is told from a server that isn't there, by both of the ways to ask."""
    endpoint = seaweedfs.endpoint.replace("http://", "https://")
    account = Account("minio", "k", "s", endpoint)
    for store in (ObjectStore(service_of(seaweedfs, endpoint=endpoint), "any"), LibcloudStore(account, "any")):
        error = failing(store, "list")
        assert type(error) is Unavailable and "not in TLS" in error.message and "http://" in error.hint


def test_a_web_server_that_knows_no_bucket(store: ObjectStore, proxy: Proxy) -> None:
    """Answers 404 without S3's word for it: is it a storage service at all?"""
    proxy.respond(404, "")
    assert "endpoint is a storage service's" in failing(store, "list").hint


@pytest.fixture
def full_backlog() -> Iterator[int]:
    """A port whose queue of connections is full: a connection is neither taken nor refused."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen(0)
        waiting = []
        for _ in range(4):
            one = socket.socket()
            one.setblocking(False)
            one.connect_ex(listener.getsockname())
            waiting.append(one)
        yield listener.getsockname()[1]
        for one in waiting:
            one.close()


@pytest.mark.parametrize("verb", ["list", "put"])
def test_a_connection_that_is_never_answered_is_told_within_seconds(
    verb: str, seaweedfs: S3Server, full_backlog: int
) -> None:
    """As behind a firewall that drops everything."""
    started = time.monotonic()
    error = failing(ObjectStore(service_of(seaweedfs, endpoint=f"http://127.0.0.1:{full_backlog}"), "any"), verb)
    assert type(error) is Unavailable
    assert time.monotonic() - started < SOON


@every_verb
def test_a_silent_server_is_timed_out(verb: str, seaweedfs: S3Server, proxy: Proxy) -> None:
    """Taken, but never answered: TimedOut, in bounded time."""
    proxy.fail(times=100, silent=True)
    store = ObjectStore(service_of(seaweedfs, endpoint=proxy.endpoint, idle_seconds=0.5), "any")
    started = time.monotonic()
    assert type(failing(store, verb)) is TimedOut
    assert time.monotonic() - started < SOON


@every_verb
def test_a_dropped_connection_is_worth_another_try(verb: str, store: ObjectStore, proxy: Proxy) -> None:
    """Closed without an answer: Transient, and the engine itself doesn't repeat it."""
    proxy.fail(times=100, drop=True)
    error = failing(store, verb)
    assert type(error) is Transient
    assert len(proxy.requests) == 1


@pytest.mark.parametrize(
    ("status", "code", "expected"),
    [
        (403, "ExpiredToken", Unauthenticated),
        (403, "RequestTimeTooSkewed", Denied),
        (403, "AccessDenied", Denied),
        (400, "InvalidToken", Unauthenticated),
        (401, "", Unauthenticated),
        (404, "NoSuchBucket", NoBucket),
        (409, "ConditionalRequestConflict", Transient),
        (412, "PreconditionFailed", Changed),
        (400, "RequestTimeout", TimedOut),
        (400, "BadDigest", Damaged),
        (429, "", SlowDown),
        (503, "SlowDown", SlowDown),
        (503, "", SlowDown),
        (500, "InternalError", Transient),
        (502, "", Transient),
        (507, "", NoSpace),
        (301, "PermanentRedirect", InvalidValue),
    ],
)
@pytest.mark.parametrize("verb", ["list", "put"])  # one through libcloud, one through obstore
def test_what_a_server_says_has_one_meaning(
    verb: str, status: int, code: str, expected: type, store: ObjectStore, proxy: Proxy
) -> None:
    """Each status and code is one type of error, by whichever library the request went."""
    proxy.respond(status, code)
    error = failing(store, verb)
    assert type(error) is expected
    assert len(proxy.requests) == 1
    if code == "RequestTimeTooSkewed":
        assert "clock" in error.hint


def test_a_broken_listing_is_worth_another_try(store: ObjectStore, proxy: Proxy) -> None:
    """Half a page never counts as a page."""
    store.put("x", BytesBody(b"x"))
    proxy.fail("GET", "list-type", cut_after=40)
    assert isinstance(failing(store, "list"), Transient)


def test_a_body_that_ends_early_is_no_quiet_end(store: ObjectStore, proxy: Proxy) -> None:
    """A cut connection in the middle of a small and of a large object."""
    for size in (100_000, 3 << 20):
        store.put("x", BytesBody(bytes(size)))
        proxy.fail("GET", "/x", cut_after=size // 2)
        with pytest.raises((Transient, Damaged)), store.read("x") as reader:
            b"".join(reader)


def test_a_stall_in_the_middle_is_timed_out(store: ObjectStore, proxy: Proxy, moto: S3Server) -> None:
    """Silence is measured from the last chunk on, so a large object may take long, and a stuck one doesn't."""
    listener = socket.create_server(("127.0.0.1", 0))
    head = (
        b'HTTP/1.1 200 OK\r\nContent-Length: 4000000\r\nETag: "x"\r\n'
        b"Last-Modified: Wed, 21 Oct 2026 07:28:00 GMT\r\n\r\n"
    )
    port = listener.getsockname()[1]
    stuck = ObjectStore(service_of(moto, endpoint=f"http://127.0.0.1:{port}", idle_seconds=0.5), "any")

    def answer() -> None:
        client, _ = listener.accept()
        client.recv(65536)
        client.sendall(head + bytes(2_000_000))
        done.wait(20)
        client.close()

    done = threading.Event()
    threading.Thread(target=answer, daemon=True).start()
    with pytest.raises(TimedOut), stuck.read("x") as reader:
        for _ in reader:
            pass
    done.set()
    listener.close()
