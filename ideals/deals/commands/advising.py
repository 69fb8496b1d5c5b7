"""Somebody beside the employee, in this deal alone: works council, union, a trusted colleague."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from ideals.deals import queries
from ideals.deals.commands import going
from ideals.deals.errors import AdviserUnfit, AdviserUnknown, MoveNotAllowed
from ideals.deals.models import Adviser, Deal
from ideals.deals.policy import Do
from ideals.deals.states import OVER
from ideals.kernel.actor import Actor
from ideals.people import queries as people
from ideals.people.errors import EmployeeUnknown


@dataclass(frozen=True, slots=True)
class InviteAdviser:
    """`number`: a personnel number."""

    deal_id: UUID
    number: str


@dataclass(frozen=True, slots=True)
class RemoveAdviser:
    deal_id: UUID
    number: str


def invite_adviser(session: Session, cmd: InviteAdviser, *, actor: Actor, now: datetime) -> Adviser:
    """They see the deal from now on, what was said before too. Raises `DealUnknown`,
    `NotYoursToDo`, `MoveNotAllowed` of what is over, `AdviserUnfit`."""
    deal = going.stand(session, cmd.deal_id, Do.INVITE, actor=actor, now=now).deal
    if deal.state in OVER:
        raise MoveNotAllowed(state=deal.state, act=Do.INVITE)
    person = _fit(session, deal, cmd.number, going.day_of(now))
    made = Adviser(deal_id=deal.id, employee_id=person, invited_at=now, invited_by=actor.name)
    session.add(made)
    going.note(session, deal, going.INVITED, to_id=person, actor=actor, now=now)
    going.tell(session, deal, going.INVITED, [person], now=now)
    return made


def remove_adviser(session: Session, cmd: RemoveAdviser, *, actor: Actor, now: datetime) -> None:
    """From this moment they see nothing of it, whatever they were writing. Raises `DealUnknown`,
    `NotYoursToDo`, `AdviserUnknown`."""
    deal = going.stand(session, cmd.deal_id, Do.INVITE, actor=actor, now=now).deal
    beside = select(Adviser).where(Adviser.deal_id == deal.id, Adviser.removed_at.is_(None))
    person = _person(session, cmd.number)
    row = session.scalar(beside.where(Adviser.employee_id == person))
    if row is None:
        raise AdviserUnknown
    row.removed_at, row.removed_by = now, actor.name
    going.note(session, deal, going.REMOVED, to_id=row.employee_id, actor=actor, now=now)
    going.tell(session, deal, going.REMOVED, [row.employee_id], now=now)


def _fit(session: Session, deal: Deal, number: str, today: date) -> int:
    """Raises `AdviserUnfit`."""
    person = _person(session, number)
    if person is None or people.employment_on(session, person, today) is None:
        raise AdviserUnfit("unknown")
    if person in going.parties(deal):
        raise AdviserUnfit("is_party")
    if queries.is_adviser(session, deal.id, person):
        raise AdviserUnfit("beside_already")
    if queries.decides(session, deal, person):
        raise AdviserUnfit("decides")
    return person


def _person(session: Session, number: str) -> int | None:
    try:
        return people.employee_by_number(session, number.strip()).id
    except EmployeeUnknown:
        return None
