"""What the clock does to deals: begin, let the law speak, ask to look back, end, lapse, forget.

A look finds the deals whose day has come and has each done in a transaction of its own. What is
done shows in the deal's state, so late, twice or after days of silence comes to the same.
"""

from __future__ import annotations

from datetime import date, datetime
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session

from ideals import outbox
from ideals.approvals import commands as approvals
from ideals.deals import queries
from ideals.deals.commands import (
    accepting,
    breaches,
    closing,
    decisions,
    evaluating,
    going,
    letters,
    life,
    living,
    reminding,
)
from ideals.deals.errors import DealUnknown
from ideals.deals.models import Deal
from ideals.deals.queries import afterwards
from ideals.deals.rules.clock import lapses_on
from ideals.deals.rules.life import Life
from ideals.deals.states import OVER, Act, DealState
from ideals.kernel.actor import Actor

ACT_ON_DEAL = "deals.act_on_deal"
AT_A_TIME = 1000
"""Deals that one look takes."""
NO_TIME = "Nobody else agreed before it was to begin."
NO_ANSWER = "Nobody else agreed in time, so by law it holds as it was asked."
BY_LAW = "by_law"
LAST_DAY = "last_day"


def sweep(session: Session, *, zone: ZoneInfo, actor: Actor, now: datetime) -> int:
    """Announce every deal whose day has come; how many. Twice is once."""
    del actor
    today = now.astimezone(zone).date()
    due = session.scalars(
        select(Deal)
        .where(Deal.next_on <= today)
        .order_by(Deal.next_on, Deal.id)
        .limit(AT_A_TIME)
        .with_for_update(skip_locked=True)
    ).all()
    for deal in due:
        # Should what is announced be lost, tomorrow's look finds it again.
        deal.next_on = date.fromordinal(today.toordinal() + 1)
    if due:
        outbox.announce_each(session, ACT_ON_DEAL, [{"deal": str(deal.id)} for deal in due])
    return len(due)


def act_on_deal(session: Session, deal_id: UUID, *, actor: Actor, now: datetime) -> None:
    """Whatever its day asks for; nothing when that was done or is not due any more."""
    approvals.lock_subjects(session, [f"{queries.SUBJECT}:{deal_id}"])
    try:
        deal = queries.lock_deal(session, deal_id)
    except DealUnknown:
        return
    going.follow_manager(session, deal, now=now)
    today = going.day_of(now)
    if deal.state not in OVER and life.has_left(session, deal, today):
        _left(session, deal, actor=actor, now=now)
    match DealState(deal.state):
        case DealState.NEGOTIATING:
            _negotiating(session, deal, today, actor=actor, now=now)
        case DealState.AGREED:
            _agreed(session, deal, today, actor=actor, now=now)
        case DealState.IN_FORCE:
            _in_force(session, deal, today, actor=actor, now=now)
    for breach in afterwards.breaches_due(session, deal.id, today):
        breaches.to_hr(session, deal, breach, actor=actor, now=now)
    _forget(session, deal, today, actor=actor, now=now)
    session.flush()  # reason: when to look next depends on what is left
    going.look_when(session, deal)
    if deal.next_on is not None and deal.next_on <= today:
        # Once a day is enough, whatever is left.
        deal.next_on = date.fromordinal(today.toordinal() + 1)


def _left(session: Session, deal: Deal, *, actor: Actor, now: datetime) -> None:
    """Nobody is there any more with whom it is made."""
    if deal.state == DealState.IN_FORCE:
        _drop_renewal(session, deal, actor=actor, now=now)
        _over(session, deal, Act.END, why=Life.LEAVING, actor=actor, now=now)
        return
    if deal.state == DealState.AGREED:
        approvals.expire(session, approvals.Expire(deal.source, NO_TIME), actor=actor, now=now)
    _over(session, deal, Act.LAPSE, why=Life.LEAVING, actor=actor, now=now)


def _negotiating(session: Session, deal: Deal, today: date, *, actor: Actor, now: datetime) -> None:
    if _law_speaks(session, deal, today):
        _by_law(session, deal, actor=actor, now=now)
    elif lapses_on(going.day_of(deal.acted_at)) <= today:
        _over(session, deal, Act.LAPSE, actor=actor, now=now)


def _law_speaks(session: Session, deal: Deal, today: date) -> bool:
    return deal.decide_by is not None and deal.decide_by < today and going.law_counts(session, deal)


