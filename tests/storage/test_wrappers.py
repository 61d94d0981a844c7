"""Stores around stores: each keeps the contract, and adds its one thing."""

from __future__ import annotations

import os
import random
import signal
import threading
from pathlib import Path

import pytest

from jupyter_resources.core.control import Control
from jupyter_resources.core.entry import Entry
from jupyter_resources.core.errors import (
    Cancelled,
    Changed,
    Damaged,
    Denied,
    Incomplete,
    InvalidPath,
    SlowDown,
    TimedOut,
    Unavailable,
)
from jupyter_resources.storage import throttled
from jupyter_resources.storage.bodies import BytesBody, ReaderBody
from jupyter_resources.storage.local import LocalStore
from jupyter_resources.storage.memory import MemoryStore
from jupyter_resources.storage.named import NamedStore
from jupyter_resources.storage.prefixed import PrefixedStore
from jupyter_resources.storage.protocol import Capability, Store
from jupyter_resources.storage.readonly import ReadOnlyStore
from jupyter_resources.storage.retrying import Patience, RetryingStore
from jupyter_resources.storage.throttled import Limit, ThrottledStore
from jupyter_resources.storage.viewed import ViewedStore
from jupyter_resources.testing.faulty import Fault, FaultyStore
from jupyter_resources.testing.store_contract import StoreContract
from jupyter_resources.testing.trees import Link, contents, fill, held, tree


class WrapperContract(StoreContract):
    large_bytes = 2 << 20

    def wrap(self, inner: Store) -> Store:
        raise NotImplementedError

    @pytest.fixture
    def store(self) -> Store:
        return self.wrap(MemoryStore())

    @pytest.fixture
    def missing(self) -> Store:
        inner = MemoryStore("gone")
        inner.drop()
        return self.wrap(inner)


class TestPrefixedMemory(WrapperContract):
    longest = 1024 - len("base/path/")

    def wrap(self, inner: Store) -> Store:
        return PrefixedStore(inner, "base/path")


class TestPrefixedLocal(TestPrefixedMemory):
    flat = False
    list_verb = "walk"

    @pytest.fixture
    def store(self, tmp_path: Path) -> Store:
        return self.wrap(LocalStore(tmp_path / "bucket"))

    @pytest.fixture
    def missing(self, tmp_path: Path) -> Store:
        return self.wrap(LocalStore(tmp_path / "nowhere", create=False))


class Below:
    """Names without a beginning that all keys have."""

    def lead(self, shown: str) -> str:
        return f"p/{shown}"

    def shown(self, key: str) -> str | None:
        return key[2:] if key.startswith("p/") else None

    def key(self, shown: str) -> str:
        return f"p/{shown}"


class TestViewedMemory(WrapperContract):
    longest = 1024 - len("p/")

    def wrap(self, inner: Store) -> Store:
        return ViewedStore(inner, Below(), "memory://bucket/p")


class TestRetryingMemory(WrapperContract):
    def wrap(self, inner: Store) -> Store:
        return RetryingStore(inner)


class TestThrottledMemory(WrapperContract):
    def wrap(self, inner: Store) -> Store:
        return ThrottledStore(inner, Limit(4))


class TestNamedMemory(WrapperContract):
    def wrap(self, inner: Store) -> Store:
        return NamedStore(inner, "team", "keyring")


class TestFaultlessMemory(WrapperContract):
    def wrap(self, inner: Store) -> Store:
        return FaultyStore(inner, [])


class TestAllOfThem(WrapperContract):
    longest = 1024 - len("p/")

    def wrap(self, inner: Store) -> Store:
        return PrefixedStore(RetryingStore(ThrottledStore(FaultyStore(inner, []))), "p")


# -- prefixed ----------------------------------------------------------------------------------------------------------


def test_nothing_outside_the_prefix_is_seen_or_touched():
    """Neither what merely begins alike, nor what `..` would reach."""
    inner = MemoryStore()
    fill(inner, {"base/in": b"in", "base.txt": b"out", "baseline/x": b"out", "up": b"out", "base": b"out"})
    store = PrefixedStore(inner, "/base/")
    assert held(store) == {"in": b"in"}
    store.delete(["../up", "in", "../base"])
    assert sorted(held(inner)) == ["base", "base.txt", "baseline/x", "up"]
    with pytest.raises(InvalidPath):
        store.head("../up")
    assert store.location == "memory://memory/base"


