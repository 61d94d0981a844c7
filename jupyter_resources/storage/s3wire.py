"""Signed HTTP to an S3 service: `http.client` sends exactly what was signed.

A library that joins URLs turns the key `../up` into another one, and most can't be interrupted: here paths go as they
are, connecting takes bounded time, and what is under way can be cut off.
"""

from __future__ import annotations

import http.client
import os
import select
import socket
import ssl
import threading
import time
import urllib.request
from base64 import b64encode
from collections.abc import Mapping
from concurrent.futures import CancelledError, Future, InvalidStateError
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import unquote, urlsplit

from jupyter_resources.core.errors import Unauthenticated
from jupyter_resources.storage.s3signing import UNSIGNED, Signer, digest_of, query_of
from jupyter_resources.storage.stretch import Stretch

__all__ = [
    "ANSWER_BYTES",
    "AnswerTooLong",
    "CONNECT_SECONDS",
    "CertificateRefused",
    "Content",
    "NoTLS",
    "IDLE_SECONDS",
    "Reply",
    "S3Service",
    "SignedConnection",
    "extra_certificates",
    "trusted",
]

CONNECT_SECONDS = 2.0
"""Name look-up and connection together."""
IDLE_SECONDS = 60.0
"""How long a server may be silent in the middle of an exchange."""
ANSWER_BYTES = 32 << 20
"""The most that is taken into memory of one answer: 1,000 keys of 1,024 bytes, each written %XX, are 3 MiB."""
DEFAULT_REGION = "us-east-1"
Content = bytes | Stretch | None


class CertificateRefused(ConnectionError):
    """The server's certificate isn't one that we trust."""


class NoTLS(ConnectionError):
    """Whoever answers there, they don't speak TLS, or not with us."""


class AnswerTooLong(ConnectionError):
    """More than ANSWER_BYTES came as a page or an error: the rest isn't read."""


@dataclass(frozen=True, slots=True)
class S3Service:
    """An S3 service and who asks there. Without `key` requests go unsigned, as public buckets allow."""

    endpoint: str | None = None
    region: str | None = None
    key: str | None = None
    secret: str | None = field(default=None, repr=False)
    token: str | None = field(default=None, repr=False)
    idle_seconds: float = IDLE_SECONDS

    @property
    def region_name(self) -> str:
        return self.region or DEFAULT_REGION

    @property
    def url(self) -> str:
        """Where requests go. Amazon's own buckets are spoken to by path too: names with dots break its certificates."""
        if self.endpoint is None:
            return f"https://s3.{self.region_name}.amazonaws.com"
        bare = self.endpoint.rstrip("/")
        return bare if "://" in bare else f"https://{bare}"


@dataclass(frozen=True, slots=True)
class Reply:
    """What the server said: header names in lower case, the body whole."""

    status: int
    headers: Mapping[str, str]
    body: bytes


class SignedConnection:
    """One keep-alive connection. For one thread at a time; `abort` may come from any other."""

    def __init__(self, service: S3Service, trust: ssl.SSLContext | None = None) -> None:
        """`trust` says which certificates count; loading them is slow, so connections share it."""
        parts = urlsplit(service.url)
        secure, host = parts.scheme == "https", parts.hostname or ""
        usual = 443 if secure else 80
        port = parts.port or usual
        named = f"[{host}]" if ":" in host else host
        self._host = named if port == usual else f"{named}:{port}"
        self._base = parts.path.rstrip("/")
        self._signer = None
        if service.key is not None:
            _check_sendable(service.key, "access key")
            _check_sendable(service.token or "", "session token")
            self._signer = Signer(service.key, service.secret or "", service.region_name, service.token)
        self._wire = _Wire((host, port), service.idle_seconds, trust, secure=secure)

    def request(
        self, method: str, path: str, params: Mapping[str, str], headers: Mapping[str, str], content: Content
    ) -> Reply:
        """Send one request; `path` is percent-encoded already. Raises OSError, ssl and http.client errors."""
        path, query = self._base + path, query_of(params)
        told = {**headers, "Host": self._host}
        if self._signer is not None:
            # What a digest covers needn't be hashed a second time for the signature.
            if isinstance(content, Stretch) or "Content-MD5" in headers:
                digest = UNSIGNED
            else:
                digest = digest_of(content or b"")
            told = self._signer.signed(method, path, query, told, digest)
        # Proxies may rewrite these two, so they stay unsigned; a compressed answer would have to be unpacked.
        told |= {"User-Agent": "jupyter_resources", "Accept-Encoding": "identity"}
        return self._wire.request(method, f"{path}?{query}" if query else path, content, told)

    def rearm(self) -> None:
        """Forget an `abort` that was meant for an earlier request."""
        self._wire.aborted = False

    def abort(self) -> None:
        """End what is under way or about to begin; the thread that waits for it gets an error."""
        self._wire.abort()

    def close(self) -> None:
        self._wire.close()


