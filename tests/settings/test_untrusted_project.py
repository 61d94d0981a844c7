"""A project's file comes with a clone: what it must not be able to do."""

from __future__ import annotations

import os
import tomllib

import pytest

from jupyter_resources.core.errors import Denied, InvalidPath, InvalidValue
from jupyter_resources.core.records import small_text
from jupyter_resources.resources.workspace import Workspace
from jupyter_resources.settings.toml import loads

USER = """
default_bucket = "team"
[profiles.lab]
provider = "s3"
region = "eu"
endpoint = "https://lab.example"
[buckets.team]
profile = "lab"
bucket = "team-data"
"""
EVIL = '[profiles.{}]\nprovider = "s3"\nregion = "eu"\nendpoint = "https://evil.example"\n'
BUCKET = '[buckets.{}]\nprofile = "{}"\nbucket = "theirs"\n'


@pytest.fixture(autouse=True)
def credentials(monkeypatch):
    """The user has credentials for several things."""
    for name in ("LAB", "S3", "NEW", "AWSISH"):
        monkeypatch.setenv(f"JUPYTER_RESOURCES_{name}_KEY", "key")
        monkeypatch.setenv(f"JUPYTER_RESOURCES_{name}_SECRET", "secret")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "aws")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "aws")
    monkeypatch.setenv("MINIO_ROOT_USER", "minio")
    monkeypatch.setenv("MINIO_ROOT_PASSWORD", "minio")


@pytest.mark.parametrize(
    "project",
    [
        EVIL.format("lab"),
        '[profiles.lab]\nendpoint = "https://evil.example"\n',
        BUCKET.format("team", "lab"),
        EVIL.format("evil") + BUCKET.format("team", "evil"),
        '[buckets.team]\nbase_path = "x"\n',
    ],
)
def test_it_cannot_change_what_is_the_users_own(user_file, project_file, project):
    """Neither a profile's endpoint nor where a bucket's name leads; and the list says that it tried."""
    user_file.write_text(USER)
    before = Workspace().resolve_bucket("team")
    project_file.write_text(project)
    workspace = Workspace()
    assert workspace.resolve_bucket("team") == before
    assert workspace.resolved.ignored


@pytest.mark.parametrize("name", ["new", "s3", "awsish"])
@pytest.mark.parametrize("endpoint", [True, False])
@pytest.mark.parametrize("where", ["auto", "environment", "aws", "none"])
@pytest.mark.parametrize("provider", ["s3", "minio", "s3_us_west"])
def test_its_own_profiles_get_no_credentials(project_file, name, endpoint, where, provider):
    """Whatever they are called, and with or without an endpoint, until the user has said so."""
    text = EVIL.format(name).replace('"s3"', f'"{provider}"') + f'credentials = "{where}"\n'
    project_file.write_text((text if endpoint else text.replace("endpoint", "#")) + BUCKET.format("theirs", name))
    with pytest.raises(Denied, match="comes with the project's file") as caught:
        Workspace().resolve_bucket("theirs")
    assert caught.value.hint == f"if you trust it: %buckets trust {name}"


def test_nor_by_a_url(project_file):
    """A plain s3:// URL does not go to the server that the project calls `s3`."""
    project_file.write_text(EVIL.format("s3"))
    for url in ("s3://data/x", "s3://s3@data/x"):
        with pytest.raises(Denied):
            Workspace().resolve_bucket(url)


def test_nor_with_half_a_profile_from_the_environment(project_file, monkeypatch):
    """A variable that completes the project's profile makes it no more trusted."""
    project_file.write_text(EVIL.format("new") + BUCKET.format("theirs", "new"))
    monkeypatch.setenv("JUPYTER_RESOURCES_PROFILES__NEW__REGION", "us")
    with pytest.raises(Denied):
        Workspace().resolve_bucket("theirs")
    monkeypatch.setenv("JUPYTER_RESOURCES_PROFILES__NEW__PROVIDER", "s3")
    with pytest.raises(Denied):
        Workspace().resolve_bucket("theirs")
    monkeypatch.setenv("JUPYTER_RESOURCES_PROFILES__NEW__ENDPOINT", "https://mine.example")
    assert Workspace().resolve_bucket("theirs").spec.endpoint == "https://mine.example"


def test_trust_is_for_what_was_seen(user_file, project_file):
    """After `%buckets trust` it works; when the project's file changes later, what was trusted stays."""
    project_file.write_text(EVIL.format("new") + BUCKET.format("theirs", "new"))
    Workspace().trust_profile("new")
    assert Workspace().resolve_bucket("theirs").spec.endpoint == "https://evil.example"
    project_file.write_text(EVIL.format("new").replace("evil", "worse") + BUCKET.format("theirs", "new"))
    assert Workspace().resolve_bucket("theirs").spec.endpoint == "https://evil.example"


