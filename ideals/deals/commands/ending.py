"""Refuse, and take back: of a deal in force both are about the renewal on the table."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from ideals.approvals import commands as approvals
from ideals.deals.commands import decisions, going
from ideals.deals.commands.going import Place
from ideals.deals.commands.reading import LONGEST_REASON, read_text
from ideals.deals.errors import DealBinds, NothingToAccept, NotYoursToDo, RenewalAgreed
from ideals.deals.models import Deal, Offer
from ideals.deals.policy import Do
from ideals.deals.states import Act, DealState, Side, Started, after
from ideals.kernel.actor import Actor


@dataclass(frozen=True, slots=True)
class Refuse:
    """`seen`: the number of the offer that is refused. A reason is needed: silence harms."""

    deal_id: UUID
    seen: int
    reason: str


@dataclass(frozen=True, slots=True)
class Withdraw:
    deal_id: UUID
    seen: int
    reason: str = ""


def refuse(session: Session, cmd: Refuse, *, actor: Actor, now: datetime) -> Deal:
    """One side does not want to go on. Raises `DealUnknown`, `NotYoursToDo`, `DealMovedOn`,
    `MoveNotAllowed`, `NothingToAccept`, `RenewalAgreed`, `TextWrong`."""
    place = going.stand(session, cmd.deal_id, Do.REFUSE, actor=actor, now=now)
    deal = place.deal
    after(DealState(deal.state), Act.REFUSE)
    going.check_seen(session, deal, cmd.seen)
    reason = read_text(cmd.reason, "reason", LONGEST_REASON)
    if deal.state == DealState.IN_FORCE:
        _check_renewal(deal)
        _off_the_table(session, place, Act.REFUSE, reason, actor=actor, now=now)
        return deal
    _over(session, place, Act.REFUSE, reason, actor=actor, now=now)
    return deal


def withdraw(session: Session, cmd: Withdraw, *, actor: Actor, now: datetime) -> Deal:
    """Who asked no longer asks; after agreeing only until everybody else has agreed too. Raises
    `DealUnknown`, `NotYoursToDo`, `DealMovedOn`, `MoveNotAllowed`, `DealBinds`,
    `NothingToAccept`, `TextWrong`."""
    place = going.stand(
        session, cmd.deal_id, Do.WITHDRAW, with_approvals=True, actor=actor, now=now
    )
    deal = place.deal
    after(DealState(deal.state), Act.WITHDRAW)
    going.check_seen(session, deal, cmd.seen)
    if deal.approved_at is not None:
        raise DealBinds
    reason = read_text(cmd.reason, "reason", LONGEST_REASON) if cmd.reason.strip() else None
    renewal = deal.state == DealState.IN_FORCE
    if renewal and deal.agreed_number is None:
        _check_renewal(deal)
    if place.side is not _who_asked(session, deal):
        raise NotYoursToDo(Do.WITHDRAW)
    if deal.agreed_number is not None:
        approvals.withdraw(session, approvals.Withdraw(deal.source), actor=actor, now=now)
    if renewal:
        if deal.agreed_number is not None:
            decisions.drop_agreed(deal)
        _off_the_table(session, place, Act.WITHDRAW, reason, actor=actor, now=now)
    else:
        deal.agreed_number = deal.agreed_at = None
        _over(session, place, Act.WITHDRAW, reason, actor=actor, now=now)
    return deal


def _check_renewal(deal: Deal) -> None:
    """Raises `RenewalAgreed`; `NothingToAccept` when nothing is on the table."""
    if deal.agreed_number is not None:
        raise RenewalAgreed(deal.agreed_number)
    if deal.offer_number in (deal.in_force_number, deal.turned_down_number):
        raise NothingToAccept(deal.offer_number)


def _who_asked(session: Session, deal: Deal) -> Side:
    """Of a renewal whoever made its first offer."""
    if deal.state != DealState.IN_FORCE:
        return Side.EMPLOYEE if deal.started == Started.BY_EMPLOYEE else Side.EMPLOYER
    over = max(deal.in_force_number or 0, deal.turned_down_number or 0)
    first = select(Offer.by_side).where(Offer.deal_id == deal.id, Offer.number == over + 1)
    return Side(session.scalars(first).one())


def _off_the_table(
    session: Session, place: Place, act: Act, reason: str | None, *, actor: Actor, now: datetime
) -> None:
    """The deal goes on as it was."""
    deal = place.deal
    going.move(deal, act, now=now)
    deal.turned_down_number = deal.offer_number
    going.keep_reason(deal, reason, now=now)
    _tell(session, place, act, actor=actor, now=now)


def _over(
    session: Session, place: Place, act: Act, reason: str | None, *, actor: Actor, now: datetime
) -> None:
    going.keep_reason(place.deal, reason, now=now)
    going.end(place.deal, act, side=place.side, actor=actor, now=now)
    _tell(session, place, act, actor=actor, now=now)


def _tell(session: Session, place: Place, act: Act, *, actor: Actor, now: datetime) -> None:
    """The text of the reason stays on the deal, where it can be forgotten."""
    deal, number = place.deal, place.deal.offer_number
    going.note(session, deal, act, side=place.side, offer=number, actor=actor, now=now)
    going.tell(session, deal, act, going.others(place, actor), now=now)
    going.look_when(session, deal)
