"""An employee before a choice: what it costs and means, and why not where it cannot be.

Reads only, and promises nothing. An order looks at limits and balances again, under its locks.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from sqlalchemy import or_, select, text
from sqlalchemy.orm import Session

from ideals.budgets.queries.statement import ExpectedMonth, expected
from ideals.kernel.errors import IdealsError
from ideals.kernel.month import Month
from ideals.kernel.quantity import Unit
from ideals.ledger import queries as ledger
from ideals.ledger.states import AccountKind
from ideals.pricing import queries as pricing
from ideals.pricing.queries import Buyer
from ideals.pricing.rules import Offer, QuotaTerm, worked_out
from ideals.schemes.rules import (
    Bounds,
    Counts,
    Offered,
    Person,
    Product,
    ProductKind,
    ProductUnit,
    Scheme,
    last_day,
    limits_of,
    most_for,
    offered,
    order_bounds,
    quota_months,
)
from ideals.shop import rules
from ideals.shop.models import Charge, Commitment, Order
from ideals.shop.queries.orders import taken_of_quota
from ideals.shop.rules import Ordered, Room
from ideals.shop.rules.commitments import Plan
from ideals.shop.rules.meaning import Ceiling, Choice, Lapsing, Meaning, Situation, meaning
from ideals.shop.rules.pay import months_paid, pay_in
from ideals.shop.states import STANDING

USUAL_HOURS = Decimal(8)
USUAL_EUROS = Decimal(100)
DECEMBER = 12


# What somebody has and has done ---------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Purses:
    """What is free: cents by kind of account, and minutes of leave."""

    euros: dict[str, int]
    leave_minutes: int

    def of(self, kind: str) -> int:
        return self.euros.get(kind, 0)


def purses(session: Session, employee_id: int) -> Purses:
    found = ledger.balances(session, employee_id)
    euros = {each.kind.value: each.available_minor for each in found if each.unit is Unit.EUR}
    leave = [b for b in found if b.kind is AccountKind.LEAVE and b.unit is Unit.MIN]
    return Purses(euros, sum(balance.available_minor for balance in leave))


def standing_orders(
    session: Session, employee_id: int, scheme: str, products: Collection[str]
) -> dict[str, list[Ordered]]:
    """What counts against the limits of these products, by product."""
    rows = session.execute(
        select(Order.product, Order.month, Order.quantity, Order.price_minor).where(
            Order.employee_id == employee_id,
            Order.scheme == scheme,
            Order.product.in_(products),
            Order.kind != ProductKind.SELL_LEAVE,
            Order.state.in_(STANDING),
        )
    )
    found: dict[str, list[Ordered]] = {}
    for product, *of_order in rows:
        found.setdefault(product, []).append(Ordered(*of_order))
    return found


def commitments_of(session: Session, employee_id: int, since: Month) -> list[Commitment]:
    """Those that still charge in `since` or later, the oldest first."""
    return list(
        session.scalars(
            select(Commitment)
            .where(
                Commitment.employee_id == employee_id,
                Commitment.last_month >= since,
                or_(
                    Commitment.ended_because.is_(None),
                    Commitment.ended_because != "cancelled",
                ),
            )
            .order_by(Commitment.started_at, Commitment.id)
        )
    )


def plan_of(commitment: Commitment) -> Plan:
    return Plan(
        commitment.first_month,
        commitment.months,
        commitment.divided,
        commitment.price_minor,
        commitment.addition_minor,
    )


def charges(commitments: Sequence[Commitment], month: Month) -> int:
    """What they cost in a month together."""
    return sum(
        plan_of(each).charge(month) for each in commitments if month <= each.last_month
    )


@dataclass(frozen=True, slots=True)
class YearSoFar:
    """Of the budgets of a year, in cents: what came, and what went to other things than pay.

    `months`: those that something was allocated for.
    """

    allocated_minor: int = 0
    exchanged_minor: int = 0
    months: frozenset[Month] = frozenset()


_YEAR = text(
    """
    WITH mine AS (
        SELECT id FROM ledger_account
         WHERE employee_id = :employee AND kind = 'budget' AND unit = 'EUR'
    ), moved AS (
        SELECT t.for_month, t.reason, other.kind, t.amount_minor AS minor
          FROM mine JOIN ledger_transfer t ON t.to_account = mine.id
          JOIN ledger_account other ON other.id = t.from_account
         WHERE t.month BETWEEN :first AND :last AND t.phase IN ('single', 'post')
        UNION ALL
        SELECT t.for_month, t.reason, other.kind, -t.amount_minor
          FROM mine JOIN ledger_transfer t ON t.from_account = mine.id
          JOIN ledger_account other ON other.id = t.to_account
         WHERE t.month BETWEEN :first AND :last AND t.phase IN ('single', 'post')
    )
    SELECT for_month, reason IN ('allocation', 'grant') AS came, sum(minor)::bigint
      FROM moved
     WHERE reason IN ('allocation', 'grant')
        OR (kind <> 'pay_out' AND reason IN ('order', 'instalment', 'left_over'))
     GROUP BY 1, 2
    """
)


def year_so_far(session: Session, employee_id: int, year: int) -> YearSoFar:
    values = {"employee": employee_id, "first": year * 100 + 1, "last": year * 100 + 12}
    rows = session.execute(_YEAR, values).all()
    return YearSoFar(
        sum(minor for _month, came, minor in rows if came),
        -sum(minor for _month, came, minor in rows if not came),
        frozenset(Month.from_number(month) for month, came, _ in rows if came),
    )


# A product before it is chosen -----------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Asked:
    """So much of it, for a month; `price_minor`: what one costs, where the buyer states it."""

    quantity: Decimal | None = None
    price_minor: int | None = None
    month: Month | None = None
    selling: bool = False


@dataclass(frozen=True, slots=True)
class Considered:
    """A product as one employee sees it.

    `months`: those it can be ordered for, none while it is closed; `month`: the one looked at.
    `quantity`: what was asked, else what is usual. `offer` and `meaning` are there when a price
    could be worked out, though it may be more than there is. `refusal`: why it cannot be ordered
    as it stands.
    """

    product: Product
    scheme: Scheme
    months: tuple[Month, ...]
    month: Month
    last_day: date
    offered: Offered
    bounds: Bounds | None
    rooms: tuple[Room, ...]
    quota_left: Decimal | None
    purses: Purses
    quantity: Decimal | None
    plan: Plan | None
    offer: Offer | None
    meaning: Meaning | None
    refusal: IdealsError | None


def consider(
    session: Session, employee_id: int, code: str, asked: Asked, *, day: date
) -> Considered:
    """Raises `NoSchemeOfOwn` and `ProductUnknown`; every other refusal is part of the answer."""
    buyer = pricing.buyer(session, employee_id, day)
    place, refusal = _place(buyer, code, asked)
    month, scheme, product = place
    person = buyer.person(session, scheme)
    found = offered(scheme, product, person, month, day)
    had = purses(session, employee_id)
    bounds, rooms, quota_left = None, (), None
    quantity, offer = asked.quantity, None
    try:
        if found.eligible and product.is_ordered:
            bounds = order_bounds(scheme, product, person, month, day)
            rooms = _rooms(session, scheme, product, person, month, day)
            quota_left = _quota_left(session, scheme, product, month)
            if quantity is None:
                quantity = usual_quantity(product, bounds, had.of(product.paid_from))
        offer = worked_out(
            scheme, product, person, month, day, quantity,
            selling=asked.selling, stated_minor=asked.price_minor,
        )  # fmt: skip
        if refusal is None:
            _check_room(session, offer, had, rooms, quota_left)
    except IdealsError as error:
        refusal = refusal or error
    return Considered(
        product=product,
        scheme=scheme,
        months=tuple(each for each, _, _ in buyer.open_months(code)),
        month=month,
        last_day=last_day(scheme, product, month),
        offered=found,
        bounds=bounds,
        rooms=rooms,
        quota_left=quota_left,
        purses=had,
        quantity=quantity,
        plan=None if offer is None else _plan(offer),
        offer=offer,
        meaning=None if offer is None else _meant(session, buyer, person, offer, rooms, had),
        refusal=refusal,
    )


Place = tuple[Month, Scheme, Product]


def _place(buyer: Buyer, code: str, asked: Asked) -> tuple[Place, IdealsError | None]:
    """The month that it would be for, with the product as it is sold then."""
    try:
        return buyer.month_for(code, asked.month), None
    except (MonthClosed, MonthBeyondPlan) as closed:
        for month, scheme, product in buyer.open_months(code):
            return (month, scheme, product), closed
        for month in (*buyer.candidates(), Month.of(buyer.day)):
            scheme = buyer.scheme(month)
            if scheme is not None and code in scheme.products:
                return (month, scheme, scheme.products[code]), closed
        raise


def usual_quantity(product: Product, bounds: Bounds, available_minor: int) -> Decimal | None:
    """What a page begins with: a day of hours, all there is to pay out, a hundred of anything else.

    `None` where the buyer has to say something first.
    """
    if product.asks_price:
        return None
    match product.unit:
        case ProductUnit.HOUR:
            usual = USUAL_HOURS
        case ProductUnit.EURO:
            there = Decimal(max(0, available_minor)).scaleb(-2)
            usual = there if product.kind is ProductKind.PAY_OUT else min(USUAL_EUROS, there)
        case _:
            usual = product.step
    usual -= usual % product.step
    if bounds.maximum is not None:
        usual = min(usual, bounds.maximum)
    return max(usual, bounds.minimum)


def _rooms(
    session: Session, scheme: Scheme, product: Product, person: Person, month: Month, day: date
) -> tuple[Room, ...]:
    limits = limits_of(scheme, product, person, month, day)
    if not limits:
        return ()
    ordered = standing_orders(session, person.employee_id, scheme.code, [product.code])
    return tuple(rules.room_in(limit, ordered.get(product.code, ())) for limit in limits)


def _quota_left(
    session: Session, scheme: Scheme, product: Product, month: Month
) -> Decimal | None:
    if product.quota is None:
        return None
    taken = taken_of_quota(session, scheme.code, product.code, *quota_months(product.quota, month))
    return max(Decimal(0), product.quota.amount - taken)


def _check_room(
    session: Session,
    employee_id: int,
    offer: Offer,
    had: Purses,
    ordered: Sequence[Ordered],
    quota_left: Decimal | None,
) -> None:
    """As the order will: limits, quota, and what there is to give."""
    terms, price = offer.terms, offer.price
    rules.check_limits(terms.limits, ordered, offer.quantity, price.minor)
    if quota_left is not None:
        rules.check_quota(quota_left, Decimal(0), offer.quantity)
    if terms.commitment is not None:
        return
    if terms.kind is ProductKind.SELL_LEAVE:
        purchase = purchase_of(employee_id, offer)
        free = sellable(session, purchase, had.leave_minutes)
        rules.check_sellable(terms, free, offer.quantity, offer.minutes)
        return
    rules.check_balance(terms, had.of(terms.paid_from), price.unit_minor, price.minor)


def plan_of_offer(offer: Offer) -> Plan | None:
    """The whole of what is agreed to, where it is charged month by month."""
    commitment = offer.product.commitment
    if commitment is None:
        return None
    return Plan(
        offer.month,
        commitment.months,
        commitment.divided,
        offer.price.minor,
        offer.addition_minor,
    )


# What it means ----------------------------------------------------------------------------------


def _meant(
    session: Session, buyer: Buyer, person: Person, offer: Offer, rooms: Sequence[Room], had: Purses
) -> Meaning | None:
    """`None` for somebody who has no pay in that month."""
    paid = pay_in(person, offer.month, offer.scheme.full_time_hours)
    if paid is None:
        return None
    plan = plan_of_offer(offer)
    choice = Choice(
        offer.product,
        tuple(line.charge_minor for line in plan.lines()) if plan else (offer.price.minor,),
        offer.minutes,
        selling=offer.terms.kind is ProductKind.SELL_LEAVE,
        addition_minor=offer.addition_minor,
    )
    return meaning(choice, _situation(session, buyer, person, offer, rooms, had))
