"""Contract hours laid over employments: as known, and where a file says something else."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from sqlalchemy import select, text
from sqlalchemy.orm import Session

from ideals.db import array, driver
from ideals.people.models import HoursOverlay
from ideals.people.rules.overlays import Overlay, on_day

_OVERLAYS = """
SELECT employee_id, from_day, through_day, weekly_hours, part_time_factor
  FROM people_hours_overlay
 WHERE employee_id = ANY(%(ids)s) AND from_day <= %(last)s
   AND (through_day IS NULL OR through_day >= %(first)s) AND {known}
 ORDER BY employee_id, id
"""
_KNOWN_NOW = "superseded_at IS NULL"
_KNOWN_THEN = (
    "recorded_at <= %(known_at)s AND (superseded_at IS NULL OR superseded_at > %(known_at)s)"
)


def overlays_for(
    session: Session,
    employee_ids: Collection[int],
    first: date,
    last: date,
    *,
    known_at: datetime | None = None,
) -> dict[int, list[Overlay]]:
    """By employee, those that touch the days; who has none is not there."""
    values = {"ids": array(employee_ids), "first": first, "last": last, "known_at": known_at}
    known = _KNOWN_NOW if known_at is None else _KNOWN_THEN
    found: dict[int, list[Overlay]] = {}
    rows = driver(session).execute(_OVERLAYS.format(known=known), values, prepare=False)
    for employee, *overlay in rows:
        found.setdefault(employee, []).append(Overlay._make(overlay))
    return found


def hours_on(session: Session, employee_ids: Collection[int], day: date) -> dict[int, Overlay]:
    """What counts on that day, for those whose hours were agreed."""
    found = overlays_for(session, employee_ids, day, day)
    counting = {employee: on_day(overlays, day) for employee, overlays in found.items()}
    return {employee: overlay for employee, overlay in counting.items() if overlay is not None}


def overlays_of(session: Session, source: str) -> list[HoursOverlay]:
    """Those that stand in the name of a deal."""
    query = select(HoursOverlay).where(
        HoursOverlay.source == source, HoursOverlay.superseded_at.is_(None)
    )
    return list(session.scalars(query.order_by(HoursOverlay.id)))


def overlays_of_employee(session: Session, employee_id: int) -> list[HoursOverlay]:
    query = select(HoursOverlay).where(
        HoursOverlay.employee_id == employee_id, HoursOverlay.superseded_at.is_(None)
    )
    return list(session.scalars(query.order_by(HoursOverlay.id)))


@dataclass(frozen=True, slots=True)
class Disagreement:
    """A row of HR's files that says other hours than were agreed, from a day on which those hold.

    The agreed ones count until the deal ends.
    """

    employee_id: int
    number: str
    source: str
    valid_from: date
    said: Decimal
    agreed: Decimal


def disagreements(session: Session) -> Sequence[Disagreement]:
    """Every row that begins under agreed hours and says others. Leave of a part of each week is no
    other contract: a file may say that as it did."""
    return [Disagreement(*row) for row in session.execute(text(_DISAGREEMENTS))]


_DISAGREEMENTS = """
SELECT o.employee_id, p.number, o.source, e.valid_from, e.part_time_factor, o.part_time_factor
  FROM people_hours_overlay o
  JOIN people_employee p ON p.id = o.employee_id
  JOIN people_employment e ON e.employee_id = o.employee_id AND e.superseded_at IS NULL
   AND e.valid_from >= o.from_day AND (o.through_day IS NULL OR e.valid_from <= o.through_day)
 WHERE o.superseded_at IS NULL AND e.part_time_factor <> o.part_time_factor
   AND split_part(o.source, ':', 3) = ''
 ORDER BY p.number, e.valid_from, o.id
"""
