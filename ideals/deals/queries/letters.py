"""What stands in the letter of an offer that was agreed, or holds by law: only what never changes
again."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from ideals.deals import queries
from ideals.deals.models import Acceptance, Deal, DealEvent, Letter, Offer
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
class Agreed:
    employee: Yes
    employer: Yes

    @property
    def at(self) -> datetime:
        return max(self.employee.at, self.employer.at)


@dataclass(frozen=True, slots=True)
class ByLaw:
    """That nobody answered for the employer: who asked, when, and the day on which it came."""

    employee: Person
    asked_at: datetime
    at: datetime


@dataclass(frozen=True, slots=True)
class LetterFacts:
    """`how` it was agreed, or came by law. `digest`: of the offer. `renews`: the number of the
    offer that held until then. `answer_by`: the law's last day for an answer."""

    deal_id: UUID
    number: int
    subject: str
    offer: int
    text: OfferText
    digest: str
    how: Agreed | ByLaw
    renews: int | None
    answer_by: date | None


def letter_facts(session: Session, deal_id: UUID, number: int) -> LetterFacts:
    """Of an offer that both sides accepted; whoever did it then is named, whoever manages now. Of
    one that holds by law nobody is named for the employer, because nobody answered."""
    deal = queries.deal_of(session, deal_id)
    offer = queries.offer_of(session, deal_id, number)
    return LetterFacts(
        deal_id=deal_id,
        number=deal.number,
        subject=deal.subject,
        offer=number,
        text=queries.text_of(offer),
        digest=offer.digest,
        how=_agreed(session, offer) or _by_law(session, deal, offer),
        renews=_held_before(session, offer),
        answer_by=deal.decide_by if offer.by_law else None,
    )


def _agreed(session: Session, offer: Offer) -> Agreed | None:
    rows = queries.acceptances_of(session, offer.deal_id, offer.number)
    said = {Side(each.side): each for each in rows}
    if said.keys() != set(Side):
        return None
    by = persons(session, (each.by_employee_id for each in said.values()))

    def yes(row: Acceptance) -> Yes:
        who = None if row.by_employee_id is None else by.get(row.by_employee_id)
        return Yes(who or Person("", row.by), row.at)

    return Agreed(yes(said[Side.EMPLOYEE]), yes(said[Side.EMPLOYER]))


def _by_law(session: Session, deal: Deal, offer: Offer) -> ByLaw:
    came = select(DealEvent.at).where(
        DealEvent.deal_id == deal.id,
        DealEvent.act == Act.START_BY_LAW,
        DealEvent.offer == offer.number,
    )
    who = persons(session, [deal.employee_id])[deal.employee_id]
    return ByLaw(who, offer.at, session.scalars(came).one())


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
