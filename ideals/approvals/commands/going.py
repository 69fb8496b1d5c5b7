"""How an approval goes on: what `rules.progress` answers is written down, and told.

Whatever changes a step comes through here, whether a person acts or the clock.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from ideals import audit
from ideals.approvals import policy, queries
from ideals.approvals.commands import finding
from ideals.approvals.commands.finding import Holder, Matter
from ideals.approvals.models import Approval, ApprovalEvent, ApprovalStep
from ideals.approvals.queries import standing_in
from ideals.approvals.rules import (
    MONDAY_TO_FRIDAY,
    By,
    Calendar,
    Mode,
    Progress,
    Step,
    StepAct,
    StepNow,
    StepState,
    Then,
    Who,
)
from ideals.approvals.states import Happened, Kind, State, Why
from ideals.config import Settings
from ideals.kernel.actor import SYSTEM, Actor, Role
from ideals.kernel.money import Money
from ideals.notices import commands as notices
from ideals.people.models import Employee
from ideals.people.queries import units

ASKED, REMINDER, OVERDUE = "approval.asked", "approval.reminder", "approval.overdue"
"""The notices that ask somebody to decide."""
QUESTION, ANSWER = "approval.question", "approval.answer"
BY_CLOCK, GONE_ON = "approval.by_clock", "approval.gone_on"
"""To whoever had it when its days were over: what came of it."""
NO_TIME = "Not decided in time."
"""The reason of a refusal by the clock; pages say it in the reader's language."""


def day_of(now: datetime) -> date:
    return now.astimezone(Settings.read().zone).date()


def calendar() -> Calendar:
    return Calendar(Settings.read().holidays)


# The rule of a step, as it is kept


def rule_of(step: Step) -> dict[str, Any]:
    return {
        "who": step.who.by.value,
        "value": step.who.value,
        "days": step.days,
        "then": step.then.value,
        **({"to": [step.to.by.value, step.to.value]} if step.to else {}),
    }


def step_of(rule: Mapping[str, Any]) -> Step:
    to = rule.get("to")
    return Step(
        Who(By(rule["who"]), rule["value"]),
        rule["days"],
        Then(rule["then"]),
        Who(By(to[0]), to[1]) if to else None,
    )


def matter_of(session: Session, approval: Approval) -> Matter:
    amount = approval.amount_minor
    return Matter(
        Kind(approval.kind),
        approval.employee_id,
        approval.asked_by_employee_id,
        None if amount is None else Money(amount),
        queries.beside(session, approval.subject).employees,
    )


# Reading and going on


def hold_mandates_still(session: Session, steps: Iterable[ApprovalStep], *, now: datetime) -> None:
    """After the approvals of a subject, before the subject itself."""
    live = [step.mandate_unit_id for step in steps if step.state in queries.LIVE]
    if spending := {unit_id for unit_id in live if unit_id is not None}:
        standing_in.hold_mandates_still(session, spending, day_of(now).year)


def lock_approvals(session: Session, subject: str) -> list[Approval]:
    """All of a subject, by id: a decision about one may end the others."""
    query = select(Approval).where(Approval.subject == subject).order_by(Approval.id)
    fresh = query.with_for_update().execution_options(populate_existing=True)
    return list(session.scalars(fresh))


def steps_of(session: Session, approval_id: UUID) -> dict[int, ApprovalStep]:
    """By id, as they are now: whoever changes them has locked the approval."""
    query = select(ApprovalStep).where(ApprovalStep.approval_id == approval_id)
    fresh = query.order_by(ApprovalStep.id).execution_options(populate_existing=True)
    return {step.id: step for step in session.scalars(fresh)}


def plan_of(steps: Mapping[int, ApprovalStep]) -> tuple[StepNow, ...]:
    return tuple(
        StepNow(key, step.stage, Mode(step.mode), StepState(step.state))
        for key, step in steps.items()
    )


def go_on(
    session: Session,
    approval: Approval,
    steps: Mapping[int, ApprovalStep],
    progress: Progress,
    *,
    now: datetime,
) -> None:
    """Write the states that follow; whoever's turn it is now is found and told."""
    for change in progress.changes:
        step = steps[change.key]
        if change.act is StepAct.OPEN:
            _begin(session, approval, step, now=now)
            continue
        step.state = change.state
        if change.state not in (StepState.OPEN, StepState.ASKED):
            close(session, step, now=now)
    approval.state = progress.state


