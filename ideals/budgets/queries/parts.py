"""Dated personal parts, as a run knows them and as they stand."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from ideals.budgets.models import PersonalPart
from ideals.budgets.rules.parts import Part
from ideals.db import array, driver
from ideals.kernel.month import Month

_PARTS = """
SELECT employee_id, code, amount_minor, from_month, through_month
  FROM budgets_personal_part
 WHERE employee_id = ANY(%(ids)s) AND from_month <= %(last)s
   AND (through_month IS NULL OR through_month >= %(first)s) AND {known}
 ORDER BY employee_id, id
"""
_KNOWN_NOW = "superseded_at IS NULL"
_KNOWN_THEN = (
    "recorded_at <= %(known_at)s AND (superseded_at IS NULL OR superseded_at > %(known_at)s)"
)


def parts_for(
    session: Session,
    employee_ids: Collection[int],
    first: Month,
    last: Month,
    *,
    known_at: datetime | None = None,
) -> dict[int, list[Part]]:
    """By employee, those that touch the months; who has none is not there.

    `known_at` gives what was known then; `None` what is known now.
    """
    values = {
        "ids": array(employee_ids),
        "first": first.number,
        "last": last.number,
        "known_at": known_at,
    }
    known = _KNOWN_NOW if known_at is None else _KNOWN_THEN
    found: dict[int, list[Part]] = {}
    rows = driver(session).execute(_PARTS.format(known=known), values, prepare=False)
    for employee, code, minor, from_month, through in rows:
        until = None if through is None else Month.from_number(through)
        found.setdefault(employee, []).append(
            Part(code, minor, Month.from_number(from_month), until)
        )
    return found


def parts_of(session: Session, source: str) -> list[PersonalPart]:
    """Those that stand in the name of a deal."""
    query = select(PersonalPart).where(
        PersonalPart.source == source, PersonalPart.superseded_at.is_(None)
    )
    return list(session.scalars(query.order_by(PersonalPart.id)))
