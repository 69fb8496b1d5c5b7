"""What waits for whom, and what it is about."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Protocol
from uuid import UUID

from flask_babel import LazyString
from sqlalchemy import ColumnElement, Select, and_, func, literal, or_, select, tuple_
from sqlalchemy.orm import Session, aliased

from ideals.approvals import policy
from ideals.approvals.errors import ApprovalUnknown
from ideals.approvals.models import Approval
from ideals.approvals.states import Kind, State
from ideals.kernel.actor import Actor, Role
from ideals.kernel.formula import Kind as FactKind
from ideals.kernel.money import Money
from ideals.kernel.registry import Registry
from ideals.people import queries as people
from ideals.people.models import Employee


@dataclass(frozen=True, slots=True)
class Fact:
    """One thing that who decides needs to know, in the reader's words; `href` opens more of it."""

    label: str
    value: str
    href: str | None = None


@dataclass(frozen=True, slots=True)
class Told:
    """A subject in the reader's words. `lines`: what is needed to decide; `href`: its own page."""

    title: str
    lines: tuple[Fact, ...] = ()
    cost: Money | None = None
    href: str | None = None


class Hears(Protocol):
    """What a subject does when it was decided about: it looks at `approval.state`."""

    def __call__(
        self, session: Session, approval: Approval, *, actor: Actor, now: datetime
    ) -> None: ...


class LetsGo(Protocol):
    """Whether its time is over for good: `True` when the subject let go of what it kept."""

    def __call__(
        self, session: Session, approval: Approval, *, actor: Actor, now: datetime
    ) -> bool: ...


Describer = Callable[[Session, Collection[str]], Mapping[str, Told]]
SUBJECTS: Registry[Describer] = Registry("say in words what an approval is about")
"""This and the others by kind of subject: the word before its first colon (`order`)."""
LOCKS: Registry[Callable[[Session, str], None]] = Registry(
    "lock what comes before an approval: the month that a decision will post into"
)
DECIDED: Registry[Hears] = Registry("hear what was decided, in the same transaction")
EXPIRED: Registry[LetsGo] = Registry("end what was not decided in time")
"""A subject without one waits on, and HR is told."""


@dataclass(frozen=True, slots=True)
class FactSaid:
    """A fact that conditions may read, and what it means. `options`: what a text may be."""

    kind: FactKind
    label: LazyString
    options: Mapping[str, LazyString] = field(default_factory=dict)


FACTS: Registry[Mapping[str, FactSaid]] = Registry("say what conditions of a kind may read")
"""By kind of approval."""


def word_of(subject: str) -> str:
    return subject.partition(":")[0]


def told(session: Session, approvals: Iterable[Approval], language: str) -> dict[str, Told]:
    """Every subject in words: one question for each kind, however many. Of what nobody describes,
    what was said when it was asked."""
    by_word: dict[str, set[str]] = {}
    words: dict[str, Told] = {}
    for approval in approvals:
        by_word.setdefault(word_of(approval.subject), set()).add(approval.subject)
        said = approval.what.get(language) or next(iter(approval.what.values()), approval.subject)
        words[approval.subject] = Told(said)
    for word, subjects in sorted(by_word.items()):
        if describer := SUBJECTS.get(word):
            words |= describer(session, sorted(subjects))
    return words


# What waits


def waiting_for(*, actor: Actor, today: date) -> Select[Approval]:
    """What this actor can decide now, for a list by (due_on, id): the most urgent first."""
    turn = [_with_them_as_manager(actor, today)]
    if actor.has(Role.HR):
        turn.append(Approval.why_hr.is_not(None))
    return select(Approval).where(Approval.state == State.OPEN, or_(*turn), _not_about(actor))


def count_waiting(session: Session, *, actor: Actor, today: date, most: int) -> int:
    """How many wait for them; one more than `most` stands for all above."""
    some = waiting_for(actor=actor, today=today).with_only_columns(Approval.id).limit(most + 1)
    return session.scalar(select(func.count()).select_from(some.subquery())) or 0


