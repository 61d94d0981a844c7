"""What TAB offers: in a shell of this process, and over the protocol in a real kernel."""

from __future__ import annotations

import os
import socket
from pathlib import Path

import pytest
from IPython.core.completer import provisionalcompleter

from jupyter_resources import magics
from jupyter_resources.core.paths import joined
from jupyter_resources.magics.completion import IDENTIFIER
from jupyter_resources.magics.lines import split
from jupyter_resources.magics.unfinished import spelled, unfinished
from jupyter_resources.resources.seen import ROW_LETTERS, ROWS, SeenNames
from tests.magics.kernels import running


def offered(shell, cell, cursor=None):
    """What the cell becomes with each completion, as a front end puts them."""
    cursor = len(cell) if cursor is None else cursor
    with provisionalcompleter():
        found = list(shell.Completer.completions(cell, cursor))
    return [cell[: one.start] + one.text + cell[one.end :] for one in found]


@pytest.fixture
def typed(shell, home, capsys):
    """The shell after a push, with a second bucket and some odd local names."""
    (home / "work" / "dav.txt").write_text("x")
    (home / "work" / "my notes").mkdir()
    (home / "work" / "my notes" / "it's $5.txt").write_text("x")
    (home / "work" / ".hidden").write_text("x")
    (home / "store").mkdir()
    shell.run_cell(f"%buckets add near {home}/store")
    shell.run_cell("%push data")
    shell.run_cell("%push data --to near;")
    capsys.readouterr()
    return shell


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("%push da", ["%push data/", "%push dav.txt"]),
        ("x = 1\nx = %push da", ["x = 1\nx = %push data/", "x = 1\nx = %push dav.txt"]),
        ("%push data/", ["%push data/a.txt", '%push "data/b c.txt"']),
        ('%push "data/b', ['%push "data/b c.txt"']),
        ("%push 'data/b", ["%push 'data/b c.txt'"]),
        (r"%push data/b\ c", ['%push "data/b c.txt"']),
        ("%push my", ['%push "my notes/"']),
        ('%push "my notes/"', ['''%push "my notes/it's $$5.txt"''']),
        ("%push .h", ["%push .hidden"]),
        ("%push ", ["%push data/", "%push dav.txt", '%push "my notes/"']),
        ("%push dav.txt --dr", ["%push dav.txt --dry-run"]),
        ("%push -n data --d", ["%push -n data --delete"]),
        ("%push data --to ", ["%push data --to default", "%push data --to near"]),
        ("%push data --to=ne", ["%push data --to=near"]),
        ("%push data --to ./da", ["%push data --to ./data/"]),
        ("%pull data --into my", ['%pull data --into "my notes/"']),
        ("%pull da", ["%pull data/"]),
        ("%pull data/", ["%pull data/a.txt", '%pull "data/b c.txt"']),
        ("%pull --from near data/a", ["%pull --from near data/a.txt"]),
        ("%pull my", []),
        ("%buckets sh", ["%buckets show"]),
        ("%buckets show ne", ["%buckets show near"]),
        ("%buckets create ne", ["%buckets create near"]),
        ("%buckets rm ne", ["%buckets rm near"]),
        ("%buckets add x s3://b --credentials ke", ["%buckets add x s3://b --credentials keyring"]),
        ("%buckets add x s3://b --profile ne", ["%buckets add x s3://b --profile near"]),
        ("%buckets add x da", []),
        ("%buckets add x ./da", ["%buckets add x ./data/"]),
        ("%buckets doctor ne", ["%buckets doctor near"]),
        ("%sync da", ["%sync data/"]),
        ("%buckets nonsense x", []),
        ("%push zzz", []),
        ("%push data --to zzz", []),
        ("%push nowhere/at/all/", []),
    ],
)
def test_what_a_line_can_become(typed, line, expected):
    """Options, subcommands, local paths, buckets, profiles, and remote paths from what was seen."""
    assert offered(typed, line) == expected


