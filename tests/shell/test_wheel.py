"""A wheel from a clean tree carries everything, once, and works in a virtualenv that has never seen the clone."""

from __future__ import annotations

import contextlib
import json
import os
import re
import shutil
import subprocess
import sys
import sysconfig
import urllib.error
import urllib.request
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.servers.starting import started
from tests.tools import tree

pytestmark = pytest.mark.timeout(300)

TOKEN = "a-token-for-this-test"
FRONT_END = "data/share/jupyter/labextensions/jupyter-resources/"

# An authorizer that refuses one resource to whoever sends a header: shows that the handler asks at all.
AUTHORIZER = """
from jupyter_server.auth import AllowAllAuthorizer

class Refusing(AllowAllAuthorizer):
    def is_authorized(self, handler, user, action, resource):
        return (action, resource) != ("read", "resources") or "X-Refuse" not in handler.request.headers
"""


def build(source: Path, *arguments: str, path: str | None = None) -> None:
    scripts = str(Path(sys.executable).parent)
    env = {**os.environ, "PATH": path or os.pathsep.join([scripts, os.environ["PATH"]])}
    done = subprocess.run(
        [sys.executable, "-m", "build", "--no-isolation", *arguments, str(source)],
        env=env,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tree.copy(tmp_path_factory.mktemp("clean"))


@pytest.fixture(scope="module")
def wheel(source: Path) -> Path:
    build(source, "--wheel")
    (made,) = (source / "dist").glob("*.whl")
    return made


@pytest.fixture(scope="module")
def fresh(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The python of a new virtualenv with the wheel in it; other packages are lent from ours, which saves a minute."""
    place = tmp_path_factory.mktemp("fresh")
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(place)], check=True)
    python = place / "bin/python"
    quiet = ["--disable-pip-version-check", "--quiet"]
    pip = [sys.executable, "-m", "pip", "--python", str(python), *quiet]
    subprocess.run([*pip, "install", "--no-deps", "--no-index", str(wheel)], check=True)
    (packages,) = place.glob("lib/python*/site-packages")
    # A path named in a .pth file is searched, but the .pth files in it are not read: our editable self stays out.
    (packages / "lent.pth").write_text(sysconfig.get_path("purelib") + "\n", "utf-8")
    return python


@pytest.fixture(scope="module")
def away(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """An environment with an empty home, and no way back to the clone or to our virtualenv."""
    home = tmp_path_factory.mktemp("home")
    kept = {
        name: value for name, value in os.environ.items() if not name.startswith(("JUPYTER", "JTRES", "PYTHON", "XDG_"))
    }
    return {**kept, "HOME": str(home), "JUPYTER_PLATFORM_DIRS": "1"}


def run(fresh: Path, away: dict[str, str], *arguments: str) -> str:
    done = subprocess.run([str(fresh), *arguments], cwd=away["HOME"], env=away, capture_output=True, text=True)
    said = re.sub(r"\x1b\[[0-9;]*m", "", done.stdout + done.stderr)
    assert done.returncode == 0, said
    return said


def test_wheel_content(wheel: Path) -> None:
    """The front end is there once, with install.json, server config, types marker and license; no test, no source."""
    names = [
        re.sub(r"^jupyter_resources-[^/]*\.(?:data/)?(data|dist-info)/", r"\1/", name)
        for name in zipfile.ZipFile(wheel).namelist()
    ]
    assert len(names) == len(set(names))
    assert {
        FRONT_END + "install.json",
        FRONT_END + "package.json",
        FRONT_END + "static/style.js",
        "data/etc/jupyter/jupyter_server_config.d/jupyter_resources.json",
        "dist-info/licenses/LICENSE",
        "jupyter_resources/__init__.py",
        "jupyter_resources/py.typed",
        "jupyter_resources/server/version.py",
    } <= set(names)
    entries = [name for name in names if "remoteEntry" in name]
    assert len(entries) == 1, entries
    assert entries[0].startswith(FRONT_END + "static/")
    assert {name.split("/")[0] for name in names} == {"data", "dist-info", "jupyter_resources"}
    assert not [name for name in names if name.startswith("jupyter_resources/labextension")]


def test_source_archive_needs_no_node(source: Path, wheel: Path, tmp_path: Path) -> None:
    """A source archive carries the built front end: a wheel from it has the same files, without node or a network."""
    build(source, "--sdist", "--outdir", str(tmp_path))
    (archive,) = tmp_path.glob("*.tar.gz")
    shutil.unpack_archive(archive, tmp_path / "unpacked", filter="data")
    (unpacked,) = (tmp_path / "unpacked").iterdir()
    build(unpacked, "--wheel", "--outdir", str(tmp_path), path="/nonexistent")
    (again,) = tmp_path.glob("*.whl")
    assert sorted(zipfile.ZipFile(again).namelist()) == sorted(zipfile.ZipFile(wheel).namelist())


def test_imports_from_the_wheel(fresh: Path, away: dict[str, str]) -> None:
    """The module comes from the new virtualenv, typed and with the version of package.json."""
    said = run(
        fresh, away, "-c", "import jupyter_resources as j, sys; print(j.__file__.startswith(sys.prefix), j.__version__)"
    )
    version = json.loads((tree.ROOT / "labextension/package.json").read_text("utf-8"))["version"]
    assert said.split() == ["True", version]


def test_magics_load(fresh: Path, away: dict[str, str]) -> None:
    """`%load_ext jupyter_resources` in plain IPython brings the transfer magics."""
    code = """
from IPython.core.interactiveshell import InteractiveShell
shell = InteractiveShell.instance()
shell.run_line_magic("load_ext", "jupyter_resources")
print([name for name in ("push", "pull", "sync", "buckets") if shell.find_line_magic(name) is None])
"""
    assert run(fresh, away, "-c", code).strip().splitlines()[-1] == "[]"


def test_jupyter_knows_both_extensions(fresh: Path, away: dict[str, str]) -> None:
    """Jupyter's own lists show the front end and the server half as enabled, without anything typed."""
    front = run(fresh, away, "-m", "jupyterlab.labextensions", "list")
    assert re.search(r"jupyter-resources v\S+ enabled OK \(python, jupyter_resources\)", front), front
    server = run(fresh, away, "-m", "jupyter_server.extension.serverextension", "list")
    assert re.search(r"jupyter_resources enabled", server), server
    assert re.search(r"jupyter_resources \S+ OK", server), server


@contextlib.contextmanager
def lab(fresh: Path, away: dict[str, str], log: Path) -> Iterator[str]:
    """A running JupyterLab of the new virtualenv; yields its address."""
    modules = Path(away["HOME"]) / "modules"
    modules.mkdir(exist_ok=True)
    (modules / "refusing.py").write_text(AUTHORIZER, "utf-8")
    # Lab's own pages are lent too: they are data files of our virtualenv.
    pages = Path(sysconfig.get_path("data")) / "share/jupyter/lab"

    def command(port: int) -> list[str]:
        return [
            *(str(fresh), "-m", "jupyterlab", "--no-browser", "--allow-root", f"--app-dir={pages}"),
            *("--ServerApp.ip=127.0.0.1", f"--ServerApp.port={port}", "--ServerApp.port_retries=0"),
            *(f"--IdentityProvider.token={TOKEN}", "--ServerApp.allow_unauthenticated_access=False"),
            *("--ServerApp.authorizer_class=refusing.Refusing", "--LabApp.extension_manager=readonly"),
        ]

    env = {**away, "PYTHONPATH": str(modules)}
    with started(command, log, directory=Path(away["HOME"]), variables=env, gently=True) as server:
        yield f"http://127.0.0.1:{server.port}"


def fetch(address: str, token: str = "", headers: dict[str, str] | None = None) -> tuple[int, str]:
    """Status and body."""
    sent = {**(headers or {}), **({"Authorization": f"token {token}"} if token else {})}
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(urllib.request.Request(address, headers=sent), timeout=30) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode()


def test_lab_serves_front_end_and_version(fresh: Path, away: dict[str, str], tmp_path: Path) -> None:
    """JupyterLab offers our bundle to the browser, and /version answers only those who may read resources."""
    version = json.loads((tree.ROOT / "labextension/package.json").read_text("utf-8"))["version"]
    with lab(fresh, away, tmp_path / "lab.log") as address:
        route = f"{address}/jupyter-resources/api/version"
        status, body = fetch(route, TOKEN)
        assert (status, json.loads(body)) == (200, {"version": version})
        assert fetch(route)[0] == 403
        assert fetch(route, "wrong")[0] == 403
        assert fetch(route, TOKEN, {"X-Refuse": "1"})[0] == 403

        status, page = fetch(f"{address}/lab", TOKEN)
        assert status == 200
        settings = json.loads(re.search(r'id="jupyter-config-data"[^>]*>(.*?)</script>', page, re.DOTALL)[1])
        (ours,) = [one for one in settings["federated_extensions"] if one["name"] == "jupyter-resources"]
        status, script = fetch(f"{address}/lab/extensions/jupyter-resources/{ours['load']}", TOKEN)
        assert status == 200
        assert "jupyter-resources" in script
