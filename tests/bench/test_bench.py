"""The benchmark itself: it runs, notices work that wasn't done, and judges as it says."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from tests.bench import budgets, cases, report, results, transfers, trees
from tests.bench.measure import Failed, Run
from tests.bench.peers import FLOOR, OURS, Peer
from tests.bench.results import Case, Figure
from tests.bench.servers import Far
from tests.servers.processes import S3Server


@pytest.fixture(autouse=True)
def hurried(monkeypatch: pytest.MonkeyPatch) -> None:
    """No rest for new files: what is kept of their digests isn't looked at here."""
    monkeypatch.setattr(transfers, "SETTLED", 0)


@pytest.fixture
def near(seaweedfs: S3Server) -> Far:
    return Far(seaweedfs, seaweedfs.endpoint)


@pytest.mark.parametrize("letter", ["a", "b", "c", "d"])
def test_every_case_runs(letter: str, near: Far, tmp_path: Path) -> None:
    """With ours alone, at sizes that say nothing: nothing fails, everything has its figures, nothing is left behind."""
    (case,) = cases.run(letter, cases.SMALL, near, tmp_path, [OURS])
    assert case.failed == {}
    done = {"a": {"push", "pull"}, "b": {"1 % changed", "unchanged"}, "c": {"push", "pull"}, "d": set()}
    assert case.runs.keys() == done[letter]
    assert all(len(by_tool["ours"]) == 1 for by_tool in case.runs.values())
    assert len(case.figures) == (4 if letter == "d" else 0)
    assert list(tmp_path.iterdir()) == []
    assert not [one["Name"] for one in near.client.list_buckets()["Buckets"] if one["Name"].startswith("bench-")]


def test_a_tool_that_does_nothing_has_failed(near: Far, tmp_path: Path) -> None:
    """The floor moves no file, so as a tool it would win everything."""
    idle = replace(FLOOR, name="idle")
    (case,) = cases.run("a", cases.SMALL, near, tmp_path, [idle])
    assert case.runs == {}
    assert "0 came where 20 were to come" in case.failed["idle"]


def test_a_tool_that_fails_says_why(near: Far, tmp_path: Path) -> None:
    """With the end of what it printed."""
    broken = Peer("broken", "", lambda *_: ["/bin/sh", "-c", "echo no such option; exit 3"], ["true"])
    (case,) = cases.run("a", cases.SMALL, near, tmp_path, [broken])
    assert "ended with 3:\nno such option" in case.failed["broken"]


@pytest.mark.parametrize(
    ("found", "wrong"),
    [({"a": (1, "x")}, "1 came"), ({"a": (1, "x"), "b": (2, "z")}, "1 aren't"), ({"a": (1, "x"), "b": (9, "-")}, "1 ")],
)
def test_what_arrived_is_compared(found: dict[str, tuple[int, str]], wrong: str) -> None:
    """By number, size and MD5; a tag of parts isn't an MD5, so there the size is all."""
    wanted = {"a": (1, "x"), "b": (2, "y")}
    trees.arrived(wanted, {"a": (1, "x"), "b": (2, "some-2")})
    with pytest.raises(Failed, match=wrong):
        trees.arrived(wanted, found)


def seen(**seconds: float) -> dict[str, list[Run]]:
    return {name.replace("_", "-"): [Run(took, took, took, 1 << 20, {"GET": 20})] for name, took in seconds.items()}


def story() -> list[Case]:
    far = Case("a10", "2,000 files", {"push": seen(ours=1, s5cmd=2, rclone_32=1.2), "pull": seen(ours=1, boto3=0.9)})
    there = Case("b", "20,000 files", {"unchanged": seen(ours=1, s5cmd=3, floor=0.5)})
    large = Case("c", "1,024 MiB", {"push": seen(ours=3, rclone=4, obstore=1), "pull": seen(ours=3, rclone=1)})
    return [far, there, large, Case("e", "faces", figures=[Figure("import", [40, 60, 70], "ms", 50)])]


def test_budgets_are_judged() -> None:
    """Each by its own rule; the engine under ours is no peer."""
    judged = {(one.work, one.budget): one.met for one in budgets.verdicts(story())}
    assert judged == {
        ("2,000 files: push", "≥ 1.8× s5cmd"): True,
        ("2,000 files: push", "≥ 1.5× rclone-32"): False,
        ("2,000 files: pull", "ahead of all"): False,
        ("20,000 files: unchanged", "≥ 3× s5cmd"): True,
        ("20,000 files: unchanged", "one listing: ≤ 20 GET"): True,
        ("1,024 MiB: push", "CPU ≤ 1.5× the best peer's"): True,
        ("1,024 MiB: push", "time ≤ 1.5× the best peer's"): True,
        ("1,024 MiB: pull", "CPU ≤ 1.5× the best peer's"): False,
        ("1,024 MiB: pull", "time ≤ 1.5× the best peer's"): False,
        ("memory of ours, the most of all transfers", "≤ 300 MiB"): True,
        ("import", "≤ 50 ms"): False,
    }


def test_the_page_keeps_what_was_written_by_hand(tmp_path: Path) -> None:
    """Above the mark everything stays; below, what was kept of every case is there, fastest tool first."""
    page = tmp_path / "page.md"
    page.write_text(f"# By hand\n\n{report.MARK}\nold", "utf-8")
    for case in story():
        results.keep(case, tmp_path / "kept")
    assert results.kept(tmp_path / "kept") == story()
    report.write(results.kept(tmp_path / "kept"), page)
    text = page.read_text("utf-8")
    assert text.startswith(f"# By hand\n\n{report.MARK}\n")
    assert "old" not in text
    assert text.index("| **ours** | 1.00 (1 run) | 1.00 |") < text.index("| s5cmd | 2.00 (1 run) | 2.00 |")
