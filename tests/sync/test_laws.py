"""The laws of the engine, each broken on purpose from outside: what must then still be true."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from jupyter_resources import RemoteStorage, RemoteStorageConfig
from jupyter_resources.core.errors import Cancelled, Changed, Damaged, Denied, Incomplete, NotFound
from jupyter_resources.core.events import Copied, Event, Moved
from jupyter_resources.storage.local import LocalStore
from jupyter_resources.storage.memory import MemoryStore
from jupyter_resources.storage.protocol import Store
from jupyter_resources.storage.smallfile import SmallFile
from jupyter_resources.sync import transfer
from jupyter_resources.sync.digests import DigestCache
from jupyter_resources.sync.engine import Interrupted
from jupyter_resources.testing.faulty import Fault, FaultyStore
from jupyter_resources.testing.trees import contents, held, tree


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Tries follow each other at once."""
    monkeypatch.setattr(transfer, "PAUSE_SECONDS", 0.0)


def storage(store: Store) -> RemoteStorage:
    return RemoteStorage(RemoteStorageConfig("memory", "", "b", ""), store=store, cache=DigestCache(None))


def memory(files: dict[str, bytes]) -> MemoryStore:
    store = MemoryStore()
    for key, content in files.items():
        store.raw_put(key, content)
    return store


# Law 2: verified before it counts, in both directions


@pytest.mark.parametrize("spoil", [{"cut": 2}, {"flip": 1}], ids=["short", "flipped"])
@pytest.mark.parametrize("before", [None, b"older"])
def test_a_download_that_arrives_spoiled_is_an_error(here: Path, spoil: dict[str, int], before: bytes | None) -> None:
    """A short or flipped read never becomes a file, however often it comes; what was there stays."""
    if before is not None:
        tree({"a": before}, here)
    store = FaultyStore(memory({"a": b"hello", "b": b"fine"}), [Fault("read", key="a", times=99, **spoil)])
    with pytest.raises(Incomplete) as caught:
        storage(store).pull("", force=True)
    assert isinstance(caught.value.failed["a"], Damaged)
    assert [one.name for one in caught.value.summary.synced_files] == ["b"]
    assert contents(here) == {"b": b"fine"} | ({"a": before} if before is not None else {})


def test_a_download_spoiled_once_is_tried_again(here: Path) -> None:
    store = FaultyStore(memory({"a": b"hello"}), [Fault("read", key="a", cut=2)])
    assert len(storage(store).pull("a").synced_files) == 1
    assert contents(here) == {"a": b"hello"}


@pytest.mark.parametrize("spoil", [{"cut": 2}, {"flip": 1}], ids=["short", "flipped"])
def test_an_upload_that_is_stored_spoiled_is_an_error(here: Path, spoil: dict[str, int]) -> None:
    tree({"a": b"hello"}, here)
    inner = MemoryStore()
    with pytest.raises(Incomplete) as caught:
        storage(FaultyStore(inner, [Fault("put", times=99, **spoil)])).push("a")
    assert isinstance(caught.value.failed["a"], Damaged)
    assert held(inner) == {}


# Law 3: deletes last, and only if every copy succeeded


def test_deletes_come_after_every_copy(here: Path) -> None:
    tree({f"d/{n}": b"new" for n in range(20)}, here)
    seen: list[str] = []

    def watch(event: Event) -> None:
        if isinstance(event, Copied):
            seen.append(event.step.action)

    storage(memory({f"d/old{n}": b"old" for n in range(5)})).sync("d", report=watch)
    assert seen == ["copy"] * 20 + ["delete"] * 5


def test_a_failed_copy_means_no_delete(here: Path) -> None:
    tree({"d/a": b"1", "d/b": b"2"}, here)
    inner = memory({"d/old": b"old"})
    store = FaultyStore(inner, [Fault("put", key="d/a", times=99, error=Denied("no"))])
    with pytest.raises(Incomplete, match="nothing of 1 was deleted") as caught:
        storage(store).sync("d")
    assert held(inner) == {"d/b": b"2", "d/old": b"old"}
    assert caught.value.summary.deleted == []
    assert "delete" not in store.calls


def test_a_delete_that_fails_is_reported(here: Path) -> None:
    tree({"d/a": b"1"}, here)
    inner = memory({"d/old": b"old"})
    with pytest.raises(Incomplete) as caught:
        storage(FaultyStore(inner, [Fault("delete", error=Denied("not allowed"))])).sync("d")
    assert list(caught.value.failed) == ["d/old"]
    assert held(inner) == {"d/a": b"1", "d/old": b"old"}


