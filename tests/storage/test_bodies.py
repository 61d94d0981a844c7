"""Bodies answer for the bytes they give out; the operating system's errors get our words."""

from __future__ import annotations

import errno
import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from jupyter_resources.core.control import Control
from jupyter_resources.core.entry import Entry
from jupyter_resources.core.errors import (
    AlreadyExists,
    Changed,
    Damaged,
    Denied,
    InvalidPath,
    NoSpace,
    NotFound,
    ResourcesError,
    TimedOut,
    Unavailable,
)
from jupyter_resources.core.hashing import md5_of, part_size_for, sha256_of
from jupyter_resources.storage import bodies, smallfile
from jupyter_resources.storage.bodies import BytesBody, FileBody, ReaderBody
from jupyter_resources.storage.memory import MemoryStore
from jupyter_resources.storage.protocol import Body, PartedBody
from jupyter_resources.storage.smallfile import Grown, SmallFile
from jupyter_resources.storage.translate import from_os, translated
from jupyter_resources.testing.trees import Link, tree


def drained(body: Body, way: str) -> bytes:
    return body.whole() if way == "whole" else b"".join(body.chunks())


WAYS = pytest.mark.parametrize("way", ["whole", "chunks"])


@WAYS
@pytest.mark.parametrize("content", [b"", b"x", b"0123456789" * 300_000])
def test_bodies_give_out_what_their_digests_say(tmp_path: Path, way: str, content: bytes):
    """Bytes, a file and another store's object are the same body; each can be read again."""
    (tmp_path / "f").write_bytes(content)
    store = MemoryStore()
    entry = store.put("k", BytesBody(content))

    def reader():
        with store.read("k") as opened:
            return opened

    for body in (BytesBody(content), FileBody(str(tmp_path / "f")), ReaderBody(reader, entry)):
        for _ in range(2):
            assert drained(body, way) == content
            assert body.size == len(content)
            # What another store tells is enough to compare: the other digest isn't made for nothing.
            sha256 = None if isinstance(body, ReaderBody) else sha256_of(content)
            assert (body.md5, body.sha256) == (md5_of(content), sha256)


def test_only_a_file_can_be_sent_in_parts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """Above what goes in one request its digests are known before the first part is asked for."""
    monkeypatch.setattr(bodies, "WHOLE_BYTES", 1 << 20)
    content = os.urandom((8 << 20) + 5)
    (tmp_path / "f").write_bytes(content)
    body = FileBody(str(tmp_path / "f"))
    assert isinstance(body, PartedBody)
    assert not isinstance(BytesBody(b""), PartedBody)
    assert body.part_size == part_size_for(len(content)) == 8 << 20
    assert body.sha256 == sha256_of(content)
    assert body.part_md5s == (md5_of(content[: 8 << 20]), md5_of(content[8 << 20 :]))
    assert sent(body, 0) + sent(body, 1) == content
    body.check()


def sent(body: PartedBody, index: int) -> bytes:
    """The bytes of a part as they would be sent."""
    with body.part(index) as part:
        return os.pread(part.stream.fileno(), part.size, part.start)


Change = Callable[[Path], object]
CHANGES: dict[str, Change] = {
    "grows": lambda path: path.write_bytes(b"y" * 3_000_001),
    "shrinks": lambda path: path.write_bytes(b"y" * 5),
    "other bytes": lambda path: path.write_bytes(b"z" * 3_000_000),
    "another file": lambda path: (path.unlink(), path.write_bytes(b"x" * 3_000_000)),
    "touched": lambda path: os.utime(path, (1, 1)),
}


@WAYS
@pytest.mark.parametrize("change", CHANGES)
def test_file_that_changes_before_it_is_read(tmp_path: Path, way: str, change: str):
    """Changed, in every way a file can be another one; a digest is never told for it (law 8)."""
    path = tmp_path / "f"
    path.write_bytes(b"x" * 3_000_000)
    body = FileBody(str(path))
    CHANGES[change](path)
    with pytest.raises(Changed) as caught:
        drained(body, way)
    assert caught.value.hint
    assert body.md5 is None
    with pytest.raises(Changed):
        body.check()


