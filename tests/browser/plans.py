"""Notebooks with a plan to look at: files to push, cells that have run, and the widget of the last one."""

from __future__ import annotations

import re
from collections.abc import Sequence

from playwright.sync_api import Browser, Locator, expect

from tests.browser.lab import Lab, Opened

__all__ = ["LOAD", "WIDGET", "files", "headline", "planned", "result"]

LOAD = "%load_ext jupyter_resources"
WIDGET = ".jtr-transaction"


def files(lab: Lab, name: str, number: int) -> None:
    """Small files, 1,000 to a directory."""
    for at in range(number):
        if at % 1000 == 0:
            (lab.work / name / f"{at // 1000:02}").mkdir(parents=True)
        (lab.work / name / f"{at // 1000:02}" / f"{at:05}.txt").write_bytes(b"x" * (at % 97 + 1))


def planned(lab: Lab, browser: Browser, name: str, cells: Sequence[str]) -> tuple[Opened, Locator]:
    """A notebook whose cells have run, and the widget of the last one."""
    lab.write(name, [LOAD, *cells])
    opened = lab.open(browser, name)
    for number in range(len(cells)):
        opened.run(number)
    output = opened.run(len(cells), done=False)
    widget = output.locator(WIDGET)
    widget.wait_for()
    return opened, widget


def headline(widget: Locator, words: str) -> None:
    expect(widget.locator(".jtr-headline")).to_have_text(re.compile(words))


def result(opened: Opened, words: str) -> None:
    """Until the saved html says so too: it comes a moment after the widget, and draws the output anew."""
    expect(opened.page.locator(".jp-RenderedHTML").last).to_contain_text(words)
