"""What is known about people: on a day, as known now or as known at a moment.

A row in force on a day is, of each employee, the one with the latest `valid_from` up to that day.
Known at a moment is what was recorded by then and not superseded yet.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Row, Select, and_, func, literal, or_, select, true
from sqlalchemy.orm import Session, aliased

from ideals.kernel.actor import Actor
from ideals.kernel.month import Month
from ideals.kernel.registry import Registry
from ideals.people import policy
from ideals.people.errors import EmployeeUnknown, ImportUnknown, OnlyHr, UnitUnknown
from ideals.people.models import (
    Employee,
    Employment,
    FactChange,
    Import,
    ImportLine,
    PayElement,
    Unit,
)
from ideals.people.rules import Surroundings, sort_key

SURROUNDINGS: Registry[Callable[[Session], Surroundings]] = Registry("what people files refer to")
"""`app.py` registers under `schemes` what answers which schemes there are; without, no check."""


def surroundings(session: Session) -> Surroundings:
    ask = SURROUNDINGS.get("schemes")
    return Surroundings() if ask is None else ask(session)


def known(
    model: type[Employment] | type[PayElement], known_at: datetime | None
) -> ColumnElement[bool]:
    """The condition that a row is known at that moment; `None` is now."""
    if known_at is None:
        return model.superseded_at.is_(None)
    return and_(
        model.recorded_at <= known_at,
        or_(model.superseded_at.is_(None), model.superseded_at > known_at),
    )


# People


def employee_by_number(session: Session, number: str) -> Employee:
    """Raises `EmployeeUnknown`. For code that acts for the system; edges use `access_employee`."""
    employee = session.scalar(select(Employee).where(Employee.number == number))
    if employee is None:
        raise EmployeeUnknown(number)
    return employee


def access_employee(session: Session, number: str, *, actor: Actor, on: date) -> Employee:
    """The employee, if this actor may see them on that day.

    Raises `EmployeeUnknown` alike for who does not exist and who is not theirs to see.
    """
    employee = employee_by_number(session, number)
    manages = actor.employee_id is not None and is_manager_of(
        session, actor.employee_id, employee.id, on
    )
    if not policy.may_see_person(actor, employee.id, manages=manages):
        raise EmployeeUnknown(number)
    return employee


def known_number_ids(session: Session, numbers: Iterable[str]) -> dict[str, int]:
    """Employee ids by number, of those that exist."""
    found = session.execute(
        select(Employee.number, Employee.id).where(Employee.number == func.any(list(numbers)))
    )
    return {number: employee_id for number, employee_id in found}  # noqa: C416 - rows


def reports_of(session: Session, manager_id: int, on: date) -> Sequence[Employee]:
    """Who is employed on that day with this person as their manager, by name."""
    in_force = _in_force_on(on)
    return session.scalars(
        select(Employee)
        .join(in_force, in_force.employee_id == Employee.id)
        .where(in_force.manager_id == manager_id, _employed(in_force, on))
        # Few rows have this manager: those are looked at, not everybody's.
        .where(
            Employee.id.in_(
                select(Employment.employee_id).where(
                    Employment.manager_id == manager_id, Employment.superseded_at.is_(None)
                )
            )
        )
        .order_by(Employee.sort_name, Employee.id)
    ).all()


def is_manager_of(session: Session, manager_id: int, employee_id: int, on: date) -> bool:
    employment = employment_on(session, employee_id, on)
    return employment is not None and employment.manager_id == manager_id


# Facts


def employment_on(
    session: Session, employee_id: int, day: date, *, known_at: datetime | None = None
) -> Employment | None:
    """The row in force, `None` before the first one and after the last day employed."""
    latest = session.scalar(
        select(Employment)
        .where(
            Employment.employee_id == employee_id,
            Employment.valid_from <= day,
            known(Employment, known_at),
        )
        .order_by(Employment.valid_from.desc())
        .limit(1)
    )
    if latest is None or (latest.leaves_on is not None and latest.leaves_on < day):
        return None
    return latest


def employments_between(
    session: Session,
    employee_ids: Collection[int],
    first: date,
    last: date,
    *,
    known_at: datetime | None = None,
) -> Sequence[Row[*tuple[Any, ...]]]:
    """Every row in force on some day of first..last, by employee and valid_from; one statement.

    Columns: those of `Employment`, `unit_path`, and `valid_until`: the day before the next row,
    `None` when there is none. The span is not cut at `leaves_on`.
    """
    following = func.lead(Employment.valid_from).over(
        partition_by=Employment.employee_id, order_by=Employment.valid_from
    )
    spans = (
        select(
            *Employment.__table__.columns,
            (following - 1).label("valid_until"),
        )
        .where(
            Employment.employee_id == func.any(list(employee_ids)),
            known(Employment, known_at),
        )
        .subquery()
    )
    return session.execute(
        select(*spans.columns, Unit.path.label("unit_path"))
        .join(Unit, Unit.id == spans.c.unit_id)
        .where(
            spans.c.valid_from <= last,
            or_(spans.c.valid_until.is_(None), spans.c.valid_until >= first),
        )
        .order_by(spans.c.employee_id, spans.c.valid_from)
    ).all()


def pay_elements_between(
    session: Session,
    employee_ids: Collection[int],
    first: Month,
    last: Month,
    *,
    known_at: datetime | None = None,
) -> Sequence[Row[int, Month, str, int]]:
    """(employee_id, month, code, amount_minor) of these months, in that order."""
    return session.execute(
        select(PayElement.employee_id, PayElement.month, PayElement.code, PayElement.amount_minor)
        .where(
            PayElement.employee_id == func.any(list(employee_ids)),
            PayElement.month.between(first, last),
            known(PayElement, known_at),
        )
        .order_by(PayElement.employee_id, PayElement.month, PayElement.code)
    ).all()


def history(session: Session, employee_id: int) -> Sequence[Employment]:
    """All that was ever known, in both times: by valid_from, then by when we learned it."""
    return session.scalars(
        select(Employment)
        .where(Employment.employee_id == employee_id)
        .order_by(Employment.valid_from, Employment.recorded_at, Employment.id)
    ).all()


def fact_changes_since(session: Session, after_id: int) -> Sequence[Row[int, int, Month]]:
    """(id, employee_id, first_month) of later changes. Hold the facts' lock, or miss some."""
    return session.execute(
        select(FactChange.id, FactChange.employee_id, FactChange.first_month)
        .where(FactChange.id > after_id)
        .order_by(FactChange.id)
    ).all()


