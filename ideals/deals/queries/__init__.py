"""Deals as somebody sees them: which, what they are in it, and which parts of it."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import (
    ColumnElement,
    Select,
    Uuid,
    and_,
    cast,
    exists,
    func,
    literal,
    or_,
    select,
    tuple_,
)
from sqlalchemy.orm import InstrumentedAttribute, Session, undefer

from ideals.approvals import queries as approvals
from ideals.approvals.models import Approval, ApprovalStep
from ideals.approvals.states import Kind
from ideals.config import Settings
from ideals.deals import policy
from ideals.deals.errors import DealUnknown, LetterUnknown
from ideals.deals.models import (
    Acceptance,
    Adviser,
    Deal,
    DealEvent,
    Draft,
    Evaluation,
    Letter,
    Message,
    Offer,
)
from ideals.deals.policy import Part, Standing
from ideals.deals.rules.offers import Difference, OfferText, compare, read
from ideals.deals.states import DealState
from ideals.kernel.actor import Actor
from ideals.people import queries as people
from ideals.people.models import Employee, Employment

SUBJECT = "deal"
"""The first word of what approvals and notices say they are about."""


def id_of(subject: str) -> UUID:
    return UUID(subject.partition(":")[2])


# One deal -------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Access:
    """A deal, and what this actor is in it."""

    deal: Deal
    standing: Standing

    def sees(self, part: Part) -> bool:
        return policy.sees(self.standing, part)


def access_deal(session: Session, deal_id: UUID, *, actor: Actor, today: date) -> Access:
    """Raises `DealUnknown` alike for what does not exist and what is not theirs to see."""
    deal = session.get(Deal, deal_id)
    if deal is None:
        raise DealUnknown
    return access_to(session, deal, actor=actor, today=today)


def access_to(session: Session, deal: Deal, *, actor: Actor, today: date) -> Access:
    """Raises `DealUnknown`."""
    standing = standing_of(session, deal, actor=actor, today=today)
    if standing is None:
        raise DealUnknown
    return Access(deal, standing)


def deal_of(session: Session, deal_id: UUID) -> Deal:
    """For code that acts for the system. Raises `DealUnknown`."""
    deal = session.get(Deal, deal_id)
    if deal is None:
        raise DealUnknown
    return deal


def lock_deal(session: Session, deal_id: UUID) -> Deal:
    """Its approvals, where they are touched, are locked before. Raises `DealUnknown`."""
    query = select(Deal).where(Deal.id == deal_id).with_for_update()
    deal = session.scalar(query.execution_options(populate_existing=True))
    if deal is None:
        raise DealUnknown
    return deal


def standing_of(session: Session, deal: Deal, *, actor: Actor, today: date) -> Standing | None:
    """What this actor is in the deal today; `None`: nobody, and then there is nothing to see."""
    if actor.employee_id is not None:
        if actor.employee_id == deal.employee_id:
            return Standing.EMPLOYEE
        works = people.employment_on(session, actor.employee_id, today) is not None
        if works and actor.employee_id == manager_now(session, deal, today):
            return Standing.EMPLOYER
        if works and is_adviser(session, deal.id, actor.employee_id):
            return Standing.ADVISER
    if policy.keeps_deals(actor):
        return Standing.HR
    if _decides(session, deal, actor, today):
        return Standing.APPROVER
    return None


def manager_now(session: Session, deal: Deal, today: date) -> int:
    """Who speaks for the employer today: the employee's manager, else who did last."""
    return manager_of(session, deal.employee_id, today) or deal.manager_id


def manager_of(session: Session, employee_id: int, today: date) -> int | None:
    employment = people.employment_on(session, employee_id, today)
    return None if employment is None else employment.manager_id


def is_adviser(session: Session, deal_id: UUID, employee_id: int) -> bool:
    row = select(Adviser.id).where(
        Adviser.deal_id == deal_id,
        Adviser.employee_id == employee_id,
        Adviser.removed_at.is_(None),
    )
    return session.scalar(row) is not None


def advisers_of_subject(session: Session, subject: str) -> approvals.Beside:
    """Who advises today; registered with the approvals: they do not decide about the deal too."""
    beside = select(Adviser.employee_id).where(
        Adviser.deal_id == id_of(subject), Adviser.removed_at.is_(None)
    )
    return approvals.Beside(frozenset(session.scalars(beside)))


