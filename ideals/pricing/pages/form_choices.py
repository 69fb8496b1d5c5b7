"""What the form of a price rule offers to choose from."""

from __future__ import annotations

from typing import Any

from sqlalchemy.orm import Session

from ideals.kernel.month import Month, MonthUnreadable
from ideals.pricing.pages import rule_words as words
from ideals.pricing.pages.blueprint import this_month
from ideals.pricing.pages.condition_fields import SIGNS
from ideals.pricing.pages.rule_fields import HOW, WHOM, Fields
from ideals.pricing.pages.rule_words import Telling
from ideals.pricing.queries import steering as queries
from ideals.pricing.queries.prices import ConditionNames
from ideals.pricing.rules import steerable
from ideals.pricing.steering.conditions import FACTS, INDICATOR
from ideals.schemes import queries as schemes
from ideals.schemes.pages.product_words import GROUPS
from ideals.schemes.rules import Scheme
from ideals.web import formats


def scheme_typed(session: Session, typed: Fields) -> Scheme | None:
    try:
        month = Month.parse(typed.from_month)
    except MonthUnreadable:
        month = this_month()
    return schemes.scheme_for(session, typed.scheme, month)


def product_groups(scheme: Scheme | None) -> list[tuple[str, list[tuple[str, str]]]]:
    """The products that can be steered, under the words of the shop."""
    if scheme is None:
        return []
    found: dict[str, list[tuple[str, str]]] = {}
    for code, product in scheme.products.items():
        if steerable(product):
            group = str(GROUPS[product.group])
            found.setdefault(group, []).append((code, words.product_name(scheme, code)))
    return list(found.items())


def choices(session: Session, typed: Fields, tell: Telling) -> dict[str, Any]:
    names = ConditionNames(queries.indicator_codes(session))
    facts = [(name, formats.said(said)) for name, said in FACTS.items() if names.kind(name)]
    indicators = [(INDICATOR + code, name) for code, name in tell.indicators.items()]
    known = {name for name, _ in (*facts, *indicators)}
    others = {row.name for row in typed.rows if row.name} - known
    return {
        "facts": [*facts, *((name, name) for name in sorted(others))],
        "indicators": indicators,
        "signs": list(SIGNS.items()),
        "how": list(HOW.items()),
        "whom": list(WHOM.items()),
        "schemes": list(tell.schemes.items()),
    }
