"""Naming, forgetting and finding buckets; and what it does to the user's file."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from jupyter_resources.api import dispatch
from jupyter_resources.core.errors import (
    AlreadyExists,
    InvalidPath,
    InvalidValue,
    NotFound,
    ResourcesError,
    Unsupported,
)
from jupyter_resources.magics import pictures
from jupyter_resources.resources.bucket_settings import MADE
from jupyter_resources.resources.workspace import Workspace

USER = """# mine
default_bucket = "team"  # ours

[profiles.lab]  # the lab's server
provider = "s3"
endpoint = "http://127.0.0.1:8333"
region = "us-east-1"
[buckets.team]
profile = "lab"
bucket = "team-data"
base_path = "projects/{project}"
"""


def listed():
    """What `%buckets` asks."""
    return dispatch.request_of("buckets.list", {})


@pytest.fixture(autouse=True)
def key(monkeypatch):
    """There are credentials for everything."""
    for name in ("LAB", "S3", "NEW", "B2"):
        monkeypatch.setenv(f"JUPYTER_RESOURCES_{name}_KEY", "key")
        monkeypatch.setenv(f"JUPYTER_RESOURCES_{name}_SECRET", "secret")


@pytest.mark.parametrize(
    ("place", "expected"),
    [
        (None, ("s3", "team-data", "http://127.0.0.1:8333")),
        ("team", ("s3", "team-data", "http://127.0.0.1:8333")),
        ("s3://data/a/b", ("s3", "data", None)),
        ("s3://lab@data/a%20b/", ("s3", "data", "http://127.0.0.1:8333")),
        (".", ("local", "work", None)),
        ("~/work", ("local", "work", None)),
        ("default", ("local", "default", None)),
    ],
)
def test_a_bucket_by_name_url_or_directory(user_file, place, expected):
    """A bare word is a name; what has a scheme or a slash is a place."""
    user_file.write_text(USER)
    spec = Workspace().resolve_bucket(place).spec
    assert (spec.provider, spec.bucket, spec.endpoint) == expected


def test_base_paths(user_file):
    """From the settings with the project's name, or from the URL."""
    user_file.write_text(USER)
    workspace = Workspace()
    assert workspace.resolve_bucket("team").base_path == f"projects/{workspace.project_name}"
    assert workspace.resolve_bucket("s3://lab@data/a%20b/").base_path == "a b"


@pytest.mark.parametrize(
    ("place", "error", "expected"),
    [
        ("tem", NotFound, "did you mean 'team'?"),
        ("nothing-like-it", NotFound, "%buckets lists them"),
        ("work2", NotFound, "a directory is written ./work2"),
        ("./missing", NotFound, "mkdir -p"),
        ("s3://nolab@data", NotFound, "did you mean 'lab'?"),
        ("ftp://data", InvalidValue, "s3://"),
        ("s3://key:s3cr3t@data", InvalidValue, "belong to a profile"),
        ("s3://host:9000/data", InvalidValue, "belong to a profile"),
        ("s3://data/../up", InvalidPath, "rename it"),
        ("s3://Data!/x", InvalidValue, "letters, digits"),
        ("s3://x y", InvalidValue, "letters, digits"),
        ("s3://data/x?versionId=1", InvalidValue, "s3://bucket/path"),
        ("gs://lab@data", InvalidValue, "its URLs begin with s3://"),
        ("file://other/x", InvalidValue, "three slashes"),
    ],
)
def test_a_bucket_that_cannot_be_is_named_with_the_fix(user_file, home, place, error, expected):
    """One sentence, one hint, never a password."""
    user_file.write_text(USER)
    (home / "work" / "work2").mkdir()
    with pytest.raises(error) as caught:
        Workspace().resolve_bucket(place)
    assert expected in str(caught.value)
    assert "s3cr3t" not in str(caught.value)


def test_adding_keeps_what_is_there(user_file):
    """Comments and order stay, the new tables come at the end; the file stays the user's alone."""
    user_file.write_text(USER)
    workspace = Workspace()
    workspace.add_bucket("more", "s3://lab@more/x")
    workspace.add_bucket("new", "s3://data", connection={"endpoint": "https://new.example", "region": "eu"})
    text = user_file.read_text()
    assert text.startswith('# mine\ndefault_bucket = "team"  # ours\n')
    assert "[profiles.lab]  # the lab's server\n" in text
    assert workspace.bucket_names() == ["team", "default", "more", "new"]
    assert workspace.resolve_bucket("new").spec.endpoint == "https://new.example"
    assert workspace.resolve_bucket("more").base_path == "x"


