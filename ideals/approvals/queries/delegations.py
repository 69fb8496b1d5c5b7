"""Delegations and mandates as they are shown."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, and_, func, literal, or_, select
from sqlalchemy.orm import Session, aliased

from ideals.approvals import policy
from ideals.approvals.errors import DelegationUnknown, MandateUnknown, OnlyHrKeepsMandates
from ideals.approvals.models import Delegation, Mandate
from ideals.approvals.queries.standing_in import spent_on_mandates
from ideals.approvals.rules.delegations import state_on
from ideals.approvals.states import DelegationState, Kind
from ideals.kernel.actor import Actor, Role
from ideals.kernel.money import Money
from ideals.people import queries as people
from ideals.people.models import Employee, Unit
from ideals.people.rules import sort_key


@dataclass(frozen=True, slots=True)
class DelegationLine:
    """A delegation with its people by number and name; `made_by`, `ended_by`: a name, or an address
    of who is no employee."""

    id: UUID
    from_id: int
    principal: str
    principal_name: str
    to_id: int
    deputy: str
    deputy_name: str
    kinds: list[Kind] | None
    from_on: date
    until_on: date
    made_at: datetime
    made_by: str
    ended_at: datetime | None
    ended_by: str | None
    state: DelegationState


_PRINCIPAL, _DEPUTY, _MAKER, _ENDER = (aliased(Employee) for _ in range(4))


def delegations_of(*, actor: Actor) -> Select[*tuple[Any, ...]]:
    """Those of this actor, in either role, for a list by (made_at, id), the latest first."""
    me = literal(actor.employee_id)
    return _lines().where(or_(Delegation.from_id == me, Delegation.to_id == me))


def every_delegation(
    *, actor: Actor, today: date, search: str = "", state: DelegationState | None = None
) -> Select[*tuple[Any, ...]]:
    """For HR, for a list by (made_at, id); others see their own. `search`: a name or a number."""
    statement = _lines() if actor.has(Role.HR) else delegations_of(actor=actor)
    if search:
        words = sort_key(search.strip())
        statement = statement.where(
            or_(
                _PRINCIPAL.sort_name.contains(words, autoescape=True),
                _DEPUTY.sort_name.contains(words, autoescape=True),
                _PRINCIPAL.number == search.strip(),
                _DEPUTY.number == search.strip(),
            )
        )
    return statement if state is None else statement.where(_in_state(state, today))


def _in_state(state: DelegationState, today: date) -> ColumnElement[bool]:
    going = Delegation.ended_at.is_(None)
    return {
        DelegationState.ENDED: ~going,
        DelegationState.OVER: and_(going, Delegation.until_on < today),
        DelegationState.COMING: and_(going, Delegation.from_on > today),
        DelegationState.IN_FORCE: and_(
            going, Delegation.from_on <= today, Delegation.until_on >= today
        ),
    }[state]


def still_counting(session: Session, *, actor: Actor, today: date) -> list[DelegationLine]:
    """Those of this actor, in either role, that are in force or coming, by day."""
    if actor.employee_id is None:
        return []
    rows = session.execute(
        delegations_of(actor=actor)
        .where(Delegation.ended_at.is_(None), Delegation.until_on >= today)
        .order_by(Delegation.from_on, Delegation.until_on, Delegation.id)
    )
    return [shown(row, today) for row in rows]


def past(*, actor: Actor, today: date) -> Select[*tuple[Any, ...]]:
    """Those of this actor that count no more, for a list by (made_at, id)."""
    over = or_(Delegation.ended_at.is_not(None), Delegation.until_on < today)
    return delegations_of(actor=actor).where(over)


def access_delegation(
    session: Session, delegation_id: UUID, *, actor: Actor, today: date
) -> DelegationLine:
    """Raises `DelegationUnknown` alike for what does not exist and what is not theirs to see."""
    row = session.execute(_lines().where(Delegation.id == delegation_id)).one_or_none()
    if row is None or not policy.may_see_delegation(actor, row.from_id, row.to_id):
        raise DelegationUnknown
    return shown(row, today)


def _lines() -> Select[*tuple[Any, ...]]:
    return (
        select(
            Delegation.id,
            Delegation.from_id,
            _PRINCIPAL.number.label("principal"),
            _PRINCIPAL.name.label("principal_name"),
            Delegation.to_id,
            _DEPUTY.number.label("deputy"),
            _DEPUTY.name.label("deputy_name"),
            Delegation.kinds,
            Delegation.from_on,
            Delegation.until_on,
            Delegation.made_at,
            func.coalesce(_MAKER.name, Delegation.made_by).label("made_by"),
            Delegation.ended_at,
            func.coalesce(_ENDER.name, Delegation.ended_by).label("ended_by"),
        )
        .join(_PRINCIPAL, _PRINCIPAL.id == Delegation.from_id)
        .join(_DEPUTY, _DEPUTY.id == Delegation.to_id)
        .outerjoin(_MAKER, _MAKER.id == Delegation.made_by_employee_id)
        .outerjoin(_ENDER, _ENDER.id == Delegation.ended_by_employee_id)
    )


def shown(row: Any, today: date) -> DelegationLine:
    """A row of the statements above."""
    values = dict(row._mapping)
    kinds = values.pop("kinds")
    return DelegationLine(
        **values,
        kinds=None if kinds is None else [Kind(kind) for kind in kinds],
        state=state_on(today, row.from_on, row.until_on, ended=row.ended_at is not None),
    )


# Mandates


@dataclass(frozen=True, slots=True)
class MandateLine:
    """`version` is what a change has to name. `left` may be below zero, when it was lowered."""

    unit: str
    year: int
    amount: Money
    spent: Money
    left: Money
    holder: str
    holder_name: str
    holder_left: bool
    changed_at: datetime
    changed_by: str
    version: int


def mandates(*, actor: Actor, year: int, today: date, search: str = "") -> Select[*tuple[Any, ...]]:
    """Of a year, for a list by path: all for HR, else what this actor holds."""
    statement = (
        select(
            Mandate,
            Unit.path.label("path"),
            Employee.number.label("number"),
            Employee.name.label("name"),
            people.is_employed(Mandate.holder_id, today).label("employed"),
        )
        .join(Unit, Unit.id == Mandate.unit_id)
        .join(Employee, Employee.id == Mandate.holder_id)
        .where(Mandate.year == year, Mandate.superseded_at.is_(None))
    )
    if not policy.may_keep_mandates(actor):
        statement = statement.where(Mandate.holder_id == literal(actor.employee_id))
    if search:
        words = search.strip()
        statement = statement.where(
            or_(
                Unit.path.icontains(words, autoescape=True),
                Employee.sort_name.contains(sort_key(words), autoescape=True),
            )
        )
    return statement


def mandate_lines(session: Session, rows: Any, year: int) -> list[MandateLine]:
    """Rows of `mandates` with what was spent; one statement more, however many."""
    spent: Mapping[int, Money] = spent_on_mandates(
        session, [row.Mandate.unit_id for row in rows], year
    )
    return [_mandate_line(row, spent[row.Mandate.unit_id]) for row in rows]


def _mandate_line(row: Any, spent: Money) -> MandateLine:
    amount = Money(row.Mandate.amount_minor)
    return MandateLine(
        unit=row.path,
        year=row.Mandate.year,
        amount=amount,
        spent=spent,
        left=amount - spent,
        holder=row.number,
        holder_name=row.name,
        holder_left=not row.employed,
        changed_at=row.Mandate.changed_at,
        changed_by=row.Mandate.changed_by,
        version=row.Mandate.id,
    )


def access_mandate(
    session: Session, unit: str, year: int, *, actor: Actor, today: date
) -> MandateLine:
    """Raises `MandateUnknown` alike for what does not exist and what is not theirs to see."""
    found = session.execute(
        mandates(actor=actor, year=year, today=today).where(Unit.path == unit)
    ).all()
    if not found:
        raise MandateUnknown(unit, year)
    return mandate_lines(session, found, year)[0]


def mandate_years(session: Session, *, actor: Actor) -> list[int]:
    """The years that have any, the latest first. Raises `OnlyHrKeepsMandates`."""
    if not policy.may_keep_mandates(actor):
        raise OnlyHrKeepsMandates
    years = select(Mandate.year).where(Mandate.superseded_at.is_(None)).distinct()
    return list(session.scalars(years.order_by(Mandate.year.desc())))