def close(session: Session, step: ApprovalStep, *, now: datetime) -> None:
    """Whoever had it need not look at it any more, nor read that they should. A question that is
    out stays with whom it was put to."""
    step.next_on = None
    kinds = [ASKED, REMINDER, OVERDUE, ANSWER]
    if step.state != StepState.ASKED:
        step.days_left = None
        kinds.append(QUESTION)
    notices.mark_done(session, notices.MarkDone(subject_of(step), kinds), now=now)


def end(
    session: Session, approval: Approval, reason: str | None, *, actor: Actor, now: datetime
) -> None:
    """Its state is there already: say by whom, and keep it."""
    approval.ended_at, approval.ended_by, approval.reason = now, actor.name, reason
    note(session, approval, Happened(approval.state), actor=actor, now=now, said=reason)
    record(session, f"approvals.{approval.state}", approval, actor=actor, now=now)


def _begin(session: Session, approval: Approval, step: ApprovalStep, *, now: datetime) -> None:
    rule, today = step_of(step.rule), day_of(now)
    holder = finding.find(session, rule.who, matter_of(session, approval), today)
    week = week_of(session, holder.employee_id)
    step.state, step.opened_at = StepState.OPEN, now
    _put(approval, step, holder, week, step.rule["days"], today)
    tell(session, approval, step, ASKED, now=now)
    note(
        session,
        approval,
        Happened.OPENED,
        step=step,
        to_id=step.approver_id,
        to_role=step.role,
        why=step.why,
        actor=SYSTEM,
        now=now,
    )


def give(
    session: Session,
    approval: Approval,
    step: ApprovalStep,
    holder: Holder,
    *,
    days: int | None = None,
    more: Mapping[str, str] | None = None,
    now: datetime,
) -> None:
    """It is with them from now on, for so many working days of theirs, and they are told, with
    `more` than usual."""
    count = step.rule["days"] if days is None else days
    week = week_of(session, holder.employee_id)
    if step.state == StepState.ASKED:
        step.days_left = count
    _put(approval, step, holder, week, count, day_of(now))
    tell(session, approval, step, ASKED, more=more, now=now)


def _put(
    approval: Approval,
    step: ApprovalStep,
    holder: Holder,
    week: Collection[int],
    days: int,
    today: date,
) -> None:
    """All at once: no half of it may reach the database by a question in between."""
    step.approver_id = holder.employee_id
    step.role = holder.role
    step.why = holder.why
    step.mandate_unit_id = holder.mandate_unit_id
    set_days(approval, step, week, days, today)


def set_days(
    approval: Approval, step: ApprovalStep, week: Collection[int], days: int, today: date
) -> None:
    """Its last day, and when the clock looks at it: a working day before, else the day after."""
    days_of = calendar()
    step.due_on = days_of.due_on(today, days, week, approval.latest_on)
    step.reminded_at = step.overdue_at = None
    step.next_on = days_of.remind_on(step.due_on, today, week) or next_day(step.due_on)


def week_of(session: Session, employee_id: int | None) -> Collection[int]:
    if employee_id is None:
        return MONDAY_TO_FRIDAY
    return units.week_of(session, [employee_id])[employee_id]


def next_day(day: date) -> date:
    return date.fromordinal(day.toordinal() + 1)


# Telling and noting


def tell(
    session: Session,
    approval: Approval,
    step: ApprovalStep,
    kind: str,
    *,
    also_hr: bool = False,
    more: Mapping[str, str] | None = None,
    now: datetime,
) -> None:
    """Whoever has the step, and who stands in for them."""
    people = []
    if step.approver_id is not None:
        about = [id_ for id_ in involved(approval) if id_ != step.approver_id]
        deputies = standing_in.deputies(
            session, step.approver_id, Kind(approval.kind), day_of(now), but=about
        )
        people = [step.approver_id, *deputies]
    due_on = step.due_on.isoformat() if step.due_on else ""
    _send(
        session,
        approval,
        kind,
        subject=subject_of(step),
        # Whatever leads here happens once; who gets it back after a while is told again.
        key=f"{subject_of(step)}:{kind}:{now.isoformat()}",
        people=people,
        role=policy.overseer(approval.kind) if also_hr else step.role and Role(step.role),
        but_them=approval.kind != Kind.TODO,
        data={"due_on": due_on, "why": step.why or "", **(more or {})},
        now=now,
    )


