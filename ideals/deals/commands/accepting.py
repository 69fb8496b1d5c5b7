"""One side's yes; when both have said it to the same offer, whoever else must agree is asked."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from uuid import UUID

from sqlalchemy.orm import Session

from ideals.access.rules import check_fresh
from ideals.approvals import commands as approvals
from ideals.approvals.commands import Ask
from ideals.approvals.states import Kind
from ideals.deals import queries
from ideals.deals.commands import going, letters, living
from ideals.deals.commands.going import Place
from ideals.deals.errors import NothingToAccept, OfferOutOfDate, RenewalAgreed, TermsVoid
from ideals.deals.models import Acceptance, Deal, Offer
from ideals.deals.policy import Do
from ideals.deals.queries import before
from ideals.deals.queries.hiring import begins_from
from ideals.deals.rules.kinds import MONEY_KINDS
from ideals.deals.states import Act, DealState, Side, Started, TermKind, after
from ideals.kernel.actor import SYSTEM, Actor
from ideals.kernel.ids import new_id
from ideals.kernel.money import Money

BOTH = 2
TIME_KINDS = (TermKind.HOURS, TermKind.LEAVE)


@dataclass(frozen=True, slots=True)
class Accept:
    """`offer`: the number that was seen."""

    deal_id: UUID
    offer: int


def accept(session: Session, cmd: Accept, *, actor: Actor, now: datetime) -> Deal:
    """Sent again: the same. Raises `SignInNotFresh`, `DealUnknown`, `NotYoursToDo`, `DealMovedOn`,
    `NothingToAccept`, `RenewalAgreed`, `OfferOutOfDate`, `TermsVoid`, `MoveNotAllowed`."""
    place = going.stand(session, cmd.deal_id, Do.ACCEPT, actor=actor, now=now)
    deal = place.deal
    there = queries.acceptances_of(session, deal.id, deal.offer_number)
    if cmd.offer == deal.offer_number and any(each.side == place.side for each in there):
        return deal
    check_fresh(actor, now)
    going.check_seen(session, deal, cmd.offer)
    after(DealState(deal.state), Act.ACCEPT)
    offer = queries.offer_of(session, deal.id, cmd.offer)
    _check_on_table(session, deal, offer, going.day_of(now))
    _check_clauses(session, deal, offer)
    _say_yes(session, place, actor=actor, now=now)
    if len(there) + 1 < BOTH:
        going.tell(session, deal, Act.ACCEPT, going.others(place, actor), now=now)
        going.look_when(session, deal)
    else:
        _agree(session, place, offer, actor=actor, now=now)
    return deal


def _check_on_table(session: Session, deal: Deal, offer: Offer, today: date) -> None:
    """Raises `RenewalAgreed`, `NothingToAccept`, `OfferOutOfDate`."""
    if deal.agreed_number is not None:
        raise RenewalAgreed(deal.agreed_number)
    if offer.number in (deal.turned_down_number, deal.in_force_number):
        raise NothingToAccept(offer.number)
    over = offer.ends_on is not None and offer.ends_on < today
    if over or offer.starts_on < begins_from(session, deal, today):
        raise OfferOutOfDate(offer.starts_on)


def _check_clauses(session: Session, deal: Deal, offer: Offer) -> None:
    """Nobody agrees to what has no force. Raises `TermsVoid`."""
    held = before.held_against_clauses(session, deal, queries.text_of(offer))
    if held.void:
        raise TermsVoid(
            [
                {"path": f"terms[{place}]", "clause": clause.code, "says": dict(clause.says)}
                for place, clause in held.void
            ]
        )


def _say_yes(session: Session, place: Place, *, actor: Actor, now: datetime) -> None:
    deal, side = place.deal, place.side
    going.move(deal, Act.ACCEPT, now=now)
    session.add(
        Acceptance(
            deal_id=deal.id,
            offer=deal.offer_number,
            side=side,
            at=now,
            by=actor.name,
            by_user_id=actor.user_id,
            by_employee_id=actor.employee_id,
        )
    )
    session.flush()  # reason: whether both have accepted is asked next
    number = deal.offer_number
    going.note(session, deal, Act.ACCEPT, side=side, offer=number, actor=actor, now=now)


def _agree(session: Session, place: Place, offer: Offer, *, actor: Actor, now: datetime) -> None:
    deal = place.deal
    going.move(deal, Act.AGREE, now=now)
    deal.agreed_number, deal.agreed_at = offer.number, now
    if deal.in_force_number is None:
        going.take_dates(deal, offer)
    going.note(session, deal, Act.AGREE, side=place.side, offer=offer.number, actor=actor, now=now)
    letters.ask_for_letters(session, deal, offer.number)
    session.flush()  # reason: whoever is asked reads the deal as it is now
    if not ask(session, deal, offer, now=now):
        approved(session, deal, offer, actor=SYSTEM, now=now)
        return
    going.tell(session, deal, Act.AGREE, going.parties(deal), now=now)
    going.look_when(session, deal)
    # A day in which to decide, where the law's day has passed.
    tomorrow = going.day_of(now) + timedelta(days=1)
    deal.next_on = tomorrow if deal.next_on is None else max(deal.next_on, tomorrow)


# Who else must agree --------------------------------------------------------------------------


def ask(session: Session, deal: Deal, offer: Offer, *, now: datetime) -> bool:
    """Whether somebody has to agree before it holds. Who accepted for the employer asks: they do
    not decide about it, and questions go to them."""
    today = going.day_of(now)
    cmd = Ask(
        id=new_id(),
        kind=Kind.DEAL,
        subject=deal.source,
        employee_id=deal.employee_id,
        facts=facts_of(deal, offer),
        amount=Money(offer.cost_minor),
        latest_on=max(today, _last_day_to_decide(session, deal, offer)),
        what={"en": f"Deal {deal.number}", "nl": f"Afspraak {deal.number}"},
    )
    by = _accepted_for(session, deal, offer, Side.EMPLOYER)
    approval = approvals.ask(session, cmd, actor=by, now=now)
    return approval is not None and approval.ended_at is None


def _last_day_to_decide(session: Session, deal: Deal, offer: Offer) -> date:
    if deal.decide_by is not None and going.law_counts(session, deal):
        return deal.decide_by
    return going.too_late_on(deal, offer) - timedelta(days=1)


def facts_of(deal: Deal, offer: Offer) -> Mapping[str, str | Decimal | bool]:
    """What a policy of deals may decide by, beside the amount and the person."""
    return {
        "kinds": " ".join(sorted(offer.kinds)),
        "cost": Money(offer.cost_minor).euros,
        "pay": any(kind in MONEY_KINDS for kind in offer.kinds),
        "time": any(kind in TIME_KINDS for kind in offer.kinds),
        "before_hiring": deal.started == Started.BEFORE_HIRING,
        "renewal": deal.in_force_number is not None,
    }


def _accepted_for(session: Session, deal: Deal, offer: Offer, side: Side) -> Actor:
    rows = queries.acceptances_of(session, deal.id, offer.number)
    row = next(each for each in rows if each.side == side)
    return Actor(name=row.by, user_id=row.by_user_id, employee_id=row.by_employee_id)


def approved(session: Session, deal: Deal, offer: Offer, *, actor: Actor, now: datetime) -> None:
    """Nobody else is missing: it holds from its day."""
    going.move(deal, Act.APPROVE, now=now, by_person=False)
    deal.approved_at = now
    going.note(session, deal, Act.APPROVE, offer=offer.number, actor=actor, now=now)
    if offer.starts_on <= going.day_of(now):
        start(session, deal, offer, now=now)
        return
    going.tell(session, deal, Act.APPROVE, going.parties(deal), now=now)
    going.look_when(session, deal)


def start(session: Session, deal: Deal, offer: Offer, *, now: datetime) -> None:
    """Its day has come: the first one puts the deal in force, a later one takes over."""
    act = Act.START if deal.in_force_number is None else Act.RENEW
    going.move(deal, act, now=now, by_person=False)
    put_in_force(deal, offer, now=now)
    living.begin(session, deal, offer, now=now)
    going.note(session, deal, act, offer=offer.number, actor=SYSTEM, now=now)
    going.tell(session, deal, act, going.parties(deal), now=now)
    going.look_when(session, deal)


def put_in_force(deal: Deal, offer: Offer, *, now: datetime) -> None:
    going.take_dates(deal, offer)
    deal.in_force_number = offer.number
    deal.agreed_number = deal.agreed_at = deal.approved_at = None
    deal.started_at = deal.started_at or now
    deal.evaluation_asked_at = None
