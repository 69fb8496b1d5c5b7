"""Lines that payroll sent back."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import Select, func, select, tuple_
from sqlalchemy.orm import Session

from ideals.kernel.month import Month
from ideals.kernel.quantity import Unit
from ideals.payroll.errors import RefusalUnknown
from ideals.payroll.models import Line, Refusal
from ideals.payroll.states import RefusalState
from ideals.people.models import Employee


@dataclass(frozen=True, slots=True)
class Named:
    """A line by what a file names it: number and code."""

    line: int
    employee_id: int
    number: str
    code: str
    unit: Unit
    minor: int


def lines_named(session: Session, month: Month, names: Collection[tuple[str, str]]) -> list[Named]:
    """The lines of these numbers and codes."""
    rows = session.execute(
        select(Line.line, Line.employee_id, Employee.number, Line.code, Line.unit, Line.minor)
        .join(Employee, Employee.id == Line.employee_id)
        .where(Line.month == month, tuple_(Employee.number, Line.code).in_(names))
        .order_by(Line.line)
    )
    return [
        Named(line, employee, number, code, Unit(unit), minor)
        for line, employee, number, code, unit, minor in rows
    ]


def refusals_of_lines(
    session: Session, month: Month, lines: Collection[int]
) -> dict[int, list[Refusal]]:
    found: dict[int, list[Refusal]] = {}
    rows = select(Refusal).where(Refusal.month == month, Refusal.line.in_(lines))
    for refusal in session.scalars(rows):
        found.setdefault(refusal.line, []).append(refusal)
    return found


def refusals(month: Month | None = None) -> Select[*tuple[Any, ...]]:
    """With line and person, for `paginate` by (reported_at, id), the newest first."""
    wanted = (
        select(
            Refusal.id,
            Refusal.month,
            Refusal.line,
            Refusal.reason,
            Refusal.state,
            Refusal.reported_at,
            Refusal.reported_by,
            Refusal.decided_at,
            Refusal.decided_by,
            Refusal.note,
            Line.code,
            Line.unit,
            Line.tax,
            Line.minor,
            Employee.number,
            Employee.name,
        )
        .join(Line, (Line.month == Refusal.month) & (Line.line == Refusal.line))
        .join(Employee, Employee.id == Line.employee_id)
    )
    return wanted if month is None else wanted.where(Refusal.month == month)


def refusals_of_line(session: Session, line: Line) -> Sequence[Refusal]:
    """The latest first."""
    return session.scalars(
        select(Refusal)
        .where(Refusal.month == line.month, Refusal.line == line.line)
        .order_by(Refusal.reported_at.desc(), Refusal.id)
    ).all()


def count_open_refusals(session: Session, month: Month) -> int:
    """How many lines of the month wait for HR."""
    count = select(func.count()).where(Refusal.month == month, Refusal.state == RefusalState.OPEN)
    return session.scalar(count) or 0


def refusal_of(session: Session, refusal_id: UUID) -> Refusal:
    """Raises `RefusalUnknown`."""
    found = session.get(Refusal, refusal_id, populate_existing=True)
    if found is None:
        raise RefusalUnknown("There is no such refused line")
    return found


def lock_refusal(session: Session, refusal_id: UUID) -> Refusal:
    """After the month and the approvals. Raises `RefusalUnknown`."""
    found = session.get(Refusal, refusal_id, populate_existing=True, with_for_update=True)
    if found is None:
        raise RefusalUnknown("There is no such refused line")
    return found


def ids_in(subjects: Collection[str]) -> dict[str, UUID]:
    """Subject to refusal: `payroll_refusal:ID`, also as the source of a reversal."""
    found = {}
    for subject in subjects:
        try:
            found[subject] = UUID(subject.partition(":")[2])
        except ValueError:
            continue
    return found
