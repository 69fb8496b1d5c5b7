"""What an offer costs the employer, as far as it is money."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

from ideals.deals.rules.kinds import Bonus, Development, MoneyTerm, Paid, PaidFrom, Term
from ideals.kernel.money import ZERO, Money, total
from ideals.kernel.month import Month

MOST_MONTHS = 12
"""What is paid monthly without a near end counts for a year."""


def cost_of(terms: Iterable[Term], ends_on: date | None) -> Money:
    """Courses that the employer pays, bonuses as if they were reached, money over the time of the
    deal, at most a year of it. What is paid from the employee's own accounts is none."""
    return total(_cost(term, ends_on) for term in terms)


def _cost(term: Term, ends_on: date | None) -> Money:
    match term:
        case Development(paid_from=PaidFrom.EMPLOYER):
            return term.cost
        case Bonus():
            return term.amount
        case MoneyTerm():
            return Money(term.amount.minor * _times(term, ends_on))
    return ZERO


def _times(term: MoneyTerm, ends_on: date | None) -> int:
    if term.paid is Paid.ONCE:
        return 1
    last = term.through_month or (Month.of(ends_on) if ends_on else None)
    if last is None:
        return MOST_MONTHS
    first = term.from_month
    months = (last.year - first.year) * 12 + last.month - first.month + 1
    return max(0, min(months, MOST_MONTHS))
