"""The kernel's half of the summary widget: what it tells the front end, and what its buttons do."""

from __future__ import annotations

import json
import re
import struct
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

from jupyter_resources import RemoteStorage, RemoteStorageConfig
from jupyter_resources.core.errors import Denied
from jupyter_resources.report.story import State
from jupyter_resources.storage.memory import MemoryStore
from jupyter_resources.sync.digests import DigestCache
from jupyter_resources.sync.summary import TransactionSummary
from jupyter_resources.testing.trees import held, tree
from jupyter_resources.widgets.rows import STATES, Rows
from jupyter_resources.widgets.telling import view
from jupyter_resources.widgets.transaction import FIRST_BYTES, TransactionWidget
from tests.homes import home
from tests.servers.processes import S3Server
from tests.servers.proxy import Proxy

__all__ = ["home"]


class Stuck(NamedTuple):
    """Whether a transfer has begun, and whether it may go on."""

    begun: threading.Event
    go_on: threading.Event


@pytest.fixture
def store(home: Path) -> MemoryStore:
    """A bucket that knows two of the three files here, one as something else, and one more."""
    tree({"d/new": b"new", "d/same": b"same", "d/other": b"mine"}, home / "work")
    made = MemoryStore()
    for key, body in {"d/same": b"same", "d/other": b"them", "d/gone": b"gone"}.items():
        made.raw_put(key, body)
    return made


def storage(store: MemoryStore) -> RemoteStorage:
    return RemoteStorage(RemoteStorageConfig("memory", "", "b", ""), store=store, cache=DigestCache(None))


def unpacked(block: bytes) -> list[tuple[str, State, float, str]]:
    """Name, state, size and reason of each row."""
    rows, names, reasons, zero = struct.unpack_from("<4I", block)
    assert zero == 0
    sizes = struct.unpack_from(f"<{rows}d", block, 16)
    ends = struct.unpack_from(f"<{rows}I", block, 16 + 8 * rows)
    why = struct.unpack_from(f"<{rows}H", block, 16 + 12 * rows)
    states = struct.unpack_from(f"<{rows}B", block, 16 + 14 * rows)
    text = block[16 + 15 * rows :][:names]
    known = json.loads(block[16 + 15 * rows + names :][:reasons])
    begins = (0, *ends)
    return [(text[begins[at] : ends[at]].decode(), STATES[states[at]], sizes[at], known[why[at]]) for at in range(rows)]


def press(widget: TransactionWidget, kind: str, **more: int) -> None:
    """As the front end does, and wait for what comes of it."""
    widget._asked(None, {"kind": kind, **more}, [])
    widget.wait(30)


@pytest.mark.usefixtures("store")
def test_a_plan_is_told_with_its_rows(store: MemoryStore) -> None:
    """Counts by state, and each file with its state, size and reason, what matters most first."""
    widget = TransactionWidget(storage(store).push("d", dryrun=True))
    assert [(chip["label"], chip["files"], chip["bytes"]) for chip in widget.view["chips"]] == [
        ("! conflict", 1, 4),
        ("+ new", 1, 3),
        ("✓ already there", 1, 4),
    ]
    assert [row[:3] for row in unpacked(widget.first)] == [
        ("d/other", State.CONFLICT, 4),
        ("d/new", State.NEW, 3),
        ("d/same", State.SAME, 4),
    ]
    assert "target differs" in unpacked(widget.first)[0][3]
    assert (widget.view["can_apply"], widget.view["can_force"]) == (False, True)
    assert widget.view["force_question"] == "Overwrite 1 file?"


def test_apply_does_what_was_shown(store: MemoryStore, home: Path) -> None:
    """The display's text and html become the result; there is nothing left to press."""
    (home / "work/d/other").unlink()
    shown: list[dict[str, str]] = []
    widget = TransactionWidget(storage(store).push("d", dryrun=True), shown.append)
    assert widget.view["can_apply"] and widget.view["apply_question"] == ""
    press(widget, "apply")
    assert held(store)["d/new"] == b"new"
    assert widget.view["phase"] == "done" and widget.view["headline"].startswith("Pushed 1 file")
    assert widget.view["version"] == 2 and not widget.view["can_apply"]
    (bundle,) = shown
    assert "Pushed 1 file" in bundle["text/plain"] and "Pushed 1 file" in bundle["text/html"]
    press(widget, "apply")
    press(widget, "force")
    assert len(shown) == 1


def test_force_only_where_it_is_missing(store: MemoryStore) -> None:
    """Apply does nothing where it isn't offered; force overwrites and deletes nothing."""
    widget = TransactionWidget(storage(store).push("d", dryrun=True))
    press(widget, "apply")
    assert held(store)["d/other"] == b"them"
    press(widget, "force")
    assert held(store)["d/other"] == b"mine" and held(store)["d/gone"] == b"gone"


def test_a_mirror_asks_before_it_deletes(store: MemoryStore) -> None:
    """What is lost is named in the question."""
    widget = TransactionWidget(storage(store).sync("d", dryrun=True))
    assert widget.view["apply_question"] == "Overwrite 1 file and delete 1 file?"
    press(widget, "apply")
    assert sorted(held(store)) == ["d/new", "d/other", "d/same"]


