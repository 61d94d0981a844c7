"""The buckets of an S3 service."""

from __future__ import annotations

from jupyter_resources.core import paths
from jupyter_resources.core.errors import AlreadyExists, Denied, InvalidValue
from jupyter_resources.storage.containers import S3_NAME, S3_NAME_IN_WORDS, not_empty
from jupyter_resources.storage.s3control import S3Control
from jupyter_resources.storage.s3wire import S3Service

__all__ = ["S3Containers"]


class S3Containers:
    """The buckets of an S3 service."""

    def __init__(self, service: S3Service) -> None:
        self._service = service

    def __repr__(self) -> str:
        return f"S3Containers({self._service.url!r})"

    def names(self) -> list[str]:
        return sorted(S3Control(self._service).containers())

    def exists(self, name: str) -> bool:
        return self._bucket(name).exists()

    def create(self, name: str) -> None:
        if not S3_NAME.fullmatch(name):
            raise InvalidValue(f"{name!r} can't be the name of a bucket", hint=S3_NAME_IN_WORDS)
        bucket = self._bucket(name)
        try:
            there = bucket.exists()  # making it again would succeed in silence
        except Denied:
            there = False  # somebody else's, or not ours to ask; the next answer says which
        if there:
            raise AlreadyExists(f"bucket {name!r} exists already", hint="%buckets lists them")
        bucket.create()

    def delete(self, name: str) -> None:
        bucket = self._bucket(name)
        # Some servers remove a bucket with everything in it.
        if bucket.page("", None, most=1).found:
            raise not_empty(name)
        bucket.drop()

    def _bucket(self, name: str) -> S3Control:
        if not name or paths.problem(name) or "/" in name:
            raise InvalidValue(f"{name!r} can't be the name of a bucket", hint="%buckets lists them")
        return S3Control(self._service, name)
