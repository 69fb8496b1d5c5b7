"""A product as one employee can have it, and how long its price is promised."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

from ideals.kernel.month import Month
from ideals.pricing.errors import NotEligible, NotForOrder, ProductClosed
from ideals.pricing.rules.cost import Price, charged, price_listed, price_stated, wanted_quantity
from ideals.pricing.rules.steered import UNSTEERED, Steering
from ideals.pricing.rules.terms import Terms, terms_of
from ideals.schemes.rules import (
    Commitment,
    Person,
    Product,
    Scheme,
    addition_minor,
    check_quantity,
    minutes_of,
    offered,
    order_bounds,
    unit_price,
)

GUARANTEED = timedelta(minutes=15)
"""How long a quote holds, unless the deadline of its month comes first."""


@dataclass(frozen=True, slots=True)
class Offer:
    """A product as one employee can have it: so many units, for this price, under these terms.

    `minutes`: leave delivered or, for a sale, given up. `addition_minor`: cents a year on the wage.
    """

    scheme: Scheme
    product: Product
    month: Month
    quantity: Decimal
    price: Price
    minutes: int
    addition_minor: int
    terms: Terms


def steerable(product: Product) -> bool:
    """Whether rules and bounds change its price: it is ordered, at a price of the scheme's."""
    return product.is_ordered and not product.asks_price


def check_offered(
    scheme: Scheme, product: Product, person: Person, month: Month, day: date
) -> None:
    """Raises `NotForOrder`, `NotEligible`, `ProductClosed`."""
    found = offered(scheme, product, person, month, day)
    if not product.is_ordered:
        raise NotForOrder(found.why, product=product.code)
    if not found.eligible:
        raise NotEligible(found.why, product=product.code, why=dict(found.texts))
    if not found.is_open:
        opens = found.opens_on and str(Month.of(found.opens_on))
        raise ProductClosed(found.why, product=product.code, opens=opens)


def worked_out(
    scheme: Scheme,
    product: Product,
    person: Person,
    month: Month,
    day: date,
    quantity: Decimal | None,
    *,
    steering: Steering = UNSTEERED,
    selling: bool = False,
    stated_minor: int | None = None,
) -> Offer:
    """Whether it may be had, and for what. Limits and what there is to spend are looked at later.

    Raises what `check_offered`, `wanted_quantity`, `check_quantity` and `price_listed` do, and
    `BudgetNotComputable` or `NeverSold`.
    """
    check_offered(scheme, product, person, month, day)
    quantity = wanted_quantity(product, quantity, stated_minor)
    bounds = order_bounds(scheme, product, person, month, day)
    check_quantity(product, bounds, quantity)
    if stated_minor is not None:
        cost = price_stated(product, stated_minor, quantity)
    else:
        listed = unit_price(scheme, product, person, month, day, selling=selling)
        cost = price_listed(
            product,
            listed,
            quantity,
            selling=selling,
            rules=steering.held(scheme, product, person, month, day),
            bounds=steering.bounds,
        )
    return Offer(
        scheme,
        product,
        month,
        quantity,
        _with_charges(cost, product.commitment),
        minutes_of(scheme, product, person, month, day, quantity),
        addition_minor(scheme, product, person, month, cost.minor),
        terms_of(scheme, product, person, month, day, selling=selling, stated_minor=stated_minor),
    )


def _with_charges(cost: Price, commitment: Commitment | None) -> Price:
    step = charged(commitment, cost.minor)
    return cost if step is None else replace(cost, steps=(*cost.steps, step))


def ends_at(last_day: date, zone: ZoneInfo) -> datetime:
    """The moment at which a last day is over where the organisation is."""
    following = last_day + timedelta(days=1)
    return datetime(following.year, following.month, following.day, tzinfo=zone)


def expires_at(now: datetime, last_day: date, zone: ZoneInfo) -> datetime:
    """A quarter of an hour, and no later than the deadline of the month."""
    return min(now + GUARANTEED, ends_at(last_day, zone))
