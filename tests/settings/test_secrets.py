"""Where credentials are looked for, and that they never show."""

from __future__ import annotations

import copy
import io
import json
import logging
import pickle
import sys
import traceback

import keyring
import pytest
from keyring.backend import KeyringBackend

from jupyter_resources.api import dispatch
from jupyter_resources.core.errors import Denied, Unauthenticated
from jupyter_resources.resources.workspace import Workspace
from jupyter_resources.settings.schema import Profile
from jupyter_resources.settings.secrets import Credentials, Secret, credentials

MARK = "s3cr3t-MARK"


class Drawer(KeyringBackend):
    """A keyring in memory."""

    priority = 1

    def __init__(self, held=()):
        super().__init__()
        self.held = dict(held)

    def get_password(self, service, username):
        return self.held.get((service, username))

    def set_password(self, service, username, password):
        self.held[service, username] = password


def keyring_holds(profile="lab", key="from-keyring"):
    keyring.set_keyring(
        Drawer({(f"jupyter_resources/{profile}", "key"): key, (f"jupyter_resources/{profile}", "secret"): MARK})
    )


def file_holds(user_file, key="from-file", mode=0o600):
    path = user_file.with_name("credentials.toml")
    path.write_text(f'[lab]\nkey = "{key}"\nsecret = "{MARK}"\n')
    path.chmod(mode)
    return path


def aws_holds(home, section="default", key="from-aws-file"):
    (home / ".aws").mkdir(exist_ok=True)
    with (home / ".aws" / "credentials").open("a") as file:
        file.write(f"[{section}]\naws_access_key_id = {key}\naws_secret_access_key = {MARK}\n")


def no_variables(monkeypatch, key="JUPYTER_RESOURCES_LAB_KEY", secret="JUPYTER_RESOURCES_LAB_SECRET"):
    monkeypatch.delenv(key)
    monkeypatch.delenv(secret)


@pytest.fixture
def everywhere(home, user_file, monkeypatch):
    """Every place holds credentials for `lab`."""
    monkeypatch.setenv("JUPYTER_RESOURCES_LAB_KEY", "from-variable")
    monkeypatch.setenv("JUPYTER_RESOURCES_LAB_SECRET", MARK)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "from-aws-variable")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", MARK)
    keyring_holds()
    file_holds(user_file)
    aws_holds(home)
    aws_holds(home, "lab", "from-aws-lab")


@pytest.mark.parametrize(
    ("wanted", "without", "expected"),
    [
        ("auto", "", "from-variable"),
        ("auto", "variable", "from-keyring"),
        ("auto", "variable keyring", "from-file"),
        ("auto", "variable keyring file", "from-aws-variable"),
        ("auto", "variable keyring file aws", "from-aws-file"),
        ("environment", "", "from-variable"),
        ("keyring", "", "from-keyring"),
        ("file", "", "from-file"),
        ("aws", "", "from-aws-variable"),
        ("aws", "aws", "from-aws-file"),
        ("none", "", ""),
    ],
)
def test_places_in_order(everywhere, user_file, monkeypatch, wanted, without, expected):
    """What is stored for this profile comes before what the machine has for AWS; a place can be chosen."""
    if "variable" in without:
        no_variables(monkeypatch)
    if "keyring" in without:
        keyring.set_keyring(Drawer())
    if "file" in without:
        user_file.with_name("credentials.toml").unlink()
    if "aws" in without:
        no_variables(monkeypatch, "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY")
    found = credentials("lab", Profile(provider="s3", credentials=wanted))
    assert found.key == expected
    assert found.secret.reveal() == (MARK if expected else "")


def test_an_explicit_value_wins(everywhere):
    """What a call says needs no looking."""
    given = Credentials("given", Secret(MARK))
    assert credentials("lab", Profile(provider="s3"), given) is given


def test_a_named_aws_profile_wins_over_aws_variables(everywhere):
    """As with the AWS command line's --profile."""
    assert credentials("x", Profile(provider="s3", credentials="aws", aws_profile="lab")).key == "from-aws-lab"


def test_aws_variables_move_the_files(home, monkeypatch):
    """AWS_PROFILE and AWS_SHARED_CREDENTIALS_FILE are obeyed; the region comes from the config file."""
    aws_holds(home, "else", "elsewhere")
    (home / ".aws" / "credentials").rename(home / "moved")
    (home / ".aws" / "config").write_text("[profile else]\nregion = eu-north-1\n")
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(home / "moved"))
    monkeypatch.setenv("AWS_PROFILE", "else")
    found = credentials("x", Profile(provider="s3"))
    assert (found.key, found.region) == ("elsewhere", "eu-north-1")


@pytest.fixture
def nothing_for_lab(everywhere, monkeypatch, user_file):
    """Only the machine's AWS credentials are left."""
    no_variables(monkeypatch)
    keyring.set_keyring(Drawer())
    user_file.with_name("credentials.toml").unlink()


