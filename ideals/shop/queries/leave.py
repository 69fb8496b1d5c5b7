"""What of somebody's leave may be sold."""

from __future__ import annotations

from typing import NamedTuple

from sqlalchemy import text
from sqlalchemy.orm import Session

from ideals.schemes import queries as schemes
from ideals.shop import rules
from ideals.shop.queries.orders import Purchase


class _Lot(NamedTuple):
    year: int
    statutory: bool
    source: str
    left: int


# What was sold, or waits to be, is what the orders say; what came in and was taken, the ledger.
_MOVED = text(
    """
    WITH leave AS (
        SELECT t.reason, t.code,
               CASE WHEN t.to_account = a.id THEN t.amount_minor ELSE -t.amount_minor END AS minutes
          FROM ledger_account a JOIN ledger_transfer t ON a.id IN (t.from_account, t.to_account)
         WHERE a.employee_id = :employee AND a.kind = 'leave' AND t.phase IN ('single', 'post')
    ), mine AS (
        SELECT kind, month / 100 AS year, minutes FROM shop_order
         WHERE employee_id = :employee AND state IN ('held', 'posted')
    )
    SELECT coalesce((SELECT sum(minutes) FROM leave
                      WHERE reason = 'allocation' AND code = ANY(:extra)), 0)::bigint AS granted,
           coalesce((SELECT -sum(minutes) FROM leave
                      WHERE reason = 'leave_taken'), 0)::bigint AS taken,
           coalesce((SELECT sum(minutes) FROM mine
                      WHERE kind = 'leave' AND year = :year), 0)::bigint AS bought,
           coalesce((SELECT sum(minutes) FROM mine
                      WHERE kind = 'sell_leave'), 0)::bigint AS sold
    """
)


def sellable(session: Session, purchase: Purchase, available: int) -> int:
    """The minutes of leave that this sale may take; `available`: what is in the account at all."""
    scheme = schemes.scheme_version(session, purchase.scheme, purchase.scheme_version)
    extra = [grant.code for grant in scheme.hours if not grant.statutory]
    row = session.execute(
        _MOVED, {"employee": purchase.employee_id, "extra": extra, "year": purchase.month.year}
    ).one()
    year = purchase.month.year
    lots = [_Lot(year, False, "granted", row.granted), _Lot(year, False, "bought", row.bought)]
    terms = purchase.terms
    free = rules.sellable_minutes(
        lots, row.granted + row.bought, year, granted=terms.sells_granted, bought=terms.sells_bought
    )
    left: int = min(free - row.sold - row.taken, available)
    return max(0, left)
