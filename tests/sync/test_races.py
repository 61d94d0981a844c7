"""Somebody else acts between our looking and our doing: nothing of theirs is lost, nothing wrong is believed."""

from __future__ import annotations

import logging
import os
import threading
from collections.abc import Sequence
from pathlib import Path

import pytest

from jupyter_resources import RemoteStorage, RemoteStorageConfig
from jupyter_resources.core.control import Control
from jupyter_resources.core.entry import Entry
from jupyter_resources.core.errors import Changed, Denied, Incomplete, ResourcesError
from jupyter_resources.core.events import Copied, Event
from jupyter_resources.core.hashing import Hasher
from jupyter_resources.storage.bodies import BytesBody
from jupyter_resources.storage.memory import MemoryStore
from jupyter_resources.storage.protocol import ANY, Body, Expect, Store
from jupyter_resources.sync.digests import DigestCache
from jupyter_resources.sync.execute import _Room
from jupyter_resources.testing.trees import contents, held, tree
from tests.sync.test_laws import storage


class Meddled(MemoryStore):
    """A bucket in which something happens just before one of our verbs."""

    before: dict[str, object]

    def meddle(self, **before: object) -> Meddled:
        """Call each of `before` once, ahead of the first use of the verb of its name."""
        self.before = before
        return self

    def _now(self, verb: str) -> None:
        action = self.before.pop(verb, None)
        if action is not None:
            assert callable(action)
            action()

    def put(self, key: str, body: Body, *, expect: Expect = ANY) -> Entry:
        self._now("put")
        return super().put(key, body, expect=expect)

    def copy(self, source: str, target: str, *, expect: Expect = ANY) -> Entry:
        self._now("copy")
        return super().copy(source, target, expect=expect)

    def head(self, key: str) -> Entry:
        self._now("head")
        return super().head(key)

    def delete(self, keys: Sequence[str]) -> None:
        self._now("delete")
        super().delete(keys)


@pytest.mark.parametrize("listed", [None, b"was there"])
def test_what_somebody_put_meanwhile_is_not_overwritten_even_by_force(here: Path, listed: bytes | None) -> None:
    tree({"a": b"mine"}, here)
    store = Meddled()
    if listed is not None:
        store.raw_put("a", listed)
    store.meddle(put=lambda: store.raw_put("a", b"theirs"))
    with pytest.raises(Incomplete) as caught:
        storage(store).push("a", force=True)
    assert isinstance(caught.value.failed["a"], Changed)
    assert held(store) == {"a": b"theirs"}


def test_what_is_copied_within_the_bucket_is_checked(here: Path) -> None:
    """The object that was to be reused was replaced: the file travels instead."""
    tree({"d/new": b"the same content"}, here)
    store = Meddled()
    store.raw_put("d/old", b"the same content")
    store.meddle(copy=lambda: store.raw_put("d/old", b"another content!"))
    storage(store).push("d")
    assert held(store) == {"d/old": b"another content!", "d/new": b"the same content"}


def test_a_replaced_object_of_equal_size_is_not_taken_for_the_old_one(here: Path) -> None:
    """What this machine recorded of an object holds for its ETag alone."""
    tree({"a": b"mine"}, here)
    store = MemoryStore(etags="opaque")
    target = storage(store)
    target.push("a")
    assert len(target.push("a").on_target_eq_md5) == 1
    store.raw_put("a", b"them")
    with pytest.raises(FileExistsError, match="can't be compared"):
        target.push("a")


def test_a_digest_told_of_another_object_than_the_listed_one_is_not_believed(here: Path) -> None:
    """Between LIST and HEAD the object became what we have; what was listed stays unknown."""
    tree({"a": b"mine"}, here)
    store = Meddled(etags="opaque")
    store.raw_put("a", b"them")
    store.meddle(head=lambda: MemoryStore.put(store, "a", BytesBody(b"mine")))
    assert storage(store).push("a", dryrun=True).on_target_eq_md5 == []


