"""RemoteStorage does what its table says: on memory, on a directory, and on a real S3 server."""

from __future__ import annotations

import itertools
import os
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from jupyter_resources import RemoteStorage, RemoteStorageConfig, ResourcesError, TransactionSummary
from jupyter_resources.storage.bodies import BytesBody
from jupyter_resources.storage.memory import MemoryStore
from jupyter_resources.storage.protocol import Capability, Store
from jupyter_resources.storage.registry import open_store
from jupyter_resources.sync.digests import DigestCache
from tests.resources.table import PROVIDER_ROWS, ROWS, Row
from tests.servers.processes import S3Server

BASE = "bp"
Open = Callable[[], tuple[RemoteStorage, Store]]
_numbers = itertools.count(1)


@pytest.fixture(scope="session")
def table_bucket(seaweedfs: S3Server) -> str:
    """One bucket for the whole table: each row has a corner of its own."""
    RemoteStorage(s3_conf(seaweedfs, "table", "")).create_bucket()
    return "table"


def s3_conf(server: S3Server, bucket: str, base_path: str) -> RemoteStorageConfig:
    """The server as a user would configure it."""
    host, _, port = server.endpoint.removeprefix("http://").partition(":")
    return RemoteStorageConfig(
        "s3", server.key, bucket, server.secret, host=host, port=int(port), secure=False, base_path=base_path
    )


@pytest.fixture(params=["memory", "local", "s3"])
def opened(request: pytest.FixtureRequest, tmp_path: Path) -> tuple[RemoteStorage, Store]:
    """A RemoteStorage with base path `bp`, and the whole (corner of a) bucket that it lies in."""
    cache = DigestCache(None)
    if request.param == "memory":
        whole: Store = MemoryStore()
        return RemoteStorage(
            RemoteStorageConfig("memory", "", "b", "", base_path=BASE), store=whole, cache=cache
        ), whole
    if request.param == "local":
        conf = RemoteStorageConfig("local", str(tmp_path / "buckets"), "b", "", base_path=BASE)
        storage = RemoteStorage(conf, cache=cache)
        storage.create_bucket()
        return storage, open_store(conf.spec())
    server: S3Server = request.getfixturevalue("seaweedfs")
    from jupyter_resources.storage.prefixed import PrefixedStore

    corner = f"row{next(_numbers)}"
    conf = s3_conf(server, request.getfixturevalue("table_bucket"), BASE)
    whole = PrefixedStore(open_store(conf.spec()), corner)
    return RemoteStorage(conf, store=whole, cache=cache), whole


def leaves(text: str) -> Iterator[tuple[str, str]]:
    """`a=1 d/ l->x` as (name, what), with the stand-ins for blanks replaced."""
    for word in text.split():
        word = plain(word)
        name, arrow, target = word.partition("->")
        if arrow:
            yield name, "->" + target
        elif word.endswith("/") and "=" not in word:
            yield word, "/"
        else:
            name, _, content = word.rpartition("=") if "<b>=" in word else word.partition("=")
            yield name, content


def plain(text: str) -> str:
    return text.replace("␣", " ").replace("␉", "\t")


def plant_local(root: Path, text: str) -> None:
    for name, what in leaves(text):
        path = root / name
        if what == "/":
            path.mkdir(parents=True)
            continue
        path.parent.mkdir(parents=True, exist_ok=True)
        if what.startswith("->"):
            path.symlink_to(what[2:])
        else:
            path.write_bytes(what.encode())


def key_of(name: str) -> str:
    return name[1:] if name.startswith("^") else f"{BASE}/{name}"


def plant_remote(store: Store, text: str) -> None:
    for name, content in leaves(text):
        store.put(key_of(name), BytesBody(content.encode()))


def local_tree(root: Path) -> dict[str, str]:
    """Every file below `root`; a link counts as what it leads to."""
    found = (Path(directory) / name for directory, _, names in os.walk(root) for name in names)
    return {str(path.relative_to(root)): path.read_text() for path in found if path.is_file()}


