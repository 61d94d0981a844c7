"""What goes wrong outside of us: one line names the thing and the fix, and no half-written target remains."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from jupyter_resources import RemoteStorage, RemoteStorageConfig, ResourcesError
from jupyter_resources.core.errors import (
    Denied,
    Incomplete,
    InvalidValue,
    NoSpace,
    NotFound,
    TimedOut,
    Unauthenticated,
    Unavailable,
    Unsupported,
)
from jupyter_resources.storage.memory import MemoryStore
from jupyter_resources.sync.digests import DigestCache
from jupyter_resources.testing.trees import contents, held, tree
from tests.limits import unprivileged
from tests.resources.test_table import s3_conf
from tests.servers.processes import S3Server

Verb = Callable[[RemoteStorage], object]
VERBS: dict[str, Verb] = {
    "push": lambda storage: storage.push("a"),
    "pull": lambda storage: storage.pull("a", force=True),
    "sync": lambda storage: storage.sync("a"),
    "delete": lambda storage: storage.delete("a"),
    "list_objects": lambda storage: storage.list_objects("a"),
}


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The current directory, with a file `a`."""
    place = tmp_path / "here"
    tree({"a": b"mine"}, place)
    monkeypatch.chdir(place)
    return place


def on_memory(files: dict[str, bytes]) -> RemoteStorage:
    store = MemoryStore()
    for key, content in files.items():
        store.raw_put(key, content)
    return RemoteStorage(RemoteStorageConfig("memory", "", "b", ""), store=store, cache=DigestCache(None))


def asserts_a_person_can_act(error: ResourcesError, *words: str) -> None:
    """One line that names the thing, and one that says what to type or do."""
    assert "\n" not in error.message
    assert error.hint
    for word in words:
        assert word in str(error), error


@pytest.mark.parametrize("verb", VERBS)
def test_an_unknown_bucket(verb: str, here: Path, seaweedfs: S3Server, tmp_path: Path) -> None:
    for conf in (s3_conf(seaweedfs, "no-such-bucket", ""), RemoteStorageConfig("local", str(tmp_path), "nowhere", "")):
        with pytest.raises(NotFound) as caught:
            VERBS[verb](RemoteStorage(conf, cache=DigestCache(None)))
        asserts_a_person_can_act(caught.value, conf.bucket)
    assert contents(here) == {"a": b"mine"}
    assert not (tmp_path / "nowhere").exists()


@pytest.mark.parametrize("verb", VERBS)
@pytest.mark.parametrize("wrong", ["key", "secret"])
def test_wrong_credentials(verb: str, wrong: str, here: Path, seaweedfs: S3Server) -> None:
    conf = replace(s3_conf(seaweedfs, "any", ""), **{wrong: "marked-wrong-value"})
    with pytest.raises(Unauthenticated) as caught:
        VERBS[verb](RemoteStorage(conf, cache=DigestCache(None)))
    asserts_a_person_can_act(caught.value, seaweedfs.endpoint, "credentials")
    assert "marked-wrong-value" not in f"{caught.value} {caught.value!r} {caught.value.hint}"
    assert contents(here) == {"a": b"mine"}


@pytest.mark.parametrize("verb", VERBS)
def test_no_network_is_told_soon(verb: str, here: Path, closed_port: int) -> None:
    """A closed port. The promise is 5 s; the bound here only tells retries for minutes from that on a busy machine."""
    conf = RemoteStorageConfig("s3", "k", "bucket", "s", host="127.0.0.1", port=closed_port, secure=False)
    started = time.monotonic()
    with pytest.raises(Unavailable) as caught:
        VERBS[verb](RemoteStorage(conf, cache=DigestCache(None)))
    assert time.monotonic() - started < 15
    asserts_a_person_can_act(caught.value, f"127.0.0.1:{closed_port}")
    assert contents(here) == {"a": b"mine"}


def test_a_host_that_does_not_exist(here: Path) -> None:
    conf = RemoteStorageConfig("s3", "k", "bucket", "s", host="no-such-host.invalid")
    with pytest.raises(Unavailable) as caught:
        RemoteStorage(conf, cache=DigestCache(None)).push("a")
    asserts_a_person_can_act(caught.value, "no-such-host.invalid")


