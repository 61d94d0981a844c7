"""A dry run can be applied: exactly what it showed, or nothing."""

from __future__ import annotations

import pickle
from pathlib import Path

import pytest

from jupyter_resources import RemoteStorage, RemoteStorageConfig
from jupyter_resources.core.errors import Changed, Conflict, InvalidValue
from jupyter_resources.storage.memory import MemoryStore
from jupyter_resources.sync.digests import DigestCache
from jupyter_resources.testing.trees import contents, held, tree


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The current directory, with something to push."""
    place = tree({"d/new": b"new", "d/same": b"same", "d/other": b"mine"}, tmp_path / "here")
    monkeypatch.chdir(place)
    return place


@pytest.fixture
def store() -> MemoryStore:
    """A bucket that knows two of them, one as something else."""
    made = MemoryStore()
    made.raw_put("d/same", b"same")
    made.raw_put("d/other", b"them")
    made.raw_put("d/gone", b"gone")
    return made


def storage(store: MemoryStore) -> RemoteStorage:
    return RemoteStorage(RemoteStorageConfig("memory", "", "b", ""), store=store, cache=DigestCache(None))


@pytest.mark.usefixtures("here")
def test_what_was_shown_is_done(store: MemoryStore) -> None:
    (Path("d") / "other").unlink()
    plan = storage(store).push("d", dryrun=True)
    done = plan.apply()
    assert [one.name for one in done.synced_files] == [one.name for one in plan.files_to_sync] == ["d/new"]
    assert not done.dryrun and plan.dryrun and plan.synced_files == []
    assert held(store)["d/new"] == b"new"


@pytest.mark.usefixtures("here")
def test_a_conflict_needs_force(store: MemoryStore) -> None:
    plan = storage(store).push("d", dryrun=True)
    with pytest.raises(Conflict):
        plan.apply()
    assert held(store)["d/other"] == b"them"
    done = plan.apply(force=True)
    assert [one.name for one in done.synced_files] == ["d/new", "d/other"]
    assert held(store)["d/other"] == b"mine"
    assert held(store)["d/gone"] == b"gone", "force deletes nothing"


@pytest.mark.parametrize(
    "change",
    [
        lambda here, store: (here / "d/new").write_bytes(b"newer"),
        lambda here, store: (here / "d/more").write_bytes(b"more"),
        lambda here, store: (here / "d/same").unlink(),
        lambda here, store: store.raw_put("d/same", b"else"),
        lambda here, store: store.raw_put("d/more", b"more"),
        lambda here, store: store.delete(["d/gone"]),
    ],
    ids=["changed here", "new here", "gone here", "changed there", "new there", "gone there"],
)
def test_it_is_refused_if_either_side_changed_since(here: Path, store: MemoryStore, change) -> None:  # type: ignore[no-untyped-def]
    plan = storage(store).push("d", dryrun=True)
    change(here, store)
    before = held(store)
    with pytest.raises(Changed, match="changed since the dry run; nothing was done") as caught:
        plan.apply(force=True)
    assert caught.value.hint
    assert held(store) == before


def test_a_mirror_and_a_pull_can_be_applied_too(here: Path, store: MemoryStore, tmp_path: Path) -> None:
    mirror = storage(store).sync("d", dryrun=True).apply()
    assert [one.name for one in mirror.deleted] == ["d/gone"]
    assert held(store) == contents(here)
    pull = storage(store).pull("d", tmp_path / "there", dryrun=True)
    pull.apply()
    assert contents(tmp_path / "there") == contents(here)
    with pytest.raises(Changed):
        pull.apply()


@pytest.mark.usefixtures("here")
def test_only_a_dry_run_of_this_process_can_be_applied(store: MemoryStore) -> None:
    done = storage(store).push("d/new")
    plan = storage(store).push("d/same", dryrun=True)
    for summary in (done, pickle.loads(pickle.dumps(plan))):
        with pytest.raises(InvalidValue, match="only a dry run"):
            summary.apply()
