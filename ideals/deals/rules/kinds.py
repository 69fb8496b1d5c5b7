"""The typed parts of an offer: for each kind what it holds.

docs/deals.md lists the kinds with their fields, and a test compares.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import date
from enum import StrEnum
from typing import ClassVar, TypeAlias

from ideals.deals.states import TermKind
from ideals.kernel.money import Money
from ideals.kernel.month import Month


class PaidFrom(StrEnum):
    """Who pays for development."""

    EMPLOYER = "employer"
    DEVELOPMENT = "development"
    """The employee's own account for it."""
    BUDGET = "budget"


class Where(StrEnum):
    HOME = "home"
    OFFICE = "office"
    OTHER = "other"


class FinancedBy(StrEnum):
    """What leave is paid from."""

    BUDGET = "budget"
    SAVINGS = "savings"
    UNPAID = "unpaid"


class PaidAs(StrEnum):
    """How a bonus comes."""

    PAYROLL = "payroll"
    """As a line of its own."""
    GRANT = "grant"
    """Into the budget."""


class Paid(StrEnum):
    ONCE = "once"
    MONTHLY = "monthly"


class Into(StrEnum):
    """The account a grant goes to."""

    BUDGET = "budget"
    DEVELOPMENT = "development"


@dataclass(frozen=True, slots=True)
class Development:
    """`minutes`: working time for it, in all."""

    kind: ClassVar = TermKind.DEVELOPMENT
    course: str
    cost: Money
    minutes: int = 0
    paid_from: PaidFrom = PaidFrom.EMPLOYER
    note: str = ""


@dataclass(frozen=True, slots=True)
class Tasks:
    kind: ClassVar = TermKind.TASKS
    gains: str
    gives_up: str = ""
    note: str = ""


@dataclass(frozen=True, slots=True)
class Hours:
    """Contract hours: `minutes` a week from a day."""

    kind: ClassVar = TermKind.HOURS
    minutes: int
    starts_on: date
    note: str = ""


@dataclass(frozen=True, slots=True)
class Pattern:
    """`minutes` of each weekday, Monday first; 0: free."""

    kind: ClassVar = TermKind.PATTERN
    minutes: tuple[int, ...]
    note: str = ""

    @property
    def week(self) -> int:
        return sum(self.minutes)


@dataclass(frozen=True, slots=True)
class Place:
    """`days`: of each weekday, Monday first; `None`: as it is."""

    kind: ClassVar = TermKind.PLACE
    days: tuple[Where | None, ...]
    where: str = ""
    """What `other` is."""
    note: str = ""


@dataclass(frozen=True, slots=True)
class Leave:
    """`ends_on`: the last day of it. `minutes`: of it a week; `None`: the whole week."""

    kind: ClassVar = TermKind.LEAVE
    starts_on: date
    ends_on: date
    financed_by: FinancedBy
    minutes: int | None = None
    note: str = ""


@dataclass(frozen=True, slots=True)
class Bonus:
    """`due_month`: in which it is judged and paid."""

    kind: ClassVar = TermKind.BONUS
    target: str
    measure: str
    amount: Money
    due_month: Month
    paid_as: PaidAs = PaidAs.PAYROLL
    objective_reason: str = ""
    note: str = ""


@dataclass(frozen=True, slots=True)
class MoneyTerm:
    """Once in `from_month`, or each month from it; `through_month` `None`: as long as the deal.

    `personal_part`: the allocation takes it in as part of the budget's own, else it is a grant.
    """

    kind: ClassVar = TermKind.MONEY
    amount: Money
    paid: Paid
    from_month: Month
    through_month: Month | None = None
    into: Into = Into.BUDGET
    personal_part: bool = False
    objective_reason: str = ""
    note: str = ""


@dataclass(frozen=True, slots=True)
class Other:
    kind: ClassVar = TermKind.OTHER
    text: str


Term: TypeAlias = Development | Tasks | Hours | Pattern | Place | Leave | Bonus | MoneyTerm | Other
TYPES: Mapping[TermKind, type[Term]] = {
    each.kind: each
    for each in (Development, Tasks, Hours, Pattern, Place, Leave, Bonus, MoneyTerm, Other)
}
MONEY_KINDS = (TermKind.BONUS, TermKind.MONEY)
"""They need an objective reason."""


def keys_of(kind: TermKind) -> list[str]:
    return ["kind", *(each.name for each in fields(TYPES[kind]))]
