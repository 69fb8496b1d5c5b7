"""What a made-up employee would pay, without a rule and with it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from sqlalchemy.orm import Session

from ideals.kernel.errors import IdealsError
from ideals.kernel.money import Money
from ideals.pricing.queries.prices import price_book
from ideals.pricing.rules import unit_of
from ideals.pricing.steering import Changed, NotApplied, Row, RuleText
from ideals.schemes import queries as schemes
from ideals.schemes.rules import MadeUp, Product, made_up

SALARY = Money(3_000_00)
SOMEBODY = MadeUp(SALARY.minor)
"""Full time, 40 years old."""
MOST = 4


@dataclass(frozen=True, slots=True)
class Preview:
    """One unit in the rule's first month. `steps`: with the rule, from the list price on."""

    product: Product
    listed: Money
    before: Money
    after: Money
    steps: Sequence[Changed]
    not_applied: Sequence[NotApplied]


def previews(session: Session, rule: RuleText) -> list[Preview]:
    """Of the first products, for somebody for whom the rule holds, beside the rules that are
    agreed. A product whose price needs more facts than are made up here is left out."""
    scheme = schemes.scheme_for(session, rule.scheme, rule.from_month)
    if scheme is None:
        return []
    book = price_book(session, rule.scheme, rule.from_month)
    somebody = made_up(book.wide(scheme), SOMEBODY, rule.from_month)
    holding = replace(rule, condition=None, reads=())
    found = []
    for code in rule.products[:MOST]:
        product, now = scheme.products[code], book.at(code, rule.from_month)
        others = [each.rule for each in now.row if each.rule.code != rule.code]
        try:
            before, after = (
                unit_of(
                    scheme, product, somebody, rule.from_month, rule.from_month.first,
                    replace(now, row=Row.of(rules)),
                )
                for rules in (others, [*others, holding])
            )  # fmt: skip
        except IdealsError:
            continue
        found.append(
            Preview(
                product,
                Money.of(round(before.listed.exact, 2)),
                Money(before.minor),
                Money(after.minor),
                after.adjusted.steps,
                after.adjusted.not_applied,
            )
        )
    return found
