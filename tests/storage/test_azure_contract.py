"""Azure keeps the contract of all stores: on Azurite, as `open_store` opens it."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from typing import ClassVar

import pytest

from jupyter_resources.storage.libcloudpages import Pages
from jupyter_resources.storage.protocol import Store
from jupyter_resources.storage.registry import StoreSpec, open_containers, open_store
from jupyter_resources.testing.store_contract import StoreContract
from tests.servers.processes import AZURITE_KEY, S3Server

_numbers = itertools.count(1)


def spec_of(server: S3Server, bucket: str, **other: str) -> StoreSpec:
    """The server as settings would describe it."""
    facts = {"endpoint": server.endpoint, "key": server.key, "secret": server.secret, **other}
    return StoreSpec("azure_blobs", bucket, **facts)  # type: ignore[arg-type]


class TestAzure(StoreContract):
    """Each test with a container of its own."""

    secrets: ClassVar[tuple[str, ...]] = (AZURITE_KEY,)
    page: ClassVar[int] = 100

    @pytest.fixture(autouse=True)
    def short_pages(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(Pages, "size", self.page)

    @pytest.fixture
    def store(self, azurite: S3Server) -> Iterator[Store]:
        spec = spec_of(azurite, f"contract-{next(_numbers)}")
        open_containers(spec).create(spec.bucket)
        yield open_store(spec)

    @pytest.fixture
    def missing(self, azurite: S3Server) -> Store:
        return open_store(spec_of(azurite, "no-such-container"))
