"""The decision, as a table: facts of both sides in, steps out."""

from __future__ import annotations

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from jupyter_resources.core.entry import Entry, LeftOut, Listing
from jupyter_resources.core.errors import EmptySource
from jupyter_resources.core.steps import Action, Plan
from jupyter_resources.sync.plan import maybe_held, plan, same, undecided
from jupyter_resources.sync.policy import MIRROR, PUSH, Policy

FORCE = PUSH.but(overwrite=True)
FOLDS = PUSH.but(folds_case=True)


def listing(text: str) -> Listing:
    """`a@1 b@?` is a with content 1 and b whose digest isn't known; `c!` was left out; sizes are all the same."""
    entries: list[Entry] = []
    out: list[LeftOut] = []
    for word in text.split():
        if word.endswith("!"):
            out.append(LeftOut(word[:-1], "broken"))
            continue
        path, _, content = word.partition("@")
        entries.append(Entry(path, 4, md5=None if content == "?" else content * 4))
    return Listing.of(entries, out)


def steps_of(made: Plan) -> list[str]:
    """Each step in words."""
    return [str(step) for step in made]


@pytest.mark.parametrize(
    ("source", "target", "policy", "expected"),
    [
        ("", "", PUSH, []),
        ("a@1", "", PUSH, ["copy a (new)"]),
        ("a@1", "a@1", PUSH, ["keep a (same)"]),
        ("a@1", "a@2", PUSH, ["conflict a (target differs)"]),
        ("a@1", "a@2", FORCE, ["copy a (changed)"]),
        ("a@?", "a@2", PUSH, ["conflict a (cannot compare)"]),
        ("a@?", "a@2", FORCE, ["copy a (cannot compare)"]),
        ("a@1", "a@?", PUSH, ["conflict a (cannot compare)"]),
        ("", "a@1", PUSH, []),  # push never deletes
        ("", "a@1", FORCE, []),
        ("a@1 b@2", "a@1", PUSH, ["keep a (same)", "copy b (new)"]),
        ("b@1", "a@1", PUSH, ["reuse b (same content on the target)"]),
        ("b@1", "a@1", MIRROR, ["delete a (not in the source)", "reuse b (same content on the target)"]),
        ("b@1", "a@1", PUSH.but(verify=True), ["copy b (new)"]),  # verify trusts nothing that wasn't just read
        ("a@1", "a@1 b@2", MIRROR, ["keep a (same)", "delete b (not in the source)"]),
        ("a@1", "a@2 b@3", MIRROR, ["copy a (changed)", "delete b (not in the source)"]),
        ("a@2 b@1", "a@1 b@2", MIRROR, ["copy a (changed)", "copy b (changed)"]),  # a swap: neither may be copied from
        ("a@1 b!", "b@2", MIRROR, ["copy a (new)", "skip b (broken)"]),  # unreadable isn't gone
        ("a@1 d/!", "d/x@2 d/y@3 e@4", MIRROR, ["copy a (new)", "skip d/ (broken)", "delete e (not in the source)"]),
        ("a@1", "a/b@2", PUSH, ["conflict a (directory where a file should go)"]),
        ("a@1", "a/b@2", FORCE, ["conflict a (directory where a file should go)"]),
        ("a/b@1", "a@2", PUSH, ["conflict a/b (file where a directory should go)"]),
        ("a/b/c@1", "a@2", FORCE, ["conflict a/b/c (file where a directory should go)"]),
        ("a@1", "ab/c@2", PUSH, ["copy a (new)"]),  # `ab/` is no directory `a/`
        ("a@1", "a/!", PUSH, ["conflict a (directory where a file should go)"]),
        ("A@1 a@2", "", PUSH, ["copy A (new)", "copy a (new)"]),
        ("A@1 a@2", "", FOLDS, ["copy A (new)", "conflict a (differs only in case from another file)"]),
        ("a@1 a/b@2", "", PUSH, ["skip a (file and directory of one name)", "copy a/b (new)"]),
        ("x! a@1", "", PUSH, ["copy a (new)", "skip x (broken)"]),
    ],
)
def test_each_situation_leads_to_one_step(source: str, target: str, policy: Policy, expected: list[str]) -> None:
    assert steps_of(plan(listing(source), listing(target), policy)) == expected