def test_left_out_is_told_without_the_prefix():
    """And the directory marker of the prefix itself isn't told at all."""
    inner = MemoryStore()
    inner.raw_put("base/", b"")
    inner.raw_put("base/d//e", b"")
    (page,) = PrefixedStore(inner, "base").list()
    assert [one.path for one in page.left_out] == ["d//e"]


@pytest.mark.parametrize("files", [{"real/x": b"x", "base": Link("real")}, {"real/p/x": b"x", "base": Link("real")}])
def test_prefix_that_is_a_link_is_an_error_not_an_empty_list(tmp_path: Path, files: dict[str, bytes]):
    """What lies there can't be listed; an empty listing might be mirrored."""
    tree(files, tmp_path)
    for prefix in ("base", "base/p"):
        with pytest.raises(Denied, match="symbolic link to a directory"):
            held(PrefixedStore(LocalStore(tmp_path), prefix))


@pytest.mark.parametrize("prefix", ["", "/", "..", "a/../b", "a//b"])
def test_prefix_has_to_be_a_path(prefix: str):
    """One that isn't is refused at once."""
    with pytest.raises(InvalidPath):
        PrefixedStore(MemoryStore(), prefix)


def test_what_stays_is_told_without_the_prefix(tmp_path: Path):
    """A delete that can't names the keys that the caller knows."""
    tree({"base/real/x": b"x", "base/link": Link("real")}, tmp_path)
    with pytest.raises(Incomplete) as caught:
        PrefixedStore(LocalStore(tmp_path), "base").delete(["link/x", "real/nothing"])
    assert list(caught.value.failed) == ["link/x"]


# -- read-only ---------------------------------------------------------------------------------------------------------


def test_read_only_store_only_reads():
    """Everything that writes is Denied before it reaches the store inside, and no capability to write is claimed."""
    inner = MemoryStore()
    fill(inner, {"k": b"content"})
    counted = Control()
    store = ReadOnlyStore(inner.under(counted))
    assert store.capabilities == {Capability.METADATA}
    for write in (
        lambda: store.put("k", BytesBody(b"x")),
        lambda: store.copy("k", "l"),
        lambda: store.delete(["k"]),
        lambda: store.under(counted).delete(["k"]),
    ):
        with pytest.raises(Denied, match="read-only") as caught:
            write()
        assert caught.value.hint
    assert counted.requests == {}
    store.delete([])
    assert held(store) == {"k": b"content"}
    assert store.head("k").size == 7
    with pytest.raises(InvalidPath):
        store.put("../k", BytesBody(b"x"))


# -- retrying ----------------------------------------------------------------------------------------------------------


class Clock:
    """Time that passes only while somebody waits."""

    def __init__(self) -> None:
        self.now = 0.0
        self.waits: list[float] = []

    def patience(self, **other: float) -> Patience:
        return Patience(random=lambda: 1.0, clock=lambda: self.now, wait=self.wait, **other)  # type: ignore[arg-type]

    def wait(self, control: Control, seconds: float) -> None:
        control.check()
        self.waits.append(seconds)
        self.now += seconds


def retrying(*faults: Fault, inner: Store | None = None) -> tuple[RetryingStore, FaultyStore, Clock]:
    faulty, clock = FaultyStore(inner or MemoryStore(), faults), Clock()
    return RetryingStore(faulty, clock.patience()), faulty, clock


SLOW = SlowDown("slow down")


@pytest.mark.parametrize("verb", ["list", "head", "read", "put", "copy", "delete"])
@pytest.mark.parametrize("error", [SLOW, TimedOut("late"), Unavailable("reset")])
def test_each_verb_is_tried_again(verb: str, error: Exception):
    """Two failures and a success are a success."""
    inner = MemoryStore()
    fill(inner, {"k": b"content"})
    store, faulty, clock = retrying(Fault(verb, times=2, error=error), inner=inner)
    match verb:
        case "list":
            assert [entry.path for page in store.list() for entry in page.entries] == ["k"]
        case "head":
            assert store.head("k").size == 7
        case "read":
            with store.read("k", 1, 3) as reader:
                assert b"".join(reader) == b"on"
        case "put":
            store.put("new", BytesBody(b"x"), expect=None)
        case "copy":
            store.copy("k", "new", expect=None)
        case "delete":
            store.delete(["k"])
            assert held(inner) == {}
    assert faulty.calls[verb] == 3
    assert clock.waits == [0.5, 1.0]


