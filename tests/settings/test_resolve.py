"""Which source wins, and what is said of values that can't be."""

from __future__ import annotations

from pathlib import Path

import pytest

from jupyter_resources.core.errors import InvalidValue, NotFound
from jupyter_resources.resources.workspace import Workspace
from jupyter_resources.settings.sources import given

LAB = '[profiles.lab]\nprovider = "s3"\nregion = "{}"\n'


@pytest.mark.parametrize(
    ("user", "project", "environment", "handed", "call", "expected", "source"),
    [
        ("", "", "", "", "", "default", "default"),
        ("user", "", "", "", "", "user", "user file"),
        ("user", "project", "", "", "", "user", "user file"),
        ("", "project", "", "", "", "project", "project file"),
        ("user", "project", "variable", "", "", "variable", "environment"),
        ("user", "project", "variable", "traitlets", "", "traitlets", "%config"),
        ("user", "project", "variable", "traitlets", "call", "call", "call"),
        ("user", "", "", "", "call", "call", "call"),
    ],
)
def test_the_last_source_wins(
    user_file, project_file, monkeypatch, user, project, environment, handed, call, expected, source
):
    """Defaults, project file, user file, environment, traitlets, call: each wins over those before it."""
    for path, value in ((user_file, user), (project_file, project)):
        path.write_text(f'default_bucket = "{value}"' if value else "")
    if environment:
        monkeypatch.setenv("JUPYTER_RESOURCES_DEFAULT_BUCKET", environment)
    layers = [given({"default_bucket": value}, name) for value, name in ((handed, "%config"), (call, "call")) if value]
    origin = Workspace(layers=layers).resolved.explain("default_bucket")
    assert (origin.value, origin.source) == (expected, source)


def test_tables_merge_key_by_key(user_file, monkeypatch):
    """One key of a table can come from another source than its neighbours, and each knows its own."""
    user_file.write_text(LAB.format("eu"))
    monkeypatch.setenv("JUPYTER_RESOURCES_PROFILES__LAB__REGION", "us")
    resolved = Workspace().resolved
    assert resolved.settings.profiles["lab"].region == "us"
    assert resolved.explain("profiles.lab.provider").where == str(user_file)
    assert resolved.explain("profiles.lab.region").where == "JUPYTER_RESOURCES_PROFILES__LAB__REGION"
    assert str(resolved.explain("profiles.lab.endpoint")) == "profiles.lab.endpoint = None, from default"


def test_pyproject_serves_as_the_project_file(home):
    """`[tool.jupyter-resources]`, found from below; jupyter_resources.toml beside it wins."""
    (home / "work" / "pyproject.toml").write_text('[tool.jupyter-resources]\ndefault_bucket = "there"\n')
    (home / "work" / "deep" / "er").mkdir(parents=True)
    workspace = Workspace(home / "work" / "deep" / "er")
    assert workspace.resolved.settings.default_bucket == "there"
    (home / "work" / "jupyter_resources.toml").write_text('default_bucket = "here"\n')
    assert workspace.resolved.settings.default_bucket == "here"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('default_buket = "x"', ["unknown setting 'default_buket'", "user file", "did you mean 'default_bucket'?"]),
        ('[profiles.lab]\nprovidr = "s3"', ["profiles.lab.providr", "did you mean 'provider'?"]),
        ('[profiles.lab]\nregion = "eu"', ["'profiles.lab.provider' is missing", "set provider there"]),
        ('[profiles.lab]\nprovider = "s3"\nsecret = "MARK"', ["profiles.lab.secret", "JUPYTER_RESOURCES_LAB_SECRET"]),
        ('[profiles.lab]\nprovider = "s3"\nendpoint = "lab:8333"', ["profiles.lab.endpoint", "http:// or https://"]),
        (
            '[profiles.lab]\nprovider = "s3"\nendpoint = "http://k:MARK@lab"',
            ["profiles.lab.endpoint", "no credentials"],
        ),
        ("[profiles.lab]\nprovider = 3", ["profiles.lab.provider", "valid string"]),
        ('[profiles."a b"]\nprovider = "s3"', ["profiles.a b", "letters, digits"]),
        ('default_bucket = "MARK', ["no valid TOML", "Unterminated string"]),
        ('default_bucket = "../up"', ["default_bucket", "letters, digits"]),
    ],
)
def test_a_bad_value_is_named_with_its_source_and_fix(user_file, text, expected):
    """Key, file and what to do; never the value, which may be a secret in the wrong place."""
    user_file.write_text(text)
    with pytest.raises(InvalidValue) as caught:
        _ = Workspace().resolved
    said = str(caught.value)
    assert all(part in said for part in [*expected, str(user_file)] if not part.startswith("JUPYTER")), said
    assert all(part in said for part in expected), said
    assert "MARK" not in said


def test_a_bad_variable_is_named(monkeypatch):
    """An environment variable is called by its own name."""
    monkeypatch.setenv("JUPYTER_RESOURCES_PROFILES__LAB__PROVIDR", "s3")
    with pytest.raises(InvalidValue, match="JUPYTER_RESOURCES_PROFILES__LAB__PROVIDR"):
        _ = Workspace().resolved


def test_explaining_an_unknown_key():
    """The nearest key is offered."""
    with pytest.raises(NotFound, match="default_bucket"):
        Workspace().resolved.explain("default_buckets")


def test_files_are_read_again_only_when_they_change(user_file):
    """The same value as long as nothing changed, the new one as soon as something did."""
    workspace = Workspace()
    first = workspace.resolved
    assert workspace.resolved is first
    user_file.write_text('default_bucket = "new"')
    assert workspace.resolved.settings.default_bucket == "new"


def test_without_configuration_a_directory_is_the_bucket(home):
    """Bucket `default` below Jupyter's data directory, apart from other projects' files by name and id."""
    found = Workspace().resolve_bucket()
    assert (found.spec.provider, found.spec.bucket) == ("local", "default")
    assert found.spec.root == str(home / "data" / "jupyter_resources")
    name, _, digest = found.base_path.rpartition("-")
    assert name == "work"
    assert len(digest) == 8 and int(digest, 16) >= 0


def test_a_project_can_name_itself(project_file):
    """So that clones in other places share their files."""
    project_file.write_text('[project]\nname = "genome"\nid = "7f3a"\n')
    assert Workspace().resolve_bucket().base_path == "genome-7f3a"


def test_two_projects_of_one_name_do_not_meet(home):
    """The id tells them apart."""
    for parent in ("a", "b"):
        (home / parent / "x" / ".git").mkdir(parents=True)
    assert Workspace(home / "a" / "x").project_name != Workspace(home / "b" / "x").project_name


@pytest.mark.parametrize("path", ["user", "project"])
def test_a_settings_file_that_is_a_directory(user_file, project_file, path):
    """It is said, for the user's file; a directory called like the project's file is none."""
    {"user": user_file, "project": project_file}[path].mkdir()
    if path == "project":
        assert Workspace().resolved.settings.default_bucket == "default"
    else:
        with pytest.raises(InvalidValue, match="can't be read"):
            _ = Workspace().resolved


def test_every_value_has_an_origin(user_file: Path):
    """`explain_all` leaves nothing out."""
    user_file.write_text(LAB.format("eu"))
    keys = {origin.key: origin.source for origin in Workspace().resolved.explain_all()}
    assert keys["profiles.lab.region"] == "user file"
    assert keys["buckets.default.bucket"] == "default"
