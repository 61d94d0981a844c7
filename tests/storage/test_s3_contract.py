"""S3 keeps the contract of all stores: the bare engine on moto, and what `open_store` makes of it on SeaweedFS."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from typing import ClassVar

import pytest

from jupyter_resources.storage.objectstore import ObjectStore
from jupyter_resources.storage.protocol import Store
from jupyter_resources.storage.registry import StoreSpec, open_containers, open_store
from jupyter_resources.storage.s3control import S3Control
from jupyter_resources.testing.store_contract import StoreContract, keys, put
from tests.conftest import service_of
from tests.servers.processes import SECRET, WRITER, S3Server

_numbers = itertools.count(1)


@pytest.fixture(scope="module")
def common_bucket(seaweedfs: S3Server) -> str:
    """One for all: each test has its own prefix in it."""
    spec = StoreSpec("s3", "contract", endpoint=seaweedfs.endpoint, key=seaweedfs.key, secret=seaweedfs.secret)
    open_containers(spec).create(spec.bucket)
    return spec.bucket


class TestOnMoto(StoreContract):
    """Holds all keys, however odd. It is slow, so pages are short here; they have their full length on SeaweedFS.

    Where an object is replaced under a reader it answers 500, or with an empty object (seen with 32 threads): SeaweedFS
    stands for that part.
    """

    contended: ClassVar[bool] = False
    secrets: ClassVar[tuple[str, ...]] = (SECRET,)
    page: ClassVar[int] = 100

    @pytest.fixture(autouse=True)
    def short_pages(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setitem(S3Control.page.__kwdefaults__, "most", self.page)

    @pytest.fixture
    def store(self, moto: S3Server, new_bucket: Callable[[S3Server], str]) -> ObjectStore:
        return ObjectStore(service_of(moto), new_bucket(moto))

    @pytest.fixture
    def missing(self, moto: S3Server) -> ObjectStore:
        return ObjectStore(service_of(moto), "no-such-bucket")


class TestAsOpened(StoreContract):
    """With retries and throttle, below a prefix: what a user gets."""

    secrets: ClassVar[tuple[str, ...]] = (SECRET,)
    longest: ClassVar[int] = 1024 - len("some/prefix/0000/")

    @pytest.fixture
    def store(self, seaweedfs: S3Server, common_bucket: str) -> Store:
        return self.opened(seaweedfs, common_bucket, seaweedfs.key)

    @pytest.fixture
    def missing(self, seaweedfs: S3Server) -> Store:
        # With a key that may make buckets SeaweedFS makes a missing one by itself.
        return self.opened(seaweedfs, "no-such-bucket", WRITER)

    def opened(self, server: S3Server, bucket: str, key: str) -> Store:
        prefix = f"some/prefix/{next(_numbers):04}"
        return open_store(StoreSpec("s3", bucket, prefix, endpoint=server.endpoint, key=key, secret=server.secret))

    # SeaweedFS takes "a//b" for "a/b" and tells a key without the right to make buckets nothing about missing ones
    # when it puts: what is left to promise there.

    @pytest.mark.parametrize("prefix", ["zzz", "a/", "file.txt/", "b/deep/er/file.txtx", "B"])
    def test_list_of_what_is_not_there_is_empty(self, store: Store, prefix: str) -> None:
        """A prefix that nothing begins with gives nothing, and no error."""
        super().test_list_of_what_is_not_there_is_empty(store, prefix)

    def test_delete_takes_hostile_keys(self, store: Store) -> None:
        """Those that SeaweedFS can tell from good ones."""
        put(store, "a/good")
        store.delete(["a/good/", "a/", "tab\t"])
        assert keys(store) == ["a/good"]

    @pytest.mark.parametrize("verb", ["list", "head", "read"])
    def test_missing_bucket_is_not_found(self, missing: Store, verb: str) -> None:
        """Every verb that reads says so, with a hint."""
        super().test_missing_bucket_is_not_found(missing, verb)
