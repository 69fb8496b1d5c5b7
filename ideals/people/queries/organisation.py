"""Units as HR keeps them, and colleagues by name for whoever has to name one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import Select, and_, exists, func, or_, select, true
from sqlalchemy.orm import Session, aliased

from ideals.kernel.actor import Actor
from ideals.people import policy
from ideals.people.errors import OnlyHr, UnitUnknown
from ideals.people.models import Employee, Employment, OwnerChange, Unit
from ideals.people.queries import is_employed
from ideals.people.rules import sort_key


@dataclass(frozen=True, slots=True)
class UnitLine:
    """A unit with its own owner, and who answers for it: the nearest owner upward.

    `owner_left`: it has an owner, who does not work here any more. `people`: employed in the unit
    itself.
    """

    id: int
    path: str
    version: int
    owner: str | None
    owner_name: str | None
    owner_left: bool
    answers: str | None
    answers_name: str | None
    people: int


def unit_lines(
    *, actor: Actor, today: date, search: str = "", without_owner: bool = False
) -> Select[*tuple[Any, ...]]:
    """Columns as `UnitLine`, for a list by path. Raises `OnlyHr`."""
    if not policy.may_keep_units(actor):
        raise OnlyHr
    statement = _lines(today)
    if search:
        statement = statement.where(Unit.path.icontains(search, autoescape=True))
    return statement.where(Unit.owner_id.is_(None)) if without_owner else statement


def unit_line(session: Session, path: str, *, actor: Actor, today: date) -> UnitLine:
    """Raises `OnlyHr`, `UnitUnknown`."""
    found = session.execute(unit_lines(actor=actor, today=today).where(Unit.path == path))
    row = found.one_or_none()
    if row is None:
        raise UnitUnknown(path)
    return UnitLine(**row._mapping)


def _lines(today: date) -> Select[*tuple[Any, ...]]:
    owner, above, answers = aliased(Employee), aliased(Unit), aliased(Employee)
    nearest = (
        select(above.owner_id)
        .where(
            above.owner_id.is_not(None),
            is_employed(above.owner_id, today),
            or_(above.id == Unit.id, func.starts_with(Unit.path, above.path + "/")),
        )
        .order_by(func.length(above.path).desc())
        .limit(1)
        .correlate(Unit)
        .scalar_subquery()
    )
    return (
        select(
            Unit.id,
            Unit.path,
            Unit.owner_version.label("version"),
            owner.number.label("owner"),
            owner.name.label("owner_name"),
            and_(Unit.owner_id.is_not(None), ~is_employed(Unit.owner_id, today)).label(
                "owner_left"
            ),
            answers.number.label("answers"),
            answers.name.label("answers_name"),
            _people_in(today).label("people"),
        )
        .select_from(Unit)
        .outerjoin(owner, owner.id == Unit.owner_id)
        .outerjoin(answers, answers.id == nearest)
    )


def _people_in(today: date) -> Any:
    here, later = aliased(Employment), aliased(Employment)
    replaced = exists().where(
        later.employee_id == here.employee_id,
        later.superseded_at.is_(None),
        later.valid_from > here.valid_from,
        later.valid_from <= today,
    )
    return (
        select(func.count())
        .select_from(here)
        .where(
            here.unit_id == Unit.id,
            here.superseded_at.is_(None),
            here.valid_from <= today,
            or_(here.leaves_on.is_(None), here.leaves_on >= today),
            ~replaced,
        )
        .correlate(Unit)
        .scalar_subquery()
    )


@dataclass(frozen=True, slots=True)
class OwnerChanged:
    """From whom to whom, by name; `None`: from or to nobody."""

    changed_at: datetime
    changed_by: str
    before: str | None
    after: str | None


def owner_history(session: Session, unit_id: int, *, actor: Actor) -> list[OwnerChanged]:
    """The latest first. Raises `OnlyHr`."""
    if not policy.may_keep_units(actor):
        raise OnlyHr
    before, after = aliased(Employee), aliased(Employee)
    rows = session.execute(
        select(OwnerChange.changed_at, OwnerChange.changed_by, before.name, after.name)
        .outerjoin(before, before.id == OwnerChange.from_id)
        .outerjoin(after, after.id == OwnerChange.to_id)
        .where(OwnerChange.unit_id == unit_id)
        .order_by(OwnerChange.id.desc())
    )
    return [OwnerChanged(*row) for row in rows]


# Colleagues


@dataclass(frozen=True, slots=True)
class Colleague:
    number: str
    name: str
    unit: str


MOST_COLLEAGUES = 8
SHORTEST_SEARCH = 2


def colleagues(session: Session, search: str, *, actor: Actor, today: date) -> Sequence[Colleague]:
    """Who is employed that day and fits, by name: a whole number, or a part of a name.

    Nobody for who may not look, and for a search too short to mean somebody.
    """
    wanted = search.strip()
    if len(wanted) < SHORTEST_SEARCH or not policy.may_find_colleagues(actor):
        return []
    fits = or_(
        Employee.number == wanted,
        Employee.sort_name.contains(sort_key(wanted), autoescape=True),
    )
    in_force = aliased(Employment)
    latest = (
        select(in_force.unit_id)
        .where(
            in_force.employee_id == Employee.id,
            in_force.superseded_at.is_(None),
            in_force.valid_from <= today,
        )
        .order_by(in_force.valid_from.desc())
        .limit(1)
        .correlate(Employee)
        .lateral()
    )
    rows = session.execute(
        select(Employee.number, Employee.name, Unit.path)
        .join(latest, true())
        .join(Unit, Unit.id == latest.c.unit_id)
        .where(fits, is_employed(Employee.id, today))
        .order_by((Employee.number != wanted), Employee.sort_name, Employee.id)
        .limit(MOST_COLLEAGUES)
    )
    return [Colleague(*row) for row in rows]
