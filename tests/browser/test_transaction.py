"""The summary widget in JupyterLab and Notebook 7, driven as a person would."""

from __future__ import annotations

import re
import time

import pytest
from playwright.sync_api import Browser, Locator, expect

from tests.browser.lab import SECONDS, Lab
from tests.browser.painting import first_paint
from tests.browser.plans import LOAD, WIDGET, files, headline, planned, result

pytestmark = pytest.mark.timeout(180)

FILES = 50_000
KERNEL = "window.jupyterapp.shell.currentWidget.sessionContext.session.kernel"
THEMES = ("JupyterLab Light", "JupyterLab Dark", "JupyterLab Dark High Contrast")


def names(widget: Locator) -> list[str]:
    """The files in the page, from the top."""
    rows = widget.locator(".jtr-list > .jtr-row:visible")
    shown = rows.evaluate_all("rows => rows.map(r => [Number(r.dataset.index), r.children[1].textContent])")
    return [name for _, name in sorted(shown)]


@pytest.mark.timeout(600)
def test_fifty_thousand_files(lab: Lab, browser: Browser) -> None:
    """Look through a plan, apply it, watch it; the saved notebook holds the result, and shows it without its kernel."""
    files(lab, "many", FILES)
    (lab.work / "many" / ".env").write_text("A=1")
    lab.write("many", [LOAD, "%push many -n"])
    opened = lab.open(browser, "many")
    page = opened.page
    opened.run(0)
    print(f"first rows painted after {first_paint(opened, 1):.0f} ms")
    widget = page.locator(WIDGET)
    headline(widget, f"Would push {FILES:,} files")
    assert opened.asked == [], "the first rows are there at once"

    frame = widget.locator(".jtr-frame")
    frame.hover()
    expect(widget.locator(".jtr-row[data-index='5'] .jtr-name")).to_have_text("many/00/00005.txt")
    slowest = 0.0
    for _ in range(40):
        begun = time.perf_counter()
        page.mouse.wheel(0, 3000)
        page.evaluate("() => new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))")
        slowest = max(slowest, time.perf_counter() - begun)
        assert widget.locator("[role=row]").count() <= 200
    print(f"slowest of 40 screens: {slowest * 1000:.0f} ms; requests: {len(opened.asked)}")
    assert opened.asked.count("rows") <= 40, "one request a screen"
    frame.evaluate("frame => { frame.scrollTop = frame.scrollHeight; }")
    expect(widget.locator(f".jtr-row[data-index='{FILES}'] .jtr-name")).not_to_have_text("…")
    assert opened.asked.count("rows") <= 10

    before = len(opened.asked)
    widget.get_by_role("button", name="skipped").click()
    expect(widget.locator(".jtr-found")).to_have_text(f"1 of {FILES + 1:,} files")
    assert names(widget) == ["many/.env"]
    widget.get_by_role("button", name="skipped").click()
    widget.get_by_role("button", name="Size").click()
    expect(widget.locator("[aria-sort=descending]")).to_have_text(re.compile("Size"))
    assert names(widget)[0] == "many/00/00096.txt"
    widget.get_by_label("Filter files").fill("49/ 999")
    expect(widget.locator(".jtr-found")).to_have_text(f"10 of {FILES + 1:,} files")
    assert len(opened.asked) == before, "filtering and sorting ask for nothing"
    widget.get_by_label("Filter files").fill("")

    widget.get_by_role("button", name="Apply").click()
    expect(widget.locator(".jtr-words")).to_have_text(
        re.compile(r"Pushing · [\d,]+ of 50,000 files · .* of 2.4 MB · .*/s · .* left")
    )
    assert widget.get_by_role("button", name="Cancel").is_visible()
    expect(widget.locator(".jtr-headline")).to_have_text(re.compile(f"^Pushed {FILES:,} files"), timeout=4 * SECONDS)
    expect(widget.locator("[aria-sort=descending]")).to_have_text(re.compile("Size"))
    expect(widget.locator(".jtr-found")).to_have_text(f"{FILES + 1:,} of {FILES + 1:,} files")
    assert names(widget)[0] == "many/00/00096.txt"
    result(opened, f"Pushed {FILES:,} files")
    expect(page.locator(WIDGET)).to_have_count(1)

    saved = opened.save()
    (output,) = saved["cells"][1]["outputs"]  # type: ignore[index]
    assert f"Pushed {FILES:,} files" in "".join(output["data"]["text/html"])
    assert f"Pushed {FILES:,} files" in "".join(output["data"]["text/plain"])
    page.close()
    lab.stop_kernels()
    again = lab.open(browser, "many", kernel=False)
    expect(again.page.locator(".jp-RenderedHTML")).to_contain_text(f"Pushed {FILES:,} files")
    expect(again.page.locator(".jp-RenderedHTML")).to_be_visible()
    assert again.page.locator(".jp-RenderedHTML table").evaluate("it => getComputedStyle(it).marginLeft") == "0px"
    assert again.page.locator(WIDGET).count() == 0
    again.page.close()


