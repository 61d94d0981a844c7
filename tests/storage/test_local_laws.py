"""The laws on a real file system: death in the middle, a full disk, no permission."""

from __future__ import annotations

import errno
import os
import resource
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

import jupyter_resources
from jupyter_resources.core.errors import Denied, Incomplete, NoSpace, ResourcesError
from jupyter_resources.storage.bodies import BytesBody, FileBody
from jupyter_resources.storage.local import LocalStore
from jupyter_resources.testing.trees import contents, fill, held, tree
from tests.limits import unprivileged

HOME = Path(jupyter_resources.__file__).parents[1]
STUCK = """
import signal, sys
from jupyter_resources.storage.bodies import BytesBody
from jupyter_resources.storage.local import LocalStore

class Stuck(BytesBody):
    def chunks(self):
        yield b"x" * 1_000_000
        print("half", flush=True)
        signal.pause()

LocalStore(sys.argv[1]).put("d/target", Stuck(b"x" * 2_000_000))
"""

BUSY = """
import itertools, sys
from jupyter_resources.storage.bodies import BytesBody
from jupyter_resources.storage.local import LocalStore

store = LocalStore(sys.argv[1])
print("going", flush=True)
for number in itertools.count():
    store.put("target", BytesBody(b"%d" % (number % 10) * 300_000))
    store.delete(["new"])
    store.put("new", BytesBody(b"%d" % (number % 10) * 300_000), expect=None)
"""


@contextmanager
def program(script: str, root: Path) -> Iterator[subprocess.Popen[str]]:
    """Another process that runs `script` on `root`; it has said its first word when the block begins."""
    search = os.pathsep.join([str(HOME), *filter(None, [os.environ.get("PYTHONPATH")])])
    with subprocess.Popen(
        [sys.executable, "-c", script, str(root)],
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": search},
    ) as process:
        try:
            assert process.stdout is not None and process.stdout.readline()
            yield process
        finally:
            process.kill()


@pytest.mark.parametrize("old", [None, b"as before"])
def test_killed_in_the_middle_of_a_put(tmp_path: Path, old: bytes | None):
    """`kill -9` leaves the old target or none; the partial file is never seen, and gone after a walk (laws 1, 7)."""
    before = {} if old is None else {"d/target": old}
    fill(LocalStore(tmp_path), before)
    with program(STUCK, tmp_path) as process:
        (on_its_way,) = [path for path in (tmp_path / "d").iterdir() if path.name != "target"]
        assert on_its_way.stat().st_size == 1_000_000
        assert held(LocalStore(tmp_path)) == before
        assert on_its_way.exists(), "a walk removed the file of a living writer"
        process.send_signal(signal.SIGKILL)
        process.wait()
    assert contents(tmp_path).keys() - before.keys() == {f"d/{on_its_way.name}"}
    assert held(LocalStore(tmp_path)) == before
    assert contents(tmp_path) == before


def test_killed_at_any_moment(tmp_path: Path):
    """Wherever it strikes: each target is whole or absent, and a walk leaves nothing else."""
    for _ in range(8):
        with program(BUSY, tmp_path) as process:
            deadline = time.monotonic() + 10
            seen = 0
            while seen < 3 and time.monotonic() < deadline:  # let it get going, then strike wherever it is
                seen += (tmp_path / "target").exists()
            process.kill()
            process.wait()
        found = held(LocalStore(tmp_path))
        assert found.keys() <= {"target", "new"}
        assert all(len(content) == 300_000 and len(set(content)) == 1 for content in found.values())
        assert contents(tmp_path) == found


def test_full_disk(small_disk: Path):
    """NoSpace, the old file as it was, no temporary file, and the room is free again."""
    store = fill(LocalStore(small_disk), {"old": b"as before", "room": b"x" * 300_000})
    for key in ("old", "deep/er/new"):
        with pytest.raises(NoSpace, match=key) as caught:
            store.put(key, BytesBody(b"y" * (3 << 20)))
        assert caught.value.hint
    assert contents(small_disk) == {"old": b"as before", "room": b"x" * 300_000}
    assert not (small_disk / "deep").exists()
    store.put("new", BytesBody(b"z" * 500_000))
    if os.path.ismount(small_disk):
        with pytest.raises(NoSpace):
            store.copy("new", "again")
    assert held(store).keys() == {"old", "room", "new"}


