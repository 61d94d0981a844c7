"""RemoteStorage does what its table says on Azure."""

from __future__ import annotations

import itertools
from pathlib import Path

import pytest

from jupyter_resources import RemoteStorage, RemoteStorageConfig
from jupyter_resources.storage.prefixed import PrefixedStore
from jupyter_resources.storage.protocol import Store
from jupyter_resources.storage.registry import open_store
from jupyter_resources.sync.digests import DigestCache
from tests.resources.table import PROVIDER_ROWS, Row
from tests.resources.test_table import BASE
from tests.resources.test_table import test_row as row_holds
from tests.servers.processes import S3Server

_numbers = itertools.count(1)


@pytest.fixture(scope="session")
def conf(azurite: S3Server) -> RemoteStorageConfig:
    """The server as a user would configure it, and one container for the whole table."""
    conf = conf_of(azurite, "azure_blobs")
    RemoteStorage(conf).create_bucket()
    return conf


def conf_of(server: S3Server, provider: str) -> RemoteStorageConfig:
    host, _, port = server.endpoint.removeprefix("http://").partition(":")
    return RemoteStorageConfig(
        provider,
        server.key,
        f"table-{provider[:5]}",
        server.secret,
        host=host,
        port=int(port),
        secure=False,
        base_path=BASE,
    )


@pytest.fixture
def opened(conf: RemoteStorageConfig) -> tuple[RemoteStorage, Store]:
    """Each row has a corner of its own."""
    whole = PrefixedStore(open_store(conf.spec()), f"row{next(_numbers)}")
    return RemoteStorage(conf, store=whole, cache=DigestCache(None)), whole


@pytest.mark.parametrize("row", PROVIDER_ROWS, ids=lambda row: row.title)
def test_row(row: Row, opened: tuple[RemoteStorage, Store], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As everywhere, where the provider has a say."""
    row_holds(row, opened, tmp_path, monkeypatch)


def test_libclouds_own_driver_is_there(conf: RemoteStorageConfig) -> None:
    """For what isn't offered here: the same account, the same container."""
    assert RemoteStorage(conf).bucket.name == conf.bucket
