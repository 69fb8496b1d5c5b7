"""What an offer does for the employee: pay, gross and net, and what it does to budget and leave.

An estimate. Pay of each month is read by the monthly table, what is paid once by the table for
special rewards at twelve times the pay of a month. What comes into the budget is taxed when it is
paid out; what comes into the development account never is, as long as it is spent there.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from enum import StrEnum

from ideals.deals.rules.kinds import (
    Bonus,
    Development,
    Hours,
    Into,
    MoneyTerm,
    Paid,
    PaidAs,
    PaidFrom,
    Term,
)
from ideals.tax import rules as tax

MONTHS = 12


class Where(StrEnum):
    """Where the euros come, or from where they go."""

    PAY = "pay"
    BUDGET = "budget"
    DEVELOPMENT = "development"


class Missing(StrEnum):
    """Why nothing can be said."""

    SALARY = "salary"
    TAX = "tax"


@dataclass(frozen=True, slots=True)
class Pay:
    """Gross pay of a whole month in cents: as it is, and with the hours of the offer."""

    now_minor: int
    then_minor: int


@dataclass(frozen=True, slots=True)
class Line:
    """`net_minor`: of pay what is left of it, of the budget what would be if it were paid out.
    `None`: it is not taxed there."""

    where: Where
    monthly: bool
    gross_minor: int
    net_minor: int | None


@dataclass(frozen=True, slots=True)
class YearAhead:
    """What the scheme gives in twelve months, as it is and with the hours of the offer."""

    budget_now_minor: int
    budget_then_minor: int
    leave_now: int
    leave_then: int
    """Minutes."""


@dataclass(frozen=True, slots=True)
class Effect:
    """`year`: of the tax tables. `ahead`: when it changes contract hours, and that is known."""

    lines: tuple[Line, ...] = ()
    pay: Pay | None = None
    year: int | None = None
    ahead: YearAhead | None = None
    missing: Missing | None = None


def pay_of(full_time_minor: int, factor: Decimal, then: Decimal, allowances: int) -> Pay:
    """Allowances stay as they are; half up to the cent."""

    def whole(share: Decimal) -> int:
        return int((full_time_minor * share).quantize(Decimal(1), ROUND_HALF_UP)) + allowances

    return Pay(whole(factor), whole(then))


def year_for(starts_on: date, today: date) -> int | None:
    """Whose tables are read: those of the first day, or else of today; `None`: neither is known."""
    known = tax.known_years()
    return next((year for year in (starts_on.year, today.year) if year in known), None)


def effect_of(
    terms: Iterable[Term], pay: Pay | None, year: int | None, ahead: YearAhead | None = None
) -> Effect | None:
    """`None`: it does nothing to pay, budget or leave."""
    concerned = [term for term in terms if _concerns(term)]
    if not concerned:
        return None
    if pay is None:
        return Effect(missing=Missing.SALARY)
    if year is None or tax.special_tax(year, 0, 0) is None:
        return Effect(missing=Missing.TAX)
    lines = tuple(line for term in concerned for line in _lines(term, pay, year))
    return Effect(lines, pay, year, ahead)


def _concerns(term: Term) -> bool:
    if isinstance(term, Development):
        return bool(term.cost) and term.paid_from is not PaidFrom.EMPLOYER
    return isinstance(term, Hours | Bonus | MoneyTerm)


def _lines(term: Term, pay: Pay, year: int) -> Iterator[Line]:
    match term:
        case Hours():
            gross = pay.then_minor - pay.now_minor
            taxed = tax.wage_tax(year, pay.then_minor) - tax.wage_tax(year, pay.now_minor)
            yield Line(Where.PAY, True, gross, gross - taxed)
        case Bonus():
            where = Where.PAY if term.paid_as is PaidAs.PAYROLL else Where.BUDGET
            yield Line(where, False, term.amount.minor, _once(pay, year, term.amount.minor))
        case MoneyTerm():
            amount, monthly = term.amount.minor, term.paid is Paid.MONTHLY
            if term.into is Into.DEVELOPMENT:
                yield Line(Where.DEVELOPMENT, monthly, amount, None)
            else:
                yield Line(Where.BUDGET, monthly, amount, _once(pay, year, amount))
        case Development():
            yield Line(Where(term.paid_from.value), False, -term.cost.minor, None)


def _once(pay: Pay, year: int, gross_minor: int) -> int | None:
    net = tax.net_once(year, MONTHS * pay.then_minor, gross_minor)
    return None if net is None else net.net_minor
