"""Who else of a team is away in the time that a request concerns."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from sqlalchemy.orm import Session

from ideals.kernel.month import Month
from ideals.people import queries as people

MOST_MONTHS = 3
"""A longer time is looked at from its beginning."""


@dataclass(frozen=True, slots=True)
class Away:
    """A colleague's days of leave in that time."""

    name: str
    days: tuple[date, ...]


@dataclass(frozen=True, slots=True)
class Team:
    """`size`: who reports to the same manager in that time, but for whom the request is about.
    `counts`: how many of them are away, by day; `last` may be earlier than was asked for."""

    manager_id: int
    first: date
    last: date
    size: int
    away: tuple[Away, ...]
    counts: Mapping[date, int]


def team_in(
    session: Session, employee_id: int, first: date, last: date, today: date
) -> Team | None:
    """Four statements for each month or part of one; `None` for somebody without a manager."""
    employment = people.employment_on(session, employee_id, today)
    if employment is None or employment.manager_id is None:
        return None
    start = Month.of(first)
    months = [start.plus(number) for number in range(MOST_MONTHS)]
    months = [month for month in months if month.first <= last]
    last = min(last, months[-1].last)
    names: dict[int, str] = {}
    days: dict[int, set[date]] = {}
    for month in months:
        for person in people.team_calendar(session, employment.manager_id, month):
            if person.employee_id != employee_id:
                names.setdefault(person.employee_id, person.name)
                free = {row.day for row in person.leave if first <= row.day <= last}
                days.setdefault(person.employee_id, set()).update(free)
    away = [Away(names[id_], tuple(sorted(free))) for id_, free in days.items() if free]
    return Team(
        employment.manager_id,
        first,
        last,
        len(names),
        tuple(away),
        Counter(day for one in away for day in one.days),
    )
