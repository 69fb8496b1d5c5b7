"""A policy as it is used: who decides about what, and what happens when they do not.

A *policy* of one kind of approval is a row of *cases*; the first whose condition holds counts. A
case has *stages* one after another, a stage has one *step* or several side by side, and a step is
one decision: who, in how many working days, and what then.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum

from ideals.approvals.states import Kind
from ideals.kernel.formula import Formula, arithmetic

USUAL_DAYS = 5


class Effect(StrEnum):
    """When what is asked takes effect."""

    AT_ONCE = "at_once"
    """Nobody is asked, and nothing is recorded."""
    AFTER = "after"
    """At once, and a share of the cases is checked afterwards."""
    BEFORE = "before"
    """Only when everybody has agreed."""


class By(StrEnum):
    """How a step names who decides."""

    MANAGER = "manager"
    MANAGERS_MANAGER = "managers_manager"
    UNIT_OWNER = "unit_owner"
    MANDATE = "mandate"
    """Who holds the mandate of the unit, while it covers the amount."""
    ROLE = "role"
    PERSON = "person"


class Then(StrEnum):
    """What happens when the days are over."""

    REMIND = "remind"
    ESCALATE = "escalate"
    APPROVE = "approve"
    REFUSE = "refuse"


class Mode(StrEnum):
    """What steps side by side need. A stage of one step is `ALL`."""

    ALL = "all"
    """Everybody's yes."""
    ANY = "any"
    """The first decision counts."""


class WhenBroken(StrEnum):
    """What follows for somebody's further cases when a check finds a broken agreement."""

    CHECK_ALL = "check_all"
    """They take effect at once, and each is checked."""
    BEFORE = "before"
    """They are decided before, by the steps of the case."""


@dataclass(frozen=True, slots=True)
class Who:
    """`value`: the role or the personnel number, empty for the others."""

    by: By
    value: str = ""

    def __str__(self) -> str:
        return f"{self.by}: {self.value}" if self.value else self.by.value


@dataclass(frozen=True, slots=True)
class Step:
    """`to`: to whom it escalates; `None`: to the manager of who has it."""

    who: Who
    days: int = USUAL_DAYS
    then: Then = Then.REMIND
    to: Who | None = None


@dataclass(frozen=True, slots=True)
class Stage:
    mode: Mode
    steps: tuple[Step, ...]


@dataclass(frozen=True, slots=True)
class CheckTerms:
    """A look afterwards. `share`: of the cases, from 0 to 1."""

    share: Decimal
    step: Step


@dataclass(frozen=True, slots=True)
class Case:
    """`condition` `None`: always. `says`: the rule in the words of whom it concerns, by language.

    `stages` are those of a `BEFORE` case; of an `AFTER` case those that hold while trust is lost.
    """

    code: str
    condition: Formula | None
    says: Mapping[str, str]
    effect: Effect
    stages: tuple[Stage, ...] = ()
    check: CheckTerms | None = None
    when_broken: WhenBroken = WhenBroken.CHECK_ALL

    def said(self, language: str) -> str:
        """The rule in that language, else in any."""
        return self.says.get(language) or next(iter(self.says.values()), "")


@dataclass(frozen=True, slots=True)
class Policy:
    kind: Kind
    starts_on: date
    names: Mapping[str, str]
    cases: tuple[Case, ...]
    text: str

    @property
    def needs(self) -> frozenset[str]:
        """The facts that its conditions read."""
        return frozenset(
            name for case in self.cases if case.condition for name in case.condition.names
        )

    def case(self, code: str) -> Case:
        """Raises `KeyError`."""
        for case in self.cases:
            if case.code == code:
                return case
        raise KeyError(code)


def case_for(policy: Policy, facts: Mapping[str, object]) -> Case:
    """The first case that fits. Raises `FormulaFailed` when a condition has no result, as when a
    fact is missing; facts that come after the case that fits are not read."""
    with arithmetic():
        for case in policy.cases:
            if case.condition is None or case.condition.evaluate(facts):
                return case
    raise AssertionError(policy.kind)  # the last case of a checked policy has no condition


def steps_when_broken(case: Case) -> tuple[Stage, ...]:
    """The stages of a case of somebody who lost trust; empty when it still takes effect at once."""
    broken = case.effect is Effect.AFTER and case.when_broken is WhenBroken.BEFORE
    return case.stages if broken else ()


def share_to_check(case: Case, *, trusted: bool) -> Decimal:
    """The share of an `AFTER` case that is checked: every one while trust is lost."""
    if case.check is None:
        return Decimal(0)
    return case.check.share if trusted else Decimal(1)
