"""The collector is asked to look up less often, and is as before afterwards, whoever else asked."""

from __future__ import annotations

import gc
from collections.abc import Iterator

import pytest

from jupyter_resources.core.collecting import EVERY, collecting_rarely


@pytest.fixture(autouse=True)
def _threshold() -> Iterator[None]:
    before = gc.get_threshold()
    yield
    gc.set_threshold(*before)


def test_it_is_as_before_when_the_last_one_is_done() -> None:
    """Two transfers at once, that don't end in the order in which they began; an error ends it too."""
    before = gc.get_threshold()
    one, other = collecting_rarely(), collecting_rarely()
    one.__enter__()
    assert gc.get_threshold()[0] == EVERY
    other.__enter__()
    one.__exit__(None, None, None)
    assert gc.get_threshold()[0] == EVERY
    other.__exit__(None, None, None)
    assert gc.get_threshold() == before
    with pytest.raises(KeyError), collecting_rarely():
        raise KeyError
    assert gc.get_threshold() == before


@pytest.mark.parametrize("own", [(0, 10, 10), (EVERY * 10, 5, 5)])
def test_what_the_user_set_stays(own: tuple[int, int, int]) -> None:
    """Switched off, or rarer still."""
    gc.set_threshold(*own)
    with collecting_rarely():
        assert gc.get_threshold() == own
    assert gc.get_threshold() == own


def test_what_is_set_meanwhile_stays() -> None:
    """It was meant."""
    with collecting_rarely():
        gc.set_threshold(5000, 5, 5)
    assert gc.get_threshold() == (5000, 5, 5)