def _with_them_as_manager(actor: Actor, today: date) -> ColumnElement[bool]:
    if actor.employee_id is None:
        return literal(False)
    return and_(
        Approval.approver_id == actor.employee_id,
        Approval.why_hr.is_(None),
        people.is_employed(literal(actor.employee_id), today),
    )


def _not_about(actor: Actor) -> ColumnElement[bool]:
    asked = Approval.asked_by_user_id.is_distinct_from(actor.user_id)
    about: ColumnElement[bool] = literal(True)
    if actor.employee_id is not None:
        asked &= Approval.asked_by_employee_id.is_distinct_from(actor.employee_id)
        about = Approval.employee_id.is_distinct_from(actor.employee_id)
    return and_(about, or_(Approval.kind == Kind.TODO, asked))


def comes_before(approval: Approval) -> ColumnElement[bool]:
    """Whether a row stands before this one in the list of what waits."""
    return tuple_(Approval.due_on, Approval.id) < tuple_(approval.due_on, approval.id)


def decided_by(*, actor: Actor) -> Select[Approval]:
    """What this actor decided, for a list by (ended_at, id)."""
    return select(Approval).where(Approval.decided_by_user_id == actor.user_id)


def visible_to(*, actor: Actor) -> Select[Approval]:
    """Everything this actor may see, for a list by (asked_at, id)."""
    if actor.has(Role.HR):
        return select(Approval)
    mine = [Approval.asked_by_user_id == actor.user_id]
    if actor.employee_id is not None:
        mine += [
            Approval.employee_id == actor.employee_id,
            Approval.approver_id == actor.employee_id,
        ]
    return select(Approval).where(or_(*mine))


def of_subject(session: Session, subject: str) -> list[Approval]:
    """Every approval about it, in the order of asking."""
    about = select(Approval).where(Approval.subject == subject)
    return list(session.scalars(about.order_by(Approval.asked_at, Approval.id)))


def access_approval(session: Session, approval_id: UUID, *, actor: Actor) -> Approval:
    """Raises `ApprovalUnknown` alike for what does not exist and what is not theirs to see."""
    approval = session.get(Approval, approval_id)
    if approval is None or not policy.may_see(actor, approval):
        raise ApprovalUnknown
    return approval


def can_decide(session: Session, approval: Approval, *, actor: Actor, today: date) -> bool:
    """Whether it is open and this actor's to decide."""
    if approval.state != State.OPEN or policy.is_about(actor, approval):
        return False
    return policy.is_with(
        actor, approval, manager_employed=manager_employed(session, approval, today)
    )


def manager_employed(session: Session, approval: Approval, today: date) -> bool:
    """Whether the manager it was asked of is still there on that day."""
    if approval.approver_id is None:
        return False
    return bool(session.scalar(select(people.is_employed(approval.approver_id, today))))


# Names


@dataclass(frozen=True, slots=True)
class Names:
    """Of the people in an approval; `None` where there is none. `asker`, `ender`: an address where
    they are no employee."""

    employee: str | None
    number: str | None
    approver: str | None
    asker: str
    ender: str | None


def names_of(session: Session, approvals: Collection[Approval]) -> dict[UUID, Names]:
    """By approval; one statement."""
    about, approver, asker, decider = (aliased(Employee) for _ in range(4))
    rows = session.execute(
        select(
            Approval.id,
            about.name,
            about.number,
            approver.name,
            func.coalesce(asker.name, Approval.asked_by),
            func.coalesce(decider.name, Approval.ended_by),
        )
        .outerjoin(about, about.id == Approval.employee_id)
        .outerjoin(approver, approver.id == Approval.approver_id)
        .outerjoin(asker, asker.id == Approval.asked_by_employee_id)
        .outerjoin(decider, decider.id == Approval.decided_by_employee_id)
        .where(Approval.id == func.any([approval.id for approval in approvals]))
    )
    return {row[0]: Names(*row[1:]) for row in rows}
