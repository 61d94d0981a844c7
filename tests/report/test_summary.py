"""Summaries as pictures: what a person reads after a push, in a terminal."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable

import pytest

from jupyter_resources.core.errors import ResourcesError
from jupyter_resources.report import summary as picture
from jupyter_resources.sync.summary import TransactionSummary
from tests.report.page import Page
from tests.report.stories import HOSTILE, conflicts, done, everything, file, many, push

SAME = [file(f"{number}.csv", 1, 1, "keep", "same") for number in range(2000)]


def headline(summary: TransactionSummary) -> str:
    return picture.text(summary).splitlines()[0]


def test_after_a_push() -> None:
    """What was sent, where, how long it took; each file with its sign, its word and its size."""
    assert picture.text(done()).split("\n") == [
        "Pushed 3 files, 4.7 MB to s3://team-data/project in 0.8 s (13 requests)",
        "",
        "  + new      a.csv       3.4 MB",
        "  + new      notes/b.md   812 B",
        "  ~ changed  train.csv   1.2 MB",
    ]


def test_before_a_push() -> None:
    """A dry run says what would be done, deletes first, and that it wasn't."""
    gone = [file("old.csv", None, 90, "delete", "not in the source")]
    reuse = [file("again.csv", 3_400_000, None, "reuse", "same content on the target")]
    new = [file("a.csv", 3_400_000)]
    assert picture.text(push(dryrun=True, not_on_target=new + reuse, to_delete=gone)).split("\n") == [
        "Would push 1 file, 3.4 MB to s3://team-data/project, reuse 1, delete 1",
        "",
        "  − delete  old.csv      90 B  not in the source",
        "  + new     a.csv      3.4 MB",
        "  = reuse   again.csv  3.4 MB  same content on the target",
        "",
        "A dry run: nothing was changed.",
    ]


def test_conflicts_say_what_differs_and_what_to_type() -> None:
    """A refused push names each file, how it differs, and the way out."""
    assert picture.text(conflicts()).split("\n") == [
        "Refused to push to s3://team-data/project: 3 conflicts (1 other file is ready)",
        "",
        "  ! conflict  a.csv    2.0 kB  target differs: 1.0 kB there",
        "  ! conflict  b.csv     500 B  target differs: same size, other content",
        "  ! conflict  c.csv      70 B  cannot compare",
        "  + new       new.csv    10 B",
        "",
        "1 file is already there.",
        "What cannot be compared is settled by --verify (verify=True), which reads both sides.",
        "--force (force=True) overwrites them; without it nothing that differs is touched.",
    ]


def test_all_at_once() -> None:
    """Failures come first, a long common prefix is said once, long groups are counted."""
    lines = picture.text(everything()).splitlines()
    assert lines[:7] + lines[25:] == [
        (
            "Incomplete: pushed 65 of 67 files, 3.1 of 10.3 GB to s3://team-data/project, reused 1, 2 failed,"
            " 1 conflict left alone in 1 min 15 s (73 requests)"
        ),
        "",
        "                 in experiments/2026/spring/",
        "  ✗ failed       raw/huge.bin                  7.2 GB  no room in the bucket: quota of 10 GB reached",
        "  ✗ failed       raw/locked.db                 120 kB  may not be read",
        "  ! collision    report                                directory where a file should go: it holds 5 files",
        "  − not deleted  old.csv                         90 B  not in the source",
        "  + new          part-018.parquet             48.0 MB",
        "  + new          part-019.parquet             48.0 MB",
        "                 … and 44 more",
        "  ~ changed      index.json                   52.1 kB",
        "  = reused       copy of train.csv             1.2 MB  same content on the target",
        "  · skipped      .git/                                 ignored by default",
        "  · skipped      link.csv                              link to a file that isn't there",
        "",
        "2,000 files are already there.",
        "A collision is settled by renaming one side or leaving it out (--exclude); --force doesn't settle it.",
        "Deletes wait until every copy has succeeded.",
        "→ free some space",
        "→ chmod u+r raw/locked.db",
        "The same line again goes on from here: what has arrived isn't sent twice.",
    ]


