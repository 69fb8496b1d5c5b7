"""What the clock does to approvals, through the same road as people take.

A look finds the steps whose day has come and has each done in a transaction of its own, because
it may lock a month. Whatever is done says so on its step, so late, twice or after days of silence
comes to the same. People are followed by what changed of them since the last look, never by going
through what is open.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, false, func, or_, select, true
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from ideals import outbox
from ideals.approvals import queries
from ideals.approvals.commands import deciding, finding, following, going
from ideals.approvals.commands.finding import Holder
from ideals.approvals.commands.following import FOLLOW
from ideals.approvals.models import Approval, ApprovalStep, Look
from ideals.approvals.queries import standing_in
from ideals.approvals.rules import StepAct, StepState, Then
from ideals.approvals.states import Act, Happened, State, Why
from ideals.kernel.actor import Actor
from ideals.people import commands as people_commands
from ideals.people.models import Employment
from ideals.people.queries import units

ACT_ON_STEP = "approvals.act_on_step"
AT_A_TIME = 1000
"""Steps that one look takes."""
OVERLAP = timedelta(minutes=1)
"""What is learned carries the moment at which its request began, a little before its lock: so far
back a look reads again what the last one has read."""


def sweep(session: Session, *, zone: ZoneInfo, actor: Actor, now: datetime) -> None:
    """Announce every step whose day has come, and those whose people changed. Twice is once."""
    del actor
    today = now.astimezone(zone).date()
    due = session.scalars(
        select(ApprovalStep)
        .where(ApprovalStep.state == StepState.OPEN, ApprovalStep.next_on <= today)
        .order_by(ApprovalStep.next_on, ApprovalStep.id)
        .limit(AT_A_TIME)
        .with_for_update(skip_locked=True)
    ).all()
    for step in due:
        # Should what is announced be lost, tomorrow's look finds it again.
        step.next_on = going.next_day(today)
    outbox.announce_each(session, ACT_ON_STEP, [{"step": step.id} for step in due])
    _look_at_people(session, today, now=now)


def act_on_step(session: Session, step_id: int, *, actor: Actor, now: datetime) -> None:
    """Remind, or do what the policy says of a step that was not decided in time."""
    found = _locked(session, step_id)
    if found is None:
        return
    approval, steps = found
    step, today = steps[step_id], going.day_of(now)
    if step.state != StepState.OPEN or step.due_on is None:
        return
    if step.due_on >= today:
        _remind(session, approval, step, today, actor=actor, now=now)
    elif step.overdue_at is None:
        step.overdue_at, step.next_on = now, None
        _out_of_time(session, approval, steps, step, actor=actor, now=now)
    else:
        step.next_on = None


def _remind(
    session: Session,
    approval: Approval,
    step: ApprovalStep,
    today: date,
    *,
    actor: Actor,
    now: datetime,
) -> None:
    """Once; and the day after its last one it is looked at again."""
    assert step.due_on is not None  # noqa: S101  an open step has a last day
    step.next_on = going.next_day(step.due_on)
    opened = going.day_of(step.opened_at or now)
    days, week = going.calendar(), going.week_of(session, step.approver_id)
    remind_on = days.remind_on(step.due_on, opened, week)
    if step.reminded_at is not None or remind_on is None or today < remind_on:
        if step.reminded_at is None and remind_on is not None:
            step.next_on = remind_on
        return
    step.reminded_at = now
    going.note(session, approval, Happened.REMINDED, step=step, actor=actor, now=now)
    going.tell(session, approval, step, going.REMINDER, now=now)


def _out_of_time(
    session: Session,
    approval: Approval,
    steps: dict[int, ApprovalStep],
    step: ApprovalStep,
    *,
    actor: Actor,
    now: datetime,
) -> None:
    let_go = queries.EXPIRED.get(queries.word_of(approval.subject))
    if let_go is not None and let_go(session, approval, actor=actor, now=now):
        deciding.end_now(session, approval, Act.EXPIRE, None, actor=actor, now=now)
        return
    rule = going.step_of(step.rule)
    # Once it was passed on it waits there.
    then = Then.REMIND if step.why == Why.ESCALATED else rule.then
    match then:
        case Then.APPROVE:
            deciding.take(
                session, approval, steps, step, StepAct.APPROVE, None, actor=actor, now=now
            )
            _tell_who_had_it(session, approval, step, going.BY_CLOCK, now=now)
        case Then.REFUSE:
            no = going.NO_TIME
            deciding.take(session, approval, steps, step, StepAct.REFUSE, no, actor=actor, now=now)
            _tell_who_had_it(session, approval, step, going.BY_CLOCK, now=now)
        case Then.ESCALATE:
            _escalate(session, approval, step, actor=actor, now=now)
        case Then.REMIND:
            going.note(session, approval, Happened.OVERDUE, step=step, actor=actor, now=now)
            going.tell(session, approval, step, going.OVERDUE, also_hr=True, now=now)


def _escalate(
    session: Session, approval: Approval, step: ApprovalStep, *, actor: Actor, now: datetime
) -> None:
    rule, matter, today = (
        going.step_of(step.rule),
        going.matter_of(session, approval),
        going.day_of(now),
    )
    if rule.to is not None:
        found = finding.find(session, rule.to, matter, today)
    elif step.approver_id is not None:
        found = finding.above(session, step.approver_id, matter, today)
    else:
        found = Holder(role=finding.nobody_else(session, matter))
    if found.role is None and found.employee_id == step.approver_id:
        # Whoever let it lie is not asked again.
        found = Holder(role=finding.nobody_else(session, matter))
    holder = Holder(found.employee_id, found.role, Why.ESCALATED, found.mandate_unit_id)
    going.note(
        session,
        approval,
        Happened.ESCALATED,
        step=step,
        to_id=holder.employee_id,
        to_role=holder.role,
        actor=actor,
        now=now,
    )
    going.close(session, step, now=now)
    if step.approver_id is not None:
        _tell_who_had_it(session, approval, step, going.GONE_ON, now=now)
    going.give(session, approval, step, holder, now=now)


def _tell_who_had_it(
    session: Session, approval: Approval, step: ApprovalStep, kind: str, *, now: datetime
) -> None:
    going.tell(session, approval, step, kind, more={"state": step.state}, now=now)


# People who left, or are somebody else's manager now


def _look_at_people(session: Session, today: date, *, now: datetime) -> None:
    if not people_commands.hold_facts_still(session):
        return  # somebody is about it just now: the next look sees what they did
    last = session.get(Look, 1)
    if last is None:  # the first look ever: whatever changed before was seen by nobody
        theirs: ColumnElement[bool] = true()
    else:
        since = last.recorded_to - OVERLAP
        changed = units.changed_employees(session, since, last.day, today)
        changed |= standing_in.replaced_holders(session, since)
        theirs = _concerns(session, changed)
        if last.day.year != today.year:  # others hold the mandates of the new year, or nobody
            theirs = or_(theirs, ApprovalStep.mandate_unit_id.is_not(None))
    live = ApprovalStep.state.in_((StepState.OPEN, StepState.ASKED))
    found = select(ApprovalStep.id).where(live, theirs, ApprovalStep.approver_id.is_not(None))
    steps = session.scalars(found.order_by(ApprovalStep.id))
    outbox.announce_each(session, FOLLOW, [{"step": step_id} for step_id in steps])
    mark = insert(Look).values(id=1, recorded_to=now, day=today)
    session.execute(
        mark.on_conflict_do_update(
            index_elements=[Look.id], set_={"recorded_to": now, "day": today}
        )
    )


def _concerns(session: Session, employee_ids: Collection[int]) -> ColumnElement[bool]:
    """That a step is with one of these people, about one, or about somebody whom one manages: their
    manager's manager may be another now."""
    if not employee_ids:
        return false()
    ids = list(employee_ids)
    managed = select(Employment.employee_id).where(
        Employment.manager_id == func.any(ids), Employment.superseded_at.is_(None)
    )
    about = {*ids, *session.scalars(managed)}
    return or_(
        ApprovalStep.approver_id == func.any(ids), ApprovalStep.about_id == func.any(list(about))
    )


def follow(session: Session, step_id: int, *, actor: Actor, now: datetime) -> None:
    """What `following` does to one step, under its locks."""
    del actor
    found = _locked(session, step_id)
    if found is not None:
        approval, steps = found
        following.follow_one(session, approval, steps[step_id], now=now)


def _locked(session: Session, step_id: int) -> tuple[Approval, dict[int, ApprovalStep]] | None:
    """The approval with its steps under its locks; `None` when it is over."""
    approval_id = session.scalar(select(ApprovalStep.approval_id).where(ApprovalStep.id == step_id))
    if approval_id is None:
        return None
    approval = deciding.lock(session, approval_id)
    if approval.state != State.OPEN:
        return None
    return approval, going.steps_of(session, approval_id)
