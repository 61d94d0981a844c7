"""The S3 server of the benchmark with its data in memory, its buckets, and the proxy that makes it far away."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import boto3

from tests.bench.measure import cpu_of
from tests.servers import processes
from tests.servers.processes import S3Server

__all__ = ["PEERS", "REGION", "Far", "away", "build_proxy", "in_memory", "running"]

PEERS = Path(sys.prefix) / "bench"
"""The peers' own virtualenv, within the project's."""
PROXY = PEERS / "delay"
SOURCE = Path(__file__).parent / "delay"
ROOM = 12 << 30
"""What the benchmark may need of memory-backed files."""
REGION = "us-east-1"


@contextmanager
def in_memory() -> Iterator[Path]:
    """A directory in memory where there is room for it, else a temporary one; it goes when the block ends."""
    shared = Path("/dev/shm")
    roomy = shared.is_dir() and shutil.disk_usage(shared).free > ROOM
    with tempfile.TemporaryDirectory(prefix="bench-", dir=shared if roomy else None) as name:
        yield Path(name)


@dataclass(frozen=True, slots=True)
class Far:
    """A server and the way to it: an endpoint, and what can be asked of both."""

    server: S3Server
    endpoint: str
    proxy: subprocess.Popen[str] | None = None

    def cpu(self) -> float:
        """CPU seconds that the server has used."""
        return cpu_of(self.server.process)

    def proxy_cpu(self) -> float:
        """CPU seconds that the way there has used."""
        return cpu_of(self.proxy.pid) if self.proxy else 0.0

    def requests(self) -> dict[str, int]:
        """Requests since the last call, by method; nothing without a proxy."""
        if self.proxy is None:
            return {}
        assert self.proxy.stdin and self.proxy.stdout
        self.proxy.stdin.write("\n")
        self.proxy.stdin.flush()
        counted: dict[str, int] = json.loads(self.proxy.stdout.readline())
        return counted

    @property
    def client(self) -> Any:
        """Requests of the benchmark itself, past the proxy."""
        return boto3.client(
            "s3",
            endpoint_url=self.server.endpoint,
            aws_access_key_id=self.server.key,
            aws_secret_access_key=self.server.secret,
            region_name=REGION,
        )

    def create(self, bucket: str) -> None:
        """Make an empty bucket."""
        self.client.create_bucket(Bucket=bucket)

    def objects(self, bucket: str) -> dict[str, tuple[int, str]]:
        """Size and ETag of each object."""
        pages = self.client.get_paginator("list_objects_v2").paginate(Bucket=bucket)
        return {one["Key"]: (one["Size"], one["ETag"].strip('"')) for page in pages for one in page.get("Contents", ())}

    def drop(self, bucket: str) -> None:
        """Remove a bucket with all that is in it; the server then gives its memory back."""
        names = list(self.objects(bucket))
        for start in range(0, len(names), 1000):
            keys = [{"Key": name} for name in names[start : start + 1000]]
            self.client.delete_objects(Bucket=bucket, Delete={"Objects": keys, "Quiet": True})
        self.client.delete_bucket(Bucket=bucket)


def build_proxy() -> None:
    """Compile the delay proxy, once for each state of its source; needs the peers' virtualenv and no network."""
    source = SOURCE / "main.go"
    if PROXY.exists() and PROXY.stat().st_mtime >= source.stat().st_mtime:
        return
    variables = {**os.environ, "GOFLAGS": "-mod=mod", "GOPROXY": "off", "GOTOOLCHAIN": "local", "CGO_ENABLED": "0"}
    subprocess.run([str(PEERS / "bin" / "go"), "build", "-o", str(PROXY), "."], cwd=SOURCE, env=variables, check=True)


@contextmanager
def running(place: Path) -> Iterator[Far]:
    """The server, at hand."""
    with processes.seaweedfs(place / "server") as server:
        yield Far(server, server.endpoint)


@contextmanager
def away(near: Far, milliseconds: float) -> Iterator[Far]:
    """The same server, a round trip of so many milliseconds away, its requests counted."""
    build_proxy()
    host = near.server.endpoint.removeprefix("http://")
    command = [str(PROXY), "-to", host, "-delay", f"{milliseconds / 2}ms"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as proxy:
        assert proxy.stdin and proxy.stdout
        try:
            yield Far(near.server, f"http://{proxy.stdout.readline().strip()}", proxy)
        finally:
            proxy.stdin.close()  # which ends it
