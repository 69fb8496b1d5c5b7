"""One deal: the offer that counts now on top, what happened below it, messages beside it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any
from uuid import UUID

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask_babel import LazyString, lazy_gettext
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from ideals.access.errors import SignInNotFresh
from ideals.approvals import queries as approvals
from ideals.approvals.models import Approval
from ideals.config import Settings
from ideals.db import unit_of_work
from ideals.deals import commands, queries
from ideals.deals.commands import (
    Accept,
    InviteAdviser,
    Refuse,
    RemoveAdviser,
    Say,
    Withdraw,
    going,
)
from ideals.deals.errors import DealMovedOn, DealUnknown
from ideals.deals.models import Adviser, Deal, DealEvent, Message, Offer
from ideals.deals.pages import history, stands
from ideals.deals.pages.before import BeforeAgreeing, before_agreeing
from ideals.deals.pages.follows import Follows, follows_of, options
from ideals.deals.pages.history import Happening
from ideals.deals.pages.stands import Acts, Names
from ideals.deals.pages.terms import OfferSaid, said_difference, said_offer
from ideals.deals.pages.words import gettext, title
from ideals.deals.policy import Part
from ideals.deals.queries import Access, lists
from ideals.deals.rules.offers import Difference, compare
from ideals.deals.states import DealState, Side, Started
from ideals.kernel import clock
from ideals.kernel.errors import IdealsError
from ideals.kernel.ids import new_id
from ideals.people.models import Employee
from ideals.web.actor import current_actor
from ideals.web.errors import register_words, words_for
from ideals.web.formats import said
from ideals.web.guards import guard, signed_in
from ideals.web.headers import MB, body_limit

bp = Blueprint("deal_pages", __name__, template_folder="../templates")
MOST_EVENTS = 8
MOST_MESSAGES = 8
WORDS: Mapping[str, LazyString] = {
    "deal_act_not_possible": lazy_gettext("That is not possible any more: look where it stands."),
    "deal_moved_on": lazy_gettext(
        "There is a newer offer: nothing was done with offer %(seen)s. Below is offer %(current)s; "
        "look at what changed before you answer."
    ),
    "not_yours_in_deal": lazy_gettext("In this deal that is for somebody else to do."),
    "may_not_propose_deal": lazy_gettext(
        "A deal is proposed by the employee, by their manager, or by HR."
    ),
    "deal_needs_manager": lazy_gettext(
        "Nobody is noted down as manager here: HR has to say who speaks for the employer."
    ),
    "deal_manager_differs": lazy_gettext("A deal is made with the employee's own manager."),
    "offer_out_of_date": lazy_gettext(
        "The first day of this offer has passed: make one with a later day."
    ),
    "nothing_to_accept": lazy_gettext("This offer is not on the table any more."),
    "deal_renewal_agreed": lazy_gettext(
        "Both have accepted the next offer already: it takes over on its day."
    ),
    "deal_binds": lazy_gettext("Everybody has agreed: it can only be ended as it says itself."),
    "not_a_request_by_law": lazy_gettext("The Flexible Working Act does not cover this request."),
    "deal_draft_moved_on": lazy_gettext(
        "You saved this draft in another window since. Open it again to go on from there."
    ),
    "deal_draft_unusable": lazy_gettext("This is too much to keep as a draft: make it shorter."),
    "deal_differs": lazy_gettext("This form was sent before, with something else in it."),
    "adviser_unknown": lazy_gettext("This person does not advise in this deal any more."),
}
for _code, _said in WORDS.items():
    register_words(_code, _said)
UNFIT: Mapping[str, LazyString] = {
    "unknown": lazy_gettext("Nobody who works here has this personnel number."),
    "is_party": lazy_gettext("This person is one of the two sides already."),
    "beside_already": lazy_gettext("This person advises you already."),
    "decides": lazy_gettext("This person has to agree to this deal, so they cannot advise in it."),
}


def today() -> date:
    return clock.now().astimezone(Settings.read().zone).date()


# What the page shows --------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Shown:
    """An offer with what changed since the one before it."""

    offer: Offer
    said: OfferSaid
    changed: tuple[tuple[str, str | None, str | None], ...] = ()
    since: int | None = None
    """The number that `changed` compares with; `None`: it is the first."""


@dataclass(frozen=True, slots=True)
class View:
    """`shown`: the offer that counts now; `holds`: what is in force, when that is another one.
    `table`: the number of the offer that waits for a yes."""

    deal: Deal
    standing: str
    title: str
    state: tuple[str, str]
    names: Names
    stands: tuple[str, str]
    shown: Shown | None
    holds: Shown | None
    table: int | None
    my_turn: bool
    accepted: Sequence[Side]
    acts: Acts
    reason: str | None
    happened: Sequence[Happening]
    earlier: int | None
    messages: Sequence[tuple[Message, str]]
    earlier_messages: int | None
    sees_messages: bool
    advisers: Sequence[tuple[Adviser, Employee]]
    approval: Approval | None
    numbers: Sequence[int]
    has_draft: bool
    law_counts: bool
    before: BeforeAgreeing | None
    after: Follows


@dataclass(slots=True)
class Sent:
    """What did not work: its words at their fields, and what was typed."""

    errors: dict[str, str] = field(default_factory=dict)
    typed: Mapping[str, str] = field(default_factory=dict)
    changed: Sequence[tuple[str, str | None, str | None]] = ()


def view_of(session: Session, access: Access, args: Mapping[str, str]) -> View:
    deal, now = access.deal, today()
    events = lists.events_of(session, access, MOST_EVENTS, _number(args.get("before")))
    said_ = lists.last_messages_of(session, access, MOST_MESSAGES, _number(args.get("messages")))
    advisers = queries.advisers_of(session, access)
    people = approvals.people_named(session, _people(deal, events, said_, advisers))
    numbers = lists.numbers_of(session, access)
    offers = _offers(session, access, numbers, events[:MOST_EVENTS])
    names = Names(
        people.get(deal.employee_id, ""),
        people.get(deal.manager_id, ""),
        stands.side_of(access.standing),
    )
    top = stands.shown_number(deal)
    last = offers.get(top)
    accepted = [Side(each.side) for each in queries.acceptances_of(session, deal.id, top)]
    asked_by = lists.asked_by(session, deal)
    colour, word = stands.STATES[DealState(deal.state)]
    holds = deal.in_force_number
    return View(
        deal=deal,
        standing=access.standing.value,
        title=deal.subject,
        state=(colour, str(word)),
        names=names,
        stands=stands.stands(deal, last, accepted, names, now) if last else ("plain", ""),
        shown=shown_of(last, offers.get(top - 1)) if last else None,
        holds=shown_of(offers[holds], None) if holds in offers and holds != top else None,
        table=stands.on_table(deal),
        my_turn=last is not None and _mine(deal, last, accepted, names),
        accepted=accepted,
        acts=(
            stands.acts_of(deal, last, access.standing, accepted, asked_by, now) if last else Acts()
        ),
        reason=queries.reason_of(access),
        happened=[
            history.happened(event, offers, names, people, _changes(event, offers))
            for event in events[:MOST_EVENTS]
        ],
        earlier=_next(events, MOST_EVENTS),
        messages=[
            (each, people.get(each.by_employee_id or 0, each.by))
            for each in reversed(said_[:MOST_MESSAGES])
        ],
        earlier_messages=_next(said_, MOST_MESSAGES),
        sees_messages=access.sees(Part.MESSAGES),
        advisers=advisers,
        approval=lists.open_approval_of(session, deal) if deal.agreed_number else None,
        numbers=numbers,
        has_draft=queries.draft_of(session, deal.id, actor=current_actor()) is not None,
        law_counts=going.law_counts(session, deal),
        before=before_agreeing(session, access, last, now) if last else None,
        after=follows_of(session, access, names, now),
    )


def _mine(deal: Deal, last: Offer, accepted: Sequence[Side], names: Names) -> bool:
    turn = stands.turn_of(deal, last, accepted)
    return turn is not None and turn is names.mine


def _number(text: str | None) -> int | None:
    return int(text) if text and text.isdecimal() and len(text) < 19 else None


def _next(rows: Sequence[Any], most: int) -> int | None:
    """From which one the earlier ones go on."""
    return rows[most - 1].id if len(rows) > most else None


def _people(
    deal: Deal,
    events: Sequence[DealEvent],
    messages: Sequence[Message],
    advisers: Sequence[tuple[Adviser, Employee]],
) -> set[int | None]:
    return {
        deal.employee_id,
        deal.manager_id,
        *(id_ for event in events for id_ in (event.by_employee_id, event.to_id)),
        *(each.by_employee_id for each in messages),
        *(person.id for _, person in advisers),
    }


def _offers(
    session: Session, access: Access, numbers: Sequence[int], events: Sequence[DealEvent]
) -> dict[int, Offer]:
    """Those on this page, each with the one before it."""
    deal = access.deal
    wanted = {stands.shown_number(deal), deal.in_force_number, deal.agreed_number}
    wanted |= {event.offer for event in events if event.act == "offer"}
    known = {number for number in wanted if number is not None}
    known |= {number - 1 for number in known}
    return lists.offers_numbered(session, access, known & set(numbers))


def shown_of(offer: Offer, before: Offer | None) -> Shown:
    text = queries.text_of(offer)
    if before is None:
        return Shown(offer, said_offer(text))
    differences = compare(queries.text_of(before), text)
    return Shown(offer, said_offer(text), said_differences(differences), before.number)


def said_differences(
    differences: Sequence[Difference],
) -> tuple[tuple[str, str | None, str | None], ...]:
    return tuple(said_difference(each) for each in differences)


def _changes(
    event: DealEvent, offers: Mapping[int, Offer]
) -> tuple[tuple[str, str | None, str | None], ...]:
    if event.act != "offer" or event.offer is None:
        return ()
    now, before = offers.get(event.offer), offers.get(event.offer - 1)
    if now is None or before is None:
        return ()
    return said_differences(compare(queries.text_of(before), queries.text_of(now)))


# The page -------------------------------------------------------------------------------------


def access_of(session: Session, deal_id: UUID) -> Access:
    return queries.access_deal(session, deal_id, actor=current_actor(), today=today())


def page(deal_id: UUID, sent: Sent | None = None) -> str:
    with unit_of_work() as session:
        access = access_of(session, deal_id)
        view = view_of(session, access, request.args)
        return render_template(
            "deals/deal.html",
            title=title(access.deal),
            view=view,
            after=view.after,
            today=today(),
            new_id=new_id,
            options=options(),
            deal=view.deal,
            acts=view.acts,
            sent=sent or Sent(),
            Side=Side,
            started=stands.STARTED[Started(view.deal.started)],
        )


@bp.get("/deals/<uuid:deal_id>")
@guard(signed_in)
def deal(deal_id: UUID) -> str:
    return page(deal_id)


@bp.get("/deals/<uuid:deal_id>/offers/<int:number>")
@guard(signed_in)
def offer(deal_id: UUID, number: int) -> str:
    """An offer as it was made, beside any other of the deal: `with`."""
    with unit_of_work() as session:
        access = access_of(session, deal_id)
        other = _number(request.args.get("with"))
        numbers = lists.numbers_of(session, access)
        offers = lists.offers_numbered(session, access, {number, other or number - 1})
        if number not in offers:
            abort(404)
        before = offers.get(other or number - 1)
        return render_template(
            "deals/offer.html",
            title=gettext("Offer %(number)s", number=str(number)),
            deal=access.deal,
            shown=shown_of(offers[number], before if before is not offers[number] else None),
            before=said_offer(queries.text_of(before)) if before is not None else None,
            numbers=numbers,
            number=number,
            with_=before.number if before is not None else None,
            agreeing=before_agreeing(session, access, offers[number], today()),
        )


# Acts -----------------------------------------------------------------------------------------


def _seen() -> int:
    return _number(request.form.get("seen")) or 0


def back(deal_id: UUID, said_: str) -> Response:
    flash(said_, "good")
    return redirect(url_for("deal_pages.deal", deal_id=deal_id), 303)


def refused(deal_id: UUID, error: IdealsError, at: str = "") -> tuple[str, int]:
    """The page as it is now, with why it did not work and what was typed."""
    if isinstance(error, DealUnknown):
        raise error
    sent = Sent({at: fault_words(error)}, request.form)
    if isinstance(error, DealMovedOn):
        sent.errors = {"": words_for(error)}
        sent.changed = [said_difference(Difference(**each)) for each in error.data["changed"]]
    return page(deal_id, sent), 422 if at else 409


def fault_words(error: IdealsError) -> str:
    match error.code:
        case "adviser_unfit":
            return str(UNFIT[error.data["why"]])
        case "deal_text_wrong":
            return f"{said(error.data['found'])}: {said(error.data['expected'])}"
    return words_for(error)


@bp.post("/deals/<uuid:deal_id>/acceptance")
@guard(signed_in)
def accept(deal_id: UUID) -> Response | tuple[str, int]:
    """Who signed in long ago proves first who they are, and comes back to the page."""
    number = _number(request.form.get("offer")) or 0
    try:
        with unit_of_work() as session:
            made = commands.accept(
                session, Accept(deal_id, number), actor=current_actor(), now=clock.now()
            )
            agreed = made.agreed_number is not None or made.in_force_number == number
    except SignInNotFresh:
        here = url_for("deal_pages.deal", deal_id=deal_id)
        flash(gettext("Sign in again, and then accept: this binds you."), "wait")
        return redirect(url_for("access_pages.again", next=here), 303)
    except IdealsError as error:
        return refused(deal_id, error)
    if agreed:
        return back(deal_id, gettext("Agreed: both sides accepted offer %(n)s.", n=str(number)))
    return back(
        deal_id,
        gettext("You accepted offer %(n)s. It is agreed when the other does too.", n=str(number)),
    )


@bp.post("/deals/<uuid:deal_id>/refusal")
@guard(signed_in)
@body_limit(MB)
def refuse(deal_id: UUID) -> Response | tuple[str, int]:
    cmd = Refuse(deal_id, _seen(), request.form.get("reason", ""))
    try:
        with unit_of_work() as session:
            commands.refuse(session, cmd, actor=current_actor(), now=clock.now())
    except IdealsError as error:
        return refused(deal_id, error, "reason" if error.code == "deal_text_wrong" else "")
    return back(deal_id, gettext("Refused. The other side reads your reason."))


@bp.post("/deals/<uuid:deal_id>/withdrawal")
@guard(signed_in)
@body_limit(MB)
def withdraw(deal_id: UUID) -> Response | tuple[str, int]:
    cmd = Withdraw(deal_id, _seen(), request.form.get("why", ""))
    try:
        with unit_of_work() as session:
            commands.withdraw(session, cmd, actor=current_actor(), now=clock.now())
    except IdealsError as error:
        return refused(deal_id, error, "why" if error.code == "deal_text_wrong" else "")
    return back(deal_id, gettext("Taken back. The other side hears of it."))


@bp.post("/deals/<uuid:deal_id>/messages")
@guard(signed_in)
@body_limit(MB)
def say(deal_id: UUID) -> Response | tuple[str, int]:
    cmd = Say(deal_id, request.form.get("said", ""), request.form.get("asks") == "yes")
    try:
        with unit_of_work() as session:
            commands.say(session, cmd, actor=current_actor(), now=clock.now())
    except IdealsError as error:
        return refused(deal_id, error, "said" if error.code == "deal_text_wrong" else "")
    return redirect(f"{url_for('deal_pages.deal', deal_id=deal_id)}#messages", 303)


@bp.post("/deals/<uuid:deal_id>/advisers")
@guard(signed_in)
def advisers(deal_id: UUID) -> Response | tuple[str, int]:
    """Invite somebody by their number, or let somebody go."""
    actor, now = current_actor(), clock.now()
    number, gone = request.form.get("number", ""), request.form.get("remove", "")
    try:
        with unit_of_work() as session:
            if gone:
                commands.remove_adviser(session, RemoveAdviser(deal_id, gone), actor=actor, now=now)
            else:
                cmd = InviteAdviser(deal_id, number)
                commands.invite_adviser(session, cmd, actor=actor, now=now)
    except IdealsError as error:
        return refused(deal_id, error, "number" if error.code == "adviser_unfit" else "")
    if gone:
        return back(deal_id, gettext("They do not see this deal any more."))
    return back(deal_id, gettext("Invited. They see this deal, and nothing else of you."))
