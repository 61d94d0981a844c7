"""RemoteStorage does what its table says on a provider that only libcloud knows."""

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
from tests.resources.test_table import test_row as row_holds
from tests.resources.test_table_azure import conf_of
from tests.servers.processes import S3Server

_numbers = itertools.count(1)


@pytest.fixture(scope="session")
def conf(seaweedfs: S3Server) -> RemoteStorageConfig:
    """libcloud's own driver for MinIO, which speaks S3, and one bucket for the whole table."""
    conf = conf_of(seaweedfs, "minio")
    RemoteStorage(conf).create_bucket()
    return conf


@pytest.fixture
def opened(conf: RemoteStorageConfig) -> tuple[RemoteStorage, Store]:
    """Each row has a corner of its own."""
    whole = PrefixedStore(open_store(conf.spec()), f"row{next(_numbers)}")
    return RemoteStorage(conf, store=whole, cache=DigestCache(None)), whole


@pytest.mark.parametrize("row", PROVIDER_ROWS, ids=lambda row: row.title)
def test_row(row: Row, opened: tuple[RemoteStorage, Store], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As everywhere, where the provider has a say."""
    row_holds(row, opened, tmp_path, monkeypatch)
