"""Large objects: sent in parts, verified, and nothing left on the server when that fails."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from jupyter_resources.core.control import Control
from jupyter_resources.core.errors import Cancelled, Changed, Damaged, SlowDown, Transient, Unsupported
from jupyter_resources.core.hashing import Hasher, part_size_for, sha256_of
from jupyter_resources.storage import bodies, objectstore
from jupyter_resources.storage.bodies import FileBody
from jupyter_resources.storage.objectstore import ObjectStore
from jupyter_resources.storage.protocol import ANY, WHOLE_BYTES
from jupyter_resources.storage.s3control import S3Control
from jupyter_resources.storage.s3parts import open_uploads
from tests.conftest import service_of
from tests.servers.processes import S3Server
from tests.servers.proxy import Proxy

SIZE = 70 << 20
PARTS = -(-SIZE // part_size_for(SIZE))
LIMIT = 8 << 20
"""What counts as too large for one request where 70 MiB would only take time."""


@pytest.fixture(scope="module")
def large(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """70 MiB, each part of it different."""
    path = tmp_path_factory.mktemp("large") / "large.bin"
    path.write_bytes(os.urandom(1 << 20) * (SIZE >> 20))
    with path.open("r+b") as stream:
        for part in range(PARTS):
            stream.seek(part * part_size_for(SIZE))
            stream.write(f"part {part}".encode())
    return path


@pytest.fixture
def three(large: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """20 MiB that go in three parts."""
    for module in (bodies, objectstore):
        monkeypatch.setattr(module, "WHOLE_BYTES", LIMIT)
    path = tmp_path / "three.bin"
    with large.open("rb") as stream:
        path.write_bytes(stream.read(20 << 20))
    return path


@pytest.fixture
def bucket(seaweedfs: S3Server, new_bucket: Callable[[S3Server], str]) -> str:
    return new_bucket(seaweedfs)


@pytest.fixture
def store(seaweedfs: S3Server, proxy: Proxy, bucket: str) -> ObjectStore:
    return ObjectStore(service_of(seaweedfs, endpoint=proxy.endpoint), bucket)


@pytest.fixture
def left(seaweedfs: S3Server, bucket: str) -> Callable[[], object]:
    """What lies in the bucket: objects and open uploads."""
    raw = S3Control(service_of(seaweedfs), bucket)
    return lambda: ([found.key for found in raw.page("", None).found], open_uploads(raw))


def test_both_ways(seaweedfs: S3Server, bucket: str, large: Path) -> None:
    """70 MiB arrive as they left, with our SHA-256 beside them and the ETag that can be computed."""
    control, told = Control(), []
    store = ObjectStore(service_of(seaweedfs), bucket).under(control)
    entry = store.put("large", FileBody(str(large), told.append))
    hasher = Hasher(part_sizes=(part_size_for(SIZE),))
    hasher.update(large.read_bytes())
    assert (entry.size, entry.sha256, entry.md5, entry.etag) == (SIZE, hasher.sha256, None, hasher.etags[0])
    assert sum(told) == SIZE
    assert control.requests == {"multipart": 2, "part": PARTS}
    with store.read("large") as reader:
        assert reader.entry.sha256 == entry.sha256
        assert sha256_of(b"".join(reader)) == entry.sha256
    with store.read("large", 5, SIZE - 5) as reader:
        assert b"".join(reader) == large.read_bytes()[5:-5]
    copied = store.copy("large", "copy")
    assert (copied.size, copied.sha256) == (SIZE, entry.sha256)
    (page,) = store.list("large")
    assert (page.entries[0].etag, page.entries[0].md5) == (entry.etag, None)


@pytest.mark.parametrize(
    ("fault", "expected"),
    [
        ({"answer": b"HTTP/1.1 503 Busy\r\nContent-Length: 0\r\n\r\n"}, SlowDown),
        ({"drop": True}, Transient),
        ({"header": (b"ETag", b'"0123456789abcdef0123456789abcdef"')}, Damaged),
    ],
)
def test_a_failing_part_leaves_nothing(
    fault: dict[str, object], expected: type, store: ObjectStore, proxy: Proxy, left: Callable[[], object], three: Path
) -> None:
    """Refused, cut off, or stored with another digest: the upload is taken back, and the progress with it."""
    told: list[int] = []
    proxy.fail("PUT", "partNumber=2", times=99, **fault)
    with pytest.raises(expected):
        store.put("large", FileBody(str(three), told.append))
    assert left() == ([], [])
    assert sum(told) == 0


def test_an_error_after_the_status_is_an_error(
    store: ObjectStore, proxy: Proxy, left: Callable[[], object], three: Path
) -> None:
    """S3 may say 200 to the completion and fail afterwards: the body tells."""
    body = b"<?xml version='1.0'?><Error><Code>InternalError</Code></Error>"
    answer = b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(body) + body
    proxy.fail("POST", "uploadId=", answer=answer)
    with pytest.raises(Transient):
        store.put("large", FileBody(str(three)))
    assert left() == ([], [])


def test_a_source_that_changes_is_not_stored(
    store: ObjectStore, proxy: Proxy, left: Callable[[], object], three: Path, tmp_path: Path
) -> None:
    """Noticed by the last look before the commit."""
    copy = tmp_path / "copy"
    copy.write_bytes(three.read_bytes())
    body = FileBody(str(copy))
    os.utime(copy, ns=(1, 1))
    with pytest.raises(Changed):
        store.put("large", body)
    assert left() == ([], [])


def test_a_file_that_becomes_shorter_is_not_taken_for_a_broken_network(
    store: ObjectStore, left: Callable[[], object], three: Path, tmp_path: Path
) -> None:
    """It is read again from its beginning by whoever sends it; the server had nothing to do with it."""
    copy = tmp_path / "copy"
    copy.write_bytes(three.read_bytes())
    body = FileBody(str(copy))
    os.truncate(copy, LIMIT + 5)
    with pytest.raises(Changed):
        store.put("large", body)
    assert left() == ([], [])


@pytest.mark.parametrize("told", [True, False])
def test_a_part_that_is_not_what_was_digested_is_not_stored(
    told: bool, store: ObjectStore, left: Callable[[], object], three: Path, tmp_path: Path
) -> None:
    """The server's tag tells, and then the file's own facts whether it was the file that changed."""
    copy = tmp_path / "copy"
    copy.write_bytes(three.read_bytes())
    body = FileBody(str(copy))
    with copy.open("r+b") as stream:
        stream.seek(LIMIT + 5)
        stream.write(b"another")
    if not told:  # a change that no time stamp shows
        body._facts = FileBody(str(copy))._facts
    with pytest.raises(Changed if told else Damaged):
        store.put("large", body)
    assert left() == ([], [])


@pytest.mark.parametrize(("there", "expect"), [(True, None), (False, "0" * 32)])
def test_an_expectation_is_checked_before_completing(
    there: bool, expect: str | None, store: ObjectStore, left: Callable[[], object], three: Path, tmp_path: Path
) -> None:
    """What is there stays as it was."""
    if there:
        (tmp_path / "small").write_bytes(b"small")
        store.put("large", FileBody(str(tmp_path / "small")))
    with pytest.raises(Changed):
        store.put("large", FileBody(str(three)), expect=expect)
    assert left() == (["large"] if there else [], [])
    if there:
        assert store.head("large").size == 5


def test_a_met_expectation(store: ObjectStore, three: Path) -> None:
    """None where nothing is, the ETag where something is."""
    first = store.put("large", FileBody(str(three)), expect=None)
    assert store.put("large", FileBody(str(three)), expect=first.etag).etag == first.etag


def test_cancel_leaves_no_open_upload(
    store: ObjectStore, proxy: Proxy, left: Callable[[], object], three: Path
) -> None:
    """Parts under way are dropped, the upload is aborted, and the caller is back at once."""
    control = Control()
    proxy.fail("PUT", "partNumber=3", silent=True)
    ended = in_background(lambda: store.under(control).put("large", FileBody(str(three))))
    assert proxy.started.wait(30)
    control.cancel()
    assert isinstance(ended(), Cancelled)
    assert left() == ([], [])


def test_a_stream_cannot_be_cut_in_parts(store: ObjectStore) -> None:
    """Too large for one request and not to be read twice: refused before anything is sent."""

    class Endless:
        size = WHOLE_BYTES + 1
        md5 = sha256 = None

        def whole(self) -> bytes:
            raise AssertionError

        def chunks(self) -> object:
            raise AssertionError

        def moved(self, count: int) -> None:
            raise AssertionError

    with pytest.raises(Unsupported):
        store.put("large", Endless(), expect=ANY)  # type: ignore[arg-type]


def in_background(call: Callable[[], object]) -> Callable[[], object]:
    """Run `call` in a thread; the result waits for it and gives what it returned or raised."""
    result: list[object] = []

    def run() -> None:
        try:
            result.append(call())
        except Exception as error:
            result.append(error)

    thread = threading.Thread(target=run, daemon=True)
    thread.start()

    def ended() -> object:
        thread.join(30)
        assert result, "still at it"
        return result[0]

    return ended
