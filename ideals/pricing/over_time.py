"""What a price was, is and will be, month by month, and why it became another. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import pairwise
from typing import Any

from ideals.kernel.formula import PartKind
from ideals.kernel.month import Month
from ideals.kernel.said import Said, Texts
from ideals.kernel.said import say as _
from ideals.pricing.rules import Price, Step
from ideals.pricing.steering import OWN_STEPS, NotApplied
from ideals.schemes.rules import Priced

BOUNDS = ("at_least", "at_most", "at_nothing")


@dataclass(frozen=True, slots=True)
class PriceThen:
    """One unit, for orders into a month. `published`: it stands in a list, and stays as it is;
    otherwise it is what would hold by what is agreed now. `names`: what rules are called."""

    month: Month
    published: bool
    listed: Priced
    price: Price
    names: dict[str, Texts]

    @property
    def minor(self) -> int:
        return self.price.unit_minor

    @property
    def steps(self) -> tuple[Step, ...]:
        return self.price.steps

    @property
    def not_applied(self) -> tuple[NotApplied, ...]:
        return self.price.not_applied


class Cause(StrEnum):
    BEGAN = "began"
    """A rule, or a bound, that changes the price from this month on."""
    OVER = "over"
    """One that no longer does."""
    FACT = "fact"
    """Something the list price is made of."""
    FORMULA = "formula"
    """The scheme's own."""


@dataclass(frozen=True, slots=True)
class Because:
    """`code`: of the rule, the bound or the fact; `was` and `now` of a fact."""

    cause: Cause
    code: str
    said: Said
    was: Any = None
    now: Any = None


@dataclass(frozen=True, slots=True)
class PriceChange:
    """`was` and `now` are cents for one unit."""

    month: Month
    was: int
    now: int
    because: tuple[Because, ...]


def changes(prices: Sequence[PriceThen]) -> list[PriceChange]:
    """The months whose price is another than that of the month before them in the row."""
    return [
        PriceChange(later.month, earlier.minor, later.minor, tuple(_why(earlier, later)))
        for earlier, later in pairwise(prices)
        if earlier.minor != later.minor
    ]


def _why(earlier: PriceThen, later: PriceThen) -> list[Because]:
    before, after = _steered(earlier), _steered(later)
    # A bound that moved is told with what it is now.
    began = [
        Because(Cause.BEGAN, code, step.text)
        for code, step in after.items()
        if code not in before or (code in BOUNDS and step.text != before[code].text)
    ]
    over = [
        Because(Cause.OVER, code, _over(earlier, code, step))
        for code, step in before.items()
        if code not in after
    ]
    return [*began, *over, *_listed(earlier, later)]


def _steered(then: PriceThen) -> dict[str, Step]:
    return {
        step.code: step for step in then.steps if step.code not in OWN_STEPS or step.code in BOUNDS
    }


def _over(then: PriceThen, code: str, step: Step) -> Said:
    name: str = then.names.get(code, step.text)
    return _("No longer: %(rule)s", rule=name)


def _listed(earlier: PriceThen, later: PriceThen) -> list[Because]:
    """Why the list price is another: the formula, or what it is made of."""
    if earlier.listed.exact == later.listed.exact:
        return []
    if earlier.listed.formula != later.listed.formula:
        text = _("The scheme works the list price out in another way")
        return [Because(Cause.FORMULA, "list_price", text)]
    before, after = _facts(earlier), _facts(later)
    return [
        Because(
            Cause.FACT,
            name,
            _("%(fact)s was %(was)s and is %(now)s", fact=name, was=before[name], now=value),
            before[name],
            value,
        )
        for name, value in after.items()
        if name in before and before[name] != value
    ]


def _facts(then: PriceThen) -> dict[str, Any]:
    """Facts that are on file, and not those that the scheme makes of them."""
    own = {fact.name for fact in then.listed.facts}
    parts = [*then.listed.parts, *(part for fact in then.listed.facts for part in fact.parts)]
    return {
        part.name: part.value
        for part in parts
        if part.kind is PartKind.FACT and part.name not in own
    }