def test_a_trusted_directory_is_that_one(home, project_file):
    """A root outside is then allowed, and relative to no other project."""
    project_file.write_text('[profiles.near]\nprovider = "local"\nroot = "../shared"\n' + BUCKET.format("near", "near"))
    assert Workspace().trust_profile("near").root == str(home / "shared")
    assert Workspace().resolve_bucket("near").spec.root == str(home / "shared")
    (home / "deep" / "other" / ".git").mkdir(parents=True)
    assert Workspace(home / "deep" / "other").resolved.settings.profiles["near"].root == str(home / "shared")


def test_a_bucket_on_the_users_profile_is_allowed(user_file, project_file):
    """That is what a project's file is for: the team's bucket, reached as each member reaches it."""
    user_file.write_text(USER)
    project_file.write_text(BUCKET.format("ours", "lab"))
    found = Workspace().resolve_bucket("ours")
    assert (found.spec.endpoint, found.spec.bucket) == ("https://lab.example", "theirs")
    assert found.origin is not None and found.origin.foreign


def test_nor_where_a_plain_push_goes(user_file, project_file):
    """Who has a default bucket keeps it, also where the project's is on one's own profile; `--to` names that one."""
    user_file.write_text(USER)
    project_file.write_text('default_bucket = "ours"\n' + BUCKET.format("ours", "lab"))
    workspace = Workspace()
    assert workspace.resolve_bucket().spec.bucket == "team-data"
    assert workspace.resolve_bucket("ours").spec.bucket == "theirs"
    assert workspace.resolved.ignored == ["default_bucket"]
    user_file.write_text(USER.replace('default_bucket = "team"', ""))
    assert workspace.resolve_bucket().spec.bucket == "theirs"
    assert workspace.resolved.ignored == []


@pytest.mark.parametrize("root", ["/etc", "~", "..", "../other", "link"])
def test_its_directories_stay_in_the_project(home, project_file, root):
    """A local bucket of the project cannot be the user's home, nor a link that leads there."""
    (home / "work" / "link").symlink_to(home)
    project_file.write_text(f'[profiles.near]\nprovider = "local"\nroot = "{root}"\n' + BUCKET.format("near", "near"))
    with pytest.raises(Denied, match="outside the project"):
        Workspace().resolve_bucket("near")


def test_nor_by_a_link_as_bucket(home, project_file):
    """The bucket and its base path are followed to their end."""
    (home / ".ssh").mkdir()
    (home / "work" / "store").mkdir()
    (home / "work" / "store" / "theirs").symlink_to(home / ".ssh")
    project_file.write_text('[profiles.near]\nprovider = "local"\nroot = "store"\n' + BUCKET.format("near", "near"))
    with pytest.raises(Denied, match="outside the project"):
        Workspace().resolve_bucket("near")


def test_inside_it_may(home, project_file):
    """A directory of the project as bucket."""
    project_file.write_text('[profiles.near]\nprovider = "local"\nroot = "store"\n' + BUCKET.format("near", "near"))
    assert Workspace().resolve_bucket("near").spec.root == str(home / "work" / "store")


@pytest.mark.parametrize("path", ["../other", "/etc/..", "a/../../b"])
def test_a_base_path_does_not_climb(user_file, project_file, path):
    """Out of the part of a bucket that is the project's."""
    user_file.write_text(USER)
    project_file.write_text(BUCKET.format("ours", "lab") + f'base_path = "{path}"\n')
    with pytest.raises(InvalidPath):
        Workspace().resolve_bucket("ours")


def test_nor_by_a_directory_of_the_users(home, user_file, project_file):
    """A clone that guesses the name of a user's directory gets none of its neighbours, `.ssh` for one."""
    user_file.write_text(
        f'[profiles.docs]\nprovider = "local"\nroot = "{home}"\n[buckets.docs]\nprofile = "docs"\nbucket = "docs"\n'
    )
    project_file.write_text('default_bucket = "team"\n[buckets.team]\nprofile = "docs"\nbucket = ".ssh"\n')
    with pytest.raises(Denied, match="outside the project"):
        Workspace().remote_storage()
    assert Workspace().resolve_bucket("docs").spec.bucket == "docs"


def test_the_built_in_place_is_free(project_file):
    """A team may name its bucket there."""
    project_file.write_text('default_bucket = "team"\n[buckets.team]\nprofile = "local"\nbucket = "team"\n')
    assert Workspace().resolve_bucket().spec.bucket == "team"


def test_a_settings_file_without_end_is_an_error(project_file):
    """Nor is memory filled by a huge one, or by a link to a device."""
    project_file.write_text("# comment\n" * 200_000)
    with pytest.raises(InvalidValue, match="more than"):
        Workspace().resolve_bucket()
    project_file.write_text("# comment\n" * 7_000)
    with pytest.raises(InvalidValue, match="more than 64 KiB"):
        Workspace().resolve_bucket()
    with pytest.raises(OSError, match="no regular file"):
        small_text("/dev/zero")


