"""libcloud's local driver keeps the contract of all stores."""

from __future__ import annotations

from pathlib import Path
from typing import ClassVar

import pytest

from jupyter_resources.storage.libcloud import LibcloudStore
from jupyter_resources.storage.libclouddrivers import Account
from jupyter_resources.testing.store_contract import StoreContract


class TestLibcloudLocal(StoreContract):
    """Files in a directory, in libcloud's way."""

    flat: ClassVar[bool] = False

    @pytest.fixture
    def store(self, tmp_path: Path) -> LibcloudStore:
        (tmp_path / "root" / "bucket").mkdir(parents=True)
        return LibcloudStore(Account("local", str(tmp_path / "root")), "bucket")

    @pytest.fixture
    def missing(self, tmp_path: Path) -> LibcloudStore:
        return LibcloudStore(Account("local", str(tmp_path)), "no-such-bucket")