def test_a_profile_of_a_server_that_speaks_s3_takes_s3_urls(user_file):
    """By whatever name libcloud knows it; of one that doesn't it is said where its buckets are named."""
    user_file.write_text('[profiles.lab]\nprovider = "minio"\n[profiles.b2]\nprovider = "backblaze-b2"\n')
    workspace = Workspace()
    workspace.add_bucket("x", "s3://My_Data", profile="lab")
    assert workspace.resolve_bucket("s3://lab@My_Data").spec.provider == "minio"
    with pytest.raises(InvalidValue, match="is for backblaze-b2") as caught:
        workspace.add_bucket("y", "s3://data", profile="b2")
    assert "profile = 'b2' under [buckets.NAME]" in caught.value.hint


def test_a_provider_by_its_short_name_takes_its_urls(user_file):
    """`azure` is `azure_blobs`."""
    user_file.write_text('[profiles.blobs]\nprovider = "azure"\n')
    Workspace().add_bucket("x", "az://data/p", profile="blobs")
    assert "az://data/p" in pictures.text(dispatch.run(Workspace(), "buckets.list", listed()))


def test_a_provider_that_nobody_knows_is_told_before_credentials_are_asked_for(user_file):
    """With the one that was meant."""
    user_file.write_text('[profiles.b2]\nprovider = "blackblaze"\n[buckets.cold]\nprofile = "b2"\nbucket = "b"\n')
    with pytest.raises(Unsupported, match="no provider 'blackblaze'") as caught:
        Workspace().resolve_bucket("cold")
    assert "did you mean 'backblaze_b2'?" in caught.value.hint


@pytest.mark.parametrize(
    ("root", "bucket", "fix"),
    [
        ("", "/mnt/x", "root = '/mnt' under [profiles.near] and bucket = 'x'"),
        ('root = "/mnt"\n', "a/b", "root = '/mnt/a' under [profiles.near] and bucket = 'b'"),
        ('root = "/mnt"\n', "/mnt/x", "%buckets add NAME /mnt/x"),
    ],
)
def test_a_directory_by_hand_is_a_root_and_a_name_in_it(user_file, root, bucket, fix):
    """What lacks one or the other is told how both are written."""
    user_file.write_text(
        f'[profiles.near]\nprovider = "local"\n{root}[buckets.x]\nprofile = "near"\nbucket = "{bucket}"'
    )
    with pytest.raises(InvalidValue, match="its root says which") as caught:
        Workspace().resolve_bucket("x")
    assert fix in caught.value.hint
    assert "None" not in pictures.text(dispatch.run(Workspace(), "buckets.list", listed()))


def test_adding_to_nothing(home, user_file):
    """The file is made, readable by nobody else; a directory is kept by its whole path."""
    Workspace().add_bucket("near", "./store")
    assert user_file.stat().st_mode & 0o777 == 0o600
    assert Workspace().resolve_bucket("near").spec.root == str(home / "work")


