"""Whether a batch is what the ledger says: shown by code, and proven line by line."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from ideals.db import driver
from ideals.kernel.month import Month
from ideals.kernel.quantity import Unit
from ideals.ledger.queries import Difference
from ideals.payroll.models import Batch
from ideals.payroll.queries import CodeTotal, items_of, totals_of
from ideals.payroll.queries.claims import BESIDE, CLAIMED
from ideals.payroll.queries.moved import MOVED
from ideals.payroll.states import LineKind, Tax, unit_of


@dataclass(frozen=True, slots=True)
class Part:
    """What stands behind a code, as the ledger has it now, in cents or minutes.

    `count`: transfers, or entries of what no account holds. Of the whole, `reversed_minor` was
    taken back, and `earlier_minor` belongs to an earlier month.
    """

    kind: LineKind
    item: str
    tax: Tax
    people: int
    count: int
    minor: int
    reversed_minor: int
    earlier_minor: int


@dataclass(frozen=True, slots=True)
class Reconciled:
    """A total of the batch beside what it must be."""

    total: CodeTotal
    parts: tuple[Part, ...]

    @property
    def ledger_minor(self) -> int:
        return sum(part.minor for part in self.parts)

    @property
    def difference_minor(self) -> int:
        return self.total.minor - self.ledger_minor


def reconciliation(session: Session, month: Month) -> list[Reconciled]:
    """By code; three statements, however many lines there are.

    What comes to nothing for everybody has a code and no line. What the batch does not know would
    have no code: it is a difference.
    """
    items = {(item.kind, item.item, item.tax): item for item in items_of(session, month)}
    names = {item.code: (item.name, item.mapped) for item in items.values()}
    found = {(total.code, total.unit, total.tax): total for total in totals_of(session, month)}
    behind: dict[tuple[str, Unit, Tax], list[Part]] = {key: [] for key in found}
    for part in _parts(session, month):
        item = items.get((part.kind, part.item, part.tax))
        key = (item.code if item else "", unit_of(part.kind), part.tax)
        behind.setdefault(key, []).append(part)
    return [
        Reconciled(found.get(key) or _nothing(key, names), tuple(parts))
        for key, parts in sorted(behind.items(), key=lambda each: each[0])
    ]


def _nothing(key: tuple[str, Unit, Tax], names: Mapping[str, tuple[str, bool]]) -> CodeTotal:
    code, unit, tax = key
    name, mapped = names.get(code, ("", False))
    return CodeTotal(code, name, unit, tax, lines=0, minor=0, mapped=mapped)


def _parts(session: Session, month: Month) -> list[Part]:
    rows = driver(session).execute(_PARTS, {"month": month.number}, prepare=False)
    return [Part(LineKind(kind), item, Tax(tax), *counts) for kind, item, tax, *counts in rows]


_PARTS = f"""
SELECT kind, item, tax, count(DISTINCT employee_id), count(*), sum(minor)::bigint,
       coalesce(sum(minor) FILTER (WHERE reverses_id IS NOT NULL), 0)::bigint,
       coalesce(sum(minor) FILTER (WHERE for_month <> %(month)s), 0)::bigint
  FROM (
    SELECT employee_id, kind, item, tax, minor, reverses_id, for_month FROM ({MOVED}) moved
    UNION ALL
    SELECT employee_id, kind, item, tax, minor, NULL, %(month)s FROM ({BESIDE}) beside
  ) counted
 GROUP BY kind, item, tax
 ORDER BY kind, item, tax
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
# The employer's accounts by themselves, whoever stands on the other side.
_ACCOUNTS = """
WITH moved AS (
    SELECT a.kind, t.amount_minor AS minor
      FROM ledger_transfer t JOIN ledger_account a ON a.id = t.to_account
     WHERE t.month = %(month)s AND t.phase IN ('single', 'post') AND a.employee_id IS NULL
       AND a.kind IN ('pay_out', 'purchase')
    UNION ALL
    SELECT a.kind, -t.amount_minor
      FROM ledger_transfer t JOIN ledger_account a ON a.id = t.from_account
     WHERE t.month = %(month)s AND t.phase IN ('single', 'post') AND a.employee_id IS NULL
       AND a.kind IN ('pay_out', 'purchase')
), sums AS (
    SELECT kind, sum(minor)::bigint AS minor FROM moved GROUP BY kind
), items AS (
    SELECT CASE kind WHEN 'purchase' THEN 'purchase' ELSE 'pay_out' END AS kind,
           sum(minor)::bigint AS minor
      FROM payroll_item WHERE month = %(month)s AND kind IN ('pay', 'deduction', 'purchase')
     GROUP BY 1
)
SELECT format('the employer''s account %%s', kind), coalesce(s.minor, 0), coalesce(i.minor, 0)
  FROM sums s FULL JOIN items i USING (kind)
 WHERE coalesce(s.minor, 0) <> coalesce(i.minor, 0)
 ORDER BY 1
"""
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
