"""Deals in lists, and one deal as its page shows it: as many questions, however much there is."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from sqlalchemy import ColumnElement, Select, and_, exists, func, or_, select, tuple_
from sqlalchemy.orm import Session

from ideals.approvals.models import Approval
from ideals.approvals.states import State
from ideals.deals import queries
from ideals.deals.models import Acceptance, Adviser, Deal, DealEvent, Message, Offer
from ideals.deals.policy import Part
from ideals.deals.queries import Access, afterwards
from ideals.deals.queries.waiting import waits_for
from ideals.deals.states import OVER, Act, DealState, Side, Started
from ideals.kernel.actor import Actor
from ideals.people.models import Employee

OPEN = (DealState.NEGOTIATING, DealState.AGREED)


# Parts of one deal ----------------------------------------------------------------------------


def events_of(session: Session, access: Access, most: int, before: int | None) -> list[DealEvent]:
    """The latest first; `before`: those of a smaller id. One more than `most` when there are."""
    if not access.sees(Part.HISTORY):
        return []
    query = select(DealEvent).where(DealEvent.deal_id == access.deal.id)
    if before is not None:
        query = query.where(DealEvent.id < before)
    return list(session.scalars(query.order_by(DealEvent.id.desc()).limit(most + 1)))


def last_messages_of(
    session: Session, access: Access, most: int, before: int | None
) -> list[Message]:
    """As `events_of`."""
    if not access.sees(Part.MESSAGES):
        return []
    query = select(Message).where(Message.deal_id == access.deal.id)
    if before is not None:
        query = query.where(Message.id < before)
    return list(session.scalars(query.order_by(Message.id.desc()).limit(most + 1)))


def offers_numbered(session: Session, access: Access, numbers: Iterable[int]) -> dict[int, Offer]:
    """Those of them that the reader may see."""
    query = select(Offer).where(Offer.deal_id == access.deal.id, Offer.number.in_(set(numbers)))
    if not access.sees(Part.OFFERS):
        query = query.where(_agreed_to(access.deal.id))
    return {offer.number: offer for offer in session.scalars(query)}


def numbers_of(session: Session, access: Access) -> list[int]:
    """Of the offers that the reader may see, the last first."""
    query = select(Offer.number).where(Offer.deal_id == access.deal.id)
    if not access.sees(Part.OFFERS):
        query = query.where(_agreed_to(access.deal.id))
    return list(session.scalars(query.order_by(Offer.number.desc())))


def _agreed_to(deal_id: UUID) -> ColumnElement[bool]:
    both = (
        select(Acceptance.offer)
        .where(Acceptance.deal_id == deal_id)
        .group_by(Acceptance.offer)
        .having(func.count() == len(Side))
    )
    return Offer.number.in_(both)


def undone_of(session: Session, deal_id: UUID) -> set[int]:
    """Numbers of the offers that both accepted and that came to nothing: somebody else did not
    agree, or it was over before it began; and those in force when the deal was over."""
    ended = DealEvent.act.in_((Act.DISAPPROVE, Act.WITHDRAW, Act.REFUSE, Act.LAPSE, Act.END))
    query = select(DealEvent.offer).where(DealEvent.deal_id == deal_id, ended)
    return {number for number in session.scalars(query) if number is not None}


def asked_by(session: Session, deal: Deal) -> Side:
    """Who began it; of what is in force who began the renewal, or else the deal."""
    started = Side.EMPLOYEE if deal.started == Started.BY_EMPLOYEE else Side.EMPLOYER
    over = max(deal.in_force_number or 0, deal.turned_down_number or 0)
    if deal.state != DealState.IN_FORCE or over >= deal.offer_number:
        return started
    first = select(Offer.by_side).where(Offer.deal_id == deal.id, Offer.number == over + 1)
    return Side(session.scalars(first).one())


def open_approval_of(session: Session, deal: Deal) -> Approval | None:
    """Who else must agree is asked in it."""
    query = select(Approval).where(Approval.subject == deal.source, Approval.state == State.OPEN)
    return session.scalars(query.order_by(Approval.asked_at.desc()).limit(1)).first()


# Lists ----------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Line:
    """A deal in a list. `last`: its last offer; `accepted`: the sides that accepted that one."""

    deal: Deal
    last: Offer
    accepted: frozenset[Side]
    employee: Employee
    manager: Employee


def lines_of(session: Session, deals: Sequence[Deal]) -> list[Line]:
    """In their order, by three questions."""
    lasts = [(deal.id, deal.offer_number) for deal in deals]
    found = session.scalars(select(Offer).where(tuple_(Offer.deal_id, Offer.number).in_(lasts)))
    offers = {offer.deal_id: offer for offer in found}
    accepted: dict[UUID, set[Side]] = {}
    here = tuple_(Acceptance.deal_id, Acceptance.offer).in_(lasts)
    for row in session.scalars(select(Acceptance).where(here)):
        accepted.setdefault(row.deal_id, set()).add(Side(row.side))
    wanted = {id_ for deal in deals for id_ in (deal.employee_id, deal.manager_id)}
    people = {
        each.id: each for each in session.scalars(select(Employee).where(Employee.id.in_(wanted)))
    }
    return [
        Line(
            deal,
            offers[deal.id],
            frozenset(accepted.get(deal.id, ())),
            people[deal.employee_id],
            people[deal.manager_id],
        )
        for deal in deals
    ]


def own(employee_id: int) -> Select[Deal]:
    return select(Deal).where(Deal.employee_id == employee_id)


def advised(employee_id: int) -> Select[Deal]:
    beside = exists().where(
        Adviser.deal_id == Deal.id,
        Adviser.employee_id == employee_id,
        Adviser.removed_at.is_(None),
    )
    return select(Deal).where(beside)


def led(session: Session, *, actor: Actor, today: date) -> Select[Deal]:
    """Of the actor's team: those in which they speak for the employer."""
    assert actor.employee_id is not None  # noqa: S101  the page is for employees only
    return select(Deal).where(queries.led_by(session, actor.employee_id, today))


