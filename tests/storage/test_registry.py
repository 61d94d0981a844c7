"""Opening places: which engine, what is refused, buckets as containers."""

from __future__ import annotations

import pickle
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from libcloud.common.google import GoogleAuthType

from jupyter_resources.core.errors import (
    AlreadyExists,
    InvalidValue,
    NotFound,
    ResourcesError,
    Unauthenticated,
    Unsupported,
)
from jupyter_resources.storage.bodies import BytesBody
from jupyter_resources.storage.libclouddrivers import Account
from jupyter_resources.storage.protocol import Store
from jupyter_resources.storage.registry import Containers, StoreSpec, open_containers, open_store
from tests.servers.processes import SECRET, S3Server
from tests.servers.proxy import Proxy

BAD_NAMES = ["", "a/b", "..", ".", "a\tb", "/a"]


def spec_of(server: S3Server, bucket: str = "registry", **other: str) -> StoreSpec:
    facts = {"endpoint": server.endpoint, "key": server.key, "secret": server.secret, **other}
    return StoreSpec("s3", bucket, **facts)  # type: ignore[arg-type]


@pytest.fixture(params=["local", "seaweedfs", "moto", "libcloud", "azurite"])
def spec(request: pytest.FixtureRequest, tmp_path: Path) -> StoreSpec:
    """A bucket that isn't there yet, on each kind of connection."""
    if request.param == "local":
        return StoreSpec("local", "registry", root=str(tmp_path / "not yet" / "buckets"))
    if request.param == "libcloud":  # any other name than our engines'
        return replace(spec_of(request.getfixturevalue("seaweedfs"), "by-libcloud"), provider="minio")
    if request.param == "azurite":
        return replace(spec_of(request.getfixturevalue("azurite")), provider="azure")
    return spec_of(request.getfixturevalue(request.param))


@pytest.fixture
def containers(spec: StoreSpec) -> Containers:
    return open_containers(spec)


def test_a_bucket_from_nothing_to_nothing(spec: StoreSpec, containers: Containers) -> None:
    """Made, found, used, refused while something is in it, removed."""
    assert not containers.exists(spec.bucket)
    containers.create(spec.bucket)
    assert containers.exists(spec.bucket)
    assert spec.bucket in containers.names()
    with pytest.raises(AlreadyExists):
        containers.create(spec.bucket)

    store = open_store(spec)
    store.put("a", BytesBody(b"1"))
    with pytest.raises(AlreadyExists, match="not empty"):
        containers.delete(spec.bucket)
    assert store.head("a").size == 1

    store.delete(["a"])
    containers.delete(spec.bucket)
    assert not containers.exists(spec.bucket)
    assert spec.bucket not in containers.names()
    with pytest.raises(NotFound):
        containers.delete(spec.bucket)


@pytest.mark.parametrize("name", BAD_NAMES)
def test_names_that_cannot_be(name: str, containers: Containers) -> None:
    """Refused by each verb, before anything is asked."""
    for verb in (containers.exists, containers.create, containers.delete):
        with pytest.raises(InvalidValue):
            verb(name)


@pytest.mark.parametrize("name", ["A", "ab", "Upper", "under_score", "-a-", "a..b", "1.2.3.4", "x" * 64, "ünï"])
def test_names_that_s3_refuses_are_told_without_asking(name: str, seaweedfs: S3Server) -> None:
    """Some servers would take them, and then nothing else could open the bucket."""
    with pytest.raises(InvalidValue, match="can't be the name of a bucket") as caught:
        open_containers(spec_of(seaweedfs, endpoint="http://127.0.0.1:1")).create(name)
    assert "3 to 63" in caught.value.hint


def test_wrong_credentials_are_told_by_each_verb(seaweedfs: S3Server) -> None:
    """Also by those whose answers have no body."""
    containers = open_containers(spec_of(seaweedfs, secret="wrong"))
    for verb in (containers.names, lambda: containers.exists("x"), lambda: containers.create("new-one")):
        with pytest.raises(Unauthenticated):
            verb()


def test_a_region_is_named_when_a_bucket_is_made(moto: S3Server) -> None:
    """Outside us-east-1 S3 wants to be told."""
    containers = open_containers(spec_of(moto, region="eu-west-1"))
    containers.create("in-europe")
    assert containers.exists("in-europe")


@pytest.mark.parametrize("opened", [open_store, open_containers])
def test_a_provider_that_nobody_knows(opened: Callable[[StoreSpec], object]) -> None:
    """Said with the names that there are."""
    with pytest.raises(Unsupported, match="no provider 'ftp'") as caught:
        opened(StoreSpec("ftp", "bucket", key="k", secret="s"))
    assert "s3" in caught.value.hint
    assert "azure_blobs" in caught.value.hint


