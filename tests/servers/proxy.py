"""An HTTP proxy between a store and its server, that counts requests and breaks the ones it is told to."""

from __future__ import annotations

import socket
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from urllib.parse import urlsplit

Matches = Callable[[str, str], bool]


@dataclass
class Fault:
    """What happens to the next `times` requests that match: an answer instead, silence, a cut, a delay."""

    matches: Matches
    times: int
    answer: bytes | None = None
    drop: bool = False
    silent: bool = False
    cut_after: int | None = None
    cut_upload_after: int | None = None
    delay: float = 0.0
    flip: bool = False
    header: tuple[bytes, bytes] | None = None


@dataclass
class Proxy:
    """Where to connect to instead of the server, what went through, and what shall go wrong."""

    endpoint: str
    requests: list[tuple[str, str]] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)
    lock: threading.Lock = field(default_factory=threading.Lock)
    started: threading.Event = field(default_factory=threading.Event)
    """Set as soon as a request has been met by a fault."""

    @property
    def counts(self) -> dict[str, int]:
        """Requests so far by method."""
        with self.lock:
            return dict(Counter(method for method, _ in self.requests))

    def forget(self) -> None:
        """Begin to count again, with no faults."""
        with self.lock:
            self.requests.clear()
            self.faults.clear()
            self.started.clear()

    def fail(self, method: str = "", path: str = "", times: int = 1, **what: object) -> None:
        """Let the next `times` requests with this method, whose target contains `path`, go wrong."""
        fault = Fault(lambda m, p: method in ("", m) and path in p, times, **what)  # type: ignore[arg-type]
        with self.lock:
            self.faults.append(fault)

    def respond(self, status: int, code: str, *, method: str = "", path: str = "", times: int = 1) -> None:
        """Answer with an S3 error instead of asking the server."""
        body = f"<Error><Code>{code}</Code><Message>on purpose</Message></Error>".encode() if code else b""
        if method == "HEAD":
            body = b""
        head = f"HTTP/1.1 {status} No\r\nContent-Type: application/xml\r\nContent-Length: {len(body)}\r\n\r\n".encode()
        self.fail(method, path, times, answer=head + body)

    def meet(self, method: str, path: str) -> Fault | None:
        """Count a request, and take the fault meant for it."""
        with self.lock:
            self.requests.append((method, path))
            for fault in self.faults:
                if fault.times > 0 and fault.matches(method, path):
                    fault.times -= 1
                    self.started.set()
                    return fault
        return None


@contextmanager
def proxied(endpoint: str) -> Iterator[Proxy]:
    """A proxy in front of `endpoint` while the block runs."""
    address = urlsplit(endpoint)
    upstream = (address.hostname or "", address.port or 80)
    listener = socket.create_server(("127.0.0.1", 0), backlog=128)
    proxy = Proxy(f"http://127.0.0.1:{listener.getsockname()[1]}")
    open_sockets: set[socket.socket] = set()

    def accept() -> None:
        with suppress(OSError):
            while True:
                client, _ = listener.accept()
                client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                open_sockets.add(client)
                threading.Thread(target=_serve, args=(client, upstream, proxy, open_sockets), daemon=True).start()

    threading.Thread(target=accept, daemon=True).start()
    try:
        yield proxy
    finally:
        with suppress(OSError):
            listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        for one in list(open_sockets):
            with suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)


class _Stream:
    """A socket that can be read by the line and by the count."""

    def __init__(self, sock: socket.socket) -> None:
        self.sock = sock
        self.waiting = b""

    def head(self) -> bytes:
        while b"\r\n\r\n" not in self.waiting:
            self._more()
        head, _, self.waiting = self.waiting.partition(b"\r\n\r\n")
        return head + b"\r\n\r\n"

    def line(self) -> bytes:
        while b"\r\n" not in self.waiting:
            self._more()
        line, _, self.waiting = self.waiting.partition(b"\r\n")
        return line + b"\r\n"

    def take(self, most: int) -> bytes:
        if not self.waiting:
            self._more()
        taken, self.waiting = self.waiting[:most], self.waiting[most:]
        return taken

    def _more(self) -> None:
        chunk = self.sock.recv(1 << 16)
        if not chunk:
            raise ConnectionError("closed")
        self.waiting += chunk


def _serve(client: socket.socket, upstream: tuple[str, int], proxy: Proxy, opened: set[socket.socket]) -> None:
    with suppress(OSError), client, socket.create_connection(upstream) as server:
        server.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        opened.add(server)
        asks, answers = _Stream(client), _Stream(server)
        while True:
            head = asks.head()
            method, target, _ = head.split(b"\r\n", 1)[0].decode("latin-1").split(" ", 2)
            fault = proxy.meet(method, target)
            if fault is not None and not _misbehave(fault, head, asks, client, server):
                return
            if fault is not None and fault.answer is not None:
                continue
            server.sendall(head)
            for piece in _body(head, asks):
                server.sendall(piece)
            answer = answers.head()
            while answer.startswith(b"HTTP/1.1 100"):
                answer = answers.head()
            _answer(fault, method, answer, answers, client)


def _misbehave(fault: Fault, head: bytes, asks: _Stream, client: socket.socket, server: socket.socket) -> bool:
    """Do what the fault says before the server is asked; whether the connection goes on."""
    time.sleep(fault.delay)
    if fault.silent:
        with suppress(OSError):
            while client.recv(1 << 16):
                pass
        return False
    if fault.drop:
        return False
    if fault.cut_upload_after is not None:
        server.sendall(head)
        left = fault.cut_upload_after
        for piece in _body(head, asks):
            server.sendall(piece[:left])
            left -= len(piece)
            if left <= 0:
                return False
    if fault.answer is not None:
        for _ in _body(head, asks):
            pass
        client.sendall(fault.answer)
    return True


def _answer(fault: Fault | None, method: str, head: bytes, answers: _Stream, client: socket.socket) -> None:
    if fault and fault.header:
        kept = [
            line for line in head.split(b"\r\n")[:-2] if not line.lower().startswith(fault.header[0].lower() + b":")
        ]
        head = b"\r\n".join([*kept, fault.header[0] + b": " + fault.header[1], b"", b""])
    client.sendall(head)
    if method == "HEAD" or head.split(b" ", 2)[1] in (b"204", b"304"):
        return
    left = fault.cut_after if fault else None
    for piece in _body(head, answers):
        if fault and fault.flip:
            piece = bytes([piece[0] ^ 1]) + piece[1:]
        if left is None:
            client.sendall(piece)
            continue
        client.sendall(piece[:left])
        left -= len(piece)
        if left <= 0:
            raise ConnectionError("cut")


def _body(head: bytes, stream: _Stream) -> Iterator[bytes]:
    """The body that follows `head`, as it is on the wire."""
    facts = {
        name.strip().lower(): value.strip()
        for name, _, value in (line.partition(b":") for line in head.split(b"\r\n")[1:] if line)
    }
    if facts.get(b"transfer-encoding", b"").lower() == b"chunked":
        while True:
            line = stream.line()
            yield line
            left = int(line.split(b";")[0], 16) + 2
            last = left == 2
            while left:
                piece = stream.take(left)
                left -= len(piece)
                yield piece
            if last:
                return
    left = int(facts.get(b"content-length", b"0"))
    while left:
        piece = stream.take(left)
        left -= len(piece)
        yield piece
