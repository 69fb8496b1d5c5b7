"""The exact price of one unit through rules and bounds to whole cents, step by step.

Changes in their order, then floors and caps in theirs, then the bounds of the product, then one
rounding. After each the price is nothing at the least. What holds for nobody of these facts, or
cannot be known of them, does nothing and says so: a price never waits for a condition.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from functools import partial
from operator import attrgetter
from typing import Any, NamedTuple

from ideals.kernel.formula import FormulaFailed, arithmetic, settled
from ideals.kernel.money import Money
from ideals.kernel.said import Said
from ideals.kernel.said import say as _
from ideals.pricing.steering import words
from ideals.pricing.steering.texts import ChangeKind, PriceBounds, RuleText
from ideals.pricing.steering.words import NotApplied
from ideals.schemes.errors import BudgetNotComputable, FactsIncomplete

_ONE, _ZERO, _HUNDRED = Decimal(1), Decimal(0), Decimal(100)


class Changed(NamedTuple):
    """A step: what was done, and what one unit came to, in cents for reading and exactly."""

    code: str
    text: Said
    amount_minor: int
    exact: Decimal


@dataclass(frozen=True, slots=True)
class Adjusted:
    """`minor`: one unit in cents. `not_applied`: the rules that did nothing to it, in order."""

    minor: int
    steps: tuple[Changed, ...]
    not_applied: tuple[NotApplied, ...] = ()


class Ready(NamedTuple):
    """A rule with all that does not depend on whose price it is."""

    rule: RuleText
    holds: Callable[[Mapping[str, Any]], Any] | None
    is_limit: bool
    ends: bool
    change: Callable[[Decimal], Decimal]
    text: Said
    not_met: NotApplied
    nothing_to_limit: NotApplied | None


class Row(tuple[Ready, ...]):
    """Rules in the order in which they are looked at. Made once for a product and month, kept, and
    used for everybody."""

    __slots__ = ()

    @classmethod
    def of(cls, rules: Iterable[RuleText]) -> Row:
        return cls(_ready(rule) for rule in sorted(rules, key=attrgetter("rank")))


def _ready(rule: RuleText) -> Ready:
    return Ready(
        rule,
        None if rule.condition is None else rule.condition.evaluate,
        rule.is_limit,
        not rule.combines,
        _change(rule),
        words.step_of(rule),
        words.not_met(rule),
        words.nothing_to_limit(rule) if rule.is_limit else None,
    )


def _change(rule: RuleText) -> Callable[[Decimal], Decimal]:
    value = rule.value
    match rule.kind:
        case ChangeKind.PERCENT:
            factor = (_HUNDRED + value) / _HUNDRED
            return lambda price: price * factor
        case ChangeKind.AMOUNT:
            return lambda price: price + value
        case ChangeKind.FIXED:
            return lambda _price: value
        case ChangeKind.FLOOR:
            return partial(max, value)
        case ChangeKind.CAP:
            return partial(min, value)


def price(
    exact: Decimal,
    rules: Sequence[RuleText] | Row,
    bounds: PriceBounds,
    facts: Mapping[str, Any],
) -> Adjusted:
    """`rules`: those of the product and month, in whatever order they come."""
    row = rules if isinstance(rules, Row) else Row.of(rules)
    with arithmetic():
        going = _Going(exact)
        going.through(row, facts)
        going.within(bounds)
        minor = _cents(going.now)
        if settled(going.now * 100) != minor:
            text = _("Rounded to the cent, half up")
            going.steps.append(Changed("rounded", text, minor, Decimal(minor).scaleb(-2)))
    return Adjusted(minor, tuple(going.steps), tuple(going.passed))


class _Going:
    """A price on its way."""

    __slots__ = ("now", "passed", "steps")

    def __init__(self, exact: Decimal) -> None:
        self.now = exact
        self.steps: list[Changed] = []
        self.passed: list[NotApplied] = []

    def step(self, code: str, text: Said, now: Decimal) -> None:
        self.now = now
        self.steps.append(Changed(code, text, _cents(now), now))
        if now < 0:
            self.step("at_nothing", _("A price is never below nothing"), _ZERO)

    def through(self, row: Row, facts: Mapping[str, Any]) -> None:
        ended: list[RuleText | None] = [None, None]
        for ready in row:
            last = ended[ready.is_limit]
            if last is not None:
                self.passed.append(words.after_last(ready.rule, last))
                continue
            if ready.holds is not None and (why := _why_not(ready, facts)) is not None:
                self.passed.append(why)
                continue
            if ready.ends:
                ended[ready.is_limit] = ready.rule
            now = ready.change(self.now)
            if ready.nothing_to_limit is not None and now == self.now:
                self.passed.append(ready.nothing_to_limit)
            else:
                self.step(ready.rule.code, ready.text, now)

    def within(self, bounds: PriceBounds) -> None:
        if bounds.least is not None and self.now < bounds.least:
            said = _("Never less than %(least)s", least=Money.of(bounds.least))
            self.step("at_least", said, bounds.least)
        if bounds.most is not None and self.now > bounds.most:
            said = _("Never more than %(most)s", most=Money.of(bounds.most))
            self.step("at_most", said, bounds.most)
        if self.now < 0:
            self.step("at_nothing", _("A price is never below nothing"), _ZERO)


def _why_not(ready: Ready, facts: Mapping[str, Any]) -> NotApplied | None:
    try:
        return None if ready.holds(facts) else ready.not_met  # type: ignore[misc]
    except FactsIncomplete as missing:
        return words.not_known(ready.rule, str(missing.data.get("fact", "")))
    except FormulaFailed:
        missing_name = _first_missing(ready.rule, facts)
        if missing_name is None:
            return words.no_result(ready.rule)
        return words.not_known(ready.rule, missing_name)
    except BudgetNotComputable:
        return words.no_result(ready.rule)


def _first_missing(rule: RuleText, facts: Mapping[str, Any]) -> str | None:
    for name in rule.reads:
        try:
            facts[name]
        except KeyError:
            return name
    return None


def _cents(euros: Decimal) -> int:
    return int(settled(euros * 100).quantize(_ONE, ROUND_HALF_UP))
