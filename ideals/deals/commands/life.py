"""Something happened in somebody's life at work: both sides are asked what becomes of the deal."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import and_, exists, select, update
from sqlalchemy.orm import Session

from ideals.deals.commands import closing, going
from ideals.deals.errors import LifeEventSettled
from ideals.deals.models import Deal, LifeEvent, LifeSeen
from ideals.deals.policy import Do
from ideals.deals.queries import afterwards
from ideals.deals.rules.life import Life, State, Then, happened, outcome
from ideals.deals.states import DealState, Side
from ideals.kernel.actor import Actor
from ideals.people import queries as people
from ideals.people.commands import hold_facts_still
from ideals.people.models import Employment
from ideals.people.queries.units import changed_employees

SAID = "life_event_answered"
SETTLED = "life_event_settled"
ONE = 1


@dataclass(frozen=True, slots=True)
class LookAgain:
    """What one side wants after a life event: that the deal goes on, changes, or ends."""

    deal_id: UUID
    event_id: int
    then: Then


def look_again(session: Session, cmd: LookAgain, *, actor: Actor, now: datetime) -> LifeEvent:
    """Until both have said something each may change their mind. Raises `DealUnknown`,
    `NotYoursToDo`, `LifeEventUnknown`, `LifeEventSettled`."""
    place = going.stand(session, cmd.deal_id, Do.LOOK_AGAIN, actor=actor, now=now)
    deal = place.deal
    event = afterwards.life_event_of(session, deal.id, cmd.event_id)
    said = event.employee_says if place.side is Side.EMPLOYEE else event.employer_says
    if said == cmd.then:
        return event
    if event.settled_at is not None or deal.state != DealState.IN_FORCE:
        raise LifeEventSettled
    if place.side is Side.EMPLOYEE:
        event.employee_says = cmd.then
    else:
        event.employer_says = cmd.then
    going.note(session, deal, SAID, side=place.side, actor=actor, now=now)
    both = outcome(_then(event.employee_says), _then(event.employer_says))
    if both is None:
        going.tell(session, deal, SAID, going.others(place, actor), now=now)
        return event
    event.settled_at = now
    going.note(session, deal, SETTLED, why=both, actor=actor, now=now)
    going.tell(session, deal, SETTLED, going.parties(deal), now=now)
    if both is Then.END:
        _end(session, deal, event, actor=actor, now=now)
    return event


def _then(said: str | None) -> Then | None:
    return None if said is None else Then(said)


def _end(session: Session, deal: Deal, event: LifeEvent, *, actor: Actor, now: datetime) -> None:
    """Through today, or through their last day at work."""
    today = going.day_of(now)
    last = max(event.on, today) if event.kind == Life.LEAVING else today
    if deal.ends_on is None or last < deal.ends_on:
        closing.ends_after(session, deal, last, closing.ENDING_AGREED, actor=actor, now=now)


# The clock ------------------------------------------------------------------------------------


def look(session: Session, *, zone: ZoneInfo, actor: Actor, now: datetime) -> int:
    """Have the clock look today at the deals of people whose employment changed since the last
    look; how many. Costs what changed. 0 also while somebody is about learning facts: the next look
    finds them."""
    del actor
    if not hold_facts_still(session):
        return 0
    today = now.astimezone(zone).date()
    seen = session.get(LifeSeen, ONE, with_for_update=True)
    if seen is None:
        session.add(LifeSeen(id=ONE, recorded_at=now, day=today))
        return 0
    changed = changed_employees(session, seen.recorded_at, seen.day, today)
    seen.recorded_at, seen.day = now, today
    if not changed:
        return 0
    found = session.scalars(
        update(Deal)
        .where(
            Deal.employee_id.in_(changed),
            Deal.state.in_((DealState.IN_FORCE, DealState.AGREED, DealState.NEGOTIATING)),
        )
        .values(next_on=today)
        .returning(Deal.id)
    )
    return len(found.all())


def notice(session: Session, deal: Deal, today: date, *, now: datetime) -> None:
    """Of a deal in force: ask both about whatever happened and they were not asked about yet."""
    employment = people.employment_on(session, deal.employee_id, today)
    if employment is None:
        return
    for each in happened(deal.unit_id, _state(employment), today):
        going.ask_to_look_again(session, deal, each, now=now)
    deal.unit_id = employment.unit_id


def _state(employment: Employment) -> State:
    return State(
        unit_id=employment.unit_id,
        valid_from=employment.valid_from,
        sick_from=employment.sick_from,
        leaves_on=employment.leaves_on,
    )


def has_left(session: Session, deal: Deal, today: date) -> bool:
    """Whether their last day at work has passed. Who has yet to begin has not left."""
    if people.employment_on(session, deal.employee_id, today) is not None:
        return False
    left = select(Employment.id).where(
        Employment.employee_id == deal.employee_id,
        Employment.superseded_at.is_(None),
        Employment.leaves_on < today,
    )
    begins = select(Employment.id).where(
        Employment.employee_id == deal.employee_id,
        Employment.superseded_at.is_(None),
        Employment.valid_from > today,
    )
    return session.scalar(select(and_(exists(left), ~exists(begins)))) or False
