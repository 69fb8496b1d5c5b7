"""The months as HR looks at them: how far each is, for every scheme that people have in it."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import Select, func, select, text
from sqlalchemy.orm import Session

from ideals.budgets.models import Run, Skip
from ideals.budgets.queries.runs import BATCH, Skipped
from ideals.budgets.queries.runs import skipped as skipped_line
from ideals.budgets.queries.statement import Book, book
from ideals.budgets.states import RunKind, RunState
from ideals.kernel.month import Month
from ideals.ledger.models import LedgerMonth
from ideals.ledger.states import MonthState
from ideals.people.models import Employee
from ideals.schemes.rules import Scheme
from ideals.shop.models import Order
from ideals.shop.rules.closing import closes_after
from ideals.shop.states import STANDING, OrderState


@dataclass(frozen=True, slots=True)
class MonthsAsked:
    """What HR asks of the list of months; `None` asks nothing."""

    state: MonthState | None = None
    year: int | None = None


def months_wanted(asked: MonthsAsked) -> Select[LedgerMonth]:
    """For `paginate` by month."""
    wanted = select(LedgerMonth)
    if asked.state is not None:
        wanted = wanted.where(LedgerMonth.state == asked.state)
    if asked.year is not None:
        first, last = Month(asked.year, 1), Month(asked.year, 12)
        wanted = wanted.where(LedgerMonth.month.between(first, last))
    return wanted


def years(session: Session) -> list[int]:
    """That have a month, the latest first."""
    first, last = session.execute(
        select(func.min(LedgerMonth.month), func.max(LedgerMonth.month))
    ).one()
    return [] if first is None else list(range(last.year, first.year - 1, -1))


def next_to_close(session: Session) -> Month | None:
    """The earliest month that is not sealed: months are closed in their order."""
    return session.scalar(
        select(func.min(LedgerMonth.month)).where(LedgerMonth.state != MonthState.SEALED)
    )


@dataclass(frozen=True, slots=True)
class RunLine:
    """The last run of a kind, looks apart."""

    id: int
    round: int
    state: RunState


@dataclass(frozen=True, slots=True)
class SchemeMonth:
    """A scheme in a month. `closes_after`: the last day on which anything can be ordered."""

    scheme: Scheme
    closes_after: date
    allocation: RunLine | None
    close: RunLine | None


@dataclass(frozen=True, slots=True)
class MonthLine:
    """`undecided`: how many have not chosen yet, in an open month with budgets; else `None`."""

    month: Month
    state: MonthState
    sealed_at: datetime | None
    digest: str | None
    schemes: Sequence[SchemeMonth]
    held: int
    posted: int
    undecided: int | None


def month_lines(session: Session, months: Sequence[LedgerMonth]) -> list[MonthLine]:
    """Six statements, however many months, schemes, people and orders there are."""
    asked = [each.month for each in months]
    unsealed = [each.month for each in months if each.state != MonthState.SEALED]
    runs = _runs(session, asked)
    used = _used_from(session, min(unsealed)) if unsealed else frozenset()
    versions = book(session, sorted(used | {code for code, _, _ in runs}))
    orders = _orders(session, asked)
    begun = {month for _, month, kind in runs if kind is RunKind.ALLOCATION}
    is_open = [each.month for each in months if each.state == MonthState.OPEN]
    choosing = [month for month in is_open if month in begun]
    waiting = undecided(session, choosing) if choosing else {}
    return [
        MonthLine(
            month=each.month,
            state=MonthState(each.state),
            sealed_at=each.sealed_at,
            digest=each.digest,
            schemes=_schemes(each.month, used if each.month in unsealed else (), runs, versions),
            held=orders.get((each.month, OrderState.HELD), 0),
            posted=orders.get((each.month, OrderState.POSTED), 0),
            undecided=waiting.get(each.month, 0) if each.month in choosing else None,
        )
        for each in months
    ]


def _schemes(
    month: Month,
    used: Collection[str],
    runs: Mapping[tuple[str, Month, RunKind], RunLine],
    versions: Book,
) -> list[SchemeMonth]:
    codes = {code for code, of, _ in runs if of == month} | set(used)
    found = []
    for code in sorted(codes):
        scheme = versions.at(code, month)
        if scheme is not None and month >= scheme.first_month:
            allocation = runs.get((code, month, RunKind.ALLOCATION))
            close = runs.get((code, month, RunKind.CLOSE))
            found.append(SchemeMonth(scheme, closes_after(scheme, month), allocation, close))
    return found


def _runs(session: Session, months: Collection[Month]) -> dict[tuple[str, Month, RunKind], RunLine]:
    rows = session.execute(
        select(Run.scheme, Run.month, Run.kind, Run.id, Run.round, Run.state)
        .where(Run.month.in_(months), ~Run.look)
        .order_by(Run.id)
    )
    return {
        (row.scheme, row.month, RunKind(row.kind)): RunLine(row.id, row.round, RunState(row.state))
        for row in rows
    }


def _used_from(session: Session, month: Month) -> frozenset[str]:
    """The schemes that somebody employed in this month or later has."""
    rows = session.scalars(
        text(
            "SELECT DISTINCT scheme FROM people_employment"
            " WHERE superseded_at IS NULL AND (leaves_on IS NULL OR leaves_on >= :first)"
        ),
        {"first": month.first},
    )
    return frozenset(rows)


def _orders(session: Session, months: Collection[Month]) -> dict[tuple[Month, str], int]:
    rows = session.execute(
        select(Order.month, Order.state, func.count())
        .where(Order.month.in_(months), Order.state.in_(STANDING))
        .group_by(Order.month, Order.state)
    )
    return {(month, state): count for month, state, count in rows}


def undecided(session: Session, months: Collection[Month]) -> dict[Month, int]:
    """How many of those employed in a month have no order for it, made or waiting, and no standing
    choice. Months without any are left out. Who they are: `reminders.undecided`. Each month by
    itself, so that the tables are joined as wholes."""
    rows = session.execute(
        text(
            """
            SELECT m.month, c.people
              FROM unnest(CAST(:months AS int[]), CAST(:firsts AS date[]), CAST(:lasts AS date[]))
                   AS m (month, first, last)
             CROSS JOIN LATERAL (
                   SELECT count(*) AS people
                     FROM (SELECT DISTINCT e.employee_id
                             FROM people_employment e
                            WHERE e.superseded_at IS NULL AND e.valid_from <= m.last
                              AND e.hired_on <= m.last
                              AND (e.leaves_on IS NULL OR e.leaves_on >= m.first)
                              AND NOT EXISTS (
                                  SELECT FROM people_employment later
                                   WHERE later.employee_id = e.employee_id
                                     AND later.superseded_at IS NULL
                                     AND later.valid_from > e.valid_from
                                     AND later.valid_from <= m.first)
                              AND NOT EXISTS (
                                  SELECT FROM shop_order o
                                   WHERE o.month = m.month AND o.state IN ('held', 'posted')
                                     AND o.employee_id = e.employee_id)
                              AND NOT EXISTS (
                                  SELECT FROM shop_choice c
                                   WHERE c.employee_id = e.employee_id AND c.state = 'active'
                                     AND c.from_month <= m.month
                                     AND (c.until_month IS NULL OR c.until_month >= m.month))
                          ) AS those) AS c
             WHERE c.people > 0
            """
        ),
        {
            "months": [month.number for month in months],
            "firsts": [month.first for month in months],
            "lasts": [month.last for month in months],
        },
    )
    return {Month.from_number(month): count for month, count in rows}


# After the close


def skipped(session: Session, run_ids: Collection[int]) -> Iterator[Skipped]:
    """Everybody whom these runs skipped, by number, without holding them all."""
    rows = session.execute(
        select(Employee.number, Employee.name, Skip.code, Skip.reason)
        .join(Skip, Skip.employee_id == Employee.id)
        .where(Skip.run_id.in_(run_ids))
        .order_by(Employee.number),
        execution_options={"yield_per": BATCH},
    )
    return map(skipped_line, rows)


def count_skipped(session: Session, month: Month) -> int:
    """Whom the close of a month left as they were."""
    query = (
        select(func.count())
        .select_from(Skip)
        .join(Run, Run.id == Skip.run_id)
        .where(Run.kind == RunKind.CLOSE, Run.month == month)
    )
    return session.scalar(query) or 0


def released(session: Session, month: Month) -> int:
    """Orders of the month that nobody decided in time."""
    query = select(func.count()).where(Order.month == month, Order.state == OrderState.RELEASED)
    return session.scalar(query) or 0