@pytest.mark.parametrize("provider", ["google_storage", "azure_blobs", "digitalocean_spaces", "ovh"])
def test_other_providers_get_no_aws_credentials(nothing_for_lab, provider):
    """The machine's AWS credentials are for Amazon alone."""
    with pytest.raises(Unauthenticated) as caught:
        credentials("lab", Profile(provider=provider))
    assert "AWS" not in str(caught.value)


@pytest.mark.parametrize("provider", ["s3_us_west", "s3-eu-central", "s3_cn_north", "s3_us_gov_west"])
@pytest.mark.parametrize("place", ["variables", "files"])
def test_a_region_of_amazons_by_name_gets_them(nothing_for_lab, home, monkeypatch, provider, place):
    """As `s3` does; the region is the one in the name, whatever the machine has for AWS."""
    monkeypatch.setenv("AWS_REGION", "ap-south-1")
    monkeypatch.setenv("AWS_SESSION_TOKEN", MARK)
    if place == "files":
        no_variables(monkeypatch, "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY")
    found = credentials("lab", Profile(provider=provider))
    assert (found.key, found.region) == ({"variables": "from-aws-variable", "files": "from-aws-file"}[place], None)
    assert found.token.reveal() == (MARK if place == "variables" else "")
    assert credentials("lab", Profile(provider="s3")).region == "ap-south-1"


@pytest.mark.parametrize("provider", ["minio", "s3_rgw", "s3-rgw-outscale"])
def test_other_servers_get_aws_credentials_by_their_own_word(nothing_for_lab, provider):
    """Not because they speak S3 too; what to set is said."""
    with pytest.raises(Unauthenticated) as caught:
        credentials("lab", Profile(provider=provider))
    assert "credentials = 'aws' under [profiles.lab]" in caught.value.hint
    assert credentials("lab", Profile(provider=provider, credentials="aws")).key == "from-aws-variable"


def test_minio_gets_what_minios_own_programs_read(nothing_for_lab, monkeypatch):
    """A client's key before the server's root, both after what is stored for the profile; no other provider does."""
    for key, secret in (("MINIO_ROOT_USER", "MINIO_ROOT_PASSWORD"), ("MINIO_ACCESS_KEY", "MINIO_SECRET_KEY")):
        monkeypatch.setenv(key, f"from-{key}")
        monkeypatch.setenv(secret, MARK)
        for place in ("auto", "environment"):
            found = credentials("lab", Profile(provider="minio", credentials=place))
            assert (found.key, found.secret.reveal()) == (f"from-{key}", MARK)
    assert credentials("lab", Profile(provider="s3")).key == "from-aws-variable"
    keyring_holds()
    assert credentials("lab", Profile(provider="minio")).key == "from-keyring"


def test_another_key_of_minios_counts_at_once(home, user_file, monkeypatch):
    """A kernel whose variables change needs no restart."""
    user_file.write_text(
        '[profiles.lab]\nprovider = "minio"\nendpoint = "http://127.0.0.1:9"\n'
        '[buckets.team]\nprofile = "lab"\nbucket = "b"\n'
    )
    workspace = Workspace()
    monkeypatch.setenv("MINIO_SECRET_KEY", MARK)
    for key in ("one", "two"):
        monkeypatch.setenv("MINIO_ACCESS_KEY", key)
        assert workspace.resolve_bucket("team").spec.key == key


HALVES = [
    ("environment", "JUPYTER_RESOURCES_LAB_KEY", "JUPYTER_RESOURCES_LAB_SECRET", "the environment", "export {lack}=…"),
    ("aws", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "the environment", "(or: unset {have})"),
    ("minio", "MINIO_ROOT_USER", "MINIO_ROOT_PASSWORD", "the environment", "export {lack}=…"),
    ("keyring", "key", "secret", "keyring (jupyter_resources/lab)", "store_credentials lab"),
    ("file", "key", "secret", "credentials.toml ([lab])", "store_credentials lab --file"),
    (
        "aws files",
        "aws_access_key_id",
        "aws_secret_access_key",
        ".aws/credentials ([work])",
        "aws configure --profile work",
    ),
]


