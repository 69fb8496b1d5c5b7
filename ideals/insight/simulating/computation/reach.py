"""Whether price rules reach somebody who is employed now, whatever they ordered."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Any, NamedTuple

from ideals.insight.simulating.computation.beside import Beside
from ideals.kernel.formula import FormulaFailed
from ideals.kernel.month import Month
from ideals.pricing.queries.prices import facts_read
from ideals.pricing.rules import INDICATOR, ConditionFacts
from ideals.pricing.steering import RuleText
from ideals.schemes.errors import BudgetNotComputable
from ideals.schemes.rules import Person, Product, Scheme, price_facts


class _Asked(NamedTuple):
    """A rule, the products it is of by what their prices go by, and what its indicators were in
    the months it reaches."""

    rule: RuleText
    products: tuple[Product, ...]
    values: tuple[Mapping[str, Decimal], ...]


class Reach:
    """By facts of today, and by what the indicators were in at least one of the months looked at.

    `of_all`: what holds for everybody alike; `None` where it takes facts of an employee.
    """

    def __init__(self, beside: Beside, months: tuple[Month, Month], today: date) -> None:
        self.today, self.month = today, Month.of(today)
        self.scheme: Scheme = beside.version(self.month)
        asked = [_asked(beside, self.scheme, rule, months) for rule in beside.rules.values()]
        plain = [each for each in asked if not facts_read(each.rule)]
        self._personal = [each for each in asked if facts_read(each.rule)]
        self.of_all: bool | None = None
        if any(_holds(each.rule, values) for each in plain for values in each.values):
            self.of_all = True
        elif not self._personal:
            self.of_all = False

    def reaches(self, person: Person) -> bool:
        for rule, products, values in self._personal:
            for product in products:
                kept: list[Mapping[str, Any]] = []

                def read(
                    product: Product = product, kept: list[Mapping[str, Any]] = kept
                ) -> Mapping[str, Any]:
                    if not kept:
                        facts = price_facts(self.scheme, product, person, self.month, self.today)
                        kept.append(facts)
                    return kept[0]

                if any(_holds(rule, ConditionFacts(each, read)) for each in values):
                    return True
        return False


def _asked(beside: Beside, scheme: Scheme, rule: RuleText, months: tuple[Month, Month]) -> _Asked:
    sold = (scheme.products[code] for code in rule.products if code in scheme.products)
    products = {product.price_moment: product for product in sold}
    variants: dict[tuple[tuple[str, Decimal], ...], Mapping[str, Decimal]] = {}
    for month, _ in beside.months(rule, *months):
        known = beside.indicators(rule, month)
        values = {
            INDICATOR + code: value for code, value in sorted(known.items()) if value is not None
        }
        variants[tuple(values.items())] = values
    return _Asked(rule, tuple(products.values()), tuple(variants.values()))


def _holds(rule: RuleText, facts: Mapping[str, Any]) -> bool:
    if rule.condition is None:
        return True
    try:
        return bool(rule.condition.evaluate(facts))
    except (BudgetNotComputable, FormulaFailed):
        return False
