"""The suite can fail: each bug planted here, in a copy of the package, makes tests fail that pass without it."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

import pytest

ROOT = Path(__file__).parents[2]


class Bug(NamedTuple):
    """One line of ours made wrong, and the tests that have to notice."""

    title: str
    file: str
    right: str
    wrong: str
    tests: str


LAWS = "tests/sync/test_laws.py"
COUNTS = "tests/sync/test_counts.py"
TABLE = "tests/resources/test_table.py"
PLAN = "tests/sync/test_plan.py"
RACES = "tests/sync/test_races.py"
BUGS = [
    Bug(
        "deletes come first",
        "sync/execute.py",
        "            workers.drain(tally, report)\n",
        "            _delete(plan.of(Action.DELETE), (source, target), control, tally, report)\n"
        "            workers.drain(tally, report)\n",
        f"{LAWS} -k deletes_come_after",
    ),
    Bug(
        "deletes although a copy failed",
        "sync/execute.py",
        "if not tally.failed and not control.cancelled and len(tally.done) == len(steps):",
        "if not control.cancelled:",
        f"{LAWS} -k failed_copy_means",
    ),
    Bug(
        "no rename: written in place",
        "storage/local.py",
        "        def fill(partial: Partial) -> None:\n            for chunk in body.chunks():\n",
        "        def fill(partial: Partial) -> None:\n"
        "            partial._descriptor = os.open(self.path_of(key), os.O_WRONLY | os.O_CREAT | os.O_TRUNC)\n"
        "            for chunk in body.chunks():\n",
        f"{LAWS} -k 'spoiled_is_an_error or killed'",
    ),
    Bug(
        "what arrives is not verified",
        "storage/bodies.py",
        "    if wrong:\n",
        "    if wrong and False:\n",
        f"{LAWS} -k arrives_spoiled",
    ),
    Bug(
        "what was stored is not verified",
        "sync/transfer.py",
        "if same(made, sent) is False:",
        "if False:",
        f"{LAWS} -k stored_spoiled",
    ),
    Bug(
        "a listing below a base path ends with its first page",
        "storage/s3listing.py",
        'keys, directory = page.keys, directory.rstrip("/")',
        "keys = page.keys",
        "tests/storage/test_s3_tree.py -k 'how_a_listing_goes_on'",
    ),
    Bug(
        "a bucket writes what it would not show",
        "storage/viewed.py",
        "        if self._names.shown(key) != shown:\n            raise InvalidPath(",
        "        if False:\n            raise InvalidPath(",
        "tests/resources/test_bucket.py -k 'memory and filter_holds'",
    ),
    Bug(
        "a bucket's name leads to another place",
        "resources/connection.py",
        'if name not in self._stores and ("/" in name or problem(name) is not None):',
        "if False:",
        "tests/resources/test_bucket.py -k no_other_place",
    ),
    Bug(
        "a move removes what somebody wrote meanwhile",
        "resources/bucket.py",
        "if self._store.head(one).etag != before.etag:",
        "if False:",
        "tests/resources/test_bucket.py -k move_loses",
    ),
    Bug(
        "half a file is stored",
        "resources/object_file.py",
        "            if not self._broken:\n",
        "            if True:\n",
        "tests/resources/test_bucket.py -k could_not_be_written",
    ),
    Bug(
        "two stuck files hold up all others",
        "core/gate.py",
        "if self.open < self._most:  # who",
        "if False:  # who",
        "tests/core/test_gate.py -k stuck",
    ),
    Bug(
        "a prefix without its slash",
        "core/paths.py",
        'path.startswith(bare + "/")',
        "path.startswith(bare)",
        f"{TABLE} -k 'memory and begin'",
    ),
    Bug(
        "an unknown content is taken as equal",
        "sync/plan.py",
        "        return one.md5 == other.md5\n    return None",
        "        return one.md5 == other.md5\n    return True",
        f"{PLAN} -k 'digest or situation'",
    ),
    Bug(
        "an empty source empties the target",
        "sync/plan.py",
        "if gone and not source and not policy.allow_empty:",
        "if False:",
        f"{PLAN} -k mirroring_nothing_is_refused",
    ),
    Bug(
        "a conflict is overwritten unasked",
        "sync/plan.py",
        "    if not policy.overwrite:\n",
        "    if False:\n",
        f"{TABLE} -k 'memory and conflict'",
    ),
    Bug(
        "the reserved directory is a directory like others",
        "core/paths.py",
        "return RESERVED in path.casefold() and",
        "return False and RESERVED in path.casefold() and",
        f"{TABLE} -k 'memory and reserved'",
    ),
    Bug(
        "a name may lead outside",
        "core/paths.py",
        '    if ".." in parts:\n',
        '    if ".." in parts and False:\n',
        f"{LAWS} -k hostile_name_is_one_skip",
    ),
    Bug(
        "a file that changes while it is read is sent as it comes",
        "storage/smallfile.py",
        "            if self._facts not in (None, facts):\n",
        "            if False:\n",
        f"{LAWS} -k 'changes_once or keeps_changing'",
    ),
    Bug(
        "a large file that changes while it is read is sent as it comes",
        "storage/bodies.py",
        "        if facts_of(os.fstat(stream.fileno())) != self._facts:\n",
        "        if False:\n",
        "tests/storage/test_bodies.py -k file_that_changes_before",
    ),
    Bug(
        "somebody else's object is overwritten",
        "sync/transfer.py",
        "        if step.target is None:\n            return None\n",
        "        if step.target is None:\n            return ANY\n",
        f"{LAWS} -k somebody_elses",
    ),
    Bug(
        "one failure ends the others",
        "sync/execute.py",
        "        except ResourcesError as error:\n            if not (isinstance(error, Cancelled)",
        "        except ResourcesError as error:\n            self._steps.clear()\n"
        "            if not (isinstance(error, Cancelled)",
        f"{LAWS} -k others_go_on",
    ),
    Bug(
        "an interrupt doesn't stop the workers",
        "core/control.py",
        "            self._stopped.set()\n",
        "",
        f"{LAWS} -k 'goes_on and interrupt and memory'",
    ),
    Bug(
        "a fresh file's digest is kept",
        "sync/digests.py",
        "SETTLED_NS = 2_000_000_000",
        "SETTLED_NS = -(10**18)",
        f"{COUNTS} -k fresh_file",
    ),
    Bug(
        "a recorded digest outlives the file's change",
        "sync/digests.py",
        "if entry is None or entry.etag != facts or",
        "if entry is None or",
        f"{COUNTS} -k computed_once",
    ),
    Bug(
        "every file is asked for",
        "sync/listing.py",
        "        outermost = _outermost(prefixes)\n",
        "        outermost = [*_outermost(prefixes), *_outermost(prefixes)]\n",
        "tests/resources/test_summary.py -k what_it_did",
    ),
    Bug(
        "the current directory is changed for a push",
        "resources/remote_storage.py",
        "        rules = IgnoreRules(root, ",
        "        os.chdir(root)\n        rules = IgnoreRules(root, ",
        f"{RACES} -k never_move",
    ),
    Bug(
        "a recorded digest outlives the object's ETag",
        "sync/digests.py",
        "(entry.size, entry.etag) == (size, etag)",
        "entry.size == size",
        f"{RACES} -k replaced_object",
    ),
    Bug(
        "what is copied within the bucket isn't checked",
        "sync/transfer.py",
        "        if same(made, step.source):\n",
        "        if True:\n",
        f"{RACES} -k copied_within",
    ),
    Bug(
        "force overwrites what it has not seen",
        "sync/transfer.py",
        "return ANY if step.target.etag is None else step.target.etag",
        "return ANY",
        f"{RACES} -k 'even_by_force or only_look_before'",
    ),
    Bug(
        "a file that changed since it was listed is deleted",
        "sync/execute.py",
        "    here = target.root is not None and not still(",
        "    here = False and not still(",
        f"{RACES} -k is_not_deleted",
    ),
    Bug(
        "a failed delete counts as done",
        "sync/execute.py",
        "            failed = error.failed\n",
        "            failed = {}\n",
        f"{RACES} -k deletes_that_fail",
    ),
    Bug(
        "a file that changes while it is compared is believed",
        "sync/settle.py",
        "        if now != after or hasher.size != now.size:\n",
        "        if False:\n",
        f"{RACES} -k while_it_is_compared",
    ),
    Bug(
        "a digest of another object is believed",
        "sync/settle.py",
        "                if (found.size, found.etag) == (entry.size, entry.etag):\n",
        "                if True:\n",
        f"{RACES} -k not_believed",
    ),
    Bug(
        "one file after the other",
        "sync/execute.py",
        "CONCURRENCY = 64",
        "CONCURRENCY = 1",
        f"{RACES} -k side_by_side",
    ),
    Bug(
        "yes to overwriting is taken as yes to secrets",
        "resources/remote_storage.py",
        "IgnoreRules(root, secrets=secrets,",
        "IgnoreRules(root, secrets=secrets or force or delete,",
        "tests/api/test_operations.py -k secret",
    ),
    Bug(
        "what looks like a secret is pushed",
        "sync/ignore.py",
        "        if _looks_secret(name) or (",
        "        if False and (",
        f"{TABLE} -k 'memory and secret'",
    ),
]


@pytest.fixture(scope="session")
def copied(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The package and its tests, where a bug may be planted."""
    place = tmp_path_factory.mktemp("planted")
    leave = shutil.ignore_patterns("__pycache__", "labextension", "node_modules")
    for name in ("jupyter_resources", "tests"):
        shutil.copytree(ROOT / name, place / name, ignore=leave)
    shutil.copy(ROOT / "pyproject.toml", place)
    return place


