"""Whoever holds a transfer's control ends it from another thread, whatever it is doing, a stalled request included."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from jupyter_resources import RemoteStorage, RemoteStorageConfig, TransactionSummary
from jupyter_resources.core.control import Control
from jupyter_resources.core.entry import Entry
from jupyter_resources.core.events import Event, Listed
from jupyter_resources.storage.memory import MemoryStore
from jupyter_resources.storage.walk import PAGE
from jupyter_resources.sync.digests import DigestCache
from jupyter_resources.sync.engine import Interrupted
from jupyter_resources.testing.trees import contents, tree
from tests.servers.processes import S3Server
from tests.servers.proxy import Proxy

pytestmark = pytest.mark.timeout(50, func_only=True)
"""A silent server is given more than this; the one of all tests may take as long to start."""

Begin = Callable[[RemoteStorage, Control], object]


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The current directory, with a file to push."""
    place = tree({"d/mine": b"mine"}, tmp_path / "here")
    monkeypatch.chdir(place)
    return place


@pytest.fixture
def stalling(
    seaweedfs: S3Server, proxy: Proxy, new_bucket: Callable[[S3Server], str], here: Path, tmp_path: Path
) -> RemoteStorage:
    """A bucket behind the proxy, with a file of its own."""
    bucket = new_bucket(seaweedfs)
    port = int(proxy.endpoint.rpartition(":")[2])
    conf = RemoteStorageConfig("s3", seaweedfs.key, bucket, seaweedfs.secret, host="127.0.0.1", port=port, secure=False)
    storage = RemoteStorage(conf, cache=DigestCache(None))
    storage.push("d/theirs", tree({"d/theirs": b"theirs"}, tmp_path / "there"))
    proxy.forget()
    return storage


def stopped(begin: Callable[[Control], object], when: threading.Event) -> TransactionSummary:
    """What a transfer says that another thread cancels once `when` is set."""
    control = Control()

    def cancel() -> None:
        when.wait()
        control.cancel()

    threading.Thread(target=cancel, daemon=True).start()
    with pytest.raises(Interrupted) as caught:
        begin(control)
    assert caught.value.hint
    assert caught.value.summary.interrupted
    summary: TransactionSummary = caught.value.summary
    return summary


@pytest.mark.parametrize(
    ("method", "path", "begin"),
    [
        ("GET", "list-type", lambda storage, control: storage.push("d", control=control)),
        ("PUT", "mine", lambda storage, control: storage.push("d", control=control)),
        ("GET", "list-type", lambda storage, control: storage.pull("d", control=control)),
        ("GET", "theirs", lambda storage, control: storage.pull("d", control=control)),
        ("PUT", "mine", lambda storage, control: storage.sync("d", control=control)),
        ("DELETE", "theirs", lambda storage, control: storage.sync("d", control=control)),
    ],
    ids=["list a push", "put a push", "list a pull", "read a pull", "put a sync", "delete a sync"],
)
def test_a_stalled_request_ends(
    stalling: RemoteStorage, proxy: Proxy, here: Path, method: str, path: str, begin: Begin
) -> None:
    """At once and for good: it isn't tried again, and what it was for is left as it was."""
    proxy.fail(method, path, times=99, silent=True)
    stopped(lambda control: begin(stalling, control), proxy.started)
    assert len([one for one in proxy.requests if one[0] == method and path in one[1]]) == 1
    proxy.forget()
    assert "d/theirs" in {one.name for one in stalling.list_objects("")}
    assert contents(here) == {"d/mine": b"mine"}


def test_a_plan_that_stalls_while_it_looks_again_ends(stalling: RemoteStorage, proxy: Proxy) -> None:
    """The plan stays good: it can be applied later."""
    plan = stalling.push("d", dryrun=True)
    proxy.forget()
    proxy.fail("GET", "list-type", times=99, silent=True)
    summary = stopped(lambda control: plan.apply(control=control), proxy.started)
    assert not summary.started and len(proxy.requests) == 1
    proxy.forget()
    assert [one.name for one in plan.apply().synced_files] == ["d/mine"]


def memory(store: MemoryStore | None = None) -> RemoteStorage:
    conf = RemoteStorageConfig("memory", "", "b", "")
    return RemoteStorage(conf, store=store or MemoryStore(), cache=DigestCache(None))


class Deaf(MemoryStore):
    """Writes that hear of no cancel, as a hung disk's."""

    def __init__(self) -> None:
        super().__init__()
        self.reached = threading.Event()
        self.go_on = threading.Event()

    def put(self, *arguments: object, **options: object) -> Entry:
        self.reached.set()
        self.go_on.wait()
        return super().put(*arguments, **options)  # type: ignore[arg-type]


@pytest.mark.usefixtures("here")
def test_what_hears_nothing_is_left_behind() -> None:
    """The transfer ends although one of its threads can't."""
    store = Deaf()
    summary = stopped(lambda control: memory(store).push("d", control=control), store.reached)
    assert summary.started and summary.synced_files == []
    store.go_on.set()


def test_a_long_walk_ends(here: Path) -> None:
    """Local directories are only walked as long as somebody waits for it."""
    tree({f"d/{number:04}": b"" for number in range(PAGE * 2)}, here)
    control, listed = Control(), []

    def watch(event: Event) -> None:
        listed.append(event)
        control.cancel()

    with pytest.raises(Interrupted):
        memory().push("d", report=watch, control=control)
    assert listed == [Listed("source", PAGE)]


@pytest.mark.usefixtures("here")
@pytest.mark.parametrize("verb", ["push", "pull", "sync"])
def test_what_was_cancelled_before_does_not_begin(verb: str) -> None:
    """Nothing is looked at."""
    control, events = Control(), []
    control.cancel()
    with pytest.raises(Interrupted):
        getattr(memory(), verb)("d", report=events.append, control=control)
    assert events == []