def remote_tree(store: Store) -> dict[str, str]:
    """Every object of the bucket, with its content."""
    found: dict[str, str] = {}
    for page in store.list():
        for entry in page.entries:
            with store.read(entry.path) as reader:
                found[entry.path] = b"".join(reader).decode()
    return found


def call(storage: RemoteStorage, line: str, root: Path) -> Any:
    """Do `verb argument… option=value flag`."""
    verb, *words = [plain(word).replace("ROOT", str(root)) for word in line.split()]
    flags = {"force": "force", "dry": "dryrun", "verify": "verify", "delete": "delete"}
    flags |= {"allow_empty": "allow_empty", "secrets": "secrets"}
    names = {
        "include": "include_regex",
        "exclude": "exclude_regex",
        "path_regex": "path_regex",
        "prefix": "local_path_prefix",
        "into": "local_base_dir",
    }
    arguments: list[str] = []
    options: dict[str, Any] = {}
    for word in words:
        name, equals, value = word.partition("=")
        if equals and name in names:
            options[names[name]] = value
        elif word in flags:
            options[flags[word]] = True
        elif word == "raw":
            options["convert_to_linux_path"] = False
        else:
            arguments.append(word)
    match verb:
        case "push":
            return storage.push(arguments[0] if len(arguments) == 1 else arguments, **options)
        case "sync":
            return storage.sync(arguments[0], **options)
        case "pull":
            return storage.pull(arguments if len(arguments) > 1 else "".join(arguments), **options)
        case "delete":
            return storage.delete(arguments[0] if arguments else "", **options)
        case "list":
            return storage.list_objects(arguments[0] if arguments else "")
    raise AssertionError(f"no verb {verb}")


def in_words(verb: str, result: Any) -> str:
    """What a call returned, as the table writes it."""
    if verb == "delete":
        return "; ".join(f"gone {one.name}" for one in sorted(result, key=lambda one: one.name))
    if verb == "list":
        return "; ".join(f"{one.name} {one.size}" for one in result)
    assert isinstance(result, TransactionSummary)
    shown = [*result.all_files_analyzed, *result.to_delete]
    shown.sort(key=lambda one: one.name)
    return "; ".join(f"{one.state} {one.name.removeprefix(BASE + '/')} ({one.reason})" for one in shown)


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.title)
@pytest.mark.filterwarnings("ignore:path_regex is deprecated")
def test_row(row: Row, opened: tuple[RemoteStorage, Store], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The situation leads to these steps or this error, and to this state of the target."""
    storage, whole = opened
    root = tmp_path / "here"
    root.mkdir()
    monkeypatch.chdir(root)
    plant_local(root, row.local)
    plant_remote(whole, row.remote)
    verb = row.call.split()[0]
    look: Callable[[], dict[str, str]] = (lambda: local_tree(root)) if verb == "pull" else (lambda: remote_tree(whole))
    before, source_before = look(), remote_tree(whole) if verb == "pull" else local_tree(root)

    try:
        got = in_words(verb, call(storage, row.call, root))
    except ResourcesError as error:
        kind, _, words = row.expected.removeprefix("!").partition(": ")
        assert row.expected.startswith("!"), error
        assert type(error).__name__ == kind, error
        assert plain(words).replace("ROOT", str(root)) in error.message
        assert error.hint, "an error says what to do next"
    else:
        expected = plain(row.expected)
        # On a disk, looking for the same content costs what copying it does; some stores can't copy.
        if storage.provider == "local" or Capability.COPY not in whole.capabilities:
            expected = re.sub(r"reuse (\S+) \(same content on the target\)", r"copy \1 (new)", expected)
        assert got == expected

    after = before if row.after == "=" else {(n if verb == "pull" else key_of(n)): c for n, c in leaves(row.after)}
    assert look() == after
    assert (remote_tree(whole) if verb == "pull" else local_tree(root)) == source_before, "a source is never touched"


def test_the_table_is_long_and_says_each_thing_once() -> None:
    assert len(ROWS) >= 150
    assert len(PROVIDER_ROWS) >= 110
    assert {row.title.split(":")[0] for row in PROVIDER_ROWS} == {row.title.split(":")[0] for row in ROWS}
    assert len({row.title for row in ROWS}) == len(ROWS)
