"""The period of a delegation, and what it is on a day."""

from __future__ import annotations

from datetime import date, timedelta

from ideals.approvals.errors import PeriodWrong
from ideals.approvals.states import DelegationState

LONGEST = timedelta(days=366)
"""Who is away for longer than a year is followed by somebody, not stood in for."""


def check_period(from_on: date, until_on: date, today: date) -> None:
    """Raises `PeriodWrong`. What was decided before today was decided without it."""
    if from_on < today:
        raise PeriodWrong("from", "in_the_past", f"Begin today, {today}, or later")
    if until_on < from_on:
        raise PeriodWrong("until", "before_it_begins", f"End on {from_on} or later")
    if until_on - from_on >= LONGEST:
        raise PeriodWrong("until", "too_long", f"End within a year, before {from_on + LONGEST}")


def state_on(today: date, from_on: date, until_on: date, *, ended: bool) -> DelegationState:
    if ended:
        return DelegationState.ENDED
    if until_on < today:
        return DelegationState.OVER
    return DelegationState.COMING if from_on > today else DelegationState.IN_FORCE
