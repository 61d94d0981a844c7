"""What every Store promises, as tests: an engine's test file subclasses StoreContract and gives it two fixtures.

    class TestMyStore(StoreContract):
        @pytest.fixture
        def store(self):                      # empty, writable
            return MyStore(...)

        @pytest.fixture
        def missing(self):                    # a bucket that doesn't exist
            return MyStore("nowhere")

No case is skipped: where an engine lacks a capability, what it promises instead is asserted.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import ClassVar

import pytest

from jupyter_resources.core import paths
from jupyter_resources.core.control import Control
from jupyter_resources.core.entry import Entry
from jupyter_resources.core.errors import (
    AlreadyExists,
    Cancelled,
    Changed,
    Damaged,
    InvalidPath,
    NotFound,
    ResourcesError,
    Unsupported,
)
from jupyter_resources.core.hashing import md5_of, sha256_of
from jupyter_resources.storage.bodies import BytesBody, FileBody
from jupyter_resources.storage.protocol import WHOLE_BYTES, Capability, Store
from jupyter_resources.testing.trees import fill, held

__all__ = ["HOSTILE", "NAMES", "StoreContract"]

NAMES = (
    "plain.txt",
    "with space.txt",
    " leading and trailing ",
    "percent%20.txt",
    "100%",
    "%2e%2e/%2F",
    "plus+plus",
    "question?mark",
    "hash#tag",
    "amp&and=equals",
    'quote\'s "double"',
    "semi;colon:comma,at@",
    "glob*[a-z]{b}",
    "dollar$(x) `y` |^<>!",
    "~tilde",
    ".hidden/.file",
    "..two dots",
    "dots../..dots/a..b",
    "-dash",
    "caf\u00e9 NFC/\u00fc.txt",
    "cafe\u0301 NFD/u\u0308.txt",
    "\u6587\u4ef6/\u30d5\u30a1\u30a4\u30eb",
    "\u0645\u0631\u062d\u0628\u0627",
    "emoji \U0001f40d\U0001f468\u200d\U0001f469",
    "no-break\u00a0space",
    "a/b/c/d/e/f/g",
    "x" * 255,
)
HOSTILE: tuple[str, ...] = (
    "",
    "../up",
    "a/../b",
    "/absolute",
    "a//b",
    "a/",
    "./a",
    "a/./b",
    "C:/x",
    "back\\slash",
    "tab\there",
)
HOSTILE = (*HOSTILE, "new\nline", "nul\0", "del\x7f", "x" * 256, "y/" * 512 + "z")
LISTED = (
    "a",
    "ab/c",
    "a.txt",
    "b/deep/er/file.txt",
    "b/deep.txt",
    "file.txt",
    "file.txt.bak",
    "f\u00fcr/x",
    "50% off/y",
)


class Torn(BytesBody):
    """A body whose source changes half way."""

    def whole(self) -> bytes:
        raise Changed("it changed while it was read")

    def chunks(self) -> Iterator[bytes]:
        yield super().whole()[: self.size // 2]
        raise Changed("it changed while it was read")


class Lying(BytesBody):
    """A body that gives fewer bytes than it says, and doesn't notice."""

    def whole(self) -> bytes:
        return super().whole()[:-1]

    def chunks(self) -> Iterator[bytes]:
        yield self.whole()


class Interrupting(BytesBody):
    """A body during whose reading somebody cancels."""

    def __init__(self, content: bytes, control: Control) -> None:
        super().__init__(content)
        self._control = control

    def whole(self) -> bytes:
        self._control.cancel()
        return super().whole()

    def chunks(self) -> Iterator[bytes]:
        half = self.size // 2
        content = super().whole()
        yield content[:half]
        self._control.cancel()
        yield content[half:]


def put(store: Store, key: str, content: bytes = b"content") -> Entry:
    """Put bytes, whatever was there."""
    return store.put(key, BytesBody(content))


def keys(store: Store, prefix: str = "") -> list[str]:
    """Every key listed, in the order of the listing."""
    return [entry.path for page in store.list(prefix) for entry in page.entries]


def get(store: Store, key: str, start: int = 0, end: int | None = None) -> bytes:
    """The bytes of an object, or a range of them."""
    with store.read(key, start, end) as reader:
        return b"".join(reader)


