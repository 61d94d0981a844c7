"""What a hostile bucket, clone or neighbour tries: each was once a way in, and is now one skip or one line."""

from __future__ import annotations

import errno
import mmap
import os
import signal
import threading
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from jupyter_resources import RemoteStorage, RemoteStorageConfig
from jupyter_resources.core.control import Control
from jupyter_resources.core.entry import Entry
from jupyter_resources.core.errors import Changed, EmptySource, Incomplete, InvalidValue
from jupyter_resources.core.events import Copied, Event, Listed, Planned
from jupyter_resources.storage.local import LocalStore
from jupyter_resources.storage.memory import MemoryStore
from jupyter_resources.storage.protocol import Page
from jupyter_resources.sync import listing
from jupyter_resources.sync.digests import DigestCache
from jupyter_resources.testing.trees import Link, contents, held, tree
from tests.sync.test_counts import later
from tests.sync.test_laws import storage

__all__ = ["later"]


def bucket_in(directory: Path, name: str, cache: DigestCache | None = None) -> RemoteStorage:
    made = RemoteStorage(RemoteStorageConfig("local", str(directory), name, ""), cache=cache or DigestCache(None))
    made.create_bucket()
    return made


def stocked(files: dict[str, bytes]) -> MemoryStore:
    store = MemoryStore()
    for key, content in files.items():
        store.raw_put(key, content)
    return store


# What a mirror deletes


def test_a_newer_object_is_not_deleted(here: Path) -> None:
    """Replaced by somebody after it was listed."""
    tree({"d/a": b"1"}, here)
    store = stocked({"d/old": b"old"})

    def meddle(event: Event) -> None:
        if isinstance(event, Planned):
            store.raw_put("d/old", b"precious")

    with pytest.raises(Incomplete) as caught:
        storage(store).sync("d", report=meddle)
    assert isinstance(caught.value.failed["d/old"], Changed)
    assert held(store) == {"d/a": b"1", "d/old": b"precious"}


def test_what_the_source_has_by_now_is_not_deleted(here: Path) -> None:
    tree({"d/a": b"1"}, here)
    store = stocked({"d/late": b"late"})

    def meddle(event: Event) -> None:
        if isinstance(event, Planned):
            (here / "d/late").write_bytes(b"late")

    with pytest.raises(Incomplete, match="in the source by now"):
        storage(store).sync("d", report=meddle)
    assert held(store) == {"d/a": b"1", "d/late": b"late"}


def test_one_empty_place_among_several_empties_nothing(here: Path) -> None:
    """A disk that isn't mounted."""
    tree({"a/x": b"1", "b": None}, here)
    store = stocked({"a/x": b"1", "b/y": b"2"})
    with pytest.raises(EmptySource, match="b holds no files"):
        storage(store).push(["a", "b"], delete=True)
    assert held(store) == {"a/x": b"1", "b/y": b"2"}
    storage(store).push(["a", "b"], delete=True, allow_empty=True)
    assert held(store) == {"a/x": b"1"}


def test_another_base_path_in_the_middle_changes_nothing_under_way(here: Path) -> None:
    tree({"d/a": b"1"}, here)
    store = stocked({"A/d/old": b"old", "B/d/old": b"theirs"})
    target = RemoteStorage(RemoteStorageConfig("memory", "", "b", "", "", base_path="A"), store=store)

    def meddle(event: Event) -> None:
        if isinstance(event, Listed) and event.side == "target":
            target.set_remote_base_path("B")

    summary = target.sync("d", report=meddle)
    assert held(store) == {"A/d/a": b"1", "B/d/old": b"theirs"}
    assert [one.name for one in summary.deleted] == ["A/d/old"]


def test_a_bucket_around_its_own_source_deletes_nothing_of_it(here: Path, tmp_path: Path) -> None:
    tree({"precious": b"1"}, here)
    around = bucket_in(tmp_path.parent, tmp_path.name)
    with pytest.raises(InvalidValue, match="lies in the bucket itself"):
        around.sync(".")
    assert contents(here) == {"precious": b"1"}


