"""Rules that meet: what comes of it for whom, and which cannot be explained together."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum

from ideals.kernel.formula import Formula
from ideals.kernel.month import Month
from ideals.kernel.said import Said, Texts
from ideals.kernel.said import say as _
from ideals.pricing.steering.texts import ChangeKind, RuleText


class Why(StrEnum):
    TWO_FIXED = "two_fixed"
    SAME_ORDER = "same_order"
    FLOOR_ABOVE_CAP = "floor_above_cap"


@dataclass(frozen=True, slots=True)
class Unclear:
    """Two rules, by their codes, that cannot be explained together, for one of these products from
    the first month they share."""

    rule: str
    other: str
    kind: Why
    products: tuple[str, ...]
    month: Month
    why: Said


@dataclass(frozen=True, slots=True)
class Overlap:
    """Two rules that count for the same product, month and people.

    `for_whom`: the condition that makes both hold; empty: everybody. `first` is looked at first.
    `wins`: the one that decides the price there; empty: both change it, one after the other.
    """

    rule: str
    other: str
    products: tuple[str, ...]
    from_month: Month
    through_month: Month | None
    for_whom: str
    first: str
    wins: str
    why: Said


def unclear(rules: Sequence[RuleText]) -> list[Unclear]:
    """Conditions are not looked at: whether they can hold together is no question for a reader."""
    return [
        Unclear(one.code, other.code, kind, products, month, say(one, other, month))
        for one, other in _pairs(rules)
        for kind, applies, say in _UNCLEAR
        if applies(one, other)
        for products, month in [(_shared(one, other), max(one.from_month, other.from_month))]
    ]


def overlaps(rule: RuleText, others: Sequence[RuleText]) -> list[Overlap]:
    return [_overlap(rule, other) for other in others if other is not rule and meet(rule, other)]


def meet(one: RuleText, other: RuleText) -> bool:
    """Some product of one scheme in some month."""
    return (
        one.scheme == other.scheme
        and (one.through_month is None or other.from_month <= one.through_month)
        and (other.through_month is None or one.from_month <= other.through_month)
        and not set(one.products).isdisjoint(other.products)
    )


def _pairs(rules: Sequence[RuleText]) -> Iterator[tuple[RuleText, RuleText]]:
    for place, one in enumerate(rules):
        for other in rules[place + 1 :]:
            if meet(one, other):
                yield one, other


def _shared(one: RuleText, other: RuleText) -> tuple[str, ...]:
    return tuple(code for code in one.products if code in other.products)


# Unclear --------------------------------------------------------------------------------------


def _two_fixed(one: RuleText, other: RuleText) -> bool:
    return one.kind is other.kind is ChangeKind.FIXED


def _same_order(one: RuleText, other: RuleText) -> bool:
    return one.order == other.order and not (one.combines and other.combines)


def _floor_above_cap(one: RuleText, other: RuleText) -> bool:
    floor, cap = _floor_and_cap(one, other)
    return floor is not None and cap is not None and floor.value > cap.value


def _floor_and_cap(one: RuleText, other: RuleText) -> tuple[RuleText | None, RuleText | None]:
    found = {rule.kind: rule for rule in (one, other)}
    return found.get(ChangeKind.FLOOR), found.get(ChangeKind.CAP)


def _say_two_fixed(one: RuleText, other: RuleText, month: Month) -> Said:
    return _(
        "%(one)s and %(other)s both fix the price of %(products)s from %(month)s, and it can only"
        " be one",
        one=Texts.of(one.name),
        other=Texts.of(other.name),
        products=", ".join(_shared(one, other)),
        month=month,
    )


def _say_same_order(one: RuleText, other: RuleText, month: Month) -> Said:
    alone = one if not one.combines else other
    return _(
        "%(alone)s does not combine with others and has the same place in the order as %(other)s"
        " (%(order)s), for %(products)s from %(month)s: which of them counts is not said",
        alone=Texts.of(alone.name),
        other=Texts.of((other if alone is one else one).name),
        order=alone.order,
        products=", ".join(_shared(one, other)),
        month=month,
    )


def _say_floor_above_cap(one: RuleText, other: RuleText, month: Month) -> Said:
    floor, cap = _floor_and_cap(one, other)
    assert floor is not None and cap is not None  # noqa: S101 - what was asked before
    return _(
        "%(floor)s wants at least %(least)s and %(cap)s at most %(most)s for %(products)s from"
        " %(month)s: no price is both",
        floor=Texts.of(floor.name),
        least=floor.value,
        cap=Texts.of(cap.name),
        most=cap.value,
        products=", ".join(_shared(one, other)),
        month=month,
    )


_Applies = Callable[[RuleText, RuleText], bool]
_Says = Callable[[RuleText, RuleText, Month], Said]
_UNCLEAR: tuple[tuple[Why, _Applies, _Says], ...] = (
    (Why.TWO_FIXED, _two_fixed, _say_two_fixed),
    (Why.SAME_ORDER, _same_order, _say_same_order),
    (Why.FLOOR_ABOVE_CAP, _floor_above_cap, _say_floor_above_cap),
)


# Which wins -----------------------------------------------------------------------------------


def _overlap(rule: RuleText, other: RuleText) -> Overlap:
    first, then = sorted((rule, other), key=lambda each: each.rank)
    wins, why = _outcome(first, then)
    ends = [each.through_month for each in (rule, other) if each.through_month is not None]
    return Overlap(
        rule.code,
        other.code,
        _shared(rule, other),
        max(rule.from_month, other.from_month),
        min(ends) if ends else None,
        both_hold(rule.condition, other.condition),
        first.code,
        "" if wins is None else wins.code,
        why,
    )


def both_hold(one: Formula | None, other: Formula | None) -> str:
    """The condition under which two conditions hold; empty: always."""
    sources = dict.fromkeys(each.source for each in (one, other) if each is not None)
    if len(sources) < 2:
        return "".join(sources)
    return " and ".join(f"({source})" for source in sources)


def _outcome(first: RuleText, then: RuleText) -> tuple[RuleText | None, Said]:
    """`first` is looked at before `then`."""
    names = {"first": Texts.of(first.name), "then": Texts.of(then.name)}
    if first.is_limit == then.is_limit and not first.combines:
        return first, _(
            "%(first)s comes first and does not combine: %(then)s does nothing", **names
        )
    if then.kind is ChangeKind.FIXED:
        return then, _("%(then)s comes after %(first)s and sets the price anew", **names)
    if first.kind is then.kind and first.is_limit:
        tighter = max if first.kind is ChangeKind.FLOOR else min
        wins = tighter(first, then, key=lambda each: each.value)
        return wins, _("%(wins)s is the tighter of the two", wins=Texts.of(wins.name))
    if first.is_limit != then.is_limit:
        return None, _("%(first)s changes the price, and %(then)s limits what comes of it", **names)
    if then.is_limit:
        return None, _("The price stays between the two")
    return None, _("Both change the price: first %(first)s, then %(then)s", **names)
