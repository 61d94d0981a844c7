"""What is told while files are read to be compared."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest

from jupyter_resources import RemoteStorage, RemoteStorageConfig
from jupyter_resources.core.events import Compared, Event
from jupyter_resources.storage.memory import MemoryStore
from jupyter_resources.sync import settle
from jupyter_resources.sync.digests import DigestCache
from jupyter_resources.testing.trees import tree


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
    conf = RemoteStorageConfig("memory", "", "b", "")
    plan = RemoteStorage(conf, store=store, cache=DigestCache(None)).push("d", dryrun=True, verify=True, report=report)
    assert twice.is_set() and len(plan.on_target_eq_md5) == 2
