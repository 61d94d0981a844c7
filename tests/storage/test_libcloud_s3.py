"""libcloud's S3 driver keeps the contract of all stores."""

from __future__ import annotations

from collections.abc import Callable
from typing import ClassVar

import pytest

from jupyter_resources.storage.libcloud import LibcloudStore
from jupyter_resources.storage.libclouddrivers import Account
from jupyter_resources.storage.libcloudpages import Pages
from jupyter_resources.storage.protocol import Store
from jupyter_resources.storage.retrying import RetryingStore
from jupyter_resources.testing.store_contract import StoreContract
from tests.servers.processes import SECRET, S3Server


class TestLibcloudS3(StoreContract):
    """On moto, which holds every key."""

    secrets: ClassVar[tuple[str, ...]] = (SECRET,)
    page: ClassVar[int] = 100

    @pytest.fixture(autouse=True)
    def short_pages(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(Pages, "size", self.page)

    @pytest.fixture
    def store(self, moto: S3Server, new_bucket: Callable[[S3Server], str]) -> Store:
        return opened(LibcloudStore(account_of(moto), new_bucket(moto)))

    @pytest.fixture
    def missing(self, moto: S3Server) -> Store:
        return opened(LibcloudStore(account_of(moto), "no-such-bucket"))


def opened(engine: LibcloudStore) -> Store:
    """With retries, as `open_store` gives it: moto drops a connection now and then when 32 come at once."""
    return RetryingStore(engine)


def account_of(server: S3Server) -> Account:
    """How libcloud reaches the server."""
    return Account("s3", server.key, server.secret, endpoint=server.endpoint)
