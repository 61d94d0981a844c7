"""`%buckets doctor`: what it finds on directories, on real servers, and on servers that do it wrong."""

from __future__ import annotations

import os
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest

from jupyter_resources.api import dispatch
from jupyter_resources.core.errors import Denied
from jupyter_resources.magics import pictures
from jupyter_resources.resources import examination
from jupyter_resources.resources.workspace import Workspace
from jupyter_resources.storage.local import LocalStore
from jupyter_resources.storage.objectstore import ObjectStore
from jupyter_resources.storage.protocol import Capability
from jupyter_resources.storage.s3control import S3Control
from jupyter_resources.storage.s3parts import open_uploads
from jupyter_resources.storage.s3wire import CertificateRefused, SignedConnection
from tests.conftest import service_of

MARK = "s3cr3t-MARK"
LOCAL = ["credentials", "bucket", "list", "free space", "case", "hard links", "write and read"]
WRITTEN = ["create only if new", "replace only if unchanged", "names", "delete"]
S3 = ["credentials", "reachable", "clock", "bucket", "list", "write and read", *WRITTEN[:2], "parts", "ETags"]


def doctor(workspace, name=None):
    """Check → state and text of the findings, in their order."""
    answer = dispatch.run(workspace, "buckets.doctor", dispatch.request_of("buckets.doctor", {"name": name}))
    assert all(each.fix for each in answer.findings if each.state != "ok")
    assert MARK not in pictures.text(answer) + pictures.html(answer) + answer.model_dump_json()
    return {each.check: (each.state, f"{each.text} {each.fix}") for each in answer.findings}


def wrong(found):
    """Only what isn't ok."""
    return {check: state for check, (state, _) in found.items() if state != "ok"}


@pytest.fixture
def lab(request, new_bucket, monkeypatch, home):
    """Makes a workspace that knows the bucket `lab` of a server, reached at `endpoint`."""

    def make(server, endpoint=None, **connection):
        bucket = new_bucket(server)
        workspace = Workspace()
        connection = {"endpoint": endpoint or server.endpoint, "region": "us-east-1", **connection}
        workspace.add_bucket("lab", f"s3://{bucket}/base", connection=connection)
        monkeypatch.setenv("JUPYTER_RESOURCES_LAB_KEY", server.key)
        monkeypatch.setenv("JUPYTER_RESOURCES_LAB_SECRET", server.secret)
        return workspace, S3Control(service_of(server), bucket)

    return make


def test_the_default_bucket_is_well(home):
    """On a fresh machine, before anything was pushed; and no trace is left but the bucket itself."""
    found = doctor(Workspace())
    assert list(found) == [*LOCAL, *WRITTEN]
    assert wrong(found) == {}
    assert [path for path in (home / "data").rglob("*") if path.is_file()] == []


def test_a_directory_that_can_not_be_written(home, monkeypatch):
    """Says so, and what to look at."""

    def refuse(*given, **named):
        raise Denied("no permission to write there")

    monkeypatch.setattr(LocalStore, "put", refuse)
    found = doctor(Workspace())
    assert found["write and read"][0] == "failed" and "right" in found["write and read"][1]
    assert "names" not in found


@pytest.mark.parametrize("any_s3", ["seaweedfs", "moto"], indirect=True)
def test_a_server_that_is_well(any_s3, lab):
    """Every row is ok, and neither objects nor uploads are left."""
    workspace, raw = lab(any_s3)
    found = doctor(workspace, "lab")
    assert list(found) == [*S3, *WRITTEN[2:]]
    assert wrong(found) == {}
    assert found["credentials"][1].strip() == "environment (JUPYTER_RESOURCES_LAB_KEY)"
    assert raw.page("", None).found == [] and open_uploads(raw) == []


