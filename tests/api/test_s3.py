"""The operations on a real S3 server: from naming it to having the files back."""

from __future__ import annotations

import pytest

from jupyter_resources.api import dispatch
from jupyter_resources.core import errors
from jupyter_resources.resources.workspace import Workspace


def ask(name, workspace, /, **values):
    """One operation."""
    return dispatch.run(workspace, name, dispatch.request_of(name, values))


@pytest.fixture
def lab(seaweedfs, monkeypatch, home):
    """A workspace that knows bucket `team` on the server, and a directory `data` with two files."""
    (home / "work" / "data").mkdir()
    (home / "work" / "data" / "a.txt").write_text("one")
    (home / "work" / "data" / "b c.txt").write_text("two")
    workspace = Workspace()
    url = f"s3://named-{home.parent.name.replace('_', '-').lower()[:40]}/projects/x"
    ask("buckets.add", workspace, name="team", url=url, endpoint=seaweedfs.endpoint, region="us-east-1")
    monkeypatch.setenv("JUPYTER_RESOURCES_TEAM_KEY", seaweedfs.key)
    monkeypatch.setenv("JUPYTER_RESOURCES_TEAM_SECRET", seaweedfs.secret)
    return workspace


def test_name_create_push_pull(lab, home):
    """The whole way; a second push moves nothing."""
    ask("buckets.create", lab, name="team")
    assert len(ask("push", lab, paths=["data"], to="team").synced_files) == 2
    assert ask("push", lab, paths=["data"], to="team").files_to_sync == []
    ask("pull", lab, paths=["data"], bucket="team", into="back")
    assert (home / "work" / "back" / "data" / "b c.txt").read_text() == "two"
    (home / "work" / "data" / "a.txt").write_text("changed")
    with pytest.raises(errors.Conflict):
        ask("push", lab, paths=["data"], to="team")
    with pytest.raises(errors.AlreadyExists):
        ask("buckets.create", lab, name="team")


def test_a_bucket_that_is_not_there(lab):
    """Is named, before anything is read; what the hint says makes it, by name and by URL."""
    (bucket,) = (each for each in ask("buckets.list", lab).buckets if each.name == "team")
    for place in (f"s3://team@{bucket.bucket}/elsewhere", "team"):
        with pytest.raises(errors.NoBucket, match=f"no bucket named '{bucket.bucket}'") as caught:
            ask("push", lab, paths=["data"], to=place)
        assert caught.value.hint.startswith(f"%buckets create {place} makes it;")
    ask("buckets.create", lab, name="team")
    assert len(ask("push", lab, paths=["data"], to="team").synced_files) == 2


def test_wrong_credentials_and_then_the_right_ones(lab, monkeypatch, seaweedfs):
    """One error, and the next call looks again; the wrong secret is in no message."""
    ask("buckets.create", lab, name="team")
    monkeypatch.setenv("JUPYTER_RESOURCES_TEAM_SECRET", "wr0ng-MARK")
    with pytest.raises(errors.Denied) as caught:
        ask("push", lab, paths=["data"], to="team")
    assert "MARK" not in str(caught.value)
    monkeypatch.setenv("JUPYTER_RESOURCES_TEAM_SECRET", seaweedfs.secret)
    assert len(ask("push", lab, paths=["data"], to="team").synced_files) == 2