def tell_asker(
    session: Session, approval: Approval, step: ApprovalStep, question: str, *, now: datetime
) -> None:
    asker = answers(approval)
    _send(
        session,
        approval,
        QUESTION,
        subject=subject_of(step),
        key=f"{subject_of(step)}:{QUESTION}:{now.isoformat()}",
        people=[asker] if asker is not None else [],
        data={"question": question},
        now=now,
    )


def tell_answer(
    session: Session, approval: Approval, step: ApprovalStep, answer: str, *, now: datetime
) -> None:
    _send(
        session,
        approval,
        ANSWER,
        subject=subject_of(step),
        key=f"{subject_of(step)}:{ANSWER}:{now.isoformat()}",
        people=[step.approver_id] if step.approver_id is not None else [],
        role=step.role and Role(step.role),
        but_them=True,
        data={"answer": answer, "due_on": step.due_on.isoformat() if step.due_on else ""},
        now=now,
    )


def answers(approval: Approval) -> int | None:
    """Of whom something can be asked: who asked, else whom it is about."""
    return approval.asked_by_employee_id or approval.employee_id


def involved(approval: Approval) -> list[int]:
    return [id_ for id_ in (approval.employee_id, approval.asked_by_employee_id) if id_]


def _send(
    session: Session,
    approval: Approval,
    kind: str,
    *,
    subject: str,
    key: str,
    people: Collection[int],
    data: Mapping[str, Any],
    now: datetime,
    role: Role | str | None = None,
    but_them: bool = False,
) -> None:
    """`but_them`: to nobody whom it is about or who asks for it, whichever role they have."""
    beside = queries.beside(session, approval.subject) if but_them else queries.Beside()
    asked_by = [] if approval.asked_by_user_id is None else [approval.asked_by_user_id]
    cmd = notices.Tell(
        kind=kind,
        subject=subject,
        key=key,
        employee_ids=people,
        role=Role(role) if role else None,
        but_employee_ids=[*involved(approval), *beside.employees] if but_them else (),
        but_user_ids=[*asked_by, *beside.users] if but_them else (),
        data={
            "approval": str(approval.id),
            "kind": approval.kind,
            "what": approval.what,
            "employee": _name(session, approval.employee_id),
            **data,
        },
    )
    notices.tell(session, cmd, actor=SYSTEM, now=now)


def _name(session: Session, employee_id: int | None) -> str | None:
    return session.scalar(select(Employee.name).where(Employee.id == employee_id))


def subject_of(step: ApprovalStep) -> str:
    return f"approval:{step.approval_id}:{step.id}"


def note(
    session: Session,
    approval: Approval,
    act: Happened,
    *,
    actor: Actor,
    now: datetime,
    step: ApprovalStep | None = None,
    for_id: int | None = None,
    to_id: int | None = None,
    to_role: str | None = None,
    why: Why | str | None = None,
    said: str | None = None,
) -> None:
    """Into the history that everybody who may see the approval reads."""
    session.add(
        ApprovalEvent(
            approval_id=approval.id,
            step_id=None if step is None else step.id,
            at=now,
            act=act,
            by=actor.name,
            by_user_id=actor.user_id,
            by_employee_id=actor.employee_id,
            for_id=for_id,
            to_id=to_id,
            to_role=to_role,
            why=why,
            said=said,
        )
    )


def record(session: Session, act: str, approval: Approval, *, actor: Actor, now: datetime) -> None:
    subject = f"approval:{approval.id}"
    audit.record(session, act, subject, actor=actor, now=now, about=approval.subject)


def hear(session: Session, approval: Approval, *, actor: Actor, now: datetime) -> None:
    """Let the subject know in this transaction: what it refuses, undoes the decision."""
    handler = queries.DECIDED.get(queries.word_of(approval.subject))
    if handler is not None:
        handler(session, approval, actor=actor, now=now)
    elif approval.kind != Kind.TODO:
        raise LookupError(f"nobody hears decisions about {approval.subject}")


def is_over(approval: Approval) -> bool:
    return approval.state != State.OPEN