def decides(session: Session, deal: Deal, employee_id: int) -> bool:
    """Whether somebody has, or had, to agree to it."""
    step = (
        select(ApprovalStep.id)
        .join(Approval, Approval.id == ApprovalStep.approval_id)
        .where(Approval.subject == deal.source, ApprovalStep.approver_id == employee_id)
    )
    return session.scalar(step.limit(1)) is not None


def _decides(session: Session, deal: Deal, actor: Actor, today: date) -> bool:
    asked = approvals.decided_by_them(session, Kind.DEAL, actor=actor, today=today)
    return session.scalar(asked.where(Approval.subject == deal.source).limit(1)) is not None


# Lists ----------------------------------------------------------------------------------------


def visible_to(session: Session, *, actor: Actor, today: date) -> Select[Deal]:
    """Everything of which this actor may see something, for a list by (acted_at, id)."""
    if policy.keeps_deals(actor):
        return select(Deal)
    asked = approvals.decided_by_them(session, Kind.DEAL, actor=actor, today=today)
    about = cast(func.split_part(Approval.subject, ":", 2), Uuid)
    mine: list[ColumnElement[bool]] = [Deal.id.in_(asked.with_only_columns(about))]
    if actor.employee_id is not None:
        mine += [
            Deal.employee_id == actor.employee_id,
            and_(
                people.is_employed(literal(actor.employee_id), today),
                or_(led_by(session, actor.employee_id, today), _advised_by(actor.employee_id)),
            ),
        ]
    return select(Deal).where(or_(*mine))


def standings(
    session: Session, deals: Sequence[Deal], *, actor: Actor, today: date
) -> list[tuple[Deal, Standing]]:
    """As `standing_of`, of deals that this actor may see: as many statements, however many."""
    ids, mine = [deal.id for deal in deals], actor.employee_id
    led, advised = set[UUID](), set[UUID]()
    if mine is not None and people.employment_on(session, mine, today) is not None:
        of = select(Deal.id).where(Deal.id.in_(ids))
        led = set(session.scalars(of.where(led_by(session, mine, today))))
        advised = set(session.scalars(of.where(_advised_by(mine))))

    def standing(deal: Deal) -> Standing:
        if deal.employee_id == mine:
            return Standing.EMPLOYEE
        if deal.id in led:
            return Standing.EMPLOYER
        if deal.id in advised:
            return Standing.ADVISER
        return Standing.HR if policy.keeps_deals(actor) else Standing.APPROVER

    return [(deal, standing(deal)) for deal in deals]


def narrowed(
    wanted: Select[Deal], *, state: DealState | None, employee: str | None
) -> Select[Deal]:
    """Of a state, of the employee with a number."""
    if state is not None:
        wanted = wanted.where(Deal.state == state)
    if employee is not None:
        whose = select(Employee.id).where(Employee.number == employee)
        wanted = wanted.where(Deal.employee_id.in_(whose))
    return wanted


def led_by(session: Session, manager_id: int, today: date) -> ColumnElement[bool]:
    """Of who reports to them today; and of who reports to nobody, where they spoke last."""
    reports = [each.id for each in people.reports_of(session, manager_id, today)]
    spoke = and_(
        Deal.manager_id == manager_id,
        func.coalesce(_manager_on(Deal.employee_id, today), manager_id) == manager_id,
    )
    return or_(Deal.employee_id.in_(reports), spoke)


def _manager_on(employee_id: InstrumentedAttribute[int], today: date) -> ColumnElement[int | None]:
    """As `manager_of`, for a column."""
    latest = (
        select(Employment.manager_id, Employment.leaves_on)
        .where(
            Employment.employee_id == employee_id,
            Employment.valid_from <= today,
            Employment.superseded_at.is_(None),
        )
        .order_by(Employment.valid_from.desc())
        .limit(1)
        .correlate_except(Employment)
        .subquery()
        .lateral()
    )
    there = or_(latest.c.leaves_on.is_(None), latest.c.leaves_on >= today)
    return select(latest.c.manager_id).where(there).scalar_subquery()


def _advised_by(employee_id: int) -> ColumnElement[bool]:
    return exists().where(
        Adviser.deal_id == Deal.id,
        Adviser.employee_id == employee_id,
        Adviser.removed_at.is_(None),
    )


# Parts ----------------------------------------------------------------------------------------


