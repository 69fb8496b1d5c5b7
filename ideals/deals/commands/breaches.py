"""Name a breach, answer it, settle it between the two; what stays goes to HR as a task."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy.orm import Session

from ideals.approvals import commands as approvals
from ideals.approvals.models import Approval
from ideals.approvals.states import Kind
from ideals.deals import queries
from ideals.deals.commands import going
from ideals.deals.commands.going import Place
from ideals.deals.commands.reading import LONGEST_REASON, read_text
from ideals.deals.errors import BreachDiffers, BreachMovedOn, NeverInForce, NotYoursToDo
from ideals.deals.models import Breach, Deal
from ideals.deals.policy import Do
from ideals.deals.queries import afterwards
from ideals.deals.states import Side
from ideals.kernel.actor import SYSTEM, Actor

NAMED, ANSWERED, SETTLED = "breach_named", "breach_answered", "breach_settled"
WITH_HR, CLOSED = "breach_with_hr", "breach_closed"
BETWEEN_THE_TWO = timedelta(days=28)
"""Not settled after so long it goes to HR."""
SUBJECT = "breach"
_WHAT = {
    "en": "A breach of a deal that the two did not settle",
    "nl": "Een afspraak die niet is nagekomen, en waar de twee niet uitkwamen",
}


@dataclass(frozen=True, slots=True)
class NameBreach:
    """`id` is made before and is the retry key."""

    id: UUID
    deal_id: UUID
    said: str


@dataclass(frozen=True, slots=True)
class AnswerBreach:
    deal_id: UUID
    breach_id: UUID
    said: str


@dataclass(frozen=True, slots=True)
class SettleBreach:
    """By who named it: it is made good. `stays`: it is not, and HR is asked."""

    deal_id: UUID
    breach_id: UUID
    stays: bool = False


def name_breach(session: Session, cmd: NameBreach, *, actor: Actor, now: datetime) -> Breach:
    """The same id again: what is there. Also of what is over. Raises `DealUnknown`,
    `NotYoursToDo`, `NeverInForce`, `TextWrong`, `BreachDiffers`."""
    place = going.stand(session, cmd.deal_id, Do.EVALUATE, actor=actor, now=now)
    deal = place.deal
    if deal.in_force_number is None:
        raise NeverInForce
    said = read_text(cmd.said, "said", LONGEST_REASON)
    there = session.get(Breach, cmd.id)
    if there is not None:
        if (there.deal_id, there.side, there.said) != (deal.id, place.side, said):
            raise BreachDiffers
        return there
    made = Breach(
        id=cmd.id,
        deal_id=deal.id,
        offer=deal.in_force_number,
        side=place.side,
        said=said,
        state="named",
        hr_on=going.day_of(now) + BETWEEN_THE_TWO,
        at=now,
        by=actor.name,
        by_user_id=actor.user_id,
        by_employee_id=actor.employee_id,
    )
    session.add(made)
    _noted(session, place, NAMED, actor=actor, now=now)
    return made


def answer_breach(session: Session, cmd: AnswerBreach, *, actor: Actor, now: datetime) -> Breach:
    """Once, by the other side. Raises `DealUnknown`, `NotYoursToDo`, `BreachUnknown`,
    `BreachMovedOn`, `TextWrong`."""
    place, breach = _at(session, cmd.deal_id, cmd.breach_id, actor=actor, now=now)
    if place.side == breach.side:
        raise NotYoursToDo(Do.EVALUATE)
    if breach.state != "named":
        raise BreachMovedOn(breach.state)
    breach.answer = read_text(cmd.said, "said", LONGEST_REASON)
    breach.state, breach.answered_at, breach.answered_by = "answered", now, actor.name
    _noted(session, place, ANSWERED, actor=actor, now=now)
    return breach


def settle_breach(session: Session, cmd: SettleBreach, *, actor: Actor, now: datetime) -> Breach:
    """By who named it, answered or not. Raises `DealUnknown`, `NotYoursToDo`, `BreachUnknown`,
    `BreachMovedOn`."""
    place, breach = _at(session, cmd.deal_id, cmd.breach_id, actor=actor, now=now)
    if place.side != breach.side:
        raise NotYoursToDo(Do.EVALUATE)
    if breach.state not in afterwards.OPEN_BREACHES:
        raise BreachMovedOn(breach.state)
    if cmd.stays:
        to_hr(session, place.deal, breach, actor=actor, now=now)
    else:
        breach.state, breach.over_at, breach.over_by = "settled", now, actor.name
        _noted(session, place, SETTLED, actor=actor, now=now)
    return breach


def to_hr(session: Session, deal: Deal, breach: Breach, *, actor: Actor, now: datetime) -> None:
    """A task, by the policy of tasks. What was said stays in the deal."""
    breach.state = "with_hr"
    going.note(session, deal, WITH_HR, side=Side(breach.side), actor=actor, now=now)
    session.flush()  # reason: whoever is asked reads the breach as it is now
    task = approvals.Ask(
        id=breach.id,
        kind=Kind.TODO,
        subject=breach.source,
        employee_id=deal.employee_id,
        facts={"about": "deal"},
        what=_WHAT,
    )
    approvals.ask(session, task, actor=SYSTEM, now=now)
    going.tell(session, deal, WITH_HR, going.parties(deal), now=now)
    going.look_when(session, deal)


def decided_breach(session: Session, approval: Approval, *, actor: Actor, now: datetime) -> None:
    """HR has looked at it. Registered with the approvals. What HR said stands in the task.

    Raises `NotYoursToDo` for who is bound by the deal."""
    breach_id = queries.id_of(approval.subject)
    breach = session.get(Breach, breach_id)
    if breach is None or breach.state != "with_hr":
        return
    deal = queries.lock_deal(session, breach.deal_id)
    if actor.employee_id in going.parties(deal):
        raise NotYoursToDo(Do.EVALUATE)
    breach.state, breach.over_at, breach.over_by = "closed", now, actor.name
    going.note(session, deal, CLOSED, side=Side(breach.side), actor=actor, now=now)
    data = {"reason": approval.reason or ""}
    going.tell(session, deal, CLOSED, going.parties(deal), data=data, now=now)


def _at(
    session: Session, deal_id: UUID, breach_id: UUID, *, actor: Actor, now: datetime
) -> tuple[Place, Breach]:
    place = going.stand(session, deal_id, Do.EVALUATE, actor=actor, now=now)
    return place, afterwards.breach_of(session, place.deal.id, breach_id)


def _noted(session: Session, place: Place, what: str, *, actor: Actor, now: datetime) -> None:
    going.note(session, place.deal, what, side=place.side, actor=actor, now=now)
    going.tell(session, place.deal, what, going.others(place, actor), now=now)
    session.flush()  # reason: when the clock looks depends on what is open
    going.look_when(session, place.deal)
