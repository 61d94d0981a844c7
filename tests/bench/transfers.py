"""The cases that move files: many small ones, many unchanged ones, one large one; every tool in turn, in rounds."""

from __future__ import annotations

import itertools
import shutil
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from tests.bench import measure, trees
from tests.bench.measure import Failed, Run
from tests.bench.peers import DIGESTS, ENGINE, FLOOR, OURS, Peer, Verb, variables
from tests.bench.results import Case
from tests.bench.servers import Far

__all__ = ["SETTLED", "Stage", "large_file", "small_files", "unchanged"]

SLOW = 20.0
FAR_BEHIND = 4.0
"""A run that took so many seconds, and so many times ours, is the tool's last: it isn't close."""
SHARE = 100
SETTLED = 2.5
"""Seconds that files rest after they are written: ours doesn't trust younger ones to be unchanged."""
_numbers = itertools.count(1)

Contents = Mapping[str, tuple[int, str]]


@dataclass(frozen=True, slots=True)
class Stage:
    """Where a case plays: a directory in memory, the server and the way there."""

    place: Path
    far: Far

    def run(self, peer: Peer, verb: Verb, bucket: str, home: Path, target: Path) -> Run:
        """One verb of one tool, with the requests that the way there saw."""
        self.far.requests()
        command = peer.command(verb, self.far.endpoint, bucket, target)
        run = measure.run(command, self.place, variables(self.far, bucket, home), self.far.cpu)
        return replace(run, requests=self.far.requests())


def is_over(case: Case, peer: Peer) -> bool:
    """Whether the tool needn't run again."""
    return peer.name in case.failed or any(
        runs[-1].seconds > max(SLOW, FAR_BEHIND * measure.median(by_tool[OURS.name]))
        for by_tool in case.runs.values()
        if OURS.name in by_tool and (runs := by_tool.get(peer.name))
    )


def order(peers: Sequence[Peer], turn: int) -> Sequence[Peer]:
    """Each round begins with the next tool."""
    at = turn % len(peers)
    return (*peers[at:], *peers[:at])


def small_files(stage: Stage, peers: Sequence[Peer], number: int, name: str, title: str) -> Case:
    """First push to an empty bucket, then pull into an empty directory, of the files that lie there."""
    case = Case(name, title)
    for turn in range(number):
        _round(case, stage, peers, turn, verified=turn == 0)
    return case


def large_file(near: Stage, counting: Stage, peers: Sequence[Peer], number: int, name: str, title: str) -> Case:
    """The same with the server at hand; a round before, through the proxy, is verified and counted and not timed."""
    case = Case(name, title)
    _round(case, counting, peers, 0, verified=True)
    counted, case.runs = case.runs, {}
    for turn in range(number):
        _round(case, near, peers, turn, verified=False)
        for what in ("push", "pull"):
            case.add(what, DIGESTS.name, near.run(DIGESTS, what, "", near.place / "home", near.place))
    for what, by_peer in case.runs.items():
        for name, runs in by_peer.items():
            by_peer[name] = [
                replace(run, requests=counted[what][name][0].requests) for run in runs if name in counted[what]
            ] or runs
    return case


def _round(case: Case, stage: Stage, peers: Sequence[Peer], turn: int, *, verified: bool) -> None:
    wanted = trees.contents(stage.place) if verified else {}
    for peer in order([peer for peer in peers if not is_over(case, peer)], turn):
        bucket, corner = f"bench-{next(_numbers)}", stage.place / f"corner{next(_numbers)}"
        target = corner / "target"
        target.mkdir(parents=True)
        stage.far.create(bucket)
        try:
            pushed = stage.run(peer, "push", bucket, corner / "home", target)
            pulled = stage.run(peer, "pull", bucket, corner / "other home", target)
            if verified:
                trees.arrived(wanted, stage.far.objects(bucket))
                trees.arrived(wanted, trees.contents(target))
            case.add("push", peer.name, pushed)
            case.add("pull", peer.name, pulled)
        except Failed as error:
            case.fail(peer.name, str(error))
        finally:
            stage.far.drop(bucket)
            shutil.rmtree(corner)


def unchanged(stage: Stage, peers: Sequence[Peer], number: int, name: str, title: str) -> Case:
    """With everything pushed before by the same tool: a push where one file in a hundred has changed, then one more."""
    case = Case(name, title)
    buckets = {peer.name: f"bench-{next(_numbers)}" for peer in peers}
    buckets[FLOOR.name] = buckets[peers[0].name]
    time.sleep(SETTLED)
    wanted = trees.contents(stage.place)
    quick = next((peer for peer in peers if peer.name == ENGINE.name), None)
    for peer in peers:
        stage.far.create(buckets[peer.name])
        # Whose marks are the MD5 that the server keeps doesn't care who pushed: one of them takes minutes to do it.
        _again(case, stage, peer if peer.own_marks or not quick else quick, buckets[peer.name], "", "push", wanted)
    for turn in range(number):
        trees.change(stage.place, SHARE)
        time.sleep(SETTLED)
        wanted = trees.contents(stage.place)
        racing = order([peer for peer in (*peers, FLOOR) if not is_over(case, peer)], turn)
        for what in ("1 % changed", "unchanged"):
            for peer in racing:
                if peer.name not in case.failed:
                    _again(case, stage, peer, buckets[peer.name], what, "again", wanted)
    for peer in peers:
        stage.far.drop(buckets[peer.name])
    return case


def _again(case: Case, stage: Stage, peer: Peer, bucket: str, what: str, verb: Verb, wanted: Contents) -> None:
    """One push, verified; kept as `what`."""
    home = stage.place / "homes" / peer.name
    try:
        run = stage.run(peer, verb, bucket, home, home)
        if peer is not FLOOR:
            trees.arrived(wanted, stage.far.objects(bucket))
        if what:
            case.add(what, peer.name, run)
    except Failed as error:
        case.fail(peer.name, str(error))
