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


def test_pulling_several_paths_gives_one_summary():
    """Counts add up."""
    ask("push", paths=["data"])
    summary = ask("pull", paths=["data/a.txt", "data/deep"], into="back")
    assert len(summary.synced_files) == 2
    assert not summary.interrupted


def test_a_conflict_on_the_second_path_tells_of_the_first(data):
    """What was done before is in the error's summary."""
    ask("push", paths=["data"])
    (data / "b.csv").write_text("changed")
    (data / "a.txt").unlink()
    with pytest.raises(errors.Conflict) as caught:
        ask("pull", paths=["data/a.txt", "data/b.csv"])
    assert [one.name.rsplit("/", 1)[1] for one in caught.value.summary.synced_files] == ["a.txt"]
    assert caught.value.summary.requires_force


def test_sync_without_yes_deletes_nothing(data, monkeypatch):
    """Not even what appeared on the target after the plan was made."""
    assert ask("sync", directory="data").sync_direction == "sync"
    (data / "a.txt").write_text("changed")
    storage = Workspace().remote_storage()
    real = RemoteStorage.sync

    def and_then_another_writes(self, *args, **options):
        planned = real(self, *args, **options)
        if not options.get("dryrun"):
            return planned
        (data / "foreign.txt").write_text("x")
        storage.push("data/foreign.txt")
        (data / "foreign.txt").unlink()
        return planned

    monkeypatch.setattr(RemoteStorage, "sync", and_then_another_writes)
    summary = ask("sync", directory="data")
    assert [one.name.rsplit("/", 1)[1] for one in summary.synced_files] == ["a.txt"]
    assert any(one.name.endswith("foreign.txt") for one in storage.list_objects(""))


def test_sync_with_yes_mirrors(data):
    """Deletes included."""
    ask("sync", directory="data")
    (data / "a.txt").unlink()
    with pytest.raises(errors.Conflict, match="1 file on the target"):
        ask("sync", directory="data")
    assert len(ask("sync", directory="data", dry_run=True).to_delete) == 1
    assert len(ask("sync", directory="data", yes=True).deleted) == 1


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
