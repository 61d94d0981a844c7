"""Where credentials are looked for, and that they never show."""

from __future__ import annotations

import copy
import io
import json
import logging
import pickle
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
        monkeypatch.delenv("JUPYTER_RESOURCES_LAB_KEY")
    if "keyring" in without:
        keyring.set_keyring(Drawer())
    if "file" in without:
        user_file.with_name("credentials.toml").unlink()
    if "aws" in without:
        monkeypatch.delenv("AWS_ACCESS_KEY_ID")
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


def test_other_providers_get_no_aws_credentials(everywhere, monkeypatch, user_file):
    """The machine's AWS credentials are for S3 alone."""
    monkeypatch.delenv("JUPYTER_RESOURCES_LAB_KEY")
    keyring.set_keyring(Drawer())
    user_file.with_name("credentials.toml").unlink()
    with pytest.raises(Unauthenticated) as caught:
        credentials("lab", Profile(provider="google_storage"))
    assert "AWS" not in str(caught.value)


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
        "python -m jupyter_resources.settings.store_credentials my-lab",
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
