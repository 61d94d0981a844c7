"""Whose names completion offers: those of the bucket that is meant."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

from jupyter_resources import RemoteStorage, RemoteStorageConfig
from jupyter_resources.resources import workspace as workspace_module
from jupyter_resources.resources.seen import SeenNames, place_of
from jupyter_resources.resources.workspace import Workspace
from jupyter_resources.storage.memory import MemoryStore
from jupyter_resources.storage.registry import StoreSpec
from jupyter_resources.sync.digests import DigestCache
from tests.homes import home

__all__ = ["home"]

TWO = """
[profiles.one]
provider = "azure_blobs"
[profiles.two]
provider = "azure_blobs"
[buckets.ours]
profile = "one"
bucket = "data"
[buckets.theirs]
profile = "two"
bucket = "data"
"""


@pytest.fixture
def workspace(home: Path, monkeypatch: pytest.MonkeyPatch) -> Workspace:
    """Two accounts with a container of the same name, each in memory; no endpoint tells them apart."""
    (home / "config" / "jupyter_resources").mkdir(parents=True)
    (home / "config" / "jupyter_resources" / "settings.toml").write_text(TWO)
    for name in ("ONE", "TWO"):
        monkeypatch.setenv(f"JUPYTER_RESOURCES_{name}_KEY", f"account-{name.lower()}")
        monkeypatch.setenv(f"JUPYTER_RESOURCES_{name}_SECRET", "secret")
    stores: dict[StoreSpec, MemoryStore] = {}
    monkeypatch.setattr(workspace_module, "open_store", lambda spec: stores.setdefault(spec, MemoryStore()))
    return Workspace()


def test_two_accounts_have_names_of_their_own(home: Path, workspace: Workspace) -> None:
    """What was pushed to one isn't offered for the other, and a listing of the other removes none of it."""
    Path("mine").write_text("1")
    workspace.remote_storage("ours").push("mine")
    assert workspace.seen_below("", "ours") == ["mine"]
    assert workspace.seen_below("", "theirs") == []
    workspace.remote_storage("theirs").pull("mine")
    assert workspace.seen_below("", "ours") == ["mine"]
    for name in ("one", "two"):
        conf = RemoteStorageConfig("azure_blobs", f"account-{name}", "data", "secret")
        RemoteStorage(conf, store=MemoryStore(), cache=DigestCache(None)).pull("mine")
    assert workspace.seen_below("", "ours") == ["mine"]
    assert b"account-" not in next((home / "cache").rglob("names.sqlite")).read_bytes()


@pytest.mark.parametrize(
    ("provider", "address", "same"),
    [
        ("s3", None, True),
        ("s3", "http://127.0.0.1:9000", True),
        ("google_storage", None, True),
        ("local", "/data", True),
        ("azure_blobs", None, False),
        ("azure_blobs", "http://127.0.0.1:10000", False),
        ("openstack_swift", None, False),
    ],
)
def test_where_accounts_count(provider: str, address: str | None, same: bool) -> None:
    """Where each has names of its own; what one profile lists on a shared server, another one completes."""
    one, other = (place_of(provider, address, "data", account) for account in ("account-one", "account-two"))
    assert (one == other) is same
    assert "account" not in one
    assert place_of(provider, address, "data", "account-one") == one


def test_a_damaged_file_is_let_go(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Closed before it is removed, which some systems insist on."""
    opened: list[sqlite3.Connection] = []
    connect = sqlite3.connect

    def noted(*given: str, **more: float) -> sqlite3.Connection:
        opened.append(connect(*given, **more))  # type: ignore[call-overload]
        return opened[-1]

    monkeypatch.setattr(sqlite3, "connect", noted)
    path = tmp_path / "names.sqlite"
    path.write_bytes(b"no database at all" * 1000)
    assert SeenNames(path).below("p", "") == [] and not path.exists()
    with pytest.raises(sqlite3.ProgrammingError, match="closed"):
        opened[0].execute("SELECT 1")
