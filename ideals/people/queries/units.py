"""Who owns a unit, on which days somebody works, and whose employment changed since a look."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date, datetime

from sqlalchemy import func, select, text
from sqlalchemy.orm import Session

from ideals.people.models import WorkWeek
from ideals.people.rules.weeks import MONDAY_TO_FRIDAY, days_of

EMPLOYED = """(
    SELECT leaves_on IS NULL OR leaves_on >= :today
      FROM people_employment
     WHERE employee_id = {who} AND valid_from <= :today AND superseded_at IS NULL
     ORDER BY valid_from DESC LIMIT 1
)"""
"""Whether `who`, a column, is employed `:today`; null before the first day."""


def units_above(session: Session, unit_id: int) -> list[int]:
    """The unit itself and those it is part of, the nearest first."""
    return list(session.scalars(text(_ABOVE), {"unit": unit_id}))


_UPWARD = """
WITH RECURSIVE above AS (
    SELECT id, parent_id, owner_id, 0 AS far FROM people_unit WHERE id = :unit
    UNION ALL
    SELECT unit.id, unit.parent_id, unit.owner_id, above.far + 1
      FROM people_unit unit JOIN above ON unit.id = above.parent_id
)
"""
_ABOVE = f"{_UPWARD} SELECT id FROM above ORDER BY far"  # noqa: S608 - of the text above alone


def owner_of(session: Session, unit_id: int, *, today: date | None = None) -> int | None:
    """The owner of the nearest unit upward that has one; with `today`, one employed on that day."""
    return next(iter(owners_of(session, unit_id, today=today)), None)


def owners_of(session: Session, unit_id: int, *, today: date | None = None) -> list[int]:
    """The owners of the unit and of those it is part of, the nearest first."""
    if today is None:
        return list(session.scalars(text(_OWNERS), {"unit": unit_id}))
    return list(session.scalars(text(_OWNERS_EMPLOYED), {"unit": unit_id, "today": today}))


_OWNERS = f"{_UPWARD} SELECT owner_id FROM above WHERE owner_id IS NOT NULL ORDER BY far"  # noqa: S608
_OWNERS_EMPLOYED = f"""{_UPWARD}
SELECT owner_id FROM above
 WHERE owner_id IS NOT NULL AND {EMPLOYED.format(who="above.owner_id")}
 ORDER BY far
"""  # noqa: S608


def week_of(session: Session, employee_ids: Collection[int]) -> dict[int, frozenset[int]]:
    """Of each of them the weekdays they work on, Monday 0; Monday to Friday where none are kept."""
    weeks = dict.fromkeys(employee_ids, MONDAY_TO_FRIDAY)
    kept = session.execute(
        select(WorkWeek.employee_id, WorkWeek.days).where(
            WorkWeek.employee_id == func.any(list(weeks))
        )
    )
    return weeks | {employee: days_of(mask) for employee, mask in kept}


def changed_employees(
    session: Session, since_recorded: datetime, since_day: date, today: date
) -> set[int]:
    """Whose employment may be another than at the last look, and who stopped owning a unit.

    The last look was at `since_recorded`, on `since_day`. Counted are rows learned since, rows that
    begin after that day through today, and people whose first day away is among these days. Only
    what changed is read, by index. Whoever keeps the moment of a look takes
    `commands.hold_facts_still` first, or misses what an import has under way.
    """
    values = {"moment": since_recorded, "day": since_day, "today": today}
    return set(session.scalars(text(_CHANGED), values))


_CHANGED = """
SELECT employee_id FROM people_employment WHERE recorded_at >= :moment
UNION
SELECT employee_id FROM people_employment
 WHERE superseded_at IS NULL AND valid_from > :day AND valid_from <= :today
UNION
SELECT employee_id FROM people_employment
 WHERE superseded_at IS NULL AND leaves_on IS NOT NULL AND leaves_on >= :day AND leaves_on < :today
UNION
SELECT from_id FROM people_owner_change WHERE changed_at >= :moment AND from_id IS NOT NULL
"""
