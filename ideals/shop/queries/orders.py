"""Orders: those of an employee, one with all that belongs to it, and what a new one has to see."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from ideals.db import driver
from ideals.kernel.month import Month
from ideals.pricing.queries import unknown_quote
from ideals.pricing.rules import Offer, Terms
from ideals.shop.errors import OrderUnknown
from ideals.shop.models import Order
from ideals.shop.rules import Ordered

# What an order takes, and what it has to see ------------------------------------------------


@dataclass(frozen=True, slots=True)
class Purchase:
    """Everything that an order keeps of what was promised or worked out."""

    employee_id: int
    scheme: str
    scheme_version: Month
    product: str
    month: Month
    quantity: Decimal
    unit_minor: int
    price_minor: int
    minutes: int
    addition_minor: int
    terms: Terms
    steps: Sequence[object]


def purchase_of(offer: Offer, employee_id: int) -> Purchase:
    """What was worked out just now, as an order keeps it."""
    return Purchase(
        employee_id,
        offer.scheme.code,
        offer.scheme.version,
        offer.product.code,
        offer.month,
        offer.quantity,
        offer.price.unit_minor,
        offer.price.minor,
        offer.minutes,
        offer.addition_minor,
        offer.terms,
        [step.to_json() for step in offer.price.steps],
    )


class Quoted(NamedTuple):
    """A quote to be used. `expired`: its promise is over; `order_id`: who took it."""

    quote_id: UUID
    purchase: Purchase
    expired: bool
    order_id: UUID | None


_QUOTED = """
SELECT q.id, q.scheme, q.scheme_version, q.product, q.month, q.quantity, q.unit_minor,
       q.price_minor, q.minutes, q.addition_minor, q.terms, q.steps, q.expires_at <= %(now)s, o.id
  FROM pricing_quote q LEFT JOIN shop_order o ON o.quote_id = q.id
 WHERE q.token = %(token)s AND q.employee_id = %(employee)s
"""


def quoted(session: Session, token: str, employee_id: int, now: object) -> Quoted:
    """Raises `QuoteUnknown`, for another person's as for one that never was."""
    values = {"token": token, "employee": employee_id, "now": now}
    row = driver(session).execute(_QUOTED, values).fetchone()
    if row is None:
        raise unknown_quote()
    quote_id, scheme, version, product, month, quantity, unit, price, minutes, addition, *rest = row
    terms, steps, expired, order_id = rest
    purchase = Purchase(
        employee_id,
        scheme,
        Month.from_number(version),
        product,
        Month.from_number(month),
        quantity,
        unit,
        price,
        minutes,
        addition,
        Terms.of(terms),
        steps,
    )
    return Quoted(quote_id, purchase, expired, order_id)


@dataclass(frozen=True, slots=True)
class Seen:
    """What is there already, read under the employee's locks.

    `same`: the order of this id or this quote. `standing`: what counts against limits.
    """

    same: tuple[UUID, UUID | None] | None
    standing: tuple[Ordered, ...]


_SEEN = """
SELECT id, quote_id, month, quantity, price_minor, counts FROM (
    SELECT id, quote_id, month, quantity, price_minor, true AS counts FROM shop_order
     WHERE employee_id = %(employee)s AND product = %(product)s AND scheme = %(scheme)s
       AND kind = %(kind)s AND month BETWEEN %(first)s AND %(last)s
       AND state IN ('held', 'posted')
    UNION ALL
    SELECT id, quote_id, month, quantity, price_minor, false FROM shop_order
     WHERE id = %(id)s OR quote_id = %(quote)s
) seen
"""


def seen(session: Session, order_id: UUID, quote_id: UUID | None, purchase: Purchase) -> Seen:
    """One statement, under the lock of the employee's accounts: nothing comes in between."""
    limits = purchase.terms.limits
    values = {
        "id": order_id,
        "quote": quote_id,
        "employee": purchase.employee_id,
        "scheme": purchase.scheme,
        "product": purchase.product,
        "kind": purchase.terms.kind.value,
        "first": min((limit.first_month.number for limit in limits), default=1),
        "last": max((limit.last_month.number for limit in limits), default=0),
    }
    same, standing = None, []
    for id_, quote, month, quantity, price, counts in driver(session).execute(_SEEN, values):
        if counts:
            standing.append(Ordered(Month.from_number(month), quantity, price))
        else:
            same = (id_, quote)
    return Seen(same, tuple(standing))


def taken_of_quota(
    session: Session, scheme: str, product: str, first: Month, last: Month
) -> Decimal:
    """What everybody together has of a scarce product."""
    row = (
        driver(session)
        .execute(
            "SELECT coalesce(sum(quantity), 0) FROM shop_order WHERE scheme = %s AND product = %s"
            " AND month BETWEEN %s AND %s AND scarce AND state IN ('held', 'posted')",
            (scheme, product, first.number, last.number),
        )
        .fetchone()
    )
    taken: Decimal = row[0] if row else Decimal(0)
    return taken


# One order ----------------------------------------------------------------------------------


def order_of(session: Session, order_id: UUID) -> Order:
    """As it is now. Raises `OrderUnknown`. For the system; edges use `access_order`."""
    found = session.get(Order, order_id, populate_existing=True)
    if found is None:
        raise unknown_order()
    return found


def lock_order(session: Session, order_id: UUID) -> Order:
    """After the month and the approvals, before the accounts. Raises `OrderUnknown`."""
    found = session.get(Order, order_id, populate_existing=True, with_for_update=True)
    if found is None:
        raise unknown_order()
    return found


def unknown_order() -> OrderUnknown:
    return OrderUnknown("There is no such order of yours.")


def held_orders(session: Session, scheme: str, month: Month) -> list[UUID]:
    """What has to be decided or released before a month closes, in the order of ordering."""
    query = select(Order.id).where(
        Order.state == "held", Order.month == month, Order.scheme == scheme
    )
    return list(session.scalars(query.order_by(Order.number)))
