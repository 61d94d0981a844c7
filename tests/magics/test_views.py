"""Which answers get a widget, and how long it lives."""

from __future__ import annotations

import pytest

from jupyter_resources.magics.views import LASTING, VIEW, Views
from jupyter_resources.report.story import ROWS
from jupyter_resources.sync.summary import TransactionSummary
from jupyter_resources.widgets.transaction import TransactionWidget


class Shell:
    """What of IPython's shell is asked: which cell runs, for the how many-th time."""

    def __init__(self, cell="one"):
        self.execution_count = 1
        self.cell = cell

    def get_parent(self):
        return {"metadata": {"cellId": self.cell}}


@pytest.fixture
def closed(monkeypatch):
    """The widgets that were let go."""
    made = []
    monkeypatch.setattr(TransactionWidget, "close", lambda self: made.append(self.model_id))
    return made


def summary(number, *, dryrun):
    made = TransactionSummary(dryrun=dryrun, sync_direction="push")
    for at in range(number):
        made.add_entry(f"{at}.txt")
    return made


def beside(views, answer):
    return views.beside(answer, lambda bundle: None)


@pytest.mark.parametrize(
    ("files", "dryrun", "expected"),
    [(1, True, True), (0, True, False), (ROWS, False, False), (ROWS + 1, False, True)],
)
def test_what_html_says_completely_needs_none(files, dryrun, expected):
    """A plan has buttons, a long result rows that its html leaves out; both ask for the html to outlive them."""
    view = beside(Views(Shell()), summary(files, dryrun=dryrun))
    assert set(view) == ({VIEW, LASTING} if expected else set())


def test_another_run_of_the_cell_lets_go(closed):
    """Of the last run's, and of no other cell's nor its own."""
    shell = Shell()
    views = Views(shell)
    first, second = (beside(views, summary(1, dryrun=True))[VIEW]["model_id"] for _ in range(2))
    shell.cell, shell.execution_count = "another", 2
    beside(views, summary(1, dryrun=True))
    assert closed == []
    shell.cell, shell.execution_count = "one", 3
    beside(views, summary(1, dryrun=True))
    assert closed == [first, second]
