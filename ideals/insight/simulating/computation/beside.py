"""What held for an order, and the same with the rules asked about put beside it.

What an order cost stays as it was paid unless one of these rules holds for it, or an earlier
version of one held: then its price before rules goes through the row anew. No formula of a scheme
is worked out again.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session

from ideals.budgets.queries.statement import Book, book
from ideals.insight.simulating.queries.orders import Ordered
from ideals.insight.simulating.rules import stands_for
from ideals.kernel.month import Month
from ideals.pricing.queries.prices import (
    Holds,
    Part,
    PriceBook,
    facts_read,
    price_book,
    read_by,
    texts_of,
)
from ideals.pricing.rules import ConditionFacts
from ideals.pricing.steering import (
    OWN_STEPS,
    Adjusted,
    Held,
    PriceBounds,
    Row,
    RuleText,
    price,
)
from ideals.pricing.steering.conditions import INDICATOR
from ideals.schemes.rules import Person, Product, Scheme, price_facts, price_of, widened

_ONE = Decimal(1)


@dataclass(frozen=True, slots=True)
class Place:
    """One product in one month under one version of the scheme.

    `ours`: the rules asked about that are in `row`, with the ids they are counted under; `gone`:
    earlier versions of them, in `before`. `same`: what of the row holds for everybody alike; `None`
    where it takes facts of an employee.
    """

    scheme: Scheme
    product: Product
    month: Month
    row: Row
    before: Row
    ours: Mapping[RuleText, str]
    gone: frozenset[RuleText]
    bounds: PriceBounds
    indicators: Mapping[str, Decimal]
    same: Held | None

    @property
    def touched(self) -> bool:
        return bool(self.ours or self.gone)

    def after(self, order: Ordered, person: Person | None) -> tuple[int, dict[str, int]]:
        """What the order would cost, in cents; and by the ids of the rules that are among its steps
        what each did of it."""
        assert order.exact is not None  # noqa: S101  who has no price before rules is left out
        facts: Mapping[str, Any] = self.indicators
        held = self.same
        if held is None:
            facts = self._facts(order, person)
            held = self.row.held(facts)
        ours = [ready.rule for _, ready in held.rules if ready.rule in self.ours]
        if not ours and not self._held_before(facts):
            return order.price * order.charges, {}
        found = price(order.exact, held, self.bounds, facts)
        total = price_of(found.minor, order.quantity)
        did = _did(found, order, total)
        applied = {
            self.ours[rule]: did[rule.code] * order.charges for rule in ours if rule.code in did
        }
        return total * order.charges, applied

    def _held_before(self, facts: Mapping[str, Any]) -> bool:
        if not self.gone:
            return False
        return any(ready.rule in self.gone for _, ready in self.before.held(facts).rules)

    def _facts(self, order: Ordered, person: Person | None) -> ConditionFacts:
        def read() -> Mapping[str, Any]:
            assert person is not None  # noqa: S101  facts are loaded where conditions name them
            return price_facts(self.scheme, self.product, person, self.month, order.day)

        return ConditionFacts(self.indicators, read)


def _did(found: Adjusted, order: Ordered, total: int) -> dict[str, int]:
    """By the code of each rule what came out of its step less what went into it, in cents: as
    `queries.happened` reads it from orders. The last one takes what bounds and rounding did."""
    assert order.exact is not None  # noqa: S101  the same
    rules = [step.code for step in found.steps if step.code not in OWN_STEPS]
    before, did = cents_of(order.exact, order.quantity), {}
    for step in found.steps if rules else ():
        if step.code == rules[-1]:
            did[step.code] = total - before
            break
        after = price_of(step.amount_minor, order.quantity)
        if step.code in rules:
            did[step.code] = after - before
        before = after
    return did


def cents_of(exact: Decimal, quantity: Decimal) -> int:
    """What so many cost at a price of one in exact euros, without any rule."""
    return price_of(int((exact * 100).quantize(_ONE, ROUND_HALF_UP)), quantity)


class Beside:
    """The rules asked about, beside the price lists of the months looked at.

    `names`: the facts of employees that conditions read; empty where none does. Four statements at
    most; nothing more is read while orders are worked out.
    """

    def __init__(self, session: Session, scheme: str, rules: list[list[Any]], since: Month) -> None:
        parts = [Part(UUID(rule), number) for rule, number in rules]
        found = texts_of(session, parts)
        self.scheme = scheme
        self.rules: dict[str, RuleText] = {str(part.rule): found[part] for part in parts}
        self.prices: PriceBook = price_book(session, scheme, since)
        self.versions: Book = book(session, [scheme])
        texts = [*self.rules.values(), *self.prices.texts.values()]
        self.names = sorted({name for text in texts for name in facts_read(text)})
        self._places: dict[tuple[str, int, int], Place] = {}
        self._wide: dict[int, Scheme] = {}

    def at(self, order: Ordered) -> Place:
        key = (order.product, order.month, order.version)
        found = self._places.get(key)
        if found is None:
            found = self._places[key] = self._place(*key)
        return found

    def version(self, month: Month) -> Scheme:
        """The scheme of a month, with what reads the facts that conditions name."""
        found = self.versions.at(self.scheme, month)
        assert found is not None  # noqa: S101  looked at when the simulation was started
        wide = self._wide.get(id(found))
        if wide is None:
            wide = self._wide[id(found)] = widened(found, self.names)
        return wide

    def months(self, text: RuleText, first: Month, last: Month) -> Iterator[tuple[Month, Month]]:
        """The months looked at that a rule reaches, each with the one of its own."""
        for month in first.until(last):
            meant = stands_for(month, text.from_month, text.through_month)
            if meant is not None:
                yield month, meant

    def indicators(self, text: RuleText, month: Month) -> dict[str, Decimal | None]:
        """What the indicators of a rule were for the prices of a month."""
        lists = [self.prices.holds(product, month) for product in text.products]
        return {code: self._value(code, lists, month) for code in read_by(text)}

    def _value(self, code: str, lists: list[Holds], month: Month) -> Decimal | None:
        """As the first list that names it has it; of others what is known now."""
        for holds in lists:
            if code in holds.indicators:
                return holds.indicators[code].value
            if code in holds.unknown:
                return None
        seen = self.prices.seen(code, month)
        return None if seen is None else seen.value

    def _place(self, code: str, number: int, version: int) -> Place:
        month = Month.from_number(number)
        holds = self.prices.holds(code, month)
        ours = {
            text: rule
            for rule, text in self.rules.items()
            if code in text.products and stands_for(month, text.from_month, text.through_month)
        }
        others = [part for part in holds.rules if str(part.rule) not in self.rules]
        kept = [self.prices.texts[part] for part in others]
        held = [self.prices.texts[part] for part in holds.rules]
        scheme = self.version(Month.from_number(version))
        row, before = Row.of([*kept, *ours]), Row.of(held)
        codes = {code for text in (*ours, *held) for code in read_by(text)}
        values = {code: self._value(code, [holds], month) for code in codes}
        indicators = {INDICATOR + code: each for code, each in values.items() if each is not None}
        personal = any(facts_read(text) for text in (*ours, *held))
        return Place(
            scheme,
            scheme.products[code],
            month,
            row,
            before,
            ours,
            frozenset(held) - frozenset(kept),
            holds.bounds,
            indicators,
            None if personal else row.held(indicators),
        )