def test_a_bucket_inside_its_source_is_not_pushed_into_itself(here: Path) -> None:
    tree({"a": b"1"}, here)
    inside = bucket_in(here, "backup")
    for _ in range(3):
        inside.sync(".")
    assert contents(here / "backup") == {"a": b"1"}


# What leaves unasked


def test_a_link_to_a_secret_is_one(here: Path, tmp_path: Path) -> None:
    (tmp_path / "id_rsa").write_bytes(b"key")
    tree({"d/a.csv": Link(str(tmp_path / "id_rsa")), "d/b.csv": b"2"}, here)
    store = MemoryStore()
    storage(store).push("d")
    assert held(store) == {"d/b.csv": b"2"}


def test_a_glob_follows_no_linked_directory(here: Path, tmp_path: Path) -> None:
    tree({"notes.txt": b"private"}, tmp_path / "elsewhere")
    tree({"d/more": Link(str(tmp_path / "elsewhere")), "d/loop": Link("."), "d/x/a.txt": b"1"}, here)
    store = MemoryStore()
    storage(store).push("d/**/*.txt")
    assert held(store) == {"d/x/a.txt": b"1"}


def test_a_link_in_a_shared_bucket_leads_nowhere(here: Path, tmp_path: Path) -> None:
    (tmp_path / "shadow").write_bytes(b"secret")
    tree({"x.csv": Link(str(tmp_path / "shadow")), "y.csv": Link("z"), "z": b"1"}, tmp_path / "buckets/b")
    summary = bucket_in(tmp_path / "buckets", "b").pull("")
    assert contents(here) == {"y.csv": b"1", "z": b"1"}
    assert "leads outside" in summary.skipped_source_files[0].reason


# What comes unasked


@pytest.mark.parametrize(
    "key",
    [
        "d/.git/hooks/post-checkout",
        "d/.GIT/config",
        "d/__pycache__/json.cpython-311.pyc",
        "d/.jtres-0123456789abcdef.part",
    ],
)
def test_what_would_be_run_is_not_pulled(here: Path, key: str) -> None:
    summary = storage(stocked({key: b"touch PWNED", "d/a": b"1"})).pull("d")
    assert contents(here) == {"d/a": b"1"}
    assert [one.name for one in summary.skipped_source_files] == [key]


@pytest.mark.parametrize("base", [".resources", "a/.resources", ".Resources/objects"])
def test_the_reserved_directory_is_no_base_path(base: str) -> None:
    with pytest.raises(InvalidValue, match="reserved"):
        RemoteStorage(RemoteStorageConfig("memory", "", "b", "", base_path=base), store=MemoryStore())


def test_a_dry_run_deletes_nothing_that_looks_like_ours(here: Path) -> None:
    name = "d/.jtres-0123456789abcdef.part"
    tree({name: b"mine", "d/a": b"1"}, here)
    storage(MemoryStore()).push("d", dryrun=True)
    storage(MemoryStore()).push("d")
    assert (here / name).read_bytes() == b"mine"


@pytest.mark.parametrize(
    "line",
    [
        "*a*a*a*a*a*a*a*a*b",
        "d/*x*y*z*",
        "a*a*/a*a*/a*a*/b",
        "a/**/" * 8 + "b",
        "**/a/**/a/**/b",
        "**/a*a*/**/a*a*/b",
    ],
)
def test_a_pattern_that_could_take_for_ever_is_refused(here: Path, line: str) -> None:
    tree({".resourcesignore": line.encode(), "d/" + "a" * 120: b"1"}, here)
    with pytest.raises(InvalidValue, match=r"too many '\*' in one pattern"):
        storage(MemoryStore()).push("d")


@pytest.mark.parametrize("line", ["**/*test*/**/x.csv", "a/**/b/**/c", "**/a/b/**", "d/*x*y*", "a/*/b/*/c/*/d/*/*.tmp"])
def test_what_people_write_is_none_of_them(here: Path, line: str) -> None:
    tree({".resourcesignore": line.encode(), "d/a": b"1"}, here)
    assert len(storage(MemoryStore()).push("d").synced_files) == 1


