"""What a transfer costs, counted: bytes read, bytes digested, memory for each entry. Times are `make bench`'s."""

from __future__ import annotations

import hashlib
import os
import socket
import tracemalloc
from collections import Counter
from collections.abc import Callable, Iterator
from io import FileIO
from pathlib import Path
from typing import Any

import pytest

from jupyter_resources import RemoteStorage, RemoteStorageConfig
from jupyter_resources.core import hashing
from jupyter_resources.core.entry import Entry, Facts, Listing
from jupyter_resources.storage import bodies, objectstore, smallfile
from jupyter_resources.storage.stretch import Stretch
from jupyter_resources.sync.digests import DigestCache
from jupyter_resources.sync.plan import plan
from jupyter_resources.sync.policy import PUSH
from jupyter_resources.testing.trees import tree
from tests.conftest import service_of
from tests.servers.processes import S3Server

COUNT = 20_000
LIMIT = 8 << 20


@pytest.fixture
def digested(monkeypatch: pytest.MonkeyPatch) -> Counter[str]:
    """Bytes that went through each digest."""
    seen: Counter[str] = Counter()

    class Counting:
        def __init__(self, name: str, content: bytes, **how: Any) -> None:
            self._name, self._inner = name, getattr(hashlib, name)(**how)
            self.update(content)

        def update(self, content: bytes) -> None:
            seen[self._name] += len(content)
            self._inner.update(content)

        def __getattr__(self, name: str) -> Any:
            return getattr(self._inner, name)

    class Library:
        @staticmethod
        def md5(content: bytes = b"", **how: Any) -> Counting:
            return Counting("md5", content, **how)

        @staticmethod
        def sha256(content: bytes = b"") -> Counting:
            return Counting("sha256", content)

    monkeypatch.setattr(hashing, "hashlib", Library)
    return seen


@pytest.fixture
def read(monkeypatch: pytest.MonkeyPatch) -> Counter[str]:
    """Bytes that were read of local files to be sent."""
    seen: Counter[str] = Counter()

    class Counted(FileIO):
        def read(self, size: int | None = -1, /) -> bytes:
            content = super().read(-1 if size is None else size) or b""
            seen["bytes"] += len(content)
            return content

        def readinto(self, buffer: Any, /) -> int:
            count = super().readinto(buffer) or 0
            seen["bytes"] += count
            return count

    def send(stretch: Stretch, connection: socket.socket) -> None:
        seen["bytes"] += stretch.size
        unchanged(stretch, connection)

    unchanged = Stretch.send
    monkeypatch.setattr(Stretch, "send", send)
    monkeypatch.setattr(bodies, "FileIO", Counted)

    class System:
        @staticmethod
        def read(descriptor: int, size: int) -> bytes:
            content = os.read(descriptor, size)
            seen["bytes"] += len(content)
            return content

        def __getattr__(self, name: str) -> Any:
            return getattr(os, name)

    monkeypatch.setattr(smallfile, "os", System())
    return seen


@pytest.fixture
def there(here: Path, seaweedfs: S3Server, new_bucket: Callable[[S3Server], str]) -> RemoteStorage:
    store = objectstore.ObjectStore(service_of(seaweedfs), new_bucket(seaweedfs))
    return RemoteStorage(RemoteStorageConfig("memory", "", "b", ""), store=store, cache=DigestCache(None))


def test_small_files_are_read_and_digested_once(
    here: Path, there: RemoteStorage, digested: Counter[str], read: Counter[str]
) -> None:
    """On the way there by both digests, which the next plan knows; on the way back by the one that is compared."""
    tree({f"d/{n}": os.urandom(1000) for n in range(50)}, here)
    there.push("d")
    assert read["bytes"] == 50_000
    assert digested == {"md5": 50_000, "sha256": 50_000}
    digested.clear()
    there.pull("d", "back")
    assert digested == {"md5": 50_000}


def test_a_large_file_is_read_twice_and_digested_once(
    here: Path,
    there: RemoteStorage,
    digested: Counter[str],
    read: Counter[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Once for the digests, which go along with the first request, and once to be sent. Back: by our SHA-256 alone."""
    for module in (bodies, objectstore):
        monkeypatch.setattr(module, "WHOLE_BYTES", LIMIT)
    size = 20 << 20
    (here / "large").write_bytes(os.urandom(size))
    there.push("large")
    assert read["bytes"] == 2 * size
    assert digested["sha256"] == size
    assert size <= digested["md5"] < size + 1000  # and the tag of the parts' tags
    digested.clear()
    there.pull("large", "back")
    assert digested == {"sha256": size}


@pytest.fixture
def traced() -> Iterator[None]:
    tracemalloc.start()
    yield
    tracemalloc.stop()


def test_an_entry_and_its_step_stay_small(traced: None) -> None:
    """Both sides' entries, both listings and the plan: a million files are planned in less than a GiB."""
    before = tracemalloc.get_traced_memory()[0]
    here = Listing.of(
        Entry(f"data/{n // 100:04}/{n:07}.bin", n, n, facts=Facts(1, n + 10**9, n + 10**12, 0o644))
        for n in range(COUNT)
    )
    there = Listing.of(
        Entry(f"data/{n // 100:04}/{n:07}.bin", n, n, *[hashlib.md5(b"%d" % n).hexdigest()] * 2) for n in range(COUNT)
    )
    made = plan(here, there, PUSH.but(overwrite=True))
    each = (tracemalloc.get_traced_memory()[0] - before) / COUNT
    assert len(made.steps) == COUNT
    assert each < 1000
