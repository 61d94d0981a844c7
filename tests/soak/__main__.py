"""`make soak`: the promises at their full sizes, on a real S3 server; what it counts goes to docs/reliability.md."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from jupyter_resources import RemoteStorage, RemoteStorageConfig
from jupyter_resources.core.events import Copied, Event
from jupyter_resources.storage.s3control import S3Control
from jupyter_resources.storage.s3parts import open_uploads
from jupyter_resources.sync.digests import DigestCache
from jupyter_resources.sync.engine import Interrupted
from jupyter_resources.testing.trees import contents, tree
from tests.conftest import service_of
from tests.servers import processes
from tests.servers.processes import S3Server
from tests.servers.proxy import proxied

PAGE = Path(__file__).parents[2] / "docs" / "reliability.md"
MARK = "<!-- soak: written by `make soak` -->"
KILLS = 60
INTERRUPTS = 10
THREADS = 30

Open = Callable[[str, str], RemoteStorage]


def opener(server: S3Server, cache: DigestCache) -> Open:
    """Makes storages on `server`: bucket, base path."""

    def open_storage(bucket: str, base: str, endpoint: str = server.endpoint) -> RemoteStorage:
        host, _, port = endpoint.removeprefix("http://").partition(":")
        conf = RemoteStorageConfig(
            "s3", server.key, bucket, server.secret, host=host, port=int(port), secure=False, base_path=base
        )
        return RemoteStorage(conf, cache=cache)

    return open_storage


def requests(server: S3Server, place: Path, cache: DigestCache) -> list[str]:
    """First and unchanged push of 2,000 files and pull, by the requests that a proxy saw."""
    tree({f"{n % 20}/{n:04}": os.urandom(200) for n in range(2000)}, place / "many")
    os.chdir(place)
    rows = []
    with proxied(server.endpoint) as proxy:
        storage = opener(server, cache)("soak", "requests", proxy.endpoint)  # type: ignore[call-arg]
        time.sleep(2.5)  # younger files aren't trusted to be unchanged
        for title, act in (
            ("first push of 2,000 files", lambda: storage.push("many")),
            ("unchanged push", lambda: storage.push("many")),
            ("pull elsewhere", lambda: storage.pull("many", place / "elsewhere")),
        ):
            proxy.forget()
            act()
            rows.append(f"{title}: {', '.join(f'{n:,} {method}' for method, n in sorted(proxy.counts.items()))}")
    assert contents(place / "elsewhere" / "many") == contents(place / "many")
    return rows


class Finger:
    """Presses Ctrl-C when the given number of files is done."""

    def __init__(self, at: int) -> None:
        self.left, self.pressed = at, 0.0

    def __call__(self, event: Event) -> None:
        if isinstance(event, Copied):
            self.left -= 1
            if self.left == 0:
                self.pressed = time.monotonic()
                os.kill(os.getpid(), signal.SIGINT)


def interrupts(server: S3Server, place: Path, cache: DigestCache) -> list[str]:
    """Ctrl-C in a push of 10,000 files, at a random moment, ten times."""
    files = {f"{n:05}": b"%05d" % n for n in range(10_000)}
    tree(files, place / "ten")
    os.chdir(place)
    slowest, torn, left = 0.0, 0, 0
    for number in range(INTERRUPTS):
        storage = opener(server, cache)("soak", f"interrupt{number}")
        finger = Finger(random.randint(1, 5000))
        try:
            storage.push("ten", report=finger)
            raise AssertionError("the interrupt was swallowed")
        except Interrupted:
            slowest = max(slowest, time.monotonic() - finger.pressed)
        while any(one.name.startswith("jtres-") for one in threading.enumerate()):
            time.sleep(0.01)
        torn += sum(one.size != 5 for one in storage.list_objects(""))
        left += len(open_uploads(S3Control(service_of(server), "soak")))
    seen = f"prompt back after {slowest:.2f} s at the latest, {torn} partial objects, {left} open uploads"
    return [f"{INTERRUPTS} interrupts of a push of 10,000 files: {seen}"]


KILLED = """
import sys
from jupyter_resources import RemoteStorage, RemoteStorageConfig
conf = RemoteStorageConfig({conf})
storage = RemoteStorage(conf)
print("ready", flush=True)
storage.{call}
"""


def kills(server: S3Server, place: Path, cache: DigestCache) -> list[str]:
    """SIGKILL at random moments of pushes and pulls of 400 files and one of 80 MiB; then the same line."""
    files = {f"k/{n:03}": os.urandom(20_000) for n in range(400)} | {"k/large": os.urandom(80 << 20)}
    tree(files, place / "source")
    host, _, port = server.endpoint.removeprefix("http://").partition(":")
    there = f"host={host!r}, port={port}, secure=False"
    s3 = f"'s3', {server.key!r}, 'soak', {server.secret!r}, {there}, base_path='kill{{}}'"
    local = f"'local', {str(place / 'buckets')!r}, 'b', '', base_path='kill{{}}'"
    RemoteStorage(RemoteStorageConfig("local", str(place / "buckets"), "b", "")).create_bucket()
    torn = unfinished = 0
    for number in range(KILLS):
        where, direction = (s3, local)[number % 2].format(number), ("push", "pull")[number // 2 % 2]
        conf = eval(f"RemoteStorageConfig({where})")  # our own words, from above
        os.chdir(place / "source")
        target = place / f"target{number}"
        target.mkdir()
        if direction == "pull":
            RemoteStorage(conf, cache=cache).push("k")
            os.chdir(target)
        call = f"{direction}('k', force=True)"
        script = KILLED.format(conf=where, call=call)
        child = subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE)
        assert child.stdout is not None
        child.stdout.readline()
        time.sleep(random.uniform(0.0, 0.6))
        child.kill()
        child.wait()
        storage = RemoteStorage(conf, cache=cache)
        if direction == "push":
            torn += sum(one.size != len(files[one.name.partition("/")[2]]) for one in storage.list_objects(""))
            storage.push("k")
            storage.pull("k", target)
        else:
            here = {path: body for path, body in contents(target).items() if ".jtres-" not in path}
            torn += sum(files[path] != body for path, body in here.items())
            storage.pull("k")
        unfinished += contents(target) != files
        subprocess.run(["rm", "-rf", str(target)], check=True)
        storage.delete("")
    return [f"{KILLS} processes killed at random: {torn} partial files or objects, {unfinished} unfinished afterwards"]


def threads(server: S3Server, place: Path, cache: DigestCache) -> list[str]:
    """Thirty threads pushing at once, three rounds."""
    files = {f"d{n}/{m}": os.urandom(500) for n in range(15) for m in range(40)}
    tree(files, place / "shared")
    os.chdir(place / "shared")
    storage = opener(server, cache)("soak", "threads")
    errors: list[Exception] = []

    def push(directory: str) -> None:
        try:
            storage.push(directory)
        except Exception as error:
            errors.append(error)

    for _ in range(3):
        storage.delete("")
        running = [threading.Thread(target=push, args=(f"d{n % 15}",)) for n in range(THREADS)]
        for one in running:
            one.start()
        for one in running:
            one.join()
    storage.pull("", place / "pulled")
    assert contents(place / "pulled") == files
    return [f"3 rounds of {THREADS} threads pushing at once: {len(errors)} errors"]


def large(server: S3Server, place: Path, cache: DigestCache) -> list[str]:
    """One file of 1 GiB both ways."""
    (place / "large").mkdir()
    os.chdir(place / "large")
    block = os.urandom(1 << 20)
    with open("file", "wb") as stream:
        stream.writelines(number.to_bytes(4) + block[4:] for number in range(1024))
    storage = opener(server, cache)("soak", "large")
    pushed = storage.push("file")
    storage.pull("file", place / "back")
    same = subprocess.run(["cmp", "file", str(place / "back" / "file")], check=False).returncode == 0
    return [f"1 GiB both ways: {'the same bytes' if same else 'DIFFERENT BYTES'}, {pushed.requests}"]


def main() -> None:
    """Run everything, print it, and write it down with commit and date."""
    commit = subprocess.run(["git", "rev-parse", "--short", "HEAD"], capture_output=True, text=True, check=True).stdout
    rows: list[str] = []
    with tempfile.TemporaryDirectory(prefix="soak-") as directory:
        place = Path(directory)
        os.environ["XDG_CACHE_HOME"] = str(place / "cache")
        with processes.seaweedfs(place / "seaweedfs") as server:
            cache = DigestCache(place / "digests.sqlite")
            opener(server, cache)("soak", "").create_bucket()
            for number, part in enumerate((requests, interrupts, kills, threads, large)):
                corner = place / str(number)
                corner.mkdir()
                for row in part(server, corner, cache):
                    print(row, flush=True)
                    rows.append(row)
        os.chdir("/")
    day = f"{datetime.now(UTC):%Y-%m-%d}"
    stamp = f"Commit {commit.strip()}, {day}, {os.cpu_count()} cores, SeaweedFS on the same machine:"
    before = PAGE.read_text().partition(MARK)[0]
    PAGE.write_text(f"{before}{MARK}\n{stamp}\n\n" + "".join(f"- {row}\n" for row in rows))


main()
