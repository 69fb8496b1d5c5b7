"""How a deal goes on: who stands where under its lock, its moves, its history, who is told.

The order of locks is that of approvals: every approval of the deal, then the deal.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from ideals import audit
from ideals.approvals import commands as approvals
from ideals.config import Settings
from ideals.deals import policy, queries
from ideals.deals.errors import DealMovedOn
from ideals.deals.models import Deal, DealEvent, LifeEvent, Offer
from ideals.deals.policy import Do, Standing
from ideals.deals.queries import afterwards
from ideals.deals.rules.clock import Course, lapses_on, next_look
from ideals.deals.rules.law import moved_by
from ideals.deals.rules.life import Happened, Life
from ideals.deals.states import OVER, Act, DealState, Side, after
from ideals.kernel.actor import SYSTEM, Actor
from ideals.notices import commands as notices
from ideals.people import queries as people

MANAGER_CHANGED = "manager_changed"
INVITED, REMOVED = "adviser_invited", "adviser_removed"
FORGOTTEN = "reason_forgotten"
LIFE_EVENT = "life_event"
"""What the history holds beside the acts of `states`."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where an actor stands in a deal that is locked, and for which side they act."""

    deal: Deal
    standing: Standing
    side: Side

    @property
    def by_adviser(self) -> bool:
        return self.standing is Standing.ADVISER


def day_of(now: datetime) -> date:
    return now.astimezone(Settings.read().zone).date()


def stand(
    session: Session,
    deal_id: UUID,
    act: Do,
    *,
    with_approvals: bool = False,
    actor: Actor,
    now: datetime,
) -> Place:
    """The deal, locked, with the rights of this moment; a change of managers is noted first.

    `with_approvals`: for acts that end them. Raises `DealUnknown`, `NotYoursToDo`.
    """
    if with_approvals:
        approvals.lock_subjects(session, [f"{queries.SUBJECT}:{deal_id}"])
    deal, today = queries.lock_deal(session, deal_id), day_of(now)
    access = queries.access_to(session, deal, actor=actor, today=today)
    side = policy.check_may(access.standing, act)
    follow_manager(session, deal, now=now)
    return Place(deal, access.standing, side)


def follow_manager(session: Session, deal: Deal, *, now: datetime) -> None:
    """Who manages the employee today speaks for the employer: noted once, and both are told."""
    speaks = queries.manager_now(session, deal, day_of(now))
    if speaks == deal.manager_id or deal.state in OVER:
        return
    deal.manager_id = speaks
    note(session, deal, MANAGER_CHANGED, to_id=speaks, actor=SYSTEM, now=now)
    if deal.state == DealState.IN_FORCE:
        ask_to_look_again(session, deal, Happened(Life.NEW_MANAGER, day_of(now)), now=now)
    else:
        tell(session, deal, MANAGER_CHANGED, [deal.employee_id, speaks], now=now)


def ask_to_look_again(session: Session, deal: Deal, event: Happened, *, now: datetime) -> None:
    """A task for both: what becomes of the deal. Asked about once. What it is stays out of the
    history, which advisers read too: an illness is no matter of theirs."""
    made = insert(LifeEvent).values(deal_id=deal.id, kind=event.kind, on=event.on, at=now)
    if session.scalar(made.on_conflict_do_nothing().returning(LifeEvent.id)) is None:
        return
    note(session, deal, LIFE_EVENT, actor=SYSTEM, now=now)
    tell(session, deal, LIFE_EVENT, parties(deal), now=now)


def check_seen(session: Session, deal: Deal, seen: int) -> None:
    """Whoever acts names the offer they saw. Raises `DealMovedOn`."""
    if seen != deal.offer_number:
        changed = queries.changed_since(session, deal, seen)
        raise DealMovedOn(seen=seen, current=deal.offer_number, changed=changed)


def move(deal: Deal, act: Act, *, now: datetime, by_person: bool = True) -> None:
    """Raises `MoveNotAllowed`."""
    deal.state = after(DealState(deal.state), act)
    deal.version += 1
    if by_person:
        deal.acted_at = now


def look_when(session: Session, deal: Deal) -> None:
    """Set the day on which the clock looks at it."""
    if deal.state == DealState.IN_FORCE and deal.reminded_through is None:
        _remember_beginning(session, deal)
    agreed = deal.agreed_number
    agreed_from = _agreed_from(deal, queries.offer_of(session, deal.id, agreed)) if agreed else None
    given_at = deal.reason_at if deal.reason is not None else None
    course = Course(
        state=DealState(deal.state),
        acted_on=day_of(deal.acted_at),
        law_by=deal.decide_by if law_counts(session, deal) else None,
        agreed_from=agreed_from,
        evaluate_on=deal.evaluate_on,
        ends_on=deal.ends_on,
        reminded_through=deal.reminded_through or date.min,
        others_on=afterwards.others_on(session, deal),
        forget_on=None if given_at is None else reason_kept_until(given_at),
    )
    deal.next_on = next_look(course)