def test_values(typed):
    """`$` offers names that can be words; one that is a path goes on as its value does, and nothing is evaluated."""
    typed.user_ns.update(folder="data", number=3)
    assert "%push $folder" in offered(typed, "%push $fo")
    assert offered(typed, "%push $num") == []
    assert offered(typed, "%push $folder/a") == ["%push $folder/a.txt"]
    assert offered(typed, "%push {folder}/b") == ['%push {folder}/"b c.txt"']
    typed.user_ns["count"] = []
    offered(typed, "%push {count.append(1)} da")
    assert typed.user_ns["count"] == []
    typed.user_ns.update(_mine="data", filled="data")
    typed.user_ns_hidden["filled"] = "data"  # as what IPython itself puts there
    assert offered(typed, "%push $fi") == [] and offered(typed, "%push $_") == []
    assert any("folder" in one for one in offered(typed, "%push {fol"))  # inside of an expression it is Python's turn


def test_no_object_of_the_users_is_asked(typed):
    """Neither its text nor its class: both may be code, as of a lazy proxy. A plain path has its value."""
    asked = []

    class Lazy:
        def __fspath__(self):
            asked.append("text")
            return "data"

        @property
        def __class__(self):
            asked.append("class")
            return str

    class Named(str):
        def __str__(self):
            asked.append("str")
            return "data"

        __fspath__ = __str__

    typed.user_ns.update(lazy=Lazy(), named=Named("data"), place=Path("data"))
    for line in ("%push $lazy/", "%push {named}/", "%push $la"):
        offered(typed, line)
    assert asked == []
    assert offered(typed, "%push $place/a") == ["%push $place/a.txt"]


def test_the_bucket_may_stand_behind_the_cursor(typed):
    """`%pull da| --from near` is completed from that bucket."""
    line = "%pull data/a --from near"
    assert offered(typed, line, len("%pull data/a")) == ["%pull data/a.txt --from near"]


def test_a_quote_behind_the_cursor_is_not_doubled(typed):
    """Front ends put it there while one types."""
    assert offered(typed, '%push "data/b"', len('%push "data/b')) == ['%push "data/b c.txt"']


@pytest.mark.parametrize("name", ["a b", "it's", 'a "b" c', "both ' and \"", "$HOME {x}", "a;", "x#y", "tail "])
@pytest.mark.parametrize("begun", ["", "'", '"'])
def test_what_is_offered_is_read_back(name, begun):
    """A name as it is spelled is one word of a line, and that name."""
    word = unfinished(begun, {})
    assert split(spelled(name, word) + " end", {"HOME": "no", "x": "no"}).words == [name, "end"]


def test_no_socket_is_opened(typed, monkeypatch):
    """Whatever bucket is named: only what is known here is looked at, also where nothing else is missing to ask."""
    place = "--endpoint http://192.0.2.1:9 --region us-east-1 --credentials none"
    typed.run_cell(f"%buckets add far s3://far-away/x {place};")
    opened = []
    monkeypatch.setattr(socket, "socket", lambda *given, **named: opened.append(given))
    monkeypatch.setattr(socket, "getaddrinfo", lambda *given, **named: opened.append(given))
    for line in ("%pull x --from far --into ", "%pull --from far x", "%push da --to fa", "%pull --from s3://other/y z"):
        offered(typed, line)
    assert opened == []


def test_hostile_names_are_never_offered(typed):
    """What can't be seen, or would end the line, isn't put on it."""
    from jupyter_resources.resources.seen import default_names, place_of

    workspace = typed.find_line_magic("push").__self__._resources.workspace
    spec = workspace.resolve_bucket().spec
    base = workspace.resolve_bucket().base_path
    names = ("h\x1b[2J", "h\u202etxt.exe", "h\u200b", "h\rx", "h\\x", "hello")
    keys = [joined(base, name) for name in names]
    default_names().changed(place_of("local", spec.root, spec.bucket, ""), keys, ())
    assert offered(typed, "%pull h") == ["%pull hello"]


def test_others_complete_everything_else(typed):
    """Our matcher has no say on other lines, and is gone with the extension."""
    assert any(one.startswith("%pushd") for one in offered(typed, "%pus"))
    assert any(one.endswith("import os") or "os" in one for one in offered(typed, "import o"))
    identifiers = [each.matcher_identifier for each in typed.Completer.custom_matchers]
    assert identifiers == [IDENTIFIER]
    magics.unload(typed)
    assert typed.Completer.custom_matchers == []


