"""When a deal is looked at, from nothing but its days."""

from __future__ import annotations

from datetime import date

import pytest

from ideals.deals.rules.clock import Course, lapses_on, next_look
from ideals.deals.states import OVER, DealState

ACTED = date(2026, 11, 2)
DAYS = {
    "law_by": date(2027, 1, 10),
    "agreed_from": date(2027, 3, 1),
    "evaluate_on": date(2027, 9, 1),
    "ends_on": date(2028, 2, 29),
}


@pytest.mark.parametrize(
    ("state", "without", "expected"),
    [
        (DealState.NEGOTIATING, (), date(2027, 1, 11)),
        (DealState.NEGOTIATING, ("law_by",), date(2027, 1, 31)),
        (DealState.AGREED, (), date(2027, 1, 11)),
        (DealState.AGREED, ("law_by",), date(2027, 3, 1)),
        (DealState.IN_FORCE, (), date(2027, 3, 1)),
        (DealState.IN_FORCE, ("agreed_from",), date(2027, 8, 18)),
        (DealState.IN_FORCE, ("agreed_from", "evaluate_on"), date(2027, 12, 31)),
        (DealState.IN_FORCE, ("agreed_from", "evaluate_on", "ends_on"), None),
        *((state, (), None) for state in OVER),
    ],
)
def test_the_first_day_that_matters(
    state: DealState, without: tuple[str, ...], expected: date | None
) -> None:
    days = {name: day for name, day in DAYS.items() if name not in without}
    assert next_look(Course(state, ACTED, **days)) == expected


@pytest.mark.parametrize("state", list(DealState))
def test_a_reason_is_forgotten_whatever_became_of_the_deal(state: DealState) -> None:
    assert next_look(Course(state, ACTED, forget_on=ACTED)) == ACTED


def test_the_law_speaks_before_silence_ends_it() -> None:
    late = Course(DealState.NEGOTIATING, ACTED, law_by=date(2027, 1, 30))
    assert next_look(late) == lapses_on(ACTED) == date(2027, 1, 31)
