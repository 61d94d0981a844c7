"""Every member of Bucket does what is documented, on every kind of engine."""

from __future__ import annotations

import io
import os
import pickle
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import IO

import pytest

from jupyter_resources import Workspace
from jupyter_resources.core.control import Control
from jupyter_resources.core.entry import Entry
from jupyter_resources.core.errors import (
    AlreadyExists,
    Changed,
    Denied,
    EmptySource,
    Incomplete,
    InvalidPath,
    InvalidValue,
    NotFound,
    Unavailable,
    Unsupported,
)
from jupyter_resources.resources.bucket import Bucket, MissingFile, ObjectSummary, Usage
from jupyter_resources.resources.connection import (
    BucketStorageUnavailableException,
    Connection,
    MissingBucketException,
)
from jupyter_resources.resources.filtering import (
    BucketPrefixFiltering,
    BucketRegexFiltering,
    BucketSuffixFiltering,
    Filtering,
)
from jupyter_resources.resources.transformation import AbstractResourcesTransformation, PrefixResourcesTransformation
from jupyter_resources.storage.bodies import BytesBody
from jupyter_resources.storage.memory import MemoryStore
from jupyter_resources.storage.protocol import ANY, Expect, Reader
from jupyter_resources.sync.digests import DigestCache
from jupyter_resources.testing.trees import contents, tree
from tests.resources.buckets import ENGINES, bucket, connection

__all__ = ["bucket", "connection"]

only_memory = pytest.mark.parametrize("connection", ["memory"], indirect=True)


def filled(bucket: Bucket, files: dict[str, bytes]) -> Bucket:
    for name, content in files.items():
        bucket.add_file(io.BytesIO(content), name)
    return bucket


def held(bucket: Bucket) -> dict[str, bytes]:
    return {one.key: bucket.read_bytes(one.key) for one in bucket}


# -- single objects ----------------------------------------------------------------------------------------------------


def test_files_go_and_come_back(bucket: Bucket) -> None:
    """By a path, by a stream, by a string, by index; under their own name or another one."""
    tree({"one.txt": b"1", "d/two.txt": b"22"}, Path())
    bucket.add_file("one.txt")
    bucket.add_file("d/two.txt")
    bucket.add_file(Path("d/two.txt"), "/deep/er/two.txt")
    bucket.add_string("h\u00e9", "text")
    bucket["three"] = "one.txt"
    with open("one.txt", "rb") as stream:
        bucket.add_file(stream)
        assert not stream.closed
    bucket["tree"] = "d"
    expected = {"one.txt": b"1", "two.txt": b"22", "deep/er/two.txt": b"22", "text": "h\u00e9".encode(), "three": b"1"}
    assert held(bucket) == expected | {"tree/two.txt": b"22"}
    assert bucket.get_file("deep/er/two.txt") == os.path.abspath("two.txt")
    assert bucket.get_file("text", "new/place/x") == "new/place/x"
    assert bucket.get_file("text", "d") == os.path.abspath("d/text")
    assert bucket["three"] == os.path.abspath("three")
    assert contents(Path()) == {
        "one.txt": b"1",
        "d/two.txt": b"22",
        "two.txt": b"22",
        "new/place/x": "h\u00e9".encode(),
        "d/text": "h\u00e9".encode(),
        "three": b"1",
    }


def test_a_bucket_is_a_mapping_of_names(bucket: Bucket) -> None:
    """`in` takes what iterating gives; a missing name is a KeyError; a length is counted; an empty one is true."""
    assert len(bucket) == 0
    assert bucket
    filled(bucket, {"b": b"22", "a": b"1"})
    names = [one.key for one in bucket]
    assert sorted(names) == ["a", "b"]
    assert all(one in bucket for one in bucket)
    assert "a" in bucket
    assert "c" not in bucket
    assert len(bucket) == 2
    del bucket["a"]
    assert "a" not in bucket
    for missing in (lambda: bucket["a"], lambda: bucket.get_file("a"), lambda: bucket.__delitem__("a")):
        with pytest.raises(KeyError) as caught:
            missing()
        assert isinstance(caught.value, ValueError | FileNotFoundError)
        assert isinstance(caught.value, MissingFile)
        assert caught.value.hint
    bucket.delete_file("a")


