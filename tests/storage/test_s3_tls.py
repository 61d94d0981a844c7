"""HTTPS: a certificate of a private authority is refused until it is named, by both libraries alike."""

from __future__ import annotations

import datetime
import ipaddress
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from jupyter_resources.core.errors import Unavailable
from jupyter_resources.storage.bodies import BytesBody
from jupyter_resources.storage.objectstore import ObjectStore
from tests.conftest import service_of
from tests.servers.processes import S3Server


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """For 127.0.0.1, signed by nobody else; key and certificate in one file."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "tests")])
    now = datetime.datetime.now(datetime.UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), critical=False)
        .sign(key, hashes.SHA256())
    )
    path = tmp_path_factory.mktemp("tls") / "certificate.pem"
    secret = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    path.write_bytes(secret + made.public_bytes(serialization.Encoding.PEM))
    return path


@pytest.fixture
def https(seaweedfs: S3Server, certificate: Path) -> Iterator[str]:
    """SeaweedFS behind TLS."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    address = urlsplit(seaweedfs.endpoint)
    listener = socket.create_server(("127.0.0.1", 0))

    def pump(source: socket.socket, target: socket.socket) -> None:
        with suppress(OSError):
            while chunk := source.recv(1 << 16):
                target.sendall(chunk)
        for one in (source, target):
            with suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)

    def accept() -> None:
        while True:
            try:
                client, _ = listener.accept()
            except OSError:
                return
            with suppress(OSError):
                secure = context.wrap_socket(client, server_side=True)
                server = socket.create_connection((address.hostname or "", address.port or 0))
                for pair in ((secure, server), (server, secure)):
                    threading.Thread(target=pump, args=pair, daemon=True).start()

    threading.Thread(target=accept, daemon=True).start()
    yield f"https://127.0.0.1:{listener.getsockname()[1]}"
    with suppress(OSError):
        listener.shutdown(socket.SHUT_RDWR)
    listener.close()


def test_a_named_authority_counts(
    https: str,
    certificate: Path,
    seaweedfs: S3Server,
    new_bucket: Callable[[S3Server], str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """AWS_CA_BUNDLE names it, as for Amazon's own tools."""
    bucket = new_bucket(seaweedfs)
    unknown = ObjectStore(service_of(seaweedfs, endpoint=https), bucket)
    for verb in (lambda: list(unknown.list()), lambda: unknown.put("a", BytesBody(b"1"))):
        with pytest.raises(Unavailable):
            verb()
    with pytest.raises(Unavailable, match="certificate"):
        list(unknown.list())
    plain = ObjectStore(service_of(seaweedfs, endpoint=seaweedfs.endpoint.replace("http:", "https:")), bucket)
    for verb in (lambda: list(plain.list()), lambda: plain.put("a", BytesBody(b"1"))):
        with pytest.raises(Unavailable):
            verb()
    monkeypatch.setenv("AWS_CA_BUNDLE", str(certificate))
    store = ObjectStore(service_of(seaweedfs, endpoint=https), bucket)
    store.put("a", BytesBody(b"1"))
    assert [entry.path for page in store.list() for entry in page.entries] == ["a"]
