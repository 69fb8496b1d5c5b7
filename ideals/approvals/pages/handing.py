"""Hand a request over: look for a person, say why."""

from __future__ import annotations

from uuid import UUID

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from ideals.approvals import commands, queries
from ideals.approvals.commands import Decide
from ideals.approvals.errors import AlreadyDecided, CannotHandOver, MayNotDecide, ReasonTooLong
from ideals.approvals.pages.inbox import bp, too_late
from ideals.approvals.pages.lines import lines_about, today
from ideals.approvals.states import Decision
from ideals.db import unit_of_work
from ideals.kernel import clock
from ideals.people.queries.organisation import colleagues
from ideals.web.actor import current_actor
from ideals.web.errors import words_for
from ideals.web.guards import guard, signed_in


@bp.get("/approvals/<uuid:approval_id>/hand-over")
@guard(signed_in)
def choose(approval_id: UUID) -> str | Response:
    with unit_of_work() as session:
        found = _mine(session, approval_id)
        if found is None:
            return redirect(url_for("approval_pages.approval", approval_id=approval_id), 303)
        return _page(session, approval_id)


@bp.post("/approvals/<uuid:approval_id>/hand-over")
@guard(signed_in)
def hand_over(approval_id: UUID) -> Response | tuple[str, int]:
    to, reason = request.form.get("to", "").strip(), request.form.get("reason", "")
    cmd = Decide(approval_id, Decision.HAND_OVER, reason, to)
    try:
        with unit_of_work() as session:
            commands.decide(session, cmd, actor=current_actor(), now=clock.now())
    except (CannotHandOver, ReasonTooLong) as error:
        said = words_for(error) if to else gettext("Choose who gets it.")
        field = "to" if isinstance(error, CannotHandOver) else "reason"
        with unit_of_work() as session:
            return _page(session, approval_id, errors={field: said}, to=to, reason=reason), 422
    except AlreadyDecided as error:
        flash(too_late(error), "wait")
        return redirect(url_for("approval_pages.approval", approval_id=approval_id), 303)
    flash(gettext("Handed over: they have been told, and it is no longer with you."), "good")
    return redirect(url_for("approval_pages.inbox"), 303)


def _mine(session: Session, approval_id: UUID) -> UUID | None:
    """The same id, when it is the reader's to decide."""
    actor = current_actor()
    approval = queries.access_approval(session, approval_id, actor=actor, today=today())
    steps = queries.steps_of(session, [approval])[approval.id]
    turn = queries.can_decide(session, approval, steps, actor=actor, today=today())
    return approval.id if turn else None


def _page(
    session: Session,
    approval_id: UUID,
    *,
    errors: dict[str, str] | None = None,
    to: str = "",
    reason: str = "",
) -> str:
    actor = current_actor()
    approval = queries.access_approval(session, approval_id, actor=actor, today=today())
    if _mine(session, approval_id) is None:
        raise MayNotDecide
    search = request.values.get("search", "").strip()
    found = colleagues(session, search, actor=actor, today=today()) if search else []
    line = lines_about(session, [approval])[0]
    return render_template(
        "approvals/hand_over.html",
        line=line,
        search=search,
        found=[person for person in found if person.number != line.names.number],
        errors=errors or {},
        to=to,
        reason=reason,
    )
