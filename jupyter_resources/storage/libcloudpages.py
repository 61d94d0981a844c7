"""Pages of a listing as libcloud's drivers ask for them: every key readable, none asked for twice."""

from __future__ import annotations

from typing import Any
from urllib.parse import unquote_plus

from libcloud.common.aws import SignedAWSConnection
from libcloud.storage.drivers.s3 import BaseS3StorageDriver

from jupyter_resources.core.errors import Damaged

__all__ = ["Pages"]


class Pages:
    """What a driver asks for, looked at just before it is signed."""

    size = 1_000
    """Objects in one answer, where it can be said: the most that S3 gives; Azure's driver asks for 100 by itself."""

    def __init__(self, driver: Any) -> None:
        self._connection = connection = driver.connection
        self._default = connection.add_default_params
        self._s3 = isinstance(driver, BaseS3StorageDriver)
        self.rearm()
        connection.add_default_params = self._asked
        if self._s3:
            connection.responseCls = _readable(connection.responseCls)

    def rearm(self) -> None:
        """No listing is under way."""
        self._where: str | None = None
        self._before: set[str] = set()

    def begin(self, where: str) -> None:
        """From here on each request is for another page of one listing, that of the bucket at `where`."""
        self._where = where

    def _asked(self, params: dict[str, Any]) -> Any:
        connection = self._connection
        if self._where is not None:
            # Drivers go on for as long as they are told that there is more, also by a page that they have had.
            asked = repr((connection.method, connection.action, params, connection.data))
            if asked in self._before:
                raise Damaged(f"{self._where} lists the same page again and again", hint="the server is at fault")
            self._before.add(asked)
        if self._s3 and connection.method == "GET" and _is_bucket(connection.action):
            params |= {"encoding-type": "url", "max-keys": str(self.size)}
        if "maxresults" in params:
            params["maxresults"] = str(self.size)
        if isinstance(connection, SignedAWSConnection):
            return params  # without "Version", which S3 doesn't know and some servers refuse
        return self._default(params)


def _is_bucket(path: str) -> bool:
    """Whether a path on S3 is a bucket's: neither the list of buckets nor an object."""
    return len(path.strip("/")) > 0 and "/" not in path.strip("/")


def _readable(response: Any) -> Any:
    """The class of S3's answers, whose listings hold keys as they are: XML can't carry all of them."""

    class Readable(response):
        def parse_body(self) -> Any:
            tree = super().parse_body()
            if getattr(tree, "tag", "").rpartition("}")[2] == "ListBucketResult":
                _decode(tree)
            return tree

    return Readable


def _decode(listing: Any) -> None:
    space = listing.tag.rpartition("ListBucketResult")[0]
    if listing.findtext(f"{space}EncodingType") != "url":
        return  # some servers don't know of it, and then a "%" is one
    for key in listing.iterfind(f"{space}Contents/{space}Key"):
        key.text = unquote_plus(key.text or "")