def _by_law(session: Session, deal: Deal, *, actor: Actor, now: datetime) -> None:
    """The employer was silent: exactly what was asked holds, and nobody else is asked any more."""
    offer = queries.offer_of(session, deal.id, 1)
    if deal.state == DealState.AGREED:
        approvals.expire(session, approvals.Expire(deal.source, NO_ANSWER), actor=actor, now=now)
    else:
        letters.ask_for_letters(session, deal, offer.number)
    going.move(deal, Act.START_BY_LAW, now=now, by_person=False)
    accepting.put_in_force(deal, offer, now=now)
    living.begin(session, deal, offer, now=now)
    deal.by_law = True
    going.note(session, deal, Act.START_BY_LAW, offer=1, why=BY_LAW, actor=actor, now=now)
    going.tell(session, deal, Act.START_BY_LAW, going.parties(deal), now=now)


def _agreed(session: Session, deal: Deal, today: date, *, actor: Actor, now: datetime) -> None:
    assert deal.agreed_number is not None  # noqa: S101  the database sees to it
    offer = queries.offer_of(session, deal.id, deal.agreed_number)
    if _law_speaks(session, deal, today):
        if deal.agreed_at is None or going.day_of(deal.agreed_at) < today:
            _by_law(session, deal, actor=actor, now=now)
        return
    if offer.starts_on > today:
        return
    if deal.approved_at is not None:
        accepting.start(session, deal, offer, now=now)
    elif going.too_late_on(deal, offer) <= today:
        approvals.expire(session, approvals.Expire(deal.source, NO_TIME), actor=actor, now=now)
        deal.agreed_at = None
        deal.turned_down_number = deal.agreed_number
        _over(session, deal, Act.LAPSE, actor=actor, now=now)


def _in_force(session: Session, deal: Deal, today: date, *, actor: Actor, now: datetime) -> None:
    if deal.agreed_number is not None:
        _renewal(session, deal, today, actor=actor, now=now)
    if deal.ends_on is not None and deal.ends_on < today:
        _drop_renewal(session, deal, actor=actor, now=now)
        _over(session, deal, Act.END, why=LAST_DAY, actor=actor, now=now)
        return
    closing.unanswered(session, deal, today, actor=actor, now=now)
    life.notice(session, deal, today, now=now)
    if evaluating.close_round(session, deal, today, actor=actor, now=now):
        _drop_renewal(session, deal, actor=actor, now=now)
        _over(session, deal, Act.LAPSE, why=evaluating.NOT_EVALUATED, actor=actor, now=now)
        return
    reminding.remind(session, deal, today, actor=actor, now=now)


def _renewal(session: Session, deal: Deal, today: date, *, actor: Actor, now: datetime) -> None:
    """It takes over on its day, unless somebody else has still not agreed."""
    assert deal.agreed_number is not None  # noqa: S101  asked before
    offer = queries.offer_of(session, deal.id, deal.agreed_number)
    if offer.starts_on > today:
        return
    if deal.approved_at is not None:
        accepting.start(session, deal, offer, now=now)
    elif going.too_late_on(deal, offer) <= today:
        _drop_renewal(session, deal, actor=actor, now=now)
        going.tell(session, deal, Act.DISAPPROVE, going.parties(deal), now=now)


def _drop_renewal(session: Session, deal: Deal, *, actor: Actor, now: datetime) -> None:
    if deal.agreed_number is None:
        return
    number = deal.agreed_number
    approvals.expire(session, approvals.Expire(deal.source, NO_TIME), actor=actor, now=now)
    going.move(deal, Act.DISAPPROVE, now=now, by_person=False)
    decisions.drop_agreed(deal)
    going.note(session, deal, Act.DISAPPROVE, offer=number, actor=actor, now=now)


def _over(
    session: Session,
    deal: Deal,
    act: Act,
    *,
    why: str | None = None,
    actor: Actor,
    now: datetime,
) -> None:
    today = going.day_of(now)
    last_day = today if deal.ends_on is None else min(deal.ends_on, today)
    going.end(deal, act, side=None, actor=actor, now=now)
    living.stop(session, deal, last_day, now=now)
    going.note(session, deal, act, offer=deal.offer_number, why=why, actor=actor, now=now)
    going.tell(session, deal, act, going.parties(deal), now=now)


def _forget(session: Session, deal: Deal, today: date, *, actor: Actor, now: datetime) -> None:
    """The text of a refusal; that there was one, and when, is kept."""
    if deal.reason_at is None or deal.reason is None:
        return
    if going.reason_kept_until(deal.reason_at) <= today:
        deal.reason, deal.reason_forgotten_at = None, now
        going.note(session, deal, going.FORGOTTEN, actor=actor, now=now)
