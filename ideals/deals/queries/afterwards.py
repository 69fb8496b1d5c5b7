"""What comes of a deal in force: rounds of looking back, breaches, endings, life events."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from uuid import UUID

from sqlalchemy import ColumnElement, Select, and_, exists, func, select
from sqlalchemy.orm import Session

from ideals.deals.errors import BreachUnknown, EndingUnknown, LifeEventUnknown
from ideals.deals.models import Breach, Deal, Ending, Evaluation, LifeEvent
from ideals.deals.policy import Part
from ideals.deals.queries import Access
from ideals.deals.rules.life import Life, after, long_sick_on
from ideals.deals.states import DealState, Side
from ideals.people.models import Employment

OPEN_BREACHES = ("named", "answered")

# Looking back ---------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Round:
    """The evaluation that is due or comes next. `answered`: the sides that have."""

    number: int
    offer: int
    due_on: date
    answered: frozenset[Side]


def round_of(session: Session, deal: Deal) -> Round | None:
    """`None`: none is held any more, or the deal was never in force. Which side has answered is no
    secret, what it said is."""
    if deal.in_force_number is None or deal.evaluate_on is None:
        return None
    rows = session.execute(
        select(Evaluation.number, Evaluation.side, Evaluation.offer, Evaluation.due_on)
        .where(Evaluation.deal_id == deal.id)
        .order_by(Evaluation.number)
    ).all()
    this = [row for row in rows if (row[2], row[3]) == (deal.in_force_number, deal.evaluate_on)]
    last = max((row[0] for row in rows), default=0)
    return Round(
        number=this[0][0] if this else last + 1,
        offer=deal.in_force_number,
        due_on=deal.evaluate_on,
        answered=frozenset(Side(row[1]) for row in this),
    )


def evaluation_of(session: Session, deal_id: UUID, number: int, side: Side) -> Evaluation | None:
    query = select(Evaluation).where(
        Evaluation.deal_id == deal_id, Evaluation.number == number, Evaluation.side == side
    )
    return session.scalar(query)


def is_due_for_evaluation(today: date) -> ColumnElement[bool]:
    """In force, and the day to look back has come: both have not said how it went."""
    return and_(Deal.state == DealState.IN_FORCE, Deal.evaluate_on <= today)


# Breaches, endings, life events ---------------------------------------------------------------


def breaches_of(session: Session, access: Access) -> list[Breach]:
    if not access.sees(Part.EVALUATIONS):
        return []
    query = select(Breach).where(Breach.deal_id == access.deal.id)
    return list(session.scalars(query.order_by(Breach.at, Breach.id)))


def breach_of(session: Session, deal_id: UUID, breach_id: UUID) -> Breach:
    """Raises `BreachUnknown`."""
    breach = session.get(Breach, breach_id)
    if breach is None or breach.deal_id != deal_id:
        raise BreachUnknown
    return breach


def breaches_due(session: Session, deal_id: UUID, today: date) -> list[Breach]:
    query = select(Breach).where(
        Breach.deal_id == deal_id, Breach.state.in_(OPEN_BREACHES), Breach.hr_on <= today
    )
    return list(session.scalars(query.order_by(Breach.at, Breach.id)))


def next_breach_on(session: Session, deal_id: UUID) -> date | None:
    query = select(func.min(Breach.hr_on)).where(
        Breach.deal_id == deal_id, Breach.state.in_(OPEN_BREACHES)
    )
    return session.scalar(query)


def endings_of(session: Session, access: Access) -> list[Ending]:
    if not access.sees(Part.HISTORY):
        return []
    query = select(Ending).where(Ending.deal_id == access.deal.id)
    return list(session.scalars(query.order_by(Ending.at, Ending.id)))


def ending_asked(session: Session, deal_id: UUID) -> Ending | None:
    query = select(Ending).where(Ending.deal_id == deal_id, Ending.state == "asked")
    return session.scalar(query)


def ending_of(session: Session, deal_id: UUID, ending_id: UUID) -> Ending:
    """Raises `EndingUnknown`."""
    ending = session.get(Ending, ending_id)
    if ending is None or ending.deal_id != deal_id:
        raise EndingUnknown
    return ending


def life_events_of(session: Session, access: Access) -> list[LifeEvent]:
    """Both sides' and HR's: that somebody is ill is nobody else's matter."""
    if not access.sees(Part.EVALUATIONS):
        return []
    query = select(LifeEvent).where(LifeEvent.deal_id == access.deal.id)
    return list(session.scalars(query.order_by(LifeEvent.id)))


def life_event_of(session: Session, deal_id: UUID, event_id: int) -> LifeEvent:
    """Raises `LifeEventUnknown`."""
    event = session.get(LifeEvent, event_id)
    if event is None or event.deal_id != deal_id:
        raise LifeEventUnknown
    return event


def to_look_at_again(employee_id: int) -> Select[Deal]:
    """Deals about which this employee, or manager, has still to say what becomes of them."""
    mine = exists().where(
        LifeEvent.deal_id == Deal.id,
        LifeEvent.settled_at.is_(None),
        ((Deal.employee_id == employee_id) & LifeEvent.employee_says.is_(None))
        | ((Deal.manager_id == employee_id) & LifeEvent.employer_says.is_(None)),
    )
    return select(Deal).where(mine, Deal.state == DealState.IN_FORCE)


# When the clock looks -------------------------------------------------------------------------


def others_on(session: Session, deal: Deal) -> date | None:
    """The first day on which a breach goes to HR, an answer about ending is late, or somebody has
    been ill for long."""
    if deal.in_force_number is None:
        return None
    days = [next_breach_on(session, deal.id)]
    if deal.state == DealState.IN_FORCE:
        asked = ending_asked(session, deal.id)
        days += [None if asked is None else after(asked.answer_by), ill_for_long_on(session, deal)]
    return min((day for day in days if day is not None), default=None)


def ill_for_long_on(session: Session, deal: Deal) -> date | None:
    """`None`: they are not ill, or were asked about it."""
    latest = session.scalars(
        select(Employment)
        .where(Employment.employee_id == deal.employee_id, Employment.superseded_at.is_(None))
        .order_by(Employment.valid_from.desc())
        .limit(1)
    ).first()
    if latest is None or latest.sick_from is None:
        return None
    asked = exists().where(
        LifeEvent.deal_id == deal.id,
        LifeEvent.kind == Life.LONG_SICKNESS,
        LifeEvent.on == latest.sick_from,
    )
    if session.scalar(select(asked)):
        return None
    # Not before the row that says so holds.
    return max(latest.valid_from, long_sick_on(latest.sick_from))
