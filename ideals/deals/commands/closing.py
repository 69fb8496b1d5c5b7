"""End a deal in force: one side asks, the other answers; or HR does where a rule says so.

It holds through its last day, and the clock ends it on the day after.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID

from sqlalchemy.orm import Session

from ideals.approvals import commands as approvals
from ideals.deals import queries
from ideals.deals.commands import going, living
from ideals.deals.commands.going import Place
from ideals.deals.commands.reading import LONGEST_REASON, read_text
from ideals.deals.errors import EndingAsked, EndingMovedOn, LastDayWrong, NotYoursToDo
from ideals.deals.models import Deal, Ending
from ideals.deals.policy import Do, Standing
from ideals.deals.queries import afterwards
from ideals.deals.rules.life import after as day_after
from ideals.deals.states import Act, DealState, Side, after
from ideals.kernel.actor import Actor

ENDING_ASKED, ENDING_AGREED = "ending_asked", "ending_agreed"
ENDING_OBJECTED, ENDING_TAKEN_BACK = "ending_objected", "ending_taken_back"
ENDING_UNANSWERED = "ending_unanswered"
ENDS_BY_RULE = "ends_by_rule"
ANSWER_IN = timedelta(days=14)


@dataclass(frozen=True, slots=True)
class EndDeal:
    """`id` is made before and is the retry key. `last_day`: through which it holds. HR ends it
    so at once; of a side it is asked."""

    id: UUID
    deal_id: UUID
    last_day: date
    reason: str


@dataclass(frozen=True, slots=True)
class AnswerEnding:
    """By the other side; `agree` false by who asked takes it back. `said`: needed to object."""

    deal_id: UUID
    ending_id: UUID
    agree: bool
    said: str = ""


def end_deal(session: Session, cmd: EndDeal, *, actor: Actor, now: datetime) -> Deal:
    """The same id again, or the last day that it has: as it is. The other side's same wish is a yes
    to it. Raises `DealUnknown`,
    `NotYoursToDo`, `MoveNotAllowed`, `LastDayWrong`, `TextWrong`, `EndingAsked`."""
    place = going.stand(session, cmd.deal_id, Do.END, with_approvals=True, actor=actor, now=now)
    deal = place.deal
    there = session.get(Ending, cmd.id)
    if there is not None and there.deal_id == deal.id:
        return deal
    after(DealState(deal.state), Act.END)
    reason = read_text(cmd.reason, "reason", LONGEST_REASON)
    by_hr = place.standing is Standing.HR
    if deal.state == DealState.AGREED:
        _before_it_began(session, place, reason, actor=actor, now=now)
        return deal
    if deal.ends_on == cmd.last_day:
        return deal
    _check_last_day(deal, cmd.last_day, going.day_of(now))
    if by_hr:
        going.keep_reason(deal, reason, now=now)
        made = _added(session, place, cmd, reason, actor=actor, now=now)
        _answered(session, made, "agreed", None, actor=actor, now=now)
        ends_after(session, deal, cmd.last_day, ENDS_BY_RULE, actor=actor, now=now)
    else:
        _ask(session, place, cmd, reason, actor=actor, now=now)
    return deal


def _before_it_began(
    session: Session, place: Place, reason: str, *, actor: Actor, now: datetime
) -> None:
    """What binds both is ended by HR alone, before it ever held."""
    deal = place.deal
    if place.standing is not Standing.HR:
        raise NotYoursToDo(Do.END)
    approvals.expire(session, approvals.Expire(deal.source, reason), actor=actor, now=now)
    going.keep_reason(deal, reason, now=now)
    going.end(deal, Act.END, side=None, actor=actor, now=now)
    going.note(session, deal, Act.END, offer=deal.agreed_number, actor=actor, now=now)
    going.tell(session, deal, Act.END, going.parties(deal), now=now)
    going.look_when(session, deal)


def _check_last_day(deal: Deal, last_day: date, today: date) -> None:
    """Raises `LastDayWrong`."""
    if last_day < today or (deal.ends_on is not None and last_day > deal.ends_on):
        raise LastDayWrong(today, deal.ends_on)


def _ask(
    session: Session, place: Place, cmd: EndDeal, reason: str, *, actor: Actor, now: datetime
) -> None:
    deal = place.deal
    asked = afterwards.ending_asked(session, deal.id)
    if asked is not None:
        if asked.side == place.side or asked.last_day != cmd.last_day:
            raise EndingAsked(str(asked.id))
        _answered(session, asked, "agreed", reason, actor=actor, now=now)
        ends_after(session, deal, asked.last_day, ENDING_AGREED, actor=actor, now=now)
        return
    _added(session, place, cmd, reason, actor=actor, now=now)
    _noted(session, deal, ENDING_ASKED, side=place.side, actor=actor, now=now)


def _added(
    session: Session, place: Place, cmd: EndDeal, reason: str, *, actor: Actor, now: datetime
) -> Ending:
    made = Ending(
        id=cmd.id,
        deal_id=place.deal.id,
        side=None if place.standing is Standing.HR else place.side,
        last_day=cmd.last_day,
        reason=reason,
        state="asked",
        answer_by=going.day_of(now) + ANSWER_IN,
        at=now,
        by=actor.name,
        by_user_id=actor.user_id,
        by_employee_id=actor.employee_id,
    )
    session.add(made)
    return made


def answer_ending(session: Session, cmd: AnswerEnding, *, actor: Actor, now: datetime) -> Ending:
    """Raises `DealUnknown`, `NotYoursToDo`, `EndingUnknown`, `EndingMovedOn`, `TextWrong`."""
    place = going.stand(session, cmd.deal_id, Do.END, actor=actor, now=now)
    deal = place.deal
    ending = afterwards.ending_of(session, deal.id, cmd.ending_id)
    own = ending.side == place.side
    if place.standing is Standing.HR or (own and cmd.agree):
        raise NotYoursToDo(Do.END)
    if ending.state != "asked":
        raise EndingMovedOn(ending.state)
    said = None
    if cmd.said.strip() or not (cmd.agree or own):
        said = read_text(cmd.said, "said", LONGEST_REASON)
    if cmd.agree:
        after(DealState(deal.state), Act.END)
        _answered(session, ending, "agreed", said, actor=actor, now=now)
        last = max(ending.last_day, going.day_of(now))
        ends_after(session, deal, last, ENDING_AGREED, actor=actor, now=now)
        return ending
    state, what = ("taken_back", ENDING_TAKEN_BACK) if own else ("objected", ENDING_OBJECTED)
    _answered(session, ending, state, said, actor=actor, now=now)
    _noted(session, deal, what, side=place.side, actor=actor, now=now)
    return ending


def _answered(
    session: Session,
    ending: Ending,
    state: str,
    said: str | None,
    *,
    actor: Actor,
    now: datetime,
) -> None:
    ending.state, ending.answer = state, said
    ending.answered_at, ending.answered_by = now, actor.name
    session.flush()  # reason: when the clock looks depends on whether one is asked


def ends_after(
    session: Session,
    deal: Deal,
    last_day: date,
    why: str,
    *,
    side: Side | None = None,
    actor: Actor,
    now: datetime,
) -> None:
    """It holds through that day. Where nobody has looked back yet, both do by then."""
    deal.ends_on = last_day = min(last_day, deal.ends_on or last_day)
    due = afterwards.round_of(session, deal)
    if due is not None and due.due_on > last_day and not due.answered:
        deal.evaluate_on = max(last_day, deal.starts_on or last_day)
    _noted(session, deal, why, side=side, actor=actor, now=now)
    living.follow(session, deal, now=now)


def _noted(
    session: Session, deal: Deal, what: str, *, side: Side | None, actor: Actor, now: datetime
) -> None:
    going.note(session, deal, what, side=side, actor=actor, now=now)
    people = [id_ for id_ in going.parties(deal) if id_ != actor.employee_id]
    going.tell(session, deal, what, people, now=now)
    deal.version += 1
    session.flush()  # reason: when the clock looks depends on what is asked
    going.look_when(session, deal)


# The clock ------------------------------------------------------------------------------------


def unanswered(session: Session, deal: Deal, today: date, *, actor: Actor, now: datetime) -> None:
    """Silence is a yes where the deal says how it ends early; else what was asked is over."""
    asked = afterwards.ending_asked(session, deal.id)
    if asked is None or today < day_after(asked.answer_by):
        return
    assert deal.in_force_number is not None  # noqa: S101  only of what is in force
    text = queries.text_of(queries.offer_of(session, deal.id, deal.in_force_number))
    if text.ends_early:
        _answered(session, asked, "agreed", None, actor=actor, now=now)
        last = max(asked.last_day, today)
        ends_after(session, deal, last, ENDING_AGREED, actor=actor, now=now)
    else:
        _answered(session, asked, "unanswered", None, actor=actor, now=now)
        _noted(session, deal, ENDING_UNANSWERED, side=None, actor=actor, now=now)
