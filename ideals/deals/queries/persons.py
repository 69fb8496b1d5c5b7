"""The people of deals by number and name."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from ideals.deals import policy
from ideals.deals.errors import ManagerDiffers, MayNotPropose
from ideals.kernel.actor import Actor
from ideals.people import queries as people
from ideals.people.errors import EmployeeUnknown, PersonUnknown
from ideals.people.models import Employee


@dataclass(frozen=True, slots=True)
class Person:
    number: str
    name: str


def persons(session: Session, ids: Iterable[int | None]) -> dict[int, Person]:
    """By id; one statement."""
    wanted = sorted({id_ for id_ in ids if id_ is not None})
    rows = session.execute(
        select(Employee.id, Employee.number, Employee.name).where(Employee.id == func.any(wanted))
    )
    return {row[0]: Person(row[1], row[2]) for row in rows}


def employee_named(session: Session, number: str | None, *, actor: Actor) -> int:
    """For whom a deal is to be; without a number for whoever asks. Whether a number exists is told
    to HR only. Raises `MayNotPropose`, `PersonUnknown`."""
    if number is None:
        if actor.employee_id is None:
            raise MayNotPropose
        return actor.employee_id
    try:
        return people.employee_by_number(session, number).id
    except EmployeeUnknown:
        if policy.keeps_deals(actor):
            raise PersonUnknown(number, field="employee") from None
        raise MayNotPropose from None


def manager_named(session: Session, number: str | None, *, actor: Actor) -> int | None:
    """As `employee_named`. Raises `ManagerDiffers`, `PersonUnknown`."""
    if number is None:
        return None
    try:
        return people.employee_by_number(session, number).id
    except EmployeeUnknown:
        if policy.keeps_deals(actor):
            raise PersonUnknown(number, field="manager") from None
        raise ManagerDiffers from None
