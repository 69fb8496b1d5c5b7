"""The cast with users, a subject that writes down what it hears, and short ways to ask."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from uuid import UUID

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from ideals.access import queries as access
from ideals.approvals import commands, queries
from ideals.approvals.commands import Ask, Decide
from ideals.approvals.commands.asking import Route
from ideals.approvals.models import Approval, ApprovalStep
from ideals.approvals.rules import By, Case, Effect, Mode, Stage, Step, Then, Who
from ideals.approvals.rules.facts import COMMON
from ideals.approvals.states import Decision, Kind
from ideals.kernel.actor import Actor, Role
from ideals.kernel.ids import new_id
from ideals.kernel.registry import Registry
from ideals.notices.models import Notice
from ideals.people.models import Employee
from ideals.seeds import factories
from ideals.seeds.factories import Organisation

NOW = datetime(2026, 3, 10, 9, tzinfo=UTC)  # a Tuesday
FRIDAY = date(2026, 3, 20)


@dataclass
class Cast:
    """Anna works for Boris; Dina and Henk are HR; Clara manages somebody else."""

    people: Organisation
    anna: Actor
    boris: Actor
    clara: Actor
    dina: Actor
    egor: Actor
    henk: Actor


def cast_of(session: Session) -> Cast:
    people = factories.an_organisation(session)
    henk = factories.an_employee(session, "Henk", number="henk", email="henk@meridian.example")
    assert henk.email
    actors = {
        name: _actor(session, name, frozenset({Role.HR}) if name in ("dina", "henk") else None)
        for name in ("anna", "boris", "clara", "dina", "egor", "henk")
    }
    return Cast(people=people, **actors)


def _actor(session: Session, name: str, roles: frozenset[Role] | None) -> Actor:
    user = factories.a_user(session, f"{name}@meridian.example", roles=roles or frozenset())
    return access.actor_of(user, sorted(roles or ()))


@pytest.fixture
def cast(session: Session) -> Cast:
    return cast_of(session)


@dataclass
class Heard:
    """What the made-up subject `order:` heard, and whether it lets go when its time is over."""

    decisions: list[tuple[str, str, str | None]] = field(default_factory=list)
    locked: list[str] = field(default_factory=list)
    lets_go: bool = False

    def lock(self, session: Session, subject: str) -> None:
        self.locked.append(subject)

    def decided(self, session: Session, approval: Approval, *, actor: Actor, now: datetime) -> None:
        self.decisions.append((approval.subject, approval.state, approval.reason))

    def expired(self, session: Session, approval: Approval, *, actor: Actor, now: datetime) -> bool:
        return self.lets_go


@pytest.fixture(autouse=True)
def heard(monkeypatch: pytest.MonkeyPatch) -> Iterator[Heard]:
    made = Heard()
    for name in ("SUBJECTS", "LOCKS", "DECIDED", "EXPIRED"):
        monkeypatch.setattr(queries, name, Registry(f"{name} of the test"))
    queries.LOCKS.register("order", made.lock)
    queries.DECIDED.register("order", made.decided)
    yield made


def ask(
    session: Session,
    cast: Cast,
    *,
    id_: UUID | None = None,
    kind: Kind = Kind.ORDER,
    who: str | Sequence[Stage] = "manager",
    subject: str = "order:1",
    employee_id: int | None = 0,
    due_on: date = FRIDAY,
    actor: Actor | None = None,
    now: datetime = NOW,
) -> Approval:
    """By Anna, about Anna, unless something else is said; until that day. `who`: the manager, HR,
    or stages of their own."""
    cmd = Ask(
        id=id_ or new_id(),
        kind=kind,
        subject=subject,
        employee_id=cast.people.anna.id if employee_id == 0 else employee_id,
        latest_on=due_on,
        what={"en": "Bicycle", "nl": "Fiets"},
    )
    stages = (one(STEPS[who]),) if isinstance(who, str) else tuple(who)
    case = Case("made_up", None, {"en": "A rule"}, Effect.BEFORE, stages)
    route = Route(None, case, Effect.BEFORE, stages, dict.fromkeys(COMMON, ""))
    made = commands.ask(session, cmd, actor=actor or cast.anna, now=now, route=route)
    assert made is not None
    return made


STEPS = {
    "manager": Step(Who(By.MANAGER), 60),
    "hr": Step(Who(By.ROLE, "hr"), 60),
}


def one(*steps: Step, mode: Mode = Mode.ALL) -> Stage:
    return Stage(mode, steps)


def by(who: By, value: str = "", *, days: int = 3, then: Then = Then.REMIND) -> Step:
    return Step(Who(who, value), days, then)


def step_of(session: Session, approval: Approval) -> ApprovalStep:
    """The one that somebody has now, else the last."""
    steps = queries.steps_of(session, [approval])[approval.id]
    return queries.now_with(steps) or steps[-1]


def decide(
    session: Session,
    approval: Approval,
    actor: Actor,
    decision: Decision = Decision.APPROVE,
    reason: str | None = None,
    now: datetime = NOW,
) -> Approval:
    return commands.decide(session, Decide(approval.id, decision, reason), actor=actor, now=now)


def told(session: Session, *, unread: bool = True) -> list[tuple[str, str]]:
    """(kind, whom) of the notices there are."""
    rows = session.execute(
        select(Notice.kind, Employee.number)
        .join(Employee, Employee.id == Notice.employee_id)
        .where(Notice.read_at.is_(None) if unread else True)
        .order_by(Notice.id)
    )
    return [(row[0], row[1]) for row in rows]
