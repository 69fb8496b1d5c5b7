"""What HR asks of the products: every one of each scheme in use, and how many people chose it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from ideals.budgets import queries as budgets
from ideals.kernel.money import Money
from ideals.kernel.month import Month
from ideals.pricing.errors import ProductUnknown
from ideals.schemes import queries as schemes
from ideals.schemes.queries import SchemeLine
from ideals.schemes.rules import Product, Scheme, differences
from ideals.schemes.rules.differences import Sort
from ideals.shop.models import Chosen

NOBODY = (0, 0, 0)


@dataclass(frozen=True, slots=True)
class ProductLine:
    """A product of the version in force. `people` chose it in the last twelve months, in `orders`,
    for `total`, as counted last; `changes_in`: the next version, if it says something else of it.
    """

    scheme: Scheme
    product: Product
    changes_in: Month | None
    people: int
    orders: int
    total: Money


def product_lines(session: Session, month: Month) -> list[ProductLine]:
    """By scheme and in the order of its document; the number of statements grows with nothing but
    the schemes."""
    counted = _counted(session)
    return [
        found
        for line in schemes_in_use(session, month)
        for found in _lines(session, line, line.scheme.products.values(), counted)
    ]


def schemes_in_use(session: Session, month: Month) -> list[SchemeLine]:
    """Those in force that somebody has in the month, by code."""
    used = set(budgets.schemes_in_use(session, month))
    return [line for line in schemes.scheme_lines(session, month) if line.scheme.code in used]


def product_line(session: Session, month: Month, scheme: str, code: str) -> ProductLine:
    """Raises `ProductUnknown`."""
    for line in schemes_in_use(session, month):
        if line.scheme.code == scheme and code in line.scheme.products:
            return _lines(session, line, [line.scheme.products[code]], _counted(session))[0]
    raise ProductUnknown(f"Scheme {scheme} has no product {code}.", product=code)


def _lines(
    session: Session,
    line: SchemeLine,
    products: Iterable[Product],
    counted: Mapping[tuple[str, str], tuple[int, int, int]],
) -> list[ProductLine]:
    changed = _changed(session, line)
    found = []
    for product in products:
        people, orders, total = counted.get((line.scheme.code, product.code), NOBODY)
        changes_in = line.next if product.code in changed else None
        found.append(ProductLine(line.scheme, product, changes_in, people, orders, Money(total)))
    return found


def _changed(session: Session, line: SchemeLine) -> set[str]:
    """The products that the next version says something else of, or sells no more."""
    if line.next is None:
        return set()
    coming = schemes.scheme_version(session, line.scheme.code, line.next)
    return {
        each.place.code
        for each in differences(line.scheme, coming)
        if each.place.sort is Sort.PRODUCT
    }


def _counted(session: Session) -> dict[tuple[str, str], tuple[int, int, int]]:
    rows = session.execute(
        select(Chosen.scheme, Chosen.product, Chosen.people, Chosen.orders, Chosen.total_minor)
    )
    return {(row.scheme, row.product): (row.people, row.orders, row.total_minor) for row in rows}