def test_what_a_listing_tells(bucket: Bucket) -> None:
    """Keys, sizes, tags in quotes, times; a directory's, and not of what merely begins alike."""
    filled(bucket, {"d/a": b"1", "d/b": b"22", "d2/c": b"333", "top": b""})
    found = bucket.list_files()
    assert [(one.key, one.size) for one in found] == [("d/a", 1), ("d/b", 2), ("d2/c", 3), ("top", 0)]
    assert all(one.e_tag.startswith('"') and one.e_tag.endswith('"') and len(one.e_tag) > 2 for one in found)
    assert all(one.last_modified is not None and one.bucket_name == bucket.name for one in found)
    assert sorted(one.key for one in bucket.directory("d")) == ["d/a", "d/b"]
    assert sorted(one.key for one in bucket.directory("/d/")) == ["d/a", "d/b"]
    assert sorted(one.key for one in bucket.glob("d*/[ac]")) == ["d/a", "d2/c"]
    assert bucket.usage() == Usage(4, 6)
    assert pickle.loads(pickle.dumps(found)) == found


def test_bytes_and_streams(bucket: Bucket) -> None:
    """A range is read where it is wanted; what is written is there when it is closed, and only then."""
    content = os.urandom(3 << 20)
    with bucket.open("big", "wb") as writer:
        writer.write(content[: 1 << 20])
        writer.write(content[1 << 20 :])
        assert not bucket.exists("big")
    assert bucket.read_bytes("big") == content
    with bucket.open("big") as reader:
        reader.seek(-5, os.SEEK_END)
        assert reader.read() == content[-5:]
        reader.seek(100)
        assert reader.read(1000) == content[100:1100]
        assert reader.seekable()
    with pytest.raises(RuntimeError, match="mine"), bucket.open("never", "wb") as writer:
        writer.write(b"half of")
        raise RuntimeError("mine")
    assert not bucket.exists("never")
    with pytest.raises(MissingFile):
        bucket.open("never")
    with pytest.raises(InvalidValue):
        bucket.open("big", "a")


def test_copies_and_moves(bucket: Bucket) -> None:
    """A copy leaves the first, a move doesn't, and to the same name does nothing."""
    filled(bucket, {"a": b"1"})
    bucket.copy_file("a", "d/b")
    bucket.move("d/b", "c")
    bucket.move("a", "a")
    assert held(bucket) == {"a": b"1", "c": b"1"}
    for verb in (bucket.copy_file, bucket.move):
        with pytest.raises(MissingFile):
            verb("missing", "x")
    assert held(bucket) == {"a": b"1", "c": b"1"}


def test_a_url_for_whoever_has_it(bucket: Bucket) -> None:
    """For the time that is said, of an object that is there; where the provider can."""
    filled(bucket, {"d/a b": b"content"})
    if bucket.connection.provider != "s3":
        with pytest.raises(Unsupported) as refused:
            bucket.signed_url("d/a b")
        assert refused.value.hint
        return
    view = bucket.with_resource_transformation(PrefixResourcesTransformation("d/"))
    for url in (bucket.signed_url("d/a b"), view.signed_url("a b", timedelta(minutes=1))):
        with urllib.request.urlopen(url, timeout=20) as answer:
            assert answer.read() == b"content"
    with pytest.raises(MissingFile):
        bucket.signed_url("missing")
    for wrong in (0, -1, 8 * 24 * 3600):
        with pytest.raises(InvalidValue):
            bucket.signed_url("d/a b", wrong)


