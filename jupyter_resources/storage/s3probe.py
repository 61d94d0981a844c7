"""What a server says of itself, and whether an S3 one takes uploads in parts: found out by trying."""

from __future__ import annotations

import http.client
from base64 import b64encode
from contextlib import suppress
from email.utils import parsedate_to_datetime
from time import time
from urllib.parse import urlsplit

from jupyter_resources.core.errors import Damaged, ResourcesError
from jupyter_resources.core.hashing import md5_of
from jupyter_resources.storage.registry import StoreSpec
from jupyter_resources.storage.s3control import S3Control
from jupyter_resources.storage.s3errors import Asked, from_network
from jupyter_resources.storage.s3listing import elements
from jupyter_resources.storage.s3parts import open_uploads
from jupyter_resources.storage.s3wire import IDLE_SECONDS, S3Service, SignedConnection, trusted

__all__ = ["address_of", "clock_ahead", "try_parts"]

SILENT_SECONDS = 10.0


def address_of(spec: StoreSpec) -> str | None:
    """The server that requests for `spec` go to; None where only its library knows."""
    if spec.endpoint is not None:
        return spec.endpoint
    match spec.provider:
        case "s3":
            return S3Service(region=spec.region).url
        case "google_storage" | "google":
            return "https://storage.googleapis.com"
        case "azure_blobs" | "azure" if spec.key:
            return f"https://{spec.key}.blob.core.windows.net"
    return None


def clock_ahead(address: str) -> float | None:
    """Seconds that this machine's clock is ahead of the server's; None where it doesn't say. Raises Unavailable.

    Asked without credentials: any answer will do.
    """
    parts = urlsplit(address)
    service = S3Service(f"{parts.scheme}://{parts.netloc}", idle_seconds=min(SILENT_SECONDS, IDLE_SECONDS))
    connection = SignedConnection(service, trusted() if parts.scheme == "https" else None)
    try:
        begun = time()
        said = connection.request("HEAD", "/", {}, {}, None).headers.get("date")
        now = (begun + time()) / 2
    except (OSError, http.client.HTTPException) as error:
        raise from_network(error, Asked(address, "", None)) from None
    finally:
        connection.close()
    try:
        return now - parsedate_to_datetime(said).timestamp() if said else None
    except ValueError:
        return None


def try_parts(spec: StoreSpec, key: str) -> bool:
    """Begin an upload in parts as `key`, send one, take it back; gives whether nothing of it is left.

    Raises what the server refuses, and Damaged where it gives a part another ETag than its MD5 (unless that is known).
    """
    raw = S3Control(S3Service(spec.endpoint, spec.region, spec.key, spec.secret, spec.token), spec.bucket)
    content = b"a part"
    digest = md5_of(content)
    begun = raw.send("multipart", "POST", key, {"uploads": ""})
    upload = elements(begun.body, "InitiateMultipartUploadResult")["UploadId"]
    try:
        params = {"partNumber": "1", "uploadId": upload}
        checked = {"Content-MD5": b64encode(bytes.fromhex(digest)).decode()}
        etag = raw.send("part", "PUT", key, params, headers=checked, content=content).headers.get("etag", "")
        if etag.strip('"') != digest and spec.etags != "opaque":
            raise Damaged("a part gets another ETag than its MD5", hint="set etags = 'opaque'")
    finally:
        raw.send("multipart", "DELETE", key, {"uploadId": upload})
    with suppress(ResourcesError):  # many may upload who may not list uploads
        return (key, upload) not in open_uploads(raw)
    return True
