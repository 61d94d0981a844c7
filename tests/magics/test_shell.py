"""The magics in a real IPython shell of this process."""

from __future__ import annotations

import sys

import pytest
from IPython.core.oinspect import getdoc

from jupyter_resources import magics
from jupyter_resources.core import errors
from jupyter_resources.settings.sources import user_file_path
from jupyter_resources.sync.summary import TransactionSummary


def run(shell, cell, capsys=None):
    """The cell's result; what it printed is thrown away."""
    result = shell.run_cell(cell, store_history=True)
    if capsys is not None:
        capsys.readouterr()
    return result


def test_push_shows_its_summary_as_out(shell, capsys):
    """One line does it, and the result is Out[1]."""
    result = run(shell, "%push data")
    out = capsys.readouterr().out
    assert isinstance(result.result, TransactionSummary)
    assert len(result.result.synced_files) == 2
    assert out.startswith("Out[1]: ")
    assert "Pushed 2 files" in out
    assert "b c.txt" in out


def test_there_and_back(shell, home, capsys):
    """The same bytes."""
    run(shell, "%push data")
    run(shell, "%pull data --into back")
    assert (home / "work" / "back" / "data" / "b c.txt").read_text() == "two"


def test_assignment_is_silent_and_evaluating_shows(shell, capsys):
    """`s = %push data` prints nothing in a terminal, `s` shows the summary."""
    run(shell, "s = %push data")
    assert capsys.readouterr().out == ""
    run(shell, "s")
    assert "Pushed 2 files" in capsys.readouterr().out


@pytest.mark.parametrize("line", ["%push data;", "%push data ;", "%buckets list;", "s = %push data;", "%push data -n;"])
def test_a_semicolon_shows_nothing(shell, capsys, line):
    """But it is done, and an assignment still gets the object."""
    assert run(shell, line).success
    assert capsys.readouterr() == ("", "")
    if line.startswith("s ="):
        assert len(shell.user_ns["s"].synced_files) == 2


def test_values(shell, home, capsys):
    """A value with blanks is one path; a local variable of a function is seen."""
    run(shell, "name = 'data/b c.txt'")
    assert len(run(shell, "%push {name}").result.synced_files) == 1
    run(shell, "def f(what):\n    s = %push '$what' -n\n    return s\n")
    assert len(run(shell, "f('data/a.txt')").result.files_to_sync) == 1
    assert len(run(shell, "import glob\n%push {sorted(glob.glob('data/*'))} -n").result.files_to_sync) == 1


def test_an_absolute_path_in_the_directory_is_the_relative_one(shell, home, capsys):
    """Both spellings mean one object."""
    run(shell, "%push data")
    assert run(shell, f"%push {home}/work/data").result.files_to_sync == []


def test_a_conflict_is_one_line_and_the_line_to_type(shell, home, capsys):
    """After the summary; the cell fails, nothing is changed; the line then works."""
    run(shell, "%push data")
    (home / "work" / "data" / "a.txt").write_text("changed")
    capsys.readouterr()
    result = run(shell, "%push data --verify")
    out = capsys.readouterr().out
    assert isinstance(result.error_in_exec, errors.Conflict)
    assert out.index("Refused") < out.index("nothing was changed")
    assert "→ %push data --verify --force" in out
    assert "Traceback" not in out
    assert run(shell, result.error_in_exec.hint).success


def test_sync_asks_before_it_deletes(shell, home, capsys):
    """It shows the plan and waits for --yes; without deletes it goes ahead."""
    assert run(shell, "%sync data").success
    (home / "work" / "data" / "a.txt").unlink()
    (home / "work" / "data" / "new.txt").write_text("n")
    result = run(shell, "%sync data")
    assert isinstance(result.error_in_exec, errors.Conflict)
    assert result.error_in_exec.hint == "%sync data --yes"
    assert "a.txt" in capsys.readouterr().out
    done = run(shell, "%sync data --yes").result
    assert [one.name.rsplit("/", 1)[1] for one in done.deleted] == ["a.txt"]


@pytest.mark.parametrize(
    ("line", "error", "expected"),
    [
        ("%push nosuch", errors.NotFound, "nosuch"),
        ("%push data/*.none", errors.NotFound, "*.none"),
        ("%push data --to defalt", errors.NotFound, "did you mean 'default'?"),
        ("%push --fore data", errors.InvalidValue, "did you mean '--force'?"),
        ("%push {nosuch}", errors.InvalidValue, "NameError"),
        ("%push 'data", errors.InvalidValue, "not closed"),
        ("%push", errors.InvalidValue, "PATH"),
        ("%pull nosuch", errors.NotFound, "nosuch"),
        ("%pull ../up", errors.ResourcesError, ".."),
        ("%buckets shwo", errors.InvalidValue, "did you mean 'show'?"),
        ("%buckets show defalt", errors.NotFound, "did you mean 'default'?"),
        ("%buckets rm default", errors.InvalidValue, "can't be forgotten"),
        ("%buckets add x nowhere", errors.InvalidValue, "s3://"),
    ],
)
def test_errors_are_two_lines_and_stop(shell, capsys, line, error, expected):
    """What failed and what to do; no traceback, and the cell fails."""
    result = run(shell, line)
    out = capsys.readouterr().out
    assert isinstance(result.error_in_exec, error)
    assert expected in out
    assert "Traceback" not in out and 'File "' not in out
    assert len(out.strip().splitlines()) <= 2


