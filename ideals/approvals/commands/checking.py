"""What a check found, what follows from it, and contesting it.

A check is decided as an approval of kind `check`: yes is kept, no is broken. Trust follows from
what was found last. Whom it is about can contest a broken one to HR: an approval of kind `contest`
about the same subject, whose yes overturns the finding.

The order of locks: the trust of one employee in one kind (before the approvals, as
`queries.LOCKS`), the approvals of the subject, the check, the other checks that may be let go.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID, uuid5

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from ideals import audit
from ideals.approvals import rules
from ideals.approvals.commands import asking, deciding, going
from ideals.approvals.commands.asking import Ask
from ideals.approvals.commands.deciding import Withdraw
from ideals.approvals.errors import (
    CheckedItThemselves,
    CheckUnknown,
    ContestTooLate,
    NothingToContest,
    NotYoursToContest,
)
from ideals.approvals.models import Approval, Check, Trust
from ideals.approvals.queries import checks as queries
from ideals.approvals.queries import in_force, trust
from ideals.approvals.rules import trust as trust_rules
from ideals.approvals.states import (
    CheckAct,
    CheckState,
    Decision,
    Happened,
    Kind,
    State,
    check_after,
)
from ideals.kernel.actor import SYSTEM, Actor
from ideals.notices import commands as notices
from ideals.people.models import Employee

CONTESTED, ANSWERED = "check.contested", "check.answered"
"""The notices to whoever made the check."""


@dataclass(frozen=True, slots=True)
class Contest:
    """By whom the check is about. `reason`: why the finding is not right."""

    check_id: UUID
    reason: str


# Locks


def lock_before_decision(session: Session, subject: str) -> None:
    lock_trust(session, queries.check_id_of(subject))


def lock_trust(session: Session, check_id: UUID) -> None:
    """Findings about one employee's cases of a kind come one after another: what was found last
    decides. Raises `CheckUnknown`."""
    row = session.execute(select(Check.employee_id, Check.kind).where(Check.id == check_id)).first()
    if row is None:
        raise CheckUnknown
    key = func.hashtextextended(f"trust:{row.employee_id}:{row.kind}", 0)
    session.execute(select(func.pg_advisory_xact_lock(key)))


def read_locked(session: Session, check_id: UUID) -> Check:
    query = select(Check).where(Check.id == check_id).with_for_update()
    return session.scalars(query.execution_options(populate_existing=True)).one()


# What was found


def decided(session: Session, approval: Approval, *, actor: Actor, now: datetime) -> None:
    """A check or a contest of one was decided: registered as `queries.DECIDED` of its subjects."""
    check = read_locked(session, queries.check_id_of(approval.subject))
    case = session.get_one(Approval, check.approval_id)
    approved = approval.state == State.APPROVED
    if approval.kind == Kind.CHECK:
        _found(session, check, case, approval, kept=approved, actor=actor, now=now)
    else:
        _answered(session, check, case, approval, overturned=approved, actor=actor, now=now)


def _found(
    session: Session,
    check: Check,
    case: Approval,
    approval: Approval,
    *,
    kept: bool,
    actor: Actor,
    now: datetime,
) -> None:
    state = check_after(CheckState(check.state), CheckAct.KEEP if kept else CheckAct.BREAK)
    # Asked for before anything is set: no half of it may reach the database by a question.
    until = None if kept else _contest_until(session, check, now=now)
    check.state, check.contest_until = state, until
    check.decided_at, check.decided_by, check.reason = now, actor.name, approval.reason
    check.decided_by_user_id = actor.user_id
    check.decided_by_employee_id = actor.employee_id
    changed = _settle_trust(session, check, actor=actor, now=now)
    happened = Happened.KEPT if kept else Happened.BROKEN
    going.note(session, case, happened, actor=actor, now=now, said=approval.reason)
    tell(
        session,
        check,
        case,
        "kept" if kept else "broken",
        key="found",
        reason=approval.reason or "",
        until=until.isoformat() if until else "",
        follows="" if kept else _follows(session, case),
        trust="restored" if kept and changed else "",
        now=now,
    )


def _follows(session: Session, case: Approval) -> str:
    """What the rule of the case says of the next ones."""
    return trust_rules.follows(in_force.case_of(session, case))


def _contest_until(session: Session, check: Check, *, now: datetime) -> date:
    week = going.week_of(session, check.employee_id)
    days = trust_rules.CONTEST_DAYS
    return going.calendar().working_days_after(going.day_of(now), days, week)


def _settle_trust(session: Session, check: Check, *, actor: Actor, now: datetime) -> bool:
    """Lose or restore trust by what was found last; whether anything changed."""
    session.flush()  # reason: the latest finding is asked for, and this is one
    latest = trust.latest_finding(session, check.employee_id, check.kind)
    lost = trust_rules.is_lost(None if latest is None else CheckState(latest.state))
    loss = trust.lost(session, check.employee_id, check.kind)
    if lost == (loss is not None):
        return False
    act = "approvals.trust_restored" if loss else "approvals.trust_lost"
    if loss is None:
        session.add(
            Trust(
                employee_id=check.employee_id,
                kind=check.kind,
                lost_at=now,
                lost_by_check_id=check.id,
            )
        )
    else:
        loss.restored_at, loss.restored_by_check_id = now, check.id
        loss.undone = not trust.something_stands(session, loss)
        if loss.undone:
            _let_go(session, loss, actor=actor, now=now)
    subject = session.get_one(Employee, check.employee_id).source
    audit.record(session, act, subject, actor=actor, now=now, kind=check.kind, check=str(check.id))
    return True


def _let_go(session: Session, loss: Trust, *, actor: Actor, now: datetime) -> None:
    """Nothing that trust was lost for stands: what was to be checked because of it is not."""
    for other in trust.follows_from(session, loss):
        subject = queries.subject_of(other.id)
        deciding.withdraw(session, Withdraw(subject), actor=actor, now=now)
        check = read_locked(session, other.id)
        check.state = check_after(CheckState(check.state), CheckAct.LET_GO)
        case = session.get_one(Approval, check.approval_id)
        going.note(session, case, Happened.LET_GO, actor=SYSTEM, now=now)
        tell(session, check, case, "let_go", key="let_go", now=now)


# Contesting


def contest(session: Session, cmd: Contest, *, actor: Actor, now: datetime) -> Check:
    """Ask HR to look at a broken check again.

    Raises `CheckUnknown`, `NotYoursToContest`, `NothingToContest`, `ContestTooLate`,
    `ReasonMissing`, `ReasonTooLong`.
    """
    today = going.day_of(now)
    queries.access_check(session, cmd.check_id, actor=actor, today=today)
    lock_trust(session, cmd.check_id)
    going.lock_approvals(session, queries.subject_of(cmd.check_id))
    check = read_locked(session, cmd.check_id)
    if not queries.is_about(actor, check):
        raise NotYoursToContest
    if check.state != CheckState.BROKEN:
        raise NothingToContest(check.state)
    if check.contest_until is not None and today > check.contest_until:
        raise ContestTooLate(check.contest_until)
    reason = rules.checked_reason(Decision.REFUSE, cmd.reason)
    check.state = check_after(CheckState.BROKEN, CheckAct.CONTEST)
    check.contested_at, check.contest_text = now, reason
    case = session.get_one(Approval, check.approval_id)
    asked = Ask(
        id=uuid5(check.id, Kind.CONTEST),
        kind=Kind.CONTEST,
        subject=queries.subject_of(check.id),
        employee_id=check.employee_id,
        what=case.what,
    )
    asking.ask(session, asked, actor=actor, now=now)
    going.note(session, case, Happened.CONTESTED, actor=actor, now=now, said=reason)
    _tell_checker(session, check, case, CONTESTED, reason=reason or "", now=now)
    return check


def _answered(
    session: Session,
    check: Check,
    case: Approval,
    approval: Approval,
    *,
    overturned: bool,
    actor: Actor,
    now: datetime,
) -> None:
    if queries.made_it(session, check, actor=actor):
        raise CheckedItThemselves
    act = CheckAct.OVERTURN if overturned else CheckAct.UPHOLD
    check.state = check_after(CheckState(check.state), act)
    check.answered_at, check.answered_by, check.answer = now, actor.name, approval.reason
    check.answered_by_employee_id = actor.employee_id
    changed = _settle_trust(session, check, actor=actor, now=now)
    happened = Happened.OVERTURNED if overturned else Happened.UPHELD
    going.note(session, case, happened, actor=actor, now=now, said=approval.reason)
    kind = "overturned" if overturned else "upheld"
    said = {"reason": approval.reason or "", "trust": "restored" if changed else ""}
    tell(session, check, case, kind, key="answered", now=now, **said)
    _tell_checker(session, check, case, ANSWERED, outcome=kind, now=now, **said)


# Telling


def tell(
    session: Session,
    check: Check,
    case: Approval,
    what: str,
    *,
    key: str,
    now: datetime,
    **data: str,
) -> None:
    """Whom it is about."""
    cmd = notices.Tell(
        kind=f"check.{what}",
        subject=queries.subject_of(check.id),
        key=f"{queries.subject_of(check.id)}:{key}",
        employee_ids=[check.employee_id],
        data={"check": str(check.id), "kind": check.kind, "what": case.what, **data},
    )
    notices.tell(session, cmd, actor=SYSTEM, now=now)


def _tell_checker(
    session: Session, check: Check, case: Approval, kind: str, *, now: datetime, **data: str
) -> None:
    """Whoever made the check, where they are an employee."""
    if check.decided_by_employee_id is None:
        return
    name = session.scalar(select(Employee.name).where(Employee.id == check.employee_id))
    cmd = notices.Tell(
        kind=kind,
        subject=queries.subject_of(check.id),
        key=f"{queries.subject_of(check.id)}:{kind}",
        employee_ids=[check.decided_by_employee_id],
        data={
            "check": str(check.id),
            "kind": check.kind,
            "what": case.what,
            "employee": name or "",
            **data,
        },
    )
    notices.tell(session, cmd, actor=SYSTEM, now=now)
