"""The operations on a real directory bucket, as every face runs them."""

from __future__ import annotations

import pytest

from jupyter_resources.api import dispatch
from jupyter_resources.api.messages import BucketList, Note, SummaryMessage
from jupyter_resources.api.operations import OPERATIONS
from jupyter_resources.api.problems import problem_of
from jupyter_resources.core import errors
from jupyter_resources.resources.remote_storage import RemoteStorage
from jupyter_resources.resources.workspace import Workspace


def ask(name, workspace=None, /, **values):
    """One operation on the workspace of the current directory."""
    return dispatch.run(workspace or Workspace(), name, dispatch.request_of(name, values))


@pytest.fixture(autouse=True)
def data(home):
    """Three files."""
    for path, text in {"a.txt": "one", "b.csv": "two", "deep/c.txt": "three"}.items():
        (home / "work" / "data" / path).parent.mkdir(parents=True, exist_ok=True)
        (home / "work" / "data" / path).write_text(text)
    return home / "work" / "data"


def test_push_and_pull(home):
    """There and back, through the default bucket."""
    assert len(ask("push", paths=["data"]).synced_files) == 3
    assert len(ask("pull", paths=["data"], into="back").synced_files) == 3
    assert (home / "work" / "back" / "data" / "deep" / "c.txt").read_text() == "three"


def test_a_workspace_of_another_directory(home, monkeypatch):
    """Relative paths start at the workspace's directory, not at the process's."""
    monkeypatch.chdir(home)
    workspace = Workspace(home / "work")
    ask("push", workspace, paths=["data/a.txt", str(home / "work" / "data" / "b.csv")])
    ask("pull", workspace, paths=["data/a.txt", "data/b.csv"], into="back")
    assert (home / "work" / "back" / "data" / "b.csv").read_text() == "two"


@pytest.mark.parametrize(
    ("typed", "key"),
    [
        ("{work}/data/a.txt", "data/a.txt"),
        ("{work}/data/../data/a.txt", "data/a.txt"),
        ("../work/data/a.txt", "data/a.txt"),
        ("~/work/data/a.txt", "data/a.txt"),
        ("{home}/linked/data/a.txt", "data/a.txt"),
        ("{work}/data/*.txt", "data/a.txt"),
        *((typed, None) for typed in ("/etc/hosts", "../beside", "{home}/beside", "{work}/data/../../beside", "~")),
    ],
)
def test_only_what_lies_in_the_directory_is_pushed(home, typed, key):
    """However it is spelled, it goes to the same name; what lies elsewhere is refused with one sentence."""
    (home / "beside").write_text("x")
    (home / "linked").symlink_to(home / "work")
    path = typed.format(home=home, work=home / "work")
    if key is None:
        with pytest.raises(errors.InvalidPath, match="lies outside of") as caught:
            ask("push", paths=[path])
        assert "%cd" in caught.value.hint
    else:
        assert ask("push", paths=[path]).synced_files[0].name.partition("/")[2] == key


def test_the_directory_itself_by_its_whole_name(home):
    """Is all that lies in it."""
    assert len(ask("sync", directory=str(home / "work")).synced_files) == 3


def test_a_pull_of_a_path_from_the_root_says_what_to_type():
    """Names in a bucket don't begin with `/`."""
    with pytest.raises(errors.InvalidPath, match="'/etc/hosts' lies outside of") as caught:
        ask("pull", paths=["/etc/hosts"])
    assert "(etc/hosts)" in caught.value.hint


def test_pulling_several_paths_gives_one_summary():
    """Counts add up."""
    ask("push", paths=["data"])
    summary = ask("pull", paths=["data/a.txt", "data/deep"], into="back")
    assert len(summary.synced_files) == 2
    assert not summary.interrupted


def test_a_conflict_on_one_path_stops_all(data):
    """Several paths are one transaction: nothing moves, and the error says so."""
    ask("push", paths=["data"])
    (data / "b.csv").write_text("changed")
    (data / "a.txt").unlink()
    with pytest.raises(errors.Conflict, match="nothing was changed") as caught:
        ask("pull", paths=["data/a.txt", "data/b.csv"])
    assert caught.value.summary.synced_files == [] and caught.value.summary.requires_force
    assert not (data / "a.txt").exists()


def test_a_missing_path_among_others_is_told_before_anything_moves(data):
    ask("push", paths=["data"])
    (data / "a.txt").unlink()
    with pytest.raises(errors.NotFound, match="nosuch"):
        ask("pull", paths=["data/a.txt", "nosuch"])
    assert not (data / "a.txt").exists()


def test_sync_without_yes_deletes_nothing(data, monkeypatch):
    """Not even what appeared on the target after the plan was made."""
    assert ask("sync", directory="data").sync_direction == "sync"
    (data / "new.txt").write_text("new")
    storage = Workspace().remote_storage()
    real = RemoteStorage.sync

    def and_then_another_writes(self, *args, **options):
        planned = real(self, *args, **options)
        assert options["dryrun"]
        (data / "foreign.txt").write_text("x")
        storage.push("data/foreign.txt")
        (data / "foreign.txt").unlink()
        return planned

    monkeypatch.setattr(RemoteStorage, "sync", and_then_another_writes)
    summary = ask("sync", directory="data")
    assert [one.name.rsplit("/", 1)[1] for one in summary.synced_files] == ["new.txt"]
    assert any(one.name.endswith("foreign.txt") for one in storage.list_objects(""))


