"""Keeping a key and a secret that are typed in a terminal."""

from __future__ import annotations

import io
import sys

import keyring
import pexpect
import pytest

from jupyter_resources.api import dispatch
from jupyter_resources.resources.workspace import Workspace
from jupyter_resources.settings import store_credentials
from jupyter_resources.settings.schema import Profile
from jupyter_resources.settings.secrets import credentials
from tests.settings.test_secrets import MARK, Drawer

TOKEN = f"{MARK}-token"


@pytest.fixture
def typing(monkeypatch):
    """A terminal in which these are typed."""
    monkeypatch.setattr(sys.stdin, "isatty", lambda: True, raising=False)
    monkeypatch.setattr("builtins.input", lambda prompt: "typed-key")
    monkeypatch.setattr("getpass.getpass", lambda prompt: TOKEN if "token" in prompt else MARK)


def test_into_the_keyring(home, typing, capsys):
    """Where there is one; it is found there then, and nothing is written to a file."""
    keyring.set_keyring(Drawer())
    assert store_credentials.main(["lab", "--token"]) == 0
    said = "".join(capsys.readouterr())
    assert "the keyring" in said and "jupyter_resources/lab" in said and MARK not in said
    found = credentials("lab", Profile(provider="s3", credentials="keyring"))
    assert (found.key, found.secret.reveal(), found.token.reveal()) == ("typed-key", MARK, TOKEN)
    assert not (home / "config" / "jupyter_resources" / "credentials.toml").exists()


def test_into_the_file(user_file, typing, capsys):
    """Without a keyring, said aloud; what was there stays, a mode that others can read is corrected."""
    path = user_file.with_name("credentials.toml")
    path.write_text('# mine\n[other]\nkey = "o"\nsecret = "p"\n')
    path.chmod(0o644)
    assert store_credentials.main(["lab"]) == 0
    said = "".join(capsys.readouterr())
    assert str(path) in said and "plain text" in said and MARK not in said
    assert path.stat().st_mode & 0o777 == 0o600
    assert path.read_text().startswith('# mine\n[other]\nkey = "o"\n')
    for name, key in (("lab", "typed-key"), ("other", "o")):
        assert credentials(name, Profile(provider="s3", credentials="file")).key == key


def test_what_to_type_next_names_a_bucket_of_the_profile(user_file, typing, capsys):
    """The profile may be called otherwise; where there is no bucket yet, it stays open."""
    user_file.write_text('[profiles.s3]\nprovider = "s3"\n[buckets.team]\nprofile = "s3"\nbucket = "team-data"\n')
    for profile, bucket in (("s3", "team"), ("other", "NAME")):
        assert store_credentials.main([profile, "--file"]) == 0
        assert capsys.readouterr().out.endswith(f"%buckets doctor {bucket}\n")


@pytest.mark.parametrize(
    ("table", "expected"),
    [
        ('provider = "s3"\ncredentials = "environment"', "takes its credentials from elsewhere"),
        ('provider = "local"\nroot = "/x"', "needs no credentials"),
        ('provider = "s3"\ncredentials = "keyring"', "no keyring works here"),
    ],
)
def test_what_would_not_be_looked_at_is_not_kept(user_file, typing, capsys, table, expected):
    """Refused, with what to set."""
    user_file.write_text(f"[profiles.lab]\n{table}\n")
    assert store_credentials.main(["lab"]) == 1
    assert expected in capsys.readouterr().err
    assert not user_file.with_name("credentials.toml").exists()


@pytest.mark.parametrize("empty", ["builtins.input", "getpass.getpass"])
def test_half_of_it_is_not_kept(home, typing, monkeypatch, capsys, empty):
    """Neither a key nor a secret alone."""
    monkeypatch.setattr(empty, lambda prompt: " ")
    assert store_credentials.main(["lab"]) == 1
    assert "both needed; nothing was kept" in capsys.readouterr().err
    assert not list((home / "config").rglob("credentials.toml"))


def test_what_wins_over_it_is_said(typing, monkeypatch, capsys):
    """A variable is looked at first, also where its key is the same."""
    monkeypatch.setenv("JUPYTER_RESOURCES_LAB_KEY", "other")
    assert store_credentials.main(["lab"]) == 1
    said = capsys.readouterr().err
    assert "kept in" in said and "JUPYTER_RESOURCES_LAB_KEY without JUPYTER_RESOURCES_LAB_SECRET" in said
    monkeypatch.setenv("JUPYTER_RESOURCES_LAB_SECRET", "other")
    assert store_credentials.main(["lab"]) == 0
    assert "environment (JUPYTER_RESOURCES_LAB_KEY) is looked at first" in capsys.readouterr().out
    monkeypatch.setenv("JUPYTER_RESOURCES_LAB_KEY", "typed-key")
    assert store_credentials.main(["lab"]) == 0
    assert "environment (JUPYTER_RESOURCES_LAB_KEY) is looked at first" in capsys.readouterr().out


