"""Summaries as literals, for looking at their pictures."""

from __future__ import annotations

from dataclasses import dataclass

from jupyter_resources.core.errors import ResourcesError
from jupyter_resources.sync.summary import SyncObject, TransactionSummary

__all__ = ["HOSTILE", "Remote", "conflicts", "done", "everything", "file", "many", "push"]

HOSTILE = (
    "<img src=x onerror=alert(1)>.csv",
    '"><script>alert(1)</script>',
    "line\nbreak\r.txt",
    "\x1b[2J\x1b[31mred.txt",
    "invoice\u202efdp.exe",
    "pass\u200bword.txt",
    " edges and  runs ",
    "数据/训练集.csv",
    "e\u0301te\u0301.txt",
    "\udcff bytes",
    "k" * 1024,
)


@dataclass
class Remote:
    """A remote object that is only facts."""

    name: str
    size: int
    hash: str = "0" * 32
    provider: str = "memory"

    def download(self, download_path: str, overwrite_existing: bool = False) -> None:
        raise NotImplementedError


def file(
    name: str, here: int | None = None, there: int | None = None, state: str = "copy", reason: str = "new"
) -> SyncObject:
    """A planned file with so many bytes on each side; None where it isn't."""
    facts = {
        "remote_obj": None if there is None else Remote(name, there),
        "remote_path": name,
        "local_path": f"/home/ana/{name}",
        "exists_locally": here is not None,
        "local_size": here or 0,
        "local_hash": None,
        "equal": state == "keep" if here is not None and there is not None else None,
        "state": state,
        "reason": reason,
    }
    return SyncObject.planned(lambda: facts)


def push(**members: object) -> TransactionSummary:
    """A push to a bucket, with some members said."""
    summary = TransactionSummary(sync_direction="push", source="/home/ana/data", target="s3://team-data/project")
    for name, value in members.items():
        setattr(summary, name, value)
    return summary


def done(**members: object) -> TransactionSummary:
    """A small push that went well, in 0.8 seconds and 13 requests."""
    new = [file("a.csv", 3_400_000), file("notes/b.md", 812)]
    changed = [file("train.csv", 1_250_000, 1_000_000, "copy", "changed")]
    facts: dict[str, object] = {
        "not_on_target": new,
        "on_target_neq_md5": changed,
        "copied": new + changed,
        "synced_files": new + changed,
        "seconds": 0.8,
        "requests": {"list": 1, "put": 12},
    }
    return push(**{**facts, **members})


def conflicts(**members: object) -> TransactionSummary:
    """Two files that differ, one that can't be compared, one new and one that is there already."""
    facts: dict[str, object] = {
        "not_on_target": [file("new.csv", 10)],
        "on_target_neq_md5": [
            file("a.csv", 2_000, 1_000, "conflict", "target differs"),
            file("b.csv", 500, 500, "conflict", "target differs"),
            file("c.csv", 70, 70, "conflict", "cannot compare"),
        ],
        "on_target_eq_md5": [file("same.csv", 1, 1, "keep", "same")],
    }
    return push(**{**facts, **members})


def everything() -> TransactionSummary:
    """A push in which all that can happen happened, below a long common prefix."""
    at = "experiments/2026/spring/"
    new = [file(f"{at}part-{number:03}.parquet", 48_000_000 + number) for number in range(64)]
    changed = [file(f"{at}index.json", 52_144, 51_000, "copy", "changed")]
    late = [file(f"{at}raw/huge.bin", 7_200_000_000), file(f"{at}raw/locked.db", 120_000)]
    reused = [file(f"{at}copy of train.csv", 1_200_000, None, "reuse", "same content on the target")]
    return push(
        not_on_target=[*new, *late, *reused],
        on_target_neq_md5=changed,
        copied=new + changed,
        reused=reused,
        synced_files=new + changed + reused,
        on_target_eq_md5=[file(f"{at}same-{number}.csv", 1, 1, "keep", "same") for number in range(2000)],
        failed={
            f"{at}raw/huge.bin": ResourcesError(
                "no room in the bucket: quota of 10 GB reached", hint="free some space"
            ),
            f"{at}raw/locked.db": ResourcesError("may not be read", hint="chmod u+r raw/locked.db"),
        },
        to_delete=[file(f"{at}old.csv", None, 90, "delete", "not in the source")],
        skipped_source_files=[
            file(f"{at}.git/", 0, None, "skip", "ignored by default"),
            file(f"{at}link.csv", 0, None, "skip", "link to a file that isn't there"),
        ],
        unresolvable_collisions={f"{at}report": [Remote(f"{at}report/{n}.html", 1) for n in range(5)]},
        seconds=75.2,
        requests={"list": 3, "put": 70},
    )


def many(number: int) -> TransactionSummary:
    """A dry run with `number` files in every state, a hostile name for each."""

    def some(here: int | None, there: int | None, state: str, reason: str) -> list[SyncObject]:
        return [file(f"{n}/{HOSTILE[n % len(HOSTILE)]}", here, there, state, reason) for n in range(number)]

    return push(
        dryrun=True,
        not_on_target=some(10, None, "copy", "new"),
        on_target_neq_md5=some(10, 11, "conflict", "target differs"),
        on_target_eq_md5=some(10, 10, "keep", "same"),
        to_delete=some(None, 10, "delete", "not in the source"),
        skipped_source_files=some(10, None, "skip", "name with <b>control</b> characters \x07"),
        unresolvable_collisions={f"x{n}/{HOSTILE[n % len(HOSTILE)]}": "<b>in</b> the way" for n in range(number)},
    )
