"""Everything that belongs into a batch: what moved in the ledger, and what payroll has to know
beside it."""

from __future__ import annotations

from ideals.payroll.queries.moved import MOVED

CLAIMED = f"""
SELECT employee_id, kind, item, tax, unit, sum(minor)::bigint AS minor
  FROM (
    SELECT employee_id, kind, item, tax, unit, minor FROM ({MOVED}) moved
    UNION ALL
    SELECT employee_id, 'bonus', 'performance', 'taxed', 'EUR', amount_minor
      FROM payroll_bonus
     WHERE month = %(month)s AND superseded_at IS NULL AND amount_minor > 0
  ) claimed
 GROUP BY employee_id, kind, item, tax, unit
"""  # noqa: S608
"""Of a month: employee_id, kind, item, tax, unit, minor; one row for each."""
