"""For whom something is priced, into which month it goes, and the quotes there are."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from ideals.budgets.queries.statement import Book, book
from ideals.kernel.month import Month
from ideals.ledger.models import LedgerMonth
from ideals.ledger.states import MonthState
from ideals.people import queries as people
from ideals.pricing.errors import (
    MonthBeyondPlan,
    MonthClosed,
    NoSchemeOfOwn,
    ProductUnknown,
    QuoteUnknown,
)
from ideals.pricing.models import Quote
from ideals.pricing.queries.prices import PriceBook, did_nothing, price_book, rules_for
from ideals.schemes.facts import facts_to_sell
from ideals.schemes.rules import Person, Product, Scheme, last_day

__all__ = [
    "Buyer",
    "LedgerMonths",
    "PriceBook",
    "buyer",
    "did_nothing",
    "ledger_months",
    "price_book",
    "quote_of",
    "rules_for",
    "unknown_quote",
]

MONTHS_LOOKED_AHEAD = 25
"""A deadline may lie two months before its month, or on one day of the year before."""


@dataclass(frozen=True, slots=True)
class LedgerMonths:
    """Which months take orders: not the sealed ones, and none that is being closed.

    `last` is the latest month that is opened; later ones can be.
    """

    sealed_through: Month | None
    closing: frozenset[Month]
    last: Month | None

    def take(self, month: Month) -> bool:
        sealed = self.sealed_through is not None and month <= self.sealed_through
        return not sealed and month not in self.closing


def ledger_months(session: Session) -> LedgerMonths:
    state, month = LedgerMonth.state, LedgerMonth.month
    sealed, closing, last = session.execute(
        select(
            func.max(month).filter(state == MonthState.SEALED),
            func.array_agg(month).filter(state == MonthState.CLOSING),
            func.max(month),
        )
    ).one()
    return LedgerMonths(sealed, frozenset(closing or ()), last)


@dataclass(frozen=True, slots=True)
class Buyer:
    """An employee on a day: under which scheme in which month, and which months take orders.
    `since`: the earliest month whose prices are known."""

    employee_id: int
    day: date
    months: LedgerMonths
    employments: Sequence[Any]
    book: Book
    since: Month
    _schemes: dict[Month, Scheme | None] = field(default_factory=dict)
    _persons: dict[tuple[str, Month, Month], Person] = field(default_factory=dict)
    _prices: dict[str, PriceBook] = field(default_factory=dict)

    def scheme(self, month: Month) -> Scheme | None:
        """The scheme of the last day employed in a month."""
        if month not in self._schemes:
            self._schemes[month] = self._scheme(month)
        return self._schemes[month]

    def _scheme(self, month: Month) -> Scheme | None:
        here = [
            row
            for row in self.employments
            if row.valid_from <= month.last
            and (row.valid_until is None or row.valid_until >= month.first)
            and (row.leaves_on is None or row.leaves_on >= month.first)
        ]
        found = self.book.at(here[-1].scheme, month) if here else None
        return found if found is not None and month >= found.first_month else None

    def candidates(self) -> list[Month]:
        """No deadline lies after its month, so none before this one is still open."""
        this = Month.of(self.day)
        return [
            month for month in this.until(this.plus(MONTHS_LOOKED_AHEAD)) if self.months.take(month)
        ]

    def open_months(self, code: str) -> list[tuple[Month, Scheme, Product]]:
        """The months that a product can be ordered for now, the earliest first."""
        found = [
            (month, scheme, product)
            for month in self.candidates()
            if (scheme := self.scheme(month)) is not None
            and (product := scheme.products.get(code)) is not None
            and last_day(scheme, product, month) >= self.day
        ]
        if not found:
            return []
        until = found[0][0].plus(found[0][2].months_ahead)
        return [each for each in found if each[0] <= until]

    def month_for(self, code: str, wanted: Month | None) -> tuple[Month, Scheme, Product]:
        """The month asked for, or the earliest one; with the product as it is sold then.

        Raises `NoSchemeOfOwn`, `ProductUnknown`, `MonthClosed`, `MonthBeyondPlan`.
        """
        found = self.open_months(code)
        if not found:
            self._check_known(code, wanted)
            raise MonthClosed(f"No month takes orders of {code} now.", product=code, possible=None)
        if wanted is None:
            return found[0]
        for each in found:
            if each[0] == wanted:
                return each
        first, last = found[0][0], found[-1][0]
        if wanted > last:
            raise MonthBeyondPlan(
                f"{code} can be planned through {last}; {wanted} is too far ahead.",
                product=code,
                last=str(last),
            )
        raise MonthClosed(
            f"{wanted} takes no more orders of {code}; {first} does.",
            product=code,
            possible=str(first),
        )

    def _check_known(self, code: str, wanted: Month | None) -> None:
        months = {*self.candidates(), wanted or Month.of(self.day)}
        schemes = [self.scheme(month) for month in months]
        if not any(schemes):
            raise NoSchemeOfOwn("You have no scheme now, and so nothing to choose from.")
        if not any(scheme and code in scheme.products for scheme in schemes):
            raise ProductUnknown(f"There is no product {code!r} for you.", product=code)

    def person(self, session: Session, scheme: Scheme, month: Month | None = None) -> Person:
        """Their facts, as far as products of a scheme read them; read once for each version.

        From last year, which the tax on what is paid once goes by, through next year, or through
        `month` where that is later.
        """
        usual = Month(self.day.year + 1, 12)
        last = usual if month is None else max(usual, month)
        key = (scheme.code, scheme.version, last)
        if key not in self._persons:
            wide = self.prices(session, scheme.code).wide(scheme)
            found = facts_to_sell(session, [self.employee_id], wide, last)
            self._persons[key] = found[0]
        return self._persons[key]

    def prices(self, session: Session, scheme: str) -> PriceBook:
        """What changes the prices of a scheme; read once."""
        if scheme not in self._prices:
            self._prices[scheme] = price_book(session, scheme, self.since)
        return self._prices[scheme]


def buyer(session: Session, employee_id: int, day: date, *, since: Month | None = None) -> Buyer:
    """Three statements; the facts follow when they are asked for. `since`: the earliest month that
    is looked at, where it is not this one; not before last year, from which facts are read."""
    months = ledger_months(session)
    this = Month.of(day)
    until = this.plus(MONTHS_LOOKED_AHEAD).last
    since = this if since is None else since
    rows = people.employments_between(session, [employee_id], since.first, until)
    versions = book(session, sorted({row.scheme for row in rows}))
    return Buyer(employee_id, day, months, rows, versions, since)


def quote_of(session: Session, token: str, employee_id: int) -> Quote:
    """Raises `QuoteUnknown`, for another person's as for one that never was."""
    found = session.scalar(
        select(Quote).where(Quote.token == token, Quote.employee_id == employee_id)
    )
    if found is None:
        raise unknown_quote()
    return found


def unknown_quote() -> QuoteUnknown:
    return QuoteUnknown("There is no such quote of yours; ask for a new one.")