@pytest.mark.parametrize("source", ["", "a!"])
def test_mirroring_nothing_is_refused_unless_asked_for(source: str) -> None:
    with pytest.raises(EmptySource, match="would delete 1"):
        plan(listing(source), listing("b@1"), MIRROR)
    made = plan(listing(source), listing("b@1"), MIRROR.but(allow_empty=True))
    assert "delete b (not in the source)" in steps_of(made)


def test_mirroring_nothing_to_nothing_is_nothing() -> None:
    assert steps_of(plan(Listing(), Listing(), MIRROR)) == []


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        (Entry("a", 1), Entry("a", 2), False),
        (Entry("a", 1), Entry("a", 1), None),
        (Entry("a", 1, md5="x"), Entry("a", 1, md5="x"), True),
        (Entry("a", 1, md5="x"), Entry("a", 1, md5="y"), False),
        (Entry("a", 1, md5="x"), Entry("a", 1, sha256="x"), None),
        (Entry("a", 1, md5="x", sha256="s"), Entry("a", 1, md5="x", sha256="t"), False),
        (Entry("a", 1, etag="t"), Entry("a", 1, etag="t"), None),  # a tag is no digest
    ],
)
def test_equality_needs_a_digest(one: Entry, other: Entry, expected: bool | None) -> None:
    assert same(one, other) is expected
    assert same(other, one) is expected


def test_only_ambiguous_pairs_are_to_be_read() -> None:
    pairs = undecided(listing("a@1 b@? c@?"), listing("a@1 b@2 d@4"))
    assert [one.path for one, _ in pairs] == ["b"]


def test_a_new_file_may_be_a_moved_one_only_if_a_known_size_is_there() -> None:
    assert [one.path for one in maybe_held(listing("b@? c@3"), listing("a@1"))] == ["b"]
    assert maybe_held(listing("b@?"), listing("a@?")) == []


paths = st.text("abA/", min_size=1, max_size=5).map(lambda text: "/".join(part for part in text.split("/") if part))
entries = st.builds(Entry, paths.filter(bool), st.integers(0, 2), md5=st.sampled_from(["x", "y"]))
listings = st.lists(entries, max_size=8).map(Listing.of)
policies = st.builds(Policy, overwrite=st.booleans(), delete=st.booleans(), allow_empty=st.just(True))


def executed(made: Plan, target: Listing) -> Listing:
    """The target after every step, with the contents that the source had."""
    there = dict(target.by_path)
    for step in made:
        if step.action in (Action.COPY, Action.REUSE):
            assert step.source is not None
            there[step.path] = step.source
    for step in made.of(Action.DELETE):
        del there[step.path]
    return Listing.of(there.values())


@given(listings, policies)
def test_a_side_needs_nothing_from_itself(side: Listing, policy: Policy) -> None:
    names = plan(side, side, policy)
    assert {step.action for step in names} <= {Action.KEEP, Action.CONFLICT, Action.SKIP}
    assert all(step.blocked for step in names.of(Action.CONFLICT))


@given(listings, listings, policies)
def test_planning_again_after_executing_keeps_everything(source: Listing, target: Listing, policy: Policy) -> None:
    first = plan(source, target, policy)
    assume(not any(step.blocked for step in first))  # such a plan is refused whole
    again = plan(source, executed(first, target), policy)
    moved = {step.path for step in first.of(Action.COPY, Action.REUSE)}
    assert {step.path for step in again.of(Action.COPY, Action.REUSE, Action.DELETE)} == set()
    assert moved <= {step.path for step in again.of(Action.KEEP)}


@given(listings, listings, policies)
def test_no_step_is_about_two_things_and_none_deletes_what_the_source_has(
    source: Listing, target: Listing, policy: Policy
) -> None:
    made = plan(source, target, policy)
    paths_of = [step.path for step in made]
    assert len(paths_of) == len(set(paths_of))
    assert all(step.path not in source for step in made.of(Action.DELETE))
    assert policy.delete or not made.of(Action.DELETE)


@given(listings, listings, policies)
def test_what_is_copied_within_the_target_stays_there_until_then(
    source: Listing, target: Listing, policy: Policy
) -> None:
    made = plan(source, target, policy)
    written = {step.path for step in made.of(Action.COPY, Action.REUSE)}
    assert all(step.held_at is not None and step.held_at.path not in written for step in made.of(Action.REUSE))
