"""What changed between two schemes, by meaning: order of keys, comments and spaces do not count.

A scheme is laid out as parts (the scheme itself, its calendar, each component ...) with keys and
values; two layouts are compared. Values stay values: who shows them finds the words.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, NamedTuple

from ideals.kernel.formula import Formula
from ideals.schemes.rules.product import Counts, Limit, Per, Product
from ideals.schemes.rules.rounding import HourRounding
from ideals.schemes.rules.scheme import Component, GrantedHours, Scheme


class Sort(StrEnum):
    """The kinds of parts, in the order in which they are told."""

    SCHEME = "scheme"
    COMPONENT = "component"
    HOURS = "hours"
    PRODUCT = "product"
    FACT = "fact"


class Place(NamedTuple):
    """A part of a scheme; the scheme itself has no code."""

    sort: Sort
    code: str = ""


@dataclass(frozen=True, slots=True)
class Changed:
    """`before` or `after` is `None` where the key was or is not given."""

    key: str
    before: Any
    after: Any


@dataclass(frozen=True, slots=True)
class Difference:
    """One part that was added, removed (`changes` is empty) or changed.

    `main` is what the part is above all, its formula or kind, as it is or was.
    """

    place: Place
    names: Mapping[str, str]
    added: bool = False
    removed: bool = False
    main: str = ""
    changes: tuple[Changed, ...] = ()


@dataclass(frozen=True, slots=True)
class _Laid:
    names: Mapping[str, str]
    main: str
    keys: dict[str, Any]


def differences(old: Scheme, new: Scheme) -> list[Difference]:
    """By sort; within one as the new version has them, and then what it no longer has."""
    before, after = dict(_layout(old)), dict(_layout(new))
    for layout, order in zip((before, after), _orders(old, new), strict=True):
        layout[Place(Sort.SCHEME)].keys["order"] = order
    places = [*after, *(place for place in before if place not in after)]
    sorts = list(Sort)
    places.sort(key=lambda place: sorts.index(place.sort))
    found = (_difference(place, before.get(place), after.get(place)) for place in places)
    return [difference for difference in found if difference is not None]


def _difference(place: Place, old: _Laid | None, new: _Laid | None) -> Difference | None:
    if old is None and new is not None:
        return Difference(place, new.names, added=True, main=new.main)
    if old is None or new is None:
        return None if old is None else Difference(place, old.names, removed=True, main=old.main)
    changes = tuple(
        Changed(key, old.keys.get(key), new.keys.get(key))
        for key in dict.fromkeys([*new.keys, *old.keys])
        if old.keys.get(key) != new.keys.get(key)
    )
    return Difference(place, new.names, main=new.main, changes=changes) if changes else None


def _orders(old: Scheme, new: Scheme) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The components that both have, in the order of each: a new one moves no other."""
    one = [component.code for component in old.components]
    two = [component.code for component in new.components]
    return tuple(code for code in one if code in two), tuple(code for code in two if code in one)


def _layout(scheme: Scheme) -> Iterator[tuple[Place, _Laid]]:
    yield Place(Sort.SCHEME), _Laid(scheme.names, "", _given(_scheme_keys(scheme)))
    for component in scheme.components:
        keys = _component_keys(component)
        main = _source(component.formula)
        yield Place(Sort.COMPONENT, component.code), _Laid(component.names, main, _given(keys))
    for grant in scheme.hours:
        main = _source(grant.formula)
        keys = _grant_keys(grant)
        yield Place(Sort.HOURS, grant.code), _Laid(grant.names, main, _given(keys))
    for code, product in scheme.products.items():
        keys = _product_keys(product)
        yield Place(Sort.PRODUCT, code), _Laid(product.names, product.kind, _given(keys))
    for name, formula in scheme.facts.items():
        main = _source(formula)
        yield Place(Sort.FACT, name), _Laid({}, main, {"formula": main})


def _scheme_keys(scheme: Scheme) -> dict[str, Any]:
    calendar, leaving = scheme.calendar, scheme.leaving
    return {
        "name": scheme.names,
        "full_time_hours": scheme.full_time_hours,
        "first_month": scheme.first_month,
        "allocate_on": calendar.allocate_on,
        "deadline": calendar.deadline,
        "left_over": calendar.left_over,
        "pending": calendar.pending,
        "save_at_most": calendar.save_at_most and _source(calendar.save_at_most),
        "part_month": scheme.part_month,
        "sickness": scheme.sickness,
        "paid_sick_months": scheme.paid_sick_months,
        "unused_bought": leaving.unused_bought,
        "debt": leaving.debt,
        "statutory_months": scheme.leave.statutory_months,
        "extra_years": scheme.leave.extra_years,
    }


def _component_keys(component: Component) -> dict[str, Any]:
    return {
        "formula": _source(component.formula),
        "name": component.names,
        "note": component.note,
        "replaces": component.replaces,
    }


def _grant_keys(grant: GrantedHours) -> dict[str, Any]:
    return {
        "formula": _source(grant.formula),
        "moment": grant.moment,
        "round": grant.rounding,
        "unit": grant.unit,
        "statutory": grant.statutory or None,
        "name": grant.names,
        "note": grant.note,
        "justification": grant.justification,
    }


def _product_keys(product: Product) -> dict[str, Any]:
    commitment = product.commitment
    divided = commitment is not None and commitment.divided
    return {
        "kind": product.kind,
        "unit": product.unit,
        "step": product.step,
        **{key: _source(formula) for key, formula in product.formulas().items()},
        "price_moment": product.price_moment,
        "limit": tuple(said_limit(each) for each in product.limits),
        "opens": product.opens,
        "deadline": product.deadline,
        "months_ahead": product.months_ahead,
        "quota": product.quota,
        "instalments": commitment if divided else None,
        "term": None if divided else commitment,
        "evidence": product.evidence,
        "approval": product.approval,
        "cancellation": product.cancellation,
        "resale": product.resale,
        "tax": product.tax,
        "paid_from": product.paid_from,
        "lowers_pension": product.lowers_pension,
        "not_eligible": product.not_eligible,
        "name": product.names,
        "text": product.texts,
        "group": product.group,
        "picture": product.picture,
        "note": product.note,
        "justification": product.justification,
    }


class LimitSaid(NamedTuple):
    """A limit with its formula as text, so that two can be compared."""

    per: Per
    amount: str
    rounding: HourRounding
    years: int
    counts: Counts
    times: int | None


def said_limit(limit: Limit) -> LimitSaid:
    amount = "" if limit.amount is None else _source(limit.amount)
    return LimitSaid(limit.per, amount, limit.rounding, limit.years, limit.counts, limit.times)


def _source(formula: Formula) -> str:
    return " ".join(formula.source.split())


def _given(keys: dict[str, Any]) -> dict[str, Any]:
    """Without what the document leaves out. Zero is a value: `paid_months: 0`."""
    return {key: value for key, value in keys.items() if value not in (None, "", {}, ())}
