"""A listing in pieces gives what one after another gives, on servers of any order, and on those that can't."""

from __future__ import annotations

import math
import threading
from bisect import bisect_right
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jupyter_resources.core.control import Control
from jupyter_resources.core.errors import Cancelled, Denied, InvalidValue, ResourcesError, Unavailable
from jupyter_resources.storage.bodies import BytesBody
from jupyter_resources.storage.objectstore import ObjectStore
from jupyter_resources.storage.s3listing import Found, S3Page
from jupyter_resources.storage.s3pieces import LEAST, PIECES, in_pieces, starts
from tests.conftest import service_of
from tests.servers.processes import S3Server

Order = Callable[[str], object]


def by_bytes(key: str) -> object:
    return key.encode()


def by_parts(key: str) -> object:
    return key.encode().split(b"/")


def backwards(key: str) -> object:
    return [-letter for letter in key.encode()] + [1]


def in_utf16(key: str) -> object:
    return key.encode("utf-16-be")


def at_random(key: str) -> object:
    return hash((key, "so far"))


class Server:
    """Lists `keys` in an order of its own, `size` a page, like an S3Control."""

    def __init__(self, keys: Sequence[str], order: Order, size: int = 3) -> None:
        self.order, self.size = order, size
        self.keys = sorted(set(keys), key=order)
        self.places = [order(key) for key in self.keys]
        self.requests = 0
        self.lock = threading.Lock()

    def pages(self, control: Control, after: str | None) -> Iterator[S3Page]:
        at = 0 if after is None else bisect_right(self.places, self.order(after))
        while True:
            control.check()
            control.count("list")
            with self.lock:
                self.requests += 1
            end = at + self.size
            token = "more" if end < len(self.keys) else None
            yield S3Page.of([Found(key, 1, None, "") for key in self.keys[at:end]], token)
            if token is None:
                return
            at = end


def listed(pages: Callable[[Control, str | None], Iterator[S3Page]], begins: Sequence[str]) -> list[str]:
    return [key for page in in_pieces(pages, begins, Control()) for key in page.keys]


letters = st.sampled_from(["a", "b", "/", "-", ".", "0", "é", "\U0001f600", "\uffee"])
keys = st.lists(letters, min_size=1, max_size=5).map("".join)


@pytest.mark.parametrize("order", [by_bytes, by_parts, backwards, in_utf16, at_random])
@given(there=st.lists(keys, max_size=25), begins=st.lists(keys, max_size=4), size=st.integers(1, 5))
@settings(deadline=None, max_examples=60)
def test_any_listing_in_any_pieces_is_the_whole(order: Order, there: list[str], begins: list[str], size: int) -> None:
    """Each key once, whatever was expected, whatever the order."""
    found = listed(Server(there, order, size).pages, begins)
    assert sorted(found) == sorted(set(there))


@pytest.mark.parametrize("order", [by_bytes, by_parts])
def test_pieces_cost_no_more_than_a_page_each(order: Order) -> None:
    """All that was expected is there: as many requests as one after another, and one for each piece at most."""
    expected = sorted(f"data/{n // 70:03}/{n:06}" for n in range(20_000))
    begins = starts(expected)
    assert len(begins) == PIECES - 1
    for there in (expected, expected + [f"data-old/{n:06}" for n in range(2500)], expected[::2], expected[:9000]):
        server = Server(there, order, 1000)
        assert sorted(listed(server.pages, begins)) == sorted(there)
        assert server.requests <= math.ceil(len(there) / 1000) + PIECES


def test_few_keys_are_one_piece() -> None:
    assert starts([f"{n:06}" for n in range(LEAST - 1)]) == []
    assert len(starts([f"{n:06}" for n in range(LEAST)])) == PIECES - 1


def test_starts_ascend_in_every_order() -> None:
    """`a-b/` comes before `a/` for S3, after it for servers that keep directories: those can't both be starts."""
    begins = starts([*(f"a-b/{n:05}" for n in range(3000)), *(f"a/{n:05}" for n in range(3000))])
    assert begins == sorted(begins, key=by_parts) == sorted(begins)


