"""What is known about people: on a day, as known now or as known at a moment.

A row in force on a day is, of each employee, the one with the latest `valid_from` up to that day.
Known at a moment is what was recorded by then and not superseded yet.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from functools import cache
from operator import attrgetter
from typing import Any
from uuid import UUID

from sqlalchemy import (
    ARRAY,
    BigInteger,
    BindParameter,
    ColumnElement,
    Row,
    Select,
    and_,
    bindparam,
    func,
    literal,
    or_,
    select,
    true,
)
from sqlalchemy.orm import Session, aliased

from ideals.kernel.actor import Actor
from ideals.kernel.money import Money
from ideals.kernel.month import Month
from ideals.kernel.quantity import Minutes
from ideals.kernel.registry import Registry
from ideals.people import policy
from ideals.people.errors import EmployeeUnknown, ImportUnknown, OnlyHr, UnitUnknown
from ideals.people.models import (
    ColumnMapping,
    Employee,
    Employment,
    FactChange,
    Import,
    ImportLine,
    ImportProgress,
    Leave,
    PayElement,
    Unit,
)
from ideals.people.queries.agreed_leave import agreed_days
from ideals.people.queries.overlays import hours_on
from ideals.people.queries.units import changed_employees, owner_of, owners_of, week_of
from ideals.people.rules import Surroundings, naming, sort_key
from ideals.people.rules.naming import Columns
from ideals.people.states import Kind, LeaveKind, Outcome

__all__ = ["changed_employees", "owner_of", "owners_of", "week_of"]
"""Of `units`, for whoever asks for all of people here."""

SURROUNDINGS: Registry[Callable[[Session], Surroundings]] = Registry("what people files refer to")
"""`app.py` registers under `schemes` what answers which schemes there are; without, no check."""


@dataclass(frozen=True, slots=True)
class EffectLine:
    """What moved in the rights of one month: euros or minutes. `own`: the run's own month."""

    for_month: Month
    amount: Money | None
    minutes: Minutes | None
    own: bool


@dataclass(frozen=True, slots=True)
class Effect:
    """What a run posted for the employee when it looked at a change of facts (`change_id`).

    Changes that the same run settled share its lines: what each did cannot be told apart.
    """

    change_id: int
    source: str
    scheme: str
    month: Month
    happened_at: datetime
    lines: tuple[EffectLine, ...]


EFFECTS: Registry[Callable[[Session, int], Sequence[Effect]]] = Registry(
    "what changes of an employee's facts did to budgets"
)
"""Registered by `app.py`; each answers for an employee id, in the order of the changes."""


def effects_of(session: Session, employee_id: int) -> list[Effect]:
    return [effect for _, ask in EFFECTS.items() for effect in ask(session, employee_id)]


def surroundings(session: Session) -> Surroundings:
    ask = SURROUNDINGS.get("schemes")
    return Surroundings() if ask is None else ask(session)


