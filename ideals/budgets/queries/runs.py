"""What HR wants to know of a run: how far it is, what it changed, who was left out and why.

Lists and comparisons are of allocations; progress and skipped employees of runs of any kind.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum

from sqlalchemy import Row, Select, func, select, text
from sqlalchemy.orm import Session

from ideals.budgets import queries
from ideals.budgets.errors import RunNotFound
from ideals.budgets.models import Chunk, Run, Skip
from ideals.budgets.queries import ALLOCATIONS, RunView
from ideals.budgets.states import UNFINISHED, ChunkState, RunKind, RunState
from ideals.db import array, driver
from ideals.kernel.month import Month
from ideals.kernel.quantity import Unit
from ideals.people.models import Employee
from ideals.schemes import queries as schemes
from ideals.schemes.rules.scheme import Moment, Scheme

BATCH = 500
"""Employees whose differences are read at once."""
STANDS_STILL = timedelta(seconds=60)
"""So long without a chunk means that nobody works: a chunk takes seconds."""


# Lists


@dataclass(frozen=True, slots=True)
class RunsAsked:
    """What HR asks of the list of runs; `None` asks nothing."""

    scheme: str | None = None
    month: Month | None = None
    state: RunState | None = None
    look: bool | None = None


NEWEST_FIRST = (Run.month, Run.id)
"""The keys of the list, descending."""


def runs_wanted(asked: RunsAsked) -> Select[Run]:
    wanted = select(Run).where(Run.kind == RunKind.ALLOCATION)
    for column, value in (
        (Run.scheme, asked.scheme),
        (Run.month, asked.month),
        (Run.state, asked.state),
        (Run.look, asked.look),
    ):
        if value is not None:
            wanted = wanted.where(column == value)
    return wanted


@dataclass(frozen=True, slots=True)
class RunChoices:
    """What there are runs of: schemes by code, months with the latest first."""

    schemes: list[str]
    months: list[Month]


def run_choices(session: Session) -> RunChoices:
    pairs = session.execute(
        select(Run.scheme, Run.month).where(Run.kind == RunKind.ALLOCATION).distinct()
    ).all()
    return RunChoices(
        sorted({scheme for scheme, _ in pairs}),
        sorted({month for _, month in pairs}, reverse=True),
    )


def next_due(session: Session, in_force: Mapping[str, Scheme], today: date) -> Month | None:
    """The earliest month that a scheme in use should have had its run for.

    `in_force`: by code. What the schedule starts, asked without walking over the months missed.
    """
    this = Month.of(today)
    last = dict(
        session.execute(
            select(Run.scheme, func.max(Run.month))
            .where(*ALLOCATIONS, Run.state != RunState.FAILED)
            .group_by(Run.scheme)
        ).all()
    )
    due = []
    for code in queries.schemes_in_use(session, this):
        month = last[code].plus(1) if code in last else this
        if month < this or (month == this and today.day >= in_force[code].calendar.allocate_on):
            due.append(month)
    return min(due, default=None)


# One run, while it works


def run_of(session: Session, run_id: int) -> Run:
    """An allocation or a look at one. Raises `RunNotFound`."""
    run = session.get(Run, run_id, populate_existing=True)
    if run is None or run.kind != RunKind.ALLOCATION:
        raise RunNotFound(f"there is no run {run_id}", id=str(run_id))
    return run


def waits_for(session: Session, run: Run) -> Run | None:
    """The run that posts next before this one, of whatever kind: of one scheme, one at a time."""
    if run.look or run.state != RunState.PLANNING:
        return None
    return session.scalar(
        select(Run)
        .where(
            Run.scheme == run.scheme,
            ~Run.look,
            Run.id != run.id,
            (Run.state == RunState.RUNNING)
            | (
                (Run.state == RunState.PLANNING)
                & ((Run.month < run.month) | ((Run.month == run.month) & (Run.id < run.id)))
            ),
        )
        .order_by(Run.state.desc(), Run.month.desc(), Run.id.desc())
        .limit(1)
    )


@dataclass(frozen=True, slots=True)
class Pace:
    """How fast a run goes, measured from its planning until `until`: now, or its end.

    `rate`: employees a minute, `None` before the first chunk. `rest`: how long it still takes at
    that rate. `still_for`: since when nothing moved, when that is long.
    """

    took: timedelta | None
    rate: int | None
    rest: timedelta | None
    still_for: timedelta | None


def pace_of(session: Session, run: Run, view: RunView, *, now: datetime) -> Pace:
    """One statement."""
    last_done = session.scalar(
        select(func.max(Chunk.done_at)).where(
            Chunk.run_id == run.id, Chunk.state == ChunkState.DONE
        )
    )
    moved_at = last_done or run.known_at or run.created_at
    still_for = now - moved_at if run.state in UNFINISHED else timedelta(0)
    if run.known_at is None:
        return Pace(None, None, None, still_for if still_for > STANDS_STILL else None)
    took = (run.finished_at or now) - run.known_at
    seconds = took.total_seconds()
    rate = round(view.done * 60 / seconds) if view.done and seconds > 0 else None
    left = view.employees - view.done
    return Pace(
        took=took,
        rate=rate,
        rest=timedelta(seconds=left * seconds / view.done) if view.done else None,
        still_for=still_for if still_for > STANDS_STILL else None,
    )


# What it changed


@dataclass(frozen=True, slots=True)
class Compared:
    """One component or grant in the run's month, beside the month before; cents or minutes.

    `changed`: what this run posted or, for a look, would post for its own month, and to how many
    `employees`. `this` is the month with that, `before` the month before it as it stood then;
    `before` is `None` where the two cannot be compared: hours that are granted once a year.
    """

    code: str
    unit: Unit
    employees: int
    changed: int
    this: int
    before: int | None

    @property
    def difference(self) -> int | None:
        """How much more the month is than the one before; `None` where that says nothing."""
        return None if self.before is None else self.this - self.before


@dataclass(frozen=True, slots=True)
class Comparison:
    """`month_before` is `None` when no run was ever posted for that month."""

    month: Month
    month_before: Month | None
    lines: list[Compared]


def comparison(session: Session, run: Run, view: RunView, scheme: Scheme | None) -> Comparison:
    """The run's month beside the month before, both as the ledger stood when the run ended.

    Corrections that this run made itself to the month before stay out of it: a look and the run
    that follows it show the same. Two statements, however many employees and months there are.
    """
    before = run.month.plus(-1)
    compares = _has_posted(session, run.scheme, before, until=run.finished_at)
    hours = scheme.hours if scheme else ()
    yearly = {grant.code for grant in hours if grant.moment is not Moment.MONTHLY}
    sums = _sums(session, run, before)
    own = {
        (line.code, Unit.EUR if line.amount is not None else Unit.MIN): line
        for line in view.differences
        if not line.earlier
    }
    lines = []
    for code, unit in sorted({(code, unit) for code, unit, _ in sums} | own.keys()):
        line = own.get((code, unit))
        changed = 0
        if line is not None:
            changed = (line.amount or line.minutes).minor  # type: ignore[union-attr]
        this = sums.get((code, unit, run.month), 0) + (changed if run.look else 0)
        was = sums.get((code, unit, before), 0)
        if code in yearly and not (this or changed):
            continue
        comparable = compares and code not in yearly
        lines.append(
            Compared(
                code,
                unit,
                line.employees if line else 0,
                changed,
                this,
                was if comparable else None,
            )
        )
    return Comparison(run.month, before if compares else None, lines)


def _has_posted(session: Session, scheme: str, month: Month, *, until: datetime | None) -> bool:
    query = select(Run.id).where(
        Run.scheme == scheme, Run.month == month, *ALLOCATIONS, Run.state == RunState.DONE
    )
    if until is not None:
        query = query.where(Run.finished_at <= until)
    return session.scalar(query.limit(1)) is not None


# The employer stands on the other side of every allocation, and has few accounts. Only the books
# that had been written in by then are read, so that an old run's page costs what a new one's does.
_SUMS = text(
    """
    SELECT code, unit, for_month,
           sum(CASE WHEN from_account IN (SELECT id FROM ledger_account WHERE employee_id IS NULL)
                    THEN amount_minor ELSE -amount_minor END)::bigint
      FROM ledger_transfer
     WHERE month >= :before
       AND month <= (SELECT max(booked_in) FROM budgets_run
                      WHERE scheme = :scheme AND kind = 'allocation' AND NOT look
                        AND created_at <= :until)
       AND for_month IN (:before, :month) AND reason = 'allocation'
       AND starts_with(source, :prefix) AND happened_at <= :until
       AND NOT (for_month = :before AND source = :source)
     GROUP BY code, unit, for_month
    """
)


def _sums(session: Session, run: Run, before: Month) -> dict[tuple[str, Unit, Month], int]:
    rows = session.execute(
        _SUMS,
        {
            "before": before.number,
            "month": run.month.number,
            "scheme": run.scheme,
            "prefix": f"run:{run.scheme}:",
            "source": run.source,
            "until": run.finished_at or run.created_at,
        },
    )
    return {(code, Unit(unit), Month.from_number(month)): s for code, unit, month, s in rows}


# From a look to its run


def posted_since(session: Session, look: Run) -> Run | None:
    """The first run that posts, or posted, this month after the look was asked for."""
    return session.scalar(
        select(Run)
        .where(
            Run.scheme == look.scheme,
            Run.month == look.month,
            *ALLOCATIONS,
            Run.state != RunState.FAILED,
            Run.id > look.id,
        )
        .order_by(Run.id)
        .limit(1)
    )


def facts_changed_since(session: Session, run: Run) -> bool:
    """Whether the run would find something else today: a fact of its people, or the scheme."""
    if run.known_at is None:
        return False
    latest = session.scalar(_LATEST_CHANGE, {"scheme": run.scheme, "month": run.month.number})
    if latest is not None and latest > run.known_at:
        return True
    version = schemes.earliest_version_since(session, run.scheme, run.known_at)
    return version is not None and version <= run.month


# From the newest change back: nearly always the first one is of somebody in this scheme.
_LATEST_CHANGE = text(
    """
    SELECT c.recorded_at FROM people_fact_change c
     WHERE c.first_month <= :month
       AND EXISTS (SELECT FROM people_employment e
                    WHERE e.employee_id = c.employee_id AND e.scheme = :scheme)
     ORDER BY c.id DESC LIMIT 1
    """
)


# Who was skipped


class Cause(StrEnum):
    """Why somebody was skipped, as far as it tells what to do about it."""

    SALARY_PAID = "salary_paid"
    WEEKLY_HOURS = "weekly_hours"
    SCALE = "scale"
    BIRTH_DATE = "birth_date"
    FORMULA = "formula"
    NEGATIVE = "negative"
    POISON = "poison"
    OTHER = "other"


MISSING = (Cause.SALARY_PAID, Cause.WEEKLY_HOURS, Cause.SCALE, Cause.BIRTH_DATE)
"""A fact that is not there; the name of each is the column or pay element to give."""
_CAUSES = {
    "component_failed": Cause.FORMULA,
    "component_negative": Cause.NEGATIVE,
    "poison": Cause.POISON,
}
_MISSING = re.compile(rf"\b({'|'.join(MISSING)})\b(?= in the people file| of the month|$)")
_COMPONENT = re.compile(r"([A-Za-z_][A-Za-z0-9_]*)(?:: | would be )")


@dataclass(frozen=True, slots=True)
class Skipped:
    """`component`: whose formula it was, empty when it was none by itself. `reason`: as stored."""

    number: str
    name: str
    code: str
    reason: str
    cause: Cause
    component: str


def skipped_of(run_id: int) -> Select[str, str, str, str]:
    """For `paginate`, by number; `show` each row with `skipped`."""
    return (
        select(Employee.number, Employee.name, Skip.code, Skip.reason)
        .join(Skip, Skip.employee_id == Employee.id)
        .where(Skip.run_id == run_id)
    )


def skipped(row: Row[str, str, str, str]) -> Skipped:
    component = _COMPONENT.match(row.reason)
    return Skipped(
        row.number,
        row.name,
        row.code,
        row.reason,
        cause_of(row.code, row.reason),
        component[1] if component else "",
    )


def cause_of(code: str, reason: str) -> Cause:
    if code == "facts_incomplete":
        named = _MISSING.search(reason)
        return Cause(named[1]) if named else Cause.OTHER
    return _CAUSES.get(code, Cause.OTHER)


def all_skipped(session: Session, run_id: int) -> Iterator[Skipped]:
    """Everybody, by number, without holding them all."""
    rows = session.execute(
        skipped_of(run_id).order_by(Employee.number), execution_options={"yield_per": BATCH}
    )
    return map(skipped, rows)


# What it changed for whom


@dataclass(frozen=True, slots=True)
class EmployeeDifference:
    """Of one employee, month and component: cents or minutes more, or less."""

    number: str
    name: str
    for_month: Month
    code: str
    unit: Unit
    minor: int


def looked_at(run_id: int) -> Select[str, int]:
    """(number, id) of everybody who was frozen into the run, for `paginate` by number."""
    frozen = select(func.unnest(Chunk.employee_ids)).where(
        Chunk.run_id == run_id, Chunk.state != ChunkState.SPLIT
    )
    return select(Employee.number, Employee.id).where(Employee.id.in_(frozen))


def employees_of(session: Session, run_id: int) -> list[int]:
    """Their ids, by number."""
    rows = session.execute(looked_at(run_id).order_by(Employee.number))
    return [employee for _, employee in rows]


def names_of(session: Session, employee_ids: Collection[int]) -> dict[int, tuple[str, str]]:
    """Number and name by id."""
    rows = session.execute(
        select(Employee.id, Employee.number, Employee.name).where(
            Employee.id == func.any(list(employee_ids))
        )
    )
    return {employee: (number, name) for employee, number, name in rows}


def posted_differences(
    session: Session, run: Run, employee_ids: Sequence[int]
) -> list[EmployeeDifference]:
    """What the run posted for these employees, in their order; debts count as taken back."""
    months = _booked_in(session, run)
    rows = driver(session).execute(
        _POSTED,
        {"ids": array(employee_ids), "months": months, "run": run.id},
        prepare=False,
    )
    return [
        EmployeeDifference(number, name, Month.from_number(month), code, Unit(unit), minor)
        for number, name, month, code, unit, minor in rows
    ]


def _booked_in(session: Session, run: Run) -> list[int]:
    """The months in whose books the run wrote: more than one if a month was sealed meanwhile."""
    months = [month.number for month in run.month.until(run.booked_in)]
    if len(months) == 1:
        return months
    rows = driver(session).execute(_BOOKED_IN, {"months": months, "run": run.id}, prepare=False)
    return [month for (month,) in rows]


# A transfer's id begins with its month, its run and its employee (`kernel/ids.py`), so that what a
# run posted for somebody stands together in the index.
_BOOKED_IN = """
SELECT month FROM unnest(%(months)s::int[]) AS m (month)
 WHERE EXISTS (
    SELECT FROM ledger_transfer t
     WHERE t.month = m.month
       AND t.id BETWEEN rpad(m.month || lpad(to_hex(%(run)s::bigint), 6, '0'), 32, '0')::uuid
                    AND rpad(m.month || lpad(to_hex(%(run)s::bigint), 6, '0'), 32, 'f')::uuid
 )
"""
_POSTED = """
SELECT e.number, e.name, posted.for_month, posted.code, posted.unit, posted.minor
  FROM unnest(%(ids)s::bigint[]) WITH ORDINALITY AS asked (id, place)
  JOIN people_employee e ON e.id = asked.id
 CROSS JOIN LATERAL (
    SELECT t.for_month, t.code, t.unit,
           sum(CASE WHEN t.from_account IN
                        (SELECT id FROM ledger_account WHERE employee_id IS NULL)
                    THEN t.amount_minor ELSE -t.amount_minor END)::bigint AS minor
      FROM unnest(%(months)s::int[]) AS m (month)
      JOIN ledger_transfer t ON t.month = m.month AND t.reason = 'allocation'
       AND t.id BETWEEN rpad(m.month || lpad(to_hex(%(run)s::bigint), 6, '0')
                             || lpad(to_hex(asked.id), 8, '0'), 32, '0')::uuid
                    AND rpad(m.month || lpad(to_hex(%(run)s::bigint), 6, '0')
                             || lpad(to_hex(asked.id), 8, '0'), 32, 'f')::uuid
     GROUP BY t.for_month, t.code, t.unit
 ) posted
 ORDER BY asked.place, posted.for_month, posted.unit, posted.code
"""
