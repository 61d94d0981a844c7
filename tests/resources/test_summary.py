"""TransactionSummary and SyncObject: every documented member, and what they refuse."""

from __future__ import annotations

import json
import pickle
from dataclasses import dataclass
from pathlib import Path

import pytest
from IPython.core.ultratb import VerboseTB

from jupyter_resources import (
    Provider,
    RemoteObjectProtocol,
    RemoteStorage,
    RemoteStorageConfig,
    SyncObject,
    TransactionSummary,
)
from jupyter_resources.core.errors import Conflict, InvalidValue, Unsupported
from jupyter_resources.core.hashing import md5_of
from jupyter_resources.storage.memory import MemoryStore
from jupyter_resources.sync.digests import DigestCache


@dataclass
class Remote:
    """An object as a provider would describe it."""

    name: str
    size: int
    hash: str
    provider: str = "s3"

    def download(self, download_path: str, overwrite_existing: bool = False) -> Remote | None:
        Path(download_path).write_bytes(b"x" * self.size)
        return self


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "f.txt"
    path.write_bytes(b"hello")
    return path


def test_a_file_without_counterpart(file: Path) -> None:
    one = SyncObject(str(file), remote_path="/base/f.txt")
    assert (one.name, one.remote_path) == ("base/f.txt", "base/f.txt")
    assert one.local_path == str(file)
    assert (one.exists_locally, one.exists_on_remote, one.exists_on_target) == (True, False, False)
    assert (one.local_size, one.local_hash, one.remote_hash) == (5, md5_of(b"hello"), None)
    assert one.equal_md5_hash_sum is False


