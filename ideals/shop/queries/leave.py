"""What of somebody's leave may be sold, and whether what an order brought is still there."""

from __future__ import annotations

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import Session

from ideals.budgets.queries.leave import leave_of
from ideals.kernel.month import Month
from ideals.schemes.rules import ProductKind
from ideals.shop import rules
from ideals.shop.models import Order
from ideals.shop.queries.orders import Purchase
from ideals.shop.states import STANDING, OrderState


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
    if not terms.sells_granted:
        free = min(free, _still_bought(session, purchase))
    return max(0, min(free, available))


def _still_bought(session: Session, purchase: Purchase) -> int:
    """Bought in the year with this product and not sold back. The leave book counts whatever is
    sold as granted leave first."""
    first, last = Month(purchase.month.year, 1), Month(purchase.month.year, 12)
    of_year = (
        Order.scheme == purchase.scheme,
        Order.product == purchase.product,
        Order.month.between(first, last),
    )
    bought = _minutes(session, purchase.employee_id, Order.state == OrderState.POSTED, *of_year)
    standing = Order.state.in_(STANDING)
    return bought - _minutes(session, purchase.employee_id, standing, *of_year, sold=True)


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
    return sum(part.left for part in parts if part.source == order.source)
