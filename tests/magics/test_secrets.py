"""A marked secret goes through the magics in a real kernel, and is afterwards looked for everywhere."""

from __future__ import annotations

import json
import os
from pathlib import Path

import nbformat
import pytest
from nbconvert import HTMLExporter

from jupyter_resources.storage.s3containers import S3Containers
from tests.conftest import service_of
from tests.magics.kernels import running

LOGGING = """
import logging, sys
logging.basicConfig(filename="all.log", level=logging.DEBUG, force=True)
sys.excepthook = lambda *found: logging.critical("uncaught", exc_info=found)
%xmode Verbose
%load_ext jupyter_resources
"""
OBJECTS = """
import gc, traceback
from jupyter_resources.resources.workspace import Workspace
workspace = Workspace()
bucket = workspace.resolve_bucket("lab")
storage = workspace.remote_storage("lab")
print(bucket, bucket.spec, storage, storage.conf, storage._store, vars(workspace)["_credentials"])
print(repr(get_ipython().find_line_magic("push").__self__._resources.workspace))
for name, value in list(globals().items()):
    if not name.startswith("_"):
        print(name, repr(value)[:100_000])
"""
TRACEBACKS = """
import sys, traceback
shown = []
error = getattr(sys, "last_value", None)
while error is not None:
    shown += traceback.TracebackException.from_exception(error, capture_locals=True).format()
    shown += [str(error), repr(error), str(getattr(error, "hint", "")), str(error.__dict__)]
    error = error.__cause__ or error.__context__
print("".join(shown))
"""
BROKEN = """
import jupyter_resources.storage.objectstore as module
module.ObjectStore.list = lambda *given, **named: 1 / 0
%push data --to lab
"""
STATE = """
import json
try:
    from ipywidgets import Widget
    print(json.dumps(Widget.get_manager_state(), default=repr)[:5_000_000])
except ImportError:
    print("no widgets")
"""
PROCESSES = """
import pathlib
for one in pathlib.Path("/proc").glob("[0-9]*"):
    try:
        if int((one / "stat").read_text().rpartition(")")[2].split()[1]) == os.getpid() or one.name == str(os.getpid()):
            print((one / "cmdline").read_bytes())
    except OSError:
        pass
"""


@pytest.mark.parametrize("place", ["environment", "file"])
def test_a_secret_is_found_nowhere(tmp_path: Path, seaweedfs, place: str):
    """Outputs, saved notebook, widget state, log at DEBUG, tracebacks, reprs, caches, settings, process arguments."""
    secret, work = seaweedfs.secret, tmp_path / "work"
    assert len(secret) > 7, "a mark that could be there by chance proves nothing"
    wrong = "wr0ng-s3cr3t-MARK"
    (work / "data").mkdir(parents=True)
    (work / ".git").mkdir()
    (work / "data" / "a.txt").write_text("one")
    (work / "data" / "b c.txt").write_text("two")
    S3Containers(service_of(seaweedfs)).create(f"secrets-{place}")
    settings = tmp_path / "config" / "jupyter_resources"
    settings.mkdir(parents=True)
    variables = {
        "HOME": str(tmp_path),
        "JUPYTER_CONFIG_DIR": str(tmp_path / "config"),
        "JUPYTER_DATA_DIR": str(tmp_path / "share"),
        "XDG_CACHE_HOME": str(tmp_path / "cache"),
        "IPYTHONDIR": str(tmp_path / "ipython"),
        "PYTHON_KEYRING_BACKEND": "keyring.backends.fail.Keyring",
    }
    given = settings / "credentials.toml"
    if place == "environment":
        variables |= {"JUPYTER_RESOURCES_LAB_KEY": seaweedfs.key, "JUPYTER_RESOURCES_LAB_SECRET": secret}
    else:
        given.write_text(f'[lab]\nkey = "{seaweedfs.key}"\nsecret = "{secret}"\n')
        given.chmod(0o600)
    given_wrong = (
        f"import os; os.environ['JUPYTER_RESOURCES_LAB_KEY'] = {seaweedfs.key!r}\n"
        f"os.environ['JUPYTER_RESOURCES_LAB_SECRET'] = open('wrong').read()"
    )
    (work / "wrong").write_text(wrong)
    cells = [
        LOGGING,
        f"%buckets add lab s3://secrets-{place}/base --endpoint {seaweedfs.endpoint} --region us-east-1",
        "%buckets",
        "%buckets show lab",
        "%buckets doctor lab",
        "%push data --to lab -n",
        "s = %push data --to lab\ns",
        "open('data/a.txt', 'w').write('changed')",
        "%push data --to lab",
        "%pull data --from lab --into back",
        "%pull nothing --from lab",
        OBJECTS,
        given_wrong,
        "open('data/new.txt', 'w').write('new')",
        "%push data --to lab --force",
        TRACEBACKS,
        "%buckets doctor lab",
        "%tb",
        BROKEN,
        TRACEBACKS,
        STATE,
        PROCESSES,
    ]
    with running(str(work), {**os.environ, **variables}) as kernel:
        ran = [kernel.run(cell) for cell in cells]
        kernel.client.complete("%pull ", 6)
        completed = kernel.client.get_shell_msg(timeout=30)["content"]
    states = [cell.status for cell in ran]
    assert states.count("error") >= 4 and states[6] == "ok" and states[11] == "ok", states

    outputs = json.dumps([[cell.outputs, cell.updates] for cell in ran]) + json.dumps(completed)
    notebook = nbformat.v4.new_notebook(
        cells=[
            nbformat.v4.new_code_cell(code, outputs=[_saved(one) for one in cell.outputs])
            for code, cell in zip(cells, ran, strict=True)
        ]
    )
    nbformat.write(notebook, work / "saved.ipynb")
    (work / "saved.html").write_text(HTMLExporter().from_notebook_node(notebook)[0])
    assert "synced" in outputs or "Pushed" in outputs  # it is these outputs that are searched
    for mark in (secret, wrong):
        assert outputs.count(mark) == 0
        assert found_below(tmp_path, mark, but=(given, work / "wrong")) == []
    log = (work / "all.log").read_text()
    assert "jupyter_resources" in log or "ZeroDivisionError" in log  # it is that log that is searched
    caches = {path.name for path in (tmp_path / "cache" / "jupyter_resources").iterdir()}
    assert {"names.sqlite"} <= caches


def found_below(directory: Path, mark: str, but: tuple[Path, ...]) -> list[Path]:
    """Files that hold the mark: as text, as UTF-16, in hexadecimal digits or reversed."""
    forms = [mark.encode(), mark.encode("utf-16-le"), mark.encode().hex().encode(), mark[::-1].encode()]
    return [
        path
        for path in directory.rglob("*")
        if path.is_file() and path not in but and any(form in path.read_bytes() for form in forms)
    ]


def _saved(output):
    """The output as a notebook keeps it."""
    kept = {key: value for key, value in output.items() if key not in ("type", "transient", "execution_count")}
    if output["type"] == "execute_result":
        kept["execution_count"] = 1
    return nbformat.v4.new_output(output["type"], **kept)
