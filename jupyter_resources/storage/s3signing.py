"""Requests signed for S3 by AWS Signature Version 4, in their headers.

Amazon S3 API Reference, "Signature Calculations for the Authorization Header: Transferring Payload in a Single Chunk".
"""

from __future__ import annotations

import hmac
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from urllib.parse import quote

__all__ = ["UNSIGNED", "Signer", "digest_of", "query_of"]

UNSIGNED = "UNSIGNED-PAYLOAD"
"""In the place of a payload's digest, where something else vouches for it."""
_ALGORITHM = "AWS4-HMAC-SHA256"


@dataclass(frozen=True, slots=True)
class Signer:
    """Who signs, and for which region. `clock` gives seconds since 1970; it is there for tests."""

    key: str
    secret: str = field(repr=False)
    region: str
    token: str | None = field(default=None, repr=False)
    clock: Callable[[], float] = time.time

    def signed(self, method: str, path: str, query: str, headers: Mapping[str, str], digest: str) -> dict[str, str]:
        """`headers` with what a server has to know to believe them, all covered by the signature.

        `Host` has to be among them. `path` and `query` are as they are sent, percent-encoded; `query` is from
        `query_of`, `digest` from `digest_of` or UNSIGNED.
        """
        now = time.strftime("%Y%m%dT%H%M%SZ", time.gmtime(self.clock()))
        told = {**headers, "X-Amz-Date": now, "X-Amz-Content-SHA256": digest}
        if self.token is not None:
            told["X-Amz-Security-Token"] = self.token
        canonical = sorted((name.lower(), " ".join(value.split())) for name, value in told.items())
        names = ";".join(name for name, _ in canonical)
        lines = "".join(f"{name}:{value}\n" for name, value in canonical)
        request = f"{method}\n{path}\n{query}\n{lines}\n{names}\n{digest}"
        scope = f"{now[:8]}/{self.region}/s3/aws4_request"
        signature = self._signature(scope, "\n".join((_ALGORITHM, now, scope, digest_of(request.encode()))))
        told["Authorization"] = (
            f"{_ALGORITHM} Credential={self.key}/{scope}, SignedHeaders={names}, Signature={signature}"
        )
        return told

    def _signature(self, scope: str, text: str) -> str:
        """`text` signed with the key that holds for one day, region and service."""
        parts = [part.encode() for part in (*scope.split("/"), text)]
        key = f"AWS4{self.secret}".encode(errors="replace")  # an error of the codec would hold the secret
        for part in parts:
            key = hmac.digest(key, part, "sha256")
        return key.hex()


def digest_of(payload: bytes) -> str:
    """SHA-256 of what is sent, in hex."""
    return sha256(payload).hexdigest()


def query_of(params: Mapping[str, str]) -> str:
    """Parameters as they are sent and as they are signed: sorted, everything encoded but `A-Z a-z 0-9 - . _ ~`."""
    pairs = sorted((quote(name, safe=""), quote(value, safe="")) for name, value in params.items())
    return "&".join(f"{name}={value}" for name, value in pairs)