def test_what_changed_since_is_refused_for_good(store: MemoryStore, home: Path) -> None:
    """Nothing is done, it says so in every picture, and offers nothing."""
    (home / "work/d/other").unlink()
    shown: list[dict[str, str]] = []
    widget = TransactionWidget(storage(store).push("d", dryrun=True), shown.append)
    store.raw_put("d/more", b"more")
    before = held(store)
    press(widget, "apply")
    assert held(store) == before
    assert "changed since the dry run" in widget.view["problem"]
    assert not (widget.view["can_apply"] or widget.view["can_force"])
    assert all("changed since the dry run" in text for text in shown[0].values())


@pytest.fixture
def stuck(monkeypatch: pytest.MonkeyPatch) -> Iterator[Stuck]:
    """Every put to a store in memory waits until it may go on."""
    made = Stuck(threading.Event(), threading.Event())
    put = MemoryStore.put

    def waiting(self, *arguments, **options):  # type: ignore[no-untyped-def]
        made.begun.set()
        assert made.go_on.wait(30)
        return put(self, *arguments, **options)

    monkeypatch.setattr(MemoryStore, "put", waiting)
    yield made
    made.go_on.set()


def test_cancel_stops_it(store: MemoryStore, home: Path, stuck: Stuck) -> None:
    """As ■ does for a magic: nothing more is begun, and the result says how far it came."""
    (home / "work/d/other").unlink()
    for number in range(300):
        (home / "work/d" / f"{number}").write_bytes(b"x")
    widget = TransactionWidget(storage(store).push("d", dryrun=True))
    press(widget, "cancel")
    assert widget.view["phase"] == "planned"
    widget._asked(None, {"kind": "apply"}, [])
    assert stuck.begun.wait(30)
    widget._asked(None, {"kind": "cancel"}, [])
    assert widget.view["phase"] == "stopping"
    assert widget.view["headline"] == "Pushing to memory://memory"
    stuck.go_on.set()
    widget.wait(30)
    assert widget.view["phase"] == "done" and widget.view["headline"].startswith("Stopped: ")
    assert len(held(store)) < 300


