"""An employee before a choice: what it costs and means, and why not where it cannot be.

Reads only, and promises nothing. An order looks at limits and balances again, under its locks.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from sqlalchemy import select, text
from sqlalchemy.orm import Session

from ideals.budgets.queries.leave import leave_of
from ideals.budgets.queries.statement import expected
from ideals.kernel.errors import IdealsError
from ideals.kernel.month import Month
from ideals.kernel.quantity import Unit
from ideals.ledger import queries as ledger
from ideals.ledger.states import AccountKind
from ideals.pricing import queries as pricing
from ideals.pricing.errors import MonthBeyondPlan, MonthClosed
from ideals.pricing.models import Quote
from ideals.pricing.queries import Buyer
from ideals.pricing.rules import Offer, Terms, worked_out
from ideals.schemes import queries as schemes
from ideals.schemes.facts import facts_to_sell
from ideals.schemes.rules import (
    Bounds,
    Counts,
    Offered,
    Per,
    Person,
    Product,
    ProductKind,
    ProductUnit,
    Scheme,
    last_day,
    limits_of,
    offered,
    order_bounds,
    quota_months,
)
from ideals.shop import rules
from ideals.shop.models import Order
from ideals.shop.queries.commitments import CommitmentTold, commitments_of
from ideals.shop.queries.leave import sellable
from ideals.shop.queries.orders import purchase_of, taken_of_quota
from ideals.shop.rules import Ordered, Room
from ideals.shop.rules.commitments import Plan
from ideals.shop.rules.meaning import (
    Ceiling,
    Choice,
    Lapsing,
    Meaning,
    Pay,
    Situation,
    meaning,
    net_now,
    taxed_now,
)
from ideals.shop.rules.pay import months_paid, pay_in
from ideals.shop.states import STANDING

USUAL_HOURS = Decimal(8)
USUAL_EUROS = Decimal(100)
NOTCH_EUROS = Decimal(10)


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
    for product, month, quantity, price_minor in rows:
        found.setdefault(product, []).append(Ordered(month, quantity, price_minor))
    return found


def promised(commitments: Iterable[CommitmentTold], month: Month) -> int:
    """What they still charge in a month together: nothing that was charged already."""
    return sum(
        each.plan.charge(month)
        for each in commitments
        if each.next is not None and each.next <= month <= each.commitment.last_month
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
    """So much of it, for a month; `price_minor`: what one costs, where the buyer states it.

    `notches`: that many more, or less when negative, as the buttons beside the field do.
    """

    quantity: Decimal | None = None
    notches: int = 0
    price_minor: int | None = None
    month: Month | None = None
    selling: bool = False


@dataclass(frozen=True, slots=True)
class Considered:
    """A product as one employee sees it. `buyer`: who, and when.

    `months`: those it can be ordered for, none while it is closed; `month`: the one looked at.
    `quantity`: what was asked, else what is usual. `offer` and `meaning` are there when a price
    could be worked out, though it may be more than there is; `plan` when it is charged month by
    month. `refusal`: why it cannot be ordered as it stands.
    """

    buyer: Buyer
    product: Product
    scheme: Scheme
    months: tuple[Month, ...]
    month: Month
    last_day: date
    offered: Offered
    purses: Purses
    bounds: Bounds | None
    rooms: tuple[Room, ...]
    quota_left: Decimal | None
    quantity: Decimal | None
    offer: Offer | None
    plan: Plan | None
    pay: Pay | None
    meaning: Meaning | None
    refusal: IdealsError | None


def consider(
    session: Session, employee_id: int, code: str, asked: Asked, *, day: date
) -> Considered:
    """Raises `NoSchemeOfOwn` and `ProductUnknown`; every other refusal is part of the answer."""
    buyer = pricing.buyer(session, employee_id, day)
    (month, scheme, product), refusal = _place(buyer, code, asked)
    person = buyer.person(session, scheme)
    look = _Look(session, buyer, scheme, product, person, month, purses(session, employee_id))
    found = offered(scheme, product, person, month, day)
    if found.eligible and product.is_ordered:
        look.read_bounds()
    quantity = asked.quantity
    if quantity is None and look.bounds is not None:
        quantity = usual_quantity(product, look.bounds, look.purses.of(product.paid_from))
    if quantity is not None and asked.notches:
        quantity = moved(product, look.bounds, quantity, asked.notches)
    offer = None
    try:
        offer = worked_out(
            scheme, product, person, month, day, quantity,
            steering=buyer.prices(session, scheme.code).at(product.code, month),
            selling=asked.selling, stated_minor=asked.price_minor,
        )  # fmt: skip
        look.check_room(offer)
    except IdealsError as error:
        refusal = refusal or error
    paid = pay_in(person, month, scheme.full_time_hours)
    return Considered(
        buyer,
        product,
        scheme,
        tuple(each for each, _, _ in buyer.open_months(code)),
        month,
        last_day(scheme, product, month),
        found,
        look.purses,
        look.bounds,
        look.rooms,
        look.quota_left,
        quantity,
        offer,
        None if offer is None else plan_of_offer(offer),
        None if paid is None else paid[0],
        None if offer is None or paid is None else look.meant(offer, *paid),
        refusal,
    )


def net_of_quote(session: Session, quote: Quote) -> int | None:
    """What the pay of its month changes by; `None` where the tax on it is not known."""
    scheme = schemes.scheme_version(session, quote.scheme, quote.scheme_version)
    (person,) = facts_to_sell(session, [quote.employee_id], scheme, quote.month)
    paid = pay_in(person, quote.month, scheme.full_time_hours)
    if paid is None:
        return None
    product, terms = scheme.products[quote.product], Terms.of(quote.terms)
    price, addition = quote.price_minor, quote.addition_minor
    plan = _plan(product, quote.month, price, addition)
    choice = Choice(
        product,
        (price if plan is None else plan.charge(quote.month),),
        quote.minutes,
        selling=terms.kind is ProductKind.SELL_LEAVE,
        addition_minor=addition,
    )
    return net_now(taxed_now(choice, paid[0], quote.month))


def _place(
    buyer: Buyer, code: str, asked: Asked
) -> tuple[tuple[Month, Scheme, Product], IdealsError | None]:
    """The month that it would be for, with the product as it is sold then; and why not that."""
    try:
        return buyer.month_for(code, asked.month), None
    except (MonthClosed, MonthBeyondPlan) as closed:
        for place in buyer.open_months(code):
            return place, closed
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


def notch(product: Product) -> Decimal:
    """What a button beside the field adds or takes: a step, of euros at least ten."""
    if product.unit is not ProductUnit.EURO:
        return product.step
    return product.step * max(1, int(NOTCH_EUROS / product.step))


def moved(product: Product, bounds: Bounds | None, quantity: Decimal, notches: int) -> Decimal:
    quantity += notch(product) * notches
    if bounds is None:
        return max(quantity, product.step)
    if bounds.maximum is not None:
        quantity = min(quantity, bounds.maximum)
    return max(quantity, bounds.minimum)


def plan_of_offer(offer: Offer) -> Plan | None:
    """The whole of what is agreed to, where it is charged month by month."""
    return _plan(offer.product, offer.month, offer.price.minor, offer.addition_minor)


def _plan(product: Product, month: Month, price_minor: int, addition_minor: int) -> Plan | None:
    terms = product.commitment
    if terms is None:
        return None
    return Plan(month, terms.months, terms.divided, price_minor, addition_minor)


@dataclass(slots=True)
class _Look:
    """One look at one product, with what was read for it."""

    session: Session
    buyer: Buyer
    scheme: Scheme
    product: Product
    person: Person
    month: Month
    purses: Purses
    bounds: Bounds | None = None
    ordered: tuple[Ordered, ...] = ()
    rooms: tuple[Room, ...] = ()
    quota_left: Decimal | None = None

    def read_bounds(self) -> None:
        """How much one order may be, and what limits and the quota leave."""
        scheme, product, month, day = self.scheme, self.product, self.month, self.buyer.day
        self.bounds = order_bounds(scheme, product, self.person, month, day)
        limits = limits_of(scheme, product, self.person, month, day)
        if limits:
            code, employee = product.code, self.person.employee_id
            found = standing_orders(self.session, employee, scheme.code, [code])
            self.ordered = tuple(found.get(code, ()))
            self.rooms = tuple(rules.room_in(limit, self.ordered) for limit in limits)
        if product.quota is not None:
            months = quota_months(product.quota, month)
            taken = taken_of_quota(self.session, scheme.code, product.code, *months)
            self.quota_left = max(Decimal(0), product.quota.amount - taken)

    def check_room(self, offer: Offer) -> None:
        """As the order will: limits, quota, and what there is to give."""
        terms, price = offer.terms, offer.price
        rules.check_limits(terms.limits, self.ordered, offer.quantity, price.minor)
        if terms.quota is not None and self.quota_left is not None:
            rules.check_quota(self.quota_left, Decimal(0), offer.quantity)
        if terms.commitment is not None:
            return
        if terms.kind is ProductKind.SELL_LEAVE:
            purchase = purchase_of(offer, self.person.employee_id)
            free = sellable(self.session, purchase, self.purses.leave_minutes)
            rules.check_sellable(terms, free, offer.quantity, offer.minutes)
            return
        available = self.purses.of(terms.paid_from)
        rules.check_balance(terms, available, price.unit_minor, price.minor)

    def meant(self, offer: Offer, pay: Pay, weekly_hours: Decimal) -> Meaning:
        plan = plan_of_offer(offer)
        choice = Choice(
            self.product,
            tuple(line.charge_minor for line in plan.lines()) if plan else (offer.price.minor,),
            offer.minutes,
            selling=offer.terms.kind is ProductKind.SELL_LEAVE,
            addition_minor=offer.addition_minor,
        )
        return meaning(choice, self._situation(offer, pay, weekly_hours))

    def _situation(self, offer: Offer, pay: Pay, weekly_hours: Decimal) -> Situation:
        session, employee, month = self.session, self.person.employee_id, self.month
        this = Month.of(self.buyer.day)
        year = year_so_far(session, employee, month.year)
        ahead = expected(session, employee, min(this, month), Month(month.year, 12)).months
        commitments = commitments_of(session, employee)
        leave = self.product.kind is ProductKind.LEAVE
        lapses = leave_of(session, employee, self.buyer.day).lapses if leave else ()
        return Situation(
            month=month,
            day=self.buyer.day,
            pay=pay,
            last_day=offer.terms.last_day,
            available_minor=self.purses.of(offer.terms.paid_from),
            coming_minor=sum(
                each.total.minor - promised(commitments, each.month)
                for each in ahead
                if each.month >= this and each.month not in year.months
            ),
            month_budget_minor=next((e.total.minor for e in ahead if e.month == month), 0),
            charged_minor=promised(commitments, month),
            weekly_hours=weekly_hours,
            born=self.person.stretches[-1].birth_date,
            year=months_paid(self.person, month, self.scheme.full_time_hours),
            allocated_minor=year.allocated_minor,
            exchanged_minor=year.exchanged_minor,
            leave_minutes=self.purses.leave_minutes,
            savings_minor=self.purses.of(AccountKind.SAVINGS),
            lapsing=tuple(Lapsing(lapse.minutes, lapse.on) for lapse in lapses),
            ceilings=tuple(_ceilings(self.rooms, offer)),
        )


def _ceilings(rooms: Sequence[Room], offer: Offer) -> Iterator[Ceiling]:
    """The limits that count over time, with this order."""
    if offer.terms.kind is ProductKind.SELL_LEAVE:
        return
    for room in rooms:
        limit = room.limit
        if limit.amount is None or room.left is None or limit.per is Per.ORDER:
            continue
        euros = limit.counts is Counts.EURO
        more = Decimal(offer.price.minor) if euros else offer.quantity
        used = limit.amount - Decimal(room.left)
        yield Ceiling(Decimal(limit.amount), used + more, limit.last_month, euros)
