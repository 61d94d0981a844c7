"""One browser and one server for all browser tests of a file."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser

from tests.browser import lab as jupyter
from tests.browser.lab import Lab


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with jupyter.browser() as started:
        yield started


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    with jupyter.running(tmp_path_factory.mktemp("home")) as started:
        yield started