class Deaf(Server):
    """Begins at the beginning whatever it is told."""

    def pages(self, control: Control, after: str | None) -> Iterator[S3Page]:
        return super().pages(control, None)


class Forgetful(Server):
    """Behind a key, gives only what lies in its directory."""

    def pages(self, control: Control, after: str | None) -> Iterator[S3Page]:
        for page in super().pages(control, after):
            directory = "" if after is None else after.rpartition("/")[0] + "/"
            yield page.chosen([key.startswith(directory) for key in page.keys])


class Refusing(Server):
    """Doesn't know how to begin behind a key."""

    error: ResourcesError = InvalidValue("start-after?")

    def pages(self, control: Control, after: str | None) -> Iterator[S3Page]:
        if after is not None:
            raise self.error
        return super().pages(control, after)


@pytest.mark.parametrize("kind", [Deaf, Forgetful, Refusing])
def test_a_server_that_cannot_is_listed_from_the_beginning(kind: type[Server]) -> None:
    there = [f"{n % 5}/{n:03}" for n in range(100)]
    assert sorted(listed(kind(there, by_bytes).pages, ["1/050", "3/020"])) == sorted(there)


def test_what_fails_for_another_reason_is_told() -> None:
    """What may pass is for whoever tries again; what won't is said by the listing from the beginning."""

    class Broken(Server):
        error: ResourcesError = Unavailable("gone")

        def pages(self, control: Control, after: str | None) -> Iterator[S3Page]:
            raise self.error

    with pytest.raises(Unavailable):
        listed(Broken(["a"], by_bytes).pages, ["b"])
    Broken.error = Denied("no")
    with pytest.raises(Denied):
        listed(Broken(["a"], by_bytes).pages, ["b"])


def test_a_cancel_ends_all_pieces() -> None:
    """Whoever waits for pages is told at once; requests count where they always do."""
    control, server = Control(), Server([f"{n:04}" for n in range(400)], by_bytes, 1)
    pages = in_pieces(server.pages, ["0100", "0200"], control)
    next(pages)
    control.cancel()
    with pytest.raises(Cancelled):
        list(pages)
    assert 0 < control.requests["list"] <= server.requests


def test_whoever_leaves_ends_all_pieces() -> None:
    """No thread goes on fetching for nobody."""
    before = set(threading.enumerate())
    server = Server([f"{n:04}" for n in range(400)], by_bytes, 1)
    pages = in_pieces(server.pages, ["0100", "0200"], Control())
    next(pages)
    pages.close()
    for thread in set(threading.enumerate()) - before:
        thread.join(10)
    assert server.requests < 400


@pytest.mark.parametrize("any_s3", ["seaweedfs", "moto"], indirect=True)
def test_real_servers_list_in_pieces(any_s3: S3Server, new_bucket: Callable[[S3Server], str]) -> None:
    """Directories that sort differently, keys that weren't expected, and expected ones that aren't there."""
    store = ObjectStore(service_of(any_s3), new_bucket(any_s3))
    there = [f"data/{name}/{n:04}" for name in ("a", "a-b", "a.b", "b", "d é") for n in range(900)]
    there += [f"data-old/{n:04}" for n in range(50)] + ["data/a b", "data/zz"]
    with ThreadPoolExecutor(16) as pool:
        list(pool.map(lambda key: store.put(key, BytesBody(b"")), there))
    below = sorted(key for key in there if key.startswith("data/"))
    elsewhere = sorted([*below[::2], *(f"data/a c/{n:04}" for n in range(2500))])
    for expected in (below, elsewhere, [f"data/{n:05}" for n in range(LEAST)]):
        control = Control()
        pages = store.under(control).list("data", tree=True, expected=expected)
        assert sorted(entry.path for page in pages for entry in page.entries) == below
        assert control.requests["list"] <= 2 * (math.ceil(len(there) / 1000) + PIECES)
        if expected is below:
            assert control.requests["list"] <= math.ceil(len(there) / 1000) + PIECES
    everything = [entry.path for page in store.list(expected=below) for entry in page.entries]
    assert sorted(everything) == sorted(there)