def test_an_endless_ignore_file_is_refused(here: Path) -> None:
    tree({".resourcesignore": Link("/dev/zero"), "d/a": b"1"}, here)
    with pytest.raises(InvalidValue, match="no regular file"):
        storage(MemoryStore()).push("d")


# What is believed


@pytest.mark.usefixtures("later")
def test_a_mapped_file_is_read_again_each_time(here: Path) -> None:
    """`numpy.memmap`: the time stamps stand still while the content changes."""
    with open("m", "w+b") as stream:
        stream.truncate(1 << 16)
        view = mmap.mmap(stream.fileno(), 1 << 16)
        view[:] = b"\1" * (1 << 16)
        store = MemoryStore()
        target = storage(store)
        target.push("m")
        view[:] = b"\2" * (1 << 16)
        target.push("m", force=True)
        view.close()
    assert held(store)["m"] == b"\2" * (1 << 16)


def test_two_writers_of_one_content_both_succeed(here: Path, tmp_path: Path) -> None:
    """Also in a directory, which looks before it reads."""
    tree({"a": b"same"}, here)
    inner = LocalStore(tmp_path / "bucket")

    def meddle(event: Event) -> None:
        if isinstance(event, Planned):
            tree({"a": b"same"}, tmp_path / "bucket")

    summary = storage(inner).push("a", report=meddle)
    assert [one.name for one in summary.synced_files] == ["a"]


def test_a_pipe_in_the_place_of_a_file_holds_back_no_interrupt(here: Path) -> None:
    """It became one between listing and reading; nobody ever writes into it."""
    tree({"a": b"1"}, here)
    store = stocked({"a": b"2"})

    def meddle(event: Event) -> None:
        if isinstance(event, Listed) and event.side == "target":
            (here / "a").unlink()
            os.mkfifo(here / "a")

    timer = threading.Timer(10, os.kill, (os.getpid(), signal.SIGINT))
    timer.start()
    try:
        summary = storage(store).push("a", dryrun=True, report=meddle)
    finally:
        timer.cancel()
        timer.join()
    assert summary.requires_force


def test_copied_events_are_only_for_what_was_done(here: Path) -> None:
    """A spared file is no done one."""
    tree({"d/a": b"1"}, here)
    store = stocked({"d/old": b"old"})
    seen: list[str] = []

    def watch(event: Event) -> None:
        if isinstance(event, Planned):
            store.raw_put("d/old", b"newer")
        if isinstance(event, Copied):
            seen.append(str(event.step))

    with pytest.raises(Incomplete):
        storage(store).sync("d", report=watch)
    assert seen == ["copy d/a (new)"]


def test_an_ignore_file_that_cannot_be_looked_at_lets_nothing_through(
    here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A failing disk is no reason to push what was to be left out."""
    tree({"d/secret-plan": b"x"}, here)
    look = os.lstat

    def lstat(path: str) -> os.stat_result:
        if str(path).endswith(".resourcesignore"):
            raise OSError(errno.EIO, "the disk fails")
        return look(path)

    monkeypatch.setattr("jupyter_resources.sync.ignore.os.lstat", lstat)
    store = MemoryStore()
    with pytest.raises(InvalidValue):
        storage(store).push("d")
    monkeypatch.undo()
    assert held(store) == {}


def test_a_listing_that_is_left_ends_and_cancels_nobody_else(here: Path) -> None:
    """The control is the caller's, who may have other plans with it."""
    control, asked = Control(), threading.Event()

    class Slow(MemoryStore):
        def list(self, prefix: str = "", *, tree: bool = False, expected: Sequence[str] = ()) -> Iterator[Page]:
            for number in range(1000):
                asked.set()
                yield Page([Entry(f"{number}", 1)])

    coming = listing.Objects(Slow(), [""], control)
    assert asked.wait(10)
    coming.close()
    assert not control.cancelled

    def failing(event: object) -> None:
        raise RuntimeError("mine")

    with pytest.raises(RuntimeError, match="mine") as kept:
        listing.Objects(Slow(), [""], control).listing(failing, "target")
    for thread in threading.enumerate():
        if thread.name == "jtres-pages":
            thread.join(10)
            assert not thread.is_alive()
    assert kept.value.args == ("mine",)
    assert not control.cancelled
