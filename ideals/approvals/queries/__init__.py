"""What waits for whom, and what it is about."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Protocol
from uuid import UUID

from flask_babel import LazyString
from sqlalchemy import ColumnElement, Select, and_, exists, func, literal, or_, select, tuple_
from sqlalchemy.orm import Session, aliased

from ideals.approvals import policy
from ideals.approvals.errors import ApprovalUnknown
from ideals.approvals.models import Approval, ApprovalEvent, ApprovalStep
from ideals.approvals.queries import standing_in
from ideals.approvals.rules import StepState
from ideals.approvals.states import Kind, State
from ideals.kernel.actor import Actor
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
    """A subject in the reader's words. `lines`: what is needed to decide; `href`: its own page;
    `when`: the first and last day on which somebody would be away."""

    title: str
    lines: tuple[Fact, ...] = ()
    cost: Money | None = None
    href: str | None = None
    when: tuple[date, date] | None = None


@dataclass(frozen=True, slots=True)
class Beside:
    """Those who ask for something with whom it is about: as employees, and as users where they may
    have no personnel number."""

    employees: frozenset[int] = frozenset()
    users: frozenset[int] = frozenset()

    def has(self, actor: Actor) -> bool:
        return actor.employee_id in self.employees or actor.user_id in self.users


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
BESIDE: Registry[Callable[[Session, str], Beside]] = Registry(
    "name who stands beside whom it is about: they decide as little"
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


def beside(session: Session, subject: str) -> Beside:
    """Who may not decide about it because they ask for it with whom it is about."""
    named = BESIDE.get(word_of(subject))
    return Beside() if named is None else named(session, subject)


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

LIVE = (StepState.OPEN, StepState.ASKED)


def waiting_for(
    session: Session, *, actor: Actor, today: date, state: StepState = StepState.OPEN
) -> Select[ApprovalStep]:
    """The steps this actor can decide now, for a list by (due_on, id): the most urgent first. With
    `ASKED` those that wait for an answer to a question."""
    return select(ApprovalStep).where(
        ApprovalStep.state == state, _with_them(session, actor, today), _not_about(actor)
    )


def count_waiting(session: Session, *, actor: Actor, today: date, most: int) -> int:
    """How many wait for them; one more than `most` stands for all above."""
    mine = waiting_for(session, actor=actor, today=today)
    some = mine.with_only_columns(ApprovalStep.id).limit(most + 1)
    return session.scalar(select(func.count()).select_from(some.subquery())) or 0


def _with_them(session: Session, actor: Actor, today: date) -> ColumnElement[bool]:
    """That a step is with this actor, with a role of theirs, or with whom they stand in for."""
    theirs: list[ColumnElement[bool]] = []
    if actor.roles:
        theirs.append(ApprovalStep.role.in_(sorted(actor.roles)))
    if actor.employee_id is not None:
        theirs.append(
            and_(
                ApprovalStep.approver_id == actor.employee_id,
                people.is_employed(literal(actor.employee_id), today),
            )
        )
        for other in standing_in.principals(session, actor.employee_id, today):
            place = ApprovalStep.approver_id == other.principal_id
            kinds = other.kinds
            theirs.append(place if kinds is None else and_(place, ApprovalStep.kind.in_(kinds)))
    return or_(False, *theirs)


def _not_about(actor: Actor) -> ColumnElement[bool]:
    step = ApprovalStep
    asked: ColumnElement[bool] = step.asked_by_user_id.is_distinct_from(actor.user_id)
    if actor.employee_id is None:
        return or_(step.kind == Kind.TODO, asked)
    asked &= step.asked_by_employee_id.is_distinct_from(actor.employee_id)
    about = step.about_id.is_distinct_from(actor.employee_id)
    return and_(about, or_(step.kind == Kind.TODO, asked))


def approvals_of(session: Session, steps: Iterable[ApprovalStep]) -> dict[UUID, Approval]:
    """By id; one statement."""
    ids = {step.approval_id for step in steps}
    found = session.scalars(select(Approval).where(Approval.id == func.any(list(ids))))
    return {approval.id: approval for approval in found}


def comes_before(step: ApprovalStep) -> ColumnElement[bool]:
    """Whether a row stands before this one in the list of what waits."""
    return tuple_(ApprovalStep.due_on, ApprovalStep.id) < tuple_(step.due_on, step.id)


def decided_by(*, actor: Actor) -> Select[ApprovalStep]:
    """The steps this actor decided, for a list by (decided_at, id)."""
    return select(ApprovalStep).where(ApprovalStep.decided_by_user_id == actor.user_id)


def visible_to(session: Session, *, actor: Actor, today: date) -> Select[Approval]:
    """Everything this actor may see, for a list by (asked_at, id)."""
    overseen = [kind for kind in Kind if actor.has(policy.overseer(kind))]
    if len(overseen) == len(Kind):
        return select(Approval)
    part = exists().where(ApprovalStep.approval_id == Approval.id, _part(session, actor, today))
    mine = [*_concerns(actor), part]
    return select(Approval).where(or_(Approval.kind.in_(overseen), *mine))


def _concerns(actor: Actor) -> list[ColumnElement[bool]]:
    mine: list[ColumnElement[bool]] = [Approval.asked_by_user_id == actor.user_id]
    if actor.employee_id is not None:
        mine.append(Approval.employee_id == actor.employee_id)
        mine.append(Approval.asked_by_employee_id == actor.employee_id)
    return mine


def _part(session: Session, actor: Actor, today: date) -> ColumnElement[bool]:
    """That a step is or was theirs: its turn came, or they decided it."""
    came = and_(ApprovalStep.opened_at.is_not(None), _with_them(session, actor, today))
    if actor.user_id is None:
        # What the clock decided was decided by no user: that is not theirs.
        return came
    return or_(came, ApprovalStep.decided_by_user_id == actor.user_id)


def had_part(session: Session, approval: Approval, actor: Actor, today: date) -> bool:
    """Whether a step of it is or was this actor's."""
    theirs = _part(session, actor, today)
    step = select(ApprovalStep.id).where(ApprovalStep.approval_id == approval.id, theirs)
    return session.scalar(step.limit(1)) is not None