def test_a_conflict_is_forced_after_a_question(lab: Lab, browser: Browser) -> None:
    """By keyboard alone; axe-core finds nothing in any theme, before and after."""
    files(lab, "few", 30)
    change = "open('few/00/00003.txt', 'w').write('mine'); open('few/<img src=x>.txt', 'w').write('new');"
    opened, widget = planned(lab, browser, "few", ["%push few;", change, "%push few -n"])
    headline(widget, "Would refuse")
    assert widget.get_by_role("button", name="Apply").count() == 0
    assert widget.locator("img").count() == 0
    for theme in THEMES:
        opened.theme(theme)
        assert opened.audit(WIDGET) == [], theme
    opened.theme(THEMES[0])

    keyboard = opened.page.keyboard
    widget.locator(".jtr-frame").focus()
    keyboard.press("ArrowDown")
    keyboard.press("ArrowDown")
    expect(widget.locator(".jtr-row:focus .jtr-name")).to_have_text("few/<img src=x>.txt")
    for _ in range(5):
        if widget.get_by_role("button", name="Force").evaluate("it => it === document.activeElement"):
            break
        keyboard.press("Tab")
    keyboard.press("Enter")
    expect(widget.locator(".jtr-question")).to_have_text("Overwrite 1 file?")
    assert opened.audit(WIDGET) == []
    keyboard.press("Shift+Tab")
    keyboard.press("Space")
    headline(widget, "Pushed 2 files")
    result(opened, "Pushed 2 files")
    assert opened.audit(WIDGET) == []
    opened.page.close()


def test_apply_says_why_it_does_nothing(lab: Lab, browser: Browser) -> None:
    """Where something changed, also in the saved html; while the kernel is busy; and once it is another one."""
    files(lab, "moving", 3)
    opened, widget = planned(lab, browser, "moving", ["%push moving -n"])
    (lab.work / "moving" / "late.txt").write_text("late")
    widget.get_by_role("button", name="Apply").click()
    expect(widget.locator(".jtr-problem")).to_contain_text("changed since the dry run; nothing was done")
    assert widget.locator(".jtr-actions").is_hidden()
    result(opened, "changed since the dry run")
    (output,) = opened.save()["cells"][1]["outputs"]  # type: ignore[index]
    assert "changed since the dry run" in "".join(output["data"]["text/html"])

    opened.run(1)
    headline(widget, "Would push 4 files")
    opened.page.evaluate(f"() => void {KERNEL}.requestExecute({{code: 'import time; time.sleep(600)'}})")
    widget.get_by_role("button", name="Apply").click()
    expect(widget.locator(".jtr-waiting")).to_have_text("Waiting for the kernel…")
    opened.page.evaluate(f"() => {KERNEL}.restart()")
    expect(widget.locator(".jtr-problem")).to_have_text("The kernel is gone → run the cell again")
    assert widget.locator(".jtr-actions").is_hidden()
    opened.page.close()


def test_a_sync_that_awaits_yes_can_be_applied(lab: Lab, browser: Browser) -> None:
    """The button asks what `--yes` would have answered."""
    files(lab, "mirror", 3)
    gone = "import os; os.remove('mirror/00/00001.txt')"
    opened, widget = planned(lab, browser, "mirror", ["%sync mirror --yes;", gone, "%sync mirror"])
    headline(widget, "Would")
    widget.get_by_role("button", name="Apply").click()
    expect(widget.locator(".jtr-question")).to_have_text(re.compile("[Dd]elete"))
    widget.get_by_role("button", name="Yes").click()
    headline(widget, "[Dd]eleted")
    opened.page.close()


def test_in_notebook_7(lab: Lab, browser: Browser) -> None:
    """The same widget, by the same line."""
    files(lab, "seven", 5)
    lab.write("seven", [LOAD, "%push seven -n"])
    opened = lab.open(browser, "seven", notebook7=True)
    opened.run(0)
    widget = opened.run(1).locator(WIDGET)
    headline(widget, "Would push 5 files")
    widget.get_by_role("button", name="Apply").click()
    headline(widget, "Pushed 5 files")
    result(opened, "Pushed 5 files")
    assert opened.audit(WIDGET) == []
    opened.page.close()