def test_what_is_missing_ends_it_with_what_to_type(moto, lab, monkeypatch):
    """Credentials, the server, the bucket: each the last row, with its fix."""
    workspace, _ = lab(moto)
    monkeypatch.setenv("JUPYTER_RESOURCES_LAB_KEY", "")
    assert wrong(doctor(workspace, "lab")) == {"credentials": "failed"}
    monkeypatch.setenv("JUPYTER_RESOURCES_LAB_KEY", "k")
    workspace.add_bucket("gone", "s3://no-such-bucket", profile="lab")
    found = doctor(workspace, "gone")
    assert wrong(found) == {"bucket": "failed"} and "%buckets create gone" in found["bucket"][1]
    workspace.add_bucket("off", "s3://off", connection={"endpoint": "http://127.0.0.1:9", "credentials": "none"})
    found = doctor(workspace, "off")
    assert list(found) == ["credentials", "reachable"]
    assert "whether the server runs" in found["reachable"][1] and "doctor" not in found["reachable"][1]


def test_wrong_credentials(seaweedfs, lab, monkeypatch):
    """The server's refusal is the last row."""
    workspace, _ = lab(seaweedfs)
    monkeypatch.setenv("JUPYTER_RESOURCES_LAB_SECRET", MARK)
    found = doctor(workspace, "lab")
    assert list(found)[-1] == "bucket" and "credentials are wrong" in found["bucket"][1]
    assert "is from environment (JUPYTER_RESOURCES_LAB_KEY)" in found["bucket"][1]
    with pytest.raises(Denied) as caught:
        workspace.create_bucket("lab")
    assert "is from environment (JUPYTER_RESOURCES_LAB_KEY)" in caught.value.hint


def test_a_certificate_that_is_refused_says_what_to_set(seaweedfs, lab, monkeypatch):
    """The doctor's fix is the error's own."""

    def refuse(*given):
        raise CertificateRefused

    workspace, _ = lab(seaweedfs)
    with monkeypatch.context() as patched:
        patched.setattr(SignedConnection, "request", refuse)
        assert "AWS_CA_BUNDLE" in doctor(workspace, "lab")["reachable"][1]


def test_show_says_where_credentials_are_found(moto, lab, monkeypatch):
    """And why none are; never what they are."""
    workspace, _ = lab(moto)
    request = dispatch.request_of("buckets.show", {"name": "lab"})

    def shown():
        answer = dispatch.run(workspace, "buckets.show", request)
        return next(each.value for each in answer.settings if each.key == "profiles.lab.credentials")

    assert shown() == "auto: environment (JUPYTER_RESOURCES_LAB_KEY)"
    monkeypatch.setenv("JUPYTER_RESOURCES_LAB_KEY", "")
    assert shown().startswith("auto: half of the credentials for profile 'lab'") and moto.secret not in shown()
    monkeypatch.setenv("JUPYTER_RESOURCES_LAB_SECRET", "")
    assert shown() == "auto: no credentials for profile 'lab'"


@pytest.mark.parametrize(("minutes", "way"), [(-10, "ahead of"), (10, "behind")])
def test_a_clock_that_is_off(seaweedfs, lab, proxy, minutes, way):
    """Is measured against the server's Date."""
    workspace, _ = lab(seaweedfs, proxy.endpoint)
    theirs = format_datetime(datetime.now(UTC) + timedelta(minutes=minutes), usegmt=True).encode()
    proxy.fail("HEAD", times=1, header=(b"Date", theirs))
    state, text = doctor(workspace, "lab")["clock"]
    assert state == "warning" and f"s {way} the server" in text and "timedatectl" in text


def test_etags_that_are_no_md5(seaweedfs, lab, proxy):
    """The setting to set is named; with it all is well."""
    workspace, _ = lab(seaweedfs, proxy.endpoint)
    proxy.fail("PUT", "/etag", times=2, header=(b"ETag", b'"00000000000000000000000000000000"'))
    state, text = doctor(workspace, "lab")["ETags"]
    assert state == "failed" and "etags = 'opaque'" in text


