"""Who is worked out, in spans of ids, and what people are grouped by."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any, NamedTuple

from sqlalchemy import text
from sqlalchemy.orm import Session

from ideals.insight.desk.rules import AGES, SIZES

PART_EMPLOYEES = 2_000
"""Whose part ends well within a lease."""


class Some(NamedTuple):
    """So many employees, after one id through another."""

    after: int
    through: int
    employees: int


_SPANS = text(
    """
    SELECT max(id) AS through, count(*) AS employees
      FROM (SELECT id, (row_number() OVER (ORDER BY id) - 1) / :size AS part
              FROM people_employee) AS each
     GROUP BY part ORDER BY part
    """
)


def spans(session: Session) -> list[Some]:
    """All employees there are or were; one span without anybody, where there are none."""
    found: list[Some] = []
    for row in session.execute(_SPANS, {"size": PART_EMPLOYEES}):
        found.append(Some(found[-1].through if found else 0, row.through, row.employees))
    return found or [Some(0, 0, 0)]


class Someone(NamedTuple):
    """`here`: employed on the day under the scheme that is asked about. The rest is what they are
    grouped by, as on HR's desk; empty where it is not known."""

    employee_id: int
    here: bool
    unit: str
    gender: str
    age: str
    contract: str


# Who left is grouped by what they were last. Hours agreed in a deal count.
_PEOPLE = text(
    """
    SELECT p.id,
           coalesce(e.scheme = :scheme AND e.hired_on <= :today
                    AND (e.leaves_on IS NULL OR e.leaves_on >= :today), false) AS here,
           coalesce(split_part(u.path, '/', 1)
             || CASE WHEN u.path LIKE '%/%' THEN '/' || split_part(u.path, '/', 2) ELSE '' END, '')
             AS unit,
           coalesce(e.gender, '') AS gender,
           CASE WHEN e.birth_date IS NULL THEN ''
                ELSE width_bucket(extract(year FROM age(CAST(:today AS date), e.birth_date)),
                                  CAST(:ages AS numeric[]))::text END AS age,
           CASE WHEN e.part_time_factor IS NULL THEN ''
                ELSE width_bucket(coalesce(a.part_time_factor, e.part_time_factor),
                                  CAST(:sizes AS numeric[]))::text END AS contract
      FROM people_employee p
      LEFT JOIN LATERAL (
           SELECT * FROM people_employment
            WHERE employee_id = p.id AND superseded_at IS NULL AND valid_from <= :today
            ORDER BY valid_from DESC LIMIT 1) e ON true
      LEFT JOIN people_unit u ON u.id = e.unit_id
      LEFT JOIN LATERAL (
           SELECT part_time_factor FROM people_hours_overlay
            WHERE employee_id = p.id AND superseded_at IS NULL AND from_day <= :today
              AND (through_day IS NULL OR through_day >= :today)
            ORDER BY from_day DESC LIMIT 1) a ON true
     WHERE p.id > :after AND p.id <= :through
     ORDER BY p.id
    """
)
_BOUNDS = {"ages": [Decimal(age) for age in AGES], "sizes": list(SIZES)}


def people_between(
    session: Session, after: int, through: int, scheme: str, today: date
) -> list[Someone]:
    """Everybody of a span, in the order of their ids."""
    values: dict[str, Any] = {
        "after": after,
        "through": through,
        "scheme": scheme,
        "today": today,
        **_BOUNDS,
    }
    return [Someone(*row) for row in session.execute(_PEOPLE, values)]
