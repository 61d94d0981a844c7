"""A stretch of a local file that goes onto a socket from where it lies."""

from __future__ import annotations

import errno
from dataclasses import dataclass
from typing import TYPE_CHECKING

from jupyter_resources.core.errors import Changed
from jupyter_resources.storage.translate import from_os, translated

if TYPE_CHECKING:
    import socket
    import ssl
    from io import FileIO

__all__ = ["Stretch"]

PIECE_BYTES = 256 << 10
_DISK = {errno.EIO, errno.ESTALE, errno.EISDIR, errno.EACCES}
"""What no socket says."""


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
            sent = self._in_the_kernel(connection)
        if sent != self.size:
            raise Changed("the file became shorter while it was sent", hint="repeat the line")

    def _in_the_kernel(self, connection: socket.socket) -> int:
        try:
            return connection.sendfile(self.stream, self.start, self.size)
        except OSError as error:
            if error.errno in _DISK:  # said by one call of both the file and the socket
                raise from_os(error, str(self.stream.name)) from error
            raise

    def _encrypted(self, connection: ssl.SSLSocket) -> int:
        """In pieces from one buffer: `SSLSocket.sendfile` takes 8 KiB at a time."""
        buffer = memoryview(bytearray(PIECE_BYTES))
        sent = 0
        self.stream.seek(self.start)
        while count := self._read(buffer[: self.size - sent]):
            connection.sendall(buffer[:count])
            sent += count
        return sent

    def _read(self, buffer: memoryview) -> int:
        with translated(str(self.stream.name)):
            return self.stream.readinto(buffer) or 0