def run(place: Path, tests: str) -> subprocess.CompletedProcess[str]:
    """The tests named, in the copy at `place`."""
    import shlex

    command = [sys.executable, "-m", "pytest", "-q", "-x", "-p", "no:cacheprovider", "-p", "no:xdist", "--tb=line"]
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("PYTEST_", "COV_"))}
    environment |= {"PYTHONPATH": str(place), "PYTHONDONTWRITEBYTECODE": "1"}
    return subprocess.run(
        [*command, *shlex.split(tests)], cwd=place, env=environment, capture_output=True, text=True, check=False
    )


@pytest.mark.parametrize("bug", BUGS, ids=lambda bug: bug.title)
def test_a_planted_bug_is_caught(bug: Bug, copied: Path) -> None:
    """The tests named fail with the bug, by an assertion of theirs, and ran in the copy."""
    file = copied / "jupyter_resources" / bug.file
    text = file.read_text()
    assert text.count(bug.right) == 1, f"{bug.file} no longer has this line once: mend the row"
    file.write_text(text.replace(bug.right, bug.wrong))
    try:
        ended = run(copied, bug.tests)
    finally:
        file.write_text(text)
    assert ended.returncode == 1, ended.stdout + ended.stderr
    assert " failed" in ended.stdout, ended.stdout


def test_without_a_bug_the_same_tests_pass(copied: Path) -> None:
    """Otherwise the rows above would prove nothing."""
    for tests in (f"{LAWS} -k 'deletes or failed_copy or spoiled or hostile'", f"{PLAN}", f"{COUNTS} -k fresh_file"):
        ended = run(copied, tests)
        assert ended.returncode == 0, ended.stdout + ended.stderr
