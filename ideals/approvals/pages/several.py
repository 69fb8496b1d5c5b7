"""Several requests decided at once, where the list alone says enough; each by itself."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from ideals.approvals import commands, queries, rules
from ideals.approvals.commands import Decide
from ideals.approvals.errors import AlreadyDecided, ReasonMissing, ReasonTooLong
from ideals.approvals.models import Approval, ApprovalStep
from ideals.approvals.pages import words
from ideals.approvals.pages.inbox import PAGE, bp
from ideals.approvals.pages.lines import Line, lines_about, lines_of, today
from ideals.approvals.states import Decision
from ideals.db import unit_of_work
from ideals.kernel import clock
from ideals.kernel.actor import SYSTEM
from ideals.kernel.errors import IdealsError
from ideals.kernel.money import Money
from ideals.web import formats
from ideals.web.actor import current_actor
from ideals.web.errors import words_for
from ideals.web.guards import guard, signed_in


@dataclass(frozen=True, slots=True)
class Came:
    """What became of one of them."""

    id: UUID
    title: str
    employee: str | None
    said: str
    tone: str


@dataclass(frozen=True, slots=True)
class Chosen:
    """`together`: of one kind, and plain; `alone`: to be looked at one by one; `gone`: no longer
    the reader's to decide."""

    together: Sequence[Line]
    alone: Sequence[Line]
    gone: Sequence[Came]

    @property
    def cost(self) -> Money:
        return Money(sum(line.told.cost.minor for line in self.together if line.told.cost))


@bp.post("/approvals/several")
@guard(signed_in)
def several() -> str | Response | tuple[str, int]:
    """First what was chosen and what it costs together; then, decided, what became of each."""
    decision = _DECISIONS.get(request.form.get("decision", ""))
    reason = request.form.get("reason", "")
    with unit_of_work() as session:
        chosen = _chosen(session, _ids())
    if not (chosen.together or chosen.alone or chosen.gone):
        flash(gettext("Choose some of the requests first."), "wait")
        return redirect(url_for("approval_pages.inbox"), 303)
    if decision is None or not chosen.together:
        return _look(chosen)
    try:
        rules.checked_reason(decision, reason)
    except (ReasonMissing, ReasonTooLong) as error:
        return _look(chosen, errors={"reason": words_for(error)}, reason=reason), 422
    came = [_decide(line, decision, reason) for line in chosen.together]
    done = sum(each.tone == "good" for each in came)
    return render_template(
        "approvals/several_done.html", came=[*came, *chosen.gone], done=done, alone=chosen.alone
    )


_DECISIONS = {each.value: each for each in (Decision.APPROVE, Decision.REFUSE)}


def _ids() -> list[UUID]:
    ids = []
    for text in request.form.getlist("approval")[:PAGE]:
        try:
            ids.append(UUID(text))
        except ValueError:
            continue
    return ids


def _chosen(session: Session, ids: Sequence[UUID]) -> Chosen:
    """What of it still waits for the reader. The kind of the first counts."""
    waiting = queries.waiting_for(session, actor=current_actor(), today=today())
    theirs = waiting.where(ApprovalStep.approval_id.in_(ids))
    steps: dict[UUID, ApprovalStep] = {}
    for step in session.scalars(theirs.order_by(ApprovalStep.due_on, ApprovalStep.id)):
        steps.setdefault(step.approval_id, step)
    lines = lines_of(session, list(steps.values()))
    kind = next((line.approval.kind for line in lines if line.plain), None)
    together = [line for line in lines if line.plain and line.approval.kind == kind]
    alone = [line for line in lines if line not in together]
    seen = queries.visible_to(session, actor=current_actor(), today=today())
    others = session.scalars(
        seen.where(Approval.id.in_([id_ for id_ in ids if id_ not in steps])).order_by(Approval.id)
    )
    return Chosen(together, alone, [_gone(line) for line in lines_about(session, others.all())])


def _gone(line: Line) -> Came:
    """Somebody was faster, or it went elsewhere."""
    approval, ended = line.approval, line.approval.ended_at
    if ended is not None:
        said = _late(line.names.ender or "", ended)
    else:
        said = str(gettext("not with you just now"))
    return Came(approval.id, line.told.title, line.names.employee, said, "wait")


def _look(chosen: Chosen, *, errors: dict[str, str] | None = None, reason: str = "") -> str:
    return render_template(
        "approvals/several.html", chosen=chosen, errors=errors or {}, reason=reason
    )


def _decide(line: Line, decision: Decision, reason: str) -> Came:
    """In a transaction of its own: what one refuses leaves the others be."""
    assert line.step is not None  # noqa: S101  it is one that waits
    cmd = Decide(line.approval.id, decision, reason, step_id=line.step.id)
    try:
        with unit_of_work() as session:
            decided = commands.decide(session, cmd, actor=current_actor(), now=clock.now())
            said, tone = words.done(decision, decided), "good"
    except AlreadyDecided as error:
        at = datetime.fromisoformat(error.data["at"])
        said, tone = _late(error.data["by"], at), "wait"
    except IdealsError as error:
        said, tone = words_for(error), "bad"
    return Came(line.approval.id, line.told.title, line.names.employee, said, tone)


def _late(by: str, at: datetime) -> str:
    """`by` may be the clock."""
    if by == SYSTEM.name:
        return str(gettext("came too late: it ended on %(at)s", at=formats.at(at)))
    return str(gettext("came too late: %(name)s was first, on %(at)s", name=by, at=formats.at(at)))
