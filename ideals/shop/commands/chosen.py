"""Counting how many people chose a product: seldom enough that nobody waits for it."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import func, select, text
from sqlalchemy.orm import Session

from ideals.kernel.actor import Actor
from ideals.shop.models import Chosen

COUNTED_EVERY = timedelta(minutes=10)
LOOKED_BACK = timedelta(days=365)
COUNTING = 7312
"""The advisory lock of who counts."""

_COUNT = text(
    """
    INSERT INTO shop_chosen (scheme, product, people, orders, total_minor, counted_at)
    SELECT scheme, product, count(DISTINCT employee_id), count(*),
           sum(price_minor * CASE WHEN commitment ->> 'divided' = 'false'
                                  THEN (commitment ->> 'months')::bigint ELSE 1 END)::bigint, :now
      FROM shop_order
     WHERE ordered_at > :since AND state IN ('held', 'posted')
     GROUP BY scheme, product
    ON CONFLICT (scheme, product) DO UPDATE
       SET people = excluded.people, orders = excluded.orders,
           total_minor = excluded.total_minor, counted_at = excluded.counted_at
    """
)
_NOBODY = text(
    "UPDATE shop_chosen SET people = 0, orders = 0, total_minor = 0, counted_at = :now"
    " WHERE counted_at < :now"
)


def count_chosen(session: Session, *, actor: Actor, now: datetime) -> bool:
    """Whether it was counted: not again within ten minutes, and not by two at once."""
    del actor  # nothing of anybody's is changed
    if not session.scalar(select(func.pg_try_advisory_xact_lock(COUNTING, 0))):
        return False
    counted_at = session.scalar(select(func.max(Chosen.counted_at)))
    if counted_at is not None and counted_at > now - COUNTED_EVERY:
        return False
    session.execute(_COUNT, {"now": now, "since": now - LOOKED_BACK})
    session.execute(_NOBODY, {"now": now})
    return True