def test_a_released_widget_stays_while_it_works(
    store: MemoryStore, home: Path, stuck: Stuck, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its cell was run again: it goes on to its end, and closes only when nothing is under way."""
    (home / "work/d/other").unlink()
    closed: list[TransactionWidget] = []
    monkeypatch.setattr(TransactionWidget, "close", lambda self: closed.append(self))
    widget = TransactionWidget(storage(store).push("d", dryrun=True))
    widget._asked(None, {"kind": "apply"}, [])
    widget._asked(None, {"kind": "apply"}, [])  # a second press is none
    assert stuck.begun.wait(30)
    widget.release()
    assert closed == []
    stuck.go_on.set()
    widget.wait(30)
    assert held(store)["d/new"] == b"new" and widget.view["version"] == 2
    widget.release()
    assert closed == [widget]


@pytest.mark.parametrize("error", [Denied("no <i>right</i>", hint="ask <b>Ana</b>"), RuntimeError("no <i>right</i>")])
def test_what_kept_it_from_beginning_is_told(
    store: MemoryStore, home: Path, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    """Ours or not, as text in every picture, and it can be tried again."""
    (home / "work/d/other").unlink()
    shown: list[dict[str, str]] = []
    widget = TransactionWidget(storage(store).push("d", dryrun=True), shown.append)

    def refuse(*given: object, **more: object) -> None:
        raise error

    monkeypatch.setattr(TransactionSummary, "apply", refuse)
    press(widget, "apply")
    assert "no <i>right</i>" in widget.view["problem"] and widget.view["can_apply"]
    assert "no <i>right</i>" in shown[0]["text/plain"]
    assert "no &lt;i&gt;right" in shown[0]["text/html"] and not re.search("<i>|<b>Ana", shown[0]["text/html"])


def test_what_begins_is_shown_at_once(store: MemoryStore, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Though listing was shown a moment before, and nothing is done for a while."""
    (home / "work/d/other").unlink()
    widget = TransactionWidget(storage(store).push("d", dryrun=True))
    words: list[str] = []
    put = MemoryStore.put

    def look(self, *arguments, **options):  # type: ignore[no-untyped-def]
        words.extend(widget.progress["words"])
        return put(self, *arguments, **options)

    monkeypatch.setattr(MemoryStore, "put", look)
    press(widget, "apply")
    assert words[:2] == ["Pushing", "0 of 1 file"]


@pytest.mark.parametrize(("method", "path"), [("GET", "list-type"), ("PUT", "file")], ids=["looking again", "moving"])
@pytest.mark.timeout(50, func_only=True)  # a silent server is given more
def test_cancel_ends_a_stalled_request(
    home: Path, seaweedfs: S3Server, proxy: Proxy, new_bucket: Callable[[S3Server], str], method: str, path: str
) -> None:
    """Although no event comes; the request isn't tried again, and the result says that it was stopped."""
    tree({"d/file": b"new"}, home / "work")
    port = int(proxy.endpoint.rpartition(":")[2])
    bucket = new_bucket(seaweedfs)
    conf = RemoteStorageConfig("s3", seaweedfs.key, bucket, seaweedfs.secret, host="127.0.0.1", port=port, secure=False)
    widget = TransactionWidget(RemoteStorage(conf, cache=DigestCache(None)).push("d", dryrun=True))
    proxy.forget()
    proxy.fail(method, path, times=99, silent=True)
    widget._asked(None, {"kind": "apply"}, [])
    proxy.started.wait()
    press(widget, "cancel")
    assert len([one for one in proxy.requests if one[0] == method and path in one[1]]) == 1
    assert widget.view["phase"] == ("planned" if method == "GET" else "done")
    assert "Stopped" in widget.view["headline"] + widget.view["problem"]


def test_a_front_end_sets_nothing(store: MemoryStore, home: Path, stuck: Stuck) -> None:
    """What may be done isn't decided by what it sends: no conflict is applied, and no second transfer begun."""
    widget = TransactionWidget(storage(store).push("d", dryrun=True))
    told = dict(widget.view)
    for forged in ({}, {**told, "can_apply": True}):
        widget._handle_msg({"content": {"data": {"method": "update", "state": {"view": forged}}}})
        assert widget.view == told
        widget.view = forged  # as if it could
        press(widget, "apply")
        press(widget, "cancel")
        widget.view = told
    assert held(store)["d/other"] == b"them"
    (home / "work/d/other").unlink()
    widget = TransactionWidget(storage(store).push("d", dryrun=True))
    told = dict(widget.view)
    widget._asked(None, {"kind": "apply"}, [])
    assert stuck.begun.wait(30)
    first, widget.view = widget._thread, told
    widget._asked(None, {"kind": "apply"}, [])
    assert widget._thread is first
    stuck.go_on.set()
    widget.wait(30)


@pytest.mark.usefixtures("store")
def test_what_makes_no_sense_is_not_done(store: MemoryStore) -> None:
    """Anything may come from a front end."""
    widget = TransactionWidget(storage(store).push("d", dryrun=True))
    sent: list[object] = []
    widget.send = lambda content, buffers=None: sent.append((content, buffers))
    for content in ({}, {"kind": "rm"}, {"kind": "rows", "start": -1}, "apply", None, {"kind": "apply", "x": 1}):
        widget._asked(None, content, [])
    press(widget, "rows", version=9)
    assert sent == []
    press(widget, "rows", version=1, start=1)
    ((content, (block,)),) = sent  # type: ignore[misc]
    assert content == {"kind": "rows", "version": 1, "start": 1}
    assert [row[0] for row in unpacked(bytes(block))] == ["d/new", "d/same"]


def test_a_collision_is_not_for_buttons(store: MemoryStore, home: Path) -> None:
    """Neither apply nor force settles it."""
    (home / "work/d/other").unlink()
    store.raw_put("d/new/deeper", b"1")
    (home / "work/d/newer").write_bytes(b"new")
    view = TransactionWidget(storage(store).push("d", dryrun=True)).view
    assert {"! collision", "+ new"} <= {chip["label"] for chip in view["chips"]}
    assert not view["can_apply"] and not view["can_force"]


def test_hostile_sentences_are_spelled_out() -> None:
    """Wherever they come from."""
    plan = TransactionSummary(dryrun=True, source="x\x1b[2J")
    shown = view(plan, Rows.of(plan), 1, "planned", Denied("no\u202e", hint="ask\x07"))
    assert (shown.problem, shown.hint) == (r"no\u202e", r"ask\x07")
    assert r"x\x1b[2J" in shown.headline


def test_hostile_names_are_spelled_out_and_the_first_rows_stay_small() -> None:
    """Nothing that can't be seen reaches the page, and long names don't fill the saved notebook."""
    summary = TransactionSummary(dryrun=True)
    for number in range(3000):
        summary.add_entry(f"{number}\x1b[31m\u202e\udc80" + "long" * 200)
    rows = Rows.of(summary)
    first = rows.first(100, FIRST_BYTES)
    assert len(first) <= FIRST_BYTES
    assert unpacked(first)[0][0].startswith(r"0\x1b[31m\u202e\udc80long")
    assert len(unpacked(rows.block(0))) == 3000


def test_what_a_front_end_saves_stays_small(home: Path) -> None:
    """All of a widget's state, where that is saved: ≤ 64 KiB for a plan of 2,000 files."""
    for number in range(2000):
        tree({f"many/a file with quite a long name {number}.txt": b"x"}, home / "work")
    widget = TransactionWidget(storage(MemoryStore()).push("many", dryrun=True))
    state = {
        name: value if isinstance(value, str | dict) else repr(value) for name, value in widget.get_state().items()
    }
    assert b"quite a long name 1.txt" in widget.first
    assert len(json.dumps(state)) + len(widget.first) <= 64 << 10
