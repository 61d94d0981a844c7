"""The summary widget for those who use a keyboard, a screen reader or high contrast."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from tests.browser.lab import Lab
from tests.browser.plans import WIDGET, files, headline, planned, result

pytestmark = pytest.mark.timeout(180)

GATE = """
import os, time
from jupyter_resources.storage.local import LocalStore
put = LocalStore.put
def gated(self, *args, **options):
    while not os.path.exists("gate"):
        time.sleep(0.02)
    return put(self, *args, **options)
LocalStore.put = gated
"""
"""Writes wait until there is a file called `gate`."""

DIRTY = "() => window.jupyterapp.shell.currentWidget.context.model.dirty"
WATCH = """() => {
    const classes = new Set(), said = [];
    const look = () => {
        classes.add(document.activeElement.tagName === 'BODY' ? 'BODY' : document.activeElement.className);
        const words = document.querySelector('.jtr-status')?.textContent;
        if (words && said.at(-1) !== words) said.push(words);
        requestAnimationFrame(look);
    };
    look();
    window.watched = () => [[...classes], said];
}"""
"""Notes, frame by frame, what has the focus and what a screen reader is given to say."""


def watched(page: Page) -> tuple[list[str], list[str]]:
    focused, said = page.evaluate("() => window.watched()")
    return focused, said


def test_the_focus_goes_with_the_transfer(lab: Lab, browser: Browser) -> None:
    """From Apply to Cancel to the result, never to the page; and the result is said."""
    files(lab, "kept", 8)
    opened, widget = planned(lab, browser, "kept", [GATE, "%push kept -n"])
    opened.idle()
    widget.get_by_role("button", name="Apply").focus()
    opened.page.evaluate(WATCH)
    opened.page.keyboard.press("Enter")
    expect(widget.get_by_role("button", name="Cancel")).to_be_focused()
    (lab.work / "gate").touch()
    headline(widget, "Pushed 8 files")
    expect(widget.locator(".jtr-headline")).to_be_focused()
    result(opened, "Pushed 8 files")
    opened.idle()
    expect(widget.locator(".jtr-headline")).to_be_focused()
    focused, said = watched(opened.page)
    assert "BODY" not in focused
    assert re.match("Pushed 8 files", said[-1]) and len(said) > 1
    expect(widget.get_by_role("status")).to_have_attribute("aria-live", "polite")
    (lab.work / "gate").unlink()
    opened.page.close()


def test_cancel_keeps_the_focus_while_it_stops(lab: Lab, browser: Browser) -> None:
    """It goes to what came of it only once that is there."""
    files(lab, "stopped", 8)
    opened, widget = planned(lab, browser, "stopped", [GATE, "%push stopped -n"])
    widget.get_by_role("button", name="Apply").focus()
    opened.page.evaluate(WATCH)
    opened.page.keyboard.press("Enter")
    expect(widget.get_by_role("button", name="Cancel")).to_be_focused()
    opened.page.keyboard.press("Enter")
    headline(widget, "Stopped")
    expect(widget.locator(".jtr-headline")).to_be_focused()
    assert "BODY" not in watched(opened.page)[0]
    (lab.work / "gate").touch()
    opened.page.close()


def style(element: Locator, name: str) -> str:
    """What the browser makes of our style sheet."""
    found: str = element.evaluate("(element, name) => getComputedStyle(element).getPropertyValue(name)", name)
    return found


def test_in_high_contrast(lab: Lab, browser: Browser) -> None:
    """Asked for more contrast it has the highest grade of it; where colours are forced, their meaning is still seen."""
    files(lab, "bold", 3)
    change = "open('bold/00/00001.txt', 'w').write('mine'); open('bold/.env', 'w').write('A=1'); open('gate', 'w')"
    opened, widget = planned(lab, browser, "bold", ["%push bold;", f"{GATE}{change}", "%push bold -n"])
    picked, same = (widget.get_by_role("button", name=name) for name in ("skipped", "already there"))
    cut = "states => states.filter(it => it.scrollWidth > it.clientWidth).map(it => it.textContent)"
    assert widget.locator("[role=cell].jtr-state").evaluate_all(cut) == []
    picked.click()
    opened.page.mouse.move(0, 0)
    for theme in ("JupyterLab Light", "JupyterLab Dark"):
        opened.theme(theme)
        opened.page.emulate_media(contrast="more")
        assert opened.audit(WIDGET, "color-contrast-enhanced") == [], theme
        assert style(same, "border-top-color") == style(same, "color"), theme
    opened.page.emulate_media(contrast="no-preference", forced_colors="active")
    # The forced colours themselves are the system's; the page is told of its own only.
    assert opened.audit(WIDGET, colours=False) == []
    assert [style(chip, "forced-color-adjust") for chip in (picked, same)] == ["none", "auto"]
    assert style(widget.locator("progress"), "border-top-style") == "solid"
    opened.page.close()


def test_keys_that_are_lab_s_own_reach_it(lab: Lab, browser: Browser) -> None:
    """Ctrl+S saves from within the widget; plain keys neither edit the cell, nor delete it, nor go to another."""
    files(lab, "keys", 3)
    opened, widget = planned(lab, browser, "keys", ["%push keys -n"])
    opened.idle()
    page = opened.page
    assert page.evaluate(DIRTY)
    widget.get_by_label("Filter files").focus()
    page.keyboard.press("Control+s")
    page.wait_for_function(f"() => !({DIRTY})()")
    widget.get_by_role("button", name="new").focus()
    page.keyboard.press("Enter")
    expect(widget.get_by_role("button", name="new")).to_have_attribute("aria-pressed", "true")
    expect(widget.get_by_role("button", name="new")).to_be_focused()
    widget.get_by_text("keys/00/00000.txt").click()
    for key in ("ArrowDown", "d", "d", "k"):
        page.keyboard.press(key)
    expect(widget.locator(".jtr-row:focus .jtr-name")).to_have_text("keys/00/00001.txt")
    expect(page.locator(".jp-Notebook .jp-CodeCell")).to_have_count(2)
    expect(page.locator(".jp-Notebook .jp-CodeCell.jp-mod-active").locator(WIDGET)).to_have_count(1)
    page.close()
