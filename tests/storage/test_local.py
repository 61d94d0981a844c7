"""LocalStore: the contract, what a walk leaves out, and what a directory can't hold."""

from __future__ import annotations

import errno
import fcntl
import os
import stat
import tempfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jupyter_resources.core.control import Control
from jupyter_resources.core.entry import Facts
from jupyter_resources.core.errors import (
    AlreadyExists,
    Changed,
    Damaged,
    Incomplete,
    InvalidPath,
    NotFound,
    ResourcesError,
    TimedOut,
)
from jupyter_resources.storage import local, partial
from jupyter_resources.storage.bodies import BytesBody
from jupyter_resources.storage.local import LocalStore
from jupyter_resources.storage.memory import MemoryStore
from jupyter_resources.storage.protocol import ANY, Capability, Store
from jupyter_resources.testing.store_contract import StoreContract
from jupyter_resources.testing.trees import Link, contents, fill, held, tree


class TestLocal(StoreContract):
    flat = False
    list_verb = "walk"

    @pytest.fixture
    def store(self, tmp_path: Path) -> LocalStore:
        return LocalStore(tmp_path / "root")

    @pytest.fixture
    def missing(self, tmp_path: Path) -> LocalStore:
        return LocalStore(tmp_path / "nowhere", create=False)


def listed(store: LocalStore, prefix: str = "") -> tuple[list[str], dict[str, str]]:
    """Paths of the entries, and the reason for each path that was left out."""
    pages = list(store.list(prefix))
    entries = sorted(entry.path for page in pages for entry in page.entries)
    return entries, {one.path: one.reason for page in pages for one in page.left_out}


# -- walking -----------------------------------------------------------------------------------------------------------


def test_walk_leaves_out_what_is_no_file_of_the_tree(tmp_path: Path):
    """Each with its reason; none of them stops the walk."""
    tree(
        {
            "outside/x": b"x",
            "root/file": b"12345",
            "root/to file": Link("file"),
            "root/to outside": Link("../outside/x"),
            "root/to dir": Link("../outside"),
            "root/circle/back": Link(".."),
            "root/broken": Link("nowhere"),
            "root/loop": Link("loop"),
            "root/through a file": Link("file/x"),
            "root/empty dir": None,
            "root/back\\slash": b"",
            "root/tab\t/x": b"",
            "root/long/" + "/".join(["d" * 200] * 6): b"",
            "root/.jtres-notours.part": b"",
        },
        tmp_path,
    )
    root = tmp_path / "root"
    os.mkfifo(root / "pipe")
    (root / "circle" / os.fsdecode(b"bad\xff")).write_bytes(b"")
    (root / os.fsdecode(b"dir\xfe")).mkdir()
    entries, left_out = listed(LocalStore(root))
    assert entries == [".jtres-notours.part", "file", "to file", "to outside"]
    long = "long/" + "/".join(["d" * 200] * 6)
    assert (
        left_out
        == {
            "to dir/": "symbolic link to a directory",
            "circle/back/": "symbolic link to a directory",
            "broken": "broken symbolic link",
            "loop": "broken symbolic link",
            "through a file": "broken symbolic link",
            "back\\slash": "backslash in the name",
            "tab\t/": "control character or broken text in the name",
            "circle/bad\\xff": "control character or broken text in the name",
            "dir\\xfe/": "control character or broken text in the name",
            "pipe": "not a regular file",
            long: f"name of {len(long)} bytes (the limit is 1024)",
        }
        or long not in left_out
    )
    assert [path for path in left_out if path.encode() == b""] == []


def test_links_to_files_are_those_files(tmp_path: Path):
    """Size, times and facts are the target's, so that a change of it is noticed."""
    tree({"big": b"x" * 1000, "link": Link("big")}, tmp_path)
    entries = {entry.path: entry for page in LocalStore(tmp_path).list() for entry in page.entries}
    status = (tmp_path / "big").stat()
    assert entries["link"].size == 1000
    assert entries["link"].etag == entries["big"].etag
    assert entries["link"].mtime_ns == status.st_mtime_ns
    assert entries["link"].facts == Facts(status.st_dev, status.st_ino, status.st_ctime_ns, status.st_mode)


