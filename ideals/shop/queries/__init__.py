"""What there is to choose, what was ordered, and whether the ledger agrees.

`orders`: orders and their evidence. `catalogue`: what the shop shows. `leave`: what of somebody's
leave may be sold. `proof`: orders against the ledger, both ways.
"""

from __future__ import annotations

from ideals.shop.queries.leave import sellable
from ideals.shop.queries.orders import (
    Purchase,
    Quoted,
    Seen,
    held_orders,
    lock_order,
    order_of,
    purchase_of,
    quoted,
    seen,
    taken_of_quota,
)

__all__ = [
    "Purchase",
    "Quoted",
    "Seen",
    "held_orders",
    "lock_order",
    "order_of",
    "purchase_of",
    "quoted",
    "seen",
    "sellable",
    "taken_of_quota",
]
