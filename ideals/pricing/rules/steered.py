"""One unit of a product through the price rules that hold for somebody, bounds and rounding."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from types import MappingProxyType
from typing import Any

from ideals.kernel.month import Month
from ideals.pricing.rules.steps import Step
from ideals.pricing.steering import Adjusted, Held, PriceBounds, Row, RuleText, price
from ideals.pricing.steering.conditions import INDICATOR
from ideals.schemes.rules import (
    Person,
    Priced,
    Product,
    Scheme,
    price_facts,
    unit_price,
)

NO_FACTS: Mapping[str, Any] = MappingProxyType({})
NO_BOUNDS = PriceBounds()
NO_RULES = Row()
NOTHING_HELD = Held((), ())


def adjusted(
    exact: Decimal,
    rules: Sequence[RuleText] | Row,
    bounds: PriceBounds,
    facts: Mapping[str, Any] = NO_FACTS,
) -> tuple[int, list[Step]]:
    """The price of one unit in cents after rules, bounds and rounding, with a step for each that
    did something."""
    found = price(exact, rules, bounds, facts)
    return found.minor, [Step(each.code, each.text, each.amount_minor) for each in found.steps]


class HeldOnce:
    """Which rules hold for somebody, found out once for all products that share them.

    Of a few people at a time: whoever looks at many asks for one after another.
    """

    __slots__ = ("_of",)
    MOST = 4

    def __init__(self) -> None:
        self._of: dict[int, tuple[Person, dict[Any, Held]]] = {}

    def of(self, person: Person, key: Hashable, judge: Callable[[], Held]) -> Held:
        if id(person) not in self._of:
            if len(self._of) == self.MOST:
                self._of.clear()
            # The person is kept beside what is known of them, so that nobody else has their id.
            self._of[id(person)] = person, {}
        known = self._of[id(person)][1]
        if key not in known:
            known[key] = judge()
        return known[key]


@dataclass(frozen=True, slots=True)
class Steering:
    """What changes the price of one product for orders into one month.

    `indicators`: as they count, by the names that conditions use. `wide` adds to a scheme what
    reads the facts that conditions name. `once` is shared by all that one book of prices tells.
    """

    row: Row = NO_RULES
    bounds: PriceBounds = NO_BOUNDS
    indicators: Mapping[str, Decimal] = field(default_factory=dict)
    wide: Callable[[Scheme], Scheme] = lambda scheme: scheme
    once: HeldOnce = field(default_factory=HeldOnce)

    def held(
        self, scheme: Scheme, product: Product, person: Person, month: Month, day: date
    ) -> Held:
        """The rules that hold for somebody, and why others do not."""
        if not self.row:
            return NOTHING_HELD
        seen = tuple(self.indicators.items())
        key = (self.row, seen, product.price_moment, scheme.version, month, day)
        return self.once.of(
            person, key, lambda: self.row.held(self.facts(scheme, product, person, month, day))
        )

    def facts(
        self, scheme: Scheme, product: Product, person: Person, month: Month, day: date
    ) -> Mapping[str, Any]:
        """What conditions may read; of the employee nothing is read before it is asked for."""
        return ConditionFacts(
            self.indicators,
            lambda: price_facts(self.wide(scheme), product, person, month, day),
        )


UNSTEERED = Steering()


class ConditionFacts(dict[str, Any]):
    """Indicators, and facts of an employee when one is asked for."""

    __slots__ = ("_employee", "_read")

    def __init__(
        self, indicators: Mapping[str, Decimal], read: Callable[[], Mapping[str, Any]]
    ) -> None:
        super().__init__(indicators)
        self._read = read
        self._employee: Mapping[str, Any] | None = None

    def __missing__(self, name: str) -> Any:
        if name.startswith(INDICATOR):
            raise KeyError(name)
        if self._employee is None:
            self._employee = self._read()
        value = self[name] = self._employee[name]
        return value


@dataclass(frozen=True, slots=True)
class Unit:
    """What one unit costs one employee: as listed, and what became of that."""

    listed: Priced
    adjusted: Adjusted

    @property
    def minor(self) -> int:
        return self.adjusted.minor


def unit_of(
    scheme: Scheme,
    product: Product,
    person: Person,
    month: Month,
    day: date,
    steering: Steering,
    *,
    selling: bool = False,
) -> Unit:
    """Leave that is sold back is worth what it would cost: the same rules change both.

    Raises what `unit_price` does.
    """
    listed = unit_price(scheme, product, person, month, day, selling=selling)
    held = steering.held(scheme, product, person, month, day)
    return Unit(listed, price(listed.exact, held, steering.bounds, NO_FACTS))