@pytest.mark.parametrize(
    ("prefix", "entered"),
    [
        ("", {"", "a", "a/b", "ab", "c"}),
        ("a", {"", "a", "a/b", "ab"}),
        ("a/", {"a", "a/b"}),
        ("a/b", {"a", "a/b"}),
        ("a/b/x", {"a/b"}),
        ("c/nothing/deep", set()),
        ("zz", {""}),
    ],
)
def test_walk_enters_only_what_can_match(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, prefix: str, entered: set[str]
):
    """The rest of a large tree costs nothing."""
    tree({"a/b/x": b"", "a/y": b"", "ab/z": b"", "c/w": b""}, tmp_path)
    opened: set[str] = set()
    scandir = os.scandir

    def watching(path: str):
        opened.add(os.path.relpath(path, tmp_path).replace(".", ""))
        return scandir(path)

    monkeypatch.setattr(os, "scandir", watching)
    listed(LocalStore(tmp_path), prefix)
    assert opened == entered


def test_pruned_directories_are_not_entered(tmp_path: Path):
    """The reason is told once, for the directory; files have theirs; a prefix inside changes nothing."""
    tree({".git/config": b"", ".git/objects/x": b"", "keep/a.tmp": b"123", "keep/b": b""}, tmp_path)
    asked: list[str] = []

    def prune(path: str, link: bool) -> str | None:
        asked.append(path)
        return {".git/": "tool folder", "keep/a.tmp": "temporary"}.get(path)

    store = LocalStore(tmp_path, prune=prune)
    assert listed(store) == (["keep/b"], {".git/": "tool folder", "keep/a.tmp": "temporary"})
    assert not [path for path in asked if path.startswith(".git/") and path != ".git/"]
    assert listed(store, ".git/objects/") == ([], {".git/": "tool folder"})
    assert listed(store, "keep/a") == ([], {"keep/a.tmp": "temporary"})


def test_files_that_vanish_during_the_walk_are_not_there(tmp_path: Path):
    """No error, no entry."""
    tree(dict.fromkeys((f"{number:04}" for number in range(1_500)), b""), tmp_path)
    pages = LocalStore(tmp_path).list()
    first = next(pages)
    for path in tmp_path.iterdir():
        path.unlink()
    assert len(first.entries) == 1_000
    assert len([entry for page in pages for entry in page.entries]) <= 500


@pytest.mark.parametrize("create", [True, False])
def test_missing_root(tmp_path: Path, create: bool):
    """Empty and made by the first put, or NotFound with the command that makes it."""
    store = LocalStore(tmp_path / "no" / "where", create=create)
    if create:
        assert listed(store) == ([], {})
        with pytest.raises(NotFound):
            store.head("k")
        store.delete(["k"])
        assert not (tmp_path / "no").exists()
        store.put("d/k", BytesBody(b"x"))
        assert contents(tmp_path) == {"no/where/d/k": b"x"}
    else:
        for verb in (lambda: listed(store), lambda: store.put("k", BytesBody(b"x")), lambda: store.head("k")):
            with pytest.raises(NotFound, match="no/where") as caught:
                verb()
            assert "mkdir" in caught.value.hint
        assert list(tmp_path.iterdir()) == []


def test_root_that_is_a_file(tmp_path: Path):
    """Told as what it is, not as an empty directory."""
    (tmp_path / "f").write_bytes(b"x")
    store = LocalStore(tmp_path / "f")
    with pytest.raises(NotFound, match="is a file"):
        listed(store)
    with pytest.raises(AlreadyExists):
        store.put("k", BytesBody(b"x"))


