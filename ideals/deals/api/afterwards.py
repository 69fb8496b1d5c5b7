"""`/api/v1/deals/...`: what comes of a deal in force: looking back, breaches, endings, life."""

from __future__ import annotations

from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session

from ideals.db import unit_of_work
from ideals.deals import commands, queries
from ideals.deals.api import told
from ideals.deals.api.told import Shown
from ideals.deals.commands import (
    AnswerBreach,
    AnswerEnding,
    EndDeal,
    Evaluate,
    LookAgain,
    NameBreach,
    SettleBreach,
    StateBonus,
)
from ideals.deals.policy import Part
from ideals.deals.queries import afterwards, living
from ideals.deals.rules.life import Then
from ideals.deals.schemas import (
    BreachOut,
    DealBonusIn,
    DealBonusOut,
    DealWithPartsOut,
    EndingAnswerIn,
    EndingIn,
    EndingOut,
    EvaluationIn,
    EvaluationOut,
    LifeEventOut,
    SaidIn,
    SettlementIn,
    ThenIn,
)
from ideals.kernel import clock
from ideals.kernel.ids import new_id
from ideals.web.actor import current_actor
from ideals.web.api import Blueprint, creates
from ideals.web.cursors import Page, PageIn, PageRequest, page_of, page_of_list
from ideals.web.guards import guard, signed_in

bp = Blueprint(
    "deals_afterwards", __name__, url_prefix="/api/v1/deals", description="Deals in force"
)


@bp.get("/<uuid:deal_id>/evaluations")
@guard(signed_in)
@bp.arguments(PageIn, location="query", as_kwargs=True)
@bp.response(200, page_of(EvaluationOut))
def evaluations(page: PageRequest, deal_id: UUID) -> Page[Shown]:
    """How both look back. Of a round your own only, until both are there."""
    with unit_of_work() as session:
        found = told.access_part(session, deal_id, Part.EVALUATIONS)
        rows = page_of_list(queries.evaluations_of(session, found), page, key=lambda row: row.id)
        return Page(told.evaluations(session, rows.items), rows.next)


@bp.post("/<uuid:deal_id>/evaluations")
@guard(signed_in)
@bp.arguments(EvaluationIn, as_kwargs=True)
@creates(bp, EvaluationOut)
def evaluate(session: Session, deal_id: UUID, number: int | None, answers: dict[str, Any]) -> Shown:
    """Look back for your side, once in a round. Nobody sees it until the other side has too."""
    cmd = Evaluate(deal_id, _round(session, deal_id, number), answers)
    made = commands.evaluate(session, cmd, actor=current_actor(), now=clock.now())
    return told.evaluations(session, [made])[0]


def _round(session: Session, deal_id: UUID, number: int | None) -> int:
    if number is not None:
        return number
    due = afterwards.round_of(session, told.access(session, deal_id).deal)
    return 0 if due is None else due.number


# Bonuses --------------------------------------------------------------------------------------


@bp.get("/<uuid:deal_id>/bonuses")
@guard(signed_in)
@bp.arguments(PageIn, location="query", as_kwargs=True)
@bp.response(200, page_of(DealBonusOut))
def bonuses(page: PageRequest, deal_id: UUID) -> Page[Shown]:
    """What was stated about its targets, and what became of that."""
    with unit_of_work() as session:
        found = told.access_part(session, deal_id, Part.OFFERS)
        rows = page_of_list(living.bonuses_of(session, found), page, key=lambda row: str(row.id))
        return Page(told.bonuses(session, rows.items), rows.next)


@bp.post("/<uuid:deal_id>/bonuses")
@guard(signed_in)
@bp.arguments(DealBonusIn)
@creates(bp, DealBonusOut)
def state_bonus(session: Session, asked: dict[str, Any], deal_id: UUID) -> Shown:
    """Say what a target came to, by who speaks for the employer. Who must agree is asked then."""
    cmd = StateBonus(new_id(), deal_id, **asked)
    made = commands.state_bonus(session, cmd, actor=current_actor(), now=clock.now())
    return told.bonuses(session, [made])[0]


# Breaches -------------------------------------------------------------------------------------


@bp.get("/<uuid:deal_id>/breaches")
@guard(signed_in)
@bp.arguments(PageIn, location="query", as_kwargs=True)
@bp.response(200, page_of(BreachOut))
def breaches(page: PageRequest, deal_id: UUID) -> Page[Shown]:
    """What one side says that the other did not keep."""
    with unit_of_work() as session:
        found = told.access_part(session, deal_id, Part.EVALUATIONS)
        rows = page_of_list(
            afterwards.breaches_of(session, found), page, key=lambda row: str(row.id)
        )
        return Page(told.breaches(session, rows.items), rows.next)