@pytest.mark.parametrize("progress", ["callback", True])
def test_progress_is_told(bucket: Bucket, progress: object, capsys: pytest.CaptureFixture[str]) -> None:
    """(bytes so far, bytes in all, name), up to the end; or one line of text."""
    told: list[tuple[float, float, str]] = []
    tree({"file": b"x" * 3_000_000}, Path())
    use = (lambda *facts: told.append(facts)) if progress == "callback" else True
    bucket.add_file("file", progress=use)
    bucket.get_file("file", "other", progress=use)
    bucket.get_all_files("all", progress=use)
    if progress == "callback":
        ends = [one for one in told if one[0] == 3_000_000]
        assert len(ends) == 3
        assert {one[1:] for one in told} == {(3_000_000.0, "file")}
        assert not capsys.readouterr().err
    else:
        assert "100%" in capsys.readouterr().err


def test_a_file_that_is_there_is_never_harmed(bucket: Bucket) -> None:
    """A get that fails leaves it as it was; a name that leads outside stays inside."""
    tree({"mine": b"precious"}, Path())
    with pytest.raises(MissingFile):
        bucket.get_file("missing", "mine")
    assert Path("mine").read_bytes() == b"precious"
    with pytest.raises(InvalidPath):
        bucket.add_string("x", "../up")
    with pytest.raises(InvalidPath):
        bucket.get_file("../../etc/passwd", "mine")
    assert Path("mine").read_bytes() == b"precious"


def test_bad_input_says_what_to_type(bucket: Bucket) -> None:
    """Nothing of it changes the bucket."""
    tree({"file": b"x"}, Path())
    Path("d").mkdir()
    for verb, error in (
        (lambda: bucket.add_file("missing"), NotFound),
        (lambda: bucket.add_file("d"), InvalidValue),
        (lambda: bucket.add_file(io.BytesIO(b"x")), InvalidValue),
        (lambda: bucket.add_directory("missing"), OSError),
        (lambda: bucket.sync_files({"a": "missing"}), FileNotFoundError),
        (lambda: bucket.sync_files({"a": "d"}), InvalidValue),
        (lambda: bucket.sync_files({"/a": "x", "a/": "y"}), InvalidValue),
        (lambda: bucket.add_string("x", ".resources/x"), InvalidPath),
        (lambda: bucket.sync_files({"ok": "file", ".resources/x": "file"}), InvalidPath),
        (lambda: bucket.sync_files({"a": "file", "a/b": "file"}), InvalidValue),
        (lambda: bucket.add_file(io.StringIO("text"), "a"), InvalidValue),  # type: ignore[arg-type]
        (lambda: bucket.open("missing").read(), MissingFile),
        (lambda: bucket.move("missing", "missing"), MissingFile),
    ):
        with pytest.raises(error) as caught:
            verb()
        assert caught.value.hint  # type: ignore[attr-defined]
    assert bucket.list_files() == []
    assert "../x" not in bucket
    assert "" not in bucket


# -- directories -------------------------------------------------------------------------------------------------------


def test_a_directory_is_mirrored_below_its_name_and_nowhere_else(bucket: Bucket, capsys: object) -> None:
    """`data` is not `data2`; what is gone is deleted; the summary says so."""
    filled(bucket, {"data/old": b"o", "data2/stays": b"s", "top": b"t"})
    tree({"src/new": b"n", "src/sub/more": b"m"}, Path())
    plan = bucket.sync_directory("src", remote="data", dryrun=True)
    assert [one.name for one in plan.to_delete] == ["data/old"]
    assert "data/old" in bucket
    summary = bucket.sync_directory("src", remote="data")
    assert held(bucket) == {"data/new": b"n", "data/sub/more": b"m", "data2/stays": b"s", "top": b"t"}
    assert [one.name for one in summary.deleted] == ["data/old"]
    assert sorted(one.name for one in summary.copied) == ["data/new", "data/sub/more"]
    again = bucket.sync_directory("src", remote="data")
    assert len(again.on_target_eq_md5) == 2
    assert not again.synced_files


def test_nothing_empties_a_bucket_by_accident(bucket: Bucket) -> None:
    """A directory that isn't there, or holds nothing, leaves everything; unless that is said."""
    filled(bucket, {"a": b"1"})
    Path("empty").mkdir()
    with pytest.raises(NotFound):
        bucket.sync_directory("does-not-exist")
    with pytest.raises(EmptySource):
        bucket.sync_directory("empty")
    with pytest.raises(EmptySource):
        bucket.sync_files({})
    assert held(bucket) == {"a": b"1"}
    bucket.sync_directory("empty", allow_empty=True)
    assert held(bucket) == {}


