"""What is told of looking at both sides, before anything moves."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest

from jupyter_resources import RemoteStorage, RemoteStorageConfig
from jupyter_resources.core.events import Compared, Event, Listed
from jupyter_resources.storage.memory import MemoryStore
from jupyter_resources.sync import listing, settle
from jupyter_resources.sync.digests import DigestCache
from jupyter_resources.testing.trees import tree


def storage(store: MemoryStore) -> RemoteStorage:
    return RemoteStorage(RemoteStorageConfig("memory", "", "b", ""), store=store, cache=DigestCache(None))


def test_a_large_file_is_told_of_while_it_is_read(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """More than once, though nothing has come to an end; and those that have are counted."""
    tree({"d/large": b"1", "d/small": b"2"}, here)
    store = MemoryStore()
    store.raw_put("d/large", b"1")
    store.raw_put("d/small", b"2")
    told: list[Event] = []
    twice = threading.Event()
    read = settle._Reading._read_file

    def slow(self, side, entry, sizes):  # type: ignore[no-untyped-def]
        assert entry.path != "d/large" or twice.wait(30)
        return read(self, side, entry, sizes)

    def report(event: Event) -> None:
        told.append(event)
        if told.count(Compared(1, 2)) == 2:
            twice.set()

    monkeypatch.setattr(settle._Reading, "_read_file", slow)
    plan = storage(store).push("d", dryrun=True, verify=True, report=report)
    assert twice.is_set() and len(plan.on_target_eq_md5) == 2


def test_each_side_is_told_by_its_name(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of a pull, what lies here is the target: one that lists both sides must not add them up."""
    tree({"d/here": b"1", "d/both": b"2"}, here)
    store = MemoryStore()
    for name in ("both", "there", "more"):
        store.raw_put(f"d/{name}", b"2")
    monkeypatch.setattr(listing, "FEW", 0)
    told: list[Event] = []
    storage(store).pull("d", dryrun=True, report=told.append)
    assert [one for one in told if isinstance(one, Listed)] == [Listed("source", 3), Listed("target", 2)]
    told.clear()
    storage(store).push("d", dryrun=True, report=told.append)
    assert [one for one in told if isinstance(one, Listed)] == [Listed("source", 2), Listed("target", 3)]
