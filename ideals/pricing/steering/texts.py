"""What a price rule is, once its plain data passed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from ideals.kernel.formula import Formula
from ideals.kernel.month import Month


class ChangeKind(StrEnum):
    PERCENT = "percent"
    """So many percent on top of the price so far; below zero: off it."""
    AMOUNT = "amount"
    """So many euros a unit on top; below zero: off."""
    FIXED = "fixed"
    """So many euros a unit, whatever it was."""
    FLOOR = "floor"
    """At least so many euros a unit."""
    CAP = "cap"
    """At most so many euros a unit."""


LIMITS = (ChangeKind.FLOOR, ChangeKind.CAP)
"""They come after the changes."""
OWN_STEPS = (
    "amount", "at_least", "at_most", "at_nothing", "divided", "each_month", "list_price",
    "quantity", "rounded", "stated",
)  # fmt: skip
"""Codes of steps that are no rules; no rule may be called so."""


@dataclass(frozen=True, slots=True, eq=False)
class RuleText:
    """One version of a rule. `through_month` `None`: without an end. `condition` `None`: everybody.

    `value`: percent, or euros for one unit. `reads`: the facts and indicators of the condition.
    Each is itself alone: a compiled condition has no equal.
    """

    code: str
    name: Mapping[str, str]
    says: Mapping[str, str]
    products: tuple[str, ...]
    scheme: str
    from_month: Month
    through_month: Month | None
    condition: Formula | None
    kind: ChangeKind
    value: Decimal
    order: int
    combines: bool
    reason: str = ""
    reads: tuple[str, ...] = ()

    @property
    def is_limit(self) -> bool:
        return self.kind in LIMITS

    @property
    def rank(self) -> tuple[bool, int, str]:
        """Changes before limits, by their order; the code, where two have the same."""
        return self.is_limit, self.order, self.code

    def holds_in(self, month: Month) -> bool:
        """By what it says itself; its state may end it earlier."""
        return self.from_month <= month and (
            self.through_month is None or month <= self.through_month
        )


@dataclass(frozen=True, slots=True)
class PriceBounds:
    """Whole cents, as euros for one unit, that no rule may pass. `None`: no bound."""

    least: Decimal | None = None
    most: Decimal | None = None