def test_single_files_are_mirrored_from_where_they_are(bucket: Bucket, capsys: pytest.CaptureFixture[str]) -> None:
    """Names there needn't be names here; an unchanged one isn't sent again; equal contents are told apart by name."""
    tree({"x/one": b"1", "y/two": b"22", "same": b"1"}, Path())
    files = {"a/b": "x/one", "c": Path("y/two").absolute(), "d": "same"}
    summary = bucket.sync_files(files, verbose=True, remote="to")
    assert held(bucket) == {"to/a/b": b"1", "to/c": b"22", "to/d": b"1"}
    assert {one.name: one.local_path for one in summary.copied + summary.reused}["to/c"] == os.path.abspath("y/two")
    assert "to/c" in capsys.readouterr().out
    assert not bucket.sync_files(files, remote="to").synced_files
    Path("y/two").write_bytes(b"changed")
    del files["d"]  # type: ignore[arg-type]
    summary = bucket.sync_files(files, remote="to")
    assert [one.name for one in summary.synced_files] == ["to/c"]
    assert held(bucket) == {"to/a/b": b"1", "to/c": b"changed"}


def test_everything_comes_to_a_directory(bucket: Bucket) -> None:
    """What differs is replaced, what is only here stays; also of one directory of the bucket."""
    filled(bucket, {"a": b"1", "d/b": b"22", "empty": b""})
    tree({"out/a": b"other", "out/mine": b"mine"}, Path())
    summary = bucket.get_all_files("out")
    assert contents(Path("out")) == {"a": b"1", "d/b": b"22", "empty": b"", "mine": b"mine"}
    assert len(summary.synced_files) == 3
    bucket.sync_remote_to_local("part", "d")
    assert contents(Path("part")) == {"b": b"22"}


def test_adding_a_directory_replaces_and_deletes_nothing(bucket: Bucket) -> None:
    """Its files, by their paths in it; a linked directory isn't followed."""
    filled(bucket, {"to/a": b"old", "to/stays": b"s"})
    tree({"src/a": b"new", "src/sub/b": b"b", "elsewhere/c": b"c"}, Path())
    Path("src/link").symlink_to("../elsewhere")
    bucket.add_directory("src", "to")
    assert held(bucket) == {"to/a": b"new", "to/sub/b": b"b", "to/stays": b"s"}


@pytest.mark.parametrize("connection", ["memory", "s3", "azure_blobs"], indirect=True)
def test_a_rename_moves_no_bytes(bucket: Bucket) -> None:
    """What the bucket holds is copied there, whoever uploaded it in whatever parts."""
    tree({"src/a": os.urandom(9 << 20), "src/b": b"b"}, Path())
    bucket.sync_directory("src")
    os.rename("src/a", "src/renamed")
    control = Control()
    summary = bucket.sync_directory("src", control=control)
    assert [one.name for one in summary.reused] == ["renamed"]
    assert summary.bytes_moved == 0
    assert "put" not in control.requests
    assert sorted(held(bucket)) == ["b", "renamed"]


# -- views -------------------------------------------------------------------------------------------------------------


def test_a_filter_holds_for_every_verb(bucket: Bucket) -> None:
    """What it leaves out is not listed, read, counted, brought, mirrored away or overwritten."""
    filled(bucket, {"a/1.csv": b"1", "a/2.txt": b"2", "b/3.csv": b"3"})
    seen = bucket.with_filtering(Filtering(BucketPrefixFiltering("a/"), BucketSuffixFiltering(".csv")))
    assert [one.key for one in seen] == ["a/1.csv"]
    assert len(seen) == 1
    assert "a/2.txt" not in seen
    with pytest.raises(MissingFile):
        seen.read_bytes("a/2.txt")
    with pytest.raises(InvalidPath):
        seen.add_string("x", "a/2.txt")
    seen.delete_file("a/2.txt")
    seen.get_all_files("out")
    assert sorted(contents(Path("out"))) == ["a/1.csv"]
    tree({"src/9.csv": b"9"}, Path())
    seen.sync_directory("src", remote="a")
    assert held(bucket) == {"a/9.csv": b"9", "a/2.txt": b"2", "b/3.csv": b"3"}


