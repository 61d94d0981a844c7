"""apache-libcloud's drivers: opened for an account, each for one thread at a time, over a transport that can be cut."""

from __future__ import annotations

import os
import re
import socket
import ssl
import weakref
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from functools import cache
from inspect import Parameter, signature
from typing import Any
from urllib.parse import urlsplit

from libcloud.common.types import InvalidCredsError, LibcloudError
from libcloud.http import LibcloudConnection
from libcloud.storage.providers import get_driver
from libcloud.storage.types import Provider
from requests import PreparedRequest
from requests.adapters import HTTPAdapter
from requests.utils import get_environ_proxies
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool

from jupyter_resources.core.errors import InvalidValue, NotFound, Unsupported
from jupyter_resources.storage.libclouderrors import Redirected, from_libcloud
from jupyter_resources.storage.libcloudpages import Pages
from jupyter_resources.storage.s3errors import Asked
from jupyter_resources.storage.s3wire import ANSWER_BYTES, CONNECT_SECONDS, IDLE_SECONDS, AnswerTooLong, trusted

__all__ = ["Account", "Drivers", "OpenDriver", "driver_class", "providers"]

_GOOGLE = re.compile(r"^GOOG|\.gserviceaccount\.com$")
WAITING = 16
"""How many drivers that nobody uses are kept."""


@dataclass(frozen=True, slots=True)
class Account:
    """Who asks where: a provider by libcloud's name, and what its driver takes."""

    provider: str
    key: str
    secret: str | None = field(default=None, repr=False)
    endpoint: str | None = None
    region: str | None = None
    token: str | None = field(default=None, repr=False)

    @property
    def url(self) -> str:
        """Where this is, for messages."""
        if self.provider == Provider.LOCAL:
            return f"local://{os.path.abspath(self.key)}"
        return self.endpoint or f"{self.provider}://"

    def open(self) -> Any:
        """A new driver, whose requests aren't tried twice. Raises InvalidValue for what it doesn't take."""
        make = driver_class(self.provider)
        if make is driver_class(Provider.GOOGLE_STORAGE) and not _GOOGLE.search(self.key):
            # libcloud would ask in the terminal for the code of a page to sign in at.
            hint = "key is a service account's e-mail address (….gserviceaccount.com), or an HMAC key (GOOG…)"
            raise InvalidValue("google_storage takes no such key", hint=hint)
        if self.provider == Provider.LOCAL:
            try:
                # Its locks stay behind in the temporary directory, one file a name.
                return make(self.key, ex_use_locking=False)
            except LibcloudError:
                hint = f"mkdir -p {self.key!r} makes it, if that is what you mean"
                raise NotFound(f"no directory {self.key}", hint=hint) from None
        wanted: dict[str, Any] = {"region": self.region, "token": self.token}
        if self.endpoint is not None:
            parts = urlsplit(self.endpoint if "://" in self.endpoint else f"https://{self.endpoint}")
            wanted |= {"host": parts.hostname, "port": parts.port, "secure": parts.scheme == "https"}
        taken = signature(make).parameters
        every = any(one.kind is Parameter.VAR_KEYWORD for one in taken.values())
        given = {name: one for name, one in wanted.items() if one is not None and (every or name in taken)}
        try:
            return make(self.key, self.secret, **given)
        except (InvalidCredsError, OSError) as error:  # some sign in at once
            raise from_libcloud(error, Asked(self.url, ""), 0) from None
        except (
            LibcloudError,
            AttributeError,
            LookupError,
            TypeError,
            ValueError,
        ):  # not its text: it may quote what was given
            hint = "check key, secret, endpoint and region; libcloud's documentation says what this provider takes"
            raise InvalidValue(f"libcloud's {self.provider!r} can't be opened with these settings", hint=hint) from None


def driver_class(provider: str) -> Any:
    """libcloud's class for a provider. Raises Unsupported for a name that it doesn't know."""
    name = provider.replace("-", "_")
    if name not in providers():
        raise Unsupported(f"libcloud knows no storage provider {provider!r}", hint="'s3', 'azure_blobs', 'local', …")
    return get_driver(name)


@cache
def providers() -> frozenset[str]:
    """Every name that libcloud has for a storage provider."""
    return frozenset(str(value) for name, value in vars(Provider).items() if not name.startswith("_"))


class OpenDriver:
    """One driver, in the hands of one thread. `abort` may come from any other."""

    def __init__(self, account: Account, trust: ssl.SSLContext | None) -> None:
        self.libcloud = account.open()
        self.wire = _Wire(trust)
        self.pages = Pages(self.libcloud)
        _over(self.wire, self.libcloud.connection)

    @property
    def status(self) -> int:
        """The HTTP status of the last answer; 0 before the first."""
        return self.wire.status

    @property
    def headers(self) -> Mapping[str, str]:
        """The headers of the last answer; any case finds them."""
        return self.wire.headers

    def abort(self) -> None:
        """Cut what is under way; the thread that waits for it gets an error."""
        self.wire.abort()


