"""Servers that all tests share: each is started once, when the first test asks for it."""

from __future__ import annotations

import itertools
import socket
from collections.abc import Callable, Iterator

import pytest

from jupyter_resources.storage.s3containers import S3Containers
from jupyter_resources.storage.s3control import S3Control
from jupyter_resources.storage.s3wire import S3Service
from tests.limits import open_tmp, small_disk
from tests.servers import processes
from tests.servers.processes import S3Server
from tests.servers.proxy import Proxy, proxied

__all__ = ["open_tmp", "small_disk"]  # fixtures for all tests

_numbers = itertools.count(1)


@pytest.fixture(scope="session")
def seaweedfs(tmp_path_factory: pytest.TempPathFactory) -> Iterator[S3Server]:
    """A real S3 server: behaviour and speed."""
    with processes.seaweedfs(tmp_path_factory.mktemp("seaweedfs")) as server:
        yield server


@pytest.fixture(scope="session")
def moto(tmp_path_factory: pytest.TempPathFactory) -> Iterator[S3Server]:
    """An S3 server that holds every key, however odd."""
    with processes.moto(tmp_path_factory.mktemp("moto")) as server:
        yield server


@pytest.fixture(scope="session")
def azurite(tmp_path_factory: pytest.TempPathFactory) -> Iterator[S3Server]:
    """Azure's blobs."""
    with processes.azurite(tmp_path_factory.mktemp("azurite")) as server:
        yield server


@pytest.fixture(scope="session")
def any_s3(request: pytest.FixtureRequest) -> S3Server:
    """The server named by the (indirect) parameter."""
    server: S3Server = request.getfixturevalue(request.param)
    return server


@pytest.fixture
def new_bucket() -> Iterator[Callable[[S3Server], str]]:
    """Makes an empty bucket on a server and gives its name; afterwards it goes, with all that is in it."""
    made: list[S3Control] = []

    def make(server: S3Server) -> str:
        name = f"bucket-{next(_numbers)}"
        S3Containers(service_of(server)).create(name)
        made.append(S3Control(service_of(server), name))
        return name

    yield make
    for bucket in made:
        while found := bucket.page("", None).found:
            bucket.delete([one.key for one in found])
        bucket.drop()


@pytest.fixture
def closed_port() -> Iterator[int]:
    """A port at which nobody is: it is ours, so that no other program's server comes to be there."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        yield taken.getsockname()[1]


@pytest.fixture
def proxy(seaweedfs: S3Server) -> Iterator[Proxy]:
    """SeaweedFS behind a proxy that counts requests and breaks those it is told to."""
    with proxied(seaweedfs.endpoint) as between:
        yield between


def service_of(server: S3Server, **other: object) -> S3Service:
    """How our engines reach the server; `other` replaces fields."""
    facts: dict[str, object] = {"endpoint": server.endpoint, "key": server.key, "secret": server.secret, **other}
    return S3Service(**facts)  # type: ignore[arg-type]
