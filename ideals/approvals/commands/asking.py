"""Ask for a decision: what the policy in force says, and who has it first."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from ideals.approvals.commands import going
from ideals.approvals.errors import ApprovalDiffers, AskedAlready
from ideals.approvals.models import Approval, ApprovalStep
from ideals.approvals.queries import trust
from ideals.approvals.queries.in_force import in_force
from ideals.approvals.rules import (
    Case,
    Effect,
    Stage,
    StepState,
    case_for,
    opened,
    planned,
    steps_when_broken,
)
from ideals.approvals.rules.facts import TODO_ABOUT, kept
from ideals.approvals.states import Happened, Kind, State
from ideals.kernel.actor import SYSTEM, Actor, Role
from ideals.kernel.money import Money
from ideals.people import queries as people
from ideals.people.models import Employment, Unit
from ideals.people.queries.overlays import hours_on
from ideals.people.rules.overlays import Overlay

FactValue = str | Decimal | bool


@dataclass(frozen=True, slots=True)
class Ask:
    """`id` is made before and is the retry key. `employee_id`: whom it is about. `facts`: those of
    its kind, for the policy's conditions. `latest_on`: the last day on which a decision makes
    sense. `what`: what is asked in a few words, by language, for messages: no amounts.
    """

    id: UUID
    kind: Kind
    subject: str
    employee_id: int | None
    facts: Mapping[str, FactValue] = field(default_factory=dict)
    amount: Money | None = None
    latest_on: date | None = None
    what: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Route:
    """What the policy says of one question. `effect` and `stages` are those for this person: a case
    that takes effect at once may be decided before, for who lost trust."""

    policy_id: int | None
    case: Case
    effect: Effect
    stages: tuple[Stage, ...]
    facts: Mapping[str, FactValue]

    @property
    def waits(self) -> bool:
        """Whether somebody must agree before it takes effect."""
        return self.effect is Effect.BEFORE


def consider(session: Session, cmd: Ask, *, actor: Actor, now: datetime) -> Route:
    """Nothing is written. Facts that no condition reads are not looked up."""
    today = going.day_of(now)
    policy_id, policy = in_force(session, cmd.kind, today, now=now)
    facts = _Facts(session, cmd, actor, today)
    case = case_for(policy, facts)
    if case.effect is Effect.AFTER:
        stages = () if facts["trusted"] else steps_when_broken(case)
        effect = Effect.BEFORE if stages else Effect.AFTER
        return Route(policy_id, case, effect, stages, facts)
    return Route(policy_id, case, case.effect, case.stages, facts)


def ask(
    session: Session, cmd: Ask, *, actor: Actor, now: datetime, route: Route | None = None
) -> Approval | None:
    """Fix the steps and tell who has the first. `None` when nobody is asked and nothing is noted;
    an approved one when it takes effect at once and may be checked afterwards. The same id again
    answers what is there.

    Raises `ApprovalDiffers` when the id stands for another question, `AskedAlready` when one of
    this kind is open about the subject.
    """
    route = route or consider(session, cmd, actor=actor, now=now)
    if route.effect is Effect.AT_ONCE:
        return None
    made = session.scalar(
        insert(Approval)
        .values(_row(cmd, route, actor=actor, now=now))
        .on_conflict_do_nothing()
        .returning(Approval.id)
    )
    approval = session.get(Approval, cmd.id)
    if approval is None:
        raise AskedAlready(cmd.subject)
    if made is None:
        if (approval.kind, approval.subject) != (cmd.kind, cmd.subject):
            raise ApprovalDiffers
        return approval
    going.note(session, approval, Happened.ASKED, actor=actor, now=now)
    if not route.waits:
        going.note(session, approval, Happened.AT_ONCE, actor=SYSTEM, now=now)
    else:
        steps = _steps(session, approval, route.stages)
        going.go_on(session, approval, steps, opened(planned(route.stages)), now=now)
    going.record(session, "approvals.asked", approval, actor=actor, now=now)
    return approval


def _row(cmd: Ask, route: Route, *, actor: Actor, now: datetime) -> dict[str, Any]:
    ended = not route.waits
    return {
        "id": cmd.id,
        "kind": cmd.kind,
        "subject": cmd.subject,
        "employee_id": cmd.employee_id,
        "what": dict(cmd.what),
        "facts": kept({**_all(route.facts), **cmd.facts}),
        "amount_minor": None if cmd.amount is None else cmd.amount.minor,
        "policy_id": route.policy_id,
        "case_code": route.case.code,
        "effect": route.effect,
        "state": State.APPROVED if ended else State.OPEN,
        "latest_on": cmd.latest_on,
        "asked_at": now,
        "asked_by": actor.name,
        "asked_by_user_id": actor.user_id,
        "asked_by_employee_id": actor.employee_id,
        "ended_at": now if ended else None,
        "ended_by": SYSTEM.name if ended else None,
    }


def _steps(
    session: Session, approval: Approval, stages: tuple[Stage, ...]
) -> dict[int, ApprovalStep]:
    """By the numbers that `planned` gives them."""
    made = [
        ApprovalStep(
            approval_id=approval.id,
            stage=number,
            place=place,
            mode=stage.mode,
            rule=going.rule_of(step),
            state=StepState.WAITING,
            kind=approval.kind,
            about_id=approval.employee_id,
            asked_by_user_id=approval.asked_by_user_id,
            asked_by_employee_id=approval.asked_by_employee_id,
        )
        for number, stage in enumerate(stages)
        for place, step in enumerate(stage.steps)
    ]
    session.add_all(made)
    session.flush()  # reason: events and notices name the steps by their numbers
    return dict(enumerate(made))


class _Facts(dict[str, FactValue]):
    """The facts of one question; those about the employee are looked up when they are read."""

    def __init__(self, session: Session, cmd: Ask, actor: Actor, today: date) -> None:
        super().__init__(cmd.facts)
        self["amount"] = cmd.amount.euros if cmd.amount else Decimal(0)
        if cmd.kind is Kind.TODO:
            self.setdefault("about", TODO_ABOUT[-1])
        self._session, self._cmd, self._actor, self._today = session, cmd, actor, today
        self._employment: Employment | bool | None = False
        self._agreed: Overlay | bool | None = False

    def __missing__(self, name: str) -> FactValue:
        found = _READERS[name](self)
        self[name] = found
        return found

    @property
    def employment(self) -> Employment | None:
        if isinstance(self._employment, bool):
            id_ = self._cmd.employee_id
            self._employment = (
                None if id_ is None else people.employment_on(self._session, id_, self._today)
            )
        return self._employment

    @property
    def agreed(self) -> Overlay | None:
        """Hours that a deal lays over the employment."""
        if isinstance(self._agreed, bool):
            row = self.employment
            self._agreed = (
                None
                if row is None
                else hours_on(self._session, [row.employee_id], self._today).get(row.employee_id)
            )
        return self._agreed

    def part_time_factor(self) -> Decimal:
        found = self.agreed or self.employment
        return found.part_time_factor if found else Decimal(0)

    def weekly_hours(self) -> Decimal:
        found = self.agreed or self.employment
        return (found.weekly_hours if found else None) or Decimal(0)

    def unit(self) -> str:
        row = self.employment
        unit = None if row is None else self._session.get(Unit, row.unit_id)
        return "" if unit is None else unit.path

    def years_of_service(self) -> Decimal:
        row = self.employment
        if row is None:
            return Decimal(0)
        since, today = row.hired_on, self._today
        return Decimal(
            today.year - since.year - ((today.month, today.day) < (since.month, since.day))
        )

    def asked_by(self) -> str:
        if self._actor.user_id is None:
            return "system"
        mine = self._actor.employee_id
        if mine is not None and mine == self._cmd.employee_id:
            return "employee"
        if mine is not None and self.employment is not None and self.employment.manager_id == mine:
            return "manager"
        return "hr" if self._actor.has(Role.HR) else "employee"

    def trusted(self) -> bool:
        id_ = self._cmd.employee_id
        return id_ is None or trust.trusted(self._session, id_, self._cmd.kind)


_READERS: Mapping[str, Callable[[_Facts], FactValue]] = {
    "unit": _Facts.unit,
    "scale": lambda facts: (facts.employment and facts.employment.scale) or "",
    "part_time_factor": _Facts.part_time_factor,
    "weekly_hours": _Facts.weekly_hours,
    "years_of_service": _Facts.years_of_service,
    "asked_by": _Facts.asked_by,
    "trusted": _Facts.trusted,
}


def _all(facts: Mapping[str, FactValue]) -> dict[str, FactValue]:
    """Also those that no condition read: another policy may."""
    for name in _READERS:
        facts[name]
    return dict(facts)