@pytest.mark.parametrize(
    ("arguments", "error", "expected"),
    [
        ({"name": "team", "url": "s3://x"}, AlreadyExists, "%buckets rm team"),
        ({"name": "../x", "url": "s3://x"}, InvalidValue, "letters"),
        ({"name": "x", "url": "team"}, InvalidValue, "s3://bucket/path"),
        ({"name": "x", "url": "s3://y", "profile": "lap"}, NotFound, "did you mean 'lab'?"),
        ({"name": "x", "url": "s3://y", "profile": "lab", "connection": {"region": "eu"}}, InvalidValue, "--region"),
        (
            {"name": "x", "url": "s3://yyy", "connection": {"credentials": "guess"}},
            InvalidValue,
            "--credentials can't be that: it is one of 'auto'",
        ),
        (
            {"name": "x", "url": "s3://yyy", "connection": {"region": "e" * 1025}},
            InvalidValue,
            "--region can't be that",
        ),
        (
            {"name": "x", "url": "s3://y", "profile": "dead", "connection": {"credentials": "none"}},
            NotFound,
            "no profile",
        ),
        ({"name": "x", "url": "az://data", "profile": "lab"}, InvalidValue, "az:// is for azure_blobs"),
        ({"name": "x", "url": "gs://lab@data"}, InvalidValue, "its URLs begin with s3://"),
        ({"name": "x", "url": "az://UPPER/x"}, InvalidValue, "3 to 63 of a-z"),
        ({"name": "x", "url": "az://a--b"}, InvalidValue, "3 to 63 of a-z"),
        ({"name": "x", "url": "./y", "connection": {"region": "eu"}}, InvalidValue, "leave out"),
        ({"name": "lab", "url": "s3://y", "connection": {"region": "eu"}}, AlreadyExists, "--profile lab"),
        (
            {"name": "x", "url": "s3://yyy", "connection": {"endpoint": "play.example.com"}},
            InvalidValue,
            "add https:// in front: --endpoint https://play.example.com",
        ),
        ({"name": "x", "url": "s3://yyy", "connection": {"endpoint": "ftp://a.example"}}, InvalidValue, "starts with"),
        ({"name": "x", "url": "s3://yyy", "connection": {"endpoint": "https://"}}, InvalidValue, "https://host:port"),
        ({"name": "x", "url": "s3://yyy", "connection": {"endpoint": "http://h:99999"}}, InvalidValue, "https://host"),
    ],
)
def test_what_cannot_be_added_changes_nothing(user_file, arguments, error, expected):
    """The file is as it was."""
    user_file.write_text(USER)
    with pytest.raises(error) as caught:
        Workspace().add_bucket(**arguments)
    assert expected in str(caught.value)
    assert user_file.read_text() == USER


ELSEWHERE = {"endpoint": "https://minio.example"}
LONG = "x" * 64


@pytest.mark.parametrize(
    ("bucket", "connection", "allowed"),
    [
        ("data.2026-a", {}, True),
        *((bucket, {}, False) for bucket in ("Data", "my_data", "ab", LONG, "data-", "a..b", "10.0.0.1")),
        ("My_Data", {"region": "eu-west-1"}, False),
        ("My_Data", {"endpoint": "https://s3.eu-west-1.amazonaws.com"}, False),
        ("My_Data", {"region": "us-east-1"}, True),  # from before 2018
        *((bucket, ELSEWHERE, True) for bucket in ("Data", "my_data", LONG, "data-", "10.0.0.1")),
        *((bucket, ELSEWHERE, False) for bucket in ("ab", LONG * 4)),
    ],
)
def test_a_name_that_no_bucket_there_can_have(user_file, bucket, connection, allowed):
    """Is told when it is typed: by Amazon's rules at Amazon, elsewhere only what nobody takes."""
    user_file.write_text("")
    request = dispatch.request_of("buckets.add", {"name": "x", "url": f"s3://{bucket}", **connection})
    if allowed:
        dispatch.run(Workspace(), "buckets.add", request)
        assert Workspace().resolved.settings.buckets["x"].bucket == bucket
        return
    with pytest.raises(InvalidValue, match="can't be the name of a bucket") as caught:
        dispatch.run(Workspace(), "buckets.add", request)
    assert ("3 to 63" if connection is not ELSEWHERE else "at least 3") in caught.value.hint
    assert user_file.read_text() == ""


def test_a_profile_says_whose_rules_hold(user_file):
    """The one that is there already, as much as a new one."""
    user_file.write_text(USER + '[profiles.far]\nprovider = "s3"\nregion = "eu-west-1"\n')
    Workspace().add_bucket("x", "s3://lab@My_Data")
    with pytest.raises(InvalidValue, match="at Amazon"):
        Workspace().add_bucket("y", "s3://My_Data", profile="far")


def test_an_endpoint_without_a_scheme_in_the_file(user_file):
    """Says what to add, and where."""
    user_file.write_text(USER.replace("http://127", "127"))
    with pytest.raises(InvalidValue, match="add https:// in front") as caught:
        _ = Workspace().resolved
    assert "profiles.lab.endpoint" in caught.value.hint and str(user_file) in caught.value.hint


def test_forgetting(user_file):
    """The name goes, with the default that named it; the profile stays, another bucket may come to use it."""
    user_file.write_text(USER)
    workspace = Workspace()
    assert workspace.remove_bucket("team") == ["buckets.team", "default_bucket"]
    assert workspace.bucket_names() == ["default"]
    assert "[profiles.lab]  # the lab's server" in user_file.read_text()


