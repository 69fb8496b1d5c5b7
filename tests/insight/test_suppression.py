"""Which figures of groups may be shown: tables by hand, and what somebody could work out."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ideals.insight.desk.rules import (
    LEAST_COUNTED,
    LEAST_SUMMED,
    Group,
    hidden,
    shown,
    summed,
    total,
)

TABLES: Sequence[tuple[list[int], int, set[int]]] = [
    # Everybody is many enough.
    ([12, 40, 5], 5, set()),
    # One is few: the smallest of the others goes with it, or the total would tell.
    ([12, 40, 3], 5, {0, 2}),
    # Two that are few are together enough.
    ([12, 3, 4], 5, {1, 2}),
    # Two that are few are together still few: a third goes with them.
    ([12, 2, 1, 30], 5, {0, 1, 2}),
    # Nobody is told of in a group of nobody, and nobody hides anybody.
    ([12, 0, 40], 5, set()),
    ([12, 0, 3], 5, {0, 2}),
    # Of equal ones the first.
    ([7, 7, 1], 5, {0, 2}),
    # There is nobody to hide behind: the total is as few, and is hidden by itself.
    ([3, 0], 5, {0}),
    ([], 5, set()),
    # An amount asks for ten.
    ([12, 40, 9], 10, {0, 2}),
]


@pytest.mark.parametrize(("counts", "least", "expected"), TABLES)
def test_tables_by_hand(counts: list[int], least: int, expected: set[int]) -> None:
    assert hidden(counts, least) == expected


COUNTS = st.lists(st.integers(0, 60), max_size=12)


@given(COUNTS, st.sampled_from([LEAST_COUNTED, LEAST_SUMMED]))
def test_nobody_can_be_worked_out_from_the_total_and_what_is_shown(
    counts: list[int], least: int
) -> None:
    found = hidden(counts, least)
    assert all(n == 0 or n >= least for place, n in enumerate(counts) if place not in found)
    if sum(counts) < least:
        return  # then the total is hidden too
    secret = [counts[place] for place in found if counts[place]]
    assert not secret or (len(secret) >= 2 and sum(secret) >= least)


@given(st.lists(st.tuples(st.integers(0, 60), st.integers(0, 60)), max_size=12))
def test_what_is_hidden_stays_hidden_in_the_columns_after_it(pairs: list[tuple[int, int]]) -> None:
    made = [Group(str(n), a, min(a, b), 100 * b) for n, (a, b) in enumerate(pairs)]
    for before, each in zip(made, shown(made), strict=True):
        if each.people is None:
            assert each.chose is None
        if each.chose is None:
            assert each.minor is None
        assert each.people in (None, before.people)
        assert each.chose in (None, before.chose)
        assert each.minor in (None, before.minor)
        assert each.minor is None or before.chose == 0 or before.chose >= LEAST_SUMMED


def test_columns_one_after_another() -> None:
    made = [Group("a", 40, 30, 9_000), Group("b", 20, 12, 4_000), Group("c", 20, 6, 2_000)]
    # Six may be counted, but not summed; and then twelve may not be summed beside the total.
    assert [(g.people, g.chose, g.minor) for g in shown(made)] == [
        (40, 30, 9_000),
        (20, 12, None),
        (20, 6, None),
    ]
    assert total(made).minor == 15_000


def test_a_total_of_few_is_hidden() -> None:
    few = total([Group("a", 4, 3, 100)])
    assert (few.people, few.chose, few.minor) == (None, None, None)
    some = total([Group("a", 9, 7, 100)])
    assert (some.people, some.chose, some.minor) == (9, 7, None)


def test_amounts_of_products_do_not_give_away_the_one_that_is_hidden() -> None:
    # Six may not be summed; twelve neither then, because the total of all is known.
    assert summed([62, 26, 12, 6], [False] * 4) == {0, 1}
    # What was sold is in no total: it hides nobody and is hidden by itself.
    assert summed([62, 26, 12, 6], [False, False, False, True]) == {0, 1, 2}
    assert summed([], []) == set()