def test_stopped() -> None:
    """An interrupted push says how far it came and that the same line goes on."""
    files = [file("a.csv", 1_000_000), file("b.csv", 3_000_000)]
    summary = push(
        not_on_target=files, copied=files[:1], synced_files=files[:1], interrupted=True, seconds=12.3, requests={}
    )
    assert picture.text(summary).split("\n") == [
        "Stopped: pushed 1 of 2 files, 1.0 of 4.0 MB to s3://team-data/project in 12 s",
        "",
        "  … not yet  b.csv  3.0 MB",
        "  + new      a.csv  1.0 MB",
        "",
        "The same line again goes on from here: what has arrived isn't sent twice.",
    ]


def test_a_dry_run_that_was_stopped() -> None:
    """It says nothing of what there is, nor of what has arrived: nothing could have."""
    assert picture.text(push(dryrun=True, interrupted=True)).split("\n") == [
        "Stopped before it was known what to push to s3://team-data/project",
        "",
        "A dry run: nothing was changed.",
    ]


@pytest.mark.parametrize(
    ("summary", "expected"),
    [
        (push(on_target_eq_md5=SAME), "Nothing to push: 2,000 files are already there"),
        (push(on_target_eq_md5=SAME[:1], sync_direction="pull"), "Nothing to pull: 1 file is already here"),
        (push(), "Nothing to push: there are no files in /home/ana/data"),
        (push(source=""), "Nothing to push: there are no files"),
        (push(skipped_source_files=SAME[:2]), "Nothing to push: all 2 files are skipped"),
        (push(skipped_source_files=SAME[:1]), "Nothing to push: the only file is skipped"),
        (push(interrupted=True), "Stopped: nothing pushed"),
        (push(failed={"a": ResourcesError("no")}), "Incomplete: nothing pushed, 1 failed"),
        (TransactionSummary(), "Nothing to copy: there are no files"),
        (
            push(reused=[file("a", 5)], not_on_target=[file("a", 5)], seconds=0.004),
            "Reused 1 file on s3://team-data/project in 4 ms",
        ),
        (push(deleted=SAME[:3], seconds=2), "Deleted 3 files from s3://team-data/project in 2.0 s"),
        (push(dryrun=True, to_delete=SAME[:1]), "Would delete 1 file from s3://team-data/project"),
        (
            push(sync_direction="pull", source="s3://b/x", target="data", copied=[file("a", None, 2000)]),
            "Pulled 1 file, 2.0 kB from s3://b/x into data",
        ),
        (push(sync_direction="sync", copied=[file("a", 7)]), "Synced 1 file, 7 B to s3://team-data/project"),
        (conflicts(dryrun=True, not_on_target=[]), "Would refuse to push to s3://team-data/project: 3 conflicts"),
    ],
)
def test_headlines(summary: TransactionSummary, expected: str) -> None:
    """One sentence says it all, whatever happened."""
    assert headline(summary) == expected


def test_a_long_location_hides_nothing() -> None:
    """However long the name of a bucket is, the rest of the sentence can be read."""
    line = headline(push(copied=[file("a", 7)], target="s3://" + "k" * 2000, seconds=1))
    assert line.startswith("Pushed 1 file, 7 B to s3://kk") and line.endswith("kk in 1.0 s") and len(line) < 150


def test_names_are_as_people_type_them() -> None:
    """Below the base path, which the headline shows; what only begins alike keeps its name."""
    summary = push(not_on_target=[file("data/a.csv", 1), file("data.csv", 1), file("database/b", 1)], base_path="data")
    shown = [line.split()[2] for line in picture.text(summary).splitlines()[2:5]]
    assert shown == ["a.csv", "data.csv", "database/b"]