def test_a_file_that_changes_while_it_is_compared_is_not_equal(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its old bytes were hashed when the new ones came: neither taken as equal nor remembered."""
    tree({"a": b"theirs"}, here)
    store = MemoryStore()
    store.raw_put("a", b"theirs")
    update = Hasher.update

    def meddling(self: Hasher, chunk: bytes) -> None:
        update(self, chunk)
        if chunk == b"theirs":
            (here / "a").write_bytes(b"mine!!")

    monkeypatch.setattr(Hasher, "update", meddling)
    assert storage(store).push("a", dryrun=True).on_target_eq_md5 == []


def test_a_file_that_changed_since_it_was_listed_is_not_deleted(here: Path, tmp_path: Path) -> None:
    """A directory as a bucket: somebody writes into what a mirror is about to delete."""
    tree({"d/a": b"new"}, here)
    bucket = tree({"d/old": b"old", "d/older": b"older"}, tmp_path / "buckets/b")
    target = RemoteStorage(RemoteStorageConfig("local", str(tmp_path / "buckets"), "b", ""), cache=DigestCache(None))

    def meddle(event: Event) -> None:
        if isinstance(event, Copied) and event.step.path == "d/a":
            (bucket / "d/old").write_bytes(b"precious")

    with pytest.raises(Incomplete) as caught:
        target.sync("d", report=meddle)
    assert isinstance(caught.value.failed["d/old"], Changed)
    assert contents(bucket) == {"d/a": b"new", "d/old": b"precious"}


def test_deletes_that_fail_are_told_one_by_one(here: Path) -> None:
    tree({"d/a": b"1"}, here)

    class Keeping(MemoryStore):
        def delete(self, keys: Sequence[str]) -> None:
            super().delete([key for key in keys if key != "d/kept"])
            failed: dict[str, ResourcesError] = {"d/kept": Denied("locked")}
            raise Incomplete("1 stays", failed=failed)

    store = Keeping()
    for key in ("d/kept", "d/gone"):
        store.raw_put(key, b"old")
    with pytest.raises(Incomplete) as caught:
        storage(store).sync("d")
    assert list(caught.value.failed) == ["d/kept"]
    assert [one.name for one in caught.value.summary.deleted] == ["d/gone"]
    assert held(store) == {"d/a": b"1", "d/kept": b"old"}


def test_a_file_that_appears_during_a_download_stays(tmp_path: Path) -> None:
    store = Meddled()
    store.raw_put("a", b"theirs")
    (one,) = storage(store).list_objects("a")
    there = tmp_path / "a"
    original = store.read

    def read(key: str, start: int = 0, end: int | None = None):  # type: ignore[no-untyped-def]
        there.write_bytes(b"mine")
        return original(key, start, end)

    store.read = read  # type: ignore[method-assign]
    with pytest.raises((FileExistsError, Changed)):
        one.download(there)
    assert there.read_bytes() == b"mine"


def test_an_object_that_is_not_the_listed_one_any_more_is_not_taken(here: Path, tmp_path: Path) -> None:
    """Neither its bytes, which nobody was shown, nor its digest under the tag of the old one."""
    store, cache = MemoryStore(etags="parts"), DigestCache(tmp_path / "digests")
    theirs = RemoteStorage(RemoteStorageConfig("memory", "", "b", ""), store=store, cache=cache)
    store.put("a", BytesBody(b"listed"))
    plan = theirs.pull("a", dryrun=True)
    store.put("a", BytesBody(b"newest"))
    with pytest.raises(Incomplete) as caught:
        plan.apply(fresh=True)
    assert isinstance(caught.value.failed["a"], Changed)
    assert contents(here) == {}
    store.put("a", BytesBody(b"listed"))
    tree({"a": b"newest"}, here)
    (one,) = theirs.pull("a", dryrun=True).matched_source_files
    assert not one.equal_md5_hash_sum


def test_an_expectation_goes_along_also_where_the_store_can_only_look_before(here: Path) -> None:
    """`--force` overwrites what was shown, and not what somebody put there since."""

    class Looks(Meddled):
        capabilities = frozenset()  # type: ignore[assignment]

    store = Looks()
    store.raw_put("a", b"listed")
    tree({"a": b"mine"}, here)
    store.meddle(put=lambda: store.raw_put("a", b"theirs"))
    with pytest.raises(Incomplete) as caught:
        storage(store).push("a", force=True)
    assert isinstance(caught.value.failed["a"], Changed)
    assert held(store) == {"a": b"theirs"}


def test_what_was_pulled_is_equal_whatever_the_tags_are(here: Path) -> None:
    store = MemoryStore(etags="opaque")
    store.raw_put("a", b"content")
    (one,) = storage(store).pull("a").synced_files
    assert one.equal_md5_hash_sum and one.exists_on_target


def test_nothing_found_is_a_warning(here: Path, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING, "jupyter_resources"):
        assert storage(MemoryStore()).pull("nothing").all_files_analyzed == []
        assert storage(MemoryStore()).delete("nothing") == []
    first, second = (record.getMessage() for record in caplog.records)
    assert first == "No files found in remote storage under path: nothing"
    assert second.endswith("Not deleting anything")


def test_the_deprecated_name_warns_where_it_is_used(here: Path) -> None:
    tree({"a": b"1"}, here)
    with pytest.warns(DeprecationWarning, match="include_regex") as seen:
        storage(MemoryStore()).push("a", path_regex="a")
    assert seen[0].filename == __file__


def test_threads_never_move_the_current_directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Thirty at once, each in a directory of its own with the same names in it."""
    files = {f"{n}/d/{m}": b"%d-%d" % (n, m) for n in range(30) for m in range(3)}
    tree(files, tmp_path)
    monkeypatch.setattr(os, "chdir", lambda _: pytest.fail("the current directory was changed"))
    stores = [MemoryStore() for _ in range(30)]
    errors: list[BaseException] = []

    def push(number: int) -> None:
        try:
            storage(stores[number]).push(Path("d"), tmp_path / str(number))
        except BaseException as error:
            errors.append(error)

    threads = [threading.Thread(target=push, args=(number,)) for number in range(30)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert errors == []
    for number, store in enumerate(stores):
        assert held(store) == {f"d/{m}": b"%d-%d" % (number, m) for m in range(3)}


def test_files_travel_side_by_side(here: Path) -> None:
    """Eight puts meet; one after the other they never would."""
    tree({f"d/{n}": b"x" for n in range(8)}, here)
    meeting = threading.Barrier(8, timeout=20)

    class Meeting(MemoryStore):
        def put(self, key: str, body: Body, *, expect: Expect = ANY) -> Entry:
            meeting.wait()
            return super().put(key, body, expect=expect)

    store: Store = Meeting()
    assert len(storage(store).push("d").synced_files) == 8


def test_bytes_in_flight_are_bounded() -> None:
    """Who finds no room waits until somebody gives back."""
    room = _Room(100, Control())
    inside = threading.Event()
    with room.taken(60):
        waiting = threading.Thread(target=lambda: room.taken(60).__enter__() or inside.set())
        waiting.start()
        with room.taken(40):
            assert not inside.wait(0.3)
    assert inside.wait(20)
    waiting.join()
