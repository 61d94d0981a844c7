"""Buckets of every kind of engine, for tests that hold on all of them."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from pathlib import Path

import pytest

from jupyter_resources.resources.bucket import Bucket
from jupyter_resources.resources.connection import Connection
from jupyter_resources.sync.digests import DigestCache
from tests.servers.processes import S3Server

__all__ = ["ENGINES", "bucket", "connection"]

ENGINES = ("memory", "local", "s3", "azure_blobs", "minio")
"""`minio` is apache-libcloud's own driver."""
_numbers = itertools.count(1)


@pytest.fixture(params=ENGINES)
def connection(request: pytest.FixtureRequest, tmp_path: Path) -> Connection:
    """To a server of that kind, or to a directory."""
    provider = request.param
    if provider in ("memory", "local"):
        (tmp_path / "buckets").mkdir()
        return Connection(provider, root=str(tmp_path / "buckets"))
    server: S3Server = request.getfixturevalue("azurite" if provider == "azure_blobs" else "seaweedfs")
    return Connection(provider, key=server.key, secret=server.secret, endpoint=server.endpoint)


@pytest.fixture
def bucket(connection: Connection, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Bucket]:
    """A new one; the current directory is an empty one."""
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    made = Bucket(connection, f"of-all-kinds-{next(_numbers)}", cache=DigestCache(tmp_path / "digests.sqlite"))
    yield made
    made.delete(datasets=True)
