"""What terms in force take of the employee's own: courses and leave, and what leave costs.

A day of leave costs its share of the month's salary: of the working days, Monday to Friday, those
that are taken. All of a month's come to exactly the salary.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from fractions import Fraction

from ideals.deals.rules.kinds import Development, FinancedBy, Leave, PaidFrom
from ideals.deals.rules.offers import OfferText
from ideals.kernel.month import Month

_ONE_DAY = timedelta(days=1)
_SATURDAY = 5


@dataclass(frozen=True, slots=True)
class Taking:
    """`place`: which term of the offer. `account`: that pays; `None`: leave is unpaid.

    `course` and `cost_minor` of development, else `through` and `minutes` a week of leave.
    """

    place: int
    account: str | None
    first: date
    course: str | None = None
    cost_minor: int | None = None
    through: date | None = None
    minutes: int | None = None


def takings_of(offer: OfferText) -> list[Taking]:
    """Those that ask something of the employee; what the employer pays is none."""
    found = []
    for place, term in enumerate(offer.terms):
        if isinstance(term, Leave):
            unpaid = term.financed_by is FinancedBy.UNPAID
            account = None if unpaid else term.financed_by.value
            found.append(
                Taking(place, account, term.starts_on, through=term.ends_on, minutes=term.minutes)
            )
        elif isinstance(term, Development) and _pays(term):
            found.append(
                Taking(place, term.paid_from.value, offer.starts_on, term.course, term.cost.minor)
            )
    return found


def _pays(term: Development) -> bool:
    return term.paid_from is not PaidFrom.EMPLOYER and term.cost.minor > 0


@dataclass(frozen=True, slots=True)
class Pay:
    """A month's salary by contract, and which part of the week is taken."""

    salary_minor: int
    part: Fraction = Fraction(1)


def part_of_week(minutes: int | None, week_minutes: int) -> Fraction:
    """`minutes` `None`: the whole week, and so is all that is in it or more."""
    if minutes is None or minutes >= week_minutes:
        return Fraction(1)
    return Fraction(minutes, week_minutes)


def cost_of(first: date, through: date, pay: Pay) -> int:
    """Of leave through that day, in cents, each month rounded by itself, half up."""
    return sum(_cost_in(month, first, through, pay) for month in _months(first, through))


def reach(first: date, through: date, pay: Pay, available: int) -> tuple[date | None, int]:
    """The last day that so much pays for, and what the days through it cost; `None`: not even the
    first. Days are paid from the first on, and each whole."""
    paid: date | None = None
    before = cost = 0
    for month in _months(first, through):
        day = max(first, month.first)
        while day <= min(through, month.last):
            through_day = before + _cost_in(month, first, day, pay)
            if through_day > max(available, 0):
                return paid, cost
            paid, cost = day, through_day
            day += _ONE_DAY
        before = cost
    return paid, cost


def _months(first: date, through: date) -> Iterator[Month]:
    return Month.of(first).until(Month.of(through)) if first <= through else iter(())


def _cost_in(month: Month, first: date, through: date, pay: Pay) -> int:
    taken = _working(max(first, month.first), min(through, month.last))
    exact = pay.salary_minor * pay.part * taken / _working(month.first, month.last)
    return int(exact + Fraction(1, 2))


def _working(first: date, through: date) -> int:
    days = (first + _ONE_DAY * n for n in range((through - first).days + 1))
    return sum(day.weekday() < _SATURDAY for day in days)
