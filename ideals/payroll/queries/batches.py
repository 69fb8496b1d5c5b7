"""Batches and their lines, as they are stored."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from ideals.db import driver
from ideals.kernel.actor import Actor
from ideals.kernel.month import Month
from ideals.kernel.quantity import Unit
from ideals.ledger.models import LedgerMonth
from ideals.ledger.queries import month_state
from ideals.ledger.states import MonthState
from ideals.payroll import policy
from ideals.payroll.errors import BatchUnknown, LineUnknown
from ideals.payroll.models import Batch, Item, Line, Refusal
from ideals.payroll.rules.written import Exported
from ideals.payroll.states import LineKind, RefusalState, Tax
from ideals.people.models import Employee
from ideals.people.rules import sort_key

_AT_ONCE = 5000


def batch_of(session: Session, month: Month) -> Batch | None:
    return session.get(Batch, month)


def batches() -> Select[Batch]:
    """For a list by month."""
    return select(Batch)


@dataclass(frozen=True, slots=True)
class MonthLine:
    """A month as payroll sees it. `batch` is `None` until it is sealed and its batch made; `sums`:
    what the batch has of each kind, in cents or minutes; `refusals`: how many wait for HR."""

    month: Month
    state: MonthState
    batch: Batch | None
    sums: Mapping[LineKind, int]
    refusals: int


def months() -> Select[*tuple[Any, ...]]:
    """Every month up to the earliest that is open, for `paginate` by month."""
    first_open = (
        select(func.min(LedgerMonth.month))
        .where(LedgerMonth.state != MonthState.SEALED)
        .scalar_subquery()
    )
    return (
        select(LedgerMonth.month, LedgerMonth.state, Batch)
        .outerjoin(Batch, Batch.month == LedgerMonth.month)
        .where((LedgerMonth.month <= first_open) | (LedgerMonth.state == MonthState.SEALED))
    )


def month_lines(session: Session, rows: Sequence[Any]) -> list[MonthLine]:
    """One page of `months`, with what each has; two statements."""
    asked = [row.month for row in rows]
    sums: dict[Month, dict[LineKind, int]] = {}
    found = session.execute(
        select(Item.month, Item.kind, func.sum(Item.minor))
        .where(Item.month.in_(asked))
        .group_by(Item.month, Item.kind)
    )
    for month, kind, minor in found:
        sums.setdefault(month, {})[LineKind(kind)] = int(minor)
    waiting = dict(
        session.execute(
            select(Refusal.month, func.count())
            .where(Refusal.month.in_(asked), Refusal.state == RefusalState.OPEN)
            .group_by(Refusal.month)
        ).all()
    )
    return [
        MonthLine(
            row.month,
            MonthState(row.state),
            row.Batch,
            sums.get(row.month, {}),
            waiting.get(row.month, 0),
        )
        for row in rows
    ]


def access_batch(session: Session, month: Month, *, actor: Actor) -> Batch:
    """Raises `BatchUnknown`, which says what is waited for."""
    batch = batch_of(session, month) if policy.may_see_batches(actor) else None
    if batch is not None:
        return batch
    if month_state(session, month) is MonthState.SEALED:
        raise BatchUnknown(
            f"{month} is sealed, and its batch is being made; ask again in a minute",
            month=str(month),
        )
    raise BatchUnknown(
        f"{month} has no batch: a batch is made when the month is sealed", month=str(month)
    )


def months_without_batch(session: Session) -> list[Month]:
    """Sealed, and not handed to payroll yet."""
    without = select(Batch.month).where(Batch.month == LedgerMonth.month).exists()
    return list(
        session.scalars(
            select(LedgerMonth.month)
            .where(LedgerMonth.state == MonthState.SEALED, ~without)
            .order_by(LedgerMonth.month)
        )
    )


def exported(session: Session, month: Month) -> Iterator[Exported]:
    """Every line of the batch in its order, without holding them all."""
    with driver(session).cursor(name="payroll_exported") as cursor:
        cursor.itersize = _AT_ONCE
        cursor.execute(_EXPORTED, {"month": month.number})
        for line, number, code, name, unit, minor, tax in cursor:
            yield Exported(month, line, number, code, name, Unit(unit), minor, Tax(tax))


# A code has one name in a batch: that of the first thing under it.
_EXPORTED = """
SELECT l.line, e.number, l.code, n.name, l.unit, l.minor, l.tax
  FROM payroll_line l
  JOIN people_employee e ON e.id = l.employee_id
  JOIN (SELECT code, min(name COLLATE "C") AS name FROM payroll_item
         WHERE month = %(month)s GROUP BY code) n ON n.code = l.code
 WHERE l.month = %(month)s
 ORDER BY l.line
