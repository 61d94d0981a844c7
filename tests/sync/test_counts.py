"""What a transfer costs, counted: requests on the wire, files read, bytes in memory. Never seconds."""

from __future__ import annotations

import os
import signal
import time
import tracemalloc
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest

from jupyter_resources import RemoteStorage, RemoteStorageConfig
from jupyter_resources.core.entry import Entry
from jupyter_resources.core.events import Copied, Event
from jupyter_resources.storage.memory import MemoryStore
from jupyter_resources.storage.s3control import S3Control
from jupyter_resources.storage.s3parts import open_uploads
from jupyter_resources.sync import digests, settle
from jupyter_resources.sync.digests import DigestCache
from jupyter_resources.sync.engine import Interrupted
from jupyter_resources.testing.trees import contents, tree
from tests.conftest import service_of
from tests.servers.processes import S3Server
from tests.servers.proxy import Proxy
from tests.sync.test_laws import wait_for_workers


@pytest.fixture
def read_files(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The paths of files that were read to be compared."""
    seen: list[str] = []
    original = settle._Reading._read_file

    def counted(self: settle._Reading, side: int, entry: Entry, sizes: tuple[int, ...]) -> object:
        seen.append(entry.path)
        return original(self, side, entry, sizes)

    monkeypatch.setattr(settle._Reading, "_read_file", counted)
    return seen


def behind(proxy: Proxy, server: S3Server, bucket: str, cache: DigestCache) -> RemoteStorage:
    """A storage that reaches the server through the counting proxy."""
    host, _, port = proxy.endpoint.removeprefix("http://").partition(":")
    conf = RemoteStorageConfig(
        "s3", server.key, bucket, server.secret, host=host, port=int(port), secure=False, base_path="base"
    )
    return RemoteStorage(conf, cache=cache)


def settled(place: Path) -> None:
    """Make every file old enough for its digest to be kept: modified an hour ago, and changed 2 s before `now`."""
    old = time.time() - 3600
    for directory, _, names in os.walk(place):
        for name in names:
            os.utime(os.path.join(directory, name), (old, old))


@pytest.fixture
def later(monkeypatch: pytest.MonkeyPatch) -> None:
    """The file system's clock is 10 s ahead of when files were written, so that nothing has to wait."""
    now = digests.filesystem_now

    def ahead(directory: str) -> int | None:
        time_ns = now(directory)
        return time_ns + 10_000_000_000 if time_ns is not None else None

    monkeypatch.setattr(digests, "filesystem_now", ahead)


@pytest.mark.usefixtures("later")
def test_2000_files_cost_one_list_and_2000_puts(
    here: Path,
    proxy: Proxy,
    seaweedfs: S3Server,
    new_bucket: Callable[[S3Server], str],
    read_files: list[str],
) -> None:
    """First push: the pages of one LIST and a PUT a file. Unchanged: the pages alone. One changed: one PUT more."""
    tree({f"d/{n % 20}/{n:04}": b"%d" % n * 50 for n in range(2000)}, here)
    storage = behind(proxy, seaweedfs, new_bucket(seaweedfs), DigestCache(here.parent / "cache.sqlite"))
    proxy.forget()
    first = storage.push("d")
    assert proxy.counts == {"GET": 1, "PUT": 2000}
    assert first.requests == {"list": 1, "put": 2000}
    assert read_files == [], "nothing is compared where nothing is"

    proxy.forget()
    unchanged = storage.push("d")
    assert proxy.counts == {"GET": 2}
    assert unchanged.requests == {"list": 2}
    assert len(unchanged.on_target_eq_md5) == 2000
    assert read_files == [], "what was read to be sent isn't read again"

    (here / "d/7/0007").write_bytes(b"changed")
    proxy.forget()
    storage.push("d", force=True)
    assert proxy.counts == {"GET": 2, "PUT": 1}

    proxy.forget()
    storage.pull("d", here.parent / "there")
    assert proxy.counts == {"GET": 2 + 2000}
    assert contents(here.parent / "there") == contents(here)

    proxy.forget()
    pulled = storage.pull("d", here.parent / "there")
    assert proxy.counts == {"GET": 2}
    assert len(pulled.on_target_eq_md5) == 2000


def test_many_names_cost_one_list(here: Path) -> None:
    """As many as a directory of them would, and no neighbour is taken in."""
    tree({f"d/{n}": b"%d" % n for n in range(50)}, here)
    store = MemoryStore()
    store.raw_put("d/neighbour", b"x")
    storage = RemoteStorage(RemoteStorageConfig("memory", "", "b", ""), store=store, cache=DigestCache(None))
    names = [f"d/{n}" for n in range(50)]
    summary = storage.push(names)
    assert summary.requests == {"list": 1, "put": 50}
    assert storage.push([*names[:20], "d/30"], delete=True).deleted == []


@pytest.mark.usefixtures("later")
def test_a_digest_is_computed_once(here: Path, read_files: list[str]) -> None:
    """Files that were there already are read once, however often they are compared, by whatever process."""
    files = {f"d/{n}": b"x%d" % n for n in range(50)}
    tree(files, here)
    store = MemoryStore()
    for key, content in files.items():
        store.raw_put(key, content)
    conf = RemoteStorageConfig("memory", "", "b", "")
    for _ in range(3):
        cache = DigestCache(here.parent / "cache.sqlite")
        assert len(RemoteStorage(conf, store=store, cache=cache).push("d").on_target_eq_md5) == 50
    assert Counter(read_files) == Counter(list(files))
    (here / "d/3").write_bytes(b"y3")
    RemoteStorage(conf, store=store, cache=DigestCache(here.parent / "cache.sqlite")).push("d", dryrun=True)
    assert Counter(read_files) == Counter(list(files)) + Counter(["d/3"])


def test_a_fresh_file_is_not_trusted_yet(here: Path, read_files: list[str]) -> None:
    """What was changed less than two seconds before it was read is read again: it may change without showing it."""
    tree({"a": b"1"}, here)
    store = MemoryStore()
    store.raw_put("a", b"1")
    storage = RemoteStorage(RemoteStorageConfig("memory", "", "b", ""), store=store, cache=DigestCache(None))
    storage.push("a")
    storage.push("a")
    assert read_files == ["a", "a"]


@pytest.mark.usefixtures("later")
def test_verify_reads_again(here: Path, read_files: list[str]) -> None:
    tree({"a": b"1"}, here)
    store = MemoryStore()
    store.raw_put("a", b"1")
    storage = RemoteStorage(RemoteStorageConfig("memory", "", "b", ""), store=store, cache=DigestCache(None))
    storage.push("a")
    storage.push("a")
    assert read_files == ["a"]
    storage.push("a", verify=True)
    assert read_files == ["a", "a"]


def test_sizes_that_differ_need_no_reading(here: Path, read_files: list[str]) -> None:
    tree({"a": b"longer"}, here)
    store = MemoryStore()
    store.raw_put("a", b"short")
    storage = RemoteStorage(RemoteStorageConfig("memory", "", "b", ""), store=store, cache=DigestCache(None))
    assert storage.push("a", dryrun=True).requires_force
    assert read_files == []


@pytest.mark.parametrize("etags", ["parts", "opaque"])
@pytest.mark.usefixtures("later")
def test_a_tag_that_is_no_md5_costs_one_head_and_is_then_known(here: Path, etags: str) -> None:
    """A multipart ETag is recomputed; where it tells nothing, our SHA-256 beside the object does, once a machine."""
    tree({"a": b"1" * 100, "b": b"2" * 100}, here)
    store = MemoryStore(etags=etags)  # type: ignore[arg-type]
    conf = RemoteStorageConfig("memory", "", "b", "")
    RemoteStorage(conf, store=store, cache=DigestCache(None)).push(".")
    cache = DigestCache(here.parent / "other-machine.sqlite")
    first = RemoteStorage(conf, store=store, cache=cache).push(".")
    assert len(first.on_target_eq_md5) == 2
    assert first.requests == ({"list": 1} if etags == "parts" else {"list": 1, "head": 2})
    second = RemoteStorage(conf, store=store, cache=cache).push(".")
    assert second.requests == {"list": 1}
    assert len(second.on_target_eq_md5) == 2


def test_what_cannot_be_compared_is_a_conflict_until_it_is_read(here: Path) -> None:
    """No digest anywhere: never taken as equal, never overwritten unasked; `verify` reads it."""
    tree({"a": b"same", "b": b"mine"}, here)
    store = MemoryStore(etags="opaque")
    store.raw_put("a", b"same")
    store.raw_put("b", b"them")
    storage = RemoteStorage(RemoteStorageConfig("memory", "", "b", ""), store=store, cache=DigestCache(None))
    with pytest.raises(FileExistsError, match="can't be compared"):
        storage.push(".")
    summary = storage.push(".", verify=True, dryrun=True)
    assert [one.name for one in summary.on_target_eq_md5] == ["a"]
    assert [one.name for one in summary.on_target_neq_md5] == ["b"]


@pytest.mark.usefixtures("later")
def test_comparing_a_large_file_takes_little_memory(here: Path) -> None:
    content = os.urandom(1 << 20) * 80
    tree({"big": content}, here)
    store = MemoryStore()
    store.raw_put("big", content)
    storage = RemoteStorage(RemoteStorageConfig("memory", "", "b", ""), store=store, cache=DigestCache(None))
    del content
    tracemalloc.start()
    summary = storage.push("big", dryrun=True)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert len(summary.on_target_eq_md5) == 1
    assert peak < 16 << 20


def test_an_interrupted_push_to_s3_leaves_whole_objects_and_no_open_upload(
    here: Path, seaweedfs: S3Server, new_bucket: Callable[[S3Server], str]
) -> None:
    """10,000 files and a large one; Ctrl-C after some hundred; then the same line finishes."""
    files = {f"d/{n:05}": b"%05d" % n for n in range(10_000)}
    tree(files | {"d/large": b"\0" * (80 << 20)}, here)
    bucket = new_bucket(seaweedfs)
    host, _, port = seaweedfs.endpoint.removeprefix("http://").partition(":")
    conf = RemoteStorageConfig("s3", seaweedfs.key, bucket, seaweedfs.secret, host=host, port=int(port), secure=False)
    storage = RemoteStorage(conf, cache=DigestCache(None))
    done = 0

    def interrupt(event: Event) -> None:
        nonlocal done
        done += isinstance(event, Copied)
        if done == 300 and isinstance(event, Copied):
            os.kill(os.getpid(), signal.SIGINT)

    with pytest.raises(Interrupted):
        storage.push("d", report=interrupt)
    wait_for_workers()
    there = storage.list_objects("")
    assert 300 <= len(there) < 10_000
    assert all(one.size == (5 if one.name != "d/large" else 80 << 20) for one in there)
    assert open_uploads(S3Control(service_of(seaweedfs), bucket)) == []
    rest = storage.push("d")
    assert len(rest.synced_files) == 10_001 - len(there)