@bp.post("/<uuid:deal_id>/breaches")
@guard(signed_in)
@bp.arguments(SaidIn, as_kwargs=True)
@creates(bp, BreachOut)
def name_breach(session: Session, deal_id: UUID, said: str) -> Shown:
    """Say what was not kept. The other side answers; what stays goes to HR."""
    cmd = NameBreach(new_id(), deal_id, said)
    made = commands.name_breach(session, cmd, actor=current_actor(), now=clock.now())
    return told.breaches(session, [made])[0]


@bp.post("/<uuid:deal_id>/breaches/<uuid:breach_id>/answer")
@guard(signed_in)
@bp.arguments(SaidIn, as_kwargs=True)
@creates(bp, BreachOut)
def answer_breach(session: Session, deal_id: UUID, breach_id: UUID, said: str) -> Shown:
    """Answer what the other side named, once."""
    cmd = AnswerBreach(deal_id, breach_id, said)
    found = commands.answer_breach(session, cmd, actor=current_actor(), now=clock.now())
    return told.breaches(session, [found])[0]


@bp.post("/<uuid:deal_id>/breaches/<uuid:breach_id>/settlement")
@guard(signed_in)
@bp.arguments(SettlementIn, as_kwargs=True)
@creates(bp, BreachOut)
def settle_breach(session: Session, deal_id: UUID, breach_id: UUID, stays: bool) -> Shown:
    """What you named is made good; or, with `stays`, it is not, and HR is asked."""
    cmd = SettleBreach(deal_id, breach_id, stays)
    found = commands.settle_breach(session, cmd, actor=current_actor(), now=clock.now())
    return told.breaches(session, [found])[0]


# Endings --------------------------------------------------------------------------------------


@bp.get("/<uuid:deal_id>/endings")
@guard(signed_in)
@bp.arguments(PageIn, location="query", as_kwargs=True)
@bp.response(200, page_of(EndingOut))
def endings(page: PageRequest, deal_id: UUID) -> Page[Shown]:
    """Who asked to end it, from when, and what the other side said."""
    with unit_of_work() as session:
        found = told.access_part(session, deal_id, Part.HISTORY)
        rows = page_of_list(
            afterwards.endings_of(session, found), page, key=lambda row: str(row.id)
        )
        return Page(told.endings(session, rows.items), rows.next)


@bp.post("/<uuid:deal_id>/endings")
@guard(signed_in)
@bp.arguments(EndingIn, as_kwargs=True)
@creates(bp, DealWithPartsOut)
def end(session: Session, deal_id: UUID, last_day: date, reason: str) -> Shown:
    """Ask the other side to end it after a day; by HR it ends so. Their same wish is a yes."""
    cmd = EndDeal(new_id(), deal_id, last_day, reason)
    commands.end_deal(session, cmd, actor=current_actor(), now=clock.now())
    return told.now(session, deal_id)


@bp.post("/<uuid:deal_id>/endings/<uuid:ending_id>/answer")
@guard(signed_in)
@bp.arguments(EndingAnswerIn, as_kwargs=True)
@creates(bp, EndingOut)
def answer_ending(
    session: Session, deal_id: UUID, ending_id: UUID, agree: bool, said: str
) -> Shown:
    """Agree to what the other side asked, object to it, or take back what you asked yourself."""
    cmd = AnswerEnding(deal_id, ending_id, agree, said)
    found = commands.answer_ending(session, cmd, actor=current_actor(), now=clock.now())
    return told.endings(session, [found])[0]


# Life -----------------------------------------------------------------------------------------


@bp.get("/<uuid:deal_id>/life-events")
@guard(signed_in)
@bp.arguments(PageIn, location="query", as_kwargs=True)
@bp.response(200, page_of(LifeEventOut))
def life_events(page: PageRequest, deal_id: UUID) -> Page[Shown]:
    """What happened in somebody's life at work, and what both sides say becomes of the deal."""
    with unit_of_work() as session:
        found = told.access_part(session, deal_id, Part.EVALUATIONS)
        rows = page_of_list(afterwards.life_events_of(session, found), page, key=lambda row: row.id)
        return Page([told.life_event(row) for row in rows.items], rows.next)


@bp.post("/<uuid:deal_id>/life-events/<int:event_id>/answers")
@guard(signed_in)
@bp.arguments(ThenIn, as_kwargs=True)
@creates(bp, LifeEventOut)
def look_again(session: Session, deal_id: UUID, event_id: int, then: Then) -> Shown:
    """For your side: it goes on, changes by a new offer, or ends."""
    cmd = LookAgain(deal_id, event_id, then)
    found = commands.look_again(session, cmd, actor=current_actor(), now=clock.now())
    return told.life_event(found)
