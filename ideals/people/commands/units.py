"""Who owns a unit, and on which days somebody works."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from ideals import audit
from ideals.config import Settings
from ideals.kernel.actor import Actor
from ideals.people import policy, queries
from ideals.people.errors import (
    OnlyHr,
    OwnerMovedOn,
    PersonNotEmployed,
    PersonUnknown,
    UnitUnknown,
)
from ideals.people.models import Employee, OwnerChange, Unit, WorkWeek
from ideals.people.rules.weeks import days_of, mask_of, named


@dataclass(frozen=True, slots=True)
class GiveOwner:
    """`owner`: a personnel number; `None`: nobody any more. `seen`: the version that was read."""

    unit: str
    owner: str | None
    seen: int


@dataclass(frozen=True, slots=True)
class KeepWeek:
    """`number`: whose; `None` is one's own. `days`: weekday numbers, Monday 0."""

    days: Collection[int]
    number: str | None = None


def give_owner(session: Session, cmd: GiveOwner, *, actor: Actor, now: datetime) -> Unit:
    """Raises `OnlyHr`, `UnitUnknown`, `OwnerMovedOn`, `PersonUnknown`, `PersonNotEmployed`."""
    if not policy.may_keep_units(actor):
        raise OnlyHr
    unit = session.scalar(select(Unit).where(Unit.path == cmd.unit).with_for_update())
    if unit is None:
        raise UnitUnknown(cmd.unit)
    if unit.owner_version != cmd.seen:
        raise OwnerMovedOn(unit.owner_version)
    owner, before = None, unit.owner_id and session.get_one(Employee, unit.owner_id).number
    if cmd.owner is not None:
        owner = employed_person(session, cmd.owner, _today(now), field="owner").id
    if owner == unit.owner_id:
        return unit
    session.add(
        OwnerChange(
            unit_id=unit.id,
            from_id=unit.owner_id,
            to_id=owner,
            changed_at=now,
            changed_by=actor.name,
            changed_by_user_id=actor.user_id,
        )
    )
    unit.owner_id = owner
    unit.owner_version += 1
    audit.record(
        session,
        "people.owner_given",
        f"unit:{unit.path}",
        actor=actor,
        now=now,
        before=before,
        after=cmd.owner,
    )
    return unit


def keep_week(session: Session, cmd: KeepWeek, *, actor: Actor, now: datetime) -> frozenset[int]:
    """The days kept. Raises `WeekEmpty`, and `EmployeeUnknown` alike for who is not theirs to see.

    Whoever manages somebody sees their days and asks them, or HR, to change them.
    """
    mask = mask_of(cmd.days)
    employee = _whose(session, cmd.number, actor, _today(now))
    if not policy.may_keep_week(actor, employee.id):
        raise OnlyHr
    before = queries.week_of(session, [employee.id])[employee.id]
    row = insert(WorkWeek).values(
        employee_id=employee.id, days=mask, changed_at=now, changed_by=actor.name
    )
    kept = {"days": mask, "changed_at": now, "changed_by": actor.name}
    session.execute(row.on_conflict_do_update(index_elements=[WorkWeek.employee_id], set_=kept))
    audit.record(
        session,
        "people.week_kept",
        employee.source,
        actor=actor,
        now=now,
        before=named(before),
        after=named(days_of(mask)),
    )
    return frozenset(cmd.days)


def _whose(session: Session, number: str | None, actor: Actor, today: date) -> Employee:
    if number is None:
        return queries.own_employee(session, actor=actor)
    return queries.access_employee(session, number, actor=actor, on=today)


def employed_person(session: Session, number: str, on: date, *, field: str) -> Employee:
    """Whom a form or a body names in `field`. Raises `PersonUnknown`, `PersonNotEmployed`."""
    found = session.scalar(select(Employee).where(Employee.number == number))
    if found is None:
        raise PersonUnknown(number, field=field)
    if not session.scalar(select(queries.is_employed(found.id, on))):
        raise PersonNotEmployed(number, field=field)
    return found


def _today(now: datetime) -> date:
    return now.astimezone(Settings.read().zone).date()
