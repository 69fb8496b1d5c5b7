"""What a plan is worked out from: an employee's months to come, and what can be had in each.

Facts, prices and tax tables are those of today. Nothing is booked.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from sqlalchemy.orm import Session

from ideals.budgets.queries.statement import expected
from ideals.kernel.month import Month
from ideals.ledger.states import AccountKind
from ideals.pricing import queries as pricing
from ideals.pricing.errors import NoSchemeOfOwn
from ideals.pricing.queries import Buyer
from ideals.pricing.queries.prices import PriceBook
from ideals.pricing.rules import unit_of
from ideals.schemes.errors import BudgetNotComputable
from ideals.schemes.rules import (
    Counts,
    LeftOverNow,
    LimitNow,
    Per,
    Person,
    Product,
    Scheme,
    left_over,
    limits_of,
    minutes_of,
    offered,
    order_bounds,
)
from ideals.shop import rules
from ideals.shop.models import Choice
from ideals.shop.queries.choices import choices_of
from ideals.shop.queries.commitments import commitments_of
from ideals.shop.queries.considering import promised, purses, standing_orders, year_so_far
from ideals.shop.rules import Ordered
from ideals.shop.rules.meaning import Pay
from ideals.shop.rules.pay import pay_in
from ideals.shop.rules.planner import (
    Ahead,
    Ceiling,
    Offer,
    Plan,
    Repeated,
    Row,
    Start,
    plan,
    repeated,
)
from ideals.shop.states import ChoiceMode, ChoiceState

MONTHS = 12
Wanted = Mapping[tuple[str, Month], Decimal]


@dataclass(frozen=True, slots=True)
class Ground:
    """What a plan stands on. `here`: months whose budget is there already; what is planned for them
    is ordered now, and does not repeat by itself. `standing`: what repeats already, as cells."""

    scheme: Scheme
    start: Start
    rows: tuple[Row, ...]
    months: tuple[Ahead, ...]
    here: frozenset[Month]
    standing: Wanted

    def plan(self, wanted: Wanted) -> Plan:
        return plan(self.rows, self.months, self.start, wanted)


def ground(session: Session, employee_id: int, *, day: date) -> Ground:
    """A fixed number of statements. Raises `NoSchemeOfOwn`, `BudgetNotComputable`."""
    buyer = pricing.buyer(session, employee_id, day)
    months, scheme = _months(buyer)
    person = buyer.person(session, scheme)
    paid = pay_in(person, months[0], scheme.full_time_hours)
    had = purses(session, employee_id)
    there = _allocated(session, employee_id, months)
    rows = tuple(_rows(session, buyer, person, scheme, months))
    return Ground(
        scheme=scheme,
        start=Start(
            Pay(0) if paid is None else paid[0],
            had.of(AccountKind.BUDGET),
            _Becomes(scheme, person, day),
            had.leave_minutes,
            had.of(AccountKind.SAVINGS),
            had.of(AccountKind.DEVELOPMENT),
        ),
        rows=rows,
        months=tuple(_ahead(session, employee_id, months, there)),
        here=frozenset(there),
        standing=standing_cells(choices_of(session, employee_id), months, rows),
    )


def to_keep(found: Ground, wanted: Wanted) -> Sequence[Repeated]:
    """What repeats by itself: the cells of months that are still to come, where they can be."""
    coming = {key: value for key, value in wanted.items() if key[1] not in found.here}
    return repeated(found.plan(coming))


def _months(buyer: Buyer) -> tuple[list[Month], Scheme]:
    """From the first that takes orders, as long as the scheme stays the same."""
    found: list[tuple[Month, Scheme]] = []
    for month in buyer.candidates():
        scheme = buyer.scheme(month)
        if scheme is None or scheme.calendar.deadline.last_day(month) < buyer.day:
            if found:
                break
            continue
        if found and found[0][1].code != scheme.code:
            break
        found.append((month, scheme))
    if not found:
        raise NoSchemeOfOwn("You have no scheme now, and so nothing to choose from.")
    return [month for month, _ in found[:MONTHS]], found[0][1]


def _allocated(session: Session, employee_id: int, months: Sequence[Month]) -> list[Month]:
    years = sorted({month.year for month in months})
    there = {m for year in years for m in year_so_far(session, employee_id, year).months}
    return [month for month in months if month in there]


def _ahead(
    session: Session, employee_id: int, months: Sequence[Month], there: Sequence[Month]
) -> Iterable[Ahead]:
    """What a month brings that is not in the budget yet, and what commitments take of it."""
    coming = {e.month: e for e in expected(session, employee_id, months[0], months[-1]).months}
    commitments = commitments_of(session, employee_id)
    for month in months:
        brings = 0 if month in there else coming[month].total.minor
        yield Ahead(month, brings, promised(commitments, month))


@dataclass(frozen=True, slots=True)
class _Becomes:
    """What the scheme makes of what is left, by the facts of today."""

    scheme: Scheme
    person: Person
    day: date

    def __call__(self, month: Month, minor: int, minutes: int) -> LeftOverNow:
        day = max(self.day, month.first)
        return left_over(self.scheme, self.person, month, day, minor, minutes)


# Products by month --------------------------------------------------------------------------------


def can_be_planned(product: Product) -> bool:
    """What can be ordered month by month without asking anything of the buyer."""
    asks = product.asks_price or product.commitment is not None or bool(product.evidence)
    return product.is_ordered and not asks


def _rows(
    session: Session, buyer: Buyer, person: Person, scheme: Scheme, months: Sequence[Month]
) -> Iterable[Row]:
    planned = [p for p in scheme.products.values() if can_be_planned(p)]
    ordered = standing_orders(
        session, person.employee_id, scheme.code, [product.code for product in planned]
    )
    prices = buyer.prices(session, scheme.code)
    for product in planned:
        offers: dict[Month, Offer] = {}
        ceilings: dict[tuple[Per, Month, Month], Ceiling] = {}
        for month in months:
            day = _ordering_day(scheme, month, buyer.day)
            try:
                offers[month] = _offer(scheme, product, person, month, day, prices)
                limits = limits_of(scheme, product, person, month, day)
            except BudgetNotComputable:
                continue
            for limit in limits:
                key = (limit.per, limit.first_month, limit.last_month)
                if limit.per is not Per.ORDER:
                    ceilings.setdefault(key, _ceiling(limit, ordered.get(product.code, ())))
        if any(offer.closed is None for offer in offers.values()):
            yield Row(product, offers, tuple(ceilings.values()))


def _ordering_day(scheme: Scheme, month: Month, today: date) -> date:
    """When standing choices of a month run: after its allocation."""
    day = date(month.year, month.month, min(scheme.calendar.allocate_on, month.days))
    return max(today, day)


def _offer(
    scheme: Scheme, product: Product, person: Person, month: Month, day: date, prices: PriceBook
) -> Offer:
    found = offered(scheme, product, person, month, day)
    if not found.available:
        return Offer(closed=found.why)
    bounds = order_bounds(scheme, product, person, month, day)
    maximum = bounds.maximum
    for limit in limits_of(scheme, product, person, month, day):
        if limit.per is Per.ORDER and limit.counts is Counts.QUANTITY and limit.amount is not None:
            most = Decimal(limit.amount)
            maximum = most if maximum is None else min(maximum, most)
    return Offer(
        unit_minor=unit_of(
            scheme, product, person, month, day, prices.at(product.code, month)
        ).minor,
        unit_minutes=Decimal(minutes_of(scheme, product, person, month, day, Decimal(1))),
        minimum=bounds.minimum,
        maximum=maximum,
    )


def _ceiling(limit: LimitNow, ordered: Sequence[Ordered]) -> Ceiling:
    room = rules.room_in(limit, ordered)
    amount = None if limit.amount is None else Decimal(limit.amount)
    used = Decimal(0) if amount is None or room.left is None else amount - Decimal(room.left)
    times = 0 if limit.times is None or room.times_left is None else limit.times - room.times_left
    return Ceiling(
        limit.first_month,
        limit.last_month,
        amount,
        used,
        limit.counts is Counts.EURO,
        limit.times,
        times,
    )


# What repeats already ---------------------------------------------------------------------------


def standing_cells(
    choices: Sequence[Choice], months: Sequence[Month], rows: Sequence[Row]
) -> dict[tuple[str, Month], Decimal]:
    """Standing choices of a fixed quantity, as cells of a plan. What a percentage or the rest comes
    to depends on what is there: they have none."""
    codes = {row.code for row in rows}
    cells: dict[tuple[str, Month], Decimal] = {}
    for choice in choices:
        fixed = choice.mode == ChoiceMode.QUANTITY and choice.state == ChoiceState.ACTIVE
        if not fixed or choice.amount is None or choice.product not in codes:
            continue
        for month in months:
            ends = choice.until_month is not None and month > choice.until_month
            made = choice.last_month == month
            if choice.from_month <= month and not ends and not made:
                key = (choice.product, month)
                cells[key] = cells.get(key, Decimal(0)) + choice.amount
    return cells
