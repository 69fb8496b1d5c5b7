"""What a decision must say, and how working days are counted: Monday to Friday."""

from __future__ import annotations

from datetime import date, timedelta

from ideals.approvals.errors import ReasonMissing, ReasonTooLong
from ideals.approvals.states import Decision

LONGEST_REASON = 2000
_SATURDAY = 5


def checked_reason(decision: Decision, reason: str | None) -> str | None:
    """The reason as it is kept. Raises `ReasonMissing` or `ReasonTooLong`."""
    said = (reason or "").strip() or None
    if said is None and decision is Decision.REFUSE:
        raise ReasonMissing
    if said is not None and len(said) > LONGEST_REASON:
        raise ReasonTooLong(LONGEST_REASON)
    return said


def is_working_day(day: date) -> bool:
    return day.weekday() < _SATURDAY


def working_days_after(day: date, count: int) -> date:
    """The working day that comes `count` after this one."""
    while count:
        day += timedelta(days=1)
        count -= is_working_day(day)
    return day


def remind_on(due_on: date, asked_on: date) -> date | None:
    """One working day before it is due; `None` when that is no later than the asking itself."""
    day = due_on - timedelta(days=1)
    while not is_working_day(day):
        day -= timedelta(days=1)
    return day if day > asked_on else None
