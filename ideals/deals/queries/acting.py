"""What terms in force took of employees' accounts, and the proof that the ledger says the same."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from uuid import UUID

from sqlalchemy import select, text
from sqlalchemy.orm import Session

from ideals.deals.models import DealCharge, DealWeek
from ideals.ledger.queries import Difference


def charges_of(session: Session, deal_id: UUID) -> Sequence[DealCharge]:
    """Every such term that ever came into force, in the order in which they did."""
    query = select(DealCharge).where(DealCharge.deal_id == deal_id)
    query = query.order_by(DealCharge.offer, DealCharge.place)
    return session.scalars(query.execution_options(populate_existing=True)).all()


def weeks_of(session: Session, deal_id: UUID) -> Sequence[DealWeek]:
    """The patterns of every offer that ever came into force."""
    query = select(DealWeek).where(DealWeek.deal_id == deal_id).order_by(DealWeek.offer)
    return session.scalars(query.execution_options(populate_existing=True)).all()


def cost_source(source: str) -> str:
    """What transfers of costs name as their cause, but for the number of the settlement."""
    return f"{source}:cost"


def is_cost(source: str) -> bool:
    return ":cost:" in source


def leave_source(source: str) -> str:
    """In whose name hours stand that are left beside leave of a part of each week."""
    return f"{source}:leave"


def prove_charges(session: Session) -> Iterable[Difference]:
    """What deals claim to have charged, and the ledger."""
    for source, claimed, found in session.execute(text(_CHARGES)):
        yield Difference(f"{source}: what its terms charged", str(claimed), str(found))


_CHARGES = """
WITH claimed AS (
    SELECT 'deal:' || deal_id AS source, sum(charged_minor)::bigint AS minor
      FROM deals_charge GROUP BY deal_id
), posted AS (
    SELECT 'deal:' || split_part(t.source, ':', 2) AS source,
           sum(CASE WHEN a.employee_id IS NULL THEN t.amount_minor
                    ELSE -t.amount_minor END)::bigint AS minor
      FROM ledger_transfer t JOIN ledger_account a ON a.id = t.to_account
     WHERE t.reason = 'grant' AND t.source LIKE 'deal:%' AND split_part(t.source, ':', 3) = 'cost'
     GROUP BY 1
)
SELECT source, coalesce(claimed.minor, 0), coalesce(posted.minor, 0)
  FROM claimed FULL JOIN posted USING (source)
 WHERE coalesce(claimed.minor, 0) <> coalesce(posted.minor, 0)
 ORDER BY source
"""
