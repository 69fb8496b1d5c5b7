"""What was agreed beside the employment, as reasons why a month came out otherwise."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal

from sqlalchemy import select
from sqlalchemy.orm import Session

from ideals.kernel.money import Money
from ideals.kernel.month import Month
from ideals.people.models import AgreedLeave, HoursOverlay

Value = Money | Decimal | date | str | None
_ONE_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class FactDifference:
    """A fact that reads otherwise within a month: its values with the day each begins."""

    fact: str
    before: tuple[tuple[date, Value], ...]
    after: tuple[tuple[date, Value], ...]


@dataclass(frozen=True, slots=True)
class Agreed:
    """Every row of one employee, superseded or not."""

    hours: Sequence[HoursOverlay]
    unpaid: Sequence[AgreedLeave]

    @property
    def moments(self) -> list[datetime]:
        """When something was learned, or taken back."""
        rows: list[HoursOverlay | AgreedLeave] = [*self.hours, *self.unpaid]
        return [at for row in rows for at in (row.recorded_at, row.superseded_at) if at is not None]


def agreed_of(session: Session, employee_id: int) -> Agreed:
    """Two statements."""
    hours = select(HoursOverlay).where(HoursOverlay.employee_id == employee_id)
    leave = select(AgreedLeave).where(AgreedLeave.employee_id == employee_id, AgreedLeave.unpaid)
    return Agreed(
        session.scalars(hours.order_by(HoursOverlay.id)).all(),
        session.scalars(leave.order_by(AgreedLeave.id)).all(),
    )


def agreed_differences(
    agreed: Agreed, month: Month, since: datetime, until: datetime
) -> list[FactDifference]:
    """What of it reads otherwise in this month by what was known at `until` than by `since`."""

    def hours_at(at: datetime) -> tuple[tuple[date, Value], ...]:
        known = [row for row in agreed.hours if _known(row, at)]
        return _values(month, lambda day: _hours(known, day))

    def unpaid_at(at: datetime) -> tuple[tuple[date, Value], ...]:
        known = [row for row in agreed.unpaid if _known(row, at)]
        return _values(month, lambda day: _unpaid(known, day))

    asked = (("agreed_hours", hours_at), ("agreed_unpaid", unpaid_at))
    return [
        FactDifference(name, read(since), read(until))
        for name, read in asked
        if read(since) != read(until)
    ]


def _known(row: HoursOverlay | AgreedLeave, at: datetime) -> bool:
    return row.recorded_at <= at and (row.superseded_at is None or row.superseded_at > at)


def _hours(rows: Iterable[HoursOverlay], day: date) -> Value:
    """Of several the one that begins latest, then the last recorded."""
    found: HoursOverlay | None = None
    for row in rows:
        covers = row.from_day <= day and (row.through_day is None or day <= row.through_day)
        if covers and (found is None or row.from_day >= found.from_day):
            found = row
    return None if found is None else found.weekly_hours.normalize()


def _unpaid(rows: Iterable[AgreedLeave], day: date) -> Value:
    ends = [row.through_day for row in rows if row.from_day <= day <= row.through_day]
    return max(ends, default=None)


def _values(month: Month, read: Callable[[date], Value]) -> tuple[tuple[date, Value], ...]:
    """Each value with the day it begins within the month."""
    found: list[tuple[date, Value]] = []
    for number in range(month.days):
        day = month.first + _ONE_DAY * number
        value = read(day)
        if not found or found[-1][1] != value:
            found.append((day, value))
    return tuple(found)