def test_a_delete_that_failed_is_said_once() -> None:
    """As failed, and not as one that waits for the copies."""
    gone = [file(name, None, 90, "delete", "not in the source") for name in ("a", "b")]
    shown = picture.text(push(to_delete=gone, deleted=gone[:1], failed={"b": ResourcesError("locked")}))
    assert [line.split()[:3] for line in shown.splitlines()[2:4]] == [["✗", "failed", "b"], ["−", "deleted", "a"]]
    assert "not deleted" not in shown and "Deletes wait" not in shown


def test_a_file_of_its_own_making() -> None:
    """A summary filled by hand, without states, reads right too."""
    summary = push()
    summary.not_on_target.append(file("new", 3, state="", reason=""))
    summary.on_target_neq_md5.append(file("other", 3, 4, "", ""))
    assert picture.text(summary).splitlines()[2:4] == [
        "  ! conflict  other  3 B  target differs: 4 B there",
        "  + new       new    3 B",
    ]


def test_one_more_is_the_file_itself() -> None:
    """Instead of `… and 1 more` the row is used for the file."""
    twenty_one = picture.text(push(not_on_target=[file(f"{n:02}", 1) for n in range(21)]))
    assert "more" not in twenty_one and "  + new  20  1 B" in twenty_one
    assert "         … and 2 more" in picture.text(push(not_on_target=[file(f"{n:02}", 1) for n in range(22)]))


def test_short_prefixes_stay() -> None:
    """A prefix is set apart only where that makes names shorter, and only whole directories are."""
    assert "data/a.csv" in picture.text(push(not_on_target=[file("data/a.csv", 1), file("data/b.csv", 1)]))
    split = picture.text(push(not_on_target=[file("experiment-1/a", 1), file("experiment-10/a", 1)]))
    assert "experiment-10/a" in split and "in experiment" not in split


@pytest.mark.parametrize("name", HOSTILE)
@pytest.mark.parametrize("place", ["name", "reason", "error", "hint", "collision", "target", "source"])
def test_hostile_text_is_only_text(name: str, place: str) -> None:
    """Wherever it stands, it is one line of visible characters, and in html no markup."""
    say: dict[str, Callable[[str], TransactionSummary]] = {
        "name": lambda word: push(not_on_target=[file(word, 1)]),
        "reason": lambda word: push(skipped_source_files=[file("a", 1, None, "skip", word)]),
        "error": lambda word: push(failed={word: ResourcesError(word)}),
        "hint": lambda word: push(failed={"a": ResourcesError("no", hint=word)}),
        "collision": lambda word: push(unresolvable_collisions={word: word}),
        "target": lambda word: push(not_on_target=[file("a", 1)], target=word),
        "source": lambda word: push(source=word),
    }
    hostile, harmless = say[place](name), say[place]("word")
    shown, drawn = picture.text(hostile), picture.html(hostile)
    for text in (shown, drawn):
        assert not {unicodedata.category(char) for char in text.replace("\n", "")} & {"Cc", "Cf", "Cs", "Zl", "Zp"}
        text.encode()
    assert len(shown.split("\n")) == len(picture.text(harmless).split("\n"))
    assert Page(drawn).elements == Page(picture.html(harmless)).elements


def test_fifty_thousand_files() -> None:
    """Large summaries stay small pictures; the first rows and the counts are there. (Measured: 20 ms, 37 kB.)"""
    bundle = picture.mimebundle(many(12_500))
    assert len(bundle["text/html"].encode()) < 100_000 and len(bundle["text/plain"].encode()) < 30_000
    assert "… and 12,480 more" in bundle["text/html"]


def test_the_bundle_holds_both() -> None:
    """What a notebook keeps is text and html of the same story."""
    assert picture.mimebundle(done()) == {"text/plain": picture.text(done()), "text/html": picture.html(done())}


def test_looking_changes_nothing_and_asks_no_disk() -> None:
    """The files of a summary may be long gone; drawing it twice gives the same."""
    summary = everything()
    before = summary.to_json()
    assert picture.text(summary) == picture.text(summary)
    assert summary.to_json() == before
