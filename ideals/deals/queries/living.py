"""What deals in force have set going, and the proof that the ledger says the same."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from uuid import UUID

from sqlalchemy import select, text
from sqlalchemy.orm import Session

from ideals.budgets.rules.parts import deal_code
from ideals.deals.models import Deal, DealMoney
from ideals.deals.rules.kinds import Into
from ideals.kernel.month import Month
from ideals.ledger.queries import Difference
from ideals.people import queries as people


def code_of(deal: Deal, into: Into = Into.BUDGET) -> str:
    """What its money goes under in the ledger, by account."""
    code = deal_code(deal.number)
    return code if into is Into.BUDGET else f"{code}.{into.value}"


def money_of(session: Session, deal_id: UUID) -> Sequence[DealMoney]:
    """Every money term that ever came into force, in the order in which they did."""
    query = select(DealMoney).where(DealMoney.deal_id == deal_id)
    query = query.order_by(DealMoney.offer, DealMoney.place)
    return session.scalars(query.execution_options(populate_existing=True)).all()


def months_employed(session: Session, employee_id: int, first: Month, last: Month) -> set[Month]:
    """Those with a day employed."""
    rows = people.employments_between(session, [employee_id], first.first, last.last)
    found: set[Month] = set()
    for row in rows:
        begins = max(row.valid_from, row.hired_on, first.first)
        ends = min(day for day in (row.valid_until, row.leaves_on, last.last) if day is not None)
        if begins <= ends:
            found.update(Month.of(begins).until(Month.of(ends)))
    return found


def prove_deals(session: Session) -> Iterable[Difference]:
    """What each deal claims to have granted, and the ledger; registered with its proofs."""
    for source, claimed, found in session.execute(text(_GRANTS)):
        yield Difference(f"{source}: what its terms granted", str(claimed), str(found))
    for source, claimed, found in session.execute(text(_PARTS)):
        yield Difference(f"{source}: personal parts of its terms", str(claimed), str(found))


_GRANTS = """
WITH claimed AS (
    SELECT 'deal:' || deal_id AS source, sum(granted_minor)::bigint AS minor
      FROM deals_money WHERE way = 'grant' GROUP BY deal_id
), posted AS (
    SELECT 'deal:' || split_part(t.source, ':', 2) AS source, sum(CASE WHEN a.employee_id IS NOT NULL THEN t.amount_minor
                              ELSE -t.amount_minor END)::bigint AS minor
      FROM ledger_transfer t JOIN ledger_account a ON a.id = t.to_account
     WHERE t.reason = 'grant' AND t.source LIKE 'deal:%'
     GROUP BY 1
)
SELECT source, coalesce(claimed.minor, 0), coalesce(posted.minor, 0)
  FROM claimed FULL JOIN posted USING (source)
 WHERE coalesce(claimed.minor, 0) <> coalesce(posted.minor, 0)
 ORDER BY source
"""
# A deal that waits to be settled claims nothing yet.
_PARTS = """
WITH claimed AS (
    SELECT 'deal:' || deal_id AS source, from_month, sum(amount_minor)::bigint AS minor,
           least(through_month, stopped_after) AS through_month
      FROM deals_money m
     WHERE way = 'part' AND (stopped_after IS NULL OR stopped_after >= from_month)
     GROUP BY deal_id, from_month, 4
), known AS (
    SELECT source, from_month, sum(amount_minor)::bigint AS minor, through_month
      FROM budgets_personal_part WHERE superseded_at IS NULL AND source LIKE 'deal:%'
     GROUP BY source, from_month, through_month
)
SELECT coalesce(c.source, k.source), coalesce(c.minor, 0), coalesce(k.minor, 0)
  FROM claimed c FULL JOIN known k
    ON k.source = c.source AND k.from_month = c.from_month
   AND coalesce(k.through_month, 0) = coalesce(c.through_month, 0)
 WHERE coalesce(c.minor, 0) <> coalesce(k.minor, 0)
   AND NOT EXISTS (SELECT FROM deals_money w WHERE w.next_on IS NOT NULL AND w.way = 'part'
                    AND 'deal:' || w.deal_id = coalesce(c.source, k.source))
 ORDER BY 1
"""
