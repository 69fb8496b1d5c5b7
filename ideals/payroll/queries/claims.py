"""Everything that belongs into a batch: what moved in the ledger, and what payroll has to know
beside it."""

from __future__ import annotations

from typing import NamedTuple
from uuid import UUID

from sqlalchemy.orm import Session

from ideals.db import driver
from ideals.kernel.month import Month
from ideals.payroll.queries.moved import MOVED, MOVED_OF_ONE
from ideals.payroll.states import LineKind, Tax

# An addition counts for as long as something is paid for, month by month; one that was taken back
# counts down in the month in which it was.
BESIDE = """
SELECT employee_id, 'bonus' AS kind, 'performance' AS item, 'taxed' AS tax, 'EUR' AS unit,
       amount_minor AS minor, 'bonus:' || id AS origin
  FROM payroll_bonus
 WHERE month = %(month)s AND superseded_at IS NULL AND amount_minor > 0
UNION ALL
SELECT employee_id, 'bonus', 'target', 'taxed', 'EUR', amount_minor, 'deal_bonus:' || id
  FROM deals_bonus
 WHERE paid_in = %(month)s AND paid_as = 'payroll'
UNION ALL
SELECT c.employee_id, 'addition', c.product, 'addition', 'EUR', h.addition_minor,
       'commitment:' || c.id
  FROM shop_charge h JOIN shop_commitment c ON c.id = h.commitment_id
 WHERE h.month = %(month)s AND h.addition_minor > 0
UNION ALL
SELECT c.employee_id, 'addition', c.product, 'addition', 'EUR', -h.addition_minor,
       'commitment:' || c.id
  FROM shop_charge h JOIN shop_commitment c ON c.id = h.commitment_id
 WHERE h.reversed_in = %(month)s AND h.addition_minor > 0
"""
"""What no account holds: employee_id, kind, item, tax, unit, minor, origin."""
CLAIMED = f"""
SELECT employee_id, kind, item, tax, unit, count(*) AS count, sum(minor)::bigint AS minor,
       coalesce(sum(minor) FILTER (WHERE reverses), 0)::bigint AS reversed_minor,
       coalesce(sum(minor) FILTER (WHERE earlier), 0)::bigint AS earlier_minor
  FROM (
    SELECT employee_id, kind, item, tax, unit, minor, reverses, for_month < %(month)s AS earlier
      FROM ({MOVED}) moved
    UNION ALL
    SELECT employee_id, kind, item, tax, unit, minor, minor < 0, minor < 0 FROM ({BESIDE}) beside
  ) claimed
 GROUP BY employee_id, kind, item, tax, unit
"""  # noqa: S608
"""Of a month, one row for each employee_id, kind, item, tax, unit: count, minor, and what of that
was taken back, and belongs to earlier months."""


class Claimed(NamedTuple):
    """What a line consists of: a transfer, or, with no id, what no account holds."""

    id: UUID | None
    kind: LineKind
    item: str
    tax: Tax
    minor: int
    origin: str


def claimed_of(session: Session, month: Month, employee_id: int) -> list[Claimed]:
    """Everything behind one employee's lines of a month. One statement."""
    rows = driver(session).execute(
        _OF_ONE, {"month": month.number, "employee": employee_id}, prepare=False
    )
    return [
        Claimed(id_, LineKind(kind), item, Tax(tax), minor, origin)
        for id_, kind, item, tax, minor, origin in rows
    ]


_OF_ONE = f"""
SELECT id, kind, item, tax, minor, origin FROM ({MOVED_OF_ONE}) moved
UNION ALL
SELECT NULL, kind, item, tax, minor, origin FROM ({BESIDE}) beside
 WHERE employee_id = %(employee)s
 ORDER BY origin, id
"""  # noqa: S608
