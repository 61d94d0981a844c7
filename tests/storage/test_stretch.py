"""A stretch of a file arrives as it lies there, each byte once, and a file that became shorter is told."""

from __future__ import annotations

import os
import socket
import ssl
import threading
from collections.abc import Callable
from io import FileIO
from pathlib import Path

import pytest

from jupyter_resources.core.errors import Changed
from jupyter_resources.storage.stretch import PIECE_BYTES, Stretch

CONTENT = os.urandom(3 * PIECE_BYTES + 5)


class Encrypted(ssl.SSLSocket):
    """A socket that is taken for one with TLS, and tells in which pieces it was given what."""

    def __init__(self) -> None:
        self.pieces: list[bytes] = []

    def sendall(self, piece: object, flags: int = 0) -> None:
        assert isinstance(piece, memoryview)
        self.pieces.append(bytes(piece))


@pytest.fixture
def stream(tmp_path: Path) -> FileIO:
    (tmp_path / "f").write_bytes(CONTENT)
    return FileIO(str(tmp_path / "f"))


def arrived(send: Callable[[socket.socket], None]) -> bytes:
    """What comes out of the other end of a socket pair."""
    ours, theirs = socket.socketpair()
    ours.settimeout(30)
    came: list[bytes] = []

    def take() -> None:
        while chunk := theirs.recv(1 << 20):
            came.append(chunk)

    taking = threading.Thread(target=take)
    taking.start()
    try:
        with ours:
            send(ours)
    finally:
        taking.join(30)
        theirs.close()
    return b"".join(came)


@pytest.mark.parametrize(("start", "size"), [(0, len(CONTENT)), (7, 11), (PIECE_BYTES - 1, PIECE_BYTES + 2)])
def test_what_is_sent_is_what_lies_there(stream: FileIO, start: int, size: int) -> None:
    """From where it is asked for, and not a byte more; with TLS too."""
    expected = CONTENT[start : start + size]
    assert arrived(Stretch(stream, start, size).send) == expected
    encrypted = Encrypted()
    Stretch(stream, start, size).send(encrypted)
    assert b"".join(encrypted.pieces) == expected
    assert max(map(len, encrypted.pieces)) <= PIECE_BYTES


@pytest.mark.parametrize("left", [0, 5, PIECE_BYTES])
def test_a_file_that_became_shorter_is_another_one(stream: FileIO, tmp_path: Path, left: int) -> None:
    os.truncate(tmp_path / "f", left)
    stretch = Stretch(stream, 0, len(CONTENT))
    with pytest.raises(Changed):
        arrived(stretch.send)
    with pytest.raises(Changed):
        stretch.send(Encrypted())


def test_nothing_of_it_passes_through_python(stream: FileIO, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without TLS the kernel takes the bytes from where they lie."""
    read: list[int] = []
    monkeypatch.setattr(socket.socket, "_sendfile_use_send", lambda *given: read.append(1))
    assert arrived(Stretch(stream, 0, len(CONTENT)).send) == CONTENT
    assert not read