def test_waits_grow_with_full_jitter_and_end():
    """Eight tries at most; each wait is a random part of twice the one before, up to ten seconds."""
    store, faulty, clock = retrying(Fault("head", times=99, error=SLOW))
    with pytest.raises(SlowDown):
        store.head("k")
    assert faulty.calls["head"] == 8
    assert clock.waits == [0.5, 1, 2, 4, 8, 10, 10]
    assert all(0 <= Patience().random() < 1 for _ in range(100))
    assert Patience().random is random.random


def test_no_network_is_told_within_five_seconds():
    """Whether the tries fail at once, or each after a while."""
    for took in (0.0, 1.0, 3.0):
        store, _, clock = retrying(Fault("head", times=99, error=Unavailable("no route")))
        faulty_head = store._inner.head

        def head(key: str, took: float = took, clock: Clock = clock, head: object = faulty_head) -> Entry:
            clock.now += took
            return head(key)  # type: ignore[operator]

        store._inner.head = head  # type: ignore[method-assign]
        with pytest.raises(Unavailable):
            store.head("k")
        assert 1.0 < clock.now < 5.0


def test_lost_connection_after_long_work_is_tried_again():
    """A minute of sending that is cut off is no missing network."""
    store, faulty, clock = retrying(Fault("put", times=1, error=Unavailable("reset")))
    inner_put = faulty.put

    def put(*args: object, **named: object) -> Entry:
        clock.now += 60.0
        return inner_put(*args, **named)  # type: ignore[arg-type]

    faulty.put = put  # type: ignore[method-assign]
    assert store.put("k", BytesBody(b"x")).size == 1


def test_other_errors_come_at_once():
    """Denied stays Denied, without a second try."""
    store, faulty, clock = retrying(Fault("put", error=Denied("no")))
    with pytest.raises(Denied):
        store.put("k", BytesBody(b"x"))
    assert faulty.calls == {"put": 1}
    assert clock.waits == []


def test_lost_answer_of_a_conditional_put_is_recognised():
    """The put landed, its answer was lost, the second try finds the key taken: by us."""
    moved: list[int] = []
    store, faulty, _ = retrying(Fault("put", error=TimedOut("lost"), after=True))
    made = store.put("k", BytesBody(b"mine", moved.append), expect=None)
    assert made.etag == store.head("k").etag
    assert faulty.calls["put"] == 2
    assert sum(moved) == 4


def test_lost_answer_of_a_replacement_is_recognised():
    """The same with an ETag, and for a copy."""
    inner = MemoryStore()
    old = inner.put("k", BytesBody(b"old"))
    inner.put("l", BytesBody(b"other"))
    lost = TimedOut("lost")
    store, _, _ = retrying(Fault("put", error=lost, after=True), Fault("copy", error=lost, after=True), inner=inner)
    new = store.put("k", BytesBody(b"new"), expect=old.etag)
    assert store.copy("l", "k", expect=new.etag).size == 5
    assert held(inner) == {"k": b"other", "l": b"other"}


def test_somebody_elses_object_is_not_taken_for_ours():
    """After a failure too, other content at the key is Changed."""
    inner = MemoryStore()
    inner.put("k", BytesBody(b"theirs"))
    for verb in ("put", "copy"):
        store, _, _ = retrying(Fault(verb, error=TimedOut("lost")), inner=inner)
        inner.put("mine", BytesBody(b"mine!!"))
        with pytest.raises(Changed):
            store.put("k", BytesBody(b"mine!!"), expect=None) if verb == "put" else store.copy("mine", "k", expect=None)
    assert inner.head("k").size == 6
    assert held(inner)["k"] == b"theirs"


def test_progress_of_a_thrown_away_try_is_taken_back():
    """What is moved in all is the size, however many tries it took."""
    moved: list[int] = []
    store, _, _ = retrying(Fault("put", times=2, error=SLOW, after=True))
    store.put("k", BytesBody(b"12345", moved.append))
    assert sum(moved) == 5
    assert -5 in moved


def test_read_goes_on_where_it_broke_off():
    """Each byte comes once; only the rest is asked for again."""
    content = bytes(range(256)) * 20_000
    inner = MemoryStore()
    inner.put("k", BytesBody(content))
    control = Control()
    faults = [Fault("read", nth=1, cut=3_000_000, error=TimedOut("cut off")), Fault("read", nth=2, cut=1, error=SLOW)]
    store, faulty, _ = retrying(*faults, inner=inner)
    with store.under(control).read("k", 10, 5_000_000) as reader:
        assert b"".join(reader) == content[10:5_000_000]
    assert faulty.calls["read"] == 3
    with store.read("k") as reader:
        body = ReaderBody(lambda: reader, reader.entry)
        assert body.whole() == content


