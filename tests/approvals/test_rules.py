from __future__ import annotations

from datetime import date

import pytest

from ideals.approvals import rules
from ideals.approvals.errors import ReasonMissing, ReasonTooLong
from ideals.approvals.states import Decision

FRIDAY, SATURDAY = date(2026, 3, 20), date(2026, 3, 21)
MONDAY, TUESDAY = date(2026, 3, 23), date(2026, 3, 24)


@pytest.mark.parametrize("reason", [None, "", "  \n"])
def test_a_refusal_says_why_and_a_yes_may(reason: str | None) -> None:
    with pytest.raises(ReasonMissing):
        rules.checked_reason(Decision.REFUSE, reason)
    assert rules.checked_reason(Decision.APPROVE, reason) is None


def test_a_reason_is_kept_without_the_space_around_it() -> None:
    assert rules.checked_reason(Decision.REFUSE, " too dear\n") == "too dear"
    with pytest.raises(ReasonTooLong):
        rules.checked_reason(Decision.APPROVE, "x" * (rules.LONGEST_REASON + 1))


def test_working_days_leave_out_the_weekend() -> None:
    assert rules.working_days_after(FRIDAY, 0) == FRIDAY
    assert rules.working_days_after(FRIDAY, 1) == MONDAY
    assert rules.working_days_after(SATURDAY, 1) == MONDAY
    assert rules.working_days_after(FRIDAY, 5) == date(2026, 3, 27)


@pytest.mark.parametrize(
    ("due_on", "asked_on", "reminded"),
    [
        (TUESDAY, date(2026, 3, 10), MONDAY),
        (MONDAY, date(2026, 3, 10), FRIDAY),
        (SATURDAY, date(2026, 3, 10), FRIDAY),
        (MONDAY, FRIDAY, None),
        (FRIDAY, FRIDAY, None),
    ],
)
def test_the_reminder_comes_one_working_day_before(
    due_on: date, asked_on: date, reminded: date | None
) -> None:
    assert rules.remind_on(due_on, asked_on) == reminded
