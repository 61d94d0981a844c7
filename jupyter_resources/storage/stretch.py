"""A stretch of a local file that goes onto a socket from where it lies."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from jupyter_resources.core.errors import Changed

if TYPE_CHECKING:
    import socket
    import ssl
    from io import FileIO

__all__ = ["Stretch"]

PIECE_BYTES = 256 << 10


@dataclass(frozen=True, slots=True)
class Stretch:
    """`size` bytes of an open file from `start` on, as they are when they are sent.

    Whoever sends them says their digest beforehand: it was taken earlier, and the receiver compares.
    """

    stream: FileIO
    start: int
    size: int

    def send(self, connection: socket.socket) -> None:
        """All of it; without TLS in the kernel, which saves copying each byte twice. Raises OSError, and Changed if
        the file ends before.
        """
        import ssl  # here: to say what a part is, nobody needs it

        if isinstance(connection, ssl.SSLSocket):
            sent = self._encrypted(connection)
        else:
            sent = connection.sendfile(self.stream, self.start, self.size)
        if sent != self.size:
            raise Changed("the file became shorter while it was sent", hint="repeat the line")

    def _encrypted(self, connection: ssl.SSLSocket) -> int:
        """In pieces from one buffer: `SSLSocket.sendfile` takes 8 KiB at a time."""
        buffer = memoryview(bytearray(PIECE_BYTES))
        sent = 0
        self.stream.seek(self.start)
        while count := self.stream.readinto(buffer[: self.size - sent]):
            connection.sendall(buffer[:count])
            sent += count
        return sent
