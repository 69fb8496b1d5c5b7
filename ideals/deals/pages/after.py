"""Acts after agreeing: look back, name a breach and answer it, end a deal early, say what becomes
of it, say what a target came to. Each goes back to the page of the deal."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from uuid import UUID

from flask import Blueprint, request
from flask_babel import LazyString, lazy_gettext
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from ideals.db import unit_of_work
from ideals.deals import commands
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
from ideals.deals.errors import AnswersRefused, BonusRefused, DealUnknown
from ideals.deals.pages.deal import Sent, back, page, refused
from ideals.deals.pages.fields import euros_of
from ideals.deals.pages.words import gettext
from ideals.deals.rules.evaluations import KEYS
from ideals.deals.rules.life import Then
from ideals.kernel import clock
from ideals.kernel.errors import IdealsError, NotFound
from ideals.kernel.ids import new_id
from ideals.kernel.money import Money
from ideals.web.actor import current_actor
from ideals.web.errors import register_words
from ideals.web.formats import said
from ideals.web.guards import guard, signed_in
from ideals.web.headers import MB, body_limit

bp = Blueprint("deal_after_pages", __name__, template_folder="../templates")
Answer = Response | tuple[str, int]
WORDS: dict[str, LazyString] = {
    "deal_answers_refused": lazy_gettext("Some answers are missing."),
    "deal_evaluated_already": lazy_gettext("You have looked back already; that stays as you said."),
    "deal_evaluation_moved_on": lazy_gettext("That time to look back is over."),
    "deal_evaluation_not_due": lazy_gettext("It is not time to look back on this deal."),
    "deal_never_in_force": lazy_gettext("This deal was never in force."),
    "deal_breach_moved_on": lazy_gettext("That was answered or settled meanwhile: look again."),
    "deal_breach_differs": lazy_gettext("This form was sent before, with something else in it."),
    "deal_ending_asked": lazy_gettext("Somebody asked already to end this deal: answer that."),
    "deal_ending_moved_on": lazy_gettext("That was answered meanwhile: look again."),
    "deal_last_day_wrong": lazy_gettext(
        "Choose a last day from today on, and not after the one it has."
    ),
    "deal_life_event_settled": lazy_gettext("Both have said what becomes of the deal."),
    "bonus_refused": lazy_gettext("This cannot be said of this target now."),
    "bonus_stated_already": lazy_gettext("What this target came to was said already."),
    "bonus_differs": lazy_gettext("This form was sent before, with something else in it."),
}
for _code, _said in WORDS.items():
    register_words(_code, _said)
UNFIT: dict[str, LazyString] = {
    "more_than_promised": lazy_gettext("Write an amount of at most what was promised."),
    "not_due": lazy_gettext("The month of this target has not come yet."),
    "over": lazy_gettext("The promise ended before its month."),
}
"""Why a bonus cannot be stated so."""
CHOSEN = ("kept_by_me", "kept_by_them", "worth_it", "on_others")
"""Answers of which one is chosen: the codes that a fault names are not for people."""


def _do(
    deal_id: UUID, act: Callable[[Session], object], well: str, fields: dict[str, str] | None = None
) -> Answer:
    """`fields`: by the code of an error where on the page it belongs."""
    try:
        with unit_of_work() as session:
            act(session)
    except NotFound:
        raise
    except IdealsError as error:
        return refused(deal_id, error, (fields or {}).get(error.code, ""))
    return back(deal_id, well)


def _text(name: str) -> str:
    return request.form.get(name, "")


def _id() -> UUID:
    """Made with the form, so that it counts once when it is sent twice."""
    try:
        return UUID(_text("id"))
    except ValueError:
        return new_id()


# Looking back ---------------------------------------------------------------------------------


@bp.post("/deals/<uuid:deal_id>/evaluations")
@guard(signed_in)
@body_limit(MB)
def evaluate(deal_id: UUID) -> Answer:
    number = _text("round")
    answers = {key: _text(key) for key in KEYS if _text(key).strip()}
    cmd = Evaluate(deal_id, int(number) if number.isdecimal() and len(number) < 5 else 0, answers)
    try:
        with unit_of_work() as session:
            commands.evaluate(session, cmd, actor=current_actor(), now=clock.now())
    except AnswersRefused as error:
        faults = {each["path"]: _fault(each) for each in error.data["faults"]}
        return page(deal_id, Sent(faults, request.form)), 422
    except DealUnknown:
        raise
    except IdealsError as error:
        return refused(deal_id, error)
    return back(deal_id, gettext("Kept. When the other side has looked back too, both see both."))


def _fault(fault: dict[str, str]) -> str:
    if fault["path"] in CHOSEN:
        return gettext("Choose one of these.")
    return f"{said(fault['found'])}: {said(fault['expected'])}"


# Breaches -------------------------------------------------------------------------------------


@bp.post("/deals/<uuid:deal_id>/breaches")
@guard(signed_in)
@body_limit(MB)
def name_breach(deal_id: UUID) -> Answer:
    cmd = NameBreach(_id(), deal_id, _text("breach"))
    return _do(
        deal_id,
        lambda session: commands.name_breach(session, cmd, actor=current_actor(), now=clock.now()),
        gettext("Said. The other side is asked to answer."),
        {"deal_text_wrong": "breach"},
    )


@bp.post("/deals/<uuid:deal_id>/breaches/<uuid:breach_id>/answer")
@guard(signed_in)
@body_limit(MB)
def answer_breach(deal_id: UUID, breach_id: UUID) -> Answer:
    at = f"answer-{breach_id}"
    cmd = AnswerBreach(deal_id, breach_id, _text(at))
    return _do(
        deal_id,
        lambda session: commands.answer_breach(
            session, cmd, actor=current_actor(), now=clock.now()
        ),
        gettext("Answered. The other side reads it."),
        {"deal_text_wrong": at},
    )


@bp.post("/deals/<uuid:deal_id>/breaches/<uuid:breach_id>/settlement")
@guard(signed_in)
def settle_breach(deal_id: UUID, breach_id: UUID) -> Answer:
    cmd = SettleBreach(deal_id, breach_id, stays=_text("stays") == "yes")
    return _do(
        deal_id,
        lambda session: commands.settle_breach(
            session, cmd, actor=current_actor(), now=clock.now()
        ),
        gettext("HR is asked to look at it.") if cmd.stays else gettext("Settled."),
    )


# Endings --------------------------------------------------------------------------------------


@bp.post("/deals/<uuid:deal_id>/endings")
@guard(signed_in)
@body_limit(MB)
def end(deal_id: UUID) -> Answer:
    """A side asks, and is answered; HR sets the day."""
    try:
        last_day = date.fromisoformat(_text("last_day"))
    except ValueError:
        return _no_day(deal_id)
    cmd = EndDeal(_id(), deal_id, last_day, _text("end_reason"))
    return _do(
        deal_id,
        lambda session: commands.end_deal(session, cmd, actor=current_actor(), now=clock.now()),
        gettext("Done. Everybody whom it concerns hears of it."),
        {"deal_text_wrong": "end_reason", "deal_last_day_wrong": "last_day"},
    )


def _no_day(deal_id: UUID) -> Answer:
    return page(deal_id, Sent({"last_day": gettext("Choose a day.")}, request.form)), 422


@bp.post("/deals/<uuid:deal_id>/endings/<uuid:ending_id>/answer")
@guard(signed_in)
@body_limit(MB)
def answer_ending(deal_id: UUID, ending_id: UUID) -> Answer:
    at = f"said-{ending_id}"
    cmd = AnswerEnding(deal_id, ending_id, _text("agree") == "yes", _text(at))
    return _do(
        deal_id,
        lambda session: commands.answer_ending(
            session, cmd, actor=current_actor(), now=clock.now()
        ),
        gettext("Said. The other side hears of it."),
        {"deal_text_wrong": at},
    )


# Life events, bonuses -------------------------------------------------------------------------


@bp.post("/deals/<uuid:deal_id>/life-events/<int:event_id>")
@guard(signed_in)
def look_again(deal_id: UUID, event_id: int) -> Answer:
    then = _text("then")
    if then not in set(Then) or event_id >= 2**63:
        # Still first whether the deal is theirs to see.
        return page(deal_id), 422
    cmd = LookAgain(deal_id, event_id, Then(then))
    return _do(
        deal_id,
        lambda session: commands.look_again(session, cmd, actor=current_actor(), now=clock.now()),
        gettext("Said. Until both have, you can change your mind."),
    )


@bp.post("/deals/<uuid:deal_id>/bonuses/<int:number>/<int:place>")
@guard(signed_in)
@body_limit(MB)
def state_bonus(deal_id: UUID, number: int, place: int) -> Answer:
    amount_at, at = f"amount-{number}-{place}", f"evidence-{number}-{place}"
    try:
        amount = Money.parse(euros_of(_text(amount_at).strip()))
    except (ValueError, IdealsError):
        sent = Sent({amount_at: gettext("Write an amount in euros, such as 250.")}, request.form)
        return page(deal_id, sent), 422
    cmd = StateBonus(_id(), deal_id, number, place, amount, _text(at))
    try:
        with unit_of_work() as session:
            commands.state_bonus(session, cmd, actor=current_actor(), now=clock.now())
    except BonusRefused as error:
        why = UNFIT.get(error.data["why"]) or WORDS["bonus_refused"]
        return page(deal_id, Sent({amount_at: str(why)}, request.form)), 422
    except NotFound:
        raise
    except IdealsError as error:
        return refused(deal_id, error, at if error.code == "deal_text_wrong" else "")
    return back(deal_id, gettext("Said. Whoever else must agree is asked."))