def decided_by_them(session: Session, kind: Kind, *, actor: Actor, today: date) -> Select[Approval]:
    """Of one kind, those in which a step is or was this actor's: no role beside sees more here."""
    part = select(ApprovalStep.approval_id).where(
        ApprovalStep.kind == kind, _part(session, actor, today)
    )
    return select(Approval).where(Approval.id.in_(part))


def of_subject(session: Session, subject: str) -> list[Approval]:
    """Every approval about it, in the order of asking."""
    about = select(Approval).where(Approval.subject == subject)
    return list(session.scalars(about.order_by(Approval.asked_at, Approval.id)))


def access_approval(session: Session, approval_id: UUID, *, actor: Actor, today: date) -> Approval:
    """Raises `ApprovalUnknown` alike for what does not exist and what is not theirs to see."""
    approval = session.get(Approval, approval_id)
    if approval is None:
        raise ApprovalUnknown
    if not policy.may_see(actor, approval) and not had_part(session, approval, actor, today):
        raise ApprovalUnknown
    return approval


@dataclass(frozen=True, slots=True)
class Turn:
    """A step that somebody can decide now. `for_id`: in whose place, `None`: it is their own."""

    step_id: int
    for_id: int | None = None


def turns(
    session: Session,
    approval: Approval,
    steps: Iterable[ApprovalStep],
    actor: Actor,
    today: date,
) -> list[Turn]:
    """Which live steps this actor can decide, their own before those of others."""
    if approval.state != State.OPEN or policy.is_about(actor, approval):
        return []
    standing_beside = beside(session, approval.subject)
    if standing_beside.has(actor):
        return []
    live = [step for step in steps if step.state in LIVE]
    own = [Turn(step.id) for step in live if _is_theirs(step, actor)]
    if actor.employee_id is None or not live:
        return own
    if people.employment_on(session, actor.employee_id, today) is None:
        return [Turn(step.id) for step in live if step.role and _is_theirs(step, actor)]
    barred = [id_ for id_ in (approval.employee_id, approval.asked_by_employee_id) if id_]
    barred += standing_beside.employees
    # Not through whom it is about, nor who asked: they would choose who decides about them.
    others = {
        each.principal_id
        for each in standing_in.principals(session, actor.employee_id, today, but=barred)
        if each.covers(approval.kind)
    }
    stands = [Turn(step.id, step.approver_id) for step in live if step.approver_id in others]
    return own + stands


