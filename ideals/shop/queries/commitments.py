"""Commitments: what is charged when, and what was."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import func, select, text
from sqlalchemy.orm import Session

from ideals.kernel.actor import Actor
from ideals.kernel.month import Month
from ideals.ledger.queries import Difference
from ideals.shop.errors import CommitmentUnknown
from ideals.shop.models import Charge, Commitment
from ideals.shop.rules.commitments import Plan


def plan_of(commitment: Commitment) -> Plan:
    """As it was agreed; that it ended before says `last_month`."""
    return Plan(
        commitment.first_month,
        commitment.months,
        commitment.divided,
        commitment.price_minor,
        commitment.addition_minor,
    )


def due(
    session: Session, scheme: str, employee_ids: Collection[int], month: Month
) -> Sequence[Commitment]:
    """What these employees have to be charged for in the month and were not, the oldest first."""
    charged = (
        select(Charge.commitment_id)
        .where(Charge.commitment_id == Commitment.id, Charge.month == month, ~Charge.rest)
        .exists()
    )
    return session.scalars(
        select(Commitment)
        .where(
            Commitment.scheme == scheme,
            Commitment.employee_id == func.any(list(employee_ids)),
            Commitment.first_month <= month,
            Commitment.last_month >= month,
            ~charged,
        )
        .order_by(Commitment.employee_id, Commitment.started_at, Commitment.id)
    ).all()


def running(session: Session, employee_ids: Collection[int], month: Month) -> Sequence[Commitment]:
    """What these employees would still be charged for after the month."""
    return session.scalars(
        select(Commitment)
        .where(
            Commitment.employee_id == func.any(list(employee_ids)),
            Commitment.last_month > month,
        )
        .order_by(Commitment.employee_id, Commitment.started_at, Commitment.id)
    ).all()


def charge_of(session: Session, source: str) -> tuple[Commitment, Charge] | None:
    """The charge whose transfers name this source, `commitment:ID:2026-03` or with `:rest`."""
    match source.split(":"):
        case ["commitment", id_, month, *rest]:
            key = (UUID(id_), Month.parse(month), bool(rest))
            charge = session.get(Charge, key)
            return None if charge is None else (session.get_one(Commitment, key[0]), charge)
    return None


def charges_of(session: Session, commitment_ids: Collection[UUID]) -> Sequence[Charge]:
    """What was charged and not reversed, in the order of months."""
    return session.scalars(
        select(Charge)
        .where(Charge.commitment_id.in_(commitment_ids), Charge.reversed_at.is_(None))
        .order_by(Charge.month, Charge.rest)
    ).all()


@dataclass(frozen=True, slots=True)
class CommitmentTold:
    """`left_minor`: still to be charged, if it runs to its end. `next`: the next month charged."""

    commitment: Commitment
    plan: Plan
    charges: Sequence[Charge]
    next: Month | None
    left_minor: int


def commitments_of(session: Session, employee_id: int) -> list[CommitmentTold]:
    """All of an employee's, the newest first; two statements."""
    found = session.scalars(
        select(Commitment)
        .where(Commitment.employee_id == employee_id)
        .order_by(Commitment.started_at.desc(), Commitment.id)
    ).all()
    charges = charges_of(session, [each.id for each in found])
    return [_told(each, [c for c in charges if c.commitment_id == each.id]) for each in found]


def _told(commitment: Commitment, charges: Sequence[Charge]) -> CommitmentTold:
    plan = plan_of(commitment)
    months = {charge.month for charge in charges}
    coming = [
        month
        for month in commitment.first_month.until(commitment.last_month)
        if month not in months
    ]
    left = sum(plan.charge(month) for month in coming)
    return CommitmentTold(commitment, plan, charges, min(coming, default=None), left)


def access_commitment(session: Session, commitment_id: UUID, *, actor: Actor) -> Commitment:
    """One's own. Raises `CommitmentUnknown`."""
    found = session.get(Commitment, commitment_id)
    if found is None or found.employee_id != actor.employee_id:
        raise CommitmentUnknown("There is no such commitment of yours.")
    return found


def prove_charges(session: Session) -> Iterable[Difference]:
    """Each charge says what its transfers moved, and the ledger must say the same."""
    for what, expected, found in session.execute(text(_CHARGES)):
        yield Difference(what, expected, found)


# Of a charge the ledger has what the account paid and what the debt paid, both to the employer's
# purchases, and the deduction from pay that sets the debt off.
_CHARGES = """
WITH claimed AS (
    SELECT format('commitment:%s:%s-%s%s', commitment_id, month / 100,
                  lpad((month % 100)::text, 2, '0'), CASE WHEN rest THEN '\\:rest' ELSE '' END)
           AS source,
           charged_minor, shortfall_minor
      FROM shop_charge WHERE reversed_at IS NULL AND charged_minor > 0
), posted AS (
    SELECT t.source,
           sum(CASE WHEN b.kind = 'purchase' THEN t.amount_minor ELSE 0 END)::bigint AS charged,
           sum(CASE WHEN a.kind = 'pay_out' THEN t.amount_minor ELSE 0 END)::bigint AS shortfall
      FROM ledger_transfer t
      JOIN ledger_account a ON a.id = t.from_account
      JOIN ledger_account b ON b.id = t.to_account
     WHERE t.source LIKE 'commitment:%' AND t.reverses_id IS NULL
       AND NOT EXISTS (SELECT FROM ledger_reversal r WHERE r.reversed_id = t.id)
     GROUP BY t.source
)
SELECT coalesce(c.source, p.source),
       format('charged %s, of it from pay %s', coalesce(c.charged_minor, 0),
              coalesce(c.shortfall_minor, 0)),
       format('charged %s, of it from pay %s', coalesce(p.charged, 0), coalesce(p.shortfall, 0))
  FROM claimed c FULL JOIN posted p USING (source)
 WHERE (coalesce(c.charged_minor, 0), coalesce(c.shortfall_minor, 0))
       IS DISTINCT FROM (coalesce(p.charged, 0), coalesce(p.shortfall, 0))
 ORDER BY 1
"""
