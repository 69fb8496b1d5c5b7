"""What concerns one person: whether there is anything, what they asked, and for whom mail is."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from sqlalchemy import ColumnElement, Select, exists, or_, select
from sqlalchemy.orm import Session

from ideals.access import queries as access
from ideals.access.models import User, UserRole
from ideals.approvals import queries
from ideals.approvals.models import Approval, ApprovalStep, Delegation
from ideals.approvals.queries import LIVE
from ideals.approvals.rules import Calendar, StepState
from ideals.config import Settings
from ideals.kernel.actor import Actor
from ideals.people.models import Employee
from ideals.people.queries import units


def has_something(session: Session, employee_id: int, today: date) -> bool:
    """Whether an employee has, or may get, something to decide or to answer. One statement."""
    step = ApprovalStep
    with_them = exists().where(step.approver_id == employee_id, step.state.in_(LIVE))
    to_answer = exists().where(step.about_id == employee_id, step.state == StepState.ASKED)
    stands_in = exists().where(Delegation.to_id == employee_id, *_counts(today))
    return bool(session.scalar(select(or_(with_them, to_answer, stands_in))))


def asked_by(*, actor: Actor) -> Select[Approval]:
    """What this actor asked, or what is about them, for a list by (asked_at, id)."""
    mine = [Approval.asked_by_user_id == actor.user_id]
    if actor.employee_id is not None:
        mine.append(Approval.employee_id == actor.employee_id)
    return select(Approval).where(or_(*mine))


def questions_to(*, actor: Actor) -> Select[ApprovalStep]:
    """The steps that wait for an answer of this actor, for a list by (due_on, id)."""
    step = ApprovalStep
    mine = [step.asked_by_user_id == actor.user_id]
    if actor.employee_id is not None:
        mine += [step.about_id == actor.employee_id, step.asked_by_employee_id == actor.employee_id]
    return select(step).where(step.state == StepState.ASKED, or_(*mine))


def who_has_something(session: Session, day: date) -> tuple[list[int], list[int]]:
    """(employees, users who are none) for whom something may wait, and who work on that day."""
    open_ = ApprovalStep.state == StepState.OPEN
    named = select(ApprovalStep.approver_id).where(open_, ApprovalStep.approver_id.is_not(None))
    people = {id_ for id_ in session.scalars(named.distinct()) if id_ is not None}
    people |= set(session.scalars(select(Delegation.to_id).where(*_counts(day)).distinct()))
    roles = select(ApprovalStep.role).where(open_, ApprovalStep.role.is_not(None)).distinct()
    holders = session.execute(
        select(User.id, User.employee_id)
        .join(UserRole, UserRole.user_id == User.id)
        .where(User.active, UserRole.role.in_(roles))
        .distinct()
    ).all()
    people |= {row.employee_id for row in holders if row.employee_id is not None}
    calendar = Calendar(Settings.read().holidays)
    weeks = units.week_of(session, sorted(people))
    working = [id_ for id_ in sorted(people) if calendar.is_working_day(day, weeks[id_])]
    users = [row.id for row in holders if row.employee_id is None]
    return working, users if calendar.is_working_day(day) else []


def actor_behind(session: Session, employee_id: int | None, user_id: int | None) -> Actor | None:
    """Whom a mail is for, with the rights of this moment; `None` when they may not sign in."""
    theirs = User.id == user_id if employee_id is None else User.employee_id == employee_id
    user = session.scalar(select(User).where(theirs))
    if user is not None:
        return access.rights_now(session, access.actor_of(user, []))
    name = session.scalar(select(Employee.name).where(Employee.id == employee_id))
    return None if name is None else Actor(name, employee_id=employee_id)


def first_waiting(
    session: Session, *, actor: Actor, today: date, most: int
) -> Sequence[ApprovalStep]:
    waiting = queries.waiting_for(session, actor=actor, today=today)
    first = waiting.order_by(ApprovalStep.due_on, ApprovalStep.id).limit(most)
    return session.scalars(first).all()


def _counts(day: date) -> tuple[ColumnElement[bool], ...]:
    return (
        Delegation.ended_at.is_(None),
        Delegation.from_on <= day,
        Delegation.until_on >= day,
    )