def test_root_may_be_a_link_and_relative(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """What the user names is the root; a later chdir doesn't move it."""
    tree({"real/x": b"x", "named": Link("real")}, tmp_path)
    monkeypatch.chdir(tmp_path)
    store = LocalStore("named")
    monkeypatch.chdir("/")
    assert held(store) == {"x": b"x"}
    assert store.location == f"file://{tmp_path}/named"
    assert store.path_of("a/b") == f"{tmp_path}/named/a/b"
    with pytest.raises(InvalidPath):
        store.path_of("../b")


# -- what a directory is -----------------------------------------------------------------------------------------------


def test_new_files_get_what_the_umask_leaves_and_replaced_ones_keep_their_mode(tmp_path: Path):
    """A script stays executable; nothing becomes set-uid."""
    store = LocalStore(tmp_path)
    before = os.umask(0o027)
    try:
        store.put("new", BytesBody(b"x"))
        (tmp_path / "script").write_bytes(b"old")
        (tmp_path / "script").chmod(0o4755)
        made = store.put("script", BytesBody(b"new"))
        made = store.put("script", BytesBody(b"newer"), expect=made.etag)
    finally:
        os.umask(before)
    assert stat.S_IMODE((tmp_path / "new").stat().st_mode) == 0o640
    assert stat.S_IMODE((tmp_path / "script").stat().st_mode) == 0o755
    assert made.facts is not None and stat.S_IMODE(made.facts.mode) == 0o755


def test_entry_of_a_put_is_what_a_walk_finds(tmp_path: Path):
    """Facts are taken after the commit, so that the digests can be recorded for them."""
    store = LocalStore(tmp_path)
    for expect in (None, ANY):
        made = store.put("d/k", BytesBody(b"content"), expect=expect)
        ((entry,),) = [page.entries for page in store.list()]
        assert (entry.etag, entry.mtime_ns, entry.facts) == (made.etag, made.mtime_ns, made.facts)
        assert made.md5 and made.sha256


@pytest.mark.parametrize("content", [b"", b"12345"])
def test_delete_removes_directories_that_are_empty_by_it(tmp_path: Path, content: bytes):
    """Up to the root, which stays; directories that hold anything stay."""
    tree({"a/b/c/x": content, "a/y": content, "d/e/z": content, "d/empty": None}, tmp_path)
    store = LocalStore(tmp_path)
    store.delete(["a/b/c/x", "d/e/z"])
    assert not (tmp_path / "a/b").exists()
    assert (tmp_path / "d/empty").is_dir()
    store.delete(["a/y"])
    assert sorted(path.name for path in tmp_path.iterdir()) == ["d"]
    assert tmp_path.is_dir()


def test_links_are_replaced_and_removed_never_their_targets(tmp_path: Path):
    """A put and a delete concern the name; what it pointed to stays as it is (law 6)."""
    tree({"outside": b"precious", "root/a": Link("../outside"), "root/b": Link("../outside")}, tmp_path)
    tree({"root/broken": Link("../new outside")}, tmp_path)
    store = LocalStore(tmp_path / "root")
    store.put("a", BytesBody(b"new"), expect=store.head("a").etag)
    store.put("broken", BytesBody(b"new"))
    store.delete(["b"])
    assert contents(tmp_path) == {"outside": b"precious", "root/a": b"new", "root/broken": b"new"}
    assert not (tmp_path / "root/a").is_symlink()


def test_broken_link_is_something(tmp_path: Path):
    """Whoever expects nothing there is told."""
    tree({"broken": Link("nowhere")}, tmp_path)
    for expect in (None, "tag"):
        with pytest.raises(Changed):
            LocalStore(tmp_path).put("broken", BytesBody(b"new"), expect=expect)
    assert (tmp_path / "broken").is_symlink()


def test_nothing_goes_through_a_linked_directory(tmp_path: Path):
    """Neither written, read, copied nor deleted; the error names the link (law 6)."""
    tree({"outside/x": b"precious", "root/d/link": Link("../../outside"), "root/k": b"k"}, tmp_path)
    store = LocalStore(tmp_path / "root")
    for verb in (
        lambda: store.put("d/link/new", BytesBody(b"bad")),
        lambda: store.put("d/link/deep/er/new", BytesBody(b"bad")),
        lambda: store.put("d/link/x", BytesBody(b"bad")),
        lambda: store.copy("k", "d/link/new"),
        lambda: store.head("d/link/x"),
        lambda: held(store, "d/link/x") or store.read("d/link/x").__enter__(),
    ):
        with pytest.raises(InvalidPath, match="d/link is a symbolic link"):
            verb()
    with pytest.raises(Incomplete, match="symbolic link") as caught:
        store.delete(["d/link/x", "k"])
    assert list(caught.value.failed) == ["d/link/x"]
    assert contents(tmp_path) == {"outside/x": b"precious"}


@pytest.mark.parametrize("expect", [ANY, None, "tag"])
@pytest.mark.parametrize("name", ["directory", "full", "link", "pipe"])
def test_what_is_in_the_way_stays(tmp_path: Path, name: str, expect: str | None):
    """A directory (even an empty one), a link to one, a pipe: AlreadyExists, before a byte is read of what is large."""
    tree({"directory": None, "full/x": b"x", "link": Link("full")}, tmp_path)
    os.mkfifo(tmp_path / "pipe")

    class Untouched(BytesBody):
        def chunks(self):
            raise AssertionError("the body was read")

    with pytest.raises(AlreadyExists, match=name):
        LocalStore(tmp_path).put(name, Untouched(b"new" * 400_000), expect=expect)
    with pytest.raises(AlreadyExists, match=name):
        LocalStore(tmp_path).put(name, BytesBody(b"new"), expect=expect)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["directory", "full", "link", "pipe"]


def test_names_for_files_on_their_way_are_refused(tmp_path: Path):
    """They would never be listed, and be taken for remains."""
    with pytest.raises(InvalidPath, match="on their way"):
        LocalStore(tmp_path).put("d/.jtres-0123456789abcdef.part", BytesBody(b"x"))
    assert list(tmp_path.iterdir()) == []


class TestReadingWhatChanges:
    SIZE = 3 << 20

    @pytest.mark.parametrize("change", ["grows", "shrinks", "rewritten"])
    def test_change_while_read_is_noticed(self, tmp_path: Path, change: str):
        """Before the last chunk is given out (law 8)."""
        path = tmp_path / "k"
        path.write_bytes(b"x" * self.SIZE)
        given = 0
        with pytest.raises((Changed, Damaged)), LocalStore(tmp_path).read("k") as reader:
            for chunk in reader:
                given += len(chunk)
                path.write_bytes(b"y" * {"grows": self.SIZE + 1, "shrinks": 10, "rewritten": self.SIZE}[change])
        assert given < self.SIZE

    @pytest.mark.parametrize("replace", [True, False])
    def test_replaced_or_deleted_file_is_read_to_its_end(self, tmp_path: Path, replace: bool):
        """What was opened stays whole."""
        store = fill(LocalStore(tmp_path), {"k": b"x" * self.SIZE})
        read = b""
        with store.read("k") as reader:
            for chunk in reader:
                read += chunk
                store.put("k", BytesBody(b"y")) if replace else store.delete(["k"])
        assert read == b"x" * self.SIZE

    def test_change_while_copied_is_noticed(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
        """And no target appears."""
        (tmp_path / "k").write_bytes(b"x" * 100)
        copied = local._copy_some

        def meanwhile(*arguments: object) -> int:
            count = copied(*arguments)  # type: ignore[arg-type]
            (tmp_path / "k").write_bytes(b"y" * 100)
            return count

        monkeypatch.setattr(local, "_copy_some", meanwhile)
        with pytest.raises(Changed):
            LocalStore(tmp_path).copy("k", "d/l")
        assert sorted(contents(tmp_path)) == ["k"]
        assert not (tmp_path / "d").exists()


# -- file systems that can less ----------------------------------------------------------------------------------------


def refusing(number: int):
    def refuse(*_: object, **__: object) -> None:
        raise OSError(number, os.strerror(number))

    return refuse


def test_without_hard_links(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """Expecting nothing is then checked just before the rename."""
    monkeypatch.setattr(os, "link", refusing(errno.EPERM))
    store = LocalStore(tmp_path)
    store.put("k", BytesBody(b"first"), expect=None)
    with pytest.raises(Changed):
        store.put("k", BytesBody(b"second"), expect=None)
    assert contents(tmp_path) == {"k": b"first"}


def test_without_copies_in_the_kernel(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """Bytes go through here instead."""
    monkeypatch.setattr(os, "copy_file_range", refusing(errno.EXDEV))
    content = os.urandom(3_000_000)
    store = fill(LocalStore(tmp_path), {"k": content})
    assert store.copy("k", "l").size == len(content)
    assert held(store)["l"] == content


def test_without_locks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """Everything works; only a dead writer's file can't be told from a living one's, and stays unseen."""
    dead = tmp_path / ".jtres-0123456789abcdef.part"
    dead.write_bytes(b"x")
    monkeypatch.setattr(fcntl, "flock", refusing(errno.ENOLCK))
    store = LocalStore(tmp_path)
    made = store.put("k", BytesBody(b"first"), expect=None)
    store.put("k", BytesBody(b"second"), expect=made.etag)
    assert held(store) == {"k": b"second"}
    assert dead.exists()


def test_directory_locked_by_another_program(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """A foreign lock is waited for, but not for ever."""
    monkeypatch.setattr(partial, "LOCK_SECONDS", 0.03)
    store = LocalStore(tmp_path)
    made = store.put("k", BytesBody(b"first"))
    descriptor = os.open(tmp_path, os.O_RDONLY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        with pytest.raises(TimedOut):
            store.put("k", BytesBody(b"second"), expect=made.etag)
    finally:
        os.close(descriptor)
    assert contents(tmp_path) == {"k": b"first"}


@pytest.mark.parametrize("where", ["inside", "above"])
def test_folded_case_is_found_out_without_writing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, where: str):
    """By looking up a name that exists in the other case: one inside the root, or the root's own."""
    root = tmp_path / "Root"
    tree({"Name.txt": b"x"} if where == "inside" else {}, root)
    assert Capability.FOLDS_CASE not in LocalStore(root).capabilities
    real = {str(path).lower(): path for path in (root, root / "Name.txt")}
    lstat = os.lstat
    monkeypatch.setattr(os, "lstat", lambda path, **named: lstat(real.get(str(path).lower(), path), **named))
    assert Capability.FOLDS_CASE in LocalStore(root).capabilities


# -- as a store in memory ----------------------------------------------------------------------------------------------

KEYS = ("a", "b/x", "b/y", "c/d/e")
CHANGES = st.lists(
    st.tuples(
        st.sampled_from(["put", "create", "replace", "copy", "delete"]),
        st.sampled_from(KEYS),
        st.sampled_from(KEYS),
        st.binary(max_size=3),
    ),
    max_size=12,
)


def done(store: Store, verb: str, key: str, other: str, content: bytes) -> str:
    """What happened, in one word."""
    try:
        match verb:
            case "put":
                store.put(key, BytesBody(content))
            case "create":
                store.put(key, BytesBody(content), expect=None)
            case "replace":
                store.put(key, BytesBody(content), expect=store.head(other).etag if other == key else "another")
            case "copy":
                store.copy(key, other)
            case "delete":
                store.delete([key, other])
    except ResourcesError as error:
        return error.code
    return "done"


@settings(max_examples=60, deadline=None)
@given(CHANGES)
def test_a_directory_and_a_dictionary_agree(changes: list[tuple[str, str, str, bytes]]):
    """Any sequence of changes ends alike, each with the same result."""
    with tempfile.TemporaryDirectory() as root:
        there, model = LocalStore(root), MemoryStore()
        for change in changes:
            assert done(there, *change) == done(model, *change)
        assert held(there) == held(model)
        for prefix in ("", "b", "b/", "c/d", "x"):
            assert held(there, prefix) == held(model, prefix)
        kept = {os.path.dirname(key) for key in held(model)} | {""}
        found = {str(path.relative_to(root)) for path in Path(root).rglob("*") if path.is_dir()}
        assert found == {above for key in kept for above in _above(key)}


def _above(directory: str) -> list[str]:
    parts = directory.split("/")
    return ["/".join(parts[:depth]) for depth in range(1, len(parts) + 1)] if directory else []


def test_cancelled_put_leaves_no_trace(tmp_path: Path):
    """Not even the directories made for it; those that were there stay."""
    (tmp_path / "mine").mkdir()
    control = Control()

    class Stopping(BytesBody):
        def chunks(self):
            yield b"x"
            assert len(list((tmp_path / "mine/new/er").iterdir())) == 1
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        LocalStore(tmp_path).under(control).put("mine/new/er/k", Stopping(b"xyz"))
    assert [str(path.relative_to(tmp_path)) for path in tmp_path.rglob("*")] == ["mine"]