def offers_of(session: Session, access: Access) -> list[Offer]:
    """In their order; whoever had to agree sees those that were agreed to."""
    return list(session.scalars(offers_seen(access).order_by(Offer.number)))


def last_offer_of(session: Session, access: Access) -> Offer | None:
    """Of those that they see."""
    return session.scalar(offers_seen(access).order_by(Offer.number.desc()).limit(1))


def access_offer(session: Session, access: Access, number: int) -> Offer:
    """Raises `DealUnknown` alike for what is not there and what is not theirs to see."""
    query = offers_seen(access).where(Offer.number == number)
    offer = session.scalar(query) if number <= access.deal.offer_number else None
    if offer is None:
        raise DealUnknown
    return offer


def offers_seen(access: Access) -> Select[Offer]:
    """For a list by number."""
    query = select(Offer).where(Offer.deal_id == access.deal.id)
    if not access.sees(Part.OFFERS):
        both = (
            select(Acceptance.offer)
            .where(Acceptance.deal_id == access.deal.id)
            .group_by(Acceptance.offer)
            .having(func.count() == 2)
        )
        query = query.where(Offer.number.in_(both))
    return query


def offer_of(session: Session, deal_id: UUID, number: int) -> Offer:
    query = select(Offer).where(Offer.deal_id == deal_id, Offer.number == number)
    return session.scalars(query).one()


def text_of(offer: Offer) -> OfferText:
    """It was checked when it was put forward."""
    text = read(offer.text)
    assert isinstance(text, OfferText)  # noqa: S101  only what could be read is stored
    return text


def changed_since(session: Session, deal: Deal, seen: int) -> list[dict[str, Any]]:
    """What differs in the last offer from one that somebody saw, path by path."""
    if not 1 <= seen < deal.offer_number:
        return []
    before, now = (
        text_of(offer_of(session, deal.id, number)) for number in (seen, deal.offer_number)
    )
    return [asdict(each) for each in compare(before, now)]


@dataclass(frozen=True, slots=True)
class Changes:
    """`since` `None`: there is no earlier one that they see."""

    since: int | None
    changes: list[Difference]


def changes_of(session: Session, access: Access, number: int, since: int | None) -> Changes:
    """How an offer differs from another, unless said from the one before that they see. Raises
    `DealUnknown`."""
    offer = access_offer(session, access, number)
    if since is not None:
        before: Offer | None = access_offer(session, access, since)
    else:
        earlier = offers_seen(access).where(Offer.number < number)
        before = session.scalar(earlier.order_by(Offer.number.desc()).limit(1))
    if before is None:
        return Changes(None, [])
    return Changes(before.number, compare(text_of(before), text_of(offer)))


def acceptances_of(session: Session, deal_id: UUID, number: int) -> list[Acceptance]:
    query = select(Acceptance).where(Acceptance.deal_id == deal_id, Acceptance.offer == number)
    return list(session.scalars(query.order_by(Acceptance.id)))


def acceptances_by_offer(session: Session, offers: Sequence[Offer]) -> dict[int, list[Acceptance]]:
    """Of offers of one deal, by number; one statement."""
    found: dict[int, list[Acceptance]] = {}
    if offers:
        query = select(Acceptance).where(
            Acceptance.deal_id == offers[0].deal_id,
            Acceptance.offer.in_([offer.number for offer in offers]),
        )
        for row in session.scalars(query.order_by(Acceptance.id)):
            found.setdefault(row.offer, []).append(row)
    return found


def messages_of(session: Session, access: Access) -> list[Message]:
    if not access.sees(Part.MESSAGES):
        return []
    return list(session.scalars(messages_in(access.deal).order_by(Message.id)))


def messages_in(deal: Deal) -> Select[Message]:
    """For a list by id, for who may see them."""
    return select(Message).where(Message.deal_id == deal.id)


def history_of(session: Session, access: Access) -> list[DealEvent]:
    if not access.sees(Part.HISTORY):
        return []
    return list(session.scalars(history_in(access.deal).order_by(DealEvent.id)))


def history_in(deal: Deal) -> Select[DealEvent]:
    """For a list by id, for who may see it."""
    return select(DealEvent).where(DealEvent.deal_id == deal.id)


