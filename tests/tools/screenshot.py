"""Makes docs/images/quickstart.png: the summary widget in a real notebook; `--dark FILE` also shows the dark theme."""

from __future__ import annotations

import os
import sys
import tempfile
import time
from pathlib import Path

from tests.browser import lab as jupyter
from tests.browser.lab import Lab, Opened

TARGET = Path(__file__).parents[2] / "docs" / "images" / "quickstart.png"
FILES = {
    "raw/2026-11-{:02}.csv": (21, 1_840_000),
    "images/scan-{:03}.png": (160, 312_000),
    "models/fold-{}.pt": (5, 9_400_000),
}
CLIP = {"x": 0, "y": 0, "width": 980, "height": 800}


def study(place: Path) -> None:
    """A project's files: sparse, for only their names and sizes are seen."""
    for pattern, (number, size) in FILES.items():
        for at in range(1, number + 1):
            file = place / pattern.format(at)
            file.parent.mkdir(parents=True, exist_ok=True)
            with file.open("wb") as stream:
                stream.truncate(size + at * 7919 % 50_000)
    (place / ".env").write_text("A=1", "utf-8")
    (place / "labels.csv").write_text("id,label\n1,cat\n", "utf-8")


def prepare(lab: Lab) -> None:
    """What is in the bucket already: all of it but the images; one file differs, and some are new."""
    study(lab.work / "data")
    lab.write(
        "study",
        [
            "%load_ext jupyter_resources",
            "%push data --to team -n",
            "%buckets add team ../team\n%push data --to team --include '.*(raw|labels|scan-00).*';",
        ],
    )
    (lab.work.parent / "team").mkdir()


def change(lab: Lab) -> None:
    with (lab.work / "data" / "labels.csv").open("a") as stream:
        stream.write("2,dog\n3,owl\n")
    for day in (3, 4):
        file = lab.work / "data" / f"raw/2026-11-{day:02}.csv"
        os.utime(file, (time.time(), time.time()))


def picture(opened: Opened, file: Path) -> None:
    opened.page.screenshot(path=str(file), clip=CLIP)  # type: ignore[arg-type]
    print(f"{file}: {file.stat().st_size // 1024} kB")


def main(arguments: list[str]) -> int:
    dark = Path(arguments[1]) if arguments[:1] == ["--dark"] and len(arguments) == 2 else None
    if arguments and dark is None:
        print("usage: python -m tests.tools.screenshot [--dark FILE]", file=sys.stderr)
        return 2
    with (
        tempfile.TemporaryDirectory(prefix="ana-", ignore_cleanup_errors=True) as home,
        jupyter.running(Path(home)) as lab,
        jupyter.browser() as browser,
    ):
        prepare(lab)
        opened = lab.open(browser, "study")
        page = opened.page
        page.set_viewport_size({"width": CLIP["width"], "height": CLIP["height"]})
        opened.run(0)
        opened.run(2)
        change(lab)
        page.evaluate("() => window.jupyterapp.commands.execute('application:toggle-left-area')")
        widget = opened.run(1).locator(".jtr-transaction")
        widget.wait_for()
        page.evaluate("() => document.activeElement.blur()")
        page.mouse.move(5, 5)
        page.wait_for_timeout(500)
        picture(opened, TARGET)
        if dark:
            opened.theme("JupyterLab Dark")
            page.wait_for_timeout(500)
            picture(opened, dark)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
