"""Who runs, and how: for each tool the command lines that its documentation recommends, as a user would type them."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from tests.bench.servers import PEERS, REGION, Far

__all__ = ["ALL", "DIGESTS", "ENGINE", "FLOOR", "OURS", "SCRIPTS", "Peer", "Verb", "variables"]

Verb = Literal["push", "again", "pull"]
"""A push to an empty bucket, a push to one that has most of it, a pull into an empty directory."""

SCRIPTS = Path(__file__).parent / "scripts"


@dataclass(frozen=True, slots=True)
class Peer:
    """One tool in one way of running it. `command` takes the verb, the endpoint, the bucket and where a pull goes."""

    name: str
    how: str
    command: Callable[[Verb, str, str, Path], Sequence[str]]
    asked: Sequence[str]
    """What prints its version."""
    for_many: bool = False
    """Differs from another only in how it moves many files."""
    own_marks: bool = True
    """Knows what it pushed by times or marks of its own, not by MD5: then only it can have filled its bucket."""

    @property
    def version(self) -> str | None:
        """As it tells it; None if it isn't there."""
        try:
            said = subprocess.run(self.asked, capture_output=True, text=True, check=True).stdout
        except (OSError, subprocess.CalledProcessError):
            return None
        return said.split("\n")[0].split(" ")[-1].strip()


def variables(far: Far, bucket: str, home: Path) -> dict[str, str]:
    """The environment of every tool: where the server is, and a home of its own."""
    home.mkdir(parents=True, exist_ok=True)
    rclone = {"TYPE": "s3", "PROVIDER": "SeaweedFS", "ENV_AUTH": "true", "ENDPOINT": far.endpoint, "REGION": REGION}
    return {
        "PATH": os.environ["PATH"],
        "LANG": "C.UTF-8",
        "HOME": str(home),
        "XDG_CACHE_HOME": str(home / "cache"),
        "XDG_CONFIG_HOME": str(home / "config"),
        "MC_HOST_bench": far.endpoint.replace("//", f"//{far.server.key}:{far.server.secret}@"),
        "AWS_ACCESS_KEY_ID": far.server.key,
        "AWS_SECRET_ACCESS_KEY": far.server.secret,
        "AWS_DEFAULT_REGION": REGION,
        "AWS_REGION": REGION,
        "AWS_EC2_METADATA_DISABLED": "true",
        "BENCH_ENDPOINT": far.endpoint,
        "BENCH_BUCKET": bucket,
        "no_proxy": "127.0.0.1,localhost",
        **{f"RCLONE_CONFIG_BENCH_{name}": value for name, value in rclone.items()},
    }


def _script(
    name: str, how: str, script: str, package: str, *options: str, own: bool = False, for_many: bool = False
) -> Peer:
    """A Python library, in the peers' virtualenv, or in ours (`own`)."""
    python = sys.executable if own else str(PEERS / "bin" / "python")

    def command(verb: Verb, endpoint: str, bucket: str, target: Path) -> Sequence[str]:
        return [python, str(SCRIPTS / f"with_{script}.py"), verb, str(target), *options]

    asked = [python, "-c", f"import importlib.metadata as m; print(m.version({package!r}))"]
    return Peer(name, how, command, asked, for_many, own_marks="MD5" not in how and script not in ("accsr", "libcloud"))


def _rclone(name: str, *flags: str) -> Peer:
    program = str(PEERS / "bin" / "rclone")

    def command(verb: Verb, endpoint: str, bucket: str, target: Path) -> Sequence[str]:
        ends = (f"bench:{bucket}/data", str(target / "data"))
        return [program, "copy", *(ends if verb == "pull" else ("data", ends[0])), *flags]

    return Peer(name, f"`rclone copy {' '.join(flags)}`".replace(" `", "`"), command, [program, "version"], bool(flags))


