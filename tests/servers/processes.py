"""Start the servers that tests talk to, each with its own ports and data, and see that none outlives the tests."""

from __future__ import annotations

import ctypes
import json
import os
import random
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

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


@contextmanager
def seaweedfs(directory: Path) -> Iterator[S3Server]:
    """SeaweedFS: behaviour and speed. Needs a free block of ports; its gRPC ports are the same plus 10,000."""
    port = _free_block(5)
    (directory / "data").mkdir(parents=True)
    identities = [
        _identity(KEY, ["Admin", "Read", "Write", "List", "Tagging"]),
        _identity(WRITER, ["Read", "Write", "List", "Tagging"]),
        _identity(NOBODY, []),
    ]
    (directory / "s3.json").write_text(json.dumps({"identities": identities}))
    command = [
        str(Path(sys.executable).with_name("weed")),
        "-logtostderr=true",
        "-v=-1",
        "mini",
        f"-dir={directory / 'data'}",
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
    # Each bucket has volumes of its own, seven at once unless told otherwise: a few dozen buckets would use up all.
    with _running(command, directory / "log", WEED_MASTER_VOLUME_GROWTH_COPY_1="1"):
        server = S3Server("seaweedfs", f"http://127.0.0.1:{port}")
        # The S3 port answers before a volume can be written.
        _answers(server.endpoint, directory / "log")
        _answers(f"http://127.0.0.1:{port + 3}/", directory / "log")
        _writable(f"http://127.0.0.1:{port + 1}/dir/assign", directory / "log")
        yield server


def _identity(key: str, actions: list[str]) -> dict[str, object]:
    return {"name": key, "credentials": [{"accessKey": key, "secretKey": SECRET}], "actions": actions}


@contextmanager
def moto(directory: Path) -> Iterator[S3Server]:
    """moto: holds every key that S3 can hold, however odd."""
    port = _free_block(1)
    directory.mkdir(parents=True, exist_ok=True)
    command = [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(port)]
    with _running(command, directory / "log"):
        server = S3Server("moto", f"http://127.0.0.1:{port}")
        _answers(server.endpoint, directory / "log")
        yield server


@contextmanager
def azurite(directory: Path) -> Iterator[S3Server]:
    """Azurite: Azure's blobs. Its account and key are the same everywhere; `make` installs it."""
    port = _free_block(1)
    directory.mkdir(parents=True, exist_ok=True)
    command = [
        "node",
        str(ROOT / ".venv/azurite/node_modules/azurite/dist/src/blob/main.js"),
        "--blobHost=127.0.0.1",
        f"--blobPort={port}",
        f"--location={directory / 'data'}",
        "--silent",
        "--skipApiVersionCheck",
        "--disableTelemetry",
    ]
    with _running(command, directory / "log"):
        server = S3Server("azurite", f"http://127.0.0.1:{port}", AZURITE_ACCOUNT, AZURITE_KEY)
        _answers(server.endpoint, directory / "log")
        yield server


@contextmanager
def _running(command: Sequence[str], log: Path, **variables: str) -> Iterator[subprocess.Popen[bytes]]:
    with log.open("wb") as out:
        process = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=out,
            cwd=log.parent,
            env={**os.environ, **variables},
            start_new_session=True,
            preexec_fn=_die_with_parent if sys.platform == "linux" else None,
        )
    try:
        yield process
    finally:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def _die_with_parent() -> None:
    """The kernel ends the server when the tests are killed (PR_SET_PDEATHSIG)."""
    ctypes.CDLL(None).prctl(1, signal.SIGKILL)


def _answers(url: str, log: Path, seconds: float = 60) -> bytes:
    """Wait until something at `url` speaks HTTP, whatever it says."""
    until = time.monotonic() + seconds
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    while time.monotonic() < until:
        try:
            with opener.open(url, timeout=5) as answer:
                content: bytes = answer.read()
                return content
        except urllib.error.HTTPError as error:
            return error.read()
        except OSError:
            time.sleep(0.05)
    raise RuntimeError(f"{url} did not start in {seconds} s:\n{log.read_text(errors='replace')[-2000:]}")


def _writable(url: str, log: Path, seconds: float = 60) -> None:
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        if b'"fid"' in _answers(url, log):
            return
        time.sleep(0.05)
    raise RuntimeError(f"no volume to write to in {seconds} s:\n{log.read_text(errors='replace')[-2000:]}")


def _free_block(count: int) -> int:
    """The first of `count` consecutive free ports whose twins 10,000 higher are free too."""
    for _ in range(200):
        first = random.randrange(11_000, 22_000 - count)
        ports = [first + n for n in range(count)]
        if all(_free(port) and _free(port + 10_000) for port in ports):
            return first
    raise RuntimeError("no free ports")


def _free(port: int) -> bool:
    with socket.socket() as probe:
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
        return True
