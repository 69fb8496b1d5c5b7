"""What deals in force have set going, and the proof that the ledger says the same."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from datetime import date
from uuid import UUID

from sqlalchemy import and_, select, text
from sqlalchemy.orm import Session

from ideals.budgets.rules.parts import OF_COST, deal_code
from ideals.config import Settings
from ideals.deals.models import Deal, DealBonus, DealEvent, DealHours, DealMoney, Offer
from ideals.deals.policy import Part
from ideals.deals.queries import Access, acting, id_of
from ideals.deals.rules.bonuses import BonusState
from ideals.deals.rules.kinds import Into
from ideals.deals.rules.money import renewed_after
from ideals.deals.states import Act
from ideals.kernel.month import Month
from ideals.ledger.queries import Difference
from ideals.people import queries as people


def code_of(deal: Deal, into: Into = Into.BUDGET) -> str:
    """What its money goes under in the ledger, by account."""
    code = deal_code(deal.number)
    return code if into is Into.BUDGET else f"{code}.{into.value}"


def cost_code(deal: Deal) -> str:
    """What goes out of the employee's accounts for it."""
    return f"{deal_code(deal.number)}{OF_COST}"


def money_of(session: Session, deal_id: UUID) -> Sequence[DealMoney]:
    """Every money term that ever came into force, in the order in which they did."""
    query = select(DealMoney).where(DealMoney.deal_id == deal_id)
    query = query.order_by(DealMoney.offer, DealMoney.place)
    return session.scalars(query.execution_options(populate_existing=True)).all()


def hours_of(session: Session, deal_id: UUID) -> Sequence[DealHours]:
    """Contract hours of every offer that ever came into force."""
    query = select(DealHours).where(DealHours.deal_id == deal_id).order_by(DealHours.offer)
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


def held_through(session: Session, deal: Deal) -> dict[int, Month | None]:
    """Each offer that has been in force, and the last month in which its promises held; `None`
    while they do, and where the deal came to its own last day."""
    acts = (Act.START, Act.START_BY_LAW, Act.RENEW)
    query = (
        select(DealEvent.offer, Offer.starts_on, Offer.ends_on)
        .join(Offer, and_(Offer.deal_id == deal.id, Offer.number == DealEvent.offer))
        .where(DealEvent.deal_id == deal.id, DealEvent.act.in_(acts))
        .order_by(DealEvent.id)
    )
    rows = [row for row in session.execute(query) if row.offer is not None]
    held: dict[int, Month | None] = {}
    for at, row in enumerate(rows):
        held[row.offer] = (
            renewed_after(rows[at + 1].starts_on)
            if at + 1 < len(rows)
            else _ended_early(deal, row.ends_on)
        )
    return held


def _ended_early(deal: Deal, agreed: date | None) -> Month | None:
    """The month of its last day, where that is not the one that was agreed."""
    if deal.ended_at is None:
        return None
    ended_on = deal.ended_at.astimezone(Settings.read().zone).date()
    last = ended_on if deal.ends_on is None else min(deal.ends_on, ended_on)
    return None if last == agreed else Month.of(last)


def bonus_of(session: Session, deal_id: UUID, offer: int, place: int) -> DealBonus | None:
    """The statement that counts, decided or not."""
    query = select(DealBonus).where(
        DealBonus.deal_id == deal_id,
        DealBonus.offer == offer,
        DealBonus.place == place,
        DealBonus.state != BonusState.REFUSED,
    )
    return session.scalar(query)


def bonuses_of(session: Session, access: Access) -> Sequence[DealBonus]:
    """Every statement about a deal, for who sees its offers."""
    if not access.sees(Part.OFFERS):
        return []
    query = select(DealBonus).where(DealBonus.deal_id == access.deal.id)
    return session.scalars(query.order_by(DealBonus.stated_at, DealBonus.id)).all()


def bonus_by_source(session: Session, source: str) -> DealBonus:
    return session.get_one(DealBonus, id_of(source))


