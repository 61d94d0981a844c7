"""The html after its notebook was saved, converted, published and stripped of everything that can be stripped."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from nbconvert import HTMLExporter
from nbconvert.preprocessors import ExecutePreprocessor
from nbformat.v4 import new_code_cell, new_notebook, new_output

from jupyter_resources.report import summary as picture
from jupyter_resources.testing.trees import tree
from tests.homes import home
from tests.report.page import Page
from tests.report.stories import HOSTILE, conflicts, done, everything, file, push

__all__ = ["home"]

HEADLINE = "Refused to push to s3://team-data/project: 3 conflicts (1 other file is ready)"
ROWS = [
    ["! conflict", "a.csv", "2.0 kB", "target differs: 1.0 kB there"],
    ["! conflict", "b.csv", "500 B", "target differs: same size, other content"],
    ["! conflict", "c.csv", "70 B", "cannot compare"],
    ["+ new", "new.csv", "10 B", ""],
]


def converted(bundle: dict[str, str], **options: object) -> str:
    """The page that nbconvert makes of a saved notebook with this output, without a kernel."""
    output = new_output("display_data", data=bundle)
    notebook = new_notebook(cells=[new_code_cell("%push data/", outputs=[output])])
    exporter = HTMLExporter(template_name="basic", **options)
    return str(exporter.from_notebook_node(notebook)[0])


@pytest.mark.parametrize("options", [{}, {"sanitize_html": True}])
def test_nbconvert_keeps_the_table(options: dict[str, object]) -> None:
    """The page shows headline, rows and advice, sanitised or not."""
    page = converted(picture.mimebundle(conflicts()), **options)
    table = Page(page)
    assert table.rows == ROWS
    assert HEADLINE in table.bold and "! conflict" in table.bold
    assert "--force (force=True) overwrites them" in page


def test_stripped_of_attributes_it_says_the_same() -> None:
    """GitHub and untrusted notebooks drop style, title and align: every word and sign is still there."""
    drawn = picture.html(conflicts())
    bare = re.sub(r"(<\w+)[^>]*>", r"\1>", drawn)
    assert "style" not in bare
    assert Page(bare).rows == Page(drawn).rows == ROWS


def test_only_tags_that_sanitisers_know() -> None:
    """Nothing that GitHub, JupyterLab or nbconvert would show as text or drop."""
    for summary in (done(), conflicts(), everything()):
        names = {element.split()[0] for element in Page(picture.html(summary)).elements}
        assert names <= {"div", "table", "tr", "td", "b", "span"}


def test_exact_bytes_are_a_hover_away() -> None:
    """A rounded size has the whole number as its title."""
    assert 'title="3,400,000 bytes"' in picture.html(done())


@pytest.mark.parametrize("options", [{}, {"sanitize_html": True}])
@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_names_in_a_saved_page(name: str, options: dict[str, object]) -> None:
    """The page has one more cell, and no element that the name asked for."""
    plain = Page(converted(picture.mimebundle(push(not_on_target=[file("a", 1)])), **options))
    hostile = Page(converted(picture.mimebundle(push(not_on_target=[file(name, 1)])), **options))
    assert hostile.elements == plain.elements
    assert [len(row) for row in hostile.rows] == [len(row) for row in plain.rows]


@pytest.mark.parametrize("store_widget_state", [True, False])
def test_a_notebook_that_a_program_runs(home: Path, store_widget_state: bool) -> None:
    """`nbconvert --execute` with its defaults: each result is there once, as a table; no widget, and none is stored."""
    for number in range(300):
        tree({f"data/{number:03}.txt": b"x"}, home / "work")
    cells = ["%load_ext jupyter_resources\n%push data -n", "plan = %push data;\n%sync data -n"]
    notebook = new_notebook(cells=[new_code_cell(cell) for cell in cells])
    resources = {"metadata": {"path": str(home / "work")}}
    run = ExecutePreprocessor(kernel_name="python3", store_widget_state=store_widget_state)
    notebook, _ = run.preprocess(notebook, resources)
    assert [len(cell.outputs) for cell in notebook.cells] == [1, 1]
    assert "widgets" not in notebook.metadata
    page = str(HTMLExporter(template_name="lab").from_notebook_node(notebook)[0])
    assert page.count("Would push 300 files") == 1
    assert page.count("data/000.txt</td>") == 1
    assert "widget-view" not in page and "Error displaying widget" not in page
