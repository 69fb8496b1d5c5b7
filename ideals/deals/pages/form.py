"""The form of an offer: the first one of a deal, and every one that follows.

A guided start leads to one kind of term; more are added and taken out with buttons, and the form
works without script. What is typed is kept as a draft, which nobody else ever sees.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any
from uuid import UUID

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import LazyString, lazy_gettext
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from ideals.db import unit_of_work
from ideals.deals import commands, policy, queries
from ideals.deals.commands import DropDraft, MakeOffer, Propose, SaveDraft
from ideals.deals.errors import DealMovedOn, DealUnknown, MayNotPropose
from ideals.deals.models import Deal, Draft
from ideals.deals.pages import stands
from ideals.deals.pages.deal import access_of, said_differences, today
from ideals.deals.pages.fields import (
    TERM_FIELDS,
    errors_of,
    new_term,
    sent_offer,
    shown_terms,
    terms_in,
)
from ideals.deals.pages.starts import started_with, starts
from ideals.deals.pages.terms import CHOICES, VISIBILITIES, OfferSaid, said_offer
from ideals.deals.pages.words import KINDS, gettext
from ideals.deals.policy import Do
from ideals.deals.queries import before
from ideals.deals.queries.hiring import begins_from, promised_from
from ideals.deals.rules.offers import OfferText, checked, compare
from ideals.deals.states import Side, TermKind, Visibility
from ideals.kernel import clock
from ideals.kernel.errors import IdealsError
from ideals.kernel.ids import new_id
from ideals.people import queries as people
from ideals.people.errors import EmployeeUnknown
from ideals.people.models import Employee
from ideals.web import formats
from ideals.web.actor import current_actor
from ideals.web.errors import words_for
from ideals.web.formats import said
from ideals.web.guards import guard, signed_in
from ideals.web.headers import MB, body_limit

bp = Blueprint("deal_form_pages", __name__, template_folder="../templates")
HELPS: Mapping[TermKind, tuple[LazyString, LazyString, str]] = {
    TermKind.PATTERN: (
        lazy_gettext("Other working days"),
        lazy_gettext("Four times nine, a free afternoon, later in the morning."),
        "sun",
    ),
    TermKind.PLACE: (
        lazy_gettext("Working somewhere else"),
        lazy_gettext("At home on some days, or at another office."),
        "home",
    ),
    TermKind.HOURS: (
        lazy_gettext("More or fewer hours"),
        lazy_gettext("Another number of contract hours, for good or for a while."),
        "hourglass",
    ),
    TermKind.DEVELOPMENT: (
        lazy_gettext("Learning something"),
        lazy_gettext("A course or a study, with the time and the money for it."),
        "book",
    ),
    TermKind.TASKS: (
        lazy_gettext("Other work"),
        lazy_gettext("Tasks you would like to have, and tasks you would rather give up."),
        "tools",
    ),
    TermKind.LEAVE: (
        lazy_gettext("A long time away"),
        lazy_gettext("A sabbatical or unpaid leave, and how it is paid."),
        "umbrella",
    ),
    TermKind.BONUS: (
        lazy_gettext("A target with a bonus"),
        lazy_gettext("Something to reach, and what it is worth."),
        "gift",
    ),
    TermKind.MONEY: (
        lazy_gettext("Money for something special"),
        lazy_gettext("Once or every month, for a reason that colleagues understand."),
        "coins",
    ),
    TermKind.OTHER: (
        lazy_gettext("Something else"),
        lazy_gettext("In your own words."),
        "heart",
    ),
}
"""The guided start: what would help, an example, a picture."""


@dataclass(slots=True)
class Form:
    """`deal`: the one it is the next offer of; `employee`: of a first one, when it is about
    somebody else than the writer. `version`: of the draft that it goes on from."""

    plain: dict[str, Any]
    subject: str = ""
    deal: Deal | None = None
    employee: Employee | None = None
    id: str = ""
    seen: int = 0
    version: int = 0
    errors: dict[str, str] = field(default_factory=dict)
    from_draft: bool = False
    changed: Sequence[tuple[str, str | None, str | None]] = ()
    current: OfferSaid | None = None
    manager: str = ""
    before_hiring: bool = False
    go_to: str = ""
    template: str = ""
    """Code of what it began with."""

    @property
    def keeps_drafts(self) -> bool:
        """The draft of a first offer does not hold whom it is about."""
        return current_actor().employee_id is not None and self.employee is None


def _render(form: Form, status: int = 200) -> tuple[str, int]:
    employer = form.employee is not None
    if form.deal is not None:
        with unit_of_work() as session:
            access = access_of(session, form.deal.id)
            employer = stands.side_of(access.standing) is Side.EMPLOYER
    title = (
        gettext("Offer %(number)s", number=str(form.seen + 1))
        if form.deal
        else gettext("What would help?")
        if employer
        else gettext("Ask for a deal")
    )
    page = render_template(
        "deals/form.html",
        title=title,
        form=form,
        plain=form.plain,
        errors=form.errors,
        terms=shown_terms(form.plain),
        kinds=[(kind.value, str(KINDS[kind]).capitalize()) for kind in TERM_FIELDS],
        visibilities=_visibilities(employer),
        employer=employer,
        hr=form.employee is not None and policy.keeps_deals(current_actor()),
        today=today().isoformat(),
    )
    return page, status


def _visibilities(employer: bool) -> list[tuple[str, str]]:
    words = VISIBILITIES if employer else CHOICES[Visibility]
    return [(each.value, str(words[each])) for each in Visibility]


# The first offer ------------------------------------------------------------------------------


@bp.get("/deals/new")
@guard(signed_in)
def begin() -> str | tuple[str, int] | Response:
    """`kind` or `template`: what it begins with; without either the kept draft, or what there is to
    choose from."""
    kind, template = request.args.get("kind", ""), request.args.get("template", "")
    with unit_of_work() as session:
        employee = _about(session, request.args.get("employee", ""))
        draft = None if employee else queries.draft_of(session, None, actor=current_actor())
        if template and before.is_template(session, template):
            form = _new_form(None, employee)
            form.template, form.version = template, draft.version if draft else 0
            form.subject, form.plain = started_with(session, template, today())
            return _render(form)
        if kind not in set(TermKind) and draft is None:
            return render_template(
                "deals/begin.html",
                helps=HELPS,
                starts=starts(session),
                employee=employee,
                title=gettext("What would help you?") if not employee else employee.name,
            )
        form = _new_form(draft if kind not in set(TermKind) else None, employee)
        form.version = draft.version if draft else 0
    if kind in set(TermKind):
        form.plain["terms"] = [new_term(TermKind(kind))]
    return _render(form)


def _new_form(draft: Draft | None, employee: Employee | None) -> Form:
    text = dict(draft.text) if draft else {}
    subject, template = text.pop("subject", ""), text.pop("template", "")
    return Form(
        plain=text,
        template=template,
        subject=subject,
        employee=employee,
        id=str(new_id()),
        from_draft=draft is not None,
    )


def _about(session: Session, number: str) -> Employee | None:
    """Whom it is about, when that is somebody else. Raises `EmployeeUnknown`, `MayNotPropose`."""
    actor = current_actor()
    if not number:
        if actor.employee_id is None:
            raise MayNotPropose
        return None
    employee = people.employee_by_number(session, number)
    if employee.id == actor.employee_id:
        return None
    manages = queries.manager_of(session, employee.id, today()) == actor.employee_id
    if not policy.keeps_deals(actor) and not (actor.employee_id and manages):
        raise EmployeeUnknown(number)
    return employee


@bp.post("/deals/new")
@guard(signed_in)
@body_limit(MB)
def propose() -> Response | str | tuple[str, int]:
    sent = request.form
    with unit_of_work() as session:
        employee = _about(session, sent.get("employee", ""))
    form = Form(
        plain=sent_offer(sent),
        subject=sent.get("subject", "").strip(),
        employee=employee,
        id=sent.get("id", ""),
        version=_whole(sent.get("version")),
        manager=sent.get("manager", "").strip(),
        before_hiring=sent.get("before_hiring") == "yes",
        template=sent.get("template", ""),
    )
    if (done := _beside_sending(form, None)) is not None:
        return done
    if form.errors:
        return _render(form, 422)
    try:
        cmd = _propose(form)
        with unit_of_work() as session:
            deal = commands.propose(session, cmd, actor=current_actor(), now=clock.now())
            deal_id, by_law = deal.id, deal.decide_by
    except IdealsError as error:
        form.errors = _errors(error)
        return _render(form, 422)
    if by_law is not None:
        said_ = gettext(
            "Sent. It counts as a request under the Flexible Working Act: an answer is due by "
            "%(day)s.",
            day=formats.day(by_law),
        )
    else:
        said_ = gettext("Sent: offer 1 is on the table.")
    flash(said_, "good")
    return redirect(url_for("deal_pages.deal", deal_id=deal_id), 303)


def _propose(form: Form) -> Propose:
    actor = current_actor()
    manager_id = None
    with unit_of_work() as session:
        if form.manager:
            manager_id = people.employee_by_number(session, form.manager).id
        known = bool(form.template) and before.is_template(session, form.template)
    employee_id = form.employee.id if form.employee else actor.employee_id
    assert employee_id is not None  # noqa: S101  `_about` refused who is no employee
    return Propose(
        id=_id(form.id),
        employee_id=employee_id,
        subject=form.subject,
        text=form.plain,
        manager_id=manager_id,
        before_hiring=form.before_hiring,
        template=form.template if known else None,
    )


def _id(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        return new_id()


def _whole(text: str | None) -> int:
    return int(text) if text and text.isdecimal() and len(text) < 10 else 0


def _errors(error: IdealsError) -> dict[str, str]:
    match error.code:
        case "deal_text_wrong":
            found, expected = said(error.data["found"]), said(error.data["expected"])
            return {error.data["field"]: f"{found}: {expected}."}
        case "employee_unknown" | "deal_needs_manager" | "deal_manager_differs":
            return {"manager": words_for(error)}
    return {"": words_for(error)}


# The next offers ------------------------------------------------------------------------------


@bp.get("/deals/<uuid:deal_id>/offer")
@guard(signed_in)
def counter(deal_id: UUID) -> str | tuple[str, int] | Response:
    """From the draft, else from the offer that counts now."""
    with unit_of_work() as session:
        access = access_of(session, deal_id)
        policy.check_may(access.standing, Do.OFFER)
        deal = access.deal
        draft = queries.draft_of(session, deal_id, actor=current_actor())
        shown = queries.offer_of(session, deal_id, stands.shown_number(deal))
        form = Form(
            plain=dict(draft.text) if draft else dict(shown.text),
            deal=deal,
            seen=draft.seen if draft else deal.offer_number,
            version=draft.version if draft else 0,
            from_draft=draft is not None,
        )
        _beside(session, form)
    return _render(form)


def _beside(session: Session, form: Form) -> None:
    """The offer that it answers; and, where another came meanwhile, what that one changed."""
    deal = form.deal
    assert deal is not None  # noqa: S101  a first offer answers none
    now = queries.offer_of(session, deal.id, stands.shown_number(deal))
    form.current = said_offer(queries.text_of(now))
    if 0 < form.seen < deal.offer_number:
        seen = queries.offer_of(session, deal.id, form.seen)
        last = queries.offer_of(session, deal.id, deal.offer_number)
        form.changed = said_differences(compare(queries.text_of(seen), queries.text_of(last)))
        form.errors = {"": _moved(form.seen, deal.offer_number)} | form.errors
        form.seen = deal.offer_number


def _moved(seen: int, current: int) -> str:
    return gettext(
        "Offer %(current)s came since you began to answer offer %(seen)s. What you wrote is kept: "
        "look at what changed, and send yours when it still stands.",
        current=str(current),
        seen=str(seen),
    )


@bp.post("/deals/<uuid:deal_id>/offer")
@guard(signed_in)
@body_limit(MB)
def answer(deal_id: UUID) -> Response | str | tuple[str, int]:
    sent = request.form
    with unit_of_work() as session:
        access = access_of(session, deal_id)
        policy.check_may(access.standing, Do.OFFER)
        form = Form(
            plain=sent_offer(sent),
            deal=access.deal,
            seen=_whole(sent.get("seen")),
            version=_whole(sent.get("version")),
        )
        if form.seen == access.deal.offer_number or sent.get("do", "send") != "send":
            _beside(session, form)
    if (done := _beside_sending(form, deal_id)) is not None:
        return done
    if form.errors:
        return _render(form, 422)
    try:
        with unit_of_work() as session:
            cmd = MakeOffer(deal_id, form.seen, form.plain)
            made = commands.make_offer(session, cmd, actor=current_actor(), now=clock.now())
            number = made.number
    except DealUnknown:
        raise
    except DealMovedOn:
        with unit_of_work() as session:
            form.deal = access_of(session, deal_id).deal
            _beside(session, form)
        return _render(form, 409)
    except IdealsError as error:
        form.errors = _errors(error)
        return _render(form, 409)
    flash(gettext("Sent: offer %(number)s is on the table.", number=str(number)), "good")
    return redirect(url_for("deal_pages.deal", deal_id=deal_id), 303)


# Buttons beside sending -----------------------------------------------------------------------


def _beside_sending(form: Form, deal_id: UUID | None) -> Response | str | tuple[str, int] | None:
    """Add, take out, keep, throw away; `None`: to be sent, and `errors` say what is wrong."""
    do, _, what = request.form.get("do", "send").partition(":")
    match do:
        case "add":
            form.plain["terms"] = terms_in(form.plain)
            kind = request.form.get("add", "")
            if kind in set(TermKind):
                form.plain["terms"].append(new_term(TermKind(kind)))
                form.go_to = f"terms-{len(form.plain['terms']) - 1}"
            return _render(form)
        case "remove":
            terms = terms_in(form.plain)
            if what.isdecimal() and int(what) < len(terms):
                del terms[int(what)]
            form.plain["terms"], form.go_to = terms, "terms"
            return _render(form)
        case "draft":
            return _keep(form, deal_id)
        case "drop":
            with unit_of_work() as session:
                commands.drop_draft(
                    session, DropDraft(deal_id), actor=current_actor(), now=clock.now()
                )
            flash(gettext("The draft is gone."), "good")
            if deal_id is None:
                return redirect(url_for("deal_list_pages.deals"), 303)
            return redirect(url_for("deal_pages.deal", deal_id=deal_id), 303)
    found = checked(form.plain, today(), begins_from=_begins_from(form))
    if not isinstance(found, OfferText):
        form.errors |= errors_of(found, said)
    if form.deal is None and not form.subject:
        form.errors = {"subject": gettext("Give it a name.")} | form.errors
    return None


def _begins_from(form: Form) -> date:
    with unit_of_work() as session:
        if form.deal is not None:
            return begins_from(session, form.deal, today())
        if form.before_hiring and form.employee is not None:
            return promised_from(session, form.employee.id, today())
    return today()


def _keep(form: Form, deal_id: UUID | None) -> Response | tuple[str, int]:
    text = {**form.plain}
    if deal_id is None and form.subject:
        text["subject"] = form.subject
    if deal_id is None and form.template:
        text["template"] = form.template
    cmd = SaveDraft(deal_id, form.seen, text, form.version)
    try:
        with unit_of_work() as session:
            commands.save_draft(session, cmd, actor=current_actor(), now=clock.now())
    except DealUnknown:
        raise
    except IdealsError as error:
        form.errors = _errors(error)
        return _render(form, 409)
    flash(gettext("Kept as your draft. Nobody else sees it."), "good")
    if deal_id is None:
        return redirect(url_for("deal_form_pages.begin"), 303)
    return redirect(url_for("deal_form_pages.counter", deal_id=deal_id), 303)
