"""What stands in the letter of an agreed offer: only what never changes again."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from ideals.deals import queries
from ideals.deals.models import Acceptance, DealEvent, Letter, Offer
from ideals.deals.queries.persons import Person, persons
from ideals.deals.rules.offers import OfferText
from ideals.deals.states import Act, Side

BEGINS = (Act.START, Act.START_BY_LAW, Act.RENEW)


@dataclass(frozen=True, slots=True)
class Yes:
    """That somebody accepted, for their side."""

    by: Person
    at: datetime


@dataclass(frozen=True, slots=True)
class LetterFacts:
    """`digest`: of the offer. `renews`: the number of the offer that held until then."""

    deal_id: UUID
    number: int
    subject: str
    offer: int
    text: OfferText
    digest: str
    employee: Yes
    employer: Yes
    renews: int | None

    @property
    def agreed_at(self) -> datetime:
        return max(self.employee.at, self.employer.at)


def letter_facts(session: Session, deal_id: UUID, number: int) -> LetterFacts:
    """Of an offer that both sides accepted; whoever did it then is named, whoever manages now."""
    deal = queries.deal_of(session, deal_id)
    offer = queries.offer_of(session, deal_id, number)
    said = {Side(each.side): each for each in queries.acceptances_of(session, deal_id, number)}
    by = persons(session, (each.by_employee_id for each in said.values()))

    def yes(row: Acceptance) -> Yes:
        who = None if row.by_employee_id is None else by.get(row.by_employee_id)
        return Yes(who or Person("", row.by), row.at)

    return LetterFacts(
        deal_id=deal_id,
        number=deal.number,
        subject=deal.subject,
        offer=number,
        text=queries.text_of(offer),
        digest=offer.digest,
        employee=yes(said[Side.EMPLOYEE]),
        employer=yes(said[Side.EMPLOYER]),
        renews=_held_before(session, offer),
    )


def _held_before(session: Session, offer: Offer) -> int | None:
    began = select(DealEvent.offer).where(
        DealEvent.deal_id == offer.deal_id,
        DealEvent.act.in_(BEGINS),
        DealEvent.offer < offer.number,
    )
    return session.scalar(began.order_by(DealEvent.offer.desc()).limit(1))


def kept_languages(session: Session, deal_id: UUID, number: int) -> set[str]:
    query = select(Letter.language).where(Letter.deal_id == deal_id, Letter.offer == number)
    return set(session.scalars(query))