@pytest.mark.parametrize("change", ["grows", "shrinks", "other bytes", "touched"])
def test_file_that_changes_while_it_is_read(tmp_path: Path, change: str):
    """Noticed at the end at the latest, and before what grows is read for ever."""
    path = tmp_path / "f"
    path.write_bytes(b"x" * 3_000_000)
    body = FileBody(str(path))
    taken = body.chunks()
    next(taken)
    CHANGES[change](path)
    with pytest.raises(Changed):
        list(taken)
    assert body.md5 is None


def test_a_small_file_that_changes_before_it_is_asked_for_is_told(tmp_path: Path):
    """It was read when it was opened; whether that is still it, is looked at."""
    path = tmp_path / "f"
    path.write_bytes(b"before")
    body = SmallFile(str(path), print)
    path.write_bytes(b"after!!")
    with pytest.raises(Changed):
        body.whole()
    path.unlink()
    with pytest.raises(NotFound, match="vanished"):
        body.whole()


@WAYS
@pytest.mark.parametrize("content", [b"", b"x" * 70_000])
def test_a_small_file_is_what_a_body_is(tmp_path: Path, way: str, content: bytes):
    """The same bytes each time they are asked for, with their digests."""
    path = tmp_path / "f"
    path.write_bytes(content)
    body = SmallFile(str(path), print)
    assert body.size == len(content)
    for _ in range(2):
        assert drained(body, way) == content
        if way == "whole" or content:
            assert (body.md5, body.sha256) == (md5_of(content), sha256_of(content))


def test_a_small_file_that_has_grown_is_not_taken_into_memory(tmp_path: Path):
    """It was small when it was listed."""
    path = tmp_path / "f"
    path.write_bytes(b"x" * ((1 << 20) + 1))
    with pytest.raises(Grown):
        SmallFile(str(path), print)


@pytest.mark.parametrize("change", ["grows", "shrinks", "touched"])
def test_a_small_file_that_changes_under_the_reading_is_told(
    tmp_path: Path, change: str, monkeypatch: pytest.MonkeyPatch
):
    """Between the first look and the last one, by however little."""
    path = tmp_path / "f"
    path.write_bytes(b"x" * 100)
    changes = {
        "grows": lambda: path.write_bytes(b"y" * 101),
        "shrinks": lambda: path.write_bytes(b"y" * 99),
        "touched": lambda: os.utime(path, (1, 1)),
    }

    class System:
        @staticmethod
        def read(descriptor: int, size: int) -> bytes:
            changes[change]()
            return os.read(descriptor, size)

        def __getattr__(self, name: str) -> object:
            return getattr(os, name)

    monkeypatch.setattr(smallfile, "os", System())
    with pytest.raises(Changed):
        SmallFile(str(path), print)