def test_sync_asks_before_it_deletes_or_overwrites(data):
    """With yes it does both."""
    ask("sync", directory="data")
    (data / "a.txt").unlink()
    (data / "b.csv").write_text("changed")
    with pytest.raises(errors.Conflict, match="1 file would be deleted and 1 file would be overwritten"):
        ask("sync", directory="data")
    assert len(ask("sync", directory="data", dry_run=True).to_delete) == 1
    done = ask("sync", directory="data", yes=True)
    assert (len(done.deleted), len(done.synced_files)) == (1, 1)


def test_no_verb_sends_a_secret_unless_it_is_said(data):
    """Neither force nor yes is consent to that."""
    (data / ".env").write_text("TOKEN=1")
    (data / "id_rsa").write_text("key")
    for verb, values in (
        ("sync", {"directory": "data"}),
        ("sync", {"directory": "data", "yes": True}),
        ("push", {"paths": ["data"]}),
        ("push", {"paths": ["data"], "force": True}),
    ):
        ask(verb, **values)
    names = [one.name for one in Workspace().remote_storage().list_objects("data/")]
    assert not [name for name in names if name.endswith((".env", "id_rsa"))]
    ask("push", paths=["data"], secrets=True)
    assert len(Workspace().remote_storage().list_objects("data/")) == len(names) + 2


@pytest.mark.parametrize(
    ("name", "values", "error", "code"),
    [
        ("push", {"paths": ["nosuch"]}, errors.NotFound, "not-found"),
        ("pull", {"paths": ["nosuch"]}, errors.NotFound, "not-found"),
        ("push", {"paths": []}, errors.InvalidValue, "invalid"),
        ("push", {"paths": ["a"], "forse": True}, errors.InvalidValue, "invalid"),
        ("push", {"paths": ["data"], "to": "nosuch"}, errors.NotFound, "not-found"),
        ("nosuch", {}, errors.NotFound, "not-found"),
    ],
)
def test_errors_are_problems(name, values, error, code):
    """Each with a stable type, a title and a status."""
    with pytest.raises(error) as caught:
        ask(name, **values)
    problem = problem_of(caught.value)
    assert problem.type == f"jupyter-resources:{code}"
    assert problem.title and "\n" not in problem.title
    assert 400 <= problem.status < 500


@pytest.mark.parametrize(
    ("raised", "expected"),
    [
        (FileNotFoundError(2, "No such file", "x"), errors.NotFound),
        (PermissionError(13, "Permission denied", "x"), errors.Denied),
        (OSError(5, "Input/output error"), dispatch.Unexpected),
        (KeyError("x"), dispatch.Unexpected),
        (errors.NoSpace("full"), errors.NoSpace),
    ],
)
def test_whatever_goes_wrong_leaves_as_ours(monkeypatch, raised, expected):
    """With the cause kept."""

    def fail(*_, **__):
        raise raised

    monkeypatch.setattr(RemoteStorage, "push", fail)
    with pytest.raises(errors.ResourcesError) as caught:
        ask("push", paths=["data"])
    assert type(caught.value) is expected
    assert caught.value is raised or caught.value.__cause__ is raised


def test_the_summary_as_a_message(data):
    """Counts and bytes by state, a row a file; plain JSON."""
    ask("push", paths=["data/a.txt"])
    (data / "b.csv").write_text("longer")
    message = SummaryMessage.of(ask("push", paths=["data"]))
    assert message.direction == "push"
    assert message.counts == {"copy": 2, "keep": 1}
    assert message.sizes == {"copy": 11, "keep": 3}
    assert [row.path.rsplit("/", 1)[1] for row in message.rows] == ["a.txt", "b.csv", "c.txt"]
    assert SummaryMessage.model_validate_json(message.model_dump_json()) == message


def test_bucket_operations(home):
    """Add, list, show, create, rm: each answers with a message."""
    assert isinstance(ask("buckets.add", name="near", url="./store"), Note)
    listed = ask("buckets.list")
    assert isinstance(listed, BucketList)
    assert [(one.name, one.default, one.source) for one in listed.buckets] == [
        ("default", True, "default"),
        ("near", False, "user file"),
    ]
    ask("buckets.create", name="near")
    assert (home / "work" / "store").is_dir()
    shown = ask("buckets.show", name="near")
    assert {one.key: one.source for one in shown.settings}["profiles.near.root"] == "user file"
    ask("buckets.rm", name="near")
    assert [one.name for one in ask("buckets.list").buckets] == ["default"]
    assert (home / "work" / "store").is_dir()


def test_a_refused_credential_is_looked_up_again(monkeypatch):
    """After Unauthenticated the next call asks keyring and files anew."""
    workspace, forgotten = Workspace(), []
    monkeypatch.setattr(workspace, "forget_credentials", lambda: forgotten.append(True))

    def refuse(*_, **__):
        raise errors.Unauthenticated("no")

    monkeypatch.setattr(RemoteStorage, "push", refuse)
    with pytest.raises(errors.Unauthenticated):
        ask("push", workspace, paths=["data"])
    assert forgotten == [True]


@pytest.mark.parametrize("name", list(OPERATIONS))
def test_every_field_says_how_it_is_written(name):
    """Help text and a mark for faces that parse lines; a summary that fits a line."""
    operation = OPERATIONS[name]
    assert operation.summary and len(operation.summary) < 80 and operation.examples
    for field in operation.request.model_fields.values():
        assert field.description and field.description[0].islower() and not field.description.endswith(".")
        assert len([mark for mark in field.metadata if type(mark).__name__ in ("Flag", "Positional")]) == 1
