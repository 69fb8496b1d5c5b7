"""What people do to an approval: decide, ask, answer, hand over, withdraw.

The order of locks: the month a decision will post into (`queries.LOCKS`), every approval of the
subject by id, the mandates it would spend, the subject, accounts. Of two who act at once one wins
and the other is told who did.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from ideals.access import queries as access
from ideals.approvals import policy, queries, rules
from ideals.approvals.commands import finding, following, going
from ideals.approvals.commands.finding import Holder
from ideals.approvals.errors import (
    AlreadyDecided,
    ApprovalUnknown,
    CannotHandOver,
    MayNotAnswer,
    MayNotDecide,
    NobodyToAsk,
    NoQuestion,
    NotAboutOneself,
)
from ideals.approvals.models import Approval, ApprovalStep
from ideals.approvals.queries import Turn
from ideals.approvals.rules import StepAct, StepState, after_act, after_end
from ideals.approvals.states import Act, Decision, Happened, State, Why
from ideals.kernel.actor import Actor
from ideals.people.models import Employee


@dataclass(frozen=True, slots=True)
class Decide:
    """`reason`: why, or the question; `to`: the number of whom it is handed to. `step_id`: which
    step, where somebody has several; left out, the first."""

    approval_id: UUID
    decision: Decision
    reason: str | None = None
    to: str | None = None
    step_id: int | None = None


@dataclass(frozen=True, slots=True)
class Answer:
    approval_id: UUID
    text: str
    step_id: int | None = None


@dataclass(frozen=True, slots=True)
class Withdraw:
    subject: str
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class Expire:
    subject: str
    reason: str | None = None


def decide(session: Session, cmd: Decide, *, actor: Actor, now: datetime) -> Approval:
    """Take a step further, and when that ends the whole, let the subject hear it here.

    The rights are those of this moment, not of when the page was opened. Raises `ApprovalUnknown`,
    `NotAboutOneself`, `MayNotDecide`, `ReasonMissing`, `AlreadyDecided`, `CannotHandOver`,
    `NobodyToAsk`, or what the subject says.
    """
    reason = rules.checked_reason(cmd.decision, cmd.reason)
    approval = lock(session, cmd.approval_id)
    steps = going.steps_of(session, approval.id)
    who, turn = _turn(session, approval, list(steps.values()), cmd.step_id, actor=actor, now=now)
    step = steps[turn.step_id]
    match cmd.decision:
        case Decision.ASK:
            _question(session, approval, step, turn, reason or "", actor=who, now=now)
        case Decision.HAND_OVER:
            _hand_over(session, approval, step, turn, cmd.to or "", reason, actor=who, now=now)
        case Decision.APPROVE | Decision.REFUSE:
            take(
                session,
                approval,
                steps,
                step,
                StepAct(cmd.decision),
                reason,
                turn=turn,
                actor=who,
                now=now,
            )
    return approval


def take(
    session: Session,
    approval: Approval,
    steps: dict[int, ApprovalStep],
    step: ApprovalStep,
    act: StepAct,
    reason: str | None,
    *,
    turn: Turn | None = None,
    actor: Actor,
    now: datetime,
) -> None:
    """The one road of a yes or a no, of a person and of the clock."""
    progress = after_act(going.plan_of(steps), step.id, act)
    step.decided_at, step.decided_by, step.reason = now, actor.name, reason
    step.decided_by_user_id, step.decided_by_employee_id = actor.user_id, actor.employee_id
    step.decided_for_id = turn.for_id if turn else None
    going.go_on(session, approval, steps, progress, now=now)
    if approval.state != State.OPEN:
        approval.ended_at, approval.ended_by, approval.reason = now, actor.name, reason
    if act is StepAct.APPROVE:
        following.let_others_follow(session, step, now=now)
    if approval.state == State.OPEN:
        _note(session, approval, step, Happened.AGREED, turn, reason, actor=actor, now=now)
        going.record(session, "approvals.agreed", approval, actor=actor, now=now)
        return
    happened = Happened(approval.state)
    _note(session, approval, step, happened, turn, reason, actor=actor, now=now)
    going.record(session, f"approvals.{approval.state}", approval, actor=actor, now=now)
    going.hear(session, approval, actor=actor, now=now)


def _turn(
    session: Session,
    approval: Approval,
    steps: Sequence[ApprovalStep],
    step_id: int | None,
    *,
    actor: Actor,
    now: datetime,
) -> tuple[Actor, Turn]:
    """The actor with the rights of this moment, and what is theirs to decide at this moment: nobody
    waits for the clock to find out who is whose manager today."""
    who, today = access.rights_now(session, actor), going.day_of(now)
    if who is None:
        raise MayNotDecide
    if not policy.may_see(who, approval) and not queries.had_part(session, approval, who, today):
        raise ApprovalUnknown
    if policy.is_about(who, approval):
        raise NotAboutOneself
    if queries.beside(session, approval.subject).has(who):
        raise NotAboutOneself
    if approval.state == State.OPEN:
        going.hold_mandates_still(session, steps, now=now)
        following.follow_all(session, approval, steps, now=now)
    turns = queries.turns(session, approval, steps, who, today)
    turn = next((each for each in turns if step_id in (None, each.step_id)), None)
    if turn is not None:
        return who, turn
    if approval.state != State.OPEN or queries.was_theirs(steps, who):
        raise _already(session, approval, steps)
    raise MayNotDecide


def _already(session: Session, approval: Approval, steps: Sequence[ApprovalStep]) -> AlreadyDecided:
    if approval.ended_at is not None:
        names = queries.names_of(session, [approval])[approval.id]
        return AlreadyDecided(state=approval.state, by=names.ender or "", at=approval.ended_at)
    decided = [step for step in steps if step.decided_at is not None]
    last = max(decided, key=lambda step: (step.decided_at, step.id), default=None)
    if last is None or last.decided_at is None:
        raise MayNotDecide
    name = session.scalar(select(Employee.name).where(Employee.id == last.decided_by_employee_id))
    return AlreadyDecided(state=last.state, by=name or last.decided_by or "", at=last.decided_at)


# Asking, answering, handing over


def _question(
    session: Session,
    approval: Approval,
    step: ApprovalStep,
    turn: Turn,
    question: str,
    *,
    actor: Actor,
    now: datetime,
) -> None:
    if going.answers(approval) is None:
        raise NobodyToAsk
    today = going.day_of(now)
    week = going.week_of(session, step.approver_id)
    left = going.calendar().working_days_between(today, step.due_on or today, week)
    step.state = rules.step_after(StepState(step.state), StepAct.ASK)
    # At least one: whoever gets an answer on the last day needs a day for it.
    step.days_left, step.next_on = max(left, 1), None
    _note(session, approval, step, Happened.QUESTION, turn, question, actor=actor, now=now)
    going.record(session, "approvals.question", approval, actor=actor, now=now)
    going.tell_asker(session, approval, step, question, now=now)


def answer(session: Session, cmd: Answer, *, actor: Actor, now: datetime) -> Approval:
    """Answer a question: its step goes on with the days it had left. By who asked for the decision,
    or whom it is about.

    Raises `ApprovalUnknown`, `MayNotAnswer`, `NoQuestion`, `ReasonMissing`, `ReasonTooLong`.
    """
    said = rules.checked_reason(Decision.ASK, cmd.text) or ""
    approval = lock(session, cmd.approval_id)
    if not policy.may_see(actor, approval):
        raise ApprovalUnknown
    if not (policy.is_about(actor, approval) or policy.asked_for(actor, approval)):
        raise MayNotAnswer
    steps = going.steps_of(session, approval.id).values()
    asked = [
        step for step in steps if step.state == StepState.ASKED and cmd.step_id in (None, step.id)
    ]
    if not asked:
        raise NoQuestion
    step = asked[0]
    week = going.week_of(session, step.approver_id)
    step.state = rules.step_after(StepState(step.state), StepAct.ANSWER)
    days = step.days_left or 1
    going.close(session, step, now=now)
    going.set_days(approval, step, week, days, going.day_of(now))
    going.note(session, approval, Happened.ANSWER, step=step, actor=actor, now=now, said=said)
    going.record(session, "approvals.answer", approval, actor=actor, now=now)
    going.tell_answer(session, approval, step, said, now=now)
    return approval


def _hand_over(
    session: Session,
    approval: Approval,
    step: ApprovalStep,
    turn: Turn,
    number: str,
    reason: str | None,
    *,
    actor: Actor,
    now: datetime,
) -> None:
    today = going.day_of(now)
    to = session.scalar(select(Employee.id).where(Employee.number == number.strip()))
    if to is None:
        raise CannotHandOver("unknown")
    if to == step.approver_id:
        raise CannotHandOver("theirs")
    barred = finding.barred_by(session, to, going.matter_of(session, approval), today)
    if barred is not None:
        raise CannotHandOver("unknown" if barred is Why.LEFT else barred.value)
    step.state = rules.step_after(StepState(step.state), StepAct.HAND_OVER)
    week = going.week_of(session, step.approver_id)
    left = step.days_left or going.calendar().working_days_between(
        today, step.due_on or today, week
    )
    _note(
        session,
        approval,
        step,
        Happened.HANDED_OVER,
        turn,
        reason,
        to_id=to,
        actor=actor,
        now=now,
    )
    going.record(session, "approvals.handed_over", approval, actor=actor, now=now)
    going.close(session, step, now=now)
    # Whoever decides, it is the same euros that are spent.
    holder = Holder(to, None, Why.HANDED_OVER, step.mandate_unit_id)
    # At least one: whoever gets it on the last day needs a day for it.
    by = session.scalar(select(Employee.name).where(Employee.id == actor.employee_id))
    more = {"by": by or actor.name, "said": reason or ""}
    going.give(session, approval, step, holder, days=max(left, 1), more=more, now=now)


# Ending from outside


def withdraw(session: Session, cmd: Withdraw, *, actor: Actor, now: datetime) -> Sequence[Approval]:
    """End what is open about the subject because it is no longer needed; what was open.

    Its caller is the subject's own feature, which knows what follows: nobody else is told.
    """
    return _end_all(session, cmd.subject, Act.WITHDRAW, cmd.reason, actor=actor, now=now)


def expire(session: Session, cmd: Expire, *, actor: Actor, now: datetime) -> Sequence[Approval]:
    """The same because its time is over, such as at the close of its month."""
    return _end_all(session, cmd.subject, Act.EXPIRE, cmd.reason, actor=actor, now=now)


def _end_all(
    session: Session, subject: str, act: Act, reason: str | None, *, actor: Actor, now: datetime
) -> list[Approval]:
    approvals = [a for a in going.lock_approvals(session, subject) if a.state == State.OPEN]
    for approval in approvals:
        end_now(session, approval, act, reason, actor=actor, now=now)
    return approvals


def end_now(
    session: Session,
    approval: Approval,
    act: Act,
    reason: str | None,
    *,
    actor: Actor,
    now: datetime,
) -> None:
    """For who holds the lock: whatever of it is undone ends."""
    steps = going.steps_of(session, approval.id)
    progress = after_end(going.plan_of(steps), act)
    going.go_on(session, approval, steps, progress, now=now)
    going.end(session, approval, reason, actor=actor, now=now)


# Locks


def lock(session: Session, approval_id: UUID) -> Approval:
    """With everything that comes before it in the order of locks. Raises `ApprovalUnknown`."""
    subject = session.scalar(select(Approval.subject).where(Approval.id == approval_id))
    if subject is None:
        raise ApprovalUnknown
    if before := queries.LOCKS.get(queries.word_of(subject)):
        before(session, subject)
    return next(a for a in going.lock_approvals(session, subject) if a.id == approval_id)


def lock_subjects(session: Session, subjects: Sequence[str]) -> None:
    """Every approval of these, by id: for who ends many at once, before anything that follows."""
    if subjects:
        query = select(Approval.id).where(Approval.subject.in_(subjects)).order_by(Approval.id)
        session.execute(query.with_for_update())


def _note(
    session: Session,
    approval: Approval,
    step: ApprovalStep,
    act: Happened,
    turn: Turn | None,
    said: str | None,
    *,
    to_id: int | None = None,
    actor: Actor,
    now: datetime,
) -> None:
    going.note(
        session,
        approval,
        act,
        step=step,
        for_id=turn.for_id if turn else None,
        to_id=to_id,
        said=said,
        actor=actor,
        now=now,
    )
