"""What of somebody's leave may be sold, and whether what an order brought is still there."""

from __future__ import annotations

from collections.abc import Collection
from uuid import UUID

from sqlalchemy import BigInteger, ColumnElement, and_, func, select
from sqlalchemy.orm import Session

from ideals.budgets.queries.leave import leave_of
from ideals.kernel.month import Month
from ideals.schemes import queries as schemes
from ideals.schemes.rules import ProductKind
from ideals.shop import rules
from ideals.shop.models import Order
from ideals.shop.queries.orders import Purchase
from ideals.shop.states import STANDING, OrderState

_MADE_CHEAPER = and_(
    Order.steps[0]["code"].astext == "list_price",
    Order.unit_minor < Order.steps[0]["amount"].astext.cast(BigInteger),
)
"""The first step of a price is the list price, whatever rules made of it."""


def sellable(session: Session, purchase: Purchase, available: int) -> int:
    """The minutes of leave that this sale may take; `available`: what is in the account at all.

    Under the lock of the account. Sales that wait have not moved anything yet: they are taken off.
    """
    month, terms = purchase.month, purchase.terms
    book = leave_of(session, purchase.employee_id, month.first)
    free = rules.sellable_minutes(
        book.lots, month.year, granted=terms.sells_granted, bought=terms.sells_bought
    )
    free -= _minutes(session, purchase.employee_id, Order.state == OrderState.HELD, sold=True)
    bought_cheaper = _bought_cheaper(session, purchase) if terms.sells_bought else {}
    parts = (part for lot in book.lots for part in lot.parts)
    free -= sum(part.left for part in parts if part.source in bought_cheaper)
    if not terms.sells_granted:
        cheaper = sum(bought_cheaper.values())
        if cheaper:
            cheaper -= min(cheaper, _sold_for_less(session, purchase))
        free = min(free, _still_bought(session, purchase) - cheaper)
    return max(0, min(free, available))


def _bought_cheaper(session: Session, sale: Purchase) -> dict[str, int]:
    """Leave of the year that a price rule made cheaper and that would bring more than it cost; by
    source, its minutes. It is there to be taken."""
    first, last = Month(sale.month.year, 1), Month(sale.month.year, 12)
    rows = session.execute(
        select(Order.id, Order.minutes).where(
            Order.employee_id == sale.employee_id,
            Order.scheme == sale.scheme,
            Order.product == sale.product,
            Order.kind == ProductKind.LEAVE,
            Order.state == OrderState.POSTED,
            Order.month.between(first, last),
            Order.unit_minor < sale.unit_minor,
            _MADE_CHEAPER,
        )
    )
    return {f"order:{order_id}": minutes for order_id, minutes in rows}


def _sold_for_less(session: Session, sale: Purchase) -> int:
    """Of the year: what went back while it brought less than now, and so of the cheaper hours."""
    first, last = Month(sale.month.year, 1), Month(sale.month.year, 12)
    conditions = (
        Order.scheme == sale.scheme,
        Order.product == sale.product,
        Order.month.between(first, last),
        Order.state.in_(STANDING),
        Order.unit_minor < sale.unit_minor,
    )
    return _minutes(session, sale.employee_id, *conditions, sold=True)


def cheaper_orders(session: Session, sources: Collection[str]) -> set[str]:
    """Of sources that are orders, those that a price rule made cheaper than the scheme does."""
    ids = {UUID(name.split(":")[1]) for name in sources if name.startswith("order:")}
    if not ids:
        return set()
    found = session.scalars(select(Order.id).where(Order.id.in_(ids), _MADE_CHEAPER))
    return {f"order:{order_id}" for order_id in found}


def _still_bought(session: Session, of: Purchase | Order) -> int:
    """Bought in the year with this product and not sold back. The leave book counts whatever is
    sold as granted leave first, which a product that sells bought leave alone does not."""
    first, last = Month(of.month.year, 1), Month(of.month.year, 12)
    of_year = (
        Order.scheme == of.scheme,
        Order.product == of.product,
        Order.month.between(first, last),
    )
    bought = _minutes(session, of.employee_id, Order.state == OrderState.POSTED, *of_year)
    standing = Order.state.in_(STANDING)
    return bought - _minutes(session, of.employee_id, standing, *of_year, sold=True)


def _minutes(
    session: Session, employee_id: int, *conditions: ColumnElement[bool], sold: bool = False
) -> int:
    kind = ProductKind.SELL_LEAVE if sold else ProductKind.LEAVE
    query = select(func.sum(Order.minutes)).where(
        Order.employee_id == employee_id, Order.kind == kind, *conditions
    )
    return int(session.scalar(query) or 0)


def minutes_left(session: Session, order: Order) -> int:
    """Of the leave that an order brought, what was neither taken nor sold. Under the same lock."""
    book = leave_of(session, order.employee_id, order.month.first)
    parts = (part for lot in book.lots for part in lot.parts)
    left = sum(part.left for part in parts if part.source == order.source)
    scheme = schemes.scheme_version(session, order.scheme, order.scheme_version)
    product = scheme.products[order.product]
    if product.sells_bought and not product.sells_granted:
        left = min(left, _still_bought(session, order))
    return left