# Law 4: one failed file doesn't stop the others


def test_others_go_on_and_the_same_line_finishes(here: Path) -> None:
    tree({f"d/{n:02}": b"x%d" % n for n in range(30)}, here)
    inner = MemoryStore()
    store = FaultyStore(
        inner, [Fault("put", key="d/07", error=Denied("no")), Fault("put", key="d/11", error=Denied("no"))]
    )
    with pytest.raises(Incomplete, match="2 of 30 files failed") as caught:
        storage(store).push("d")
    assert sorted(caught.value.failed) == ["d/07", "d/11"]
    assert len(held(inner)) == 28
    before = store.calls["put"]
    again = storage(store).push("d")
    assert sorted(one.name for one in again.synced_files) == ["d/07", "d/11"]
    assert store.calls["put"] - before == 2
    assert held(inner) == contents(here)


class Panic(BaseException):
    """As an engine in another language raises it."""


@pytest.mark.parametrize("error", [Panic("surprise"), Cancelled("surprise")])
def test_no_step_is_lost_whatever_is_raised(here: Path, error: BaseException) -> None:
    """And so no delete follows a copy of which nothing is known."""
    tree({"d/a": b"1", "d/b": b"2"}, here)
    inner = memory({"d/gone": b"3"})
    store = FaultyStore(inner, [Fault("put", key="d/a", error=error)])  # type: ignore[arg-type]
    with pytest.raises(Incomplete, match="surprise"):
        storage(store).sync("d")
    assert set(held(inner)) == {"d/b", "d/gone"}


