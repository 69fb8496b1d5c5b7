"""Parts put together in any grouping, months that stand for others, and steps easy to read."""

from __future__ import annotations

from copy import deepcopy
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ideals.insight.simulating.rules import added, binned, histogram, looked_at, stands_for
from ideals.insight.simulating.rules.histogram import LEAST_STEP, MOST_BINS
from ideals.kernel.month import Month

LINES = st.dictionaries(st.sampled_from("abc"), st.integers(-10_000, 10_000))
PARTS = st.fixed_dictionaries(
    {},
    optional={
        "people": LINES,
        "groups": st.dictionaries(st.sampled_from("xyz"), LINES),
        "change": st.dictionaries(st.integers(-9, 9).map(str), st.integers(1, 50)),
    },
)
CHANGES = st.lists(st.integers(-50_000_000, 50_000_000))


@given(st.lists(PARTS, min_size=1, max_size=7), st.data())
def test_parts_come_to_the_same_in_any_grouping_and_order(parts: list[Any], data: Any) -> None:
    one_by_one: Any = {}
    for part in parts:
        added(one_by_one, deepcopy(part))
    left = [deepcopy(part) for part in parts]
    while len(left) > 1:
        first = left.pop(data.draw(st.integers(0, len(left) - 1)))
        second = left.pop(data.draw(st.integers(0, len(left) - 1)))
        left.append(added(added({}, first), second))
    assert left[0] == one_by_one


def test_adding_leaves_what_is_added_as_it_is() -> None:
    part: Any = {"a": {"b": 1}}
    sum_: Any = {}
    added(added(sum_, part), part)
    assert (sum_, part) == ({"a": {"b": 2}}, {"a": {"b": 1}})


@given(CHANGES)
def test_a_histogram_holds_everybody_once_where_they_are(changes: list[int]) -> None:
    """Counted in bins of three digits, everybody is in the step that holds their exact change."""
    counts: dict[int, int] = {}
    for change in changes:
        counts[binned(change)] = counts.get(binned(change), 0) + 1
    bins = histogram(counts)
    assert sum(each.people for each in bins) == len(changes)
    assert len([each for each in bins if each.start != each.below]) <= MOST_BINS
    for each in bins:
        if each.start == each.below:
            assert each.people == changes.count(0)
        else:
            here = [c for c in changes if c and each.start <= c < each.below]
            assert each.people == len(here), each
    assert [each.start for each in bins] == sorted(each.start for each in bins)


@pytest.mark.parametrize(
    "change, expected",
    [(0, 0), (999, 999), (1_999, 1_990), (-1_999, -2_000), (123_456, 123_000), (-5, -5)],
)
def test_a_change_is_kept_to_three_digits(change: int, expected: int) -> None:
    assert binned(change) == expected


def test_steps_are_nice() -> None:
    bins = histogram({-2_400: 3, 0: 2, 150: 1})
    assert (bins[0].start, bins[0].below) == (-2_400, -2_200)
    assert bins[-1] == (0, 200, 1)
    assert bins[-2] == (0, 0, 2)
    assert histogram({}) == []
    assert histogram({0: 4}) == [(0, 0, 4)]
    assert histogram({30: 1}) == [(0, LEAST_STEP, 1)]


def test_each_month_of_the_calendar_is_looked_at_once() -> None:
    first, last = looked_at(Month(2026, 4))
    assert (first, last) == (Month(2025, 4), Month(2026, 3))
    assert {month.month for month in first.until(last)} == set(range(1, 13))


@pytest.mark.parametrize(
    "past, expected",
    [("2025-04", "2026-04"), ("2025-06", "2026-06"), ("2025-07", None), ("2026-03", None)],
)
def test_a_rule_of_april_to_june_stands_for_them_alone(past: str, expected: str | None) -> None:
    meant = stands_for(Month.parse(past), Month(2026, 4), Month(2026, 6))
    assert (meant and str(meant)) == expected


def test_a_rule_without_an_end_reaches_twelve_months_from_its_first() -> None:
    first, last = looked_at(Month(2026, 4))
    meant = [stands_for(month, Month(2026, 11), None) for month in first.until(last)]
    assert sorted(str(each) for each in meant) == [
        str(month) for month in Month(2026, 11).until(Month(2027, 10))
    ]
