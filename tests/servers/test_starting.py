"""Servers of the tests: one that loses its port gets another, and no two tests get the same."""

from __future__ import annotations

import random
import socket
import sys
from pathlib import Path

import pytest

from tests.servers import starting
from tests.servers.starting import Started, started

ENDS = [sys.executable, "-S", "-c", "print('port is taken')"]
STAYS = [sys.executable, "-S", "-c", "import time; time.sleep(60)"]


def test_one_that_ends_is_started_again_elsewhere(tmp_path: Path) -> None:
    """With new ports, and not for ever."""
    seen: list[int] = []

    def command(port: int) -> list[str]:
        seen.append(port)
        return STAYS if len(seen) == 2 else ENDS

    def ready(server: Started) -> None:
        if len(seen) == 1:
            server.answers()

    with started(command, tmp_path / "log", ready) as server:
        assert server.process.poll() is None
        assert server.port == seen[1] != seen[0]
    assert server.process.poll() is not None
    with pytest.raises(starting.Ended, match="port is taken"), started(lambda port: ENDS, tmp_path / "log"):
        pass


def test_ports_are_nobody_elses(monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither another test's nor a program's, here or 10,000 higher; and given back."""
    with starting._ports(2) as first:
        monkeypatch.setattr(random, "randrange", lambda *bounds: first + 1)
        with pytest.raises(RuntimeError, match="no free ports"), starting._ports(1):
            pass
    with starting._ports(1) as again:
        assert again == first + 1
    for taken in (first + 1, first + 10_001):
        with (
            socket.create_server(("127.0.0.1", taken)),
            pytest.raises(RuntimeError, match="no free ports"),
            starting._ports(1),
        ):
            pass
