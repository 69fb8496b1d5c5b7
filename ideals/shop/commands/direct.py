"""Orders without a quote: what a standing choice places by itself, at the price of that day."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from ideals.kernel.actor import Actor
from ideals.kernel.month import Month
from ideals.ledger.commands import Till
from ideals.ledger.states import AccountKind
from ideals.pricing import queries as pricing
from ideals.pricing import rules as prices
from ideals.pricing.errors import NoSchemeOfOwn, ProductUnknown, QuantityMissing
from ideals.pricing.queries import PriceBook
from ideals.schemes.rules import (
    Person,
    Product,
    ProductKind,
    Scheme,
    minutes_of,
    most_for,
)
from ideals.shop import queries, rules
from ideals.shop.commands.orders import Placing, check_room, lock, lock_quota, put
from ideals.shop.errors import OrderDiffers
from ideals.shop.models import Order
from ideals.shop.queries import Purchase, Seen, purchase_of


@dataclass(frozen=True, slots=True)
class DirectOrder:
    """`order_id` is made before and is the retry key. Either `quantity` in the product's unit, or
    `euros_minor`: as many steps as that pays for. `most`: fewer, where limits, quota or what there
    is leave room for fewer only; at least the product's minimum.
    """

    order_id: UUID
    employee_id: int
    product: str
    month: Month
    choice_id: UUID | None = None
    quantity: Decimal | None = None
    euros_minor: int | None = None
    most: bool = False


@dataclass(frozen=True, slots=True)
class Known:
    """What was read before, for many employees at once: `facts_to_sell` of this scheme, and what
    changes its prices."""

    scheme: Scheme
    person: Person
    prices: PriceBook


def order_directly(
    session: Session,
    cmd: DirectOrder,
    *,
    actor: Actor,
    now: datetime,
    zone: ZoneInfo,
    known: Known | None = None,
) -> Order:
    """Place it at the price of now, into the month that was said. Sent again: the same order.

    Raises what making a quote and placing an order do, but for the deadline: who calls this
    decides when it is time.
    """
    day = now.astimezone(zone).date()
    known = known or _known(session, cmd, day)
    asked = _asked(cmd, known, day)
    till = lock(session, asked.purchase)
    seen = queries.seen(session, cmd.order_id, None, asked.purchase)
    if seen.same is not None:
        return _same(session, cmd)
    wanted = asked.purchase.quantity
    if cmd.most:
        wanted = _fitting(session, asked, till, seen)
    purchase = asked.bought(wanted)
    check_room(session, purchase, till, seen)
    placing = Placing(purchase, cmd.order_id, choice_id=cmd.choice_id)
    return put(session, placing, till, actor=actor, now=now)


def _known(session: Session, cmd: DirectOrder, day: date) -> Known:
    buyer = pricing.buyer(session, cmd.employee_id, day)
    scheme = buyer.scheme(cmd.month)
    if scheme is None:
        raise NoSchemeOfOwn(f"There is no scheme in {cmd.month}, and so nothing to choose from.")
    prices = buyer.prices(session, scheme.code)
    return Known(scheme, buyer.person(session, scheme), prices)


def _same(session: Session, cmd: DirectOrder) -> Order:
    order = queries.order_of(session, cmd.order_id)
    if (order.employee_id, order.product) != (cmd.employee_id, cmd.product):
        raise OrderDiffers("This id is another order's; choose a new one.", order=str(order.id))
    return order


@dataclass(frozen=True, slots=True)
class _Asked:
    """A product for one employee on a day, and as much of it as was asked for."""

    known: Known
    product: Product
    day: date
    purchase: Purchase

    def bought(self, quantity: Decimal) -> Purchase:
        """Worked out in full. Raises what `prices.worked_out` does."""
        offer = prices.worked_out(
            self.known.scheme, self.product, self.known.person, self.purchase.month, self.day,
            quantity, steering=self.known.prices.at(self.product.code, self.purchase.month),
        )  # fmt: skip
        return purchase_of(offer, self.purchase.employee_id)


def _asked(cmd: DirectOrder, known: Known, day: date) -> _Asked:
    """Nothing is worked out yet but the price of one."""
    scheme, person = known.scheme, known.person
    product = scheme.products.get(cmd.product)
    if product is None:
        raise ProductUnknown(f"There is no product {cmd.product!r} for you.", product=cmd.product)
    prices.check_offered(scheme, product, person, cmd.month, day)
    steering = known.prices.at(product.code, cmd.month)
    unit_minor = prices.unit_of(scheme, product, person, cmd.month, day, steering).minor
    quantity = cmd.quantity
    if quantity is None:
        if cmd.euros_minor is None:
            raise QuantityMissing("Say how many, or how many euros.", product=cmd.product)
        quantity = most_for(cmd.euros_minor, unit_minor, product.step)
    terms = prices.terms_of(scheme, product, person, cmd.month, day, selling=False)
    purchase = Purchase(
        cmd.employee_id, scheme.code, scheme.version, product.code, cmd.month, quantity,
        unit_minor, 0, 0, 0, terms, (),
    )  # fmt: skip
    return _Asked(known, product, day, purchase)


def _fitting(session: Session, asked: _Asked, till: Till, seen: Seen) -> Decimal:
    """As much of what was asked for as there is room for; where there is none, the minimum, so
    that the check which follows says what is in its way."""
    purchase, terms = asked.purchase, asked.purchase.terms
    quota_left = available = sellable = None
    if terms.quota is not None:
        quota_left = terms.quota.amount - lock_quota(session, purchase, terms.quota)
    if terms.kind is ProductKind.SELL_LEAVE:
        free = queries.sellable(session, purchase, till.available(AccountKind.LEAVE))
        one = minutes_of(
            asked.known.scheme, asked.product, asked.known.person, purchase.month, asked.day,
            Decimal(1),
        )  # fmt: skip
        sellable = Decimal(free) / one if one else None
    elif terms.commitment is None:
        available = till.available(AccountKind(terms.paid_from))
    fits = rules.largest(
        terms,
        purchase.unit_minor,
        purchase.quantity,
        available_minor=available,
        rooms=[rules.room_in(limit, seen.standing) for limit in terms.limits],
        quota_left=quota_left,
        sellable=sellable,
    )
    return fits or terms.minimum
