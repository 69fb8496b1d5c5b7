"""With whom a step is: whom the policy names, unless it is about them, or they asked, or left.

Then the next above them decides, and where there is nobody left it is HR; the step keeps why.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from ideals.access.models import User, UserRole
from ideals.approvals import policy
from ideals.approvals.queries import standing_in
from ideals.approvals.rules import By, Who
from ideals.approvals.states import Kind, Why
from ideals.kernel.actor import Role
from ideals.kernel.money import Money
from ideals.people import queries as people
from ideals.people.models import Employee, Employment
from ideals.people.queries import units

FAR = 20
"""Managers above one another that are looked at: a ring of managers ends."""


@dataclass(frozen=True, slots=True)
class Matter:
    """What is decided, as far as it says who may: whom it is about, who asked, and who stands
    `beside` them."""

    kind: Kind
    employee_id: int | None
    asked_by_employee_id: int | None
    amount: Money | None = None
    beside: frozenset[int] = frozenset()


@dataclass(frozen=True, slots=True)
class Holder:
    """Exactly one of `employee_id` and `role`. `why`: why not whom the policy names."""

    employee_id: int | None = None
    role: Role | None = None
    why: Why | None = None
    mandate_unit_id: int | None = None


def find(session: Session, who: Who, matter: Matter, today: date) -> Holder:
    if who.by is By.ROLE:
        return _of_role(session, Role(who.value))
    first: Why | None = None
    for employee_id, unit_id in _named(session, who, matter, today):
        barred = barred_by(session, employee_id, matter, today)
        if barred is None:
            return Holder(employee_id, None, first, unit_id)
        first = first or barred
    return Holder(role=nobody_else(session, matter), why=first or _NOBODY[who.by])


_NOBODY = {
    By.MANAGER: Why.NO_MANAGER,
    By.MANAGERS_MANAGER: Why.NO_MANAGER,
    By.UNIT_OWNER: Why.NO_OWNER,
    By.MANDATE: Why.NO_MANDATE,
    By.PERSON: Why.NOBODY,
}


def above(session: Session, employee_id: int, matter: Matter, today: date) -> Holder:
    """Who decides when this person did not: their manager, else HR."""
    for manager_id in _managers(session, employee_id, today):
        if barred_by(session, manager_id, matter, today) is None:
            return Holder(manager_id)
    return Holder(role=nobody_else(session, matter))


def nobody_else(session: Session, matter: Matter) -> Role:
    """Who decides where there is nobody left: HR, in the right that it takes."""
    return _of_role(session, policy.overseer(matter.kind)).role or Role.HR


def barred_by(session: Session, employee_id: int, matter: Matter, today: date) -> Why | None:
    """Why this person may not decide; `None`: they may."""
    if employee_id == matter.employee_id:
        return Why.ABOUT_THEM
    if employee_id == matter.asked_by_employee_id and matter.kind is not Kind.TODO:
        return Why.ASKED_IT
    if employee_id in matter.beside:
        return Why.ASKED_IT
    if people.employment_on(session, employee_id, today) is None:
        return Why.LEFT
    return None


def named_now(session: Session, who: Who, matter: Matter, today: date) -> Iterator[int]:
    """Everybody whom the policy's words would reach today, the nearest first."""
    return (employee_id for employee_id, _ in _named(session, who, matter, today))


def still_reaches(
    session: Session,
    who: Who,
    employee_id: int,
    mandate_unit_id: int | None,
    matter: Matter,
    today: date,
) -> bool:
    """Whether the owner of a unit above, or the holder of a mandate that covers it, is among those
    whom the policy's words reach: what a nearer unit got meanwhile takes nothing from them."""
    if who.by not in (By.UNIT_OWNER, By.MANDATE):
        return False
    return (employee_id, mandate_unit_id) in _named(session, who, matter, today)


def _of_role(session: Session, role: Role) -> Holder:
    held = select(UserRole.user_id).join(User, User.id == UserRole.user_id)
    someone = session.scalar(held.where(UserRole.role == role, User.active).limit(1))
    if someone is None and role is not Role.HR:
        return Holder(role=Role.HR, why=Why.NOBODY)
    return Holder(role=role)


def _named(
    session: Session, who: Who, matter: Matter, today: date
) -> Iterator[tuple[int, int | None]]:
    """(employee, unit of the mandate), the nearest first."""
    match who.by:
        case By.MANAGER | By.MANAGERS_MANAGER:
            if matter.employee_id is not None:
                managers = _managers(session, matter.employee_id, today)
                if who.by is By.MANAGERS_MANAGER:
                    next(managers, None)
                for manager_id in managers:
                    yield manager_id, None
        case By.UNIT_OWNER:
            unit_id = _unit(session, matter, today)
            for owner_id in units.owners_of(session, unit_id) if unit_id else ():
                yield owner_id, None
        case By.MANDATE:
            unit_id = _unit(session, matter, today)
            amount = matter.amount or Money(0)
            covering = (
                standing_in.mandates_for(session, unit_id, today.year, amount) if unit_id else []
            )
            for mandate in covering:
                yield mandate.holder_id, mandate.unit_id
        case By.PERSON:
            number = select(Employee.id).where(Employee.number == who.value)
            person_id = session.scalar(number)
            if person_id is not None:
                yield person_id, None
                for manager_id in _managers(session, person_id, today):
                    yield manager_id, None


def _managers(session: Session, employee_id: int, today: date) -> Iterator[int]:
    """One above the other. Of who left, the last manager counts on: somebody has to decide."""
    seen = {employee_id}
    for _ in range(FAR):
        manager_id = session.scalar(_manager_of(employee_id, today))
        if manager_id is None or manager_id in seen:
            return
        seen.add(manager_id)
        yield manager_id
        employee_id = manager_id


def _manager_of(employee_id: int, today: date) -> Select[Any]:
    return (
        select(Employment.manager_id)
        .where(
            Employment.employee_id == employee_id,
            Employment.valid_from <= today,
            Employment.superseded_at.is_(None),
        )
        .order_by(Employment.valid_from.desc())
        .limit(1)
    )


def _unit(session: Session, matter: Matter, today: date) -> int | None:
    if matter.employee_id is None:
        return None
    employment = people.employment_on(session, matter.employee_id, today)
    return employment.unit_id if employment else None