class Drivers:
    """The drivers of one account, which wait for whichever thread comes next."""

    def __init__(self, account: Account) -> None:
        self.account = account
        self._waiting: list[OpenDriver] = []
        self._trust: ssl.SSLContext | None = None
        weakref.finalize(self, _close, self._waiting)

    @contextmanager
    def taken(self) -> Iterator[OpenDriver]:
        """One driver for the block; one that failed in it isn't used again."""
        try:
            driver = self._waiting.pop()
        except IndexError:
            driver = self._new()
        driver.wire.rearm()
        driver.pages.rearm()
        try:
            yield driver
        except BaseException:
            driver.wire.close()
            raise
        if len(self._waiting) < WAITING:
            self._waiting.append(driver)
        else:
            driver.wire.close()

    def _new(self) -> OpenDriver:
        if self._trust is None and self.account.provider != Provider.LOCAL:
            self._trust = trusted()
        return OpenDriver(self.account, self._trust)


def _close(drivers: list[OpenDriver]) -> None:
    for driver in drivers:
        driver.wire.close()


def _over(wire: _Wire, connection: Any) -> None:
    """Let `connection`, which makes its session anew when it likes, send everything through `wire`."""

    class Over(LibcloudConnection):
        def __init__(self, *arguments: Any, **options: Any) -> None:
            super().__init__(*arguments, **options)
            self.session.mount("http://", wire)
            self.session.mount("https://", wire)

        def prepared_request(self, method: str, *arguments: Any, stream: bool = False, **options: Any) -> None:
            # Some drivers fetch an object whole before they give it out in pieces.
            super().prepared_request(method, *arguments, stream=stream or method == "GET", **options)

    sign = connection.pre_connect_hook

    def unpacked(params: Any, headers: dict[str, str]) -> tuple[Any, dict[str, str]]:
        # libcloud asks for compressed answers. Proxies may rewrite this header, so it isn't signed.
        headers.pop("Accept-Encoding", None)
        params, headers = sign(params, headers)
        return params, {**headers, "Accept-Encoding": "identity"}

    if isinstance(connection.connection, LibcloudConnection):  # all but the local driver's
        connection.conn_class = Over
        connection.pre_connect_hook = unpacked
        connection.connect()


class _Wire(HTTPAdapter):
    """requests' transport with bounded waits, without its own retries, and with what libcloud gets wrong put right."""

    def __init__(self, trust: ssl.SSLContext | None) -> None:
        self._trust = trust
        self._sockets: weakref.WeakSet[socket.socket] = weakref.WeakSet()
        self.rearm()
        super().__init__(max_retries=0)

    def rearm(self) -> None:
        """Forget the last answer, and an `abort` that was meant for it."""
        self.aborted = False
        self.status = 0
        self.headers: Mapping[str, str] = {}

    def init_poolmanager(self, *arguments: Any, **options: Any) -> None:
        super().init_poolmanager(*arguments, **options, ssl_context=self._trust)
        self.poolmanager.pool_classes_by_scheme = _pools(self._opened)

    def _opened(self, sock: socket.socket) -> None:
        self._sockets.add(sock)
        if self.aborted:
            raise ConnectionAbortedError("told to stop")

    def abort(self) -> None:
        self.aborted = True
        for sock in list(self._sockets):
            with suppress(OSError):
                sock.shutdown(socket.SHUT_RDWR)

    def send(self, request: PreparedRequest, *arguments: Any, **options: Any) -> Any:
        # libcloud writes a blank in a parameter as "+", but signs it as "%20": servers that are strict refuse that.
        path, mark, query = (request.url or "").partition("?")
        request.url = path + mark + query.replace("+", "%20")
        # requests sends an empty file in chunks, which S3 refuses.
        if request.headers.pop("Transfer-Encoding", None) and _empty(request.body):
            request.body = b""
            request.headers["Content-Length"] = "0"
        # Half of libcloud's requests go past the environment's proxies, and all of them wait too long.
        options["proxies"] = options.get("proxies") or get_environ_proxies(request.url)
        options["timeout"] = (CONNECT_SECONDS, IDLE_SECONDS)
        if self.aborted:
            raise ConnectionAbortedError("told to stop")
        answer = super().send(request, *arguments, **options)
        self.status, self.headers = answer.status_code, answer.headers
        if answer.is_redirect:  # requests would follow, with the body and the token
            answer.close()
            raise Redirected
        whole = not options.get("stream") or answer.status_code >= 300
        answer.raw.stream = _as_sent(answer.raw.stream, ANSWER_BYTES if whole else None)
        if "charset" not in answer.headers.get("Content-Type", ""):
            answer.encoding = "utf-8-sig"  # requests would guess, which takes long and may be wrong
        return answer


def _as_sent(stream: Any, most: int | None) -> Any:
    """urllib3's `stream` without unpacking, which nobody asked for: a few kilobytes may hold a gigabyte.

    Raises AnswerTooLong after `most` bytes.
    """

    def read(amount: int, decode_content: bool | None = None) -> Iterator[bytes]:
        came = 0
        for piece in stream(amount, decode_content=False):
            came += len(piece)
            if most is not None and came > most:
                raise AnswerTooLong
            yield piece

    return read


def _empty(body: Any) -> bool:
    try:
        return os.fstat(body.fileno()).st_size == 0
    except (AttributeError, OSError):
        return False


def _pools(opened: Any) -> dict[str, type]:
    """urllib3's pools, whose connections tell of each socket."""

    class Plain(HTTPConnection):
        def connect(self) -> None:
            super().connect()
            opened(self.sock)

    class Secure(HTTPSConnection):
        def connect(self) -> None:
            super().connect()
            opened(self.sock)

    class Pool(HTTPConnectionPool):
        ConnectionCls = Plain

    class SecurePool(HTTPSConnectionPool):
        ConnectionCls = Secure

    return {"http": Pool, "https": SecurePool}
