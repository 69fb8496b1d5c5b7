"""Price rules as plain data: read, compared with each other, and used for a price. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from typing import Any

from ideals.kernel.formula import (
    Formula,
    FormulaFailed,
    FormulaRefused,
    Kind,
    Names,
    arithmetic,
    compile_formula,
    settled,
)
from ideals.kernel.money import Money
from ideals.kernel.month import Month
from ideals.kernel.said import Said, say
from ideals.schemes.rules.document import Fault

KINDS = ("percent", "amount", "fixed", "floor", "cap")


@dataclass(frozen=True, slots=True)
class RuleText:
    code: str
    name: Mapping[str, str]
    says: Mapping[str, str]
    products: tuple[str, ...]
    scheme: str
    from_month: Month
    through_month: Month | None
    condition: Formula | None
    kind: str
    value: Decimal
    order: int
    combines: bool
    reason: str
    reads: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Unclear:
    rule: str
    other: str
    why: Said


@dataclass(frozen=True, slots=True)
class PriceBounds:
    """Euros for one unit that no rule may pass. `None`: no bound."""

    least: Decimal | None = None
    most: Decimal | None = None


@dataclass(frozen=True, slots=True)
class Changed:
    code: str
    text: Said
    amount_minor: int


@dataclass(frozen=True, slots=True)
class Adjusted:
    minor: int
    steps: tuple[Changed, ...]
    not_applied: tuple[Changed, ...]


def read(plain: Mapping[str, Any], facts: Names) -> RuleText | list[Fault]:
    faults = []
    condition = None
    if plain.get("condition"):
        try:
            condition = compile_formula(plain["condition"], facts, wanted=Kind.YES_NO)
        except FormulaRefused as refused:
            faults = [Fault("condition", 0, str(each), "") for each in refused.problems]
    change = plain.get("change") or {}
    value = Decimal(0)
    try:
        value = Decimal(str(change.get("value")))
    except InvalidOperation:
        faults.append(Fault("change.value", 0, "no number", "a number"))
    if change.get("kind") not in KINDS:
        faults.append(Fault("change.kind", 0, "unknown", ", ".join(KINDS)))
    if not plain.get("products"):
        faults.append(Fault("products", 0, "none", "at least one"))
    if faults:
        return faults
    through = plain.get("through_month")
    return RuleText(
        plain["code"], plain["name"], plain["says"], tuple(plain["products"]), plain["scheme"],
        Month.parse(plain["from_month"]), Month.parse(through) if through else None, condition,
        change["kind"], value, plain["order"], plain["combines"], plain.get("reason", ""),
        () if condition is None else tuple(condition.names),
    )  # fmt: skip


def _together(one: RuleText, other: RuleText) -> bool:
    last = [each for each in (one.through_month, other.through_month) if each is not None]
    months = not last or max(one.from_month, other.from_month) <= min(last)
    return months and bool(set(one.products) & set(other.products)) and one.scheme == other.scheme


def overlaps(rule: RuleText, others: Sequence[RuleText]) -> list[RuleText]:
    return [each for each in others if _together(rule, each)]


def unclear(rules: Sequence[RuleText]) -> list[Unclear]:
    found = []
    for place, one in enumerate(rules):
        for other in rules[place + 1 :]:
            if not _together(one, other):
                continue
            if one.kind == other.kind == "fixed":
                found.append(Unclear(one.code, other.code, say("Both fix the price.")))
            elif one.order == other.order and not (one.combines and other.combines):
                found.append(Unclear(one.code, other.code, say("Which comes first is not said.")))
    return found


def price(
    exact: Decimal, rules: Sequence[RuleText], bounds: PriceBounds, facts: Mapping[str, Any]
) -> Adjusted:
    steps, passed = [], []
    with arithmetic():
        now = exact
        for rule in sorted(rules, key=lambda each: (each.order, each.code)):
            said = say("%(says)s", says=rule.says.get("en", rule.code))
            try:
                applies = rule.condition is None or rule.condition.evaluate(facts)
            except (KeyError, FormulaFailed):
                applies = False
            if not applies:
                passed.append(Changed(rule.code, said, _cents(now)))
                continue
            now = _changed(rule, now)
            steps.append(Changed(rule.code, said, _cents(now)))
            if not rule.combines:
                break
        if bounds.least is not None and now < bounds.least:
            now = bounds.least
            said = say("Never less than %(least)s", least=Money.of(now))
            steps.append(Changed("at_least", said, _cents(now)))
        if bounds.most is not None and now > bounds.most:
            now = bounds.most
            said = say("Never more than %(most)s", most=Money.of(now))
            steps.append(Changed("at_most", said, _cents(now)))
        minor = _cents(now)
        if settled(now * 100) != minor:
            steps.append(Changed("rounded", say("Rounded to the cent, half up"), minor))
        return Adjusted(minor, tuple(steps), tuple(passed))


def _changed(rule: RuleText, now: Decimal) -> Decimal:
    match rule.kind:
        case "percent":
            return now * (100 + rule.value) / 100
        case "amount":
            return now + rule.value
        case "floor":
            return max(now, rule.value)
        case "cap":
            return min(now, rule.value)
    return rule.value


def _cents(euros: Decimal) -> int:
    return int(settled(euros * 100).quantize(Decimal(1), ROUND_HALF_UP))