@pytest.mark.parametrize("provider", ["aliyun_oss", "digitalocean-spaces", "s3_eu_west"])
def test_a_provider_of_libcloud_opens_without_asking(provider: str) -> None:
    """By its name there, with hyphens too; without credentials that is told at once."""
    spec = StoreSpec(provider, "bucket", key="k", secret=SECRET, region="eu-west-1")
    assert SECRET not in repr(open_store(spec))
    with pytest.raises(Unauthenticated, match="wants credentials"):
        open_store(replace(spec, key=None))


@pytest.mark.parametrize("opened", [open_store, open_containers])
def test_a_provider_whose_listings_end_early_is_refused(opened: Callable[[StoreSpec], object]) -> None:
    """What it doesn't list would be pushed again, and never be pulled; the way that works is named."""
    with pytest.raises(Unsupported, match="first 100 files") as caught:
        opened(StoreSpec("backblaze-b2", "bucket", key="k", secret="s"))
    assert "--endpoint https://s3.REGION.backblazeb2.com" in caught.value.hint


def test_a_prefix_is_all_there_is(seaweedfs: S3Server) -> None:
    """A store below a prefix sees nothing else."""
    open_containers(spec_of(seaweedfs)).create("prefixed")
    whole, below = open_store(spec_of(seaweedfs, "prefixed")), open_store(spec_of(seaweedfs, "prefixed", prefix="a/b/"))
    below.put("c", BytesBody(b"1"))
    assert keys(whole) == ["a/b/c"]
    assert keys(below) == ["c"]


def test_a_passing_fault_goes_unnoticed(seaweedfs: S3Server, proxy: Proxy) -> None:
    """What `open_store` opens tries again."""
    open_containers(spec_of(seaweedfs)).create("retried")
    store = open_store(spec_of(seaweedfs, "retried", endpoint=proxy.endpoint))
    proxy.respond(503, "SlowDown")
    proxy.fail("GET", drop=True)
    store.put("a", BytesBody(b"1"))
    assert keys(store) == ["a"]
    assert proxy.counts == {"PUT": 2, "GET": 2}


def test_opening_asks_nothing(tmp_path: Path) -> None:
    """A store can be opened while its server is away."""
    open_store(StoreSpec("s3", "any", endpoint="http://127.0.0.1:1", key="k", secret="s"))
    open_store(StoreSpec("memory", "any"))


def test_local_needs_a_root() -> None:
    """Said at once, with what to set."""
    with pytest.raises(InvalidValue) as caught:
        open_store(StoreSpec("local", "any"))
    assert "root =" in caught.value.hint


def test_secrets_stay_inside(seaweedfs: S3Server) -> None:
    """Neither spec nor store nor error shows them."""
    spec = spec_of(seaweedfs, "nothing-here", token="session-token")
    store, containers = open_store(spec), open_containers(spec)
    shown = [repr(spec), str(spec), repr(store), repr(containers), store.location]
    with pytest.raises(ResourcesError) as caught:
        list(store.list())
    shown += [str(caught.value), repr(caught.value), str(pickle.loads(pickle.dumps(caught.value)))]
    assert [text for text in shown if SECRET in text or "session-token" in text] == []


def test_engines_load_on_first_use() -> None:
    """The registry costs nothing until something is opened."""
    code = (
        "import sys, jupyter_resources.storage.registry as r; r.open_store(r.StoreSpec('memory', 'm'));"
        "print([m for m in ('obstore', 'libcloud', 'requests', 'asyncio') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def keys(store: Store) -> list[str]:
    return sorted(entry.path for page in store.list() for entry in page.entries)


@pytest.mark.parametrize("key", ["me@example.com", "1-a.apps.googleusercontent.com"])
def test_google_is_not_signed_in_to_in_a_browser(key: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """libcloud would print the address of a page, and wait in the kernel for what is typed."""
    monkeypatch.setattr(GoogleAuthType, "guess_type", lambda key: pytest.fail("libcloud was asked"))
    with pytest.raises(InvalidValue) as caught:
        Account("google_storage", key, "secret").open()
    assert "gserviceaccount.com" in caught.value.hint and "HMAC" in caught.value.hint


def test_google_takes_an_hmac_key() -> None:
    assert Account("google_storage", "GOOG1EXAMPLE", "secret").open().key == "GOOG1EXAMPLE"