def test_hostile_names_are_spelled_out(shell, capsys):
    """Control characters of a name never reach the terminal."""
    run(shell, r"bad = 'x\x1b[31m\u202ey'")
    run(shell, "%push {bad}")
    out = capsys.readouterr().out
    assert "\x1b" not in out and "\u202e" not in out
    assert r"\x1b[31m" in out


def test_help(shell, capsys):
    """`--help` prints what `?` shows: made from the operations table."""
    assert run(shell, "%push --help").result is None
    help_text = capsys.readouterr().out
    assert "--dry-run" in help_text
    run(shell, "%buckets --help")
    assert "%buckets add NAME URL" in capsys.readouterr().out
    assert getdoc(shell.find_line_magic("push")).strip() == help_text.strip()


def test_buckets(shell, home, capsys):
    """Add, list, show, use, forget."""
    (home / "store").mkdir()
    run(shell, f"%buckets add near {home}/store")
    run(shell, "%push data --to near")
    assert (home / "store" / "data" / "a.txt").exists()
    run(shell, "%buckets")
    out = capsys.readouterr().out
    assert "default (default)" in out and "near" in out and str(user_file_path()) in out
    run(shell, "%buckets show near")
    assert "profiles.near.root" in capsys.readouterr().out
    run(shell, "%buckets rm near")
    assert "stays where it is" in capsys.readouterr().out
    assert (home / "store" / "data" / "a.txt").exists()


def test_settings_of_the_shell_win(shell, home, capsys):
    """`%config JupyterResources.default_bucket` is the traitlets layer."""
    run(shell, "%buckets add near ./store\n%buckets create near")
    run(shell, "%config JupyterResources.default_bucket = 'near'")
    run(shell, "%push data")
    assert (home / "work" / "store" / "data" / "a.txt").exists()


def test_an_unexpected_error_is_one_line_too(shell, monkeypatch, capsys):
    """Ours to mend, and it says where it happened."""
    from jupyter_resources.resources.remote_storage import RemoteStorage

    monkeypatch.setattr(RemoteStorage, "push", lambda *_, **__: 1 / 0)
    result = run(shell, "%push data")
    out = capsys.readouterr().out
    assert result.error_in_exec.code == "internal"
    assert "ZeroDivisionError" in out and "test_shell.py" in out and "please report" in out


def test_unloading_leaves_nothing(shell):
    """No magic, no formatter, no settings class."""
    magics.unload(shell)
    assert not [name for name in ("push", "pull", "sync", "buckets") if shell.find_line_magic(name)]
    assert not [one for one in shell.configurables if "jupyter_resources" in type(one).__module__]
    for formatter in (*shell.display_formatter.formatters.values(), shell.display_formatter.ipython_display_formatter):
        assert TransactionSummary not in formatter.type_printers
        assert ("jupyter_resources.sync.summary", "TransactionSummary") not in formatter.deferred_printers
    magics.load(shell)
    before = len(shell.configurables)
    magics.load(shell)
    assert len(shell.configurables) == before


def test_the_workspace_is_made_once_and_files_are_read_once(shell, monkeypatch, capsys):
    """The second line parses no settings file."""
    from jupyter_resources.settings import sources

    run(shell, "%push data")
    read = []
    monkeypatch.setattr(sources, "_tables", lambda path: read.append(path) or {})
    run(shell, "%push data -n")
    assert read == []


@pytest.mark.skipif("coverage" in sys.modules, reason="measures")
def test_later_calls_read_no_settings(shell, monkeypatch):
    """One workspace a kernel; settings files are parsed again only when they changed."""
    from jupyter_resources.resources.remote_storage import RemoteStorage
    from jupyter_resources.settings import sources

    answer = TransactionSummary(sync_direction="push")
    monkeypatch.setattr(RemoteStorage, "push", lambda *_, **__: answer)
    settings = sources.user_file_path()
    settings.parent.mkdir(parents=True, exist_ok=True)
    settings.write_text('default_bucket = "default"\n')
    run(shell, "%push data")
    parsed = []
    loads = sources.loads
    monkeypatch.setattr(sources, "loads", lambda text: parsed.append(text) or loads(text))
    for _ in range(20):
        shell.run_line_magic("push", "data;")
    assert parsed == []
    settings.write_text('# changed\ndefault_bucket = "default"\n')
    shell.run_line_magic("push", "data;")
    assert len(parsed) == 2  # for whose settings are trusted, and for what they say