@pytest.mark.parametrize(
    "text",
    [
        "a." * 10_000 + "a = 1",
        '"a" . ' * 10_000 + "a = 1",
        "[" + "a." * 10_000 + "a]",
        "a = " + "[" * 20_000,
        "a = " + "{a = " * 9_000,
    ],
    ids=["keys", "quoted", "header", "arrays", "tables"],
)
def test_a_deep_settings_file_is_not_read(project_file, text, monkeypatch):
    """The parser isn't asked: it would take minutes, or the whole stack."""
    monkeypatch.setattr(tomllib, "loads", lambda text: pytest.fail("asked") if text else {})
    project_file.write_text(text)
    with pytest.raises(InvalidValue, match="nested more than 32 deep"):
        Workspace().resolve_bucket()


@pytest.mark.parametrize("text", ["9" * 5_000, '"""' + '\\"""' * 9_000 + "\\", '"' + '\\"' * 30_000])
def test_nor_does_another_one_take_long(project_file, text):
    """A number that Python doesn't read, strings that aren't closed."""
    project_file.write_text(f"a = {text}")
    with pytest.raises(InvalidValue, match="no valid TOML"):
        Workspace().resolve_bucket()


def test_what_only_looks_deep_is_read():
    """Brackets and dots in strings and comments are neither."""
    text = f"""# {"[" * 99}
a = "{"." * 99}[[[ \\" # ["
b = 'C:\\{"[" * 99}'
c = '''"{"{" * 99}'''
d = [{", ".join(["1.5"] * 99)}]
"""
    assert list(loads(text)) == ["a", "b", "c", "d"]
    assert loads("a." * 32 + "a = 1")
    with pytest.raises(ValueError, match="32 deep"):
        loads("a." * 33 + "a = 1")


def test_names_are_short(project_file):
    """Each may be shown in a sentence."""
    project_file.write_text(EVIL.format("new").replace('"s3"', f'"{"x" * 65}"'))
    with pytest.raises(InvalidValue, match="at most 64 characters") as caught:
        Workspace().resolve_bucket()
    assert "xxx" not in str(caught.value)


@pytest.fixture
def given_away(monkeypatch):
    """Makes a file, or a link, another user's."""

    def give(path):
        if os.getuid() == 0:
            os.chown(path, 65534, 65534, follow_symlinks=False)
        else:
            mine = os.getuid()
            monkeypatch.setattr(os, "getuid", lambda: mine + 1)

    return give


def test_another_users_file_is_not_obeyed(home, user_file, given_away, recwarn):
    """On a machine that is shared, in a directory above where one works; until one's own file says that it may."""
    shared = home / "shared"
    (shared / "mine").mkdir(parents=True)
    theirs = shared / "jupyter_resources.toml"
    theirs.write_text('default_bucket = "theirs"')
    assert Workspace(shared / "mine").resolved.settings.default_bucket == "theirs"
    given_away(theirs)
    workspace = Workspace(shared / "mine")
    for _ in range(2):
        assert workspace.resolved.settings.default_bucket == "default"
        assert workspace.project.root == shared / "mine"
    (said,) = recwarn
    assert str(theirs) in str(said.message) and f'trusted_directories = ["{shared}"] in {user_file}' in str(
        said.message
    )
    user_file.write_text(f'trusted_directories = ["{shared}"]')
    assert workspace.resolved.settings.default_bucket == "theirs"
    assert workspace.project.root == shared
    assert len(recwarn) == 1


def test_nor_one_that_anybody_may_write(project_file):
    project_file.write_text('default_bucket = "theirs"')
    project_file.chmod(0o666)
    with pytest.warns(UserWarning, match="is not obeyed"):
        assert Workspace().resolved.settings.default_bucket == "default"


def test_nor_another_users_link_or_pyproject(home, project_file, given_away):
    """A link to a file of one's own, too: roots of directories begin where it lies."""
    (home / "own.toml").write_text('default_bucket = "elsewhere"')
    project_file.symlink_to(home / "own.toml")
    given_away(project_file)
    with pytest.warns(UserWarning, match="is not obeyed"):
        assert Workspace().resolved.settings.default_bucket == "default"
    project_file.unlink()
    pyproject = home / "work" / "pyproject.toml"
    pyproject.write_text('[tool.jupyter-resources]\ndefault_bucket = "theirs"')
    given_away(pyproject)
    with pytest.warns(UserWarning, match="is not obeyed"):
        assert Workspace().resolved.settings.default_bucket == "default"


def test_a_project_does_not_say_whom_to_trust(project_file):
    """Only one's own file does."""
    project_file.write_text('trusted_directories = ["/"]')
    assert Workspace().resolved.settings.trusted_directories == []


def test_a_pyproject_that_says_nothing_of_us_is_not_read(home):
    """However broken or deep it is."""
    (home / "work" / "pyproject.toml").write_text("a." * 10_000)
    assert Workspace().resolve_bucket().name == "default"
