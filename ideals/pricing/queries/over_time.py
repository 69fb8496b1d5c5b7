"""The price of one product for one employee: months gone by, and months ahead."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from sqlalchemy.orm import Session

from ideals.kernel.month import Month
from ideals.kernel.said import Texts
from ideals.pricing import queries
from ideals.pricing.errors import NoSchemeOfOwn, NothingToPay, ProductUnknown
from ideals.pricing.over_time import PriceThen
from ideals.pricing.queries import Buyer
from ideals.pricing.rules import price_listed
from ideals.schemes.errors import BudgetNotComputable
from ideals.schemes.rules import Product, Scheme, last_day, offered, unit_price

MONTHS = 12
"""Before this month, and after it."""
ONE = Decimal(1)


def prices_over_time(
    session: Session, employee_id: int, code: str, today: date
) -> tuple[Product, list[PriceThen]]:
    """The product as it is sold now or was last, and one unit of it in each month that has a
    published list or can be ordered for now; by their facts as they are known now.

    None of what costs what its buyer says. Raises `NoSchemeOfOwn`, `ProductUnknown`. As many
    statements however many months.
    """
    this = Month.of(today)
    buyer = queries.buyer(session, employee_id, today, since=this.plus(-MONTHS))
    sold = [
        (month, scheme, scheme.products[code])
        for month in this.plus(-MONTHS).until(this.plus(MONTHS))
        if (scheme := buyer.scheme(month)) is not None and code in scheme.products
    ]
    if not sold:
        if not any(map(buyer.scheme, this.plus(-MONTHS).until(this.plus(MONTHS)))):
            raise NoSchemeOfOwn("You have no scheme now, and so nothing to choose from.")
        raise ProductUnknown(f"There is no product {code!r} for you.", product=code)
    now = [product for month, _scheme, product in sold if month <= this]
    product = now[-1] if now else sold[0][2]
    ahead = {month for month, _scheme, _product in buyer.open_months(code)}
    found = [_then(session, buyer, *each, ahead) for each in sold if not each[2].asks_price]
    return product, [each for each in found if each is not None]


def _then(
    session: Session,
    buyer: Buyer,
    month: Month,
    scheme: Scheme,
    product: Product,
    ahead: set[Month],
) -> PriceThen | None:
    """`None`: no list tells it and nobody can order for it, or it was not for them."""
    book = buyer.prices(session, scheme.code)
    published = (product.code, month) in book.lists
    if not product.is_ordered or not (published or month in ahead):
        return None
    person = buyer.person(session, scheme)
    day = min(buyer.day, last_day(scheme, product, month))
    try:
        if not offered(scheme, product, person, month, day).eligible:
            return None
        listed = unit_price(scheme, product, person, month, day)
        steering = book.at(product.code, month)
        held = steering.held(scheme, product, person, month, day)
        price = price_listed(product, listed, ONE, rules=held, bounds=steering.bounds)
    except (BudgetNotComputable, NothingToPay):
        return None
    steered = book.in_force(step.code for step in price.steps)
    names = {each.rule.code: Texts.of(each.rule.name) for each in steered}
    return PriceThen(month, published, listed, price, names)
