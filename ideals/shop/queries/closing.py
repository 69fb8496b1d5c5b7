"""The close of a month: who belongs to it, what stands in its way, how far it is; and its proof."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import func, or_, select, text
from sqlalchemy.orm import Session

from ideals.budgets import queries as budgets
from ideals.budgets.models import Run
from ideals.budgets.queries import ALLOCATIONS, RunView, run_views
from ideals.budgets.states import UNFINISHED, RunKind, RunState
from ideals.db import array, driver
from ideals.kernel.month import Month
from ideals.ledger.models import LedgerMonth
from ideals.ledger.queries import Difference
from ideals.ledger.states import MonthState
from ideals.schemes import queries as schemes
from ideals.shop.errors import MonthUnknown
from ideals.shop.models import Death, Order
from ideals.shop.rules.closing import closes_after
from ideals.shop.states import OrderState

# Who --------------------------------------------------------------------------------------------

# Everybody belongs to the scheme of their last day in the month. Who left before is looked at again
# while anything is left in an account: a correction came later.
CLOSED_WITH = """
WITH latest AS (
    SELECT DISTINCT ON (employee_id) employee_id, scheme, hired_on, leaves_on
      FROM people_employment
     WHERE superseded_at IS NULL AND valid_from <= %(last)s
     ORDER BY employee_id, valid_from DESC
)
SELECT {wanted} FROM latest
 WHERE hired_on <= %(last)s
   AND (leaves_on IS NULL OR leaves_on >= %(first)s
        OR EXISTS (SELECT FROM ledger_account a
                    WHERE a.employee_id = latest.employee_id
                      AND (a.posted_minor <> 0 OR a.held_minor <> 0)))
"""
_SCHEMES = CLOSED_WITH.format(wanted="DISTINCT scheme")
_PEOPLE = CLOSED_WITH.format(wanted="employee_id") + " AND scheme = %(scheme)s ORDER BY 1"


def closing_schemes(session: Session, month: Month) -> list[str]:
    """The published schemes that somebody is closed with in the month."""
    values = {"first": month.first, "last": month.last}
    codes = [code for (code,) in driver(session).execute(_SCHEMES, values, prepare=False)]
    return [code for code in sorted(codes) if schemes.scheme_for(session, code, month)]


def population(session: Session, run: Run) -> list[int]:
    values = {"first": run.month.first, "last": run.month.last, "scheme": run.scheme}
    return [employee for (employee,) in driver(session).execute(_PEOPLE, values, prepare=False)]


def leavers(session: Session, employee_ids: Collection[int], month: Month) -> dict[int, date]:
    """Who of these has their last day in the month or before it, and when."""
    rows = driver(session).execute(
        """
        SELECT DISTINCT ON (employee_id) employee_id, leaves_on FROM people_employment
         WHERE employee_id = ANY(%s) AND superseded_at IS NULL AND valid_from <= %s
         ORDER BY employee_id, valid_from DESC
        """,
        (array(employee_ids), month.last),
        prepare=False,
    )
    return {employee: day for employee, day in rows if day is not None and day <= month.last}


def leavers_changed(session: Session, scheme: str, month: Month) -> bool:
    """Whether anything was learned of a leaver that no allocation has looked at yet."""
    values = {"last": month.last, "scheme": scheme, "month": month.number}
    row = driver(session).execute(_LEAVERS_CHANGED, values, prepare=False).fetchone()
    return bool(row and row[0])


_LEAVERS_CHANGED = """
SELECT EXISTS (
    SELECT FROM people_fact_change c
     WHERE c.first_month <= %(month)s
       AND c.id > coalesce((SELECT max(settled_through) FROM budgets_run
                             WHERE scheme = %(scheme)s), 0)
       AND NOT EXISTS (SELECT FROM budgets_settled_change s
                        WHERE s.change_id = c.id AND s.scheme = %(scheme)s)
       AND EXISTS (SELECT FROM people_employment e
                    WHERE e.employee_id = c.employee_id AND e.scheme = %(scheme)s
                      AND e.superseded_at IS NULL AND e.leaves_on <= %(last)s)
)
"""


def dead(session: Session, employee_ids: Collection[int]) -> set[int]:
    asked = Death.employee_id == func.any(list(employee_ids))
    return set(session.scalars(select(Death.employee_id).where(asked)))


class Pending(NamedTuple):
    order_id: UUID
    employee_id: int
    waits_for: Sequence[str]


def pending(
    session: Session, employee_ids: Collection[int], leaving: Collection[int], month: Month
) -> list[Pending]:
    """Orders of the month that nobody decided; of leavers whatever month they are for."""
    rows = session.execute(
        select(Order.id, Order.employee_id, Order.waits_for)
        .where(
            Order.state == OrderState.HELD,
            Order.employee_id == func.any(list(employee_ids)),
            or_(Order.month <= month, Order.employee_id == func.any(list(leaving))),
        )
        .order_by(Order.id)
    )
    return [Pending(*row) for row in rows]


def left_pending(session: Session, month: Month) -> list[UUID]:
    """What is still held for the month, of whomever: the last look before it is sealed."""
    held = select(Order.id).where(Order.state == OrderState.HELD, Order.month <= month)
    return list(session.scalars(held.order_by(Order.id)))


class Paid(NamedTuple):
    """What leave cost that came by one act."""

    employee_id: int
    source: str


def paid_for(session: Session, asked: Collection[Paid]) -> dict[Paid, int]:
    """Cents by employee and source: of orders their price, of closes what was saved as leave."""
    rows = session.execute(
        text(_PAID),
        {
            "employees": [each.employee_id for each in asked],
            "sources": [each.source for each in asked],
        },
    )
    return {Paid(employee, source): minor for employee, source, minor in rows}


_PAID = """
SELECT asked.employee, asked.source, sum(t.amount_minor)::bigint
  FROM unnest(CAST(:employees AS bigint[]), CAST(:sources AS text[])) AS asked (employee, source)
  JOIN ledger_account a ON a.employee_id = asked.employee AND a.unit = 'EUR'
  JOIN ledger_transfer t ON t.from_account = a.id AND t.source = asked.source
  JOIN ledger_account b ON b.id = t.to_account AND b.kind = 'purchase'
 WHERE t.phase IN ('single', 'post')
 GROUP BY 1, 2
