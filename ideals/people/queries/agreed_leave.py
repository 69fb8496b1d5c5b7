"""Leave of whole weeks that was agreed, as days of a calendar."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from ideals.people.models import AgreedLeave, Employment
from ideals.people.queries.overlays import hours_on
from ideals.people.queries.units import week_of

USUAL_WEEK = Decimal(40)
"""Full time where an employment says no hours."""
_ONE_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class AgreedDay:
    """`minutes`: the day's share of the week's hours, alike on every day that is worked."""

    employee_id: int
    day: date
    minutes: int


def agreed_days(
    session: Session, employee_ids: Collection[int], first: date, last: date
) -> list[AgreedDay]:
    """The working days of it between these, both included; one statement where there is none."""
    rows = session.scalars(
        select(AgreedLeave).where(
            AgreedLeave.employee_id == func.any(list(employee_ids)),
            AgreedLeave.superseded_at.is_(None),
            AgreedLeave.from_day <= last,
            AgreedLeave.through_day >= first,
        )
    ).all()
    if not rows:
        return []
    ids = {row.employee_id for row in rows}
    weeks, hours = week_of(session, ids), _hours(session, ids, last)
    days = {
        (row.employee_id, day)
        for row in rows
        for day in _between(max(row.from_day, first), min(row.through_day, last))
        if day.weekday() in weeks[row.employee_id]
    }
    return [
        AgreedDay(employee, day, round(hours[employee] * 60 / len(weeks[employee])))
        for employee, day in sorted(days)
    ]


def _hours(session: Session, ids: Collection[int], day: date) -> dict[int, Decimal]:
    """Of a week, as agreed or by contract, at the end of these days."""
    rows = session.scalars(
        select(Employment)
        .where(
            Employment.employee_id == func.any(list(ids)),
            Employment.superseded_at.is_(None),
            Employment.valid_from <= day,
        )
        .order_by(Employment.valid_from)
    )
    found = dict.fromkeys(ids, USUAL_WEEK)
    for row in rows:
        found[row.employee_id] = row.weekly_hours or row.part_time_factor * USUAL_WEEK
    agreed = hours_on(session, ids, day)
    return found | {employee: overlay.weekly_hours for employee, overlay in agreed.items()}


def _between(first: date, last: date) -> list[date]:
    return [first + _ONE_DAY * number for number in range((last - first).days + 1)]
