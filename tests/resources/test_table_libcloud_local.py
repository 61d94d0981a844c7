"""RemoteStorage does what its table says on libcloud's local driver, which knows no digests: those of our own puts are
remembered, as they are for whoever pushed from this machine.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from jupyter_resources import RemoteStorage, RemoteStorageConfig
from jupyter_resources.core.entry import Entry
from jupyter_resources.storage.libcloud import LibcloudStore
from jupyter_resources.storage.libclouddrivers import Account
from jupyter_resources.storage.prefixed import PrefixedStore
from jupyter_resources.storage.protocol import ANY, Body, Expect, Store
from jupyter_resources.sync.digests import DigestCache
from tests.resources.test_table import BASE, test_row

__all__ = ["test_row"]


class Remembering(LibcloudStore):
    """What the table plants counts as pushed from here."""

    cache: DigestCache

    def put(self, key: str, body: Body, *, expect: Expect = ANY) -> Entry:
        made = super().put(key, body, expect=expect)
        below = PrefixedStore(self, BASE).location  # where a RemoteStorage looks
        self.cache.record_objects(below, [made.at(key.removeprefix(f"{BASE}/"))])
        return made


@pytest.fixture
def opened(tmp_path: Path) -> tuple[RemoteStorage, Store]:
    """A directory of its own for each row."""
    root = tmp_path / "buckets"
    (root / "b").mkdir(parents=True)
    whole = Remembering(Account("local", str(root)), "b")
    whole.cache = DigestCache(None)
    conf = RemoteStorageConfig("libcloud", str(root), "b", "", base_path=BASE)
    return RemoteStorage(conf, store=whole, cache=whole.cache), whole


def test_an_object_of_somebody_elses_cannot_be_compared(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without a digest it is a conflict that says so, settled by verify=True."""
    root = tmp_path / "buckets"
    (root / "b").mkdir(parents=True)
    (root / "b" / "a").write_bytes(b"1")
    (tmp_path / "a").write_bytes(b"1")
    monkeypatch.chdir(tmp_path)
    whole = LibcloudStore(Account("local", str(root)), "b")
    storage = RemoteStorage(RemoteStorageConfig("local", str(root), "b", ""), store=whole, cache=DigestCache(None))
    with pytest.raises(FileExistsError, match="can't be compared"):
        storage.push("a")
    assert [one.state for one in storage.push("a", verify=True).all_files_analyzed] == ["keep"]