def evaluation_due(today: date) -> Select[Deal]:
    return select(Deal).where(afterwards.is_due_for_evaluation(today))


def is_over(deal: Deal) -> bool:
    return deal.state in OVER


def on_table() -> ColumnElement[bool]:
    """A renewal waits for an answer."""
    return and_(
        Deal.state == DealState.IN_FORCE,
        Deal.agreed_number.is_(None),
        Deal.offer_number > func.coalesce(Deal.in_force_number, 0),
        or_(Deal.turned_down_number.is_(None), Deal.offer_number > Deal.turned_down_number),
    )


# Whose turn -----------------------------------------------------------------------------------


def count_turns(session: Session, *, actor: Actor, today: date, most: int = 99) -> int:
    """In how many deals something waits for this person, as a side of them."""
    me = actor.employee_id
    if me is None:
        return 0
    mine = or_(
        and_(Deal.employee_id == me, _waits(Side.EMPLOYEE, today)),
        and_(queries.led_by(session, me, today), _waits(Side.EMPLOYER, today)),
    )
    waits = select(Deal.id).where(mine).limit(most)
    return session.scalar(select(func.count()).select_from(waits.subquery())) or 0


def own_counts(session: Session, employee_id: int, today: date) -> tuple[int, int]:
    """(in force, in which something waits for them) of somebody's own deals."""
    row = session.execute(
        select(
            func.count().filter(Deal.state == DealState.IN_FORCE),
            func.count().filter(_waits(Side.EMPLOYEE, today)),
        ).where(Deal.employee_id == employee_id)
    ).one()
    return row[0], row[1]


def _waits(side: Side, today: date) -> ColumnElement[bool]:
    """A yes to an offer, or what comes after agreeing."""
    on_offer = or_(Deal.state == DealState.NEGOTIATING, on_table())
    return or_(and_(on_offer, _turn_of(side)), *waits_for(side, today).values())


def _turn_of(side: Side) -> ColumnElement[bool]:
    """They have not accepted, and the other side has, or made the offer."""
    from_other = exists().where(
        Offer.deal_id == Deal.id, Offer.number == Deal.offer_number, Offer.by_side == side.other
    )
    return and_(~_accepted(side), or_(_accepted(side.other), from_other))


def _accepted(side: Side) -> ColumnElement[bool]:
    return exists().where(
        Acceptance.deal_id == Deal.id,
        Acceptance.offer == Deal.offer_number,
        Acceptance.side == side,
    )


# HR -------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Asked:
    """What of the register is asked for; empty: everything."""

    search: str = ""
    state: str = ""
    kind: str = ""
    started: str = ""


def register(asked: Asked) -> Select[Deal]:
    query = select(Deal)
    if asked.state:
        query = query.where(Deal.state == asked.state)
    if asked.started:
        query = query.where(Deal.started == asked.started)
    if asked.kind:
        query = query.where(_last_holds([asked.kind]))
    if asked.search:
        query = query.where(_found(asked.search))
    return query


def refused() -> Select[Deal]:
    """Those that were turned down, or of which a renewal was."""
    return select(Deal).where(
        or_(
            Deal.state == DealState.REFUSED,
            and_(Deal.turned_down_number.is_not(None), Deal.reason.is_not(None)),
        )
    )


def with_money(kinds: Sequence[str]) -> Select[Deal]:
    """Of the last offer; what is over only where it was in force."""
    lives = or_(Deal.state.not_in(OVER), Deal.started_at.is_not(None))
    return select(Deal).where(lives, _last_holds(kinds))


def counting_offers(session: Session, deals: Sequence[Deal]) -> dict[UUID, Offer]:
    """Of each the offer in force, else the last: one question."""
    numbers = [(deal.id, deal.in_force_number or deal.offer_number) for deal in deals]
    found = session.scalars(select(Offer).where(tuple_(Offer.deal_id, Offer.number).in_(numbers)))
    return {offer.deal_id: offer for offer in found}


def _last_holds(kinds: Sequence[str]) -> ColumnElement[bool]:
    return exists().where(
        Offer.deal_id == Deal.id,
        Offer.number == func.coalesce(Deal.in_force_number, Deal.offer_number),
        Offer.kinds.overlap(list(kinds)),
    )


def _found(search: str) -> ColumnElement[bool]:
    """By number of the deal, personnel number, or a part of a name or the subject."""
    text = search.strip()
    if text.isdecimal() and len(text) < 10:
        by_number = Deal.number == int(text)
    else:
        by_number = Deal.subject.icontains(text, autoescape=True)
    people = select(Employee.id).where(
        or_(Employee.number == text, Employee.name.icontains(text, autoescape=True))
    )
    return or_(by_number, Deal.employee_id.in_(people), Deal.manager_id.in_(people))
