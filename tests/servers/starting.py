"""How tests start a server: on ports that no other test takes, and gone when the tests are."""

from __future__ import annotations

import ctypes
import os
import random
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

__all__ = ["Started", "started"]

PORTS = range(11_000, 21_000)
"""Below those that a system gives to connections on their way out, and so are those 10,000 higher."""
PATIENCE = 90.0
"""Seconds for a start on a busy machine, and for an end."""
TRIES = 3


class Ended(Exception):
    """The server is no longer there."""


@dataclass(frozen=True, slots=True)
class Started:
    """A process, its first port, and what it writes."""

    process: subprocess.Popen[bytes]
    port: int
    log: Path

    def answers(self, number: int = 0, path: str = "", having: bytes = b"") -> None:
        """Wait until the port with this number speaks HTTP, whatever it says, and `having` is part of that."""
        url = f"http://127.0.0.1:{self.port + number}/{path}"
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        until = time.monotonic() + PATIENCE
        while self.process.poll() is None and time.monotonic() < until:
            try:
                with opener.open(url, timeout=10) as answer:
                    said = answer.read()
            except urllib.error.HTTPError as error:
                said = error.read()
            except OSError:
                said = None
            if said is not None and having in said:
                return
            time.sleep(0.05)
        last = self.log.read_text(errors="replace")[-2000:]
        if self.process.poll() is not None:
            raise Ended(f"the server of {url} ended:\n{last}")
        raise RuntimeError(f"{url} did not start in {PATIENCE:.0f} s:\n{last}")


@contextmanager
def started(
    command: Callable[[int], Sequence[str]],
    log: Path,
    ready: Callable[[Started], None] = Started.answers,
    *,
    ports: int = 1,
    directory: Path | None = None,
    variables: Mapping[str, str] | None = None,
    gently: bool = False,
) -> Iterator[Started]:
    """What `command` makes of a port, once it is `ready`; `ports` of them from there on are its own.

    One that ends instead may have lost a port to another program: that is tried again on others. `variables` are all
    that it gets. At the end it is killed, or, `gently`, asked to go first.
    """
    for tries in range(1, TRIES + 1):
        with _ports(ports) as port, _process(command(port), log, directory or log.parent, variables, gently) as process:
            server = Started(process, port, log)
            try:
                ready(server)
            except Ended:
                if tries == TRIES:
                    raise
                continue
            yield server
            return


@contextmanager
def _process(
    command: Sequence[str], log: Path, directory: Path, variables: Mapping[str, str] | None, gently: bool
) -> Iterator[subprocess.Popen[bytes]]:
    with log.open("wb") as out:
        process = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=out,
            cwd=directory,
            env=variables,
            start_new_session=True,
            preexec_fn=_die_with_parent if sys.platform == "linux" else None,
        )
    try:
        yield process
    finally:
        if gently:
            process.terminate()
            with suppress(subprocess.TimeoutExpired):
                process.wait(PATIENCE)
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def _die_with_parent() -> None:
    """The kernel ends the server when the tests are killed (PR_SET_PDEATHSIG)."""
    ctypes.CDLL(None).prctl(1, signal.SIGKILL)


@contextmanager
def _ports(count: int) -> Iterator[int]:
    """The first of `count` consecutive ports, free like their twins 10,000 higher: SeaweedFS speaks gRPC at those.

    While the block runs no other process of tests gets them: who holds the UDP ports of the same numbers, which nobody
    speaks at, has them, and whatever happens to a process, those are given back.
    """
    for _ in range(200):
        first = random.randrange(PORTS.start, PORTS.stop - count)
        ports = range(first, first + count)
        with ExitStack() as held:
            try:
                for port in ports:
                    held.enter_context(socket.socket(type=socket.SOCK_DGRAM)).bind(("127.0.0.1", port))
            except OSError:
                continue
            if all(_free(port) and _free(port + 10_000) for port in ports):
                yield first
                return
    raise RuntimeError("no free ports")


def _free(port: int) -> bool:
    with socket.socket() as probe:
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
        return True