def test_limit_on_the_size_of_a_file(tmp_path: Path):
    """The same, when it is the process that may write no more (ulimit -f)."""
    store = fill(LocalStore(tmp_path), {"old": b"as before"})
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, before[1]))
    try:
        with pytest.raises(NoSpace, match="ulimit"):
            store.put("old", BytesBody(b"y" * 200_000))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert contents(tmp_path) == {"old": b"as before"}


def test_quota_told_only_at_the_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """Network file systems tell of it when the file is closed: before the commit, here."""
    store = fill(LocalStore(tmp_path), {"old": b"as before"})

    def full(descriptor: int) -> int:
        raise OSError(errno.EDQUOT, os.strerror(errno.EDQUOT))

    monkeypatch.setattr(os, "dup", full)
    with pytest.raises(NoSpace):
        store.put("old", BytesBody(b"new"))
    assert contents(tmp_path) == {"old": b"as before"}


def told(verb: Callable[[], object]) -> list[str]:
    """The kind of error, and its message."""
    try:
        verb()
    except ResourcesError as error:
        return [type(error).__name__, error.message]
    return ["done", ""]


def test_no_permission_to_write(open_tmp: Path):
    """Denied, naming the file; nothing changed, nothing left."""
    tree({"d/old": b"as before"}, open_tmp)
    store = LocalStore(open_tmp)

    def work() -> object:
        return [
            told(lambda: store.put("d/old", BytesBody(b"new"))),
            told(lambda: store.put("new/er", BytesBody(b"new"))),
            told(lambda: store.copy("d/old", "d/new")),
            told(lambda: store.delete(["d/old"])),
        ]

    if os.geteuid() != 0:
        (open_tmp / "d").chmod(0o555)
        open_tmp.chmod(0o555)
    try:
        answers = unprivileged(work)
    finally:
        open_tmp.chmod(0o755)
        (open_tmp / "d").chmod(0o755)
    assert isinstance(answers, list)
    assert [kind for kind, _ in answers] == [Denied.__name__] * 3 + [Incomplete.__name__]
    assert "d/old" in answers[0][1] and "new/er" in answers[1][1] and "no permission" in answers[3][1]
    assert contents(open_tmp) == {"d/old": b"as before"}


def test_no_permission_to_read(open_tmp: Path):
    """An unreadable directory is left out with its reason, the walk goes on; an unreadable file is Denied when read."""
    tree({"locked/x": b"x", "half/x": b"x", "open/y": b"y", "secret": b"s"}, open_tmp)
    for name, mode in {"locked": 0o000, "half": 0o444, "secret": 0o000}.items():
        (open_tmp / name).chmod(mode)
    store = LocalStore(open_tmp)

    def work() -> object:
        pages = list(store.list())
        return [
            sorted(entry.path for page in pages for entry in page.entries),
            {one.path: one.reason for page in pages for one in page.left_out},
            told(lambda: held(store, "secret")),
            told(lambda: FileBody(str(open_tmp / "secret"))),
            told(lambda: store.head("locked/x")),
            told(lambda: list(LocalStore(open_tmp / "locked").list())),
        ]

    try:
        answers = unprivileged(work)
    finally:
        for name in ("locked", "half"):
            (open_tmp / name).chmod(0o755)
    assert isinstance(answers, list)
    entries, left_out, *errors = answers
    assert entries == ["open/y", "secret"]
    assert left_out == {"locked/": "no permission", "half/x": "no permission"}
    assert [kind for kind, _ in errors] == [Denied.__name__] * 4
    assert all("secret" in message or "locked" in message for _, message in errors)


def test_remains_that_may_not_be_removed_do_no_harm(open_tmp: Path):
    """A dead writer's file in a directory of somebody else stays unseen."""
    tree({"x": b"x", ".jtres-0123456789abcdef.part": b"half"}, open_tmp)
    if os.geteuid() != 0:
        open_tmp.chmod(0o555)
    try:
        keys = unprivileged(lambda: sorted(held(LocalStore(open_tmp))))
    finally:
        open_tmp.chmod(0o755)
    assert keys == ["x"]
    assert held(LocalStore(open_tmp)) == {"x": b"x"}
    assert contents(open_tmp) == {"x": b"x"}