def test_a_transformation_is_taken_back_on_the_way_there(bucket: Bucket) -> None:
    """Names without the prefix here, with it there; what is outside isn't seen."""
    filled(bucket, {"deep/er/a": b"1", "deep/b": b"2", "other": b"3"})
    seen = bucket.with_resource_transformation(PrefixResourcesTransformation("deep/"))
    assert held(seen) == {"er/a": b"1", "b": b"2"}
    seen.add_string("new", "c")
    tree({"src/x": b"x"}, Path())
    seen.sync_directory("src", remote="er")
    assert held(bucket) == {"deep/er/x": b"x", "deep/b": b"2", "deep/c": b"new", "other": b"3"}
    both = seen.with_filtering(BucketRegexFiltering("deep/.$"))
    assert sorted(held(both)) == ["b", "c"]


def test_the_reserved_directory_is_not_there(bucket: Bucket) -> None:
    """Neither listed nor mirrored away; and a bucket with datasets isn't deleted by the way."""
    store = bucket.connection.open(bucket.name)
    store.put(".resources/datasets/x", BytesBody(b"kept"))
    filled(bucket, {"a": b"1"})
    assert [one.key for one in bucket] == ["a"]
    with pytest.raises(MissingFile):
        bucket.read_bytes(".resources/datasets/x")
    tree({"src/b": b"b"}, Path())
    bucket.sync_directory("src")
    assert store.head(".resources/datasets/x").size == 4
    with pytest.raises(AlreadyExists, match="datasets"):
        bucket.delete()
    with pytest.raises(InvalidValue, match="only a part"):
        bucket.with_filtering(BucketPrefixFiltering("a")).delete(datasets=True)
    assert store.head(".resources/datasets/x").size == 4


@only_memory
def test_each_with_keeps_the_rest(bucket: Bucket) -> None:
    """And shares nothing that can change."""
    mine = Filtering(BucketPrefixFiltering("a/"))
    made = bucket.with_cache_ttl(60).with_filtering(mine)
    made = made.with_resource_transformation(PrefixResourcesTransformation("a/"))
    assert (made.cache_ttl, len(made.filtering), len(made.resources_transformation)) == (60, 1, 1)
    mine.append(BucketSuffixFiltering(".csv"))
    made.filtering.append(BucketSuffixFiltering(".csv"))
    assert len(made.filtering) == 1
    assert made == bucket.with_resource_transformation(PrefixResourcesTransformation("a/")).with_filtering(
        BucketPrefixFiltering("a/")
    )
    assert hash(made) == hash(Bucket.from_json(bucket.connection, made.to_json()))
    assert made != bucket
    assert len({bucket, made, Bucket(bucket.connection, bucket.name, False)}) == 2


@only_memory
def test_json_keeps_what_only_others_know(bucket: Bucket) -> None:
    """An unknown kind comes back as it came; used, it says so instead of guessing."""
    said = {
        "bucketName": bucket.name,
        "filtering": {"prefixFiltering": {"prefix": "a/"}, "moonPhase": {"full": True}},
        "resourcesTransformation": {"stripPrefix": {"prefix": "a/"}, "rot13": {}},
        "cacheTTLSec": 7,
    }
    made = Bucket.from_json(bucket.connection, said)
    assert made.to_json() == said
    filled(bucket, {"a/x": b"1"})
    with pytest.raises(InvalidValue, match=r"moonPhase|rot13"):
        made.list_files()
    for wrong in ({}, {"bucketName": "b", "filtering": {"prefixFiltering": {}}}):
        with pytest.raises(InvalidValue) as caught:
            Bucket.from_json(bucket.connection, wrong)
        assert caught.value.hint