def _is_theirs(step: ApprovalStep, actor: Actor) -> bool:
    if step.role is not None:
        return any(role == step.role for role in actor.roles)
    return actor.employee_id is not None and step.approver_id == actor.employee_id


def was_theirs(steps: Iterable[ApprovalStep], actor: Actor) -> bool:
    """Whether a step that is over was this actor's."""
    return any(step.state not in LIVE and _is_theirs(step, actor) for step in steps)


def can_decide(
    session: Session,
    approval: Approval,
    steps: Iterable[ApprovalStep],
    *,
    actor: Actor,
    today: date,
) -> Turn | None:
    """The first step that is this actor's to decide."""
    return next(iter(turns(session, approval, steps, actor, today)), None)


# Where it stands


def steps_of(session: Session, approvals: Iterable[Approval]) -> dict[UUID, list[ApprovalStep]]:
    """In the order of their turns; one statement."""
    found: dict[UUID, list[ApprovalStep]] = {approval.id: [] for approval in approvals}
    query = select(ApprovalStep).where(ApprovalStep.approval_id == func.any(list(found)))
    for step in session.scalars(query.order_by(ApprovalStep.stage, ApprovalStep.place)):
        found[step.approval_id].append(step)
    return found


def now_with(steps: Sequence[ApprovalStep]) -> ApprovalStep | None:
    """The step that somebody has now: of several side by side the one due first."""
    live = [step for step in steps if step.state in LIVE]
    return min(live, key=lambda step: (step.due_on, step.id), default=None)


def history(session: Session, approval: Approval) -> list[ApprovalEvent]:
    query = select(ApprovalEvent).where(ApprovalEvent.approval_id == approval.id)
    return list(session.scalars(query.order_by(ApprovalEvent.id)))


def people_named(session: Session, ids: Iterable[int | None]) -> dict[int, str]:
    """Names by id; one statement."""
    wanted = {id_ for id_ in ids if id_ is not None}
    rows = session.execute(
        select(Employee.id, Employee.name).where(Employee.id == func.any(list(wanted)))
    )
    return {row[0]: row[1] for row in rows}


# Names


@dataclass(frozen=True, slots=True)
class Names:
    """Of the people in an approval; `None` where there is none. `approver`: who has it now, or had
    it last; `asker`, `ender`: an address where they are no employee."""

    employee: str | None
    number: str | None
    approver: str | None
    asker: str
    ender: str | None


def names_of(session: Session, approvals: Collection[Approval]) -> dict[UUID, Names]:
    """By approval; one statement."""
    about, approver, asker, decider = (aliased(Employee) for _ in range(4))
    last = (
        select(ApprovalStep.approver_id, ApprovalStep.decided_by_employee_id)
        .where(ApprovalStep.approval_id == Approval.id, ApprovalStep.opened_at.is_not(None))
        # What is live first, then what was decided last.
        .order_by(
            ApprovalStep.state.in_(LIVE).desc(),
            ApprovalStep.decided_at.desc().nulls_last(),
            ApprovalStep.due_on,
            ApprovalStep.id,
        )
        .limit(1)
        .lateral()
    )
    rows = session.execute(
        select(
            Approval.id,
            about.name,
            about.number,
            approver.name,
            func.coalesce(asker.name, Approval.asked_by),
            func.coalesce(decider.name, Approval.ended_by),
        )
        .select_from(Approval)
        .outerjoin(last, literal(True))
        .outerjoin(about, about.id == Approval.employee_id)
        .outerjoin(approver, approver.id == last.c.approver_id)
        .outerjoin(asker, asker.id == Approval.asked_by_employee_id)
        .outerjoin(
            decider,
            and_(
                decider.id == last.c.decided_by_employee_id,
                Approval.state.in_((State.APPROVED, State.REFUSED)),
            ),
        )
        .where(Approval.id == func.any([approval.id for approval in approvals]))
    )
    return {row[0]: Names(*row[1:]) for row in rows}
