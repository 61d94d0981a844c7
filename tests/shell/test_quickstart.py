"""The quickstart notebook is true: on the built-in bucket, and on a real S3 server."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from jupyter_resources.resources.config import RemoteStorageConfig
from jupyter_resources.resources.remote_storage import RemoteStorage
from jupyter_resources.sync.digests import DigestCache
from tests.servers.processes import S3Server
from tests.tools import demo

NOTEBOOK = Path(__file__).parents[2] / "notebooks" / "quickstart.ipynb"


@pytest.fixture(autouse=True)
def restored_environment() -> Iterator[None]:
    """The runner sets variables for this whole process, as a program of its own may."""
    before = dict(os.environ)
    yield
    os.environ.clear()
    os.environ.update(before)


def shown_by(home: Path, which: Path = NOTEBOOK) -> str:
    """What the notebook prints when it runs with this home; its own assertions hold, or this fails."""
    notebook, error = demo.run(which, home)
    assert error is None, error
    return demo.page(notebook)


def test_on_the_built_in_bucket(tmp_path: Path) -> None:
    page = shown_by(tmp_path)
    for said in ("Would push", "Pushed 30 files", "Nothing to push", "→ %push data --force", "Pulled 31 files"):
        assert said in page, page
    assert list((tmp_path / "data" / "jupyter_resources" / "default").glob("*/data/values.csv"))


def test_on_s3(
    tmp_path: Path,
    seaweedfs: S3Server,
    new_bucket: Callable[[S3Server], str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    bucket = new_bucket(seaweedfs)
    settings = tmp_path / "config" / "jupyter_resources" / "settings.toml"
    settings.parent.mkdir(parents=True)
    settings.write_text(
        'default_bucket = "lab"\n'
        f'[profiles.lab]\nprovider = "s3"\nendpoint = "{seaweedfs.endpoint}"\n'
        f'[buckets.lab]\nprofile = "lab"\nbucket = "{bucket}"\nbase_path = "team"\n'
    )
    monkeypatch.setenv("JUPYTER_RESOURCES_LAB_KEY", seaweedfs.key)
    monkeypatch.setenv("JUPYTER_RESOURCES_LAB_SECRET", seaweedfs.secret)
    page = shown_by(tmp_path)
    assert f"to {seaweedfs.endpoint}/{bucket}/team in" in page, page
    assert "request" in page
    assert seaweedfs.secret not in page
    host, _, port = seaweedfs.endpoint.removeprefix("http://").partition(":")
    conf = RemoteStorageConfig("s3", seaweedfs.key, bucket, seaweedfs.secret, host=host, port=int(port), secure=False)
    names = [one.name for one in RemoteStorage(conf, cache=DigestCache(None)).list_objects("team/data/")]
    assert "team/data/values.csv" in names and "team/data/measurements.csv" not in names
    assert len(names) == 31


def test_the_tour_of_a_bucket(tmp_path: Path) -> None:
    """Its assertions hold on the built-in bucket, and its errors say what to do."""
    page = shown_by(tmp_path, NOTEBOOK.with_name("buckets.ipynb"))
    for said in ("list_files() shows what is there", "Usage(objects=", "TransactionSummary(sync, dry run"):
        assert said in page, page