def test_not_in_a_notebook(home, monkeypatch, capsys):
    """Where nothing is a terminal, nothing is asked."""
    monkeypatch.setattr(sys.stdin, "isatty", lambda: False, raising=False)
    assert store_credentials.main(["lab"]) == 1
    assert "only in a terminal" in capsys.readouterr().err


def test_in_a_real_terminal(home):
    """Neither secret nor token is echoed."""
    line = ["-m", "jupyter_resources.settings.store_credentials", "lab", "--file", "--token"]
    child = pexpect.spawn(sys.executable, line, encoding="utf-8", timeout=60)
    child.logfile_read = screen = io.StringIO()
    child.expect("key of lab")
    child.sendline("typed-key")
    for asked, typed in (("secret", MARK), ("session token", TOKEN)):
        child.expect(asked)
        assert child.waitnoecho()
        child.sendline(typed)
    child.expect("Kept in")
    child.expect(pexpect.EOF)
    child.close()
    assert child.exitstatus == 0
    assert "typed-key" in screen.getvalue() and MARK not in screen.getvalue()
    found = credentials("lab", Profile(provider="s3", credentials="file"))
    assert (found.secret.reveal(), found.token.reveal()) == (MARK, TOKEN)


@pytest.mark.parametrize(
    ("place", "expected"),
    [
        (None, f"in a terminal: {sys.executable} -m jupyter_resources.settings.store_credentials lab; or"),
        ("keyring", f"in a terminal: {sys.executable} -m jupyter_resources.settings.store_credentials lab;"),
        ("file", "store_credentials lab --file;"),
        ("environment", "export JUPYTER_RESOURCES_LAB_KEY=… JUPYTER_RESOURCES_LAB_SECRET=…;"),
        ("aws", "in a terminal: aws configure;"),
        ("none", "%buckets doctor lab looks whether all is well"),
    ],
)
def test_adding_a_bucket_says_how_to_give_credentials(home, place, expected):
    """Where they go, and that nothing is asked in the notebook."""
    values = {"name": "lab", "url": "s3://data", "endpoint": "https://s3.lab", "credentials": place}
    note = dispatch.run(Workspace(), "buckets.add", dispatch.request_of("buckets.add", values))
    assert expected in note.hint and "%buckets doctor lab" in note.hint


def test_adding_a_bucket_says_which_half_is_missing(home, monkeypatch):
    """Where there is a key without its secret, or the other way round."""
    monkeypatch.setenv("JUPYTER_RESOURCES_LAB_SECRET", MARK)
    values = {"name": "lab", "url": "s3://data", "endpoint": "https://s3.lab"}
    note = dispatch.run(Workspace(), "buckets.add", dispatch.request_of("buckets.add", values))
    assert "export JUPYTER_RESOURCES_LAB_KEY=…" in note.hint and "%buckets doctor lab" in note.hint


@pytest.mark.parametrize(
    ("variable", "hint"),
    [
        ("JUPYTER_RESOURCES_DEFALT_BUCKET", "did you mean 'JUPYTER_RESOURCES_DEFAULT_BUCKET'?"),
        ("JUPYTER_RESOURCES_LAB_SECERT", "did you mean 'JUPYTER_RESOURCES_LAB_SECRET'?"),
        ("JUPYTER_RESOURCES_PROFILES__LAB__REGON", "did you mean 'JUPYTER_RESOURCES_PROFILES__LAB__REGION'?"),
        ("JUPYTER_RESOURCES_NOTHING__LIKE__IT", "known begin with JUPYTER_RESOURCES_DEFAULT_BUCKET"),
    ],
)
def test_a_variable_that_means_nothing(home, monkeypatch, variable, hint):
    """Is named, with the nearest one that does and how to be rid of it; its value isn't repeated."""
    monkeypatch.setenv(variable, MARK)
    monkeypatch.setenv("JUPYTER_RESOURCES_PROFILES__LAB__PROVIDER", "s3")
    with pytest.raises(ValueError, match=variable) as caught:
        _ = Workspace().resolved
    assert hint in caught.value.hint and f"unset {variable}" in caught.value.hint
    assert MARK not in str(caught.value)
