"""Listing one directory on S3 passes over the neighbours whose names merely begin alike."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest

from jupyter_resources.core.control import Control
from jupyter_resources.storage import objectstore, s3pieces
from jupyter_resources.storage.bodies import BytesBody
from jupyter_resources.storage.objectstore import ObjectStore
from jupyter_resources.storage.prefixed import PrefixedStore
from jupyter_resources.storage.s3listing import Found, Onward, S3Page, onward
from tests.conftest import service_of
from tests.servers.processes import S3Server

WANTED = ["data", "data/a", "data/b/c", "data/z"]
NEIGHBOURS = [f"{name}/{number:04}" for name in ("data-old", "data0") for number in range(1100)]


@pytest.mark.parametrize("any_s3", ["seaweedfs", "moto"], indirect=True)
def test_neighbours_cost_at_most_two_pages(any_s3: S3Server, new_bucket: Callable[[S3Server], str]) -> None:
    """Before, behind, and on servers that list in another order than S3: all that is wanted, and few requests."""
    store = ObjectStore(service_of(any_s3), new_bucket(any_s3))
    flat = any_s3.name == "moto"  # SeaweedFS keeps files: `data` can't be one and a directory
    wanted = WANTED if flat else WANTED[1:]
    with ThreadPoolExecutor(16) as pool:
        list(pool.map(lambda key: store.put(key, BytesBody(b"x")), [*wanted, *NEIGHBOURS]))
    control = Control()
    found = [entry.path for page in store.under(control).list("data", tree=True) for entry in page.entries]
    assert sorted(set(found)) == wanted
    assert control.requests["list"] <= 3
    everything = [entry.path for page in store.list("data") for entry in page.entries]
    assert sorted(everything) == sorted([*wanted, *NEIGHBOURS])


INSIDE = [f"-before/{number:04}" for number in range(600)] + [f"below/{number:04}" for number in range(1700)]
"""Some sort before the slash that ends the directory's name, most behind it."""


@pytest.mark.parametrize("expected", [(), INSIDE])
@pytest.mark.parametrize("any_s3", ["seaweedfs", "moto"], indirect=True)
def test_all_below_a_base_path_is_listed(
    any_s3: S3Server, new_bucket: Callable[[S3Server], str], expected: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """However many pages that are: what a pull, a push or a delete of everything asks for."""
    monkeypatch.setattr(s3pieces, "LEAST", 100)
    monkeypatch.setattr(objectstore, "LEAST", 100)
    whole = ObjectStore(service_of(any_s3), new_bucket(any_s3))
    store = PrefixedStore(whole, "base")
    with ThreadPoolExecutor(16) as pool:
        list(pool.map(lambda key: store.put(key, BytesBody(b"x")), INSIDE))
        list(pool.map(lambda key: whole.put(key, BytesBody(b"x")), ["base-old/x", "base0"]))
    for prefix in ("", "below"):
        wanted = [key for key in INSIDE if key.startswith(prefix)]
        pages = store.list(prefix, tree=True, expected=expected)
        assert sorted(entry.path for page in pages for entry in page.entries) == wanted


def page(*keys: str, token: str | None = "more") -> S3Page:
    return S3Page.of([Found(key, 1, None, "") for key in keys], token)


@pytest.mark.parametrize(
    ("before", "seen", "expected"),
    [
        (Onward(), page("d/a", token=None), None),
        (Onward(), page("d/a", "d/b"), Onward(token="more")),
        (Onward(), page("d-a", "d-b"), Onward(after="d.\U0010ffff", jumped=True)),
        (Onward(), page("d", "d-b"), Onward(after="d.\U0010ffff", jumped=True)),
        (Onward(jumped=True), page("d-a", "d-b"), Onward(token="more", jumped=True)),  # once is enough
        (Onward(), page("d/a", "d0"), None),
        (Onward(), page("d0", "d1"), None),
        (Onward(), page("d/a", "d-b", "d0"), Onward(token="more")),  # another order: nothing is concluded
    ],
)
def test_how_a_listing_goes_on(before: Onward, seen: S3Page, expected: Onward | None) -> None:
    assert onward(seen, "d", before) == expected
    assert onward(seen, "d/", before) == expected  # the same place


def test_a_plain_prefix_goes_from_token_to_token() -> None:
    assert onward(page("d-a", "d0"), "", Onward()) == Onward(token="more")