def test_read_of_another_object_is_not_spliced():
    """What was replaced between two tries is Changed, never half of each."""
    inner = MemoryStore()
    inner.put("k", BytesBody(b"a" * (2 << 20)))
    store, _, _ = retrying(Fault("read", cut=1 << 20, error=TimedOut("cut off")), inner=inner)
    with pytest.raises(Changed), store.read("k") as reader:
        for _ in reader:
            inner.put("k", BytesBody(b"b" * (2 << 20)))


def test_list_begins_anew_and_gives_nothing_twice():
    """Broken off before the second page, and again before the third."""
    inner = MemoryStore()
    wanted = [f"{number:04}" for number in range(2_500)]
    fill(inner, dict.fromkeys(wanted, b""))
    inner.raw_put("0000/", b"")
    store, faulty, _ = retrying(
        Fault("list", nth=1, cut=1, error=SLOW), Fault("list", nth=2, cut=2, error=SLOW), inner=inner
    )
    pages = list(store.list())
    assert [entry.path for page in pages for entry in page.entries] == wanted
    assert [one.path for page in pages for one in page.left_out] == ["0000/"]
    assert faulty.calls["list"] == 3


def test_delete_tries_what_stayed_for_a_while_again():
    """Of what Incomplete names, Transient failures are tried again, and the others told at the end."""
    inner = MemoryStore()
    fill(inner, {"a": b"", "b": b"", "c": b""})
    partly = Incomplete("2 stay", failed={"b": SLOW, "c": Denied("locked")})
    store, faulty, _ = retrying(Fault("delete", error=partly), inner=inner)
    with pytest.raises(Incomplete) as caught:
        store.delete(["a", "b", "c"])
    assert list(caught.value.failed) == ["c"]
    assert faulty.calls["delete"] == 2
    assert sorted(held(inner)) == ["a", "c"]


def test_delete_gives_up_too():
    """What stays Transient is in the error."""
    partly = Incomplete("stays", failed={"b": SLOW})
    store, faulty, _ = retrying(Fault("delete", times=99, error=partly))
    with pytest.raises(Incomplete) as caught:
        store.delete(["a", "b"])
    assert caught.value.failed == {"b": SLOW}
    assert faulty.calls["delete"] == 8


def test_cancel_wakes_a_waiting_retry():
    """A wait of real seconds ends at once."""
    control = Control()
    store = RetryingStore(
        FaultyStore(MemoryStore(), [Fault("head", times=99, error=SLOW)]), Patience(first=60, longest=60)
    )
    caught: list[BaseException] = []

    def work() -> None:
        try:
            store.under(control).head("k")
        except Cancelled as error:
            caught.append(error)

    thread = threading.Thread(target=work)
    thread.start()
    control.cancel()
    thread.join(5)
    assert not thread.is_alive()
    assert caught


# -- throttled ---------------------------------------------------------------------------------------------------------


def test_complaint_halves_and_success_adds_one(monkeypatch: pytest.MonkeyPatch):
    """AIMD: 64, after a complaint 32; after 32 successes 33; never below one, never above the most."""
    monkeypatch.setattr(throttled, "COOLING_SECONDS", 0.0)
    limit = Limit(most=33)
    limit.allowed = 64
    store = ThrottledStore(FaultyStore(MemoryStore(), [Fault("head", error=SLOW)]), limit)
    fill(store._inner, {"k": b""})
    with pytest.raises(SlowDown):
        store.head("k")
    assert limit.allowed == 32
    for _ in range(100):
        store.head("k")
    assert limit.allowed == 33
    for _ in range(10):
        limit.complained()
    assert limit.allowed == 1


def test_complaints_of_one_moment_count_once():
    """64 requests that were under way together are one reason to slow down."""
    limit = Limit()
    for _ in range(64):
        limit.complained()
    assert limit.allowed == 32