def advisers_of(session: Session, access: Access) -> list[tuple[Adviser, Employee]]:
    """Those who are beside the employee now."""
    if not access.sees(Part.ADVISERS):
        return []
    rows = session.execute(
        select(Adviser, Employee)
        .join(Employee, Employee.id == Adviser.employee_id)
        .where(Adviser.deal_id == access.deal.id, Adviser.removed_at.is_(None))
        .order_by(Adviser.id)
    )
    return [(row[0], row[1]) for row in rows]


def reason_of(access: Access) -> str | None:
    """Why it was refused or taken back, while that is kept."""
    return access.deal.reason if access.sees(Part.REASON) else None


def evaluations_of(session: Session, access: Access) -> list[Evaluation]:
    """One's own, and both of a round once both are there."""
    if not access.sees(Part.EVALUATIONS):
        return []
    query = select(Evaluation).where(Evaluation.deal_id == access.deal.id)
    rows = session.scalars(query.order_by(Evaluation.number, Evaluation.id)).all()
    whole = _whole_rounds(rows)
    own = access.standing.value
    return [row for row in rows if row.number in whole or row.side == own]


def _whole_rounds(rows: Sequence[Evaluation]) -> set[int]:
    sides: dict[int, set[str]] = {}
    for row in rows:
        sides.setdefault(row.number, set()).add(row.side)
    return {number for number, there in sides.items() if len(there) == 2}


def letters_of(session: Session, access: Access) -> list[Letter]:
    if not access.sees(Part.LETTER):
        return []
    query = select(Letter).where(Letter.deal_id == access.deal.id)
    return list(session.scalars(query.order_by(Letter.offer, Letter.language)))


def access_letter(session: Session, access: Access, number: int, language: str) -> Letter:
    """With the file itself. Raises `LetterUnknown`."""
    query = select(Letter).options(undefer(Letter.content))
    letter = session.scalar(
        query.where(
            Letter.deal_id == access.deal.id,
            Letter.offer == min(number, access.deal.offer_number + 1),
            Letter.language == language,
        )
    )
    if letter is None or not access.sees(Part.LETTER):
        raise LetterUnknown
    return letter


def draft_of(session: Session, deal_id: UUID | None, *, actor: Actor) -> Draft | None:
    """Their own, whoever they are; nobody asks for another's. `None`: of a deal yet to begin."""
    if actor.employee_id is None:
        return None
    of = Draft.deal_id.is_(None) if deal_id is None else Draft.deal_id == deal_id
    return session.scalar(select(Draft).where(Draft.employee_id == actor.employee_id, of))


# The law --------------------------------------------------------------------------------------


def service_days(session: Session, employee_id: int, on: date, today: date) -> int:
    """On that day, by what is known of them today."""
    employment = people.employment_on(session, employee_id, today)
    return 0 if employment is None else (on - employment.hired_on).days


def last_request_decided(session: Session, employee_id: int) -> date | None:
    """When their last request under the Flexible Working Act was answered, by silence too."""
    answered = func.coalesce(Deal.started_at, Deal.agreed_at, Deal.ended_at)
    moment = session.scalar(
        select(func.max(answered)).where(
            Deal.employee_id == employee_id,
            Deal.decide_by.is_not(None),
            Deal.state.not_in((DealState.NEGOTIATING, DealState.WITHDRAWN, DealState.LAPSED)),
        )
    )
    return None if moment is None else moment.astimezone(Settings.read().zone).date()


# For others -----------------------------------------------------------------------------------


def deals_by_source(session: Session, subjects: Collection[str]) -> dict[str, Deal]:
    ids = [id_of(subject) for subject in subjects]
    found = session.scalars(select(Deal).where(Deal.id.in_(ids)))
    return {deal.source: deal for deal in found}


def asked_about(session: Session, deals: Iterable[Deal]) -> dict[UUID, Offer]:
    """Of each the offer that others have to agree to, or had to last: one statement."""
    numbers = {
        deal.id: deal.agreed_number or deal.turned_down_number or deal.in_force_number
        for deal in deals
    }
    wanted = [(id_, number) for id_, number in numbers.items() if number is not None]
    found = session.scalars(select(Offer).where(tuple_(Offer.deal_id, Offer.number).in_(wanted)))
    return {offer.deal_id: offer for offer in found}


def names_of(session: Session, deals: Iterable[Deal]) -> Mapping[int, str]:
    """Names by id, of both sides."""
    wanted = {id_ for deal in deals for id_ in (deal.employee_id, deal.manager_id)}
    return approvals.people_named(session, wanted)
