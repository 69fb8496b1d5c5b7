"""Make the next offer: whoever makes it names the one they answer."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session

from ideals.deals.commands import drafts, going
from ideals.deals.commands.going import Place
from ideals.deals.commands.reading import ReadOffer, read_offer
from ideals.deals.errors import RenewalAgreed
from ideals.deals.models import Offer
from ideals.deals.policy import Do
from ideals.deals.queries.hiring import begins_from
from ideals.deals.states import Act, DealState, after
from ideals.kernel.actor import Actor


@dataclass(frozen=True, slots=True)
class MakeOffer:
    """`seen`: the number of the offer that it answers. `template`: what it began with."""

    deal_id: UUID
    seen: int
    text: Mapping[str, Any]
    template: str | None = None


def make_offer(session: Session, cmd: MakeOffer, *, actor: Actor, now: datetime) -> Offer:
    """Of a deal in force it is about what comes after. Raises `DealUnknown`, `NotYoursToDo`,
    `DealMovedOn`, `MoveNotAllowed`, `RenewalAgreed`, `OfferRefused`."""
    place = going.stand(session, cmd.deal_id, Do.OFFER, actor=actor, now=now)
    deal = place.deal
    after(DealState(deal.state), Act.OFFER)
    going.check_seen(session, deal, cmd.seen)
    if deal.agreed_number is not None:
        raise RenewalAgreed(deal.agreed_number)
    today = going.day_of(now)
    read = read_offer(cmd.text, today, begins_from=begins_from(session, deal, today))
    deal.offer_number += 1
    going.move(deal, Act.OFFER, now=now)
    session.flush()  # reason: an offer goes to a deal that counts it already
    made = add(session, place, read, template=cmd.template, actor=actor, now=now)
    number = deal.offer_number
    going.note(session, deal, Act.OFFER, side=place.side, offer=number, actor=actor, now=now)
    going.tell(session, deal, Act.OFFER, going.others(place, actor), now=now)
    going.look_when(session, deal)
    drafts.drop_own(session, deal.id, actor=actor)
    return made


def add(
    session: Session,
    place: Place,
    read: ReadOffer,
    *,
    by_law: bool = False,
    template: str | None = None,
    actor: Actor,
    now: datetime,
) -> Offer:
    """The row of the number that the deal counts."""
    made = Offer(
        deal_id=place.deal.id,
        number=place.deal.offer_number,
        by_side=place.side,
        by_adviser=place.by_adviser,
        by_law=by_law,
        text=read.plain,
        digest=read.digest,
        kinds=list(read.kinds),
        cost_minor=read.cost.minor,
        starts_on=read.offer.starts_on,
        evaluate_on=read.offer.evaluate_on,
        ends_on=read.offer.ends_on,
        visibility=read.offer.visibility,
        template=template,
        at=now,
        by=actor.name,
        by_user_id=actor.user_id,
        by_employee_id=actor.employee_id,
    )
    session.add(made)
    return made