@only_memory
def test_a_listing_is_kept_for_its_time(bucket: Bucket) -> None:
    """Until it is out of date, flushed, or this bucket itself changes something."""
    kept = filled(bucket, {"a": b"1"}).with_cache_ttl(3600)
    assert [one.key for one in kept.list_files()] == ["a"]
    bucket.add_string("x", "b")
    assert [one.key for one in kept] == ["a"]
    kept.update()
    assert [one.key for one in kept] == ["a"]
    kept.update(flush=True)
    assert [one.key for one in kept] == ["a", "b"]
    kept.add_string("x", "c")
    assert [one.key for one in kept] == ["a", "b", "c"]
    assert [one.key for one in kept.with_cache_ttl(0).list_files()] == ["a", "b", "c"]


# -- the bucket itself -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("connection", [one for one in ENGINES if one != "memory"], indirect=True)
def test_a_bucket_that_is_not_there(connection: Connection, tmp_path: Path) -> None:
    """Is told by every verb that asks for it, and made by whoever says so. (In memory none is missing.)"""
    missing = Bucket(connection, "never-made", create=False, cache=DigestCache(None))
    for verb in (missing.list_files, missing.usage, missing.delete, lambda: missing.get_all_files(tmp_path / "out")):
        with pytest.raises(MissingBucketException):
            verb()
    with pytest.raises(MissingBucketException):
        connection.retrieve_bucket("never-made")
    made = connection.retrieve_or_create_bucket("made-now")
    try:
        assert made in connection.buckets
        assert connection.retrieve_bucket("made-now") == made == connection.create_bucket("made-now")
        assert (made.uuid, made.description) == ("made-now", "made-now")
    finally:
        made.delete()
    assert made not in connection.buckets


def test_a_provider_that_nobody_opens() -> None:
    """Is told when the bucket is made."""
    with pytest.raises(BucketStorageUnavailableException):
        Bucket(Connection("no-such-provider", key="k", secret="s"), "b")


def test_secrets_are_in_no_repr(connection: Connection) -> None:
    """Whatever is shown of a connection or a bucket."""
    made = Bucket(Connection("s3", key="KEY", secret="SECRET", token="TOKEN"), "b", create=False)
    assert "SECRET" not in repr(made)
    assert "TOKEN" not in repr(made.connection)
    assert isinstance(ObjectSummary("k", 1, '"e"', None, "b"), ObjectSummary)


# -- what a review found -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["", ".", "..", "../outside", "one/x", "/tmp"])
def test_a_name_leads_to_no_other_place(tmp_path: Path, name: str) -> None:
    """Also one that comes as JSON from somebody else; nothing is touched."""
    tree({"root/one/x": b"1", "root/two/y": b"2", "outside/z": b"3"}, tmp_path)
    connection = Connection("local", root=tmp_path / "root")
    with pytest.raises(InvalidValue):
        Bucket(connection, name, create=False)
    with pytest.raises(InvalidValue):
        Bucket.from_json(connection, {"bucketName": name})
    for verb in (connection.open, connection.make, connection.retrieve_bucket):
        with pytest.raises(InvalidValue):
            verb(name)
    assert len(contents(tmp_path)) == 3


def test_a_connection_is_where_it_was_made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A relative root doesn't wander with the current directory; credentials in an endpoint are refused."""
    monkeypatch.chdir(tmp_path)
    Path("root").mkdir()
    connection = Connection("local", root="root")
    made = connection.create_bucket("b")
    monkeypatch.chdir("/")
    made.add_string("x", "k")
    assert (tmp_path / "root" / "b" / "k").read_bytes() == b"x"
    assert connection == Connection("local", root=tmp_path / "root")
    assert Connection("memory") != Connection("memory")
    with pytest.raises(InvalidValue) as caught:
        Connection("s3", endpoint="https://k:SECRET@host")
    assert "SECRET" not in str(caught.value)