def test_a_machine_that_gives_few_threads_is_slower_and_no_more(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A container's limit of processes."""
    tree({f"d/{n}": b"%d" % n for n in range(40)}, here)
    inner, started = MemoryStore(), threading.Thread.start

    def start(self: threading.Thread) -> None:
        if self.name.startswith("jtres-") and self.name.removeprefix("jtres-").isdigit() and self.name != "jtres-0":
            raise RuntimeError("can't start new thread")
        started(self)

    monkeypatch.setattr(threading.Thread, "start", start)
    assert len(storage(inner).push("d").synced_files) == 40


def test_a_surprise_in_one_file_is_an_error_of_that_file(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Even a bug of ours (any exception) neither hangs the transfer nor hides."""
    tree({"d/a": b"1", "d/b": b"2"}, here)
    inner = MemoryStore()
    store = FaultyStore(inner, [Fault("put", key="d/a", error=ZeroDivisionError("surprise"))])
    with pytest.raises(Incomplete, match="ZeroDivisionError: surprise"):
        storage(store).push("d")
    assert held(inner) == {"d/b": b"2"}


# Law 6: nothing is written outside the target


@pytest.mark.parametrize(
    "key", ["../up", "a/../../up", "/lead", "d//e", "x/./y", "tab\there", "C:/windows", "back\\slash", "dir/", "n\x00l"]
)
def test_a_hostile_name_is_one_skip(here: Path, tmp_path: Path, key: str) -> None:
    outside = contents(tmp_path)
    summary = storage(memory({key: b"evil", "good": b"fine"})).pull("")
    assert contents(here) == {"good": b"fine"}
    assert contents(tmp_path) == outside | {"here/good": b"fine"}
    (skipped,) = summary.skipped_source_files
    assert skipped.reason and skipped.local_path is None
    summary.to_json()


def test_a_hostile_name_can_be_deleted() -> None:
    store = memory({"../up": b"evil", "good": b"fine"})
    assert [one.name for one in storage(store).delete("..")] == ["../up"]
    assert held(store) == {"good": b"fine"}


def test_a_linked_directory_on_the_way_is_refused(here: Path, tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (here / "d").symlink_to(elsewhere)
    with pytest.raises(Incomplete, match="d"):
        storage(memory({"d/x": b"1"})).pull("d", force=True)
    assert contents(elsewhere) == {}


# Law 7: the same line finishes what was interrupted


@pytest.mark.parametrize("where", ["memory", "local"])
def test_an_interrupt_leaves_whole_files_and_the_same_line_goes_on(here: Path, tmp_path: Path, where: str) -> None:
    """10,000 files: Ctrl-C after some hundred; every object is whole, and only the others are sent next time."""
    files = {f"d/{n % 10}/{n:05}.txt": b"content of %d" % n for n in range(10_000)}
    tree(files, here)
    inner: Store = MemoryStore() if where == "memory" else LocalStore(tmp_path / "bucket")
    # From the 1,000th on nothing is answered, so that the end never comes before the interrupt.
    stuck = FaultyStore(inner, [Fault("put", nth=1000, times=10_000, hang=True)])
    done = 0

    def interrupt(event: Event) -> None:
        nonlocal done
        done += isinstance(event, Copied)
        if done == 300 and isinstance(event, Copied):
            os.kill(os.getpid(), signal.SIGINT)

    with pytest.raises(Interrupted, match="Stopped after") as caught:
        storage(stuck).push("d", report=interrupt)
    assert isinstance(caught.value, KeyboardInterrupt)
    wait_for_workers()
    there = held(inner)
    assert 300 <= len(there) < 10_000
    assert all(files[key] == content for key, content in there.items())
    assert caught.value.summary.interrupted
    rest = storage(inner).push("d")
    assert len(rest.synced_files) == 10_000 - len(there)
    assert held(inner) == files
    if where == "local":
        assert contents(tmp_path / "bucket") == files, "no temporary file is left either"


def test_an_impatient_second_interrupt_ends_it_too(here: Path) -> None:
    tree({"a": b"1", "b": b"2"}, here)

    def interrupt(event: Event) -> None:
        os.kill(os.getpid(), signal.SIGINT)

    with pytest.raises(Interrupted, match="Stopped after"):
        storage(FaultyStore(MemoryStore(), [Fault("put", nth=2, hang=True)])).push(
            "*", report=interrupt_copied(interrupt)
        )
    wait_for_workers()


def interrupt_copied(action):  # type: ignore[no-untyped-def]
    """Calls `action` for each event after the first finished file."""
    seen = False

    def watch(event: Event) -> None:
        nonlocal seen
        seen = seen or isinstance(event, Copied)
        if seen:
            action(event)

    return watch


def test_an_interrupt_while_listing_changes_nothing(here: Path) -> None:
    tree({"a": b"1"}, here)
    store = FaultyStore(MemoryStore(), [Fault("list", hang=True)])
    with interrupted_soon(), pytest.raises(Interrupted, match="before anything was changed"):
        storage(store).push("a")
    assert "put" not in store.calls


def test_an_interrupt_ends_a_request_that_hangs(here: Path) -> None:
    tree({"a": b"1"}, here)
    inner = MemoryStore()
    with interrupted_soon(), pytest.raises(Interrupted):
        storage(FaultyStore(inner, [Fault("put", hang=True)])).push("a")
    wait_for_workers()
    assert held(inner) == {}


def test_a_killed_pull_leaves_no_part_of_a_file(here: Path, tmp_path: Path) -> None:
    """SIGKILL in the middle of writing: the target is as before, and the same line brings it."""
    content = os.urandom(40 << 20)
    tree({"buckets/b/big": content}, tmp_path)
    script = (
        "import os, signal\n"
        "from jupyter_resources import RemoteStorage, RemoteStorageConfig\n"
        "from jupyter_resources.core.events import Moved\n"
        "def die(event):\n"
        "    if isinstance(event, Moved): os.kill(os.getpid(), signal.SIGKILL)\n"
        f"RemoteStorage(RemoteStorageConfig('local', {str(tmp_path / 'buckets')!r}, 'b', '')).pull('big', report=die)\n"
    )
    (here / "big").write_bytes(b"before")
    script = script.replace("pull('big'", "pull('big', force=True")
    ended = subprocess.run(
        [sys.executable, "-c", script], env={**os.environ, "XDG_CACHE_HOME": str(tmp_path)}, check=False
    )
    assert ended.returncode == -signal.SIGKILL
    conf = RemoteStorageConfig("local", str(tmp_path / "buckets"), "b", "")
    assert (here / "big").read_bytes() in (b"before", content)
    RemoteStorage(conf, cache=DigestCache(None)).pull("big", force=True)
    assert contents(here) == {"big": content}
    assert os.listdir(here) == ["big"], "what the killed process left is gone"


def test_a_process_killed_between_link_and_unlink_leaves_a_file_like_others(here: Path) -> None:
    """The target is there and its temporary name too: the walk removes the latter, and nothing else is noticed."""
    tree({"d/a": b"same"}, here)
    os.link(here / "d/a", here / "d/.jtres-0123456789abcdef.part")
    summary = storage(memory({"d/a": b"same"})).pull("d")
    assert [one.name for one in summary.on_target_eq_md5] == ["d/a"]
    assert os.listdir(here / "d") == ["a"]


# Law 8: a file that changes while it is read


@pytest.fixture
def meddle(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[object]]:
    """Callables run each time just after a file was opened to be sent."""
    actions: list[object] = []
    whole = SmallFile.whole

    def meddled(self: SmallFile) -> bytes:
        if actions:
            action = actions.pop(0)
            assert callable(action)
            action()
        return whole(self)

    monkeypatch.setattr(SmallFile, "whole", meddled)
    yield actions


def test_a_file_that_changes_once_is_read_again(here: Path, meddle: list[object]) -> None:
    tree({"a": b"before"}, here)
    meddle.append(lambda: (here / "a").write_bytes(b"after!"))
    inner = MemoryStore()
    summary = storage(inner).push("a")
    assert held(inner) == {"a": b"after!"}
    assert len(summary.synced_files) == 1


def test_a_file_that_keeps_changing_is_not_stored_torn(here: Path, meddle: list[object]) -> None:
    tree({"a": b"0", "b": b"fine"}, here)
    meddle.extend(lambda number=number: (here / "a").write_bytes(b"x" * (number + 2)) for number in range(9))
    inner = MemoryStore()
    with pytest.raises(Incomplete) as caught:
        storage(inner).push(["a", "b"])
    assert isinstance(caught.value.failed["a"], Changed)
    assert "a" not in held(inner)


def test_a_file_that_vanishes_is_told(here: Path, meddle: list[object]) -> None:
    tree({"a": b"1"}, here)
    meddle.append((here / "a").unlink)
    with pytest.raises(Incomplete) as caught:
        storage(MemoryStore()).push("a")
    assert isinstance(caught.value.failed["a"], NotFound)
    assert caught.value.hint


# Two writers


def test_somebody_elses_work_is_not_overwritten(here: Path) -> None:
    """Between our listing and our put somebody put another content there: it stays, and we are told."""
    tree({"a": b"mine"}, here)
    inner = MemoryStore()

    class Race(FaultyStore):
        def put(self, key, body, *, expect=None):  # type: ignore[no-untyped-def]
            inner.raw_put("a", b"theirs")
            return super().put(key, body, expect=expect)

        def under(self, control):  # type: ignore[no-untyped-def]
            return self

    with pytest.raises(Incomplete) as caught:
        storage(Race(inner, [])).push("a")
    assert isinstance(caught.value.failed["a"], Changed)
    assert held(inner) == {"a": b"theirs"}


def test_thirty_threads_push_at_once(here: Path) -> None:
    """One process, one storage, the same and other directories: all succeed, and nobody moves the current directory."""
    files = {f"d{n}/{m}": b"%d-%d" % (n, m) for n in range(15) for m in range(5)}
    tree(files, here)
    inner = MemoryStore()
    target = storage(inner)
    errors: list[BaseException] = []

    def push(directory: str) -> None:
        try:
            target.push(directory)
        except BaseException as error:
            errors.append(error)

    threads = [threading.Thread(target=push, args=(f"d{n % 15}",)) for n in range(30)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert errors == []
    assert held(inner) == files
    assert Path.cwd() == here


def test_what_is_thrown_away_is_taken_back_from_the_count(here: Path) -> None:
    """The bytes that a summary counts are those that arrived."""
    store = FaultyStore(memory({"a": b"x" * 3_000_000}), [Fault("read", key="a", cut=2_000_000)])
    moved: list[int] = []

    def watch(event: Event) -> None:
        if isinstance(event, Moved):
            moved.append(event.bytes)

    summary = storage(store).pull("a", report=watch)
    assert summary.bytes_moved == sum(moved) == 3_000_000
    assert min(moved) < 0


@contextmanager
def interrupted_soon() -> Iterator[None]:
    """Ctrl-C a moment after the block began; never after it."""
    timer = threading.Timer(0.2, os.kill, (os.getpid(), signal.SIGINT))
    timer.start()
    try:
        yield
    finally:
        timer.cancel()
        timer.join()


def wait_for_workers() -> None:
    """Until no thread of ours is left: cut off ones clean up on their own."""
    end = time.monotonic() + 20
    while any(one.name.startswith("jtres-") for one in threading.enumerate()):
        assert time.monotonic() < end, "a worker never ended"
        time.sleep(0.01)
