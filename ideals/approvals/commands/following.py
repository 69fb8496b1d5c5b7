"""A step follows its people: to whom its policy names today, when who has it left or is that no
more. What was given to somebody by name, by hand or by the clock, stays theirs while they are here.

A decision that finds the step with somebody else is refused, and undoes what it found: whatever
takes a step from its people has to be announced here, or seen by the clock.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy.orm import Session

from ideals import outbox
from ideals.approvals.commands import finding, going
from ideals.approvals.commands.finding import Holder
from ideals.approvals.models import Approval, ApprovalStep
from ideals.approvals.queries import standing_in
from ideals.approvals.rules import StepAct, StepState, step_after
from ideals.approvals.states import Happened, Why
from ideals.kernel.actor import SYSTEM

FOLLOW = "approvals.follow"
GIVEN = (Why.HANDED_OVER, Why.ESCALATED)


def let_others_follow(session: Session, spent_by: ApprovalStep, *, now: datetime) -> None:
    """Those that wait for the same mandate, which covers them no more."""
    if spent_by.mandate_unit_id is None:
        return
    ids = standing_in.no_longer_covered(session, spent_by.mandate_unit_id, going.day_of(now).year)
    if ids:
        outbox.announce_each(session, FOLLOW, [{"step": step_id} for step_id in ids])


def follow_all(
    session: Session, approval: Approval, steps: Iterable[ApprovalStep], *, now: datetime
) -> None:
    """For who holds the approval's lock: an act must not rest on who was who at the last look."""
    for step in steps:
        follow_one(session, approval, step, now=now)


def follow_one(session: Session, approval: Approval, step: ApprovalStep, *, now: datetime) -> None:
    """What a role has stays there: somebody holds it, or HR does."""
    if step.approver_id is None or step.state not in (StepState.OPEN, StepState.ASKED):
        return
    matter, today = going.matter_of(session, approval), going.day_of(now)
    barred = finding.barred_by(session, step.approver_id, matter, today)
    if barred is None and step.why in GIVEN:
        return
    who = going.step_of(step.rule).who
    if barred is None and finding.still_reaches(
        session, who, step.approver_id, step.mandate_unit_id, matter, today
    ):
        return
    holder = finding.find(session, who, matter, today)
    if holder.employee_id == step.approver_id:
        step.mandate_unit_id = holder.mandate_unit_id
        return
    why = barred or Why.MOVED
    step.state = step_after(StepState(step.state), StepAct.MOVE)
    going.note(
        session,
        approval,
        Happened.MOVED,
        step=step,
        to_id=holder.employee_id,
        to_role=holder.role,
        why=why,
        actor=SYSTEM,
        now=now,
    )
    going.record(session, "approvals.moved", approval, actor=SYSTEM, now=now)
    going.close(session, step, now=now)
    holder = Holder(holder.employee_id, holder.role, holder.why or why, holder.mandate_unit_id)
    going.give(session, approval, step, holder, days=step.days_left, now=now)