def bonuses_by_source(
    session: Session, sources: Collection[str]
) -> dict[str, tuple[DealBonus, Deal]]:
    """With the deal of each."""
    rows = session.execute(
        select(DealBonus, Deal)
        .join(Deal, Deal.id == DealBonus.deal_id)
        .where(DealBonus.id.in_([id_of(source) for source in sources]))
    )
    return {row[0].source: (row[0], row[1]) for row in rows}


def prove_deals(session: Session) -> Iterable[Difference]:
    """What each deal claims to have granted, and the ledger; registered with its proofs."""
    for source, claimed, found in session.execute(text(_GRANTS)):
        yield Difference(f"{source}: what its terms granted", str(claimed), str(found))
    yield from acting.prove_charges(session)
    for source, claimed, found in session.execute(text(_BONUSES)):
        yield Difference(f"{source}: the bonus it granted", str(claimed), str(found))
    for source, claimed, found in session.execute(text(_HOURS)):
        yield Difference(f"{source}: its minutes a week", str(claimed), str(found))
    for source, claimed, found in session.execute(text(_PARTS)):
        yield Difference(f"{source}: personal parts of its terms", str(claimed), str(found))


_GRANTS = """
WITH claimed AS (
    SELECT 'deal:' || deal_id AS source, sum(granted_minor)::bigint AS minor
      FROM deals_money WHERE way = 'grant' GROUP BY deal_id
), posted AS (
    SELECT 'deal:' || split_part(t.source, ':', 2) AS source,
           sum(CASE WHEN a.employee_id IS NOT NULL THEN t.amount_minor
                    ELSE -t.amount_minor END)::bigint AS minor
      FROM ledger_transfer t JOIN ledger_account a ON a.id = t.to_account
     WHERE t.reason = 'grant' AND t.source LIKE 'deal:%'
       AND split_part(t.source, ':', 3) <> 'cost'
     GROUP BY 1
)
SELECT source, coalesce(claimed.minor, 0), coalesce(posted.minor, 0)
  FROM claimed FULL JOIN posted USING (source)
 WHERE coalesce(claimed.minor, 0) <> coalesce(posted.minor, 0)
 ORDER BY source
"""
# Rounded factors and hours are compared where they come from the same minutes.
_HOURS = """
WITH claimed AS (
    SELECT 'deal:' || deal_id AS source, from_day, least(through_day, stopped_after) AS through_day,
           minutes
      FROM deals_hours
     WHERE (stopped_after IS NULL OR stopped_after >= from_day) AND next_on IS NULL
), known AS (
    SELECT source, from_day, through_day, round(weekly_hours * 60)::integer AS minutes
      FROM people_hours_overlay o
     WHERE superseded_at IS NULL AND source LIKE 'deal:%'
       AND split_part(source, ':', 3) = ''
       AND NOT EXISTS (SELECT FROM deals_hours w
                        WHERE w.next_on IS NOT NULL AND 'deal:' || w.deal_id = o.source)
)
SELECT coalesce(c.source, k.source), coalesce(c.minutes, 0), coalesce(k.minutes, 0)
  FROM claimed c FULL JOIN known k
    ON k.source = c.source AND k.from_day = c.from_day
   AND coalesce(k.through_day, 'infinity') = coalesce(c.through_day, 'infinity')
 WHERE coalesce(c.minutes, 0) <> coalesce(k.minutes, 0)
 ORDER BY 1
"""
_BONUSES = """
WITH claimed AS (
    SELECT 'deal_bonus:' || id AS source, amount_minor AS minor
      FROM deals_bonus WHERE transfer_id IS NOT NULL
), posted AS (
    SELECT source, sum(amount_minor)::bigint AS minor
      FROM ledger_transfer
     WHERE reason = 'grant' AND starts_with(source, 'deal_bonus:') AND reverses_id IS NULL
     GROUP BY source
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