def test_a_read_that_gives_less_is_filled(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """A network file system may give fewer bytes than were asked for."""
    path = tmp_path / "f"
    path.write_bytes(b"0123456789" * 10)

    class System:
        @staticmethod
        def read(descriptor: int, size: int) -> bytes:
            return os.read(descriptor, min(size, 7))

        def __getattr__(self, name: str) -> object:
            return getattr(os, name)

    monkeypatch.setattr(smallfile, "os", System())
    assert SmallFile(str(path), print).whole() == b"0123456789" * 10


def test_file_that_cannot_be_read(tmp_path: Path):
    """Vanished, a directory, a named pipe, a broken link: told at once, with the name, and nothing hangs."""
    tree({"d": None, "broken": Link("nowhere")}, tmp_path)
    os.mkfifo(tmp_path / "pipe")
    for name, error in {"gone": NotFound, "broken": NotFound, "d": InvalidPath, "pipe": InvalidPath}.items():
        with pytest.raises(error, match=name):
            FileBody(str(tmp_path / name))
        with pytest.raises(error, match=name):
            SmallFile(str(tmp_path / name), print)
    path = tmp_path / "f"
    path.write_bytes(b"x")
    body = FileBody(str(path))
    path.unlink()
    with pytest.raises(NotFound, match="vanished"):
        body.whole()


class Reading:
    """A reader that says one thing and gives another."""

    def __init__(self, entry: Entry, content: bytes) -> None:
        self.entry, self.content = entry, content

    def __iter__(self):
        yield self.content


@WAYS
@pytest.mark.parametrize(
    ("said", "given", "error"),
    [
        ({"size": 3}, b"ab", Damaged),
        ({"size": 2}, b"abc", Damaged),
        ({"size": 3, "md5": md5_of(b"xyz")}, b"abc", Damaged),
        ({"size": 3, "sha256": sha256_of(b"xyz")}, b"abc", Damaged),
        ({"size": 4, "etag": "listed"}, b"abcd", Changed),
        ({"size": 3, "etag": "another"}, b"abc", Changed),
        ({"size": 3, "etag": "listed"}, b"abc", None),
        ({"size": 3}, b"abc", None),
    ],
)
def test_what_another_store_gives_is_checked(way: str, said: dict, given: bytes, error: type[Exception] | None):
    """Against size and digests that it says, and against what was listed."""
    body = ReaderBody(lambda: Reading(Entry("k", **said), given), Entry("k", min(said["size"], 3), etag="listed"))
    if error is Damaged:
        body = ReaderBody(lambda: Reading(Entry("k", **said), given), Entry("k", **said))
    if error is None:
        assert drained(body, way) == given
        return
    with pytest.raises(error):
        drained(body, way)
    assert body.md5 is None


@pytest.mark.parametrize(
    ("number", "error"),
    [
        (errno.ENOENT, NotFound),
        (errno.EEXIST, AlreadyExists),
        (errno.EISDIR, AlreadyExists),
        (errno.ENOTDIR, AlreadyExists),
        (errno.EACCES, Denied),
        (errno.EPERM, Denied),
        (errno.EROFS, Denied),
        (errno.ENOSPC, NoSpace),
        (errno.EDQUOT, NoSpace),
        (errno.EFBIG, NoSpace),
        (errno.ENAMETOOLONG, InvalidPath),
        (errno.ELOOP, InvalidPath),
        (errno.EIO, Damaged),
        (errno.ETIMEDOUT, TimedOut),
        (errno.ECONNREFUSED, Unavailable),
        (errno.ENETUNREACH, Unavailable),
        (errno.EMFILE, ResourcesError),
        (errno.EXDEV, ResourcesError),
    ],
)
def test_each_errno_has_one_meaning(number: int, error: type[ResourcesError]):
    """One line that names the thing; the original stays the cause."""
    with pytest.raises(error, match="the/thing") as caught, translated("the/thing"):
        raise OSError(number, os.strerror(number))
    assert type(caught.value) is error
    assert isinstance(caught.value.__cause__, OSError)
    assert "\n" not in caught.value.message


def test_what_another_store_sends_too_much_is_not_passed_on():
    """A hostile one could fill the disk before the digests are compared."""
    taken: list[int] = []

    class Endless:
        entry = Entry("k", 10, etag="e")

        def __iter__(self) -> Iterator[bytes]:
            for turn in range(100):
                taken.append(turn)
                yield b"12345"

    with pytest.raises(Damaged, match="more came"):
        ReaderBody(Endless, Endless.entry).whole()
    assert len(taken) == 3


def test_our_own_errors_pass_untouched():
    """Also those that are OSErrors, and those that aren't."""
    for error in (NoSpace("full"), NotFound("gone"), Changed("moved")):
        with pytest.raises(type(error)) as caught, translated("x"):
            raise error
        assert caught.value is error
        assert from_os(error, "x") is error  # type: ignore[arg-type]
    with pytest.raises(KeyboardInterrupt), translated("x"):
        raise KeyboardInterrupt


def test_progress_reaches_the_reporter():
    """Whoever gives the body hears what the store took of it."""
    moved: list[int] = []
    MemoryStore().under(Control()).put("k", BytesBody(b"123", moved.append))
    assert moved == [3]
