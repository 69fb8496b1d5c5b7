"""Who decides in whose place: everybody's own, and all of them for HR."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any
from uuid import UUID

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext, lazy_gettext
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from ideals.approvals.commands import delegations as commands
from ideals.approvals.commands.delegations import Delegate, EndDelegation
from ideals.approvals.errors import DelegationOver
from ideals.approvals.models import Delegation
from ideals.approvals.pages import words
from ideals.approvals.pages.lines import today
from ideals.approvals.queries import delegations as queries
from ideals.approvals.queries.delegations import DelegationLine
from ideals.approvals.states import DelegationState, Kind
from ideals.db import unit_of_work
from ideals.kernel import clock
from ideals.kernel.actor import Role
from ideals.kernel.errors import IdealsError
from ideals.kernel.ids import new_id
from ideals.notices.queries import Words
from ideals.people import queries as people
from ideals.people.queries.organisation import colleagues
from ideals.web import formats
from ideals.web.actor import current_actor
from ideals.web.cursors import Page, page_request, paginate
from ideals.web.errors import register_words, words_for
from ideals.web.guards import guard, role, signed_in
from ideals.web.shell import NavItem, settings_pages

bp = Blueprint("standing_in_pages", __name__, template_folder="../templates")
settings_pages.register(
    "20-standing-in",
    NavItem(lazy_gettext("Who stands in for you"), "standing_in_pages.mine", employee=True),
)
only_hr = role(Role.HR)
PAGE = 50
STATES = {
    DelegationState.COMING: (lazy_gettext("to come"), "wait"),
    DelegationState.IN_FORCE: (lazy_gettext("now"), "good"),
    DelegationState.OVER: (lazy_gettext("over"), "plain"),
    DelegationState.ENDED: (lazy_gettext("ended early"), "plain"),
}
PERIODS = {
    "in_the_past": lazy_gettext(
        "Begin today or later: what was decided before was decided without."
    ),
    "before_it_begins": lazy_gettext("The last day comes before the first one."),
    "too_long": lazy_gettext("At most a year: after that somebody else has the work."),
}
register_words("delegation_unknown", lazy_gettext("There is no such delegation that you may see."))
register_words("stand_in_is_oneself", lazy_gettext("Choose somebody else than yourself."))
register_words(
    "stand_in_cannot_sign_in",
    lazy_gettext("They cannot sign in here yet: ask HR to invite them, or choose somebody else."),
)
register_words(
    "not_in_anothers_place",
    lazy_gettext("Nobody puts themselves in another's place; a colleague of HR can do it."),
)
register_words(
    "stands_in_already",
    lazy_gettext(
        "They stand in already from %(from)s through %(until)s. End that first, or choose days "
        "after it."
    ),
)
register_words("delegation_kinds_missing", lazy_gettext("Choose at least one kind."))


@bp.get("/standing-in")
@guard(signed_in)
def mine() -> str:
    """Who stands in for me, for whom I do, and what was."""
    with unit_of_work() as session:
        return _page(session)


@bp.post("/standing-in")
@guard(signed_in)
def start() -> Response | tuple[str, int]:
    try:
        cmd = _asked()
        with unit_of_work() as session:
            commands.delegate(session, cmd, actor=current_actor(), now=clock.now())
    except _Unsaid as wrong:
        with unit_of_work() as session:
            return _page(session, {wrong.field: wrong.said}), 422
    except IdealsError as error:
        with unit_of_work() as session:
            return _page(session, {_field(error): said_of(error)}), 422
    flash(gettext("Arranged: they have been told."), "good")
    return redirect(url_for("standing_in_pages.mine"), 303)


@bp.get("/standing-in/<uuid:delegation_id>")
@guard(signed_in)
def delegation(delegation_id: UUID) -> str:
    """Who made and ended it, and what ending it would do: for both whom it concerns, and HR."""
    actor = current_actor()
    with unit_of_work() as session:
        line = queries.access_delegation(session, delegation_id, actor=actor, today=today())
    return render_template(
        "approvals/delegation.html",
        line=line,
        state=STATES[line.state],
        counts=line.state in (DelegationState.COMING, DelegationState.IN_FORCE),
        theirs=actor.employee_id in (line.from_id, line.to_id),
        kinds_of=kinds_of,
    )


@bp.post("/standing-in/<uuid:delegation_id>/end")
@guard(signed_in)
def end(delegation_id: UUID) -> Response:
    cmd = EndDelegation(delegation_id)
    try:
        with unit_of_work() as session:
            commands.end_delegation(session, cmd, actor=current_actor(), now=clock.now())
    except DelegationOver as over:
        day = formats.day(date.fromisoformat(over.data["until"]))
        flash(gettext("It was over by itself on %(day)s.", day=day), "wait")
    else:
        flash(gettext("Ended. What was decided until now stays decided."), "good")
    back = "every" if request.form.get("back") == "every" else "mine"
    return redirect(url_for(f"standing_in_pages.{back}"), 303)


@bp.get("/standing-in/all")
@guard(only_hr)
def every() -> str:
    """Of everybody, made last first."""
    search, asked = request.args.get("search", ""), request.args.get("state", "")
    state = DelegationState(asked) if asked in set(DelegationState) else None
    day = today()
    with unit_of_work() as session:
        page = _paged(
            session,
            queries.every_delegation(actor=current_actor(), today=day, search=search, state=state),
            day,
        )
    return render_template(
        "approvals/delegations.html",
        page=page,
        search=search,
        state=state,
        states=STATES,
        options=[("", gettext("All")), *((each.value, said) for each, (said, _) in STATES.items())],
        kinds_of=kinds_of,
    )


# --- putting it together ----------------------------------------------------------------------


class _Unsaid(Exception):
    """A field of the form that says nothing yet."""

    def __init__(self, field: str, said: str) -> None:
        self.field, self.said = field, said


def _asked() -> Delegate:
    form = request.form
    kinds = [Kind(each) for each in form.getlist("kinds") if each in set(Kind)]
    whose, to = form.get("employee", "").strip(), form.get("to", "").strip()
    if not to:
        raise _Unsaid("to", gettext("Look for somebody and choose them."))
    return Delegate(
        UUID(form["id"]) if _is_id(form.get("id", "")) else new_id(),
        to=to,
        from_on=_day("from"),
        until_on=_day("until"),
        kinds=kinds,
        for_number=whose or None,
    )


def _is_id(text: str) -> bool:
    try:
        UUID(text)
    except ValueError:
        return False
    return True


def _day(field: str) -> date:
    try:
        return date.fromisoformat(request.form.get(field, ""))
    except ValueError:
        raise _Unsaid(field, gettext("Give a day.")) from None


def _field(error: IdealsError) -> str:
    """Where the form shows it; empty for the form as a whole."""
    if error.code == "delegation_kinds_missing":
        return "kinds"
    return str(error.data.get("field", ""))


def said_of(error: IdealsError) -> str:
    if error.code == "delegation_period_wrong":
        return str(PERIODS[error.data["wrong"]])
    for name in ("from", "until"):
        if name in error.data:
            error.data[name] = formats.day(date.fromisoformat(error.data[name]))
    return words_for(error)


def _page(session: Session, errors: Mapping[str, str] | None = None) -> str:
    actor, day = current_actor(), today()
    search = request.values.get("search", "").strip()
    found = colleagues(session, search, actor=actor, today=day) if search else []
    own = _own_number(session)
    counting = queries.still_counting(session, actor=actor, today=day)
    return render_template(
        "approvals/standing_in.html",
        counting=counting,
        page=_paged(session, queries.past(actor=actor, today=day), day),
        me=actor.employee_id,
        hr=actor.has(Role.HR),
        search=search,
        found=[person for person in found if person.number != own],
        kinds=words.KINDS,
        ticked=request.form.getlist("kinds") if request.method == "POST" else list(Kind),
        given=request.values,
        today=day,
        id=request.form.get("id") or new_id(),
        states=STATES,
        kinds_of=kinds_of,
        errors=errors or {},
    )


def _own_number(session: Session) -> str | None:
    if current_actor().employee_id is None:
        return None
    return people.own_employee(session, actor=current_actor()).number


def _paged(session: Session, found: Any, day: date) -> Page[DelegationLine]:
    keys = (Delegation.made_at, Delegation.id)
    asked = page_request(limit=PAGE)
    return paginate(
        session, found, asked, *keys, descending=True, show=lambda row: queries.shown(row, day)
    )


def kinds_of(line: DelegationLine) -> str:
    if line.kinds is None:
        return str(gettext("everything"))
    return ", ".join(str(words.KINDS[kind]) for kind in line.kinds)


# Messages


def notice_words(kind: str, data: Mapping[str, Any], language: str) -> Words:
    del language  # the request's, or the mail's, by now
    period = {
        "first": formats.day(date.fromisoformat(data["from"])),
        "last": formats.day(date.fromisoformat(data["until"])),
    }
    names = {"principal": data["principal"], "deputy": data["deputy"]}
    if kind == commands.STARTED:
        title = gettext("You decide in the place of %(principal)s", **names)
        text = gettext(
            "From %(first)s through %(last)s you see what waits for them beside your own.", **period
        )
    elif kind == commands.MADE_FOR_YOU:
        title = gettext("%(deputy)s decides in your place", **names)
        text = gettext("From %(first)s through %(last)s. You can end it at any time.", **period)
    else:
        title = gettext("%(deputy)s decides in the place of %(principal)s no longer", **names)
        text = gettext("What was decided until now stays decided.")
    return Words(str(title), str(text), "/standing-in", str(gettext("See who stands in")))
