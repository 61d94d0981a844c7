"""A long range is one request into one piece of memory; an answer that isn't that range is never taken for it."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from jupyter_resources.core.control import Control
from jupyter_resources.core.errors import Cancelled, Changed, Damaged, InvalidValue, NotFound, ResourcesError, Transient
from jupyter_resources.storage import ranged as module
from jupyter_resources.storage.bodies import BytesBody, ReaderBody
from jupyter_resources.storage.local import LocalStore
from jupyter_resources.storage.objectstore import ObjectStore
from jupyter_resources.storage.partial import Partial
from jupyter_resources.storage.protocol import STREAM_BYTES
from jupyter_resources.storage.ranged import ranged
from jupyter_resources.storage.retrying import RetryingStore
from tests.conftest import service_of
from tests.servers.processes import S3Server
from tests.servers.proxy import Proxy
from tests.storage.test_s3_parts import in_background

CONTENT = os.urandom(5 * STREAM_BYTES + 7)
END = 2 * STREAM_BYTES


@pytest.fixture
def store(seaweedfs: S3Server, proxy: Proxy, new_bucket: Callable[[S3Server], str]) -> ObjectStore:
    """With one object of some MiB."""
    bucket = new_bucket(seaweedfs)
    ObjectStore(service_of(seaweedfs), bucket).put("k", BytesBody(CONTENT))
    return ObjectStore(service_of(seaweedfs, endpoint=proxy.endpoint), bucket)


def chunks(store: ObjectStore | RetryingStore, start: int = 0, end: int = END) -> list[bytes]:
    with store.read("k", start, end) as reader:
        return list(reader)


def test_a_range_comes_in_one_piece_and_says_what_the_whole_is(store: ObjectStore, proxy: Proxy) -> None:
    """The same facts as a short range gives, which goes another way: one object is compared by them."""
    control = Control()
    assert chunks(store.under(control), 5, END) == [CONTENT[5:END]]
    assert (control.requests, proxy.counts) == ({"read": 1}, {"GET": 1})
    with store.read("k", 5, END) as long, store.read("k", 5, 6) as short:
        assert long.entry == short.entry
        assert long.entry.size == len(CONTENT)
        assert long.entry.sha256


@pytest.mark.parametrize(
    ("start", "end", "error"),
    [(len(CONTENT) + 1, len(CONTENT) + END, InvalidValue), (len(CONTENT) - 5, len(CONTENT) + END, Damaged)],
)
def test_what_is_not_there_is_not_given(start: int, end: int, error: type[ResourcesError], store: ObjectStore) -> None:
    """Beyond the end, or partly so; and of no object."""
    with pytest.raises(error):
        chunks(store, start, end)
    store.delete(["k"])
    with pytest.raises(NotFound):
        chunks(store)


@pytest.mark.parametrize(
    "header",
    [
        (b"Content-Range", b"bytes 1-%d/%d" % (END, len(CONTENT))),
        (b"Content-Range", b"bytes 0-%d/%d" % (END, len(CONTENT))),
        (b"Content-Range", b"bytes 0-%d/*" % (END - 1)),
        (b"Content-Range", b"a lie"),
    ],
)
def test_another_range_than_was_asked_for_is_damaged(
    header: tuple[bytes, bytes], store: ObjectStore, proxy: Proxy
) -> None:
    proxy.fail("GET", "/k", header=header)
    with pytest.raises(Damaged, match="something else came"):
        chunks(store)


@pytest.mark.parametrize("time", [b"", b"yesterday", b"Fri, 27 Nov 2026 00:00:00 -0000"])
def test_a_time_that_is_none_is_not_known(time: bytes, store: ObjectStore, proxy: Proxy) -> None:
    proxy.fail("GET", "/k", header=(b"Last-Modified", time))
    with store.read("k", 0, END) as reader:
        assert reader.entry.mtime_ns is None


def test_an_object_that_became_small_is_looked_at_anew(store: ObjectStore) -> None:
    """A first range of what is empty by now tells what it is, not that the request can't be; a negative one can't."""
    store.put("empty", BytesBody(b""))
    with store.read("empty", 0, 4 << 20) as reader:
        assert reader.entry.size == 0
    with pytest.raises(InvalidValue), store.read("empty", -5, 2 << 20):
        pass


def test_the_whole_object_is_no_range(store: ObjectStore, proxy: Proxy) -> None:
    """From a server that knows no ranges."""
    answer = b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nwhole"
    proxy.fail("GET", "/k", answer=answer)
    with pytest.raises(Damaged, match="200"):
        chunks(store)


def test_a_cut_is_transient_and_tried_again(store: ObjectStore, proxy: Proxy) -> None:
    """Fewer bytes than were announced: the connection broke, nobody lied."""
    proxy.fail("GET", "/k", cut_after=STREAM_BYTES, times=2)
    with pytest.raises(Transient):
        chunks(store)
    assert b"".join(chunks(RetryingStore(store))) == CONTENT[:END]


def test_a_cancel_ends_it(store: ObjectStore, proxy: Proxy) -> None:
    control = Control()
    proxy.fail("GET", "/k", silent=True)
    ended = in_background(lambda: chunks(store.under(control)))
    assert proxy.started.wait(30)
    control.cancel()
    assert isinstance(ended(), Cancelled)


def test_a_pull_asks_for_each_range_once_and_writes_each_byte_once(
    store: ObjectStore, proxy: Proxy, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What came in one piece is written from that piece."""
    monkeypatch.setattr(module, "RANGE_BYTES", END)
    written: list[int] = []
    write = Partial.write
    monkeypatch.setattr(Partial, "write", lambda partial, chunk: (written.append(len(chunk)), write(partial, chunk)))
    with ranged(store, "k", Control()) as reader:
        LocalStore(tmp_path).put("k", ReaderBody(lambda: reader, reader.entry))
    assert proxy.counts == {"GET": 3}
    assert written == [END, END, len(CONTENT) - 2 * END]
    assert (tmp_path / "k").read_bytes() == CONTENT


def test_another_object_in_the_middle_is_noticed(
    store: ObjectStore, proxy: Proxy, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The facts of every range are compared with those of the first."""
    monkeypatch.setattr(module, "RANGE_BYTES", END)
    with pytest.raises(Changed), ranged(store, "k", Control()) as reader:
        proxy.fail("GET", "/k", header=(b"ETag", b'"0123456789abcdef0123456789abcdef"'))
        list(reader)
