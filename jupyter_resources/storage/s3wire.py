"""Signed HTTP to an S3 service: libcloud signs, `http.client` sends exactly what was signed.

libcloud's own transport joins URLs, which turns the key `../up` into another one, and can't be interrupted. It lets the
transport be replaced, so here is one that sends paths as they are, connects in bounded time and can be cut off.
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

import certifi
from libcloud.common.aws import UnsignedPayloadSentinel
from libcloud.storage.drivers.s3 import S3SignatureV4Connection

__all__ = [
    "ANSWER_BYTES",
    "AnswerTooLong",
    "CONNECT_SECONDS",
    "CertificateRefused",
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
        self._base = parts.path.rstrip("/")
        port = parts.port or (443 if parts.scheme == "https" else 80)
        self._signed = _Signed(
            service.key or "",
            service.secret or "",
            secure=parts.scheme == "https",
            host=parts.hostname or "",
            port=port,
            token=service.token,
            timeout=service.idle_seconds,
        )
        self._signed.driver = _Driver(service.region_name)
        self._signed.anonymous = service.key is None
        self._signed.connect()
        self._signed.connection.trust = trust

    def request(
        self, method: str, path: str, params: Mapping[str, str], headers: Mapping[str, str], content: bytes | None
    ) -> Reply:
        """Send one request; `path` is percent-encoded already. Raises OSError, ssl and http.client errors."""
        # What a digest covers needn't be hashed a second time for the signature.
        self._signed.sign_payload = "Content-MD5" not in headers
        answer: _Answer = self._signed.request(
            self._base + path, params=params, headers=headers, data=content, method=method, retry_failed=False
        )
        return answer.reply

    def rearm(self) -> None:
        """Forget an `abort` that was meant for an earlier request."""
        self._signed.connection.aborted = False

    def abort(self) -> None:
        """End what is under way or about to begin; the thread that waits for it gets an error."""
        self._signed.connection.abort()

    def close(self) -> None:
        self._signed.connection.close()


@dataclass(frozen=True, slots=True)
class _Driver:
    """What libcloud's signer wants to know of a driver."""

    region_name: str
    name: str = "jupyter_resources"


class _Wire:
    """The transport under libcloud's connection."""

    aborted = False
    trust: ssl.SSLContext | None = None

    def __init__(self, host: str, port: int, secure: bool, timeout: float, **ignored: Any) -> None:
        self._address = (host, port)
        self._secure = secure
        self._idle = timeout
        self._proxy = _proxy("https" if secure else "http", host)
        self._http: http.client.HTTPConnection | None = None
        self._dialled: Future[socket.socket] | None = None
        self._reply: Reply | None = None

    def request(
        self, method: str, url: str, body: bytes | None, headers: Mapping[str, str], stream: bool = False
    ) -> None:
        # libcloud writes a blank in a parameter as "+", but signs it as "%20": servers that are strict refuse that.
        path, mark, query = url.partition("?")
        target = path + mark + query.replace("+", "%20")
        if self._proxy and not self._secure:
            target = f"http://{headers['Host']}{target}"
        self._reply = None
        try:
            connection = self._connected()
            if self.aborted:
                raise ConnectionAbortedError("told to stop")
            connection.request(method, target, body=body, headers=dict(headers))
            with connection.getresponse() as answer:
                facts = {name.lower(): value for name, value in answer.getheaders()}
                content = answer.read(ANSWER_BYTES + 1)
                if len(content) > ANSWER_BYTES:
                    raise AnswerTooLong
                self._reply = Reply(answer.status, facts, content)
            if answer.will_close:
                self.close()
        except BaseException:
            self.close()
            raise

    def getresponse(self) -> Reply | None:
        return self._reply

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
            return (self.trust or trusted()).wrap_socket(raw, server_hostname=self._address[0])
        except ssl.SSLCertVerificationError as error:  # libcloud would make a plain SSLError of it
            raise CertificateRefused(error.verify_message) from None
        except ssl.SSLError as error:
            raise NoTLS(error.reason) from None


class _Answer:
    """What libcloud makes of a response: nothing; errors are read from it elsewhere."""

    def __init__(self, connection: Any, response: Reply) -> None:
        self.reply = response


class _Signed(S3SignatureV4Connection):
    """libcloud's signed connection, over our transport, with the path and the parameters as they were given."""

    conn_class = _Wire
    responseCls = _Answer  # noqa: N815 - libcloud's name
    anonymous = False
    sign_payload = True

    def morph_action_hook(self, action: str) -> str:
        return action

    def add_default_params(self, params: dict[str, str]) -> dict[str, str]:
        return params

    def pre_connect_hook(
        self, params: dict[str, str], headers: dict[str, str]
    ) -> tuple[dict[str, str], dict[str, str]]:
        # Proxies may rewrite these two, so they stay unsigned; a compressed answer would have to be unpacked.
        agent = headers.pop("User-Agent")
        headers.pop("Accept-Encoding")
        if not self.anonymous:
            content = self.data if self.sign_payload else UnsignedPayloadSentinel
            params, headers = self.signer.get_request_headers(
                params=params, headers=headers, method=self.method, path=self.action, data=content
            )
        return params, {**headers, "User-Agent": agent, "Accept-Encoding": "identity"}


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
    context = ssl.create_default_context()
    context.load_verify_locations(certifi.where())
    if extra := extra_certificates():
        context.load_verify_locations(extra)
    return context
