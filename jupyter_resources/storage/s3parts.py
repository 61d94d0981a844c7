"""One large object, sent in parts by several threads; nothing is left on the server when it fails."""

from __future__ import annotations

import threading
from base64 import b64encode
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_EXCEPTION, Future, ThreadPoolExecutor, wait
from contextlib import contextmanager, suppress

from jupyter_resources.core.control import Control
from jupyter_resources.core.errors import Damaged, ResourcesError
from jupyter_resources.core.hashing import md5_of
from jupyter_resources.storage.protocol import PartedBody
from jupyter_resources.storage.s3control import S3Control
from jupyter_resources.storage.s3listing import elements, rows

__all__ = ["open_uploads", "parted_etag", "put_parts"]

THREADS = 4
ABORT_SECONDS = 5.0


def put_parts(
    raw: S3Control, control: Control, key: str, body: PartedBody, before: Callable[[], None], *, compare: bool
) -> str:
    """Send `body` as `key`; gives the ETag. `before` may still refuse, just before the upload is completed.

    `compare` checks the MD5 of each part against the ETag that the server gives to it.
    """
    headers = {"x-amz-meta-sha256": body.sha256} if body.sha256 else {}
    upload = _begun(raw, control, key, headers)
    sent = 0

    def send(index: int) -> str:
        nonlocal sent
        digest = body.part_md5s[index]
        params = {"partNumber": str(index + 1), "uploadId": upload}
        checked = {"Content-MD5": b64encode(bytes.fromhex(digest)).decode()}
        try:
            with body.part(index) as part:
                reply = inner.send("part", "PUT", key, params, headers=checked, content=part)
            etag = reply.headers.get("etag", "").strip('"')
            if compare and etag != digest:
                raise Damaged(
                    f"part {index + 1} of {key} arrived damaged: expected MD5 {digest}, got {etag}; nothing was stored",
                    hint="repeat the line; for a bucket encrypted with KMS set its etags to 'opaque'",
                )
        except Damaged:
            body.check()  # the part isn't digested again before it is sent: maybe it was the file that changed
            raise
        with moving:
            sent += part.size
            body.moved(part.size)
        return etag

    moving = threading.Lock()
    try:
        control.check()
        with _stopping(control) as stop:
            inner = raw.under(stop)
            etags = _all(send, len(body.part_md5s), stop)
            body.check()
            before()
            named = "".join(
                f"<Part><PartNumber>{number}</PartNumber><ETag>&quot;{etag}&quot;</ETag></Part>"
                for number, etag in enumerate(etags, 1)
            )
            content = f"<CompleteMultipartUpload>{named}</CompleteMultipartUpload>".encode()
            reply = raw.send("multipart", "POST", key, {"uploadId": upload}, content=content)
            etag = elements(reply.body, "CompleteMultipartUploadResult").get("ETag", "").strip('"')
    except BaseException:
        _abort(raw, control, key, upload)
        body.moved(-sent)
        raise
    return etag


def parted_etag(part_md5s: Sequence[str]) -> str:
    """The ETag that S3 gives to an object of these parts."""
    return f"{md5_of(b''.join(bytes.fromhex(one) for one in part_md5s))}-{len(part_md5s)}"


def open_uploads(raw: S3Control) -> list[tuple[str, str]]:
    """Key and id of each upload in the bucket that is neither completed nor aborted (the first 1,000)."""
    content = raw.send("multipart", "GET", params={"uploads": ""}).body
    return [(row["Key"], row["UploadId"]) for row in rows(content, "Upload")]


@contextmanager
def _stopping(control: Control) -> Iterator[Control]:
    """A control that stops with `control`, and when the block is left by an error; its requests count there."""
    inner = control.child()
    try:
        with control.on_cancel(inner.cancel):
            yield inner
    except BaseException:
        inner.cancel()
        raise


def _all(send: Callable[[int], str], count: int, stop: Control) -> list[str]:
    """`send` of each index, THREADS at a time; the first error ends all."""
    pool = ThreadPoolExecutor(min(THREADS, count), thread_name_prefix="part")
    futures: list[Future[str]] = []
    try:
        futures = [pool.submit(send, index) for index in range(count)]
        wait(futures, return_when=FIRST_EXCEPTION)
        for future in futures:
            if future.done() and (error := future.exception()):
                raise error
        return [future.result() for future in futures]
    except BaseException:
        stop.cancel()
        raise
    finally:
        pool.shutdown(wait=True, cancel_futures=True)


def _begun(raw: S3Control, control: Control, key: str, headers: dict[str, str]) -> str:
    """The id of a new upload. A cancel doesn't cut this short: what the server has begun by then would stay."""
    control.check()
    reply = raw.under(control.child()).send("multipart", "POST", key, {"uploads": ""}, headers=headers)
    return elements(reply.body, "InitiateMultipartUploadResult")["UploadId"]


def _abort(raw: S3Control, control: Control, key: str, upload: str) -> None:
    """Take back the upload, in bounded time: an interrupt is waiting for this."""
    alone = control.child()
    timer = threading.Timer(ABORT_SECONDS, alone.cancel)
    timer.daemon = True
    timer.start()
    # What can't be reached now is left to the bucket's own rule for unfinished uploads.
    with suppress(ResourcesError):
        raw.under(alone).send("multipart", "DELETE", key, {"uploadId": upload})
    timer.cancel()
