"""What the clock says to whom before and after the days of a deal in force."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

from ideals.deals.rules.evaluations import opens_on, overdue_on


class Reminder(StrEnum):
    """A value is also the kind of message."""

    EVALUATION_SOON = "evaluation_soon"
    EVALUATION_DUE = "evaluation_due"
    EVALUATION_MISSING = "evaluation_missing"
    """To whoever has not answered."""
    EVALUATION_OVERDUE = "evaluation_overdue"
    ENDS_SOON = "ends_soon"
    ENDS_VERY_SOON = "ends_very_soon"


MISSING = timedelta(days=14)
"""After the day of an evaluation."""
ENDS_SOON = timedelta(days=60)
ENDS_VERY_SOON = timedelta(days=14)
ABOUT_ENDING = (Reminder.ENDS_SOON, Reminder.ENDS_VERY_SOON)


@dataclass(frozen=True, slots=True)
class Due:
    day: date
    what: Reminder


def reminders(evaluate_on: date | None, ends_on: date | None) -> list[Due]:
    """Of a deal in force, the earliest first. `evaluate_on` `None`: none is held any more."""
    return sorted(_reminders(evaluate_on, ends_on), key=lambda due: due.day)


def _reminders(evaluate_on: date | None, ends_on: date | None) -> Iterator[Due]:
    if evaluate_on is not None:
        yield Due(opens_on(evaluate_on), Reminder.EVALUATION_SOON)
        yield Due(evaluate_on, Reminder.EVALUATION_DUE)
        yield Due(evaluate_on + MISSING, Reminder.EVALUATION_MISSING)
        yield Due(overdue_on(evaluate_on), Reminder.EVALUATION_OVERDUE)
    if ends_on is not None:
        yield Due(ends_on - ENDS_SOON, Reminder.ENDS_SOON)
        yield Due(ends_on - ENDS_VERY_SOON, Reminder.ENDS_VERY_SOON)


def due_now(dues: list[Due], through: date, today: date) -> list[Reminder]:
    """What to say today, of what was not said through a day. After days of silence the latest about
    evaluating and the latest about ending are said, not all that were missed."""
    open_ = [due.what for due in dues if through < due.day <= today]
    ending = [what for what in open_ if what in ABOUT_ENDING]
    evaluating = [what for what in open_ if what not in ABOUT_ENDING]
    return [*evaluating[-1:], *ending[-1:]]


def next_reminder(dues: list[Due], through: date) -> date | None:
    return next((due.day for due in dues if due.day > through), None)