def known(
    model: type[Employment] | type[PayElement],
    known_at: datetime | BindParameter[datetime] | None,
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


def own_employee(session: Session, *, actor: Actor) -> Employee:
    """Raises `EmployeeUnknown` for somebody who is none."""
    own = session.get(Employee, actor.employee_id) if actor.employee_id else None
    if own is None:
        raise EmployeeUnknown(actor.name)
    return own


def known_number_ids(session: Session, numbers: Iterable[str]) -> dict[str, int]:
    """Employee ids by number, of those that exist."""
    found = session.execute(
        select(Employee.number, Employee.id).where(Employee.number == func.any(list(numbers)))
    )
    return {number: employee_id for number, employee_id in found}  # noqa: C416 - rows


def reports_of(session: Session, manager_id: int, on: date) -> Sequence[Employee]:
    """Who is employed on that day with this person as their manager, by name."""
    found = _reports(manager_id, on).order_by(Employee.sort_name, Employee.id)
    return session.scalars(found).all()


def is_manager_of(session: Session, manager_id: int, employee_id: int, on: date) -> bool:
    employment = employment_on(session, employee_id, on)
    return employment is not None and employment.manager_id == manager_id


def manages_anybody(session: Session, manager_id: int, on: date) -> bool:
    """Whether anybody reports to this person on that day."""
    return session.execute(_reports(manager_id, on).limit(1)).first() is not None


@dataclass(frozen=True, slots=True)
class TeamMember:
    """A report as the manager sees them: nothing about pay.

    `reports_since`: the first day of the unbroken time under this manager. `weekly_hours` are the
    contract's, or the factor's share of the scheme's full-time week; `None` when neither is known.
    """

    number: str
    name: str
    unit: str
    hired_on: date
    leaves_on: date | None
    part_time_factor: Decimal
    weekly_hours: Decimal | None
    reports_since: date


def team_of(session: Session, manager_id: int, on: date) -> list[TeamMember]:
    """Who reports to this person on that day, by name."""
    rows = session.execute(_reports(manager_id, on).order_by(Employee.sort_name, Employee.id)).all()
    since = _reporting_since(session, manager_id, [row.Employee.id for row in rows], on)
    full_time = surroundings(session).full_time_hours or {}
    agreed = hours_on(session, [row.Employee.id for row in rows], on)
    return [
        TeamMember(
            number=row.Employee.number,
            name=row.Employee.name,
            unit=row.path,
            hired_on=row[1].hired_on,
            leaves_on=row[1].leaves_on,
            part_time_factor=overlay.part_time_factor if overlay else row[1].part_time_factor,
            weekly_hours=overlay.weekly_hours
            if overlay
            else _hours_of(row[1], full_time.get(row[1].scheme)),
            reports_since=since[row.Employee.id],
        )
        for row in rows
        for overlay in (agreed.get(row.Employee.id),)
    ]


def _reports(manager_id: int, on: date) -> Select[Any]:
    """(employee, the row in force, unit path) of who reports to this person on that day."""
    in_force = _in_force_on(on)
    return (
        select(Employee, in_force, Unit.path)
        .join(in_force, in_force.employee_id == Employee.id)
        .join(Unit, Unit.id == in_force.unit_id)
        .where(in_force.manager_id == manager_id, _employed(in_force, on))
        # Few rows have this manager: those are looked at, not everybody's.
        .where(
            Employee.id.in_(
                select(Employment.employee_id).where(
                    Employment.manager_id == manager_id, Employment.superseded_at.is_(None)
                )
            )
        )
    )


def _hours_of(row: Employment, full_time: Decimal | None) -> Decimal | None:
    if row.weekly_hours is not None or full_time is None:
        return row.weekly_hours
    return row.part_time_factor * full_time


def _reporting_since(
    session: Session, manager_id: int, employee_ids: Collection[int], on: date
) -> dict[int, date]:
    rows = session.execute(
        select(
            Employment.employee_id,
            Employment.valid_from,
            Employment.manager_id,
            Employment.leaves_on,
        )
        .where(
            Employment.employee_id == func.any(list(employee_ids)),
            Employment.superseded_at.is_(None),
            Employment.valid_from <= on,
        )
        .order_by(Employment.employee_id, Employment.valid_from)
    )
    since: dict[int, date] = {}
    ended: dict[int, date | None] = {}
    for employee_id, valid_from, manager, leaves_on in rows:
        left = ended.get(employee_id)
        if manager != manager_id or (left is not None and left < valid_from):
            since.pop(employee_id, None)
        if manager == manager_id:
            since.setdefault(employee_id, valid_from)
        ended[employee_id] = leaves_on
    return since


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


def is_employed(employee_id: Any, day: date) -> ColumnElement[bool]:
    """The condition that this employee (a column, or an id) is employed on that day."""
    latest = (
        select(_employed(Employment, day))
        .where(
            Employment.employee_id == employee_id,
            Employment.valid_from <= day,
            Employment.superseded_at.is_(None),
        )
        .order_by(Employment.valid_from.desc())
        .limit(1)
        .correlate_except(Employment)
        .scalar_subquery()
    )
    return func.coalesce(latest, False)


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
    values = {"employees": list(employee_ids), "first": first, "last": last, "known_at": known_at}
    return session.execute(_employments_between(known_at is not None), values).all()


@cache
def _employments_between(known_before: bool) -> Select[*tuple[Any, ...]]:
    """Built once: it has every column twice, and nobody shops without it."""
    following = func.lead(Employment.valid_from).over(
        partition_by=Employment.employee_id, order_by=Employment.valid_from
    )
    spans = (
        select(
            *Employment.__table__.columns,
            (following - 1).label("valid_until"),
        )
        .where(
            Employment.employee_id == func.any(bindparam("employees", type_=ARRAY(BigInteger))),
            known(Employment, bindparam("known_at") if known_before else None),
        )
        .subquery()
    )
    return (
        select(*spans.columns, Unit.path.label("unit_path"))
        .join(Unit, Unit.id == spans.c.unit_id)
        .where(
            spans.c.valid_from <= bindparam("last"),
            or_(spans.c.valid_until.is_(None), spans.c.valid_until >= bindparam("first")),
        )
        .order_by(spans.c.employee_id, spans.c.valid_from)
    )


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


def employed_on(session: Session, employee_ids: Collection[int], day: date) -> list[int]:
    """Those of them who are employed on that day, in the order of their ids."""
    rows = employments_between(session, employee_ids, day, day)
    return [row.employee_id for row in rows if row.leaves_on is None or row.leaves_on >= day]


def history(session: Session, employee_id: int) -> Sequence[Employment]:
    """All that was ever known, in both times: by valid_from, then by when we learned it."""
    return session.scalars(
        select(Employment)
        .where(Employment.employee_id == employee_id)
        .order_by(Employment.valid_from, Employment.recorded_at, Employment.id)
    ).all()


def units_of(session: Session, rows: Iterable[Employment]) -> dict[int, str]:
    """Path by id, of the units in these rows."""
    wanted = {row.unit_id for row in rows}
    found = session.execute(select(Unit.id, Unit.path).where(Unit.id.in_(wanted)))
    return {unit_id: path for unit_id, path in found}  # noqa: C416 - rows


def managers_of(session: Session, rows: Iterable[Employment]) -> dict[int, Employee]:
    wanted = {row.manager_id for row in rows if row.manager_id is not None}
    found = session.scalars(select(Employee).where(Employee.id.in_(wanted)))
    return {employee.id: employee for employee in found}


def pay_history(session: Session, employee_id: int) -> Sequence[PayElement]:
    """All pay elements that were ever known, the latest month first."""
    return session.scalars(
        select(PayElement)
        .where(PayElement.employee_id == employee_id)
        .order_by(PayElement.month.desc(), PayElement.code, PayElement.recorded_at.desc())
    ).all()


def fact_changes_of(session: Session, employee_id: int) -> Sequence[FactChange]:
    """Every change that may have moved money, the latest learned first."""
    return session.scalars(
        select(FactChange)
        .where(FactChange.employee_id == employee_id)
        .order_by(FactChange.id.desc())
    ).all()


def fact_changes_since(session: Session, after_id: int) -> Sequence[Row[int, int, Month]]:
    """(id, employee_id, first_month) of later changes. Hold the facts' lock, or miss some."""
    return session.execute(
        select(FactChange.id, FactChange.employee_id, FactChange.first_month)
        .where(FactChange.id > after_id)
        .order_by(FactChange.id)
    ).all()


# Leave


@dataclass(frozen=True, slots=True)
class LeaveRow:
    """Leave of an employee on a day, as it is known now. `id` is the leave system's."""

    employee_id: int
    day: date
    minutes: int
    kind: LeaveKind
    id: str


def leave_between(
    session: Session, employee_ids: Collection[int], first: date, last: date
) -> list[LeaveRow]:
    """Leave of these days, both included, planned and taken, by employee and day."""
    rows = session.execute(
        select(Leave.employee_id, Leave.day, Leave.minutes, Leave.kind, Leave.external_id)
        .where(
            Leave.employee_id == func.any(list(employee_ids)),
            Leave.superseded_at.is_(None),
            Leave.day.between(first, last),
            Leave.minutes > 0,
        )
        .order_by(Leave.employee_id, Leave.day, Leave.external_id)
    )
    return [
        LeaveRow(employee, day, minutes, LeaveKind(kind), external_id)
        for employee, day, minutes, kind, external_id in rows
    ]


def leave_is_fed(session: Session) -> bool:
    """Whether a leave system tells what was taken: whether any leave taken was ever known."""
    taken = select(Leave.id).where(Leave.kind == LeaveKind.TAKEN).limit(1)
    return session.scalar(taken) is not None


def employees_of_leave(session: Session, first_id: int, last_id: int) -> list[int]:
    """Whose leave the rows with these ids are, from the first through the last."""
    found = select(Leave.employee_id).where(Leave.id.between(first_id, last_id)).distinct()
    return list(session.scalars(found.order_by(Leave.employee_id)))


@dataclass(frozen=True, slots=True)
class Away:
    """A person's line of a leave calendar. `shown`: the days on which they are the asker's to see,
    as stretches with both ends included; `leave` is of those days alone."""

    employee_id: int
    number: str
    name: str
    shown: tuple[tuple[date, date], ...]
    leave: tuple[LeaveRow, ...]


def team_calendar(session: Session, manager_id: int, month: Month) -> list[Away]:
    """Whoever reports to this person on some day of the month, by name; four statements."""
    ever = session.scalars(
        select(Employment.employee_id)
        .where(Employment.manager_id == manager_id, Employment.superseded_at.is_(None))
        .distinct()
    ).all()
    shown: dict[int, list[tuple[date, date]]] = {}
    for row in employments_between(session, ever, month.first, month.last):
        ends = [day for day in (row.valid_until, row.leaves_on, month.last) if day is not None]
        start, end = max(row.valid_from, month.first), min(ends)
        if row.manager_id == manager_id and start <= end:
            shown.setdefault(row.employee_id, []).append((start, end))
    return _away(session, shown, month)


def calendar_of(session: Session, employee_ids: Collection[int], month: Month) -> list[Away]:
    """These people's whole month, by name; for who may see everybody."""
    return _away(session, {id_: [(month.first, month.last)] for id_ in employee_ids}, month)


def _away(session: Session, shown: dict[int, list[tuple[date, date]]], month: Month) -> list[Away]:
    leave: dict[int, list[LeaveRow]] = {}
    for row in leave_between(session, shown, month.first, month.last):
        if any(start <= row.day <= end for start, end in shown[row.employee_id]):
            leave.setdefault(row.employee_id, []).append(row)
    told = {(row.employee_id, row.day) for rows in leave.values() for row in rows}
    for each in agreed_days(session, shown, month.first, month.last):
        visible = any(start <= each.day <= end for start, end in shown[each.employee_id])
        # What the leave system tells of the same day is the same leave.
        if visible and (each.employee_id, each.day) not in told:
            agreed = LeaveRow(
                each.employee_id, each.day, each.minutes, LeaveKind.PLANNED, f"agreed:{each.day}"
            )
            leave.setdefault(each.employee_id, []).append(agreed)
    people = session.execute(
        select(Employee.id, Employee.number, Employee.name)
        .where(Employee.id == func.any(list(shown)))
        .order_by(Employee.sort_name, Employee.id)
    )
    return [
        Away(
            id_,
            number,
            name,
            tuple(shown[id_]),
            tuple(sorted(leave.get(id_, ()), key=attrgetter("day"))),
        )
        for id_, number, name in people
    ]


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
    asked = Asked(search or "", unit or "")
    shown = _shown_on(on)
    return _filtered(_lines(shown), shown, asked, actor=actor, on=on, also_unit=False)


class Presence(StrEnum):
    """Of a person on a day."""

    EMPLOYED = "employed"
    LEFT = "left"
    COMING = "coming"


@dataclass(frozen=True, slots=True)
class Asked:
    """What HR asks of the list of people. `sort`: `name`, `number` or `hired`, `-` before: down."""

    search: str = ""
    unit: str = ""
    scheme: str = ""
    presence: Presence | None = None
    sort: str = "name"


@dataclass(frozen=True, slots=True)
class Listing:
    """A statement for `paginate`: its rows have the columns of `PersonLine` and `manager_name`."""

    statement: Select[Any]
    keys: tuple[Any, ...]
    descending: bool


def people_listing(asked: Asked, *, actor: Actor, on: date) -> Listing:
    """People as they are on that day; only whom this actor may see. See `people_lines`."""
    shown = _shown_on(on)
    statement = _filtered(_lines(shown), shown, asked, actor=actor, on=on)
    keys = {
        "name": (Employee.sort_name, Employee.id),
        "number": (Employee.number, Employee.id),
        "hired": (shown.hired_on, Employee.id),
    }
    key = asked.sort.removeprefix("-")
    return Listing(statement, keys.get(key, keys["name"]), asked.sort.startswith("-"))


def employed_in(unit: str, month: Month, *, actor: Actor, today: date) -> Listing:
    """Who is employed there today, or on the day of the month that is nearest to today, by name."""
    on = min(max(today, month.first), month.last)
    return people_listing(Asked(unit=unit, presence=Presence.EMPLOYED), actor=actor, on=on)


def _filtered(
    statement: Select[Any],
    shown: Any,
    asked: Asked,
    *,
    actor: Actor,
    on: date,
    also_unit: bool = True,
) -> Select[Any]:
    if not policy.may_see_everybody(actor):
        statement = statement.where(_own_or_reports(actor, shown, on))
    if asked.search:
        statement = statement.where(_found(asked.search, also_unit=also_unit))
    if asked.unit:
        statement = statement.where(
            or_(Unit.path == asked.unit, Unit.path.startswith(f"{asked.unit}/", autoescape=True))
        )
    if asked.scheme:
        statement = statement.where(shown.scheme == asked.scheme)
    if asked.presence is not None:
        is_coming = shown.hired_on > on
        conditions = {
            Presence.EMPLOYED: and_(~is_coming, _employed(shown, on)),
            Presence.LEFT: shown.leaves_on < on,
            Presence.COMING: is_coming,
        }
        statement = statement.where(conditions[asked.presence])
    return statement


def unit_paths(session: Session) -> Sequence[str]:
    return session.scalars(select(Unit.path).order_by(Unit.path)).all()


def _own_or_reports(actor: Actor, shown: Any, on: date) -> ColumnElement[bool]:
    own = literal(actor.employee_id)
    return or_(
        Employee.id == own,
        and_(shown.manager_id == own, shown.valid_from <= on, _employed(shown, on)),
    )


def _found(search: str, *, also_unit: bool) -> ColumnElement[bool]:
    wanted = search.strip()
    found = or_(
        Employee.sort_name.contains(sort_key(wanted), autoescape=True),
        Employee.number.startswith(wanted, autoescape=True),
    )
    return or_(found, Unit.path.icontains(wanted, autoescape=True)) if also_unit else found


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
            manager.name.label("manager_name"),
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


def import_lines(
    session: Session,
    import_id: UUID,
    *,
    outcomes: Collection[Outcome] = tuple(Outcome),
    limit: int | None = None,
) -> Sequence[ImportLine]:
    return session.scalars(
        select(ImportLine)
        .where(ImportLine.import_id == import_id, ImportLine.outcome.in_(outcomes))
        .order_by(ImportLine.position)
        .limit(limit)
    ).all()


def import_progress(session: Session, import_id: UUID) -> ImportProgress | None:
    """How far a worker is; `None` for what was read while its sender waited."""
    return session.get(ImportProgress, import_id, populate_existing=True)


def content_of(session: Session, waiting: Import) -> bytes | None:
    """What was sent, while it is kept."""
    return session.scalar(select(Import.content).where(Import.id == waiting.id))


def is_kept(session: Session, found: Import) -> bool:
    """Whether the file can still be taken, or read under other names."""
    kept = select(Import.id).where(Import.id == found.id, Import.content.is_not(None))
    return found.keep_until is not None and session.scalar(kept) is not None


def remembered_columns(session: Session, kind: Kind, header: Sequence[str]) -> Columns | None:
    """What somebody said of a file with the same headers, if it still says everything."""
    stored = session.get(ColumnMapping, (kind, naming.headers_digest(header)))
    if stored is None:
        return None
    columns = Columns.read(stored.columns)
    return columns if naming.is_complete(kind, header, columns) else None


def suggested_columns(session: Session, kind: Kind, header: Sequence[str]) -> Columns:
    """What was said last of such a file, complete or not; else a guess."""
    stored = session.get(ColumnMapping, (kind, naming.headers_digest(header)))
    return naming.guessed(kind, header) if stored is None else Columns.read(stored.columns)