"""


# Whether it may be closed -----------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Obstacle:
    """Why a month cannot be closed yet. `code` is stable, `data` says what about."""

    code: str
    message: str
    data: Mapping[str, str]


def obstacles(
    session: Session, month: Month, today: date, codes: Collection[str]
) -> list[Obstacle]:
    """In the order in which they are to be cleared; the deadlines of these schemes come last."""
    return [
        *_earlier(session, month),
        *_unfinished(session, month),
        *_not_allocated(session, month),
        *_deadlines(session, month, today, codes),
    ]


def _earlier(session: Session, month: Month) -> Iterable[Obstacle]:
    earliest = session.scalar(
        select(func.min(LedgerMonth.month)).where(
            LedgerMonth.month < month, LedgerMonth.state != MonthState.SEALED
        )
    )
    if earliest is not None:
        yield Obstacle(
            "earlier_month", f"{earliest} is not closed yet: close it first.",
            {"earliest": str(earliest)},
        )  # fmt: skip


def _unfinished(session: Session, month: Month) -> Iterable[Obstacle]:
    """A run that posts into the month: what it brings has to be there before the month closes."""
    runs = session.scalars(
        select(Run)
        .where(
            Run.month <= month,
            ~Run.look,
            Run.kind != RunKind.CLOSE,
            Run.state.in_(UNFINISHED),
        )
        .order_by(Run.month, Run.id)
    )
    for run in runs:
        yield Obstacle(
            "run_unfinished", f"{run.source} is still at work: wait for its end.",
            {"scheme": run.scheme, "run": run.source},
        )  # fmt: skip


def _not_allocated(session: Session, month: Month) -> Iterable[Obstacle]:
    """What a scheme owed in months before its first run, it never owed."""
    first = dict(
        session.execute(
            select(Run.scheme, func.min(Run.month))
            .where(*ALLOCATIONS, Run.state == RunState.DONE)
            .group_by(Run.scheme)
        ).all()
    )
    for code in budgets.schemes_in_use(session, month):
        since = first.get(code)
        before = since is not None and month < since
        if not before and month not in budgets.months_run(session, code):
            yield Obstacle(
                "not_allocated", f"{month} is not allocated for {code}: start its run first.",
                {"scheme": code},
            )  # fmt: skip


def _deadlines(
    session: Session, month: Month, today: date, codes: Collection[str]
) -> Iterable[Obstacle]:
    for code in codes:
        scheme = schemes.scheme_for(session, code, month)
        last = None if scheme is None else closes_after(scheme, month)
        if last is not None and today <= last:
            yield Obstacle(
                "deadline", f"{month} takes orders of {code} through {last}.",
                {"scheme": code, "last_day": last.isoformat()},
            )  # fmt: skip


# How far it is ----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class SchemeMonth:
    """One scheme in a month. `takes_orders_through`: the last day of any of its products."""

    scheme: str
    takes_orders_through: date | None
    allocated: bool
    pending: int
    close: RunView | None


@dataclass(frozen=True, slots=True)
class MonthView:
    """`digest`, `rows` and `sealed_at` once it is sealed."""

    month: Month
    state: MonthState
    schemes: list[SchemeMonth]
    obstacles: list[Obstacle]
    digest: str | None
    rows: int | None
    sealed_at: datetime | None


def month_view(session: Session, month: Month, today: date) -> MonthView:
    """Raises `MonthUnknown`."""
    found = session.get(LedgerMonth, month, populate_existing=True)
    if found is None:
        raise MonthUnknown(f"{month} is not opened in the ledger.", month=str(month))
    state = MonthState(found.state)
    closes = _closes(session, month)
    closing = closing_schemes(session, month)
    codes = sorted({*closing, *closes})
    held = _held_by_scheme(session, month)
    return MonthView(
        month,
        state,
        [_scheme_month(session, code, month, held, closes.get(code)) for code in codes],
        obstacles(session, month, today, closing) if state is MonthState.OPEN else [],
        found.digest,
        found.row_count,
        found.sealed_at,
    )


def _scheme_month(
    session: Session, code: str, month: Month, held: Mapping[str, int], close: RunView | None
) -> SchemeMonth:
    scheme = schemes.scheme_for(session, code, month)
    return SchemeMonth(
        code,
        None if scheme is None else closes_after(scheme, month),
        month in budgets.months_run(session, code),
        held.get(code, 0),
        close,
    )


def _closes(session: Session, month: Month) -> dict[str, RunView]:
    """The last close run of each scheme."""
    runs = close_runs(session, month)
    latest = {run.scheme: run for run in runs}
    return {view.scheme: view for view in run_views(session, list(latest.values()))}


def close_runs(session: Session, month: Month) -> Sequence[Run]:
    return session.scalars(
        select(Run)
        .where(Run.kind == RunKind.CLOSE, Run.month == month)
        .order_by(Run.id)
        .execution_options(populate_existing=True)
    ).all()


def _held_by_scheme(session: Session, month: Month) -> dict[str, int]:
    rows = session.execute(
        select(Order.scheme, func.count())
        .where(Order.state == OrderState.HELD, Order.month <= month)
        .group_by(Order.scheme)
    )
    return dict(rows.all())


def closing_months(session: Session) -> list[Month]:
    return list(
        session.scalars(
            select(LedgerMonth.month)
            .where(LedgerMonth.state == MonthState.CLOSING)
            .order_by(LedgerMonth.month)
        )
    )


def lock_month_row(session: Session, month: Month) -> MonthState | None:
    """Of two who would seal, one looks after the other."""
    row = session.get(LedgerMonth, month, populate_existing=True, with_for_update=True)
    return None if row is None else MonthState(row.state)


# The proof --------------------------------------------------------------------------------------


def prove_closes(session: Session) -> Iterable[Difference]:
    """Each finished close says what its chunks moved; the ledger must say the same."""
    claimed, posted = _sums(session, _CLAIMED), _sums(session, _POSTED)
    working = {
        run.source
        for run in session.scalars(
            select(Run).where(Run.kind == RunKind.CLOSE, Run.state.in_(UNFINISHED))
        )
    }
    for key in sorted(claimed.keys() | posted.keys()):
        source, code, unit = key
        claim, found = claimed.get(key, 0), posted.get(key, 0)
        if source not in working and claim != found:
            what = f"{source}, {code} {unit}: what its chunks moved"
            yield Difference(what, str(claim), str(found))


def _sums(session: Session, statement: str) -> dict[tuple[str, str, str], int]:
    rows: Iterable[Any] = session.execute(text(statement))
    return {(source, code, unit): minor for source, code, unit, minor in rows}


_CLAIMED = """
SELECT format('close:%s:%s-%s:%s', r.scheme, r.month / 100, lpad((r.month % 100)::text, 2, '0'),
              r.round), d ->> 0, d ->> 1, sum((d ->> 4)::bigint)::bigint
  FROM budgets_run r JOIN budgets_chunk c ON c.run_id = r.id AND c.state = 'done'
 CROSS JOIN jsonb_array_elements(c.differences) d
 WHERE r.kind = 'close' AND r.state = 'done'
 GROUP BY 1, 2, 3
"""
_POSTED = """
SELECT t.source, t.code, t.unit,
       sum(t.amount_minor * ((b.employee_id IS NOT NULL)::int - (a.employee_id IS NOT NULL)::int)
       )::bigint
  FROM ledger_transfer t
  JOIN ledger_account a ON a.id = t.from_account
  JOIN ledger_account b ON b.id = t.to_account
 WHERE t.source LIKE 'close:%'
 GROUP BY 1, 2, 3
"""
