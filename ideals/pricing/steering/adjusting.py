"""The exact price of one unit through rules and bounds to whole cents, step by step.

Changes in their order, then floors and caps in theirs, then the bounds of the product, then one
rounding. After each the price is nothing at the least. What holds for nobody of these facts, or
cannot be known of them, does nothing and says so: a price never waits for a condition.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from functools import lru_cache, partial
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
    """`minor`: one unit in cents. `passed` are rules that hold for others, or are not known to
    hold; `idle` are limits that had nothing to limit. Both with their place."""

    minor: int
    steps: tuple[Changed, ...]
    passed: tuple[tuple[int, NotApplied], ...] = ()
    idle: tuple[tuple[int, NotApplied], ...] = ()

    @property
    def not_applied(self) -> tuple[NotApplied, ...]:
        """The rules that did nothing to it, in their order."""
        return tuple(each for _, each in sorted((*self.passed, *self.idle)))


class Ready(NamedTuple):
    """A rule with all that does not depend on whose price it is. `idle`: what is said of a limit
    that has nothing to limit."""

    rule: RuleText
    holds: Callable[[Mapping[str, Any]], Any] | None
    change: Callable[[Decimal], Decimal]
    text: Said
    not_met: NotApplied
    idle: NotApplied | None


class Held(NamedTuple):
    """The rules of a row that hold for somebody, in their order, and those that do not; each with
    its place in the row."""

    rules: tuple[tuple[int, Ready], ...]
    passed: tuple[tuple[int, NotApplied], ...]


@dataclass(frozen=True, slots=True, eq=False)
class Row:
    """Rules in the order in which they are looked at, for everybody. Itself alone, as rules are."""

    changes: tuple[Ready, ...] = ()
    limits: tuple[Ready, ...] = ()

    @classmethod
    def of(cls, rules: Iterable[RuleText]) -> Row:
        """The same for the same rules: kept for the next request and the next product."""
        return _row(tuple(rules))

    def __iter__(self) -> Iterator[Ready]:
        return iter((*self.changes, *self.limits))

    def __len__(self) -> int:
        return len(self.changes) + len(self.limits)

    def held(self, facts: Mapping[str, Any]) -> Held:
        """Which of them hold. The same for all products that share the row and the facts."""
        with arithmetic():
            held: list[tuple[int, Ready]] = []
            passed: list[tuple[int, NotApplied]] = []
            _judge(self.changes, 0, facts, held, passed)
            _judge(self.limits, len(self.changes), facts, held, passed)
        return Held(tuple(held), tuple(passed))


@lru_cache(maxsize=1_000)
def _row(rules: tuple[RuleText, ...]) -> Row:
    ready = [_ready(rule) for rule in sorted(rules, key=attrgetter("rank"))]
    return Row(
        tuple(each for each in ready if not each.rule.is_limit),
        tuple(each for each in ready if each.rule.is_limit),
    )


def _judge(
    row: tuple[Ready, ...],
    start: int,
    facts: Mapping[str, Any],
    held: list[tuple[int, Ready]],
    passed: list[tuple[int, NotApplied]],
) -> None:
    """Changes or limits, as far as one that holds and does not combine. `start`: its place."""
    for place, ready in enumerate(row, start):
        if ready.holds is not None:
            try:
                met = ready.holds(facts)
            except BudgetNotComputable as failed:
                passed.append((place, _unknown(ready.rule, failed)))
                continue
            except FormulaFailed:
                passed.append((place, _failed(ready.rule, facts)))
                continue
            if not met:
                passed.append((place, ready.not_met))
                continue
        held.append((place, ready))
        if not ready.rule.combines:
            passed.extend(
                (after, words.after_last(each.rule, ready.rule))
                for after, each in enumerate(row[place - start + 1 :], place + 1)
            )
            return


@lru_cache(maxsize=5_000)
def _ready(rule: RuleText) -> Ready:
    """Kept: a rule is read once in a process, and stands in rows of many requests."""
    return Ready(
        rule,
        None if rule.condition is None else rule.condition.evaluate,
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
    rules: Sequence[RuleText] | Row | Held,
    bounds: PriceBounds,
    facts: Mapping[str, Any],
) -> Adjusted:
    """`rules`: those of the product and month, in whatever order they come. `Held`: what holds for
    these facts is known already."""
    if not isinstance(rules, Held):
        row = rules if isinstance(rules, Row) else Row.of(rules)
        rules = row.held(facts)
    with arithmetic():
        going = _Going(exact)
        going.through(rules.rules)
        going.within(bounds)
        minor = _cents(going.now)
        if settled(going.now * 100) != minor:
            text = _("Rounded to the cent, half up")
            going.steps.append(Changed("rounded", text, Decimal(minor).scaleb(-2)))
    return Adjusted(minor, tuple(going.steps), rules.passed, tuple(going.idle))


class _Going:
    """A price on its way."""

    __slots__ = ("idle", "now", "steps")

    def __init__(self, exact: Decimal) -> None:
        self.now = exact
        self.steps: list[Changed] = []
        self.idle: list[tuple[int, NotApplied]] = []

    def step(self, code: str, text: Said, now: Decimal) -> None:
        self.now = now
        self.steps.append(Changed(code, text, now))
        if now < _ZERO:
            self.step("at_nothing", _("A price is never below nothing"), _ZERO)

    def through(self, held: tuple[tuple[int, Ready], ...]) -> None:
        for place, (rule, _holds, change, text, _not_met, idle) in held:
            now = change(self.now)
            if idle is not None and now == self.now:
                self.idle.append((place, idle))
            else:
                self.step(rule.code, text, now)

    def within(self, bounds: PriceBounds) -> None:
        if bounds.least is not None and self.now < bounds.least:
            said = _("Never less than %(least)s", least=Money.of(bounds.least))
            self.step("at_least", said, bounds.least)
        if bounds.most is not None and self.now > bounds.most:
            said = _("Never more than %(most)s", most=Money.of(bounds.most))
            self.step("at_most", said, bounds.most)
        if self.now < _ZERO:
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
