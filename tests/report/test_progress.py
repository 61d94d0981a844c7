"""One reducer for every bar: totals that no order of events can break."""

from __future__ import annotations

from functools import reduce

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jupyter_resources.core.entry import Entry
from jupyter_resources.core.errors import ResourcesError
from jupyter_resources.core.events import Compared, Copied, Event, Failed, Finished, Listed, Moved, Planned, Stopped
from jupyter_resources.core.steps import Action, Reason, Step
from jupyter_resources.report.progress import Phase, Progress


def step(path: str, size: int, action: Action = Action.COPY) -> Step:
    return Step(action, path, Reason.NEW, Entry(path, size))


def told(*events: Event, clock: float = 0.0, every: float = 0.0) -> Progress:
    """The progress after `events`, one each `every` seconds."""
    return reduce(lambda so_far, one: so_far.apply(one[1], clock + one[0] * every), enumerate(events), Progress())


def of_file(path: str, size: int, thrown_away: int, fails: bool) -> list[Event]:
    """What one worker says of one file: a try that is thrown away, then all of it, then the end."""
    if fails:
        return [Moved(path, thrown_away), Moved(path, -thrown_away), Failed(step(path, size), ResourcesError("no"))]
    tried: list[Event] = [Moved(path, thrown_away), Moved(path, -thrown_away)] if thrown_away else []
    return [*tried, *([Moved(path, size)] if size else []), Copied(step(path, size))]


@given(
    st.lists(st.tuples(st.integers(0, 10**9), st.integers(0, 1000), st.booleans()), max_size=8),
    st.randoms(use_true_random=False),
)
def test_any_order_gives_the_same_totals(files: list[tuple[int, int, bool]], random: object) -> None:
    """Workers interleave as they like: the sums are the same, and everything ended means all of it is done."""
    events: list[Event] = [Planned(len(files), sum(size for size, _, _ in files)), Listed("bucket", 3)]
    for number, facts in enumerate(files):
        events += of_file(str(number), *facts)
    shuffled = list(events)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    for order in (events, shuffled):
        progress = told(*order)
        assert progress.done + progress.failed == len(files) == progress.files
        assert progress.moved == sum(size for size, _, fails in files if not fails)
        assert progress.fraction == pytest.approx(1.0)
        assert all(0 <= told(*order[:some]).fraction <= 1 for some in range(len(order)))


def test_a_try_thrown_away_is_taken_back() -> None:
    """What was moved in vain isn't counted, and gives no negative speed."""
    progress = told(Planned(1, 100), Moved("a", 60), Moved("a", -60), Moved("a", 10), every=1.0)
    assert (progress.moved, progress.fraction > 0) == (10, True)
    assert progress.bytes_per_second is not None and progress.bytes_per_second >= 0
    assert told(Planned(1, 100), Moved("a", -60)).fraction == 0


def test_the_phases_of_a_life() -> None:
    """Listing, comparing, moving, stopped, finished; a late event doesn't turn it back."""
    events: list[Event] = [Listed("data", 2), Compared(0, 2), Planned(1, 5), Stopped(), Finished(1.0), Moved("a", 5)]
    phases = [told(*events[: n + 1]).phase for n in range(len(events))]
    assert phases == [*Phase, Phase.FINISHED]
    assert told(Compared(1, 2), Planned(1, 5), Compared(2, 2)).phase is Phase.MOVING


def test_comparing_says_how_far_it_is() -> None:
    """Of the files that must be read."""
    progress = told(Listed("data", 9000), Compared(0, 4000), Compared(1000, 4000))
    assert progress.words("push") == ("Comparing", "1,000 of 4,000 files")
    assert progress.fraction == 0.25


def test_listing_counts_each_side() -> None:
    """Counts grow however late an older one arrives."""
    assert told(Listed("data", 2000), Listed("target", 10), Listed("data", 1000)).words() == (
        "Listing",
        "2,000 files in data",
        "10 files in the target",
    )


def test_speed_and_time_left() -> None:
    """A steady megabyte a second is said, and what is left follows from the work done."""
    progress = told(Planned(1, 10_000_000), *[Moved("a", 1_000_000)] * 4, every=1.0)
    assert progress.words("push") == ("Pushing", "0 of 1 file", "4.0 of 10.0 MB", "1.0 MB/s", "6 s left")
    assert told(Planned(1, 10_000_000), Moved("a", 1_000_000), every=0.1).seconds_left is None


def test_many_small_files_count() -> None:
    """Deletes and empty files move no bytes and still move the bar."""
    gone = [Copied(step(str(n), 0, Action.DELETE)) for n in range(5)]
    assert told(Planned(10, 0), *gone).fraction == 0.5
    assert told(Planned(0, 0)).fraction == 1.0


def test_the_end_in_words() -> None:
    """Failures are said; the last line is the result."""
    failed = Failed(step("b", 5), ResourcesError("no"))
    events = (Planned(2, 10), Moved("a", 5), Copied(step("a", 5)), failed, Finished(0.84))
    assert told(*events).words("pull") == ("Pulled", "1 of 2 files", "1 failed", "5 of 10 B", "in 0.8 s")
    assert told(*events[:3], Stopped()).words("pull") == ("Stopped", "1 of 2 files", "5 of 10 B")


def test_applying_changes_nothing() -> None:
    """A progress is a value."""
    before = Progress()
    before.apply(Planned(1, 1)).apply(Listed("a", 1))
    assert before == Progress()