@pytest.mark.parametrize("backwards", [False, True])
@pytest.mark.parametrize(("place", "key", "secret", "said", "fix"), HALVES, ids=[row[0] for row in HALVES])
def test_half_of_the_credentials_is_no_credentials(
    home, user_file, monkeypatch, place, key, secret, said, fix, backwards
):
    """Told before anything is asked: what is missing, where the other half is, and what to type. The next place, which
    has both, isn't looked at: it may be somebody else's.
    """
    have, lack = (secret, key) if backwards else (key, secret)
    aws_holds(home)
    match place:
        case "keyring":
            keyring.set_keyring(Drawer({("jupyter_resources/lab", have): MARK}))
        case "file":
            path = file_holds(user_file)
            path.write_text(f'[lab]\n{have} = "{MARK}"\n')
        case "aws files":
            monkeypatch.setenv("AWS_PROFILE", "work")
            (home / ".aws" / "credentials").write_text(f"[work]\n{have} = {MARK}\n")
        case _:
            monkeypatch.setenv(have, MARK)
    provider = "minio" if place == "minio" else "s3"
    user_file.write_text(
        f'[profiles.lab]\nprovider = "{provider}"\nendpoint = "http://127.0.0.1:9"\n'
        '[buckets.team]\nprofile = "lab"\nbucket = "bbb"\n'
    )
    with pytest.raises(Unauthenticated) as caught:
        Workspace().resolve_bucket("team")
    assert f"{have} without {lack} in" in caught.value.message and said in caught.value.message
    assert fix.format(have=have, lack=lack) in caught.value.hint
    assert MARK not in str(caught.value)
    (finding,) = dispatch.run(
        Workspace(), "buckets.doctor", dispatch.request_of("buckets.doctor", {"name": "team"})
    ).findings
    assert (finding.check, finding.state, finding.fix) == ("credentials", "failed", caught.value.hint)


def test_nothing_found_names_every_place(home):
    """And what to type."""
    with pytest.raises(Unauthenticated) as caught:
        credentials("my-lab", Profile(provider="s3"))
    said = str(caught.value)
    for part in (
        "JUPYTER_RESOURCES_MY_LAB_KEY",
        "keyring (none usable here)",
        "credentials.toml ([my-lab])",
        "AWS_ACCESS_KEY_ID",
        ".aws/credentials ([default])",
        f"{sys.executable} -m jupyter_resources.settings.store_credentials my-lab",
    ):
        assert part in said


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o660, 0o644])
def test_a_file_that_others_can_read_is_refused(user_file, mode):
    """With the line that mends it."""
    path = file_holds(user_file, mode=mode)
    with pytest.raises(Denied, match=f"mode {mode:o}") as caught:
        credentials("lab", Profile(provider="s3"))
    assert caught.value.hint == f"chmod 600 {path}"


@pytest.mark.parametrize("show", [repr, str, "{}".format, "{0!r:>20}".format, "%s".__mod__])
def test_a_secret_does_not_show(show):
    """Not by any way of making text."""
    assert MARK not in show(Secret(MARK))
    assert f"{Secret(MARK):>5}" == "  ***"
    assert MARK not in show(Credentials("key", Secret(MARK), Secret(MARK)))


@pytest.mark.parametrize("keep", [json.dumps, pickle.dumps, copy.deepcopy])
def test_a_secret_is_not_kept(keep):
    """Neither as JSON nor by pickle."""
    with pytest.raises(TypeError):
        keep(Secret(MARK))


@pytest.mark.parametrize("broken", ["credentials.toml", "aws", "environment"])
def test_a_marked_secret_is_nowhere(home, user_file, monkeypatch, caplog, capfd, broken):
    """Not in reprs, settings, messages, tracebacks, logs, output or the settings file."""
    caplog.set_level(logging.DEBUG)
    user_file.write_text(
        '[profiles.lab]\nprovider = "s3"\nendpoint = "http://127.0.0.1:9"\nregion = "x"\n'
        '[buckets.team]\nprofile = "lab"\nbucket = "b"\n'
    )
    path = file_holds(user_file)
    if broken == "environment":
        monkeypatch.setenv("JUPYTER_RESOURCES_LAB_KEY", "key")
        monkeypatch.setenv("JUPYTER_RESOURCES_LAB_SECRET", MARK)
        monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", MARK)
    workspace = Workspace()
    found = workspace.resolve_bucket("team")
    assert found.spec.secret == MARK
    storage = workspace.remote_storage("team")
    shown = [
        repr(found),
        str(found.spec),
        repr(workspace),
        repr(workspace.resolved),
        repr(storage),
        repr(storage.conf),
        str(vars(workspace)),
        str(list(workspace.resolved.explain_all())),
    ]
    if broken == "aws":
        path.unlink()
        (home / ".aws").mkdir()
        (home / ".aws" / "credentials").write_text(f"[default]\naws_secret_access_key {MARK}\n")
    else:
        path.write_text(f'[lab]\nkey = "k"\nsecret = {MARK}\n')
    monkeypatch.delenv("JUPYTER_RESOURCES_LAB_KEY", raising=False)
    request = dispatch.request_of("push", {"paths": ["."], "to": "team"})
    with pytest.raises(Exception) as caught:
        dispatch.run(workspace, "push", request)
    out = io.StringIO()
    traceback.print_exception(caught.value, file=out)
    shown += [out.getvalue(), repr(caught.value), caplog.text, *capfd.readouterr(), user_file.read_text()]
    assert not [text for text in shown if MARK in text]