"""


@dataclass(frozen=True, slots=True)
class CodeTotal:
    """What a batch has under one code, unit and treatment."""

    code: str
    name: str
    unit: Unit
    tax: Tax
    lines: int
    minor: int
    mapped: bool


def totals_of(session: Session, month: Month) -> list[CodeTotal]:
    """From the lines themselves, by code."""
    rows = driver(session).execute(_TOTALS, {"month": month.number}, prepare=False)
    return [
        CodeTotal(code, name, Unit(unit), Tax(tax), lines, minor, mapped)
        for code, name, unit, tax, lines, minor, mapped in rows
    ]


_TOTALS = """
SELECT l.code, n.name, l.unit, l.tax, l.lines, l.minor, n.mapped
  FROM (SELECT code, unit, tax, count(*)::int AS lines, sum(minor)::bigint AS minor
          FROM payroll_line WHERE month = %(month)s GROUP BY code, unit, tax) l
  JOIN (SELECT code, min(name COLLATE "C") AS name, bool_and(mapped) AS mapped
          FROM payroll_item WHERE month = %(month)s GROUP BY code) n ON n.code = l.code
 ORDER BY l.code COLLATE "C", l.unit, l.tax
"""


def items_of(session: Session, month: Month) -> Sequence[Item]:
    """What stands behind the codes of the batch."""
    return session.scalars(
        select(Item).where(Item.month == month).order_by(Item.code, Item.kind, Item.item, Item.tax)
    ).all()


# Lines


@dataclass(frozen=True, slots=True)
class Asked:
    """What is looked for among the lines of a month. `sort`: `line`, `name`, `amount`; a `-`
    before it turns it round."""

    search: str = ""
    code: str = ""
    sort: str = "line"


@dataclass(frozen=True, slots=True)
class Listing:
    """What `paginate` and a download need: the rows, and the columns that order them."""

    statement: Select[*tuple[Any, ...]]
    keys: tuple[Any, ...]
    descending: bool


def lines_listing(month: Month, asked: Asked) -> Listing:
    statement: Select[*tuple[Any, ...]] = (
        select(
            Line.line,
            Line.month,
            Line.code,
            Line.unit,
            Line.tax,
            Line.minor,
            Employee.number,
            Employee.name,
            Employee.sort_name,
        )
        .join(Employee, Employee.id == Line.employee_id)
        .where(Line.month == month)
    )
    if asked.code:
        statement = statement.where(Line.code == asked.code)
    if wanted := asked.search.strip():
        statement = statement.where(
            Employee.sort_name.contains(sort_key(wanted), autoescape=True)
            | Employee.number.startswith(wanted, autoescape=True)
        )
    keys: dict[str, tuple[Any, ...]] = {
        "line": (Line.line,),
        "name": (Employee.sort_name, Line.line),
        "amount": (Line.minor, Line.line),
    }
    key = asked.sort.removeprefix("-")
    return Listing(statement, keys.get(key, keys["line"]), asked.sort.startswith("-"))


def line_of(session: Session, month: Month, line: int) -> Line:
    """Raises `LineUnknown`."""
    found = session.get(Line, (month, line))
    if found is None:
        raise LineUnknown(f"The batch of {month} has no line {line}", line=line)
    return found
