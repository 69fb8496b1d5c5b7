"""What somebody gets or pays who leaves: looked at before the close, and settled by it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import date
from decimal import Decimal

from sqlalchemy.orm import Session

from ideals.budgets.queries.leave import leave_books
from ideals.budgets.rules.leave import LeaveBook, LeavePart, LotSource
from ideals.db import array, driver
from ideals.kernel.errors import IdealsError
from ideals.kernel.month import Month
from ideals.kernel.quantity import Unit
from ideals.ledger.states import AccountKind
from ideals.schemes import queries as schemes
from ideals.schemes.facts import facts_to_sell
from ideals.schemes.rules import Person, Product, Scheme, UnusedBought, minutes_of, unit_price
from ideals.shop.queries import closing
from ideals.shop.queries.closing import Paid
from ideals.shop.queries.leave import cheaper_orders
from ideals.shop.rules.closing import PAID_OUT, Bought, Hour, Leaver, Move, UnusedLeave, settled

Available = Callable[[int, AccountKind, Unit], int]
"""What an account of an employee holds that is not set aside; below zero for a debt."""


def settlements(
    session: Session,
    scheme: Scheme,
    month: Month,
    leavers: Mapping[int, date],
    available: Available | None = None,
) -> dict[int, list[Move] | IdealsError]:
    """By employee: what moves when the month is closed, or why it cannot be worked out.

    `leavers`: with their last days. `available` answers from locked balances; without it they are
    read as they are: orders that nobody decided and charges of the month are not looked at yet.
    """
    if not leavers:
        return {}
    there = available or _balances(session, leavers)
    departures = _Departures(session, scheme, month, leavers, there)
    found: dict[int, list[Move] | IdealsError] = {}
    for employee in leavers:
        try:
            leaver = departures.leaver(employee)
        except IdealsError as error:
            found[employee] = error
        else:
            found[employee] = settled(leaver, scheme.leaving.unused_bought, scheme.leaving.debt)
    return found


def _balances(session: Session, employee_ids: Iterable[int]) -> Available:
    rows = driver(session).execute(
        "SELECT employee_id, kind, unit, posted_minor - held_minor FROM ledger_account"
        " WHERE employee_id = ANY(%s)",
        (array(employee_ids),),
        prepare=False,
    )
    found = {(employee, kind, unit): minor for employee, kind, unit, minor in rows}
    return lambda employee, kind, unit: found.get((employee, kind.value, unit.value), 0)


class _Departures:
    """What each leaver has: money, debts, and the leave that was not taken, with its price."""

    def __init__(
        self,
        session: Session,
        scheme: Scheme,
        month: Month,
        days: Mapping[int, date],
        available: Available,
    ) -> None:
        self.session, self.scheme, self.days, self.available = session, scheme, days, available
        self.books = leave_books(session, days, month.last)
        self.dead = closing.dead(session, days)
        bought = set(self._bought_by())
        self.paid = closing.paid_for(session, bought)
        self.cheaper = self._cheaper(bought)
        self.schemes = {
            month: schemes.scheme_for(session, scheme.code, month) or scheme
            for month in {Month.of(day) for day in days.values()}
        }
        self.persons = self._persons()

    def _bought_by(self) -> Iterable[Paid]:
        for employee, book in self.books.items():
            yield from (Paid(employee, part.source) for part in _bought_parts(book))

    def _cheaper(self, bought: Iterable[Paid]) -> set[str]:
        """Sources that a price rule made cheaper; asked only where the price paid does not rule."""
        if self.scheme.leaving.unused_bought is not UnusedBought.AT_VALUE_TODAY:
            return set()
        return cheaper_orders(self.session, {each.source for each in bought})

    def _persons(self) -> dict[int, Person]:
        """Their facts on their last day."""
        found: dict[int, Person] = {}
        for month, scheme in self.schemes.items():
            ids = [employee for employee, day in self.days.items() if Month.of(day) == month]
            for person in facts_to_sell(self.session, ids, scheme, month):
                found[person.employee_id] = person
        return found

    def leaver(self, employee: int) -> Leaver:
        """Raises when leave has to be paid that has no price."""
        available = self.available
        debt_minutes = -available(employee, AccountKind.OWED, Unit.MIN)
        return Leaver(
            money={kind: available(employee, kind, Unit.EUR) for kind in PAID_OUT},
            debt_minor=-available(employee, AccountKind.OWED, Unit.EUR),
            debt_minutes=debt_minutes,
            leave=self._leave(employee, debt_minutes),
            died=employee in self.dead,
        )

    def _leave(self, employee: int, debt_minutes: int) -> UnusedLeave:
        """Never more than the account holds. Of granted hours nobody can tell whether they were
        taken, where no leave system does: they are not paid."""
        book = self.books[employee]
        there = self.available(employee, AccountKind.LEAVE, Unit.MIN)
        bought = list(_fitting(self._bought(employee, book), there))
        there -= sum(each.unused for each in bought)
        granted = min(_granted_left(book), there)
        product = self.schemes[Month.of(self.days[employee])].leave_product
        at_value = self.scheme.leaving.unused_bought is UnusedBought.AT_VALUE_TODAY
        priced = (book.fed and (debt_minutes or granted)) or (at_value and bought)
        return UnusedLeave(
            bought,
            granted,
            told=book.fed,
            hour=self._hour(employee, product) if priced and product is not None else None,
            code=product.code if product is not None else "leave",
        )

    def _bought(self, employee: int, book: LeaveBook) -> Iterable[Bought]:
        """What was bought last comes first."""
        for part in sorted(_bought_parts(book), key=lambda part: part.begins, reverse=True):
            paid = self.paid.get(Paid(employee, part.source), 0)
            yield Bought(
                part.code or "leave", part.minutes_in, paid, part.left, part.source in self.cheaper
            )

    def _hour(self, employee: int, product: Product) -> Hour:
        day, person = self.days[employee], self.persons[employee]
        month = Month.of(day)
        scheme = self.schemes[month]
        price = unit_price(scheme, product, person, month, day)
        minutes = minutes_of(scheme, product, person, month, day, Decimal(1))
        return Hour(price.minor, minutes)


def _bought_parts(book: LeaveBook) -> Iterable[LeavePart]:
    for lot in book.lots:
        if lot.source is LotSource.BOUGHT:
            yield from (part for part in lot.parts if part.left)


def _fitting(bought: Iterable[Bought], there: int) -> Iterable[Bought]:
    for each in bought:
        unused = min(each.unused, there)
        there -= unused
        if unused:
            yield each._replace(unused=unused)


def _granted_left(book: LeaveBook) -> int:
    return sum(lot.left for lot in book.lots if lot.source is not LotSource.BOUGHT)
