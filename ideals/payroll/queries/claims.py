"""Everything that belongs into a batch: what moved in the ledger, and what payroll has to know
beside it."""

from __future__ import annotations

from ideals.payroll.queries.moved import MOVED

BESIDE = """
SELECT employee_id, 'bonus' AS kind, 'performance' AS item, 'taxed' AS tax, 'EUR' AS unit,
       amount_minor AS minor
  FROM payroll_bonus
 WHERE month = %(month)s AND superseded_at IS NULL AND amount_minor > 0
"""
"""What no account holds: employee_id, kind, item, tax, unit, minor."""
CLAIMED = f"""
SELECT employee_id, kind, item, tax, unit, sum(minor)::bigint AS minor
  FROM (
    SELECT employee_id, kind, item, tax, unit, minor FROM ({MOVED}) moved
    UNION ALL {BESIDE}
  ) claimed
 GROUP BY employee_id, kind, item, tax, unit
"""  # noqa: S608
"""Of a month: employee_id, kind, item, tax, unit, minor; one row for each."""
