"""What of somebody's leave may be sold, and whether what an order brought is still there."""

from __future__ import annotations

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from ideals.budgets.queries.leave import leave_of
from ideals.schemes.rules import ProductKind
from ideals.shop import rules
from ideals.shop.models import Order
from ideals.shop.queries.orders import Purchase
from ideals.shop.states import OrderState


def sellable(session: Session, purchase: Purchase, available: int) -> int:
    """The minutes of leave that this sale may take; `available`: what is in the account at all.

    Under the lock of the account. Sales that wait have not moved anything yet: they are taken off.
    """
    month, terms = purchase.month, purchase.terms
    book = leave_of(session, purchase.employee_id, month.first)
    free = rules.sellable_minutes(
        book.lots, month.year, granted=terms.sells_granted, bought=terms.sells_bought
    )
    waiting = session.scalar(
        select(func.sum(Order.minutes)).where(
            Order.employee_id == purchase.employee_id,
            Order.kind == ProductKind.SELL_LEAVE,
            Order.state == OrderState.HELD,
        )
    )
    return max(0, min(free - int(waiting or 0), available))


def minutes_left(session: Session, order: Order) -> int:
    """Of the leave that an order brought, what was neither taken nor sold. Under the same lock."""
    book = leave_of(session, order.employee_id, order.month.first)
    parts = (part for lot in book.lots for part in lot.parts)
    return sum(part.left for part in parts if part.source == order.source)
