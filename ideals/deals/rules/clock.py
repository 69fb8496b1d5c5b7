"""When the clock looks at a deal: on the days on which something may be due, never between."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

from ideals.deals.rules.evaluations import closes_on
from ideals.deals.rules.reminders import next_reminder, reminders
from ideals.deals.states import DealState

SILENCE = timedelta(days=90)
"""A negotiation in which nobody does anything for so long has lapsed."""


@dataclass(frozen=True, slots=True)
class Course:
    """Where a deal stands, as far as days matter. `law_by`: the last day of the law, while it still
    counts; `agreed_from`: the first day of what both accepted and has not begun; `evaluate_on`: of
    the round that is still to be held; `reminded_through`: the day through which the clock has said
    what was to be said; `forget_on`: when a reason that is kept is forgotten; `others_on`: when
    something beside it is due."""

    state: DealState
    acted_on: date
    law_by: date | None = None
    agreed_from: date | None = None
    evaluate_on: date | None = None
    ends_on: date | None = None
    forget_on: date | None = None
    reminded_through: date = date.min
    others_on: date | None = None


def next_look(course: Course) -> date | None:
    """`None`: there is nothing left to wait for."""
    return _first(course.forget_on, course.others_on, *_days(course))


def _days(course: Course) -> tuple[date | None, ...]:
    match course.state:
        case DealState.NEGOTIATING:
            return (_after(course.law_by), lapses_on(course.acted_on))
        case DealState.AGREED:
            return (_after(course.law_by), course.agreed_from)
        case DealState.IN_FORCE:
            dues = reminders(course.evaluate_on, course.ends_on)
            return (
                course.agreed_from,
                next_reminder(dues, course.reminded_through),
                None if course.evaluate_on is None else closes_on(course.evaluate_on),
                _after(course.ends_on),
            )
    return ()


def lapses_on(acted_on: date) -> date:
    return acted_on + SILENCE


def _after(day: date | None) -> date | None:
    return None if day is None else day + timedelta(days=1)


def _first(*days: date | None) -> date | None:
    return min((day for day in days if day is not None), default=None)