def test_a_move_loses_nothing() -> None:
    """Where two names are one file; where somebody changes the object meanwhile."""
    connection = Connection("memory")
    connection._stores["b"] = MemoryStore("b", folds_case=True)
    folding = filled(Bucket(connection, "b", cache=DigestCache(None)), {"a.txt": b"1"})
    with pytest.raises(Unsupported):
        folding.move("a.txt", "A.txt")
    assert folding.read_bytes("a.txt") == b"1"

    class Meddled(MemoryStore):
        def copy(self, source: str, target: str, *, expect: Expect = ANY) -> Entry:
            made = super().copy(source, target, expect=expect)
            self.put(source, BytesBody(b"second"))
            return made

    connection._stores["c"] = Meddled("c")
    meddled = filled(Bucket(connection, "c", cache=DigestCache(None)), {"m": b"first"})
    with pytest.raises(Changed):
        meddled.move("m", "n")
    assert held(meddled) == {"m": b"second", "n": b"first"}


class Failing(MemoryStore):
    """A read breaks off, when it is told to."""

    broken = False

    @contextmanager
    def read(self, key: str, start: int = 0, end: int | None = None) -> Iterator[Reader]:
        with super().read(key, start, end) as reader:
            if self.broken:
                self.broken = False
                raise Unavailable("cut off")
            yield reader


def test_reading_again_gives_the_same_and_all_costs_one_request() -> None:
    """A read that failed has moved nothing."""
    connection = Connection("memory")
    store = Failing("b")
    connection._stores["b"] = store
    content = os.urandom(3 << 20)
    bucket = filled(Bucket(connection, "b", cache=DigestCache(None)), {"k": content})
    with bucket.open("k") as reader:
        store.broken = True
        with pytest.raises(Unavailable):
            reader.read(2 << 20)
        assert reader.read(1000) == content[:1000]
    control = Control()
    connection._stores["b"] = store.under(control)
    assert bucket.open("k").read() == content
    assert control.requests == {"head": 1, "read": 1}
    with pytest.raises(ValueError, match="whence"):
        bucket.open("k").seek(0, 9)


class Full:
    """A file on a full disk."""

    def __init__(self, spool: IO[bytes]) -> None:
        self.name, self.close = spool.name, spool.close

    def write(self, content: bytes) -> int:
        raise OSError("the disk is full")


@only_memory
def test_a_file_that_could_not_be_written_is_not_stored(bucket: Bucket, monkeypatch: pytest.MonkeyPatch) -> None:
    """However often it is closed; and whoever lets go of it without closing didn't mean it."""
    writer = bucket.open("k", "wb")
    writer.write(b"some")
    monkeypatch.setattr(writer, "_spool", Full(writer._spool))  # type: ignore[attr-defined]
    with pytest.raises(OSError, match="full"):
        writer.write(b"more")
    writer.close()
    writer.close()
    left = bucket.open("l", "wb")
    left.write(b"some")
    name = left._spool.name  # type: ignore[attr-defined]
    del left
    assert bucket.list_files() == []
    assert not os.path.exists(name)


def test_what_cannot_be_listed_is_not_nothing(tmp_path: Path) -> None:
    """A view of a directory that is a link says so; one that a filter knows nothing of is told as left out."""
    tree({"root/b/real/x": b"1", "root/b/y.csv": b"2"}, tmp_path)
    (tmp_path / "root/b/base").symlink_to("real")
    bucket = Bucket(Connection("local", root=tmp_path / "root"), "b", create=False, cache=DigestCache(None))
    view = bucket.with_resource_transformation(PrefixResourcesTransformation("base/"))
    with pytest.raises(Denied):
        view.list_files()
    with pytest.raises(Denied):
        view.get_all_files(tmp_path / "out")
    summary = bucket.with_filtering(BucketSuffixFiltering(".csv")).get_all_files(tmp_path / "out")
    assert [one.name for one in summary.skipped_source_files] == ["base/"]


@only_memory
def test_a_kept_listing_knows_of_every_change_of_its_own(bucket: Bucket) -> None:
    """A copy, an applied plan."""
    kept = filled(bucket, {"a": b"1"}).with_cache_ttl(3600)
    tree({"src/new": b"n"}, Path())

    def names() -> list[str]:
        return [one.key for one in kept.list_files()]

    assert names() == ["a"]
    kept.copy_file("a", "b")
    assert names() == ["a", "b"]
    plan = kept.sync_directory("src", remote="to", dryrun=True)
    assert names() == ["a", "b"]
    plan.apply()
    assert names() == ["a", "b", "to/new"]