def _s5cmd() -> Peer:
    # The package's own `s5cmd` is a Python script around this.
    program = next((str(one) for one in PEERS.glob("lib/python*/site-packages/s5cmd/bin/s5cmd")), "s5cmd")

    def command(verb: Verb, endpoint: str, bucket: str, target: Path) -> Sequence[str]:
        there = f"s3://{bucket}/data/"
        base = [program, "--endpoint-url", endpoint, "--log", "error"]
        if verb == "pull":
            return [*base, "cp", f"{there}*", f"{target}/data/"]
        return [*base, "cp" if verb == "push" else "sync", "data/", there]

    return Peer("s5cmd", "`s5cmd cp`; `s5cmd sync` where most is there", command, [program, "version"])


def _aws() -> Peer:
    program = str(PEERS / "bin" / "aws")

    def command(verb: Verb, endpoint: str, bucket: str, target: Path) -> Sequence[str]:
        ends = (f"s3://{bucket}/data", str(target / "data"))
        way = ends if verb == "pull" else ("data", ends[0])
        return [program, "s3", "sync", *way, "--endpoint-url", endpoint, "--only-show-errors"]

    asked = [str(PEERS / "bin" / "python"), "-c", "import importlib.metadata as m; print(m.version('awscli'))"]
    return Peer("aws-cli", "`aws s3 sync`", command, asked)


def _mc() -> Peer:
    # Debian calls it minio-client, because its `mc` is another program.
    program = shutil.which("minio-client") or str(PEERS / "bin" / "mc")

    def command(verb: Verb, endpoint: str, bucket: str, target: Path) -> Sequence[str]:
        ends = (f"bench/{bucket}/data", str(target / "data"))
        way = ends if verb == "pull" else ("data", ends[0])
        return [program, "mirror", "--quiet", *(["--overwrite"] if verb == "again" else []), *way]

    return Peer("mc", "`mc mirror`", command, [program, "--version"])


def _floor() -> Peer:
    def command(verb: Verb, endpoint: str, bucket: str, target: Path) -> Sequence[str]:
        return [sys.executable, str(SCRIPTS / "floor.py")]

    return Peer("floor", "walk, stat and LIST alone, as a Python process of its own", command, ["python", "--version"])


def _digests() -> Peer:
    def command(verb: Verb, endpoint: str, bucket: str, target: Path) -> Sequence[str]:
        return [sys.executable, str(SCRIPTS / "digests.py"), verb]

    how = "what has to be digested, and nothing else: MD5 by part and SHA-256 of what is sent, SHA-256 of what arrives"
    return Peer("digests", how, command, ["python", "--version"])


OURS = _script("ours", "`RemoteStorage.push`, `.pull`", "ours", "jupyter_resources", own=True)
FLOOR = _floor()
DIGESTS = _digests()
TUNED = ("--transfers=32", "--checkers=32", "--fast-list", "--update", "--use-server-modtime")
ENGINE = _script(
    "obstore", "the engine under ours, alone: 32 threads, compares MD5", "obstore", "obstore", "32", own=True
)
ALL = (
    OURS,
    _s5cmd(),
    _rclone("rclone"),
    _rclone("rclone-32", "--transfers=32", "--checkers=32"),
    _rclone("rclone-tuned", *TUNED),
    _script("boto3", "16 threads, `upload_file`, compares MD5", "boto3", "boto3", "16"),
    _script("minio-py", "16 threads, `fput_object`, compares MD5", "minio", "minio", "16"),
    _aws(),
    _mc(),
    _script("s3fs", "`put`, `get`, recursive; sends everything each time", "s3fs", "s3fs"),
    _script(
        "libcloud",
        "1 thread, compares MD5; its parameter `Version` left out, which SeaweedFS refuses",
        "libcloud",
        "apache-libcloud",
        "1",
        own=True,
    ),
    _script(
        "libcloud-32", "32 threads, otherwise the same", "libcloud", "apache-libcloud", "32", own=True, for_many=True
    ),
    _script("accsr", "`RemoteStorage.push`, `.pull`; with libcloud's `Version` left out", "accsr", "accsr"),
    ENGINE,
)
