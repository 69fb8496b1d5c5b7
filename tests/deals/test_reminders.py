"""What the clock says before and after the days of a deal: docs/deals.md against the program."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ideals.deals.rules.evaluations import CLOSES, OPENS, OVERDUE
from ideals.deals.rules.life import LONG_SICK
from ideals.deals.rules.reminders import (
    ABOUT_ENDING,
    ENDS_SOON,
    ENDS_VERY_SOON,
    MISSING,
    Reminder,
    due_now,
    next_reminder,
    reminders,
)
from tests.deals.deals_page import section

DUE, ENDS = date(2027, 9, 1), date(2028, 2, 29)
DAY = timedelta(days=1)
BEGAN = date(2027, 2, 28)
DAYS = st.dates(date(2027, 1, 1), date(2029, 1, 1))


@pytest.mark.parametrize(
    "said",
    [
        f"{OPENS.days} days before the evaluation date",
        f"{MISSING.days} days and {OVERDUE.days} days after it",
        f"{CLOSES.days} days after it",
        f"{ENDS_SOON.days} and {ENDS_VERY_SOON.days} days before its last day",
        f"after {LONG_SICK.days // 7} weeks of it",
    ],
)
def test_the_page_says_the_same_days(said: str) -> None:
    assert said in section("Days")


@pytest.mark.parametrize(
    ("through", "today", "said"),
    [
        (BEGAN, DUE - OPENS - DAY, []),
        (BEGAN, DUE - OPENS, [Reminder.EVALUATION_SOON]),
        (DUE - OPENS, DUE - DAY, []),
        (DUE - OPENS, DUE, [Reminder.EVALUATION_DUE]),
        (DUE, DUE + MISSING, [Reminder.EVALUATION_MISSING]),
        (DUE, DUE + OVERDUE, [Reminder.EVALUATION_OVERDUE]),
        (BEGAN, ENDS, [Reminder.EVALUATION_OVERDUE, Reminder.ENDS_VERY_SOON]),
        (ENDS, ENDS + DAY, []),
    ],
)
def test_after_silence_the_latest_of_each_is_said(
    through: date, today: date, said: list[Reminder]
) -> None:
    assert due_now(reminders(DUE, ENDS), through, today) == said


def test_of_what_is_not_held_and_does_not_end_nothing_is_said() -> None:
    assert reminders(None, None) == []
    assert next_reminder([], BEGAN) is None


@given(DAYS, DAYS, st.lists(DAYS, max_size=12))
def test_however_often_the_clock_looks_nothing_is_said_twice(
    evaluate_on: date, ends_on: date, looks: list[date]
) -> None:
    dues, through, said = reminders(evaluate_on, ends_on), BEGAN, []
    for today in sorted(looks):
        found = due_now(dues, through, today)
        assert len(found) <= 2
        assert len([each for each in found if each in ABOUT_ENDING]) <= 1
        said += found
        through = max(through, today)
    assert len(said) == len(set(said))
    later = next_reminder(dues, through)
    assert later is None or later > through