def test_no_more_at_once_than_allowed():
    """Twelve threads, three places; all get their turn."""
    limit, most, lock = Limit(3, most=3), [0, 0], threading.Lock()

    class Watching(MemoryStore):
        def head(self, key: str) -> Entry:
            with lock:
                most[0] += 1
                most[1] = max(most)
            try:
                return super().head(key)
            finally:
                with lock:
                    most[0] -= 1

    inner = Watching()
    fill(inner, {"k": b""})
    store = ThrottledStore(inner, limit)
    threads = [threading.Thread(target=lambda: [store.head("k") for _ in range(50)]) for _ in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(10)
    assert 1 <= most[1] <= 3
    assert limit.running == 0


def test_cancel_wakes_who_waits_for_a_place():
    """And gives no place away for ever."""
    limit, control = Limit(1), Control()
    inner = MemoryStore()
    fill(inner, {"k": b""})
    store = ThrottledStore(inner, limit)
    caught: list[BaseException] = []

    def work() -> None:
        try:
            store.under(control).head("k")
        except Cancelled as error:
            caught.append(error)

    with limit.slot(Control()):
        threads = [threading.Thread(target=work) for _ in range(3)]
        for thread in threads:
            thread.start()
        control.cancel()
        for thread in threads:
            thread.join(5)
        assert len(caught) == 3
    assert limit.running == 0
    assert store.head("k").size == 0


def test_an_interrupt_while_waiting_gives_the_place_to_somebody_else():
    """Also one that another thread hears; else a kernel would have one place less for ever."""
    limit = Limit(1)
    previous = signal.signal(signal.SIGINT, signal.default_int_handler)
    threading.Timer(0.2, os.kill, [os.getpid(), signal.SIGINT]).start()
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        with limit.slot(Control()), pytest.raises(KeyboardInterrupt), limit.slot(Control()):
            pass
    finally:
        signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT})
        signal.signal(signal.SIGINT, previous)
    assert limit.running == 0
    with limit.slot(Control()):
        assert limit.running == 1


def test_put_inside_a_read_of_the_same_store_finds_a_place():
    """A copy through here with a single place doesn't wait for itself."""
    store = ThrottledStore(MemoryStore(), Limit(1))
    fill(store, {"k": b"content"})
    with store.read("k") as reader:
        store.put("l", ReaderBody(lambda: reader, reader.entry))
    assert held(store) == {"k": b"content", "l": b"content"}


def test_complaint_in_the_middle_of_a_read_counts():
    """A SlowDown between two chunks halves too; one of the block around it doesn't."""
    store = ThrottledStore(FaultyStore(MemoryStore(), [Fault("read", cut=1, error=SLOW)]), Limit(8))
    fill(store, {"k": b"content"})
    with pytest.raises(SlowDown), store.read("k"):
        raise SLOW
    assert store.limit.allowed == 8


# -- faulty ------------------------------------------------------------------------------------------------------------


def test_faults_strike_where_they_are_told():
    """The nth call for that key, and no other."""
    store = FaultyStore(MemoryStore(), [Fault("put", nth=2, key="b", error=SLOW)])
    fill(store, {"a": b"", "b": b""})
    store.put("a", BytesBody(b""))
    with pytest.raises(SlowDown):
        store.under(Control()).put("b", BytesBody(b""))
    store.put("b", BytesBody(b""))
    assert store.fired == [("put", "b")]
    assert store.calls == {"put": 5}


def test_spoiled_reads_are_noticed_by_the_body():
    """A quiet end and a wrong byte: Damaged, after which nothing is committed (law 2)."""
    for fault in (Fault("read", cut=500_000), Fault("read", flip=700_000)):
        inner = MemoryStore()
        fill(inner, {"k": b"x" * 1_000_000})
        target = MemoryStore("target")
        with pytest.raises(Damaged), FaultyStore(inner, [fault]).read("k") as reader:
            target.put("k", ReaderBody(lambda: reader, reader.entry))
        assert held(target) == {}


def test_spoiled_puts_store_other_bytes():
    """Truncated or with a wrong byte: what a verification has to find."""
    inner = MemoryStore()
    store = FaultyStore(inner, [Fault("put", key="short", cut=3), Fault("put", key="wrong", flip=0)])
    fill(store, {"short": b"12345", "wrong": b"\x00\x01"})
    assert held(inner) == {"short": b"123", "wrong": b"\xff\x01"}


def test_hanging_call_ends_with_the_cancel():
    """A server that never answers."""
    control = Control()
    store = FaultyStore(MemoryStore(), [Fault("put", hang=True)]).under(control)
    threading.Timer(0.05, control.cancel).start()
    with pytest.raises(Cancelled):
        store.put("k", BytesBody(b"x"))


def test_trees_are_literals(tmp_path: Path):
    """Written and read back as the same mapping; links and empty directories too."""
    root = tree({"a/b.txt": b"x", "c": "ü", "empty": None, "l": Link("c")}, tmp_path / "t")
    assert contents(root) == {"a/b.txt": b"x", "c": "ü".encode(), "l": "ü".encode()}
    assert (root / "empty").is_dir()
