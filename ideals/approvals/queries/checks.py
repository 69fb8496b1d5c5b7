"""Checks afterwards: whose, what they found, and until when they can be contested."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from sqlalchemy import Select, exists, func, or_, select
from sqlalchemy.orm import Session

from ideals.access.models import User, UserRole
from ideals.approvals import queries
from ideals.approvals.errors import ApprovalUnknown, CheckUnknown
from ideals.approvals.models import Approval, Check, Draw
from ideals.approvals.queries import draws
from ideals.approvals.rules import Effect
from ideals.approvals.states import CheckState, Kind, State
from ideals.kernel.actor import Actor, Role
from ideals.people.models import Employee

WORD = "check"
"""The word before the colon in the subject of a check and of its contest."""


def subject_of(check_id: UUID) -> str:
    return f"{WORD}:{check_id}"


def check_id_of(subject: str) -> UUID:
    return UUID(subject.partition(":")[2])


def access_check(session: Session, check_id: UUID, *, actor: Actor, today: date) -> Check:
    """For whom it is about, HR, and who has or had to decide it. Raises `CheckUnknown` alike for
    what does not exist and what is not theirs to see."""
    check = session.get(Check, check_id)
    if check is None:
        raise CheckUnknown
    if actor.has(Role.HR) or is_about(actor, check):
        return check
    try:
        queries.access_approval(session, check_id, actor=actor, today=today)
    except ApprovalUnknown:
        raise CheckUnknown from None
    return check


def is_about(actor: Actor, check: Check) -> bool:
    return actor.employee_id is not None and actor.employee_id == check.employee_id


def can_contest(check: Check, *, actor: Actor, today: date) -> bool:
    """Whether this actor can contest it on that day."""
    until = check.contest_until
    broken = check.state == CheckState.BROKEN and until is not None and today <= until
    return broken and is_about(actor, check)


def checks_listing(*, actor: Actor, state: CheckState | None = None) -> Select[Check]:
    """HR all, others those about themselves; for a list by (drawn_at, id)."""
    query = select(Check)
    if not actor.has(Role.HR):
        query = query.where(Check.employee_id == actor.employee_id)
    return query if state is None else query.where(Check.state == state)


def count_by_state(session: Session) -> Mapping[CheckState, int]:
    rows = session.execute(select(Check.state, func.count()).group_by(Check.state))
    return {CheckState(row[0]): row[1] for row in rows}


def cases_of(employee_id: int) -> Select[Approval]:
    """What took effect at once, or was checked since trust was lost; by (asked_at, id)."""
    checked = exists().where(Check.approval_id == Approval.id)
    return select(Approval).where(
        Approval.employee_id == employee_id, or_(Approval.effect == Effect.AFTER, checked)
    )


def by_case(session: Session, approvals: Iterable[Approval]) -> dict[UUID, Check]:
    """Checks by the case they look at; one statement."""
    ids = [each.id for each in approvals]
    rows = session.scalars(select(Check).where(Check.approval_id == func.any(ids)))
    return {each.approval_id: each for each in rows}


def of_case(session: Session, case: Approval) -> Check | None:
    """The check of one case; nothing is asked for what is never checked."""
    if case.state != State.APPROVED or case.kind not in draws.CHECKED:
        return None
    return by_case(session, [case]).get(case.id)


def of_subjects(session: Session, subjects: Collection[str]) -> dict[str, Check]:
    ids = [check_id_of(subject) for subject in subjects]
    rows = session.scalars(select(Check).where(Check.id == func.any(ids)))
    return {subject_of(each.id): each for each in rows}


def drawn_to(session: Session) -> date | None:
    """The last day that was drawn; `None`: none was yet."""
    return session.scalar(select(func.max(Draw.day)))


def cases_by_check(session: Session, checks: Iterable[Check]) -> dict[UUID, Approval]:
    """The case of each check, by the check; one statement."""
    by_case_id = {each.approval_id: each.id for each in checks}
    rows = session.scalars(select(Approval).where(Approval.id == func.any(list(by_case_id))))
    return {by_case_id[each.id]: each for each in rows}


@dataclass(frozen=True, slots=True)
class CheckNames:
    employee: str
    number: str
    checker: str | None
    answerer: str | None


def names_of(session: Session, checks: Sequence[Check]) -> dict[UUID, CheckNames]:
    """Of whom each is about and who decided; an address where they are no employee. One
    statement."""
    wanted = {
        id_
        for each in checks
        for id_ in (each.employee_id, each.decided_by_employee_id, each.answered_by_employee_id)
        if id_ is not None
    }
    rows = session.execute(
        select(Employee.id, Employee.name, Employee.number).where(
            Employee.id == func.any(list(wanted))
        )
    )
    people = {row[0]: (row[1], row[2]) for row in rows}

    def name(id_: int | None, by: str | None) -> str | None:
        return people[id_][0] if id_ in people else by

    return {
        each.id: CheckNames(
            *people[each.employee_id],
            name(each.decided_by_employee_id, each.decided_by),
            name(each.answered_by_employee_id, each.answered_by),
        )
        for each in checks
    }


@dataclass(frozen=True, slots=True)
class DecidedIn:
    """The approvals in which a check is decided and in which a contest of it is; `None`: nobody
    was asked yet."""

    check: UUID | None = None
    contest: UUID | None = None


def decided_in(session: Session, checks: Iterable[Check]) -> dict[UUID, DecidedIn]:
    """By check; one statement."""
    subjects = {subject_of(each.id): each.id for each in checks}
    rows = session.execute(
        select(Approval.subject, Approval.kind, Approval.id).where(
            Approval.subject == func.any(list(subjects)),
            Approval.kind.in_((Kind.CHECK, Kind.CONTEST)),
        )
    )
    found: dict[UUID, dict[str, UUID]] = {}
    for subject, kind, id_ in rows:
        found.setdefault(subjects[subject], {})[kind] = id_
    return {
        id_: DecidedIn(by_kind.get(Kind.CHECK), by_kind.get(Kind.CONTEST))
        for id_, by_kind in found.items()
    }


def contested_about(session: Session, check_id: UUID) -> Approval | None:
    """The approval in which HR looks at a contest; `None`: it was not contested."""
    query = select(Approval).where(
        Approval.subject == subject_of(check_id), Approval.kind == Kind.CONTEST
    )
    return session.scalars(query).one_or_none()


def decided_about(session: Session, check_id: UUID) -> Approval | None:
    """The approval in which a check is decided; `None`: nobody was asked yet."""
    return session.get(Approval, check_id)


def is_for_another(session: Session, approval: Approval, *, actor: Actor) -> bool:
    """Whether this is a contest of a check that this actor made: it is for somebody else of HR."""
    if approval.kind != Kind.CONTEST:
        return False
    check = session.get(Check, check_id_of(approval.subject))
    return check is not None and made_it(session, check, actor=actor)


def made_it(session: Session, check: Check, *, actor: Actor) -> bool:
    """Whether this actor made the check, and somebody else can say whether it stands. A house with
    one person of HR has nobody else."""
    themselves = actor.user_id is not None and actor.user_id == check.decided_by_user_id
    return themselves and _others_of_hr(session, actor.user_id)


def _others_of_hr(session: Session, user_id: int | None) -> bool:
    query = (
        select(UserRole.user_id)
        .join(User, User.id == UserRole.user_id)
        .where(UserRole.role == Role.HR, User.active, UserRole.user_id != user_id)
    )
    return session.scalar(query.limit(1)) is not None
