"""Ask somebody, decide, withdraw, expire.

The order of locks: the month a decision will post into (`queries.LOCKS`), every approval of the
subject by id, the subject, accounts. Whatever ends an approval goes through `states.MOVES`, so of
two who act at once one wins and the other is told who did.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from ideals import audit, outbox
from ideals.access import queries as access
from ideals.approvals import policy, queries, rules
from ideals.approvals.errors import (
    AlreadyDecided,
    ApprovalDiffers,
    ApprovalUnknown,
    AskedAlready,
    MayNotDecide,
    NotAboutOneself,
)
from ideals.approvals.models import Approval
from ideals.approvals.states import Act, Decision, Kind, State, Who, WhyHr, after
from ideals.config import Settings
from ideals.kernel.actor import SYSTEM, Actor, Role
from ideals.notices import commands as notices
from ideals.people import queries as people
from ideals.people.models import Employee

ASKED, REMINDER, OVERDUE = "approval.asked", "approval.reminder", "approval.overdue"
"""The notices that ask somebody to decide."""
END_OVERDUE = "approvals.end_overdue"
AT_A_TIME = 1000
"""Approvals that one look of the clock takes."""


@dataclass(frozen=True, slots=True)
class Ask:
    """`id` is made before and is the retry key. `employee_id`: whom it is about. `due_on`: the last
    day to decide. `what`: what is asked in a few words, by language, for messages: no amounts."""

    id: UUID
    kind: Kind
    subject: str
    employee_id: int | None
    who: Who
    due_on: date
    what: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Decide:
    approval_id: UUID
    decision: Decision
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class Withdraw:
    subject: str
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class Expire:
    subject: str
    reason: str | None = None


def ask(session: Session, cmd: Ask, *, actor: Actor, now: datetime) -> Approval:
    """Fix who decides, and tell them. The same id again answers what is there.

    Raises `ApprovalDiffers` when the id stands for another question, `AskedAlready` when one of
    this kind is open about the subject.
    """
    today = _today(now)
    manager_id, why_hr = _with_whom(session, cmd, actor, today)
    row = insert(Approval).values(
        id=cmd.id,
        kind=cmd.kind,
        subject=cmd.subject,
        employee_id=cmd.employee_id,
        what=dict(cmd.what),
        who=cmd.who,
        approver_id=manager_id,
        why_hr=why_hr,
        state=State.OPEN,
        due_on=cmd.due_on,
        remind_on=rules.remind_on(cmd.due_on, today),
        asked_at=now,
        asked_by=actor.name,
        asked_by_user_id=actor.user_id,
        asked_by_employee_id=actor.employee_id,
    )
    made = session.scalar(row.on_conflict_do_nothing().returning(Approval.id))
    approval = session.get(Approval, cmd.id)
    if approval is None:
        raise AskedAlready(cmd.subject)
    if made is None:
        if (approval.kind, approval.subject) != (cmd.kind, cmd.subject):
            raise ApprovalDiffers
        return approval
    _tell(session, approval, ASKED, now=now)
    _audit(session, "approvals.asked", approval, actor=actor, now=now)
    return approval


def _with_whom(
    session: Session, cmd: Ask, actor: Actor, today: date
) -> tuple[int | None, WhyHr | None]:
    """The manager of this day, and why HR decides when it does."""
    if cmd.who is Who.HR:
        return None, WhyHr.ROLE
    employment = cmd.employee_id and people.employment_on(session, cmd.employee_id, today)
    manager_id = employment.manager_id if employment else None
    if manager_id is None:
        return None, WhyHr.NO_MANAGER
    if people.employment_on(session, manager_id, today) is None:
        return manager_id, WhyHr.MANAGER_LEFT
    if actor.employee_id == manager_id:
        return manager_id, WhyHr.MANAGER_ASKS
    return manager_id, None


def decide(session: Session, cmd: Decide, *, actor: Actor, now: datetime) -> Approval:
    """Approve or refuse, and let the subject hear it in this transaction.

    The rights are those of this moment, not of when the page was opened. Raises `ApprovalUnknown`,
    `NotAboutOneself`, `MayNotDecide`, `ReasonMissing`, `AlreadyDecided`, or what the subject says.
    """
    reason = rules.checked_reason(cmd.decision, cmd.reason)
    approval = _lock(session, cmd.approval_id)
    who = _check_may_decide(session, approval, actor, _today(now))
    if approval.state != State.OPEN:
        raise _already(session, approval)
    _end(approval, Act(cmd.decision), reason, actor=who, now=now)
    approval.decided_by_user_id = who.user_id
    approval.decided_by_employee_id = who.employee_id
    _after_end(session, approval, actor=who, now=now)
    hear = queries.DECIDED.get(queries.word_of(approval.subject))
    if hear is not None:
        hear(session, approval, actor=who, now=now)
    elif approval.kind != Kind.TODO:
        raise LookupError(f"nobody hears decisions about {approval.subject}")
    return approval


def _check_may_decide(session: Session, approval: Approval, actor: Actor, today: date) -> Actor:
    """The actor with the rights of this moment, when they may."""
    who = access.rights_now(session, actor)
    if who is None:
        raise MayNotDecide
    if not policy.may_see(who, approval):
        raise ApprovalUnknown
    if policy.is_about(who, approval):
        raise NotAboutOneself
    employed = queries.manager_employed(session, approval, today)
    if not policy.is_with(who, approval, manager_employed=employed):
        raise MayNotDecide
    return who


def _already(session: Session, approval: Approval) -> AlreadyDecided:
    names = queries.names_of(session, [approval])[approval.id]
    assert approval.ended_at is not None  # noqa: S101  it is not open
    return AlreadyDecided(state=approval.state, by=names.ender or "", at=approval.ended_at)


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
    approvals = [a for a in _locked(session, subject) if a.state == State.OPEN]
    for approval in approvals:
        _end(approval, act, reason, actor=actor, now=now)
        _after_end(session, approval, actor=actor, now=now)
    return approvals


def _end(approval: Approval, act: Act, reason: str | None, *, actor: Actor, now: datetime) -> None:
    approval.state = after(State(approval.state), act)
    approval.ended_at, approval.ended_by, approval.reason = now, actor.name, reason


def _after_end(session: Session, approval: Approval, *, actor: Actor, now: datetime) -> None:
    """Whoever was asked need not read it any more."""
    done = notices.MarkDone(_subject(approval), (ASKED, REMINDER, OVERDUE))
    notices.mark_done(session, done, now=now)
    _audit(session, f"approvals.{approval.state}", approval, actor=actor, now=now)


def _lock(session: Session, approval_id: UUID) -> Approval:
    """With everything that comes before it in the order of locks. Raises `ApprovalUnknown`."""
    subject = session.scalar(select(Approval.subject).where(Approval.id == approval_id))
    if subject is None:
        raise ApprovalUnknown
    if lock := queries.LOCKS.get(queries.word_of(subject)):
        lock(session, subject)
    return next(a for a in _locked(session, subject) if a.id == approval_id)


def _locked(session: Session, subject: str) -> Sequence[Approval]:
    """All approvals of a subject, by id: a decision about one may end the others."""
    query = select(Approval).where(Approval.subject == subject).order_by(Approval.id)
    fresh = query.with_for_update().execution_options(populate_existing=True)
    return session.scalars(fresh).all()


def lock_subjects(session: Session, subjects: Sequence[str]) -> None:
    """Every approval of these, by id: for who ends many at once, before anything that follows."""
    if subjects:
        query = select(Approval.id).where(Approval.subject.in_(subjects)).order_by(Approval.id)
        session.execute(query.with_for_update())


# --- the clock --------------------------------------------------------------------------------


def sweep(session: Session, *, zone: ZoneInfo, actor: Actor, now: datetime) -> None:
    """Remind, hand to HR what a manager left behind, and look at what is overdue. Twice is once."""
    today = now.astimezone(zone).date()
    _hand_to_hr(session, today, actor=actor, now=now)
    _remind(session, today, now=now)
    _announce_overdue(session, today, now=now)


def _hand_to_hr(session: Session, today: date, *, actor: Actor, now: datetime) -> None:
    managers = (
        select(Approval.approver_id)
        .where(Approval.state == State.OPEN, Approval.why_hr.is_(None))
        .distinct()
        .subquery()
    )
    left = select(managers.c.approver_id).where(~people.is_employed(managers.c.approver_id, today))
    for approval in _due(session, Approval.approver_id.in_(left), Approval.why_hr.is_(None)):
        approval.why_hr = WhyHr.MANAGER_LEFT
        _tell(session, approval, ASKED, now=now)
        _audit(session, "approvals.with_hr_now", approval, actor=actor, now=now)


def _remind(session: Session, today: date, *, now: datetime) -> None:
    for approval in _due(session, Approval.remind_on <= today, Approval.reminded_at.is_(None)):
        approval.reminded_at = now
        _tell(session, approval, REMINDER, now=now)


def _announce_overdue(session: Session, today: date, *, now: datetime) -> None:
    """Each is looked at in a transaction of its own: it may lock a month."""
    due = _due(session, Approval.due_on < today, Approval.overdue_at.is_(None))
    for approval in due:
        approval.overdue_at = now
    outbox.announce_each(session, END_OVERDUE, [{"approval_id": str(a.id)} for a in due])


def _due(session: Session, *conditions: object) -> Sequence[Approval]:
    """Open ones that nobody else holds just now; those are for the next look."""
    query = select(Approval).where(Approval.state == State.OPEN, *conditions)  # type: ignore[arg-type]
    some = query.order_by(Approval.due_on, Approval.id).limit(AT_A_TIME)
    return session.scalars(some.with_for_update(skip_locked=True)).all()


def end_overdue(session: Session, approval_id: UUID, *, actor: Actor, now: datetime) -> None:
    """Its day has passed: the subject lets it expire, or HR is told and it waits on."""
    approval = _lock(session, approval_id)
    if approval.state != State.OPEN:
        return
    let_go = queries.EXPIRED.get(queries.word_of(approval.subject))
    if let_go is not None and let_go(session, approval, actor=actor, now=now):
        _end(approval, Act.EXPIRE, None, actor=actor, now=now)
        _after_end(session, approval, actor=actor, now=now)
    else:
        _tell(session, approval, OVERDUE, now=now)


def _tell(session: Session, approval: Approval, kind: str, *, now: datetime) -> None:
    """Who decides it; of what is overdue HR hears in any case."""
    to_hr = approval.why_hr is not None or kind == OVERDUE
    about = [id_ for id_ in (approval.employee_id, approval.asked_by_employee_id) if id_]
    tell = notices.Tell(
        kind=kind,
        subject=_subject(approval),
        key=f"{_subject(approval)}:{kind}",
        employee_ids=[approval.approver_id] if approval.approver_id and not to_hr else [],
        role=Role.HR if to_hr else None,
        but_employee_ids=about if approval.kind != Kind.TODO else [],
        data={
            "approval": str(approval.id),
            "kind": approval.kind,
            "what": approval.what,
            "employee": _name(session, approval.employee_id),
            "due_on": approval.due_on.isoformat(),
        },
    )
    notices.tell(session, tell, actor=SYSTEM, now=now)


def _name(session: Session, employee_id: int | None) -> str | None:
    return session.scalar(select(Employee.name).where(Employee.id == employee_id))


def _subject(approval: Approval) -> str:
    return f"approval:{approval.id}"


def _audit(session: Session, act: str, approval: Approval, *, actor: Actor, now: datetime) -> None:
    audit.record(session, act, _subject(approval), actor=actor, now=now, about=approval.subject)


def _today(now: datetime) -> date:
    return now.astimezone(Settings.read().zone).date()
