"""What there is to choose, what was ordered, and whether the ledger agrees.

`orders`: orders and their evidence. `cards`: what the shop shows. `leave`: what of somebody's
leave may be sold. `proof`: orders against the ledger, both ways.
"""

from __future__ import annotations

from ideals.shop.queries.cards import Card, Catalogue, catalogue, chosen_by
from ideals.shop.queries.leave import minutes_left, sellable
from ideals.shop.queries.orders import (
    Moved,
    OrdersAsked,
    OrderTold,
    Purchase,
    Quoted,
    Seen,
    access_evidence,
    access_order,
    access_own_order,
    evidence_of,
    held_orders,
    lock_order,
    order_of,
    order_told,
    orders_by_source,
    orders_wanted,
    products_of,
    purchase_of,
    purchase_of_quote,
    quoted,
    seen,
    taken_of_quota,
    why_not_cancellable,
)
from ideals.shop.queries.proof import prove_orders

__all__ = [
    "Card",
    "Catalogue",
    "Moved",
    "OrderTold",
    "OrdersAsked",
    "Purchase",
    "Quoted",
    "Seen",
    "access_evidence",
    "access_order",
    "access_own_order",
    "catalogue",
    "chosen_by",
    "evidence_of",
    "held_orders",
    "lock_order",
    "minutes_left",
    "order_of",
    "order_told",
    "orders_by_source",
    "orders_wanted",
    "products_of",
    "prove_orders",
    "purchase_of",
    "purchase_of_quote",
    "quoted",
    "seen",
    "sellable",
    "taken_of_quota",
    "why_not_cancellable",
]
