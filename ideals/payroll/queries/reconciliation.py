"""Whether a batch is what the ledger says: shown by code, and proven line by line."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from ideals.db import driver
from ideals.kernel.month import Month
from ideals.kernel.quantity import Unit
from ideals.ledger.queries import Difference
from ideals.payroll.models import Batch, Item
from ideals.payroll.queries.batches import CodeTotal, items_of, totals_of
from ideals.payroll.queries.claims import BESIDE, CLAIMED
from ideals.payroll.queries.moved import TRADED
from ideals.payroll.states import LineKind, unit_of


@dataclass(frozen=True, slots=True)
class Reconciled:
    """A code of the batch beside what the ledger has now, in cents or minutes.

    `parts`: what went under it. The lines of those whose parts come to nothing are not there.
    """

    code: str
    name: str
    unit: Unit
    mapped: bool
    lines: int
    minor: int
    ledger_minor: int
    parts: tuple[Item, ...]

    @property
    def difference_minor(self) -> int:
        return self.minor - self.ledger_minor


def reconciliation(session: Session, month: Month) -> list[Reconciled]:
    """By code; three statements, however many lines there are.

    What the ledger has and the batch does not know has no code: it is a difference.
    """
    totals = totals_of(session, month)
    behind: dict[tuple[str, Unit], list[Item]] = {}
    codes = {}
    for part in items_of(session, month):
        key = codes[part.kind, part.item] = (part.code, Unit(part.unit))
        behind.setdefault(key, []).append(part)
    ledger: Counter[tuple[str, Unit]] = Counter()
    for kind, item, minor in _ledger_sums(session, month):
        ledger[codes.get((kind, item), ("", unit_of(LineKind(kind))))] += minor
    lines: dict[tuple[str, Unit], list[CodeTotal]] = {}
    for total in totals:
        lines.setdefault((total.code, total.unit), []).append(total)
    return [
        _reconciled(key, lines.get(key, []), ledger[key], behind.get(key, []))
        for key in sorted(behind.keys() | ledger.keys() | lines.keys())
    ]


def _reconciled(
    key: tuple[str, Unit], totals: Sequence[CodeTotal], ledger_minor: int, parts: Sequence[Item]
) -> Reconciled:
    return Reconciled(
        code=key[0],
        name=min((part.name for part in parts), default=""),
        unit=key[1],
        mapped=all(part.mapped for part in parts),
        lines=sum(total.lines for total in totals),
        minor=sum(total.minor for total in totals),
        ledger_minor=ledger_minor,
        parts=tuple(parts),
    )


def _ledger_sums(session: Session, month: Month) -> Sequence[tuple[str, str, int]]:
    """(kind, item, cents or minutes), from the employer's side alone: whoever stands on the other.

    Another way to the same sums than that of the batch, and a shorter one.
    """
    return driver(session).execute(_SUMS, {"month": month.number}, prepare=False).fetchall()


# Debts are few, so that whose side is one is looked up in a small set.
_SIDE = """
    SELECT CASE e.kind WHEN 'leave' THEN 'hours' WHEN 'purchase' THEN 'purchase'
                ELSE CASE WHEN t.{others} IN (SELECT id FROM ledger_account WHERE kind = 'owed')
                          THEN 'deduction' ELSE 'pay' END END AS kind,
           coalesce(t.code, t.reason) AS item,
           CASE WHEN (e.kind = 'leave') = {from_employer} THEN t.amount_minor
                ELSE -t.amount_minor END AS minor
      FROM ledger_transfer t JOIN ledger_account e ON e.id = t.{employers}
     WHERE t.month = %(month)s AND t.phase IN ('single', 'post') AND e.employee_id IS NULL
       AND (e.kind IN ('pay_out', 'purchase') OR (e.kind = 'leave' AND {traded}))
"""
_IN = _SIDE.format(
    employers="to_account", others="from_account", from_employer="false", traded=TRADED
)
_OUT = _SIDE.format(
    employers="from_account", others="to_account", from_employer="true", traded=TRADED
)
_SUMS = f"""
SELECT kind, item, sum(minor)::bigint
  FROM (
    {_IN} UNION ALL {_OUT}
    UNION ALL SELECT kind, item, minor FROM ({BESIDE}) beside
  ) moved
 GROUP BY kind, item
HAVING sum(minor) <> 0
 ORDER BY kind, item
"""  # noqa: S608


def prove_batches(session: Session) -> Iterator[Difference]:
    """Each batch against the ledger, both ways: nothing is missing, and nothing is too much."""
    for month in session.scalars(select(Batch.month).order_by(Batch.month)):
        for check in (_LINES, _ACCOUNTS, _ITEMS, _SEAL):
            rows = driver(session).execute(check, {"month": month.number}, prepare=False)
            for what, expected, found in rows:
                yield Difference(f"payroll {month}, {what}", str(expected), str(found))


# Each line against what its employee's rows come to, found anew by the rule.
_LINES = f"""
WITH claimed AS ({CLAIMED}),
due AS (
    SELECT c.employee_id, coalesce(i.code, 'no code') AS code, c.unit, c.tax,
           sum(c.minor)::bigint AS minor
      FROM claimed c
      LEFT JOIN payroll_item i ON i.month = %(month)s AND i.kind = c.kind AND i.item = c.item
       AND i.tax = c.tax
     GROUP BY 1, 2, 3, 4 HAVING sum(c.minor) <> 0
)
SELECT format('employee %%s, %%s %%s %%s', employee_id, code, unit, tax),
       coalesce(due.minor, 0), coalesce(line.minor, 0)
  FROM due
  FULL JOIN (SELECT employee_id, code, unit, tax, minor FROM payroll_line
              WHERE month = %(month)s) line USING (employee_id, code, unit, tax)
 WHERE due.minor IS DISTINCT FROM line.minor
 ORDER BY 1
"""  # noqa: S608
# What the batch says it holds against the employer's accounts by themselves.
_ACCOUNTS = f"""
SELECT format('%%s of %%s', kind, item), coalesce(s.minor, 0), coalesce(i.minor, 0)
  FROM ({_SUMS}) s (kind, item, minor)
  FULL JOIN (SELECT kind, item, sum(minor)::bigint AS minor FROM payroll_item
              WHERE month = %(month)s GROUP BY kind, item) i USING (kind, item)
 WHERE coalesce(s.minor, 0) <> coalesce(i.minor, 0)
 ORDER BY 1
"""  # noqa: S608
# What the batch says it holds against its lines.
_ITEMS = """
SELECT format('code %%s %%s %%s', code, unit, tax), coalesce(i.minor, 0), coalesce(l.minor, 0)
  FROM (SELECT code, unit, tax, sum(minor)::bigint AS minor FROM payroll_item
         WHERE month = %(month)s GROUP BY code, unit, tax) i
  FULL JOIN (SELECT code, unit, tax, sum(minor)::bigint AS minor FROM payroll_line
              WHERE month = %(month)s GROUP BY code, unit, tax) l USING (code, unit, tax)
 WHERE coalesce(i.minor, 0) <> coalesce(l.minor, 0)
 ORDER BY 1
"""
_SEAL = """
SELECT 'the seal it was made from', m.digest, b.seal
  FROM payroll_batch b JOIN ledger_month m USING (month)
 WHERE b.month = %(month)s AND m.digest IS DISTINCT FROM b.seal
"""