# Lists and the page of a person


@dataclass(frozen=True, slots=True)
class PersonLine:
    """A person in a list: where and since when, and nothing about pay."""

    id: int
    number: str
    name: str
    email: str | None
    unit: str
    scheme: str
    manager: str | None
    hired_on: date
    leaves_on: date | None


def people_lines(
    *, actor: Actor, on: date, search: str | None = None, unit: str | None = None
) -> Select[Any]:
    """People as they are on that day, whom this actor may see; leavers and joiners included.

    Columns: those of `PersonLine` and `sort_name`; unique in order (sort_name, id). `search` is a
    part of a name or the beginning of a number; `unit` a path, those below it included. A person
    whose first row lies after the day is shown as on that first day.
    """
    shown = _shown_on(on)
    statement = _lines(shown)
    if not policy.may_see_everybody(actor):
        statement = statement.where(_own_or_reports(actor, shown, on))
    if search:
        statement = statement.where(_found(search))
    if unit:
        statement = statement.where(
            or_(Unit.path == unit, Unit.path.startswith(f"{unit}/", autoescape=True))
        )
    return statement


def _own_or_reports(actor: Actor, shown: Any, on: date) -> ColumnElement[bool]:
    own = literal(actor.employee_id)
    return or_(
        Employee.id == own,
        and_(shown.manager_id == own, shown.valid_from <= on, _employed(shown, on)),
    )


def _found(search: str) -> ColumnElement[bool]:
    return or_(
        Employee.sort_name.contains(sort_key(search.strip()), autoescape=True),
        Employee.number.startswith(search.strip(), autoescape=True),
    )


def person_line(session: Session, employee: Employee, *, on: date) -> PersonLine:
    """One person as in a list; the caller has asked whether the actor may see them."""
    found = session.execute(_lines(_shown_on(on)).where(Employee.id == employee.id)).one()
    return PersonLine(**{name: getattr(found, name) for name in PersonLine.__slots__})


def _lines(shown: Any) -> Select[Any]:
    manager = aliased(Employee)
    return (
        select(
            Employee.id,
            Employee.number,
            Employee.name,
            Employee.sort_name,
            Employee.email,
            Unit.path.label("unit"),
            shown.scheme,
            manager.number.label("manager"),
            shown.hired_on,
            shown.leaves_on,
        )
        .select_from(Employee)
        .join(shown, true())
        .join(Unit, Unit.id == shown.unit_id)
        .outerjoin(manager, manager.id == shown.manager_id)
    )


def _shown_on(on: date) -> Any:
    """Of each employee the row in force on a day, or the first one when all come later."""
    rows = aliased(Employment)
    nearest_row = (
        select(rows)
        .where(rows.employee_id == Employee.id, rows.superseded_at.is_(None))
        .order_by(
            (rows.valid_from > on).asc(),
            func.abs(rows.valid_from - on),
        )
        .limit(1)
        .correlate(Employee)
        .lateral()
    )
    return aliased(Employment, nearest_row)


def _in_force_on(on: date) -> Any:
    rows = aliased(Employment)
    latest = (
        select(rows)
        .where(
            rows.employee_id == Employee.id,
            rows.superseded_at.is_(None),
            rows.valid_from <= on,
        )
        .order_by(rows.valid_from.desc())
        .limit(1)
        .correlate(Employee)
        .lateral()
    )
    return aliased(Employment, latest)


def _employed(employment: Any, on: date) -> ColumnElement[bool]:
    return or_(employment.leaves_on.is_(None), employment.leaves_on >= on)


def unit_by_path(session: Session, path: str) -> Unit:
    unit = session.scalar(select(Unit).where(Unit.path == path))
    if unit is None:
        raise UnitUnknown(path)
    return unit


# Imports


def imports(*, actor: Actor) -> Select[Any]:
    """Imports for a list; only HR. Raises `OnlyHr`."""
    if not policy.may_import(actor):
        raise OnlyHr
    return select(Import)


def access_import(session: Session, import_id: UUID, *, actor: Actor) -> Import:
    """Raises `ImportUnknown` alike for what does not exist and for who may not see it."""
    found = session.get(Import, import_id) if policy.may_import(actor) else None
    if found is None:
        raise ImportUnknown
    return found


def import_lines(session: Session, import_id: UUID) -> Sequence[ImportLine]:
    return session.scalars(
        select(ImportLine).where(ImportLine.import_id == import_id).order_by(ImportLine.position)
    ).all()