A, B = {"endpoint": "https://a.example"}, {"endpoint": "https://b.example"}


def forgotten(name):
    """What `%buckets rm` says."""
    return dispatch.run(Workspace(), "buckets.rm", dispatch.request_of("buckets.rm", {"name": name})).text


def test_a_profile_goes_with_the_last_bucket_on_it(user_file):
    """If a bucket brought it: then the name is free for another endpoint. It is said."""
    workspace = Workspace()
    workspace.add_bucket("near", "s3://data", connection=A)
    workspace.add_bucket("other", "s3://near@more")
    workspace.add_bucket("plain", "s3://plain")
    text = forgotten("near")
    assert text.startswith("forgot buckets.near;") and "credentials" not in text
    assert workspace.resolved.settings.profiles["near"].endpoint == "https://a.example"
    text = forgotten("other")
    assert text.startswith("forgot buckets.other, profiles.near;")
    assert "no other bucket was on profile 'near'" in text and "credentials kept for it stay" in text
    assert forgotten("plain").startswith("forgot buckets.plain, profiles.s3;")
    assert user_file.read_text().strip() == ""
    workspace.add_bucket("near", "s3://data", connection=B)
    workspace.add_bucket("s3", "s3://data", connection=B)


def test_a_profile_that_somebody_wrote_or_uses_stays(user_file, project_file):
    """By hand, or kept by taking its remark away; or a bucket of the project's is on it."""
    workspace = Workspace()
    workspace.add_bucket("near", "s3://data", connection=A)
    workspace.add_bucket("kept", "s3://near@more")
    user_file.write_text(user_file.read_text().replace(f" # {MADE}", ""))
    assert "profiles" not in forgotten("near") + forgotten("kept")
    workspace.add_bucket("team", "s3://data", connection=A)
    project_file.write_text('[buckets.ours]\nprofile = "team"\nbucket = "theirs"\n')
    assert "profiles" not in forgotten("team")
    assert set(workspace.resolved.settings.profiles) == {"local", "near", "team"}


@pytest.mark.parametrize(("name", "expected"), [("default", "can't be forgotten"), ("ours", "take it out there")])
def test_only_the_users_own_is_forgotten(user_file, project_file, name, expected):
    """And it is said where the others are."""
    user_file.write_text(USER)
    project_file.write_text('[buckets.ours]\nprofile = "lab"\nbucket = "b"\n')
    with pytest.raises(InvalidValue) as caught:
        Workspace().remove_bucket(name)
    assert expected in str(caught.value)


def test_two_kernels_adding_at_once_lose_nothing(user_file):
    """Each reads what the other wrote."""
    names = [f"b-{number}" for number in range(12)]
    start = threading.Barrier(4)

    def add(mine):
        start.wait()
        for name in mine:
            Workspace("/").add_bucket(name, f"s3://{name}")

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(add, [names[at::4] for at in range(4)]))
    assert sorted(set(Workspace().bucket_names()) - {"default"}) == sorted(names)


def test_a_broken_file_is_not_overwritten(user_file):
    """It may hold what somebody typed for an hour."""
    user_file.write_text("[buckets.team\n")
    with pytest.raises(ResourcesError, match="no valid TOML"):
        Workspace().add_bucket("x", "s3://x")
    assert user_file.read_text() == "[buckets.team\n"


def test_a_linked_file_stays_a_link(home, user_file):
    """Settings kept in a directory of dotfiles are written there."""
    kept = home / "dotfiles.toml"
    kept.write_text("# kept\n")
    user_file.symlink_to(kept)
    Workspace().add_bucket("x", "s3://xxx")
    assert user_file.is_symlink()
    assert "buckets.x" in kept.read_text()


def test_the_default_bucket_is_made_on_first_use(home):
    """And others only when asked."""
    workspace = Workspace()
    workspace.remote_storage()
    assert (home / "data" / "jupyter_resources" / "default").is_dir()
    workspace.add_bucket("near", "./store")
    workspace.create_bucket("near")
    assert (home / "work" / "store").is_dir()
    with pytest.raises(AlreadyExists):
        workspace.create_bucket("near")