def test_filters_of_others_add_up() -> None:
    """What one of them leaves out stays out, alternatives stay such, unknown kinds keep their names."""
    both = Filtering(~BucketSuffixFiltering(".keep"), ~BucketPrefixFiltering("archive/"))
    assert [both.takes(key) for key in ("x", "x.keep", "archive/x")] == [True, False, False]
    assert Filtering(BucketPrefixFiltering("a") & BucketSuffixFiltering("z")).prefix == "a"
    either = BucketPrefixFiltering("a") | BucketPrefixFiltering("b")
    with pytest.raises(InvalidValue):
        Filtering(either, BucketPrefixFiltering("c") | BucketPrefixFiltering("d"))
    a_to_z = {"prefixFiltering": {"prefix": "a"}, "suffixFiltering": {"suffix": "z"}}
    assert not Filtering.from_json({"anyFiltering": [a_to_z]}).takes("abc")
    said = {"anyFiltering": [{"prefixFiltering": {"prefix": "a"}}, {"moon": {"full": 1}}]}
    assert Filtering.from_json(said).to_json() == said
    for wrong in ([1], {"prefixFiltering": {"prefix": None}}, {"regexFiltering": {"regex": "("}}):
        with pytest.raises(InvalidValue):
            Filtering.from_json(wrong)  # type: ignore[arg-type]


def test_what_the_filter_leaves_out_is_told_by_the_dry_run(bucket: Bucket) -> None:
    """And is no failure: the same line would fail for ever."""
    tree({"src/a.csv": b"1", "src/b.txt": b"2"}, Path())
    seen = bucket.with_filtering(BucketSuffixFiltering(".csv"))
    for dryrun in (True, False):
        summary = seen.sync_directory("src", dryrun=dryrun)
        assert [one.name for one in summary.skipped_source_files] == ["b.txt"]
        assert not summary.failed
    assert held(bucket) == {"a.csv": b"1"}
    with pytest.raises(InvalidPath):
        seen.sync_files({"c.csv": "src/a.csv", "d.txt": "src/b.txt"})
    assert held(bucket) == {"a.csv": b"1"}


class Swapped(AbstractResourcesTransformation):
    """A rule of a user's own, which puts nothing before a name."""

    name = "swapped"

    def shown(self, key: str) -> str:
        return key.swapcase()

    def key(self, shown: str) -> str:
        return shown.swapcase()

    def to_json(self) -> object:
        return {}

    @classmethod
    def from_json(cls, said: object) -> Swapped:
        return cls()


@pytest.mark.parametrize("connection", ["memory", "local"], indirect=True)
def test_a_rule_of_ones_own_gives_each_object_its_own_content(bucket: Bucket) -> None:
    """Also where the bucket is a directory that has files under both names."""
    filled(bucket, {"a": b"lower", "A": b"UPPER", "d/x": b"1"})
    seen = bucket.with_resource_transformation(Swapped())
    assert held(seen) == {"A": b"lower", "a": b"UPPER", "D/X": b"1"}
    assert [one.key for one in seen.directory("D")] == ["D/X"]
    seen.get_all_files("out")
    assert contents(Path("out")) == {"A": b"lower", "a": b"UPPER", "D/X": b"1"}


def test_a_bucket_that_is_not_empty_after_all(tmp_path: Path) -> None:
    """What is left is told; a bucket of the settings isn't deleted at all."""
    tree({"root/b/x": b"1", "root/b/empty": None}, tmp_path)
    bucket = Bucket(Connection("local", root=tmp_path / "root"), "b", create=False, cache=DigestCache(None))
    with pytest.raises(Incomplete) as caught:
        bucket.delete()
    assert "gone" in caught.value.message
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "precious").write_bytes(b"p")
    with pytest.raises(InvalidValue):
        Workspace(tmp_path).bucket("./mine").delete()
    assert (tmp_path / "mine" / "precious").exists()
