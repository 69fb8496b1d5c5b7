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
    """A step: what was done, and what one unit came to, exactly."""

    code: str
    text: Said
    exact: Decimal

    @property
    def amount_minor(self) -> int:
        """In cents, for reading: the exact value went on."""
        with arithmetic():
            return _cents(self.exact)


@dataclass(frozen=True, slots=True)
class Adjusted:
    """`minor`: one unit in cents. `not_applied`: the rules that did nothing to it, in order."""

    minor: int
    steps: tuple[Changed, ...]
    not_applied: tuple[NotApplied, ...] = ()


class Ready(NamedTuple):
    """A rule with all that does not depend on whose price it is. `idle`: what is said of a limit
    that has nothing to limit."""

    rule: RuleText
    holds: Callable[[Mapping[str, Any]], Any] | None
    ends: bool
    change: Callable[[Decimal], Decimal]
    text: Said
    not_met: NotApplied
    idle: NotApplied | None


@dataclass(frozen=True, slots=True)
class Row:
    """Rules in the order in which they are looked at. Made once for a product and month, kept, and
    used for everybody."""

    changes: tuple[Ready, ...]
    limits: tuple[Ready, ...]

    @classmethod
    def of(cls, rules: Iterable[RuleText]) -> Row:
        ordered = sorted(rules, key=attrgetter("rank"))
        return cls(
            tuple(_ready(rule) for rule in ordered if not rule.is_limit),
            tuple(_ready(rule) for rule in ordered if rule.is_limit),
        )

    def __len__(self) -> int:
        return len(self.changes) + len(self.limits)


def _ready(rule: RuleText) -> Ready:
    return Ready(
        rule,
        None if rule.condition is None else rule.condition.evaluate,
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
        going.through(row.changes, facts)
        going.through(row.limits, facts)
        going.within(bounds)
        minor = _cents(going.now)
        if settled(going.now * 100) != minor:
            text = _("Rounded to the cent, half up")
            going.steps.append(Changed("rounded", text, Decimal(minor).scaleb(-2)))
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
        self.steps.append(Changed(code, text, now))
        if now < 0:
            self.step("at_nothing", _("A price is never below nothing"), _ZERO)

    def through(self, row: tuple[Ready, ...], facts: Mapping[str, Any]) -> None:
        """One row: changes or limits. This is the hot loop: 200 rules for each of 40 products."""
        passed = self.passed.append
        for place, (rule, holds, ends, change, text, not_met, idle) in enumerate(row, 1):
            if holds is not None:
                try:
                    met = holds(facts)
                except BudgetNotComputable as failed:
                    passed(_unknown(rule, failed))
                    continue
                except FormulaFailed:
                    passed(_failed(rule, facts))
                    continue
                if not met:
                    passed(not_met)
                    continue
            now = change(self.now)
            if idle is not None and now == self.now:
                passed(idle)
            else:
                self.step(rule.code, text, now)
            if ends:
                self.passed += [words.after_last(each.rule, rule) for each in row[place:]]
                return

    def within(self, bounds: PriceBounds) -> None:
        if bounds.least is not None and self.now < bounds.least:
            said = _("Never less than %(least)s", least=Money.of(bounds.least))
            self.step("at_least", said, bounds.least)
        if bounds.most is not None and self.now > bounds.most:
            said = _("Never more than %(most)s", most=Money.of(bounds.most))
            self.step("at_most", said, bounds.most)
        if self.now < 0:
            self.step("at_nothing", _("A price is never below nothing"), _ZERO)


def _unknown(rule: RuleText, failed: BudgetNotComputable) -> NotApplied:
    """A fact of the employee is not on file, or cannot be worked out."""
    if isinstance(failed, FactsIncomplete):
        return words.not_known(rule, str(failed.data.get("fact", "")))
    return words.no_result(rule)


def _failed(rule: RuleText, facts: Mapping[str, Any]) -> NotApplied:
    """Mostly an indicator without a value: then it is not among the facts at all."""
    for name in rule.reads:
        try:
            facts[name]
        except KeyError:
            return words.not_known(rule, name)
    return words.no_result(rule)


def _cents(euros: Decimal) -> int:
    return int(settled(euros * 100).quantize(_ONE, ROUND_HALF_UP))
