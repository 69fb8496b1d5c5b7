"""In which past months a rule on indicators would have applied."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from flask_babel import LazyString, lazy_gettext
from sqlalchemy.orm import Session

from ideals.kernel.month import Month
from ideals.pricing.queries.prices import Seen, price_book, read_by
from ideals.pricing.steering import RuleText
from ideals.pricing.steering.conditions import INDICATOR, Holds, by_indicators

MONTHS = 12
HOLDS: Mapping[Holds, tuple[LazyString, str]] = {
    Holds.YES: (lazy_gettext("for everybody"), "good"),
    Holds.NO: (lazy_gettext("for nobody"), "plain"),
    Holds.FOR_SOME: (lazy_gettext("for whom the rest holds"), "good"),
    Holds.UNKNOWN: (lazy_gettext("for nobody: a value is missing"), "plain"),
}


@dataclass(frozen=True, slots=True)
class PastMonth:
    """`seen`: what prices of the month would have gone by, by the indicators' codes."""

    month: Month
    seen: Mapping[str, Seen | None]
    holds: Holds


def months(session: Session, rule: RuleText, this: Month) -> list[PastMonth]:
    """The latest first, by what is known of indicators now; none for a rule that reads none."""
    codes = read_by(rule)
    if not codes or rule.condition is None:
        return []
    book = price_book(session, rule.scheme, this.plus(1 - MONTHS))
    found = []
    for back in range(MONTHS):
        month = this.plus(-back)
        seen = {code: book.seen(code, month) for code in codes}
        values = {INDICATOR + code: each.value for code, each in seen.items() if each is not None}
        found.append(PastMonth(month, seen, by_indicators(rule.condition, values)))
    return found