def _agreed_from(deal: Deal, offer: Offer) -> date:
    waits = deal.agreed_at is not None and deal.approved_at is None
    return too_late_on(deal, offer) if waits else offer.starts_on


def too_late_on(deal: Deal, offer: Offer) -> date:
    """From when on nobody else can agree any more to what both have accepted: its first day; what
    was accepted on that day has the day itself, and what was promised before hiring and began
    earlier has time like a negotiation."""
    assert deal.agreed_at is not None  # noqa: S101  the database sees to it
    agreed_on = day_of(deal.agreed_at)
    if offer.starts_on < agreed_on:
        return lapses_on(agreed_on)
    return max(offer.starts_on, agreed_on + timedelta(days=1))


def _remember_beginning(session: Session, deal: Deal) -> None:
    """What was before needs no saying; where the employee worked does, to see that they move."""
    began = day_of(deal.started_at or deal.acted_at)
    deal.reminded_through = began - timedelta(days=1)
    employment = people.employment_on(session, deal.employee_id, began)
    deal.unit_id = None if employment is None else employment.unit_id


def reason_kept_until(given_at: datetime) -> date:
    """The day on which it is forgotten."""
    return moved_by(day_of(given_at), Settings.read().reasons_kept)


def law_counts(session: Session, deal: Deal) -> bool:
    """Whether silence still puts the first offer in force: nobody has made another, nor has the
    employer said yes to it. When both have, the employer is silent as long as whoever else must
    agree is: a yes that still waits for others is no decision."""
    if deal.decide_by is None or deal.offer_number > 1 or deal.turned_down_number is not None:
        return False
    if deal.state == DealState.AGREED:
        return deal.approved_at is None
    if deal.state != DealState.NEGOTIATING:
        return False
    yes = queries.acceptances_of(session, deal.id, 1)
    return all(each.side != Side.EMPLOYER for each in yes)


def take_dates(deal: Deal, offer: Offer) -> None:
    """The deal's days are those of this offer, and so is who may know of it."""
    deal.starts_on, deal.evaluate_on = offer.starts_on, offer.evaluate_on
    deal.ends_on, deal.visibility = offer.ends_on, offer.visibility


def end(deal: Deal, act: Act, *, side: Side | None, actor: Actor, now: datetime) -> None:
    move(deal, act, now=now, by_person=side is not None)
    deal.ended_at, deal.ended_by, deal.ended_side = now, actor.name, side


def keep_reason(deal: Deal, reason: str | None, *, now: datetime) -> None:
    deal.reason, deal.reason_at = reason, None if reason is None else now
    deal.reason_forgotten_at = None


# Noting and telling ---------------------------------------------------------------------------


def note(
    session: Session,
    deal: Deal,
    act: str,
    *,
    side: Side | None = None,
    offer: int | None = None,
    to_id: int | None = None,
    why: str | None = None,
    actor: Actor,
    now: datetime,
) -> None:
    """Into the history that those who may see it read, and into the audit."""
    session.add(
        DealEvent(
            deal_id=deal.id,
            at=now,
            act=act,
            by=actor.name,
            by_user_id=actor.user_id,
            by_employee_id=actor.employee_id,
            side=side,
            offer=offer,
            to_id=to_id,
            why=why,
        )
    )
    more = {} if offer is None else {"offer": offer}
    audit.record(session, f"deals.{act}", deal.source, actor=actor, now=now, **more)


def parties(deal: Deal, but: Side | None = None) -> list[int]:
    """Both, or the one who is not this side."""
    both = {Side.EMPLOYEE: deal.employee_id, Side.EMPLOYER: deal.manager_id}
    return [id_ for side, id_ in both.items() if side is not but]


def others(place: Place, actor: Actor) -> list[int]:
    """Both sides, but for who acts: an employee hears what their adviser does."""
    return [id_ for id_ in parties(place.deal) if id_ != actor.employee_id]


def tell(
    session: Session,
    deal: Deal,
    what: str,
    employee_ids: Collection[int],
    *,
    data: Mapping[str, Any] | None = None,
    now: datetime,
) -> None:
    """Let people know, once each time it happens. Neither terms nor amounts leave the deal."""
    cmd = notices.Tell(
        kind=f"deal.{what}",
        subject=deal.source,
        key=f"{deal.source}:{what}:{deal.offer_number}:{now.isoformat()}",
        employee_ids=employee_ids,
        data={
            "deal": str(deal.id),
            "number": deal.number,
            "offer": deal.offer_number,
            **(data or {}),
        },
    )
    notices.tell(session, cmd, actor=SYSTEM, now=now)
