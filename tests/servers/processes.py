"""The servers that tests talk to, each with its own data."""

from __future__ import annotations

import json
import os
import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.servers.starting import Started, started

KEY = "tests-access-key"
SECRET = "tests-secret-that-must-never-show"
AZURITE_ACCOUNT = "devstoreaccount1"
AZURITE_KEY = "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw=="
"""Published with Azurite, and no secret."""
ROOT = Path(__file__).parents[2]
WRITER = "may-read-and-write"
"""A key of SeaweedFS that may do everything with objects, and nothing with buckets."""
NOBODY = "may-nothing"
"""A key of SeaweedFS without any right."""


@dataclass(frozen=True)
class S3Server:
    """An S3 server that runs: where, and with which credentials."""

    name: str
    endpoint: str
    key: str = KEY
    secret: str = SECRET
    process: int = 0
    """The id of its process, where that is told."""


@contextmanager
def seaweedfs(directory: Path) -> Iterator[S3Server]:
    """SeaweedFS: behaviour and speed."""
    directory.mkdir(parents=True, exist_ok=True)
    identities = [
        _identity(KEY, ["Admin", "Read", "Write", "List", "Tagging"]),
        _identity(WRITER, ["Read", "Write", "List", "Tagging"]),
        _identity(NOBODY, []),
    ]
    (directory / "s3.json").write_text(json.dumps({"identities": identities}))

    def command(port: int) -> list[str]:
        return [
            str(Path(sys.executable).with_name("weed")),
            "-logtostderr=true",
            "-v=-1",
            "mini",
            f"-dir={_emptied(directory / 'data')}",
            "-ip=127.0.0.1",
            "-ip.bind=127.0.0.1",
            f"-s3.config={directory / 's3.json'}",
            f"-s3.port={port}",
            f"-master.port={port + 1}",
            f"-volume.port={port + 2}",
            f"-filer.port={port + 3}",
            f"-admin.port={port + 4}",
            "-admin.ui=false",
            "-webdav=false",
            "-s3.port.iceberg=0",
            "-s3.port.lance=0",
            "-master.telemetry=false",
            "-volume.max=2000",
        ]

    def ready(server: Started) -> None:
        # The S3 port answers before a volume can be written.
        server.answers()
        server.answers(3)
        server.answers(1, "dir/assign", having=b'"fid"')

    # Each bucket has volumes of its own, seven at once unless told otherwise: a few dozen buckets would use up all.
    variables = {**os.environ, "WEED_MASTER_VOLUME_GROWTH_COPY_1": "1"}
    with started(command, directory / "log", ready, ports=5, variables=variables) as server:
        endpoint = f"http://127.0.0.1:{server.port}"
        yield S3Server("seaweedfs", endpoint, process=server.process.pid)


def _emptied(directory: Path) -> Path:
    """Without what a server left there that did not get its ports: it would look for itself at those."""
    shutil.rmtree(directory, ignore_errors=True)
    directory.mkdir(parents=True)
    return directory


def _identity(key: str, actions: list[str]) -> dict[str, object]:
    return {"name": key, "credentials": [{"accessKey": key, "secretKey": SECRET}], "actions": actions}


@contextmanager
def moto(directory: Path) -> Iterator[S3Server]:
    """moto: holds every key that S3 can hold, however odd."""
    directory.mkdir(parents=True, exist_ok=True)

    def command(port: int) -> list[str]:
        return [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(port)]

    with started(command, directory / "log") as server:
        yield S3Server("moto", f"http://127.0.0.1:{server.port}")


@contextmanager
def azurite(directory: Path) -> Iterator[S3Server]:
    """Azurite: Azure's blobs. Its account and key are the same everywhere; `make` installs it."""
    directory.mkdir(parents=True, exist_ok=True)

    def command(port: int) -> list[str]:
        return [
            "node",
            str(ROOT / ".venv/azurite/node_modules/azurite/dist/src/blob/main.js"),
            "--blobHost=127.0.0.1",
            f"--blobPort={port}",
            f"--location={directory / 'data'}",
            "--silent",
            "--skipApiVersionCheck",
            "--disableTelemetry",
        ]

    with started(command, directory / "log") as server:
        yield S3Server("azurite", f"http://127.0.0.1:{server.port}", AZURITE_ACCOUNT, AZURITE_KEY)
