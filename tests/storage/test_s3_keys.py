"""Keys: what can be a path comes back byte by byte; what can't is left out of a listing and can still be deleted."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from jupyter_resources.core import paths
from jupyter_resources.core.errors import InvalidPath
from jupyter_resources.storage.bodies import BytesBody
from jupyter_resources.storage.objectstore import ObjectStore
from jupyter_resources.storage.s3control import S3Control
from tests.conftest import service_of
from tests.servers.processes import S3Server

ODD = [
    *(
        "ä/ö ü",
        "a%20b",
        "a+b",
        "a b",
        "a#b?c",
        "~x*'\"&<>",
        "😀/e\u0301",
        "é",
        "dot.",
        "blank ",
        " lead",
        "a:b",
        "%",
        "%25",
    ),
    *("a;b=c,d@e!$", "a|b^`{}[]", ".hidden", "x..y", "...", "con", "%2F", "\u00a0nbsp", "\u2028", "]]>", "k" * 255),
    *("inner: Status { status: 503,", "<Code>SlowDown</Code>"),
]
HOSTILE = {
    "../up": "'..' in the name",
    "..": "'..' in the name",
    "d//e": "empty part in the name ('//' or a trailing '/')",
    "x/./y": "'.' in the name",
    "a\tb": "control character or broken text in the name",
    "a\x01b": "control character or broken text in the name",
    "tr/": "directory marker",
    "/lead": "absolute name",
    "back\\slash": "backslash in the name",
    "C:/x": "absolute name",
}

both = pytest.mark.parametrize("any_s3", ["seaweedfs", "moto"], indirect=True)


@both
def test_every_valid_key_comes_back_as_it_was(any_s3: S3Server, new_bucket: Callable[[S3Server], str]) -> None:
    """put, head, read, copy, list, list by prefix and delete spell a key alike, whatever is in it."""
    store = ObjectStore(service_of(any_s3), new_bucket(any_s3))
    assert [key for key in ODD if paths.problem(key)] == []
    for key in ODD:
        store.put(key, BytesBody(key.encode()))
        assert store.head(key).size == len(key.encode())
        copied = store.copy(key, f"copies/{key}")
        assert copied.sha256 == store.head(f"copies/{key}").sha256 == BytesBody(key.encode()).sha256
        with store.read(f"copies/{key}") as reader:
            assert b"".join(reader) == key.encode()
    assert listed(store) == sorted(ODD + [f"copies/{key}" for key in ODD])
    for key in ODD:
        assert listed(store, f"copies/{key}") == sorted(f"copies/{one}" for one in ODD if one.startswith(key))
    store.delete([*ODD, *(f"copies/{key}" for key in ODD)])
    assert listed(store) == []


def test_hostile_keys_are_left_out_with_a_reason_and_can_be_deleted(
    moto: S3Server, new_bucket: Callable[[S3Server], str]
) -> None:
    """One odd key in a bucket is one line in `left_out`, never a failed listing; `a` lives beside `a/b`."""
    bucket = new_bucket(moto)
    store, raw = ObjectStore(service_of(moto), bucket), S3Control(service_of(moto), bucket)
    for key in [*HOSTILE, "a", "a/b"]:
        raw.put(key, b"12")
    (page,) = store.list()
    assert [entry.path for entry in page.entries] == ["a", "a/b"]
    assert {one.path: one.reason for one in page.left_out} == HOSTILE
    assert {one.size for one in page.left_out} == {2}
    store.delete(list(HOSTILE))
    assert [found.key for found in raw.page("", None).found] == ["a", "a/b"]


@pytest.mark.parametrize("key", HOSTILE)
def test_hostile_keys_are_deleted_one_by_one_too(
    key: str, moto: S3Server, new_bucket: Callable[[S3Server], str]
) -> None:
    """A single key goes by another request than many: it must spell the key as well."""
    bucket = new_bucket(moto)
    raw = S3Control(service_of(moto), bucket)
    raw.put(key, b"")
    raw.put("stays", b"")
    ObjectStore(service_of(moto), bucket).delete([key])
    assert [found.key for found in raw.page("", None).found] == ["stays"]


@pytest.mark.parametrize("key", [*HOSTILE, "", "é" * 513])
def test_no_verb_writes_or_reads_a_key_that_cannot_be_a_path(key: str, seaweedfs: S3Server) -> None:
    """Refused before any request is made."""
    store = ObjectStore(service_of(seaweedfs, endpoint="http://127.0.0.1:1"), "none")
    for verb in (
        lambda: store.put(key, BytesBody(b"")),
        lambda: store.head(key),
        lambda: store.read(key).__enter__(),
        lambda: store.copy(key, "b"),
        lambda: store.copy("a", key),
    ):
        with pytest.raises(InvalidPath):
            verb()


def listed(store: ObjectStore, prefix: str = "") -> list[str]:
    return sorted(entry.path for page in store.list(prefix) for entry in page.entries)