def test_a_full_disk_on_pull(small_disk: Path) -> None:
    tree({"big": b"before", "small": b"old"}, small_disk)
    storage = on_memory({"big": os.urandom(3 << 20), "small": b"new"})
    with pytest.raises(Incomplete) as caught:
        storage.pull("", small_disk, force=True)
    assert isinstance(caught.value.failed["big"], NoSpace)
    asserts_a_person_can_act(caught.value, "big")
    left = contents(small_disk)
    assert left == {"big": b"before", "small": b"old" if "small" in caught.value.failed else b"new"}
    assert sorted(os.listdir(small_disk)) == ["big", "small"]


def test_a_full_disk_on_push(small_disk: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    tree({"big": os.urandom(3 << 20), "small": b"new"}, tmp_path / "here")
    monkeypatch.chdir(tmp_path / "here")
    storage = RemoteStorage(RemoteStorageConfig("local", str(small_disk), "b", ""), cache=DigestCache(None))
    storage.create_bucket()
    with pytest.raises(Incomplete) as caught:
        storage.push(".")
    assert isinstance(caught.value.failed["big"], NoSpace)
    assert contents(small_disk / "b") == ({} if "small" in caught.value.failed else {"small": b"new"})


def test_a_cache_that_cannot_be_written_hinders_nothing(small_disk: Path, here: Path) -> None:
    (small_disk / "fill").write_bytes(b"x" * ((1 << 20) - 4096))
    storage = RemoteStorage(
        RemoteStorageConfig("memory", "", "b", ""),
        store=MemoryStore(),
        cache=DigestCache(small_disk / "c" / "d.sqlite"),
    )
    assert len(storage.push("a").synced_files) == 1
    assert len(storage.push("a").on_target_eq_md5) == 1


def test_a_damaged_cache_is_thrown_away(here: Path, tmp_path: Path) -> None:
    path = tmp_path / "cache.sqlite"
    path.write_bytes(b"this is no database, whatever its name says" * 100)
    storage = RemoteStorage(RemoteStorageConfig("memory", "", "b", ""), store=MemoryStore(), cache=DigestCache(path))
    assert len(storage.push("a").synced_files) == 1
    assert len(storage.push("a").on_target_eq_md5) == 1
    assert path.read_bytes()[:6] == b"SQLite"


@pytest.mark.parametrize(
    ("verb", "path", "expected"),
    [
        ("push", "secret", ["Incomplete", "Denied", "secret", "chmod"]),
        ("push", "closed", ["NotFound", "closed", "permission"]),
        ("pull", "closed", ["Incomplete", "Denied", "closed"]),
        ("pull", "d", ["Incomplete", "Denied", "d/a"]),
    ],
)
def test_no_permission(open_tmp: Path, verb: str, path: str, expected: list[str]) -> None:
    """Seen as another user: a file that can't be read, a directory that can't be entered or written."""
    place = tree({"secret": b"1", "closed/x": b"2", "open": b"3"}, open_tmp / "here")
    for name, mode in {"secret": 0o000, "closed": 0o000, ".": 0o555}.items():
        (place / name).chmod(mode)
    storage = on_memory({"d/a": b"theirs", "closed/a": b"theirs"})

    def work() -> object:
        try:
            return [str(storage.push(path, place) if verb == "push" else storage.pull(path, place))]
        except ResourcesError as error:
            failed = getattr(error, "failed", {}).items()
            return [type(error).__name__, str(error), *(f"{name}: {type(one).__name__} {one}" for name, one in failed)]

    try:
        told = " ".join(map(str, unprivileged(work)))  # type: ignore[call-overload]
    finally:
        for name, mode in {".": 0o755, "closed": 0o755, "secret": 0o644}.items():
            (place / name).chmod(mode)
    for word in expected:
        assert word in told
    assert contents(place) == {"secret": b"1", "closed/x": b"2", "open": b"3"}


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("x" * 255 + "/" + "y" * 255 + "/" + "z" * 255 + "/" + "w" * 255 + "/" + "1234", "name of"),
        ("bell\a", "control character"),
        ("back\\slash", "backslash"),
    ],
)
def test_a_name_that_the_other_side_cannot_hold(tmp_path: Path, name: str, reason: str) -> None:
    """Such a file is skipped with its reason; the others go."""
    place = tree({f"d/{name}": b"1", "d/ok": b"2"}, tmp_path / "names")
    storage = on_memory({})
    summary = storage.push("d", place)
    assert [one.name for one in summary.synced_files] == ["d/ok"]
    (skipped,) = summary.skipped_source_files
    assert reason in skipped.reason