def _check_sendable(text: str, what: str) -> None:
    """Unauthenticated for what no header can carry: http.client would say so with all of it."""
    if not (text.isascii() and text.isprintable()):
        raise Unauthenticated(
            f"the {what} holds a character that can't be sent (a line break at its end?)",
            hint="set it again, without what doesn't belong to it",
        )


class _Wire:
    """The transport: paths go as they are, connecting takes bounded time, and what is under way can be cut off."""

    def __init__(self, address: tuple[str, int], idle: float, trust: ssl.SSLContext | None, *, secure: bool) -> None:
        self.aborted = False
        self._address = address
        self._idle = idle
        self._trust = trust
        self._secure = secure
        self._proxy = _proxy("https" if secure else "http", address[0])
        self._http: http.client.HTTPConnection | None = None
        self._dialled: Future[socket.socket] | None = None

    def request(self, method: str, target: str, content: Content, headers: Mapping[str, str]) -> Reply:
        if self._proxy and not self._secure:
            target = f"http://{headers['Host']}{target}"
        try:
            connection = self._connected()
            if self.aborted:
                raise ConnectionAbortedError("told to stop")
            if isinstance(content, Stretch):
                connection.request(method, target, headers={**headers, "Content-Length": str(content.size)})
                content.send(connection.sock)
            else:
                connection.request(method, target, body=content, headers=headers)
            with connection.getresponse() as answer:
                facts = {name.lower(): value for name, value in answer.getheaders()}
                body = answer.read(ANSWER_BYTES + 1)
                if len(body) > ANSWER_BYTES:
                    raise AnswerTooLong
                if answer.length:  # bytes that were announced: `read` with a limit doesn't tell
                    raise http.client.IncompleteRead(b"", answer.length)
                reply = Reply(answer.status, facts, body)
            if answer.will_close:
                self.close()
        except BaseException:
            self.close()
            raise
        return reply

    def abort(self) -> None:
        self.aborted = True
        dialled = self._dialled
        if dialled:
            dialled.cancel()
        connection = self._http
        if connection and connection.sock:
            with suppress(OSError):
                connection.sock.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        connection, self._http = self._http, None
        if connection:
            connection.close()

    def _connected(self) -> http.client.HTTPConnection:
        if self._http and (self._http.sock is None or _dropped(self._http.sock)):
            self.close()
        if self._http is None:
            connection = http.client.HTTPConnection(*self._address)
            self._dialled = Future()
            if self.aborted:
                raise ConnectionAbortedError("told to stop")
            connection.sock = self._dial(self._dialled)
            self._dialled = None
            self._http = connection
        return self._http

    def _dial(self, future: Future[socket.socket]) -> socket.socket:
        """Connect in a thread of its own: a look-up of a name can't be interrupted, waiting for one can."""
        threading.Thread(target=_dial, args=(future, self._proxy or self._address), daemon=True).start()
        try:
            raw = future.result(CONNECT_SECONDS)
        except CancelledError:
            raise ConnectionAbortedError("told to stop") from None
        except TimeoutError:
            future.cancel()
            raise ConnectionRefusedError("no connection in time") from None
        try:
            raw.settimeout(self._idle)
            if self._secure:
                if self._proxy:
                    _tunnel(raw, self._address)
                return self._secured(raw)
        except BaseException:
            raw.close()
            raise
        return raw

    def _secured(self, raw: socket.socket) -> socket.socket:
        try:
            return (self._trust or trusted()).wrap_socket(raw, server_hostname=self._address[0])
        except ssl.SSLCertVerificationError as error:
            raise CertificateRefused(error.verify_message) from None
        except ssl.SSLError as error:
            raise NoTLS(error.reason) from None


