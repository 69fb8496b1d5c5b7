"""Performance bonuses, and the salaries they are measured by."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from ideals.db import array, driver
from ideals.kernel.money import Money
from ideals.kernel.month import Month
from ideals.payroll.models import Bonus
from ideals.payroll.rules.bonus import salary_minor
from ideals.people.models import Employee
from ideals.people.queries.overlays import hours_on

_IN_FORCE = (Bonus.superseded_at.is_(None), Bonus.amount_minor > 0)


def month_salaries(session: Session, employee_ids: Collection[int], month: Month) -> dict[int, int]:
    """Employee to monthly salary in cents, as contracted on their last day in the month.

    Who was not employed in the month is left out.
    """
    rows = driver(session).execute(
        _SALARIES,
        {"ids": array(employee_ids), "first": month.first, "last": month.last},
        prepare=False,
    )
    agreed = hours_on(session, employee_ids, month.last)
    return {
        employee: salary_minor(
            full_time, agreed[employee].part_time_factor if employee in agreed else factor
        )
        for employee, full_time, factor in rows
    }


_SALARIES = """
SELECT employee_id, full_time_salary_minor, part_time_factor
  FROM (SELECT DISTINCT ON (employee_id) employee_id, full_time_salary_minor, part_time_factor,
               leaves_on
          FROM people_employment
         WHERE employee_id = ANY(%(ids)s::bigint[]) AND superseded_at IS NULL
           AND valid_from <= %(last)s
         ORDER BY employee_id, valid_from DESC) latest
 WHERE leaves_on IS NULL OR leaves_on >= %(first)s
"""


def bonuses_in_force(
    session: Session, employee_ids: Collection[int], months: Collection[Month]
) -> dict[tuple[int, Month], Bonus]:
    """By employee and month."""
    found = session.scalars(
        select(Bonus).where(
            Bonus.employee_id.in_(employee_ids),
            Bonus.month.in_(months),
            Bonus.superseded_at.is_(None),
        )
    )
    return {(bonus.employee_id, bonus.month): bonus for bonus in found}


def bonuses(month: Month | None) -> Select[*tuple[Any, ...]]:
    """Of one month or of all, for `paginate` by (month, number)."""
    wanted = (
        select(
            Bonus.month,
            Employee.number,
            Employee.name,
            Bonus.amount_minor,
            Bonus.recorded_at,
            Bonus.actor,
        )
        .join(Employee, Employee.id == Bonus.employee_id)
        .where(*_IN_FORCE)
    )
    return wanted if month is None else wanted.where(Bonus.month == month)


def bonus_months(session: Session) -> Sequence[Month]:
    """The months that have any, the latest first."""
    return session.scalars(
        select(Bonus.month).where(*_IN_FORCE).distinct().order_by(Bonus.month.desc())
    ).all()


@dataclass(frozen=True, slots=True)
class BonusOfMonth:
    month: Month
    amount: Money


def bonuses_of(session: Session, employee_id: int, first: Month) -> list[BonusOfMonth]:
    """One employee's, from a month on."""
    rows = session.execute(
        select(Bonus.month, Bonus.amount_minor)
        .where(Bonus.employee_id == employee_id, Bonus.month >= first, *_IN_FORCE)
        .order_by(Bonus.month)
    )
    return [BonusOfMonth(month, Money(minor)) for month, minor in rows]