def test_seen_names_follow_listings(tmp_path):
    """A listing replaces what was known below its place, and nothing else."""
    seen = SeenNames(tmp_path / "new" / "names.sqlite")
    seen.listed("p", ["a"], ["a/x", "a/b/y", "a/b/z"])
    assert (seen.below("p", ""), seen.below("p", "a"), seen.below("p", "a/b")) == (["a/"], ["b/", "x"], ["y", "z"])
    seen.listed("p", ["c/one"], ["c/one"])
    seen.listed("p", ["a/b"], ["a/b/y"])
    assert (seen.below("p", ""), seen.below("p", "a/b"), seen.below("p", "c")) == (["a/", "c/"], ["y"], ["one"])
    seen.changed("p", ["a/w"], ["a/x"])
    assert seen.below("p", "a") == ["b/", "w"]
    seen.listed("p", ["b"], ["b/y"], "a/")
    assert (seen.below("p", "a"), seen.below("p", "a/b")) == (["b/", "w"], ["y"])
    seen.changed("p", [], ["a/b/y"])
    seen.listed("p", ["b"], ["b/y"], "a/")  # the same as before, but not of what is known
    assert seen.below("p", "a/b") == ["y"]
    seen.listed("p", ["a"], [])
    assert (seen.below("p", ""), seen.below("p", "a/b"), seen.below("other", "")) == (["c/"], [], [])
    seen.listed("p", [""], [])
    assert seen.below("p", "") == []


def test_seen_names_are_bounded_and_can_be_lost(tmp_path):
    """Rows and their length have an end; a damaged file is as good as none."""
    path = tmp_path / "names.sqlite"
    seen = SeenNames(path)
    seen.listed("p", [""], [f"{number:05}/x" for number in range(ROWS + 500)])
    seen.listed("q", [""], [f"{'x' * 200}{number:05}" for number in range(1000)])
    assert len("\n".join(seen.below("q", ""))) <= ROW_LETTERS
    path.write_bytes(b"no database at all" * 1000)
    assert seen.below("p", "") == []
    seen.changed("p", ["a"], [])
    assert seen.below("p", "") == ["a"]
    SeenNames("/dev/null/no/names.sqlite").listed("p", [""], ["a"])


def test_in_a_kernel(tmp_path):
    """Over the protocol."""
    work = tmp_path / "work"
    (work / "data").mkdir(parents=True)
    (work / ".git").mkdir()
    (work / "data" / "b c.txt").write_text("x")
    variables = {
        "HOME": str(tmp_path),
        "JUPYTER_CONFIG_DIR": str(tmp_path / "config"),
        "JUPYTER_DATA_DIR": str(tmp_path / "data"),
        "XDG_CACHE_HOME": str(tmp_path / "cache"),
        "IPYTHONDIR": str(tmp_path),
    }
    with running(str(work), {**os.environ, **variables}) as kernel:
        kernel.run("%load_ext jupyter_resources")

        def complete(cell):
            kernel.client.complete(cell, len(cell))
            reply = kernel.client.get_shell_msg(timeout=30)["content"]
            return [cell[: reply["cursor_start"]] + each for each in reply["matches"]]

        assert complete("x = %push da") == ["x = %push data/"]
        assert complete("1\n%push --dr") == ["1\n%push --dry-run"]
        assert complete("%pull zz") == []
        kernel.run("%push data")
        assert complete("1\n%pull data/b") == ['1\n%pull "data/b c.txt"']
        assert (tmp_path / "cache" / "jupyter_resources").stat().st_mode & 0o077 == 0


def test_what_was_deleted_is_not_offered(typed):
    """The names follow deletes too, by a push or by hand."""
    workspace = typed.find_line_magic("push").__self__._resources.workspace
    workspace.remote_storage().delete("data/a.txt")
    assert offered(typed, "%pull data/") == ['%pull "data/b c.txt"']
    typed.run_cell("%push data --to near -n;")
    (workspace.directory / "data" / "a.txt").unlink()
    typed.run_cell("%push data --to near --delete;")
    assert offered(typed, "%pull --from near data/") == ['%pull --from near "data/b c.txt"']