def _dial(future: Future[socket.socket], address: tuple[str, int]) -> None:
    """Try each address of the host until one answers; together no longer than CONNECT_SECONDS."""
    until = time.monotonic() + CONNECT_SECONDS
    try:
        connected = _first(socket.getaddrinfo(*address, type=socket.SOCK_STREAM), until)
        connected.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    except OSError as error:
        with suppress(InvalidStateError):
            future.set_exception(error)
        return
    try:
        future.set_result(connected)
    except InvalidStateError:  # nobody waits any more
        connected.close()


def _first(addresses: list[Any], until: float) -> socket.socket:
    problem: OSError = ConnectionRefusedError("no address")
    for family, kind, protocol, _, where in addresses:
        attempt = socket.socket(family, kind, protocol)
        try:
            attempt.settimeout(max(0.1, until - time.monotonic()))
            attempt.connect(where)
        except OSError as error:
            attempt.close()
            problem = error
        else:
            return attempt
    raise problem


def _dropped(sock: socket.socket) -> bool:
    """Whether the server closed the idle connection meanwhile (or said something that nobody asked)."""
    if sock.fileno() < 0:
        return True
    if hasattr(select, "poll"):
        poll = select.poll()
        poll.register(sock, select.POLLIN)
        return bool(poll.poll(0))
    return bool(select.select([sock], [], [], 0)[0])


def _proxy(scheme: str, host: str) -> tuple[str, int] | None:
    """The proxy that the environment names for this host."""
    named = urllib.request.getproxies().get(scheme)
    if not named or urllib.request.proxy_bypass(host):
        return None
    parts = urlsplit(named if "://" in named else f"http://{named}")
    return (parts.hostname, parts.port or 3128) if parts.hostname else None


def _tunnel(raw: socket.socket, address: tuple[str, int]) -> None:
    """Ask the proxy for a way to `address`."""
    named = urlsplit(urllib.request.getproxies().get("https", ""))
    lines = [f"CONNECT {address[0]}:{address[1]} HTTP/1.1", f"Host: {address[0]}:{address[1]}"]
    if named.username:
        word = f"{unquote(named.username)}:{unquote(named.password or '')}".encode()
        lines.append(f"Proxy-Authorization: Basic {b64encode(word).decode()}")
    raw.sendall("\r\n".join([*lines, "", ""]).encode())
    answer = b""
    while b"\r\n\r\n" not in answer:
        chunk = raw.recv(1)
        if not chunk:
            raise ConnectionRefusedError("the proxy closed the connection")
        answer += chunk
    if answer.split(None, 2)[1:2] != [b"200"]:
        raise ConnectionRefusedError("the proxy refused the connection")


def extra_certificates() -> str | None:
    """The file of further certificates that AWS_CA_BUNDLE names, as for Amazon's own tools."""
    return os.environ.get("AWS_CA_BUNDLE") or None


def trusted() -> ssl.SSLContext:
    """The system's certificates, certifi's and the extra ones. Raises OSError if a file can't be read."""
    import certifi  # here: it takes 8 ms to load, and without TLS nobody asks it

    context = ssl.create_default_context()
    context.load_verify_locations(certifi.where())
    if extra := extra_certificates():
        context.load_verify_locations(extra)
    return context