def test_positional_order_is_the_documented_one(file: Path) -> None:
    remote = Remote("f", 5, md5_of(b"hello"))
    one = SyncObject(str(file), remote, "f")
    assert one.exists_on_target and one.equal_md5_hash_sum
    assert SyncObject(str(file), Remote("f", 5, "other")).equal_md5_hash_sum is False
    overridden = SyncObject(str(file), Remote("f", 5, "etag-2"), remote_obj_overridden_md5_hash=md5_of(b"hello"))
    assert overridden.equal_md5_hash_sum is True


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({}, "Either a local path or a remote object"),
        ({"local_path": "x"}, "Either a remote path or a remote object"),
        ({"remote_obj": Remote("a", 1, "h"), "remote_path": "b"}, "paths don't agree"),
    ],
)
def test_what_makes_no_sense_is_refused(arguments: dict[str, object], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        SyncObject(**arguments)  # type: ignore[arg-type]


def test_a_directory_is_no_file(tmp_path: Path, file: Path) -> None:
    with pytest.raises(FileExistsError, match="directory"):
        SyncObject(str(tmp_path), remote_path="x")
    one = SyncObject(str(file), remote_path="x")
    with pytest.raises(FileExistsError, match="directory"):
        one.set_local_path(str(tmp_path))
    assert one.local_path == str(file)


def test_set_local_path(file: Path, tmp_path: Path) -> None:
    one = SyncObject(str(file), remote_path="x")
    one.set_local_path(None)
    assert one.local_path == str(file)
    one.set_local_path(tmp_path / "gone")
    assert one.exists_locally is False


def test_to_dict_and_json_change_nothing(file: Path) -> None:
    remote = Remote("f", 5, md5_of(b"hello"))
    one = SyncObject(file, remote)
    shown = one.to_dict()
    assert shown["remote_obj"] == {"name": "f", "size": 5, "hash": md5_of(b"hello"), "provider": "s3"}
    assert json.loads(one.to_json())["name"] == "f"
    repr(one), repr(one)
    assert one.remote_obj is remote
    assert one.to_dict(make_serializable=False)["remote_obj"] is remote


def test_add_entry_files_each_object_where_it_belongs(file: Path) -> None:
    summary = TransactionSummary(sync_direction="push")
    new = SyncObject(file, remote_path="new")
    equal = SyncObject(file, Remote("equal", 5, md5_of(b"hello")))
    differs = SyncObject(file, Remote("differs", 6, "h"))
    clash = SyncObject(file, remote_path="clash")
    skipped = SyncObject(file, remote_path="skipped")
    summary.add_entry(new)
    summary.add_entry(equal)
    summary.add_entry(differs)
    summary.add_entry(clash, collides_with=[Remote("clash/x", 1, "h")])
    summary.add_entry(skipped, skip=True)
    assert summary.matched_source_files == [new, equal, differs, clash]
    assert (summary.not_on_target, summary.on_target_eq_md5, summary.on_target_neq_md5) == ([new], [equal], [differs])
    assert summary.unresolvable_collisions == {"clash": [Remote("clash/x", 1, "h")]}
    assert summary.skipped_source_files == [skipped]
    assert summary.all_files_analyzed == [skipped, new, equal, differs, clash]
    assert summary.files_to_sync == [new, differs]
    assert summary.requires_force and summary.has_unresolvable_collisions
    assert summary.size_files_to_sync() == 10


def test_add_entry_takes_a_path(file: Path) -> None:
    summary = TransactionSummary()
    summary.add_entry(str(file))
    assert summary.not_on_target[0].local_path == str(file)


def test_sizes_need_a_direction(file: Path) -> None:
    summary = TransactionSummary()
    with pytest.raises(RuntimeError, match="sync_direction"):
        summary.size_files_to_sync()
    with pytest.raises(ValueError, match="sideways"):
        summary.sync_direction = "sideways"  # type: ignore[assignment]
    with pytest.raises(ValueError, match="sideways"):
        TransactionSummary(sync_direction="sideways")  # type: ignore[arg-type]
    pull = TransactionSummary(sync_direction="pull")
    pull.add_entry(SyncObject(remote_obj=Remote("a", 7, "h")))
    assert pull.size_files_to_sync() == 7
    push = TransactionSummary(sync_direction="push")
    push.add_entry(SyncObject(file, remote_path="f"))
    file.unlink()
    with pytest.raises(FileNotFoundError):
        push.size_files_to_sync()


def test_the_short_summary(capsys: pytest.CaptureFixture[str]) -> None:
    summary = TransactionSummary(sync_direction="pull")
    summary.add_entry(SyncObject(remote_obj=Remote("a", 7, "h")))
    expected = {
        "sync_direction": "pull",
        "files_to_sync": 1,
        "total_size": 7,
        "unresolvable_collisions": 0,
        "synced_files": 0,
    }
    assert summary.get_short_summary_dict() == expected
    summary.print_short_summary()
    assert json.loads(capsys.readouterr().out) == expected


def storage_on(store: MemoryStore, base: str = "b") -> RemoteStorage:
    return RemoteStorage(
        RemoteStorageConfig("memory", "", "bucket", "", base_path=base), store=store, cache=DigestCache(None)
    )


def test_a_transfer_says_what_it_did(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("d").mkdir()
    Path("d/a").write_bytes(b"one")
    Path("d/b").write_bytes(b"three")
    store = MemoryStore()
    summary = storage_on(store).push("d")
    assert [one.name for one in summary.synced_files] == ["b/d/a", "b/d/b"]
    assert summary.copied == summary.synced_files
    assert summary.bytes_moved == 8
    assert summary.requests == {"list": 1, "put": 2}
    assert summary.seconds > 0
    assert (summary.deleted, summary.failed, summary.interrupted, summary.dryrun) == ([], {}, False, False)
    assert all(one.exists_on_target and one.equal_md5_hash_sum for one in summary.synced_files)
    assert not any(one.exists_on_target for one in summary.not_on_target)
    json.loads(summary.to_json())
    dry = storage_on(store).push("d", dryrun=True)
    assert dry.synced_files == [] and dry.dryrun
    Path("d/a").unlink()
    gone = storage_on(store).sync("d")
    assert [one.name for one in gone.deleted] == ["b/d/a"]
    assert gone.sync_direction == "sync"


def test_a_conflict_carries_its_summary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("a").write_bytes(b"new")
    store = MemoryStore()
    store.raw_put("b/a", b"old")
    with pytest.raises(FileExistsError) as caught:
        storage_on(store).push("a")
    assert isinstance(caught.value, Conflict)
    assert caught.value.summary.requires_force
    assert [one.name for one in caught.value.summary.on_target_neq_md5] == ["b/a"]


def test_remote_objects_keep_the_protocol_and_download(tmp_path: Path) -> None:
    store = MemoryStore()
    store.raw_put("b/a", b"hello")
    (one,) = storage_on(store).list_objects("a")
    assert isinstance(one, RemoteObjectProtocol)
    assert (one.name, one.size, one.hash, one.provider) == ("b/a", 5, md5_of(b"hello"), "memory")
    there = tmp_path / "deep" / "x"
    one.download(there)
    assert there.read_bytes() == b"hello"
    there.write_bytes(b"mine")
    with pytest.raises(FileExistsError):
        one.download(there)
    assert there.read_bytes() == b"mine"
    one.download(there, overwrite_existing=True)
    assert there.read_bytes() == b"hello"


@pytest.mark.parametrize(
    ("base", "path", "key"),
    [("bp", "x/y", "bp/x/y"), ("bp", "/x/y", "bp/x/y"), ("/bp/", "x", "bp/x"), ("", "x", "x"), (None, "x", "x")],
)
def test_push_paths_are_joined_by_one_slash(base: str | None, path: str, key: str) -> None:
    storage = storage_on(MemoryStore())
    storage.set_remote_base_path(base)
    assert storage.get_push_remote_path(path) == key


def test_base_path_and_configuration() -> None:
    conf = RemoteStorageConfig("s3", "key", "bucket", "very-secret", base_path=" /base/ ")
    assert "very-secret" not in repr(conf)
    storage = RemoteStorage(conf)
    assert storage.conf is conf
    assert (storage.provider, storage.remote_base_path) == ("s3", "base")
    with pytest.raises(ValueError, match=r"\.\."):
        storage.set_remote_base_path("../other")
    assert storage.remote_base_path == "base"
    assert (Provider.S3, Provider.GOOGLE_STORAGE) == ("s3", "google_storage")
    assert Provider("s3") is Provider.S3


@pytest.mark.parametrize("provider", ["azure_blobs", "nimbus", "google_storage"])
def test_a_verbose_traceback_shows_no_secret(provider: str) -> None:
    """`%xmode Verbose` prints what each line names; these drivers refuse what they are given in ways of their own."""
    marked = "SUPER-SECRET-VALUE-123"
    storage = RemoteStorage(RemoteStorageConfig(provider, "key", "bucket", marked, host="127.0.0.1", port=9))
    with pytest.raises(InvalidValue) as caught:
        _ = storage.bucket
    shown = VerboseTB(include_vars=True).structured_traceback(caught.type, caught.value, caught.tb)
    assert "open_driver" in "".join(shown)
    assert marked not in "".join(shown)


def test_libcloud_opens_on_first_use(tmp_path: Path) -> None:
    conf = RemoteStorageConfig("local", str(tmp_path), "bucket", "")
    storage = RemoteStorage(conf)
    storage.create_bucket()
    assert storage.bucket.name == "bucket"
    assert storage.driver is storage.driver
    s3 = RemoteStorage(RemoteStorageConfig("s3", "key", "bucket", "secret", region="eu-west-1"))
    assert s3.driver.name.startswith("Amazon S3")
    with pytest.raises(Unsupported):
        _ = storage_on(MemoryStore()).driver
    with pytest.raises(Unsupported):
        _ = storage_on(MemoryStore()).bucket


def test_a_file_tells_all_of_itself_when_it_is_kept_or_looked_at() -> None:
    """Also where somebody set something of it before; and TAB shows what it has."""
    facts = {"remote_obj": None, "remote_path": "k", "local_path": "/k", "exists_locally": True, "local_size": 3}
    facts |= {"local_hash": "h", "equal": None, "state": "copy", "reason": "new"}
    one = SyncObject.planned(lambda: facts)
    one.remote_path = "mine"
    again = pickle.loads(pickle.dumps(one))
    assert (again.remote_path, again.local_size, again.local_hash, again.state) == ("mine", 3, "h", "copy")
    assert {"local_path", "remote_obj", "state"} <= set(dir(SyncObject.planned(lambda: facts)))
    with pytest.raises(AttributeError, match="nothing_such"):
        _ = one.nothing_such
