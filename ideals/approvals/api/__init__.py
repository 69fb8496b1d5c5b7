"""`/api/v1`: what waits for a decision, and deciding it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from flask import url_for
from sqlalchemy.orm import Session

from ideals.approvals import commands, queries
from ideals.approvals.commands import Decide
from ideals.approvals.models import Approval
from ideals.approvals.queries import Fact
from ideals.approvals.schemas import ApprovalOut, ApprovalsIn, DecisionIn
from ideals.approvals.states import Decision, Kind, State, Who
from ideals.config import Settings
from ideals.db import unit_of_work
from ideals.kernel import clock
from ideals.kernel.money import Money
from ideals.web.actor import current_actor
from ideals.web.api import Blueprint, creates
from ideals.web.cursors import Page, PageRequest, page_of, paginate
from ideals.web.guards import guard, signed_in
from ideals.web.language import language

bp = Blueprint(
    "approvals", __name__, url_prefix="/api/v1", description="Decisions that somebody must take"
)


@dataclass(frozen=True, slots=True)
class View:
    """An approval with its subject and its people in words."""

    id: UUID
    kind: Kind
    subject: str
    state: State
    title: str
    lines: Sequence[Fact]
    cost: Money | None
    href: str | None
    employee: str | None
    who: Who
    manager: str | None
    why_hr: str | None
    asked_at: datetime
    asked_by: str
    due_on: date
    ended_at: datetime | None
    ended_by: str | None
    reason: str | None


def _views(session: Session, approvals: Sequence[Approval]) -> list[View]:
    told = queries.told(session, approvals, language())
    names = queries.names_of(session, approvals)
    return [
        View(
            id=each.id,
            kind=Kind(each.kind),
            subject=each.subject,
            state=State(each.state),
            title=told[each.subject].title,
            lines=told[each.subject].lines,
            cost=told[each.subject].cost,
            href=told[each.subject].href,
            employee=names[each.id].number,
            who=Who(each.who),
            manager=names[each.id].approver,
            why_hr=each.why_hr,
            asked_at=each.asked_at,
            asked_by=names[each.id].asker,
            due_on=each.due_on,
            ended_at=each.ended_at,
            ended_by=names[each.id].ender,
            reason=each.reason,
        )
        for each in approvals
    ]


@bp.get("/approvals")
@guard(signed_in)
@bp.arguments(ApprovalsIn, location="query", as_kwargs=True)
@bp.response(200, page_of(ApprovalOut))
def approvals(page: PageRequest, waiting: str | None = None) -> Page[View]:
    """What you may see, asked last first; with `waiting=me` what you can decide now."""
    actor = current_actor()
    with unit_of_work() as session:
        if waiting:
            today = clock.now().astimezone(Settings.read().zone).date()
            rows = queries.waiting_for(actor=actor, today=today)
            found = paginate(session, rows, page, Approval.due_on, Approval.id)
        else:
            rows = queries.visible_to(actor=actor)
            found = paginate(session, rows, page, Approval.asked_at, Approval.id, descending=True)
        return Page(_views(session, found.items), found.next)


@bp.get("/approvals/<uuid:approval_id>")
@guard(signed_in)
@bp.response(200, ApprovalOut)
def approval(approval_id: UUID) -> View:
    """One of them: for whom it is about, who asked, the manager it is with, and HR."""
    with unit_of_work() as session:
        found = queries.access_approval(session, approval_id, actor=current_actor())
        return _views(session, [found])[0]


@bp.post("/approvals/<uuid:approval_id>/decisions")
@guard(signed_in)
@bp.arguments(DecisionIn, as_kwargs=True)
@creates(bp, ApprovalOut, location=lambda view: url_for("approvals.approval", approval_id=view.id))
def decide(session: Session, approval_id: UUID, decision: Decision, reason: str | None) -> View:
    """Approve or refuse. A refusal needs a reason; a task (`todo`) is done or not needed."""
    cmd = Decide(approval_id, decision, reason)
    decided = commands.decide(session, cmd, actor=current_actor(), now=clock.now())
    return _views(session, [decided])[0]
