"""`/api/v1`: what waits for a decision, and deciding it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from flask import url_for
from sqlalchemy.orm import Session

from ideals.approvals import commands, queries
from ideals.approvals.commands import Answer, Decide
from ideals.approvals.models import Approval, ApprovalStep
from ideals.approvals.queries import Fact, Names, Told
from ideals.approvals.rules import Mode, StepState, Then
from ideals.approvals.schemas import AnswerIn, ApprovalOut, ApprovalsIn, DecisionIn
from ideals.approvals.states import Decision, Kind, State
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
class StepView:
    """A step with whom it is with, in whose place it was decided, and what then."""

    id: int
    stage: int
    mode: Mode
    state: StepState
    who: str
    person: str | None
    role: str | None
    why: str | None
    due_on: date | None
    then: Then
    decided_at: datetime | None
    decided_by: str | None
    decided_for: str | None
    reason: str | None


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
    effect: str
    case: str
    asked_at: datetime
    asked_by: str
    due_on: date | None
    steps: Sequence[StepView]
    mine: int | None
    ended_at: datetime | None
    ended_by: str | None
    reason: str | None


def _views(session: Session, approvals: Sequence[Approval]) -> list[View]:
    told = queries.told(session, approvals, language())
    names = queries.names_of(session, approvals)
    steps = queries.steps_of(session, approvals)
    every = [step for each in steps.values() for step in each]
    people = queries.people_named(
        session,
        [
            id_
            for step in every
            for id_ in (step.approver_id, step.decided_by_employee_id, step.decided_for_id)
        ],
    )
    return [
        _view(session, each, told[each.subject], names[each.id], steps[each.id], people)
        for each in approvals
    ]


def _view(
    session: Session,
    approval: Approval,
    told: Told,
    names: Names,
    steps: Sequence[ApprovalStep],
    people: Mapping[int, str],
) -> View:
    now = queries.now_with(steps)
    turn = queries.can_decide(session, approval, steps, actor=current_actor(), today=_today())
    return View(
        id=approval.id,
        kind=Kind(approval.kind),
        subject=approval.subject,
        state=State(approval.state),
        title=told.title,
        lines=told.lines,
        cost=told.cost,
        href=told.href,
        employee=names.number,
        effect=approval.effect,
        case=approval.case_code,
        asked_at=approval.asked_at,
        asked_by=names.asker,
        due_on=now.due_on if now else None,
        steps=[_step(step, people) for step in steps],
        mine=turn.step_id if turn else None,
        ended_at=approval.ended_at,
        ended_by=names.ender,
        reason=approval.reason,
    )


def _step(step: ApprovalStep, people: Mapping[int, str]) -> StepView:
    def name(id_: int | None) -> str | None:
        return None if id_ is None else people.get(id_)

    return StepView(
        id=step.id,
        stage=step.stage,
        mode=Mode(step.mode),
        state=StepState(step.state),
        who=step.rule["who"],
        person=name(step.approver_id),
        role=step.role,
        why=step.why,
        due_on=step.due_on,
        then=Then(step.rule["then"]),
        decided_at=step.decided_at,
        decided_by=name(step.decided_by_employee_id) or step.decided_by,
        decided_for=name(step.decided_for_id),
        reason=step.reason,
    )


def _today() -> date:
    return clock.now().astimezone(Settings.read().zone).date()


@bp.get("/approvals")
@guard(signed_in)
@bp.arguments(ApprovalsIn, location="query", as_kwargs=True)
@bp.response(200, page_of(ApprovalOut))
def approvals(page: PageRequest, waiting: str | None = None) -> Page[View]:
    """What you may see, asked last first; with `waiting=me` what you can decide now."""
    actor = current_actor()
    with unit_of_work() as session:
        if waiting:
            steps = queries.waiting_for(session, actor=actor, today=_today())
            turns = paginate(session, steps, page, ApprovalStep.due_on, ApprovalStep.id)
            by_id = queries.approvals_of(session, turns.items)
            # Of several steps of one approval the first: it is one question.
            ids = dict.fromkeys(step.approval_id for step in turns.items)
            return Page(_views(session, [by_id[id_] for id_ in ids]), turns.next)
        rows = queries.visible_to(session, actor=actor, today=_today())
        found = paginate(session, rows, page, Approval.asked_at, Approval.id, descending=True)
        return Page(_views(session, found.items), found.next)


@bp.get("/approvals/<uuid:approval_id>")
@guard(signed_in)
@bp.response(200, ApprovalOut)
def approval(approval_id: UUID) -> View:
    """One of them: for whom it is about, who asked, who has or had a step of it, and HR."""
    with unit_of_work() as session:
        found = queries.access_approval(session, approval_id, actor=current_actor(), today=_today())
        return _views(session, [found])[0]


@bp.post("/approvals/<uuid:approval_id>/decisions")
@guard(signed_in)
@bp.arguments(DecisionIn, as_kwargs=True)
@creates(bp, ApprovalOut, location=lambda view: url_for("approvals.approval", approval_id=view.id))
def decide(
    session: Session,
    approval_id: UUID,
    decision: Decision,
    reason: str | None,
    to: str | None,
    step: int | None,
) -> View:
    """Approve, refuse, ask who asked a question, or hand it over to an employee (`to`).

    A refusal and a question need a reason; a task (`todo`) is done or not needed.
    """
    cmd = Decide(approval_id, decision, reason, to, step)
    decided = commands.decide(session, cmd, actor=current_actor(), now=clock.now())
    return _views(session, [decided])[0]


@bp.post("/approvals/<uuid:approval_id>/answers")
@guard(signed_in)
@bp.arguments(AnswerIn, as_kwargs=True)
@creates(bp, ApprovalOut, location=lambda view: url_for("approvals.approval", approval_id=view.id))
def answer(session: Session, approval_id: UUID, text: str, step: int | None) -> View:
    """Answer a question that was put to you: its days go on."""
    cmd = Answer(approval_id, text, step)
    answered = commands.answer(session, cmd, actor=current_actor(), now=clock.now())
    return _views(session, [answered])[0]