def test_rights_that_are_missing(seaweedfs, lab, proxy):
    """Each refused verb is one failed row; what doesn't need it is tried all the same."""
    workspace, _ = lab(seaweedfs, proxy.endpoint)
    proxy.respond(403, "AccessDenied", method="POST", path="parts", times=99)
    assert wrong(doctor(workspace, "lab")) == {"parts": "failed"}
    proxy.forget()
    proxy.respond(403, "AccessDenied", method="PUT", times=99)
    found = doctor(workspace, "lab")
    assert wrong(found) == {"write and read": "failed"} and "delete" in found


def without_expectations(put):
    """A put that ignores what it is told to expect, as some servers do."""
    return lambda self, key, body, *, expect=None: put(self, key, body)


def test_a_server_that_ignores_conditions(seaweedfs, lab, monkeypatch):
    """Is found out by trying."""
    workspace, _ = lab(seaweedfs)
    monkeypatch.setattr(ObjectStore, "put", without_expectations(ObjectStore.put))
    assert wrong(doctor(workspace, "lab")) == {
        "create only if new": "warning",
        "replace only if unchanged": "warning",
    }


def test_names_that_come_back_changed(home, monkeypatch):
    """Are noticed: the listing is compared with what was sent."""
    put = LocalStore.put
    monkeypatch.setattr(
        LocalStore, "put", lambda self, key, body, **more: put(self, key.replace("+", " "), body, **more)
    )
    assert wrong(doctor(Workspace())) == {"names": "failed"}


@pytest.mark.parametrize("verb", ["read", "head"])
def test_an_interrupt_leaves_nothing(home, monkeypatch, verb):
    """■ in the middle: what was written is removed."""

    @contextmanager
    def stopped(*given, **named):
        raise KeyboardInterrupt
        yield

    def stop(*given, **named):
        raise KeyboardInterrupt

    monkeypatch.setattr(LocalStore, verb, stopped if verb == "read" else stop)
    with pytest.raises(KeyboardInterrupt):
        doctor(Workspace())
    assert [path for path in (home / "data").rglob("*") if path.is_file()] == []


def test_little_room(home, monkeypatch):
    """A disk that is nearly full is worth a word."""
    monkeypatch.setattr(examination, "FREE_BYTES", 1 << 62)
    assert wrong(doctor(Workspace())) == {"free space": "warning"}


def test_no_hard_links(home, monkeypatch):
    """As on some network drives."""

    def refuse(*given, **named):
        raise OSError(95, "Operation not supported")

    monkeypatch.setattr(os, "link", refuse)
    assert "hard links" in wrong(doctor(Workspace()))


@pytest.mark.parametrize(
    ("missing", "check"),
    [
        (Capability.CREATE_IF_ABSENT, "create only if new"),
        (Capability.REPLACE_IF_MATCH, "replace only if unchanged"),
    ],
)
def test_what_is_only_looked_at_before_is_said(home, monkeypatch, missing, check):
    """A server without the condition, where the engine looks first: refused too, but not for sure."""
    offered = LocalStore("/").capabilities - {missing}
    monkeypatch.setattr(LocalStore, "capabilities", offered)
    found = doctor(Workspace())
    assert wrong(found) == {check: "warning"} and "looked at just before" in found[check][1]


def test_other_bytes_are_noticed(home, monkeypatch):
    """As many as were sent, but not those."""

    @contextmanager
    def read(self, key, **more):
        yield iter([bytes(examination.SMALL_BYTES)])

    monkeypatch.setattr(LocalStore, "read", read)
    found = doctor(Workspace())
    assert wrong(found) == {"write and read": "failed"} and "other bytes came back" in found["write and read"][1]


def test_what_stays_is_told(home, monkeypatch):
    """Where deleting is allowed and does nothing, the last row says what is left."""
    monkeypatch.setattr(LocalStore, "delete", lambda self, keys, **more: None)
    found = doctor(Workspace())
    left = [path for path in (home / "data").rglob("*") if path.is_file()]
    assert wrong(found) == {"delete": "failed"} and f"{len(left)} objects below" in found["delete"][1]
