"""What HR asks of the products: every one of each scheme in use, and how many people chose it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from ideals.budgets import queries as budgets
from ideals.kernel.money import Money
from ideals.kernel.month import Month
from ideals.pricing.errors import ProductUnknown
from ideals.schemes import queries as schemes
from ideals.schemes.queries import SchemeLine
from ideals.schemes.rules import Product, Scheme
from ideals.shop.models import Chosen

NOBODY = (0, 0, 0)


@dataclass(frozen=True, slots=True)
class ProductLine:
    """A product of the version in force. `people` chose it in the last twelve months, in `orders`,
    for `total`, as counted last; `next_version`: the scheme has one from a later month."""

    scheme: Scheme
    product: Product
    next_version: Month | None
    people: int
    orders: int
    total: Money


def product_lines(session: Session, month: Month) -> list[ProductLine]:
    """By scheme and in the order of its document; the number of statements grows with nothing but
    the schemes."""
    counted = _counted(session)
    return [
        _line(line, product, counted)
        for line in schemes_in_use(session, month)
        for product in line.scheme.products.values()
    ]


def schemes_in_use(session: Session, month: Month) -> list[SchemeLine]:
    """Those in force that somebody has in the month, by code."""
    used = set(budgets.schemes_in_use(session, month))
    return [line for line in schemes.scheme_lines(session, month) if line.scheme.code in used]


def product_line(session: Session, month: Month, scheme: str, code: str) -> ProductLine:
    """Raises `ProductUnknown`."""
    for line in schemes_in_use(session, month):
        if line.scheme.code == scheme and code in line.scheme.products:
            return _line(line, line.scheme.products[code], _counted(session))
    raise ProductUnknown(f"Scheme {scheme} has no product {code}.", product=code)


def _line(
    line: SchemeLine, product: Product, counted: Mapping[tuple[str, str], tuple[int, int, int]]
) -> ProductLine:
    people, orders, total = counted.get((line.scheme.code, product.code), NOBODY)
    return ProductLine(line.scheme, product, line.next, people, orders, Money(total))


def _counted(session: Session) -> dict[tuple[str, str], tuple[int, int, int]]:
    rows = session.execute(
        select(Chosen.scheme, Chosen.product, Chosen.people, Chosen.orders, Chosen.total_minor)
    )
    return {(row.scheme, row.product): (row.people, row.orders, row.total_minor) for row in rows}
