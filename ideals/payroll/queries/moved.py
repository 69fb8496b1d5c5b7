"""What the ledger's rows of a month are to payroll: one rule, for the batch, for the page that
explains a line, and for the proof.

A row counts when it went between somebody's account and the employer's `pay_out` or `purchase`, or
when it is leave that was bought or sold. Its *origin* is the act it answers: a reversal has the
origin, and so the tax treatment, of what it reverses.
"""

from __future__ import annotations

TRADED = """
(t.reason IN ('order', 'instalment', 'left_over', 'settlement')
 AND t.code IS DISTINCT FROM 'untold')
"""
"""Leave for which there was money. A leaver's hours that nobody told us of leave without any."""

# Each side by itself, so that of one employee it goes by the index of that side. What comes to the
# employer counts up, but for leave: that counts up when the employee gets it.
_SIDE = """
    SELECT own.employee_id, t.id, t.for_month, t.source, t.reverses_month, t.reverses_id, t.unit,
           coalesce(t.code, t.reason) AS item,
           CASE other.kind WHEN 'leave' THEN 'hours' WHEN 'purchase' THEN 'purchase'
                ELSE CASE own.kind WHEN 'owed' THEN 'deduction' ELSE 'pay' END END AS kind,
           CASE WHEN (other.kind = 'leave') = {to_employee} THEN t.amount_minor
                ELSE -t.amount_minor END AS minor
      FROM ledger_transfer t
      JOIN ledger_account other ON other.id = t.{others} AND other.employee_id IS NULL
       AND other.kind IN ('pay_out', 'purchase', 'leave')
      JOIN ledger_account own ON own.id = t.{owns} AND own.employee_id IS NOT NULL
     WHERE t.month = %(month)s AND t.phase IN ('single', 'post')
       AND (other.kind <> 'leave' OR {traded})
       {only}
"""
# A reversal walks back to the row that reverses nothing, and takes its cause.
_TREATED = """
WITH RECURSIVE moved AS ({to_employer} UNION ALL {from_employer}),
back AS (
    SELECT employee_id, id, for_month, kind, item, unit, minor, source AS origin,
           reverses_month, reverses_id
      FROM moved WHERE reverses_id IS NOT NULL
    UNION ALL
    SELECT b.employee_id, b.id, b.for_month, b.kind, b.item, b.unit, b.minor, t.source,
           t.reverses_month, t.reverses_id
      FROM back b JOIN ledger_transfer t ON t.month = b.reverses_month AND t.id = b.reverses_id
),
traced AS (
    SELECT employee_id, id, for_month, kind, item, unit, minor, source AS origin,
           false AS reverses
      FROM moved WHERE reverses_id IS NULL
    UNION ALL
    SELECT employee_id, id, for_month, kind, item, unit, minor, origin, true
      FROM back WHERE reverses_id IS NULL
)
SELECT m.*, CASE m.kind WHEN 'hours' THEN 'none' WHEN 'deduction' THEN 'taxed'
                        WHEN 'purchase' THEN coalesce(o.tax, 'exempt')
                        ELSE coalesce(o.tax, 'taxed') END AS tax
  FROM traced m
  LEFT JOIN shop_order o
    ON o.id = CASE WHEN m.origin ~ '^(order|commitment):[0-9a-f-]{{36}}(:|$)'
                   THEN split_part(m.origin, ':', 2)::uuid END
"""
_OF_ONE = """
       AND t.{owns} = ANY(ARRAY(SELECT id FROM ledger_account WHERE employee_id = %(employee)s))
"""


def _side(owns: str, others: str, *, only: str) -> str:
    return _SIDE.format(
        owns=owns,
        others=others,
        to_employee=str(owns == "to_account").lower(),
        traded=TRADED,
        only=only.format(owns=owns),
    )


def _treated(only: str = "") -> str:
    return _TREATED.format(
        to_employer=_side("from_account", "to_account", only=only),
        from_employer=_side("to_account", "from_account", only=only),
    )


MOVED = _treated()
"""Of everybody in `%(month)s`: employee_id, id, for_month, kind, item, unit, minor, origin, whether
it `reverses` something, tax."""
MOVED_OF_ONE = _treated(_OF_ONE)
"""The same of `%(employee)s` alone."""