def at_once(count: int, work: Callable[[int], object]) -> list[object]:
    """What `work` gives or raises for 0 to `count`, all begun at the same moment."""
    gate = threading.Barrier(count)

    def one(number: int) -> object:
        gate.wait()
        try:
            return work(number)
        except ResourcesError as error:
            return error

    with ThreadPoolExecutor(count) as pool:
        return list(pool.map(one, range(count)))


class StoreContract:
    """Subclass it; see the module. The attributes say what an engine is like, where that is not a capability."""

    flat: ClassVar[bool] = True  # `a` and `a/b` can both be objects
    normal_forms: ClassVar[bool] = True  # a name in NFC and the same in NFD are two
    list_verb: ClassVar[str] = "list"  # under which word a page of a listing is counted
    page: ClassVar[int] = 1_000  # how many entries one has; fewer, where the engine can be told so, save time
    longest: ClassVar[int] = 1024  # bytes a key may have
    large_bytes: ClassVar[int] = WHOLE_BYTES + (5 << 20)
    contended: ClassVar[bool] = True  # its server bears that an object is replaced while others read it
    secrets: ClassVar[Sequence[str]] = ()  # words that must never be shown

    # -- list ----------------------------------------------------------------------------------------------------

    def test_empty_store_lists_nothing(self, store: Store) -> None:
        """A bucket without objects is no error."""
        assert keys(store) == []
        assert [one for page in store.list() for one in page.left_out] == []

    @pytest.mark.parametrize(
        "prefix",
        [
            "",
            "a",
            "ab",
            "ab/",
            "b/",
            "b/deep",
            "b/deep/",
            "b/deep/er/f",
            "file",
            "file.txt",
            "f",
            "f\u00fcr/",
            "50% off/",
        ],
    )
    def test_list_finds_by_string_prefix(self, store: Store, prefix: str) -> None:
        """`a` finds `ab/c`, `file` finds `file.txt`: a prefix is letters, not a directory."""
        fill(store, dict.fromkeys(LISTED, b"x"))
        assert sorted(keys(store, prefix)) == sorted(key for key in LISTED if key.startswith(prefix))

    @pytest.mark.parametrize("directory", ["", "a", "ab", "b", "b/", "b/deep", "file", "file.txt", "zzz"])
    def test_list_of_a_tree_leaves_out_what_merely_begins_alike(self, store: Store, directory: str) -> None:
        """With `tree`, `a` finds the key `a` and what is below `a/`, and not `ab/c`."""
        fill(store, dict.fromkeys(LISTED, b"x"))
        found = [entry.path for page in store.list(directory, tree=True) for entry in page.entries]
        assert sorted(found) == sorted(key for key in LISTED if paths.under(key, directory))

    @pytest.mark.parametrize("directory", ["", "b", "b/deep"])
    def test_list_finds_the_same_whatever_is_expected(self, store: Store, directory: str) -> None:
        """Keys that aren't there, and many of them, neither hide what is there nor double it."""
        fill(store, dict.fromkeys(LISTED, b"x"))
        expected = sorted([*LISTED, *(f"b/{number:05}" for number in range(5000))])
        pages = store.list(directory, tree=True, expected=expected)
        found = [entry.path for page in pages for entry in page.entries]
        assert sorted(found) == sorted(key for key in LISTED if paths.under(key, directory))

    @pytest.mark.parametrize(
        "prefix", ["zzz", "a/", "file.txt/", "b/deep/er/file.txtx", "B", "b//", "/", "../", "b/../"]
    )
    def test_list_of_what_is_not_there_is_empty(self, store: Store, prefix: str) -> None:
        """A prefix that nothing begins with gives nothing, and no error."""
        able = Capability.FOLDS_CASE in store.capabilities
        fill(store, dict.fromkeys(LISTED, b"x"))
        assert able or keys(store, prefix) == []

    def test_list_tells_sizes_and_tags(self, store: Store) -> None:
        """Each entry has the size in bytes and an ETag that `head` gives too."""
        fill(store, {"zero": b"", "one": b"1", "d/many": b"x" * 70_000})
        found = {entry.path: entry for page in store.list() for entry in page.entries}
        assert {path: entry.size for path, entry in found.items()} == {"zero": 0, "one": 1, "d/many": 70_000}
        for path, entry in found.items():
            assert entry.etag is not None
            assert entry.etag == store.head(path).etag

    def test_list_pages_hold_every_key_once(self, store: Store) -> None:
        """Keys for two pages and a half come in three, none twice and none lost."""
        half = self.page // 2
        wanted = [f"many/{number // half}/{number:05}" for number in range(5 * half)]
        with ThreadPoolExecutor(16) as pool:
            list(pool.map(lambda key: put(store, key, b""), wanted))
        control = Control()
        pages = list(store.under(control).list("many/"))
        found = [entry.path for page in pages for entry in page.entries]
        assert sorted(found) == wanted
        assert max(len(page.entries) for page in pages) <= self.page
        assert control.requests[self.list_verb] == 3
        assert sorted(keys(store, "many/3/")) == wanted[3 * half : 4 * half]
        store.delete(wanted)
        assert keys(store) == []

    def test_list_sees_what_was_just_written_and_deleted(self, store: Store) -> None:
        """A listing after a put has it, one after a delete hasn't."""
        put(store, "k")
        assert keys(store) == ["k"]
        store.delete(["k"])
        assert keys(store) == []

    # -- names ---------------------------------------------------------------------------------------------------

    @pytest.mark.parametrize("name", NAMES, ids=[ascii(name)[:24] for name in NAMES])
    def test_name_travels_unchanged(self, store: Store, name: str) -> None:
        """Put, list, head, read, copy and delete mean the same object by every name that is allowed."""
        content = name.encode()
        assert put(store, name, content).path == name
        assert keys(store) == [name]
        assert keys(store, name) == [name]
        assert store.head(name).path == name
        assert get(store, name) == content
        if Capability.COPY in store.capabilities:
            store.copy(name, "other")
            assert get(store, "other") == content
            store.delete(["other"])
        store.delete([name])
        assert keys(store) == []

    def test_longest_name(self, store: Store) -> None:
        """A key may have 1,024 bytes."""
        key = "/".join(["d" * 99] * 20)[: self.longest - 6] + "/" + "e" * 5
        assert len(key) == self.longest
        put(store, key)
        assert keys(store) == [key]
        assert get(store, key) == b"content"

    def test_normal_forms_are_two_names(self, store: Store) -> None:
        """A store keeps names as they are: composed and decomposed letters differ."""
        both = {"caf\u00e9": b"composed", "cafe\u0301": b"decomposed"}
        fill(store, both)
        assert held(store) == both or not self.normal_forms

    def test_case_makes_two_names_or_is_declared(self, store: Store) -> None:
        """`A` and `a` are two objects, or the store says FOLDS_CASE."""
        fill(store, {"Readme": b"one", "README": b"two"})
        count = 1 if Capability.FOLDS_CASE in store.capabilities else 2
        assert len(keys(store)) == count
        assert get(store, "README") == b"two"

    def test_a_name_is_file_and_directory_or_refused(self, store: Store) -> None:
        """Flat stores hold `a` and `a/b`; others refuse the second one and keep the first."""
        put(store, "a", b"file")
        put(store, "d/e", b"below")
        if self.flat:
            fill(store, {"a/b": b"below", "d": b"file"})
            assert held(store) == {"a": b"file", "a/b": b"below", "d": b"file", "d/e": b"below"}
        else:
            with pytest.raises(AlreadyExists, match="file where a directory"):
                put(store, "a/b")
            with pytest.raises(AlreadyExists, match="is a directory"):
                put(store, "d")
            assert held(store) == {"a": b"file", "d/e": b"below"}

    @pytest.mark.parametrize("key", HOSTILE, ids=[ascii(key)[:16] for key in HOSTILE])
    def test_hostile_key_is_refused(self, store: Store, key: str) -> None:
        """What can't be a file anywhere is InvalidPath for every verb but delete, and nothing is written."""
        put(store, "good")
        for verb in (
            lambda: put(store, key),
            lambda: store.head(key),
            lambda: get(store, key),
            lambda: store.copy(key, "x"),
            lambda: store.copy("good", key),
        ):
            with pytest.raises(InvalidPath):
                verb()
        assert keys(store) == ["good"]

    def test_delete_takes_hostile_keys(self, store: Store) -> None:
        """Deleting a name that can't be here is like deleting one that isn't, and touches nothing else."""
        put(store, "a/good")
        store.delete(["../a/good", "a/../a/good", "/a/good", "a//good", "./a/good", "a/good/", "a/", "tab\t"])
        assert keys(store) == ["a/good"]

    # -- head and read -------------------------------------------------------------------------------------------

    def test_put_head_list_and_read_agree(self, store: Store) -> None:
        """One object, one entry: path, size, ETag and what digests are known."""
        content = b"the same everywhere"
        made = put(store, "d/k", content)
        (listed,) = [entry for page in store.list() for entry in page.entries]
        with store.read("d/k") as reader:
            read = reader.entry
            assert b"".join(reader) == content
        for entry in (made, listed, store.head("d/k"), read):
            assert (entry.path, entry.size, entry.etag) == ("d/k", len(content), made.etag)
            assert entry.md5 in (None, md5_of(content))
            assert entry.sha256 in (None, sha256_of(content))

    def test_head_tells_our_digest_where_metadata_is_kept(self, store: Store) -> None:
        """With METADATA a `head` gives the sha256 that was put, also after a copy."""
        put(store, "k", b"digest me")
        known = Capability.METADATA in store.capabilities
        assert store.head("k").sha256 == (sha256_of(b"digest me") if known else None)
        if known and Capability.COPY in store.capabilities:
            store.copy("k", "l")
            assert store.head("l").sha256 == sha256_of(b"digest me")

    @pytest.mark.parametrize("key", ["nothing", "d/nothing", "d", "k/below", "no/such/place"])
    def test_what_is_not_there_is_not_found(self, store: Store, key: str) -> None:
        """Head, read and copy of a missing key, or of what is only a directory: NotFound, naming it."""
        fill(store, {"k": b"x", "d/k": b"x"})
        for verb in (lambda: store.head(key), lambda: get(store, key)):
            with pytest.raises(NotFound) as caught:
                verb()
            assert key.split("/")[0] in str(caught.value)
            assert isinstance(caught.value, FileNotFoundError)
        if Capability.COPY in store.capabilities:
            with pytest.raises(NotFound):
                store.copy(key, "target")
        assert sorted(keys(store)) == ["d/k", "k"]

    @pytest.mark.parametrize(
        ("start", "end"), [(0, None), (0, 10), (3, 7), (9, 10), (4, None), (10, None), (5, 5), (0, 1)]
    )
    def test_read_gives_the_range(self, store: Store, start: int, end: int | None) -> None:
        """Bytes from start to end, end not included; an empty range is no error."""
        put(store, "k", b"0123456789")
        assert get(store, "k", start, end) == b"0123456789"[start:end]

    def test_read_of_a_range_tells_the_whole_object(self, store: Store) -> None:
        """The reader's entry is the object's, not the range's."""
        made = put(store, "k", b"0123456789")
        with store.read("k", 2, 4) as reader:
            assert (reader.entry.size, reader.entry.etag) == (10, made.etag)

    @pytest.mark.parametrize(("start", "end"), [(0, 11), (5, 100), (10, 11)])
    def test_read_beyond_the_end_is_damaged(self, store: Store, start: int, end: int) -> None:
        """Fewer bytes than asked for are an error, never a quiet end."""
        put(store, "k", b"0123456789")
        with pytest.raises(Damaged):
            get(store, "k", start, end)

    def test_empty_object(self, store: Store) -> None:
        """Nothing is content too: it is listed, read and copied."""
        assert put(store, "empty", b"").size == 0
        assert store.head("empty").size == 0
        assert get(store, "empty") == b""
        assert held(store) == {"empty": b""}

    def test_get_gives_a_small_object_whole(self, store: Store) -> None:
        """What it is and its bytes, in one request, also where there are none; nothing of one that has grown."""
        fill(store, {"small": b"content", "empty": b""})
        control = Control()
        for key, content in (("small", b"content"), ("empty", b"")):
            entry, came = store.under(control).get(key, 7)
            assert (entry.path, entry.size, entry.etag) == (key, len(content), store.head(key).etag)
            assert came == content
        assert control.requests == {"read": 2}
        with pytest.raises(Changed):
            store.get("small", 6)
        with pytest.raises(NotFound):
            store.get("missing", 7)
        with pytest.raises(InvalidPath):
            store.get("../up", 7)

    def test_read_streams_in_chunks(self, store: Store) -> None:
        """A large object doesn't come in one piece."""
        content = bytes(range(256)) * (20 << 10)
        put(store, "k", content)
        with store.read("k") as reader:
            chunks = list(reader)
        assert b"".join(chunks) == content
        assert len(chunks) > 1

    def test_read_can_be_left_early(self, store: Store) -> None:
        """Leaving the block in the middle is fine, and the store goes on working."""
        put(store, "k", b"x" * (3 << 20))
        with store.read("k") as reader:
            next(iter(reader))
        assert store.head("k").size == 3 << 20

    # -- put -----------------------------------------------------------------------------------------------------

    def test_put_overwrites(self, store: Store) -> None:
        """Without an expectation the new content counts, and its ETag is another one."""
        old = put(store, "k", b"old content")
        new = put(store, "k", b"new")
        assert old.etag != new.etag
        assert held(store) == {"k": b"new"}
        assert store.head("k").size == 3

    def test_put_tells_how_far_it_is(self, store: Store) -> None:
        """The body hears of every byte taken, once."""
        moved: list[int] = []
        store.put("k", BytesBody(b"x" * (2 << 20), moved.append))
        assert sum(moved) == 2 << 20

    def test_put_large(self, store: Store, tmp_path: Path) -> None:
        """Above what goes in one request, in parts or not: the same bytes, and the digests of what was sent."""
        block = bytes(range(251)) * 4_177
        place = tmp_path / "large"
        with place.open("wb") as stream:
            while stream.tell() < self.large_bytes:
                stream.write(block)
        moved: list[int] = []
        body = FileBody(str(place), moved.append)
        made = store.put("large", body)
        assert made.size == body.size == place.stat().st_size
        assert sum(moved) == body.size
        at = 0
        with store.read("large") as reader, place.open("rb") as stream:
            for chunk in reader:
                assert stream.read(len(chunk)) == chunk
                at += len(chunk)
        assert at == body.size
        if Capability.METADATA in store.capabilities:
            assert store.head("large").sha256 == body.sha256

    def test_put_expecting_nothing(self, store: Store) -> None:
        """expect=None succeeds where nothing is, and is Changed where something is."""
        store.put("k", BytesBody(b"first"), expect=None)
        with pytest.raises(Changed):
            store.put("k", BytesBody(b"second"), expect=None)
        assert held(store) == {"k": b"first"}

    def test_put_expecting_an_etag(self, store: Store) -> None:
        """expect=ETag succeeds where that is, and is Changed where another is or nothing."""
        first = put(store, "k", b"first")
        second = store.put("k", BytesBody(b"second"), expect=first.etag)
        with pytest.raises(Changed):
            store.put("k", BytesBody(b"third"), expect=first.etag)
        with pytest.raises(Changed):
            store.put("gone", BytesBody(b"third"), expect=first.etag)
        assert store.head("k").etag == second.etag
        assert held(store) == {"k": b"second"}

    def test_etag_of_a_listing_can_be_expected(self, store: Store) -> None:
        """What a listing or a head tells is what a put expects."""
        put(store, "k", b"first")
        (listed,) = [entry for page in store.list() for entry in page.entries]
        store.put("k", BytesBody(b"second"), expect=listed.etag)
        store.put("k", BytesBody(b"third"), expect=store.head("k").etag)
        assert held(store) == {"k": b"third"}

    def test_two_writers_of_nothing(self, store: Store) -> None:
        """Of eight who expect nothing there, exactly one wins with CREATE_IF_ABSENT, and at least one without."""
        results = at_once(8, lambda number: store.put("k", BytesBody(b"%d" % number * 1000), expect=None))
        winners = [number for number, one in enumerate(results) if isinstance(one, Entry)]
        assert all(isinstance(one, (Entry, Changed)) for one in results)
        assert len(winners) == 1 if Capability.CREATE_IF_ABSENT in store.capabilities else winners
        assert get(store, "k") in [b"%d" % number * 1000 for number in winners]

    def test_two_writers_of_one_state(self, store: Store) -> None:
        """Of eight who expect the same ETag, exactly one wins with REPLACE_IF_MATCH, and at least one without."""
        old = put(store, "k", b"old")
        results = at_once(8, lambda number: store.put("k", BytesBody(b"%d" % number * 1000), expect=old.etag))
        winners = [number for number, one in enumerate(results) if isinstance(one, Entry)]
        assert all(isinstance(one, (Entry, Changed)) for one in results)
        assert len(winners) == 1 if Capability.REPLACE_IF_MATCH in store.capabilities else winners
        assert get(store, "k") in [b"%d" % number * 1000 for number in winners]

    @pytest.mark.parametrize("size", [10, 3 << 20])
    def test_torn_body_leaves_nothing(self, store: Store, size: int) -> None:
        """A source that changes half way: its error comes through, and no object or what was there before is there."""
        put(store, "old", b"as before")
        for key in ("new", "old", "deep/new"):
            with pytest.raises(Changed):
                store.put(key, Torn(b"x" * size))
        assert held(store) == {"old": b"as before"}

    def test_short_body_leaves_nothing(self, store: Store) -> None:
        """A body that gives fewer bytes than it said is Damaged, and nothing is stored."""
        with pytest.raises(Damaged):
            store.put("k", Lying(b"x" * 1000))
        assert keys(store) == []

    # -- copy and delete -----------------------------------------------------------------------------------------

    def test_copy(self, store: Store) -> None:
        """With COPY the target has the same content; without, copy is Unsupported and changes nothing."""
        fill(store, {"a/k": b"content", "there": b"old"})
        if Capability.COPY not in store.capabilities:
            with pytest.raises(Unsupported):
                store.copy("a/k", "b/l")
            assert sorted(keys(store)) == ["a/k", "there"]
            return
        made = store.copy("a/k", "b/l")
        assert (made.path, made.size) == ("b/l", 7)
        assert made.etag == store.head("b/l").etag
        store.copy("a/k", "there")
        assert held(store) == {"a/k": b"content", "b/l": b"content", "there": b"content"}

    def test_copy_respects_the_expectation(self, store: Store) -> None:
        """As a put does."""
        fill(store, {"k": b"content", "there": b"old"})
        if Capability.COPY not in store.capabilities:
            with pytest.raises(Unsupported):
                store.copy("k", "there", expect=None)
            return
        with pytest.raises(Changed):
            store.copy("k", "there", expect=None)
        with pytest.raises(Changed):
            store.copy("k", "there", expect="another")
        with pytest.raises(Changed):
            store.copy("k", "new", expect="another")
        assert held(store) == {"k": b"content", "there": b"old"}
        store.copy("k", "new", expect=None)
        store.copy("k", "there", expect=store.head("there").etag)
        assert held(store) == dict.fromkeys(("k", "new", "there"), b"content")

    def test_delete(self, store: Store) -> None:
        """Many at once, some missing, none at all, twice: all without error; the others stay."""
        names = [f"d/{number}" for number in range(25)]
        fill(store, dict.fromkeys([*names, "keep", "d/keep"], b"x"))
        store.delete([*names[:20], "missing", "d/missing/deeper"])
        store.delete([])
        store.delete(names)
        assert sorted(keys(store)) == ["d/keep", "keep"]

    def test_delete_is_by_key_not_by_prefix(self, store: Store) -> None:
        """Deleting `d` or `d/` removes nothing below it."""
        fill(store, {"d/k": b"x", "dd": b"x"})
        store.delete(["d", "d/"])
        assert sorted(keys(store)) == ["d/k", "dd"]

    # -- a missing bucket ----------------------------------------------------------------------------------------

    @pytest.mark.parametrize("verb", ["list", "head", "read", "put", "large"])
    def test_missing_bucket_is_not_found(self, missing: Store, verb: str) -> None:
        """Every verb says so, with a hint; none creates it."""
        verbs: dict[str, Callable[[], object]] = {
            "list": lambda: keys(missing),
            "head": lambda: missing.head("k"),
            "read": lambda: get(missing, "k"),
            "put": lambda: put(missing, "k"),
            "large": lambda: put(missing, "k", b"x" * (3 << 20)),
        }
        with pytest.raises(NotFound) as caught:
            verbs[verb]()
        assert caught.value.hint
        with pytest.raises(NotFound):
            keys(missing)

    # -- cancel, count, threads ----------------------------------------------------------------------------------

    @pytest.mark.parametrize("verb", ["list", "head", "read", "put", "copy", "delete"])
    def test_nothing_begins_after_a_cancel(self, store: Store, verb: str) -> None:
        """Once its control is cancelled a view does nothing more; the store itself works on."""
        put(store, "k")
        control = Control()
        view = store.under(control)
        control.cancel()
        verbs: dict[str, Callable[[], object]] = {
            "list": lambda: keys(view),
            "head": lambda: view.head("k"),
            "read": lambda: get(view, "k"),
            "put": lambda: put(view, "new"),
            "copy": lambda: view.copy("k", "new"),
            "delete": lambda: view.delete(["k"]),
        }
        with pytest.raises(Unsupported if verb == "copy" and Capability.COPY not in store.capabilities else Cancelled):
            verbs[verb]()
        assert held(store) == {"k": b"content"}

    def test_cancel_ends_a_read(self, store: Store) -> None:
        """The next chunk after a cancel doesn't come."""
        put(store, "k", b"x" * (12 << 20))
        control = Control()
        with pytest.raises(Cancelled), store.under(control).read("k") as reader:
            for _ in reader:
                control.cancel()

    @pytest.mark.parametrize("size", [10, 3 << 20])
    def test_cancel_ends_a_put_and_leaves_nothing(self, store: Store, size: int) -> None:
        """A cancel while the body is read: no object."""
        control = Control()
        with pytest.raises(Cancelled):
            store.under(control).put("d/k", Interrupting(b"x" * size, control))
        assert keys(store) == []

    def test_requests_are_counted(self, store: Store) -> None:
        """One for each verb, by the control they run under, and by no other."""
        control, other = Control(), Control()
        view = store.under(control)
        for number in range(3):
            put(view, f"k{number}")
        view.head("k0")
        get(view, "k0")
        keys(view)
        view.delete(["k0", "k1"])
        assert control.requests == {"put": 3, "head": 1, "read": 1, self.list_verb: 1, "delete": 1}
        assert store.under(other).head("k2").size == 7
        assert other.requests == {"head": 1}

    def test_many_threads(self, store: Store) -> None:
        """32 threads at once, each with its own files in a common directory, and one that all overwrite."""

        common = "common" if self.contended else "common{}"

        def work(number: int) -> bytes:
            mine = f"d/{number}"
            for turn in range(3):
                put(store, mine, b"%d" % turn)
                put(store, common.format(number), b"%d" % number * 500)
                assert get(store, mine) == b"%d" % turn
            if number % 2:
                store.delete([mine])
            return get(store, common.format(number))

        results = at_once(32, work)
        whole = [b"%d" % number * 500 for number in range(32)]
        assert [one for one in results if one not in whole] == []
        everybodys = {common.format(number) for number in range(32)}
        assert sorted(keys(store)) == sorted([*everybodys, *(f"d/{number}" for number in range(0, 32, 2))])

    # -- what it shows -------------------------------------------------------------------------------------------

    def test_is_a_store(self, store: Store) -> None:
        """The protocol's members are there, and `under` gives the same place."""
        assert isinstance(store, Store)
        view = store.under(Control())
        assert isinstance(view, Store)
        assert view.location == store.location
        assert view.capabilities == store.capabilities
        assert all(isinstance(one, Capability) for one in store.capabilities)

    def test_shows_no_secrets(self, store: Store) -> None:
        """Neither location, repr nor an error has credentials in it."""
        with pytest.raises(NotFound) as caught:
            store.head("nothing")
        shown = f"{store!r} {store.location} {caught.value} {caught.value!r} {vars(caught.value)}"
        assert "://" in store.location
        assert "@" not in store.location
        assert not [secret for secret in self.secrets if secret in shown]
