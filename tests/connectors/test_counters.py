"""What a counter grew by: hours, restarts, gaps; and that nothing is lost between its samples, wherever it is cut."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from connectors.prometheus.counters import HOUR, PATIENCE, Growth, Meter

MINUTE = 60_000


def grown(*samples: tuple[int, int], births: list[tuple[int, int]] | None = None) -> list[Growth]:
    """Growth above 0 of samples (minute, count), and births (minute seen, minute begun), from minute 0 on."""
    meter = Meter(since=0, reach=-HOUR)
    found = meter.advance(
        [(minute * MINUTE, count) for minute, count in samples],
        [(seen * MINUTE, begun * MINUTE) for seen, begun in births or []],
    )
    return [each for each in found if each.grown]


def hours(start: int, end: int, count: int) -> Growth:
    return Growth(start * HOUR, end * HOUR, count)


def test_growth_belongs_to_the_hour_that_shows_it() -> None:
    assert grown((55, 10), (59, 30), (61, 37)) == [hours(0, 1, 20), hours(1, 2, 7)]


def test_the_first_sample_is_where_counting_starts() -> None:
    assert grown((1, 5000), (2, 5001)) == [hours(0, 1, 1)]


def test_a_counter_that_falls_has_begun_again() -> None:
    assert grown((1, 100), (2, 150), (3, 20), (4, 70)) == [
        hours(0, 1, 50),
        hours(0, 1, 20),
        hours(0, 1, 50),
    ]


def test_a_counter_that_began_again_without_falling_is_known_by_its_birth() -> None:
    births = [(1, -1000), (2, -1000), (3, 2)]
    assert grown((1, 10), (2, 11), (3, 40), births=births) == [hours(0, 1, 1), hours(0, 1, 40)]


def test_a_series_born_within_reach_counts_from_its_birth() -> None:
    assert grown((125, 9), births=[(125, 123)]) == [hours(2, 3, 9)]
    assert grown((125, 9), births=[(125, 30)]) == [hours(0, 3, 9)]
    assert grown((125, 9), births=[(125, -61)]) == []


def test_growth_in_a_gap_may_be_of_any_hour_of_it() -> None:
    assert grown((10, 0), (190, 300)) == [hours(0, 4, 300)]


def test_a_gap_over_the_beginning_counts_on_the_side_that_saw_it() -> None:
    assert grown((-10, 500), (5, 530)) == [hours(0, 1, 30)]


def test_what_stood_at_the_first_sample_is_reported() -> None:
    meter = Meter(since=0, reach=-HOUR)
    meter.advance([(MINUTE, 700), (2 * MINUTE, 701)])
    assert (meter.unknown, meter.restarts) == (700, 0)


STEPS = st.lists(
    st.tuples(st.integers(1, 3 * PATIENCE), st.integers(0, 10**12), st.booleans()), max_size=30
)


@given(STEPS, st.integers(0, 30))
def test_growth_is_what_was_counted_between_the_samples_however_they_are_cut(
    steps: list[tuple[int, int, bool]], cut: int
) -> None:
    at, count, truth = 0, 0, 0
    samples, births = [(0, 0)], [(0, -10 * HOUR)]
    for wait, more, restarts in steps:
        at, count, truth = at + wait, more if restarts else count + more, truth + more
        samples.append((at, count))
        births.append((at, at - 1 if restarts else births[-1][1]))
    whole = Meter(since=0, reach=-HOUR).advance(samples, births)
    assert sum(each.grown for each in whole) == truth
    assert all(each.grown >= 0 and each.end - each.start >= HOUR for each in whole)
    parts = Meter(since=0, reach=-HOUR)
    pieces = [
        *parts.advance(samples[:cut], births[:cut]),
        *parts.advance(samples[cut:], births[cut:]),
    ]
    assert pieces == whole
