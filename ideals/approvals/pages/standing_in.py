"""Who stands in for whom: one's own, one of them with its end, making one, and all for HR."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any
from uuid import UUID

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from ideals.approvals import policy
from ideals.approvals.commands.delegations import (
    Delegate,
    EndDelegation,
    delegate,
    end_delegation,
)
from ideals.approvals.errors import DelegationOver, OnlyHrForOthers
from ideals.approvals.models import Delegation
from ideals.approvals.pages import standing_words as words
from ideals.approvals.pages.lines import today
from ideals.approvals.queries import delegations as queries
from ideals.approvals.queries.delegations import DelegationLine
from ideals.approvals.states import DelegationState, Kind
from ideals.db import unit_of_work
from ideals.kernel import clock
from ideals.kernel.actor import Role
from ideals.kernel.errors import IdealsError
from ideals.kernel.ids import new_id
from ideals.people import queries as people
from ideals.people.models import Employee
from ideals.people.queries.organisation import Colleague, colleagues
from ideals.web import formats
from ideals.web.actor import current_actor
from ideals.web.cursors import page_request, paginate
from ideals.web.guards import guard, role, signed_in

bp = Blueprint(
    "standing_in_pages", __name__, url_prefix="/approvals/standing-in", template_folder="../templates"
)
only_hr = role(Role.HR)
PAGE = 25
PAGE_OF_ALL = 50


@bp.get("")
@guard(signed_in)
def mine() -> str:
    """Who stands in for me, for whom I do, and what was before."""
    actor, day = current_actor(), today()
    with unit_of_work() as session:
        counting = queries.still_counting(session, actor=actor, today=day)
        past = paginate(
            session,
            queries.past(actor=actor, today=day),
            page_request(limit=PAGE),
            Delegation.made_at,
            Delegation.id,
            descending=True,
            show=lambda row: queries.shown(row, day),
        )
    me = actor.employee_id
    return render_template(
        "approvals/standing_in.html",
        for_me=[line for line in counting if line.from_id == me],
        by_me=[line for line in counting if line.to_id == me],
        past=past,
        me=me,
        hr=actor.has(Role.HR),
        words=words,
    )


# One, and its end


@bp.get("/<uuid:delegation_id>")
@guard(signed_in)
def one(delegation_id: UUID) -> str:
    """What it says, who made it, and what ending it would do."""
    actor, day = current_actor(), today()
    with unit_of_work() as session:
        line = queries.access_delegation(session, delegation_id, actor=actor, today=day)
    return render_template(
        "approvals/standing_in_one.html",
        line=line,
        me=actor.employee_id,
        counts=line.state in (DelegationState.COMING, DelegationState.IN_FORCE),
        words=words,
    )


@bp.post("/<uuid:delegation_id>/end")
@guard(signed_in)
def end(delegation_id: UUID) -> Response:
    actor = current_actor()
    try:
        with unit_of_work() as session:
            end_delegation(session, EndDelegation(delegation_id), actor=actor, now=clock.now())
            session.flush()  # reason: it is said as it is now
            line = queries.access_delegation(session, delegation_id, actor=actor, today=today())
    except DelegationOver as error:
        flash(words.said(error), "wait")
    else:
        flash(
            gettext(
                "Ended: %(deputy)s no longer stands in for %(principal)s.",
                deputy=line.deputy_name,
                principal=line.principal_name,
            ),
            "good",
        )
    return redirect(url_for("standing_in_pages.one", delegation_id=delegation_id), 303)


# Making one


@dataclass(frozen=True, slots=True)
class Written:
    """The form as it was filled in. `id` makes a second click harmless."""

    id: UUID
    to: str = ""
    from_on: str = ""
    until_on: str = ""
    chosen: bool = False
    kinds: Sequence[str] = field(default_factory=list)


@bp.get("/new")
@guard(signed_in)
def new() -> str:
    """For oneself; for HR with `?for=` for somebody else."""
    written = Written(new_id(), from_on=today().isoformat())
    with unit_of_work() as session:
        return _form(session, written)


@bp.post("/new")
@guard(signed_in)
def make() -> Response | tuple[str, int]:
    written = _written()
    wrong = _unreadable(written)
    for_number = request.values.get("for", "").strip() or None
    if not wrong:
        cmd = Delegate(
            written.id,
            written.to,
            date.fromisoformat(written.from_on),
            date.fromisoformat(written.until_on),
            [Kind(kind) for kind in written.kinds] if written.chosen else None,
            for_number,
        )
        try:
            return _make(cmd)
        except IdealsError as error:
            if "field" not in error.data:
                raise
            wrong = {str(error.data["field"]): words.said(error)}
    with unit_of_work() as session:
        return _form(session, written, wrong), 422


def _make(cmd: Delegate) -> Response:
    actor = current_actor()
    with unit_of_work() as session:
        made = delegate(session, cmd, actor=actor, now=clock.now())
        session.flush()  # reason: it is said as it is now
        line = queries.access_delegation(session, made.id, actor=actor, today=today())
    flash(words.summary(line), "good")
    own = line.from_id == actor.employee_id
    return redirect(url_for("standing_in_pages.mine" if own else "standing_in_pages.every"), 303)


def _written() -> Written:
    form = request.form
    try:
        id_ = UUID(form.get("id", ""))
    except ValueError:
        id_ = new_id()
    return Written(
        id_,
        form.get("to", "").strip(),
        form.get("from", ""),
        form.get("until", ""),
        form.get("scope") == "some",
        [kind for kind in form.getlist("kinds") if kind in set(Kind)],
    )


def _unreadable(written: Written) -> dict[str, str]:
    wrong = {} if written.to else {"to": str(gettext("Choose who stands in."))}
    for name, text in (("from", written.from_on), ("until", written.until_on)):
        try:
            date.fromisoformat(text)
        except ValueError:
            wrong[name] = str(gettext("Choose a day."))
    return wrong


def _form(session: Session, written: Written, errors: Mapping[str, str] | None = None) -> str:
    actor, day = current_actor(), today()
    for_number = request.values.get("for", "").strip()
    principal = _principal(session, for_number)
    search = request.values.get("search", "").strip()[:100]
    found = colleagues(session, search, actor=actor, today=day) if search else []
    return render_template(
        "approvals/standing_in_new.html",
        principal=principal,
        own=principal.id == actor.employee_id,
        search=search,
        found=_without(found, principal.number),
        written=written,
        kinds=words.KINDS,
        errors=dict(errors or {}),
        today=day,
    )


def _principal(session: Session, number: str) -> Employee:
    """Whose place it is. Whether a number exists is told to HR only."""
    actor = current_actor()
    if not number:
        if actor.employee_id is None:
            raise OnlyHrForOthers
        return people.own_employee(session, actor=actor)
    if not policy.may_delegate_for_others(actor):
        raise OnlyHrForOthers
    return people.access_employee(session, number, actor=actor, on=today())


def _without(found: Sequence[Colleague], *numbers: str) -> list[Colleague]:
    return [person for person in found if person.number not in numbers]


# For HR


@bp.get("/all")
@guard(only_hr)
def every() -> str:
    """Everybody's, made last first."""
    search = request.args.get("q", "").strip()[:100]
    asked, day = request.args.get("state", ""), today()
    state = DelegationState(asked) if asked in set(DelegationState) else None

    def show(row: Any) -> DelegationLine:
        return queries.shown(row, day)

    with unit_of_work() as session:
        page = paginate(
            session,
            queries.every_delegation(actor=current_actor(), today=day, search=search, state=state),
            page_request(limit=PAGE_OF_ALL),
            Delegation.made_at,
            Delegation.id,
            descending=True,
            show=show,
        )
    return render_template(
        "approvals/standing_in_all.html",
        page=page,
        search=search,
        state=state,
        anything=bool(search or state),
        words=words,
    )


@bp.get("/for")
@guard(only_hr)
def whose() -> str:
    """In whose place: look for the person first."""
    search = request.args.get("search", "").strip()[:100]
    with unit_of_work() as session:
        found = colleagues(session, search, actor=current_actor(), today=today()) if search else []
    return render_template("approvals/standing_in_whose.html", search=search, found=found)