def test_a_name_that_is_no_text(tmp_path: Path) -> None:
    place = tmp_path / "names"
    (place / "d").mkdir(parents=True)
    (place / "d" / "ok").write_bytes(b"1")
    Path(os.fsdecode(os.fsencode(str(place)) + b"/d/\xff\xfe")).write_bytes(b"2")
    summary = on_memory({}).push("d", place)
    assert [one.name for one in summary.synced_files] == ["d/ok"]
    assert len(summary.skipped_source_files) == 1
    assert "text" in summary.skipped_source_files[0].reason or "UTF-8" in summary.skipped_source_files[0].reason


def test_names_that_differ_only_in_case_on_a_side_that_folds_it(tmp_path: Path) -> None:
    place = tree({"d/README": b"1", "d/readme": b"2"}, tmp_path / "names")
    store = MemoryStore(folds_case=True)
    storage = RemoteStorage(RemoteStorageConfig("memory", "", "b", ""), store=store, cache=DigestCache(None))
    with pytest.raises(FileExistsError, match="differs only in case") as caught:
        storage.push("d", place)
    assert isinstance(caught.value, ResourcesError)
    asserts_a_person_can_act(caught.value, "d/readme", "d/README")
    assert held(store) == {}


@pytest.mark.parametrize(
    ("conf", "error", "words"),
    [
        (RemoteStorageConfig("nonsense", "k", "b", "s"), Unsupported, "nonsense"),
        (RemoteStorageConfig("azure_blobs", "k", "b", "s"), InvalidValue, "azure_blobs"),
    ],
)
def test_a_provider_that_is_not_there(
    here: Path, conf: RemoteStorageConfig, error: type[ResourcesError], words: str
) -> None:
    with pytest.raises(error) as caught:
        RemoteStorage(conf, cache=DigestCache(None)).push("a")
    asserts_a_person_can_act(caught.value, words)


@pytest.mark.parametrize("name", ["UPPER", "a", "with space", "../up", "-dash", "x" * 64, ""])
def test_a_bucket_name_that_cannot_be(seaweedfs: S3Server, name: str) -> None:
    with pytest.raises(InvalidValue) as caught:
        RemoteStorage(s3_conf(seaweedfs, name, ""), cache=DigestCache(None)).create_bucket()
    asserts_a_person_can_act(caught.value)


def test_creating_a_bucket_twice(seaweedfs: S3Server, tmp_path: Path) -> None:
    for conf in (s3_conf(seaweedfs, "made-twice", ""), RemoteStorageConfig("local", str(tmp_path), "twice", "")):
        storage = RemoteStorage(conf, cache=DigestCache(None))
        storage.create_bucket()
        storage.create_bucket()
        with pytest.raises(FileExistsError) as caught:
            storage.create_bucket(exist_ok=False)
        assert isinstance(caught.value, ResourcesError)
        asserts_a_person_can_act(caught.value, conf.bucket)


def test_timed_out_and_denied_are_what_people_catch() -> None:
    """The tree's leaves are also the builtin errors."""
    assert issubclass(TimedOut, TimeoutError) and issubclass(TimedOut, ConnectionError)
    assert issubclass(Denied, PermissionError) and issubclass(NotFound, FileNotFoundError)
    assert issubclass(NoSpace, OSError) and issubclass(InvalidValue, ValueError)


def test_a_secret_alone_is_refused_with_the_word_that_sends_it(here: Path) -> None:
    """What the hint says works."""
    (here / ".env").write_bytes(b"TOKEN=1")
    with pytest.raises(NotFound, match="looks like a secret") as caught:
        on_memory({}).push(".env", force=True)
    asserts_a_person_can_act(caught.value, "--secrets")
    assert len(on_memory({}).push(".env", secrets=True).synced_files) == 1
