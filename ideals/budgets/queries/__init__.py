"""Runs there are and what they look at, and what an employee's budget of a month is.

`statement`: what the pages of an employee tell. `runs`: what the pages of HR tell of runs. `leave`:
leave by year of origin.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import BigInteger, func, select, text
from sqlalchemy.orm import Session

from ideals import audit
from ideals.budgets import policy
from ideals.budgets.errors import RunNotFound
from ideals.budgets.models import Chunk, Run, SettledChange
from ideals.budgets.rules.parts import OF_COST
from ideals.budgets.states import UNFINISHED, ChunkState, RunKind, RunState
from ideals.db import array, driver
from ideals.kernel.actor import Actor
from ideals.kernel.money import Money
from ideals.kernel.month import Month
from ideals.kernel.quantity import Minutes, Unit
from ideals.kernel.registry import Registry
from ideals.ledger.models import Account, Transfer
from ideals.ledger.queries import Difference
from ideals.ledger.states import AccountKind
from ideals.people import queries as people
from ideals.people.errors import EmployeeUnknown
from ideals.people.models import Employee, FactChange
from ideals.people.queries import Effect, EffectLine
from ideals.schemes import queries as schemes
from ideals.schemes.errors import BudgetNotComputable
from ideals.schemes.facts import facts_for
from ideals.schemes.rules import Explanation, Scheme, explain_month

OF_DEVELOPMENT = ".development"
"""How the code of a grant ends that goes to that account and not to the budget."""
ALLOCATIONS = (Run.kind == RunKind.ALLOCATION, ~Run.look)
"""Runs that post what the scheme owes: neither looks nor runs of another kind."""


def unsettled(
    session: Session,
    scheme: str,
    employee_ids: Collection[int],
    month: Month,
    *,
    through: int | None = None,
) -> dict[int, tuple[Month, list[int]]]:
    """Marked employees: the earliest month their facts changed, and the marks, through `month`.

    `through`: the last mark that was there when the run was planned; what came later it does not
    know, and leaves to the next.
    """
    rows = driver(session).execute(
        _UNSETTLED,
        {
            "scheme": scheme,
            "ids": array(employee_ids),
            "month": month.number,
            "through": through,
        },
        prepare=False,
    )
    return {employee: (Month.from_number(first), marks) for employee, first, marks in rows}


# Employee by employee down the index: the changes of years stand in the same tables.
_UNSETTLED = """
SELECT asked.id, min(change.first_month), array_agg(change.id)
  FROM unnest(%(ids)s::bigint[]) AS asked (id)
 CROSS JOIN LATERAL (
    SELECT c.id, c.first_month FROM people_fact_change c
     WHERE c.employee_id = asked.id AND c.first_month <= %(month)s
       AND (%(through)s::bigint IS NULL OR c.id <= %(through)s::bigint)
       AND NOT EXISTS (SELECT FROM budgets_settled_change s
                        WHERE s.change_id = c.id AND s.scheme = %(scheme)s)
    OFFSET 0
 ) change
 GROUP BY asked.id
"""


def months_run(session: Session, scheme: str) -> set[Month]:
    """The months this scheme was allocated: no others were ever owed by a run."""
    return set(
        session.scalars(
            select(Run.month)
            .where(Run.scheme == scheme, *ALLOCATIONS, Run.state == RunState.DONE)
            .distinct()
        )
    )


def population(session: Session, run: Run) -> list[int]:
    """Who has this scheme at some day of the month; and who ever had it, when marked."""
    rows = driver(session).execute(
        _POPULATION,
        {
            "scheme": run.scheme,
            "first": run.month.first,
            "last": run.month.last,
            "month": run.month.number,
            "settled": settled_through(session, run.scheme),
        },
        prepare=False,
    )
    return [employee for (employee,) in rows]


def settled_through(session: Session, scheme: str) -> int:
    """Every change of facts up to this one has been settled for the scheme."""
    query = select(func.max(Run.settled_through)).where(Run.scheme == scheme)
    return session.scalar(query) or 0


def last_change(session: Session) -> int:
    return session.scalar(select(func.max(FactChange.id))) or 0


def settled_by_now(session: Session, run: Run) -> int:
    """What a finished run may claim: all before the first change that waits for a later run."""
    row = (
        driver(session)
        .execute(
            f"SELECT min(c.id) FROM people_fact_change c WHERE c.id <= %(through)s AND {_WAITING}",  # noqa: S608
            {
                "through": run.changes_through,
                "scheme": run.scheme,
                "settled": settled_through(session, run.scheme),
            },
            prepare=False,
        )
        .fetchone()
    )
    waiting = row[0] if row else None
    return (run.changes_through or 0) if waiting is None else waiting - 1


_WAITING = """
c.id > %(settled)s
  AND NOT EXISTS (SELECT FROM budgets_settled_change s
                  WHERE s.change_id = c.id AND s.scheme = %(scheme)s)
  AND EXISTS (SELECT FROM people_employment e
              WHERE e.employee_id = c.employee_id AND e.scheme = %(scheme)s)
"""


_POPULATION = f"""
WITH in_force AS (
    SELECT employee_id, scheme, hired_on, leaves_on,
           lead(valid_from) OVER (PARTITION BY employee_id ORDER BY valid_from) AS next_from
    FROM people_employment
    WHERE superseded_at IS NULL AND valid_from <= %(last)s
)
SELECT employee_id FROM in_force
WHERE scheme = %(scheme)s AND (next_from IS NULL OR next_from > %(first)s)
  AND hired_on <= %(last)s AND (leaves_on IS NULL OR leaves_on >= %(first)s)
UNION
SELECT c.employee_id FROM people_fact_change c WHERE c.first_month <= %(month)s AND {_WAITING}
ORDER BY employee_id
"""  # noqa: S608 - no value is written into it


def schemes_in_use(session: Session, month: Month) -> list[str]:
    """Published schemes that some employee has on some day of the month."""
    rows = session.scalars(
        text(
            """
            SELECT DISTINCT e.scheme FROM people_employment e
            WHERE e.superseded_at IS NULL AND e.valid_from <= :last AND e.hired_on <= :last
              AND (e.leaves_on IS NULL OR e.leaves_on >= :first)
            """
        ),
        {"first": month.first, "last": month.last},
    )
    return [code for code in sorted(rows) if schemes.scheme_for(session, code, month)]


def due_months(session: Session, today: date) -> list[tuple[str, Month]]:
    """What the schedule must start: (scheme, month), the missed months of a scheme in order.

    A scheme that has had runs is due for each month after its last one; one that has had none is
    due for the current month only: an organisation decides itself how far back it begins.
    """
    this = Month.of(today)
    due = []
    for code in schemes_in_use(session, this):
        last = session.scalar(
            select(func.max(Run.month)).where(
                Run.scheme == code, *ALLOCATIONS, Run.state != RunState.FAILED
            )
        )
        for month in (last.plus(1) if last else this).until(this):
            scheme = schemes.scheme_for(session, code, month)
            if scheme is None or month < scheme.first_month:
                continue
            if month < this or today.day >= scheme.calendar.allocate_on:
                due.append((code, month))
    return due


def republished_from(session: Session, run: Run) -> Month | None:
    """The earliest version published since the scheme's last run, if it reaches behind `run`."""
    last_known = session.scalar(
        select(func.max(Run.known_at)).where(
            Run.scheme == run.scheme, *ALLOCATIONS, Run.state == RunState.DONE
        )
    )
    if last_known is None:
        return None
    since = schemes.earliest_version_since(session, run.scheme, last_known)
    return since if since is not None and since < run.month else None


def unfinished_run(
    session: Session, scheme: str, month: Month, kind: RunKind = RunKind.ALLOCATION
) -> Run | None:
    """The run of this month that is under way; a look is none."""
    return session.scalar(
        select(Run).where(
            Run.scheme == scheme,
            Run.kind == kind,
            Run.month == month,
            ~Run.look,
            Run.state.in_(UNFINISHED),
        )
    )


def last_round(
    session: Session, scheme: str, month: Month, kind: RunKind = RunKind.ALLOCATION
) -> int:
    query = select(func.max(Run.round)).where(
        Run.scheme == scheme, Run.kind == kind, Run.month == month
    )
    return session.scalar(query) or 0


def chunks_left(session: Session, run_id: int) -> bool:
    query = select(Chunk.number).where(Chunk.run_id == run_id, Chunk.state == ChunkState.TODO)
    return session.scalar(query.limit(1)) is not None


def waiting_runs(session: Session, scheme: str | None = None) -> Iterable[int]:
    """Runs that wait to be planned, in the order in which they were asked for."""
    query = select(Run.id).where(Run.state == RunState.PLANNING).order_by(Run.month, Run.id)
    return session.scalars(query if scheme is None else query.where(Run.scheme == scheme)).all()


def running_runs(session: Session) -> Iterable[int]:
    return session.scalars(select(Run.id).where(Run.state == RunState.RUNNING)).all()


@dataclass(frozen=True, slots=True)
class Progress:
    """Of one or more runs together: employees in all, and how many of them are through."""

    planning: bool
    unfinished: bool
    employees: int
    done: int
    skipped: int


def progress(session: Session, run_ids: list[int]) -> Progress:
    states = set(session.scalars(select(Run.state).where(Run.id.in_(run_ids))))
    employees = session.scalar(select(func.sum(Run.employees)).where(Run.id.in_(run_ids)))
    done, skipped = session.execute(
        select(func.sum(func.cardinality(Chunk.employee_ids)), func.sum(Chunk.skipped)).where(
            Chunk.run_id.in_(run_ids), Chunk.state == ChunkState.DONE
        )
    ).one()
    return Progress(
        planning=RunState.PLANNING in states,
        unfinished=bool(states & set(UNFINISHED)),
        employees=employees or 0,
        done=done or 0,
        skipped=skipped or 0,
    )


@dataclass(frozen=True, slots=True)
class DifferenceLine:
    """What a run changed in one component. `earlier`: rights of earlier months, corrected."""

    code: str
    earlier: bool
    employees: int
    amount: Money | None
    minutes: Minutes | None


@dataclass(frozen=True, slots=True)
class RunView:
    id: int
    scheme: str
    kind: RunKind
    month: Month
    round: int | None
    look: bool
    state: str
    booked_in: Month
    known_at: datetime | None
    started_as: str
    started_by: str
    created_at: datetime
    finished_at: datetime | None
    employees: int
    done: int
    skipped: int
    changed: int
    transfers: int
    differences: list[DifferenceLine]
    failure: str | None


def run_view(session: Session, run_id: int) -> RunView:
    """Of a run of whatever kind. Raises `RunNotFound`."""
    run = session.get(Run, run_id, populate_existing=True)
    if run is None:
        raise RunNotFound(f"there is no run {run_id}", id=str(run_id))
    return run_views(session, [run])[0]


def run_views(session: Session, runs: Sequence[Run]) -> list[RunView]:
    """Two statements, however many runs."""
    chunks: dict[int, list[Any]] = {run.id: [] for run in runs}
    rows = session.execute(
        select(
            Chunk.run_id,
            func.cardinality(Chunk.employee_ids).label("size"),
            Chunk.skipped,
            Chunk.changed,
            Chunk.transfers,
            Chunk.differences,
        ).where(Chunk.run_id.in_(chunks), Chunk.state == ChunkState.DONE)
    )
    for row in rows:
        chunks[row.run_id].append(row)
    return [_view(run, chunks[run.id]) for run in runs]


def _view(run: Run, chunks: list[Any]) -> RunView:
    return RunView(
        id=run.id,
        scheme=run.scheme,
        kind=RunKind(run.kind),
        month=run.month,
        round=run.round,
        look=run.look,
        state=run.state,
        booked_in=run.booked_in,
        known_at=run.known_at,
        started_as=run.started_as,
        started_by=run.started_by,
        created_at=run.created_at,
        finished_at=run.finished_at,
        employees=run.employees,
        done=sum(chunk.size for chunk in chunks),
        skipped=sum(chunk.skipped for chunk in chunks),
        changed=sum(chunk.changed for chunk in chunks),
        transfers=sum(chunk.transfers for chunk in chunks),
        differences=_difference_lines(chunks),
        failure=run.failure,
    )


def _difference_lines(chunks: list[Any]) -> list[DifferenceLine]:
    sums: dict[tuple[str, str, bool], tuple[int, int]] = {}
    for chunk in chunks:
        for code, unit, earlier, employees, minor in chunk.differences:
            people_so_far, minor_so_far = sums.get((code, unit, earlier), (0, 0))
            sums[code, unit, earlier] = (people_so_far + employees, minor_so_far + minor)
    return [
        DifferenceLine(
            code,
            earlier,
            employees,
            Money(minor) if unit == Unit.EUR else None,
            Minutes(minor) if unit == Unit.MIN else None,
        )
        for (code, unit, earlier), (employees, minor) in sorted(sums.items())
    ]


@dataclass(frozen=True, slots=True)
class BudgetPart:
    code: str
    amount: Money


@dataclass(frozen=True, slots=True)
class Budget:
    """An employee's budget of a month, in euros.

    `components` and `allocated` are the rights of the month, wherever they were booked, what deals
    granted among them.
    `posted_elsewhere`: corrections of other months booked in this one. `carried`: what was there
    when the month began, opening balances included. `available`: at the end of the month, or now.
    """

    month: Month
    components: list[BudgetPart]
    allocated: Money
    posted_elsewhere: Money
    carried: Money
    held: Money
    spent: Money
    available: Money
    owed: Money


def employee_of(session: Session, number: str) -> Employee:
    """Raises `EmployeeUnknown`."""
    return people.employee_by_number(session, number)


def employee(session: Session, employee_id: int) -> Employee:
    return session.get_one(Employee, employee_id)


def access_budget(session: Session, number: str, *, actor: Actor, now: datetime) -> Employee:
    """The employee, if this actor may see the amounts; a look at somebody else's is written down.

    Raises `EmployeeUnknown`, for who may not see as for who is not there.
    """
    employee = people.employee_by_number(session, number)
    if not policy.may_see_budget(actor, employee.id):
        raise EmployeeUnknown(number)
    if policy.is_someone_elses(actor, employee.id):
        audit.record(session, "budgets.viewed", f"employee:{number}", actor=actor, now=now)
    return employee


def budget_of(session: Session, employee_id: int, month: Month) -> Budget:
    """Reads the transfers of this month and later alone, however long the history is."""
    budget, owed = _euro_accounts(session, employee_id)
    rows = _euro_rows(session, [a.id for a in (budget, owed) if a is not None], month)
    rights: dict[str, int] = {}
    elsewhere = later = begun = spent = 0
    for row in rows:
        of_budget = budget is not None and row.account == budget.id
        given = row.reason == "allocation" or _is_granted(row)
        if given and row.for_month == month:
            rights[row.code] = rights.get(row.code, 0) + row.minor
        if not of_budget:
            continue
        if row.month > month:
            later += row.minor
        elif row.reason == "opening":
            begun += row.minor
        elif not given:
            spent -= row.minor
        elif row.for_month != month:
            elsewhere += row.minor
    at_end = (budget.posted_minor or 0) - later if budget else 0
    in_month = sum(
        row.minor
        for row in rows
        if budget is not None and row.account == budget.id and row.month == month
    )
    held = (budget.held_minor or 0) if budget else 0
    return Budget(
        month=month,
        components=[BudgetPart(code, Money(minor)) for code, minor in rights.items()],
        allocated=Money(sum(rights.values())),
        posted_elsewhere=Money(elsewhere),
        carried=Money(at_end - in_month + begun),
        held=Money(held),
        spent=Money(spent),
        available=Money(at_end - held),
        owed=Money(-(owed.posted_minor or 0) if owed else 0),
    )


def _is_granted(row: Any) -> bool:
    """By a deal, into the budget: also what of it could not be taken back, and is owed."""
    return row.reason == "grant" and not (row.code or "").endswith((OF_DEVELOPMENT, OF_COST))


def _euro_accounts(session: Session, employee_id: int) -> tuple[Account | None, Account | None]:
    accounts = {
        account.kind: account
        for account in session.scalars(
            select(Account)
            .where(
                Account.employee_id == employee_id,
                Account.unit == Unit.EUR,
                Account.kind.in_(("budget", "owed")),
            )
            .execution_options(populate_existing=True)
        )
    }
    return accounts.get("budget"), accounts.get("owed")


def _euro_rows(session: Session, account_ids: list[int], month: Month) -> list[Any]:
    """Sums of what moved on these accounts in `month` and later, by what it was for."""
    if not account_ids:
        return []
    moved = Transfer.phase.in_(("single", "post"))
    sides = [
        select(
            side.label("account"),
            Transfer.month,
            Transfer.for_month,
            Transfer.reason,
            Transfer.code,
            (Transfer.amount_minor * sign).label("minor"),
        ).where(side.in_(account_ids), Transfer.month >= month, moved)
        for side, sign in ((Transfer.to_account, 1), (Transfer.from_account, -1))
    ]
    both = sides[0].union_all(sides[1]).subquery()
    keys = (both.c.account, both.c.month, both.c.for_month, both.c.reason, both.c.code)
    return list(
        session.execute(
            select(*keys, func.sum(both.c.minor).cast(BigInteger).label("minor"))
            .group_by(*keys)
            .order_by(*keys)
        )
    )


@dataclass(frozen=True, slots=True)
class Posting:
    """One booking of a right of the month: when, by which run, and in which month's books."""

    code: str
    booked_in: Month
    source: str
    happened_at: datetime
    amount: Money | None
    minutes: Minutes | None


@dataclass(frozen=True, slots=True)
class Told:
    """How one scheme's part of a budget came about, by what was known at its last run.

    Either `explanation`, or `failure`: why the employee was skipped.
    """

    scheme: Scheme
    run: RunView
    explanation: Explanation | None
    failure: str | None


def told(session: Session, employee_id: int, month: Month) -> list[Told]:
    """One for each scheme that had a run which looked at this month for this employee."""
    return [
        told_run
        for code in _schemes_of(session, employee_id, month)
        if (told_run := _told(session, employee_id, month, code)) is not None
    ]


def _schemes_of(session: Session, employee_id: int, month: Month) -> list[str]:
    rows = people.employments_between(session, [employee_id], month.first, month.last)
    return sorted({row.scheme for row in rows})


def _told(session: Session, employee_id: int, month: Month, code: str) -> Told | None:
    run = session.scalar(
        select(Run)
        .where(Run.scheme == code, Run.month >= month, *ALLOCATIONS, Run.state == RunState.DONE)
        .order_by(Run.known_at.desc())
        .limit(1)
    )
    scheme = schemes.scheme_for(session, code, month)
    if run is None or scheme is None or month not in months_run(session, code):
        return None
    person = facts_for(session, [employee_id], [(month, scheme)], known_at=run.known_at)[0]
    view = run_views(session, [run])[0]
    try:
        return Told(scheme, view, explain_month(scheme, person, month), None)
    except BudgetNotComputable as error:
        return Told(scheme, view, None, error.message)


def postings(session: Session, employee_id: int, month: Month) -> list[Posting]:
    """Every booking of rights of this month, oldest first, wherever it was booked."""
    rows = session.execute(
        text(
            """
            SELECT t.code, t.month, t.source, t.happened_at, t.unit,
                   CASE WHEN t.to_account = a.id THEN t.amount_minor ELSE -t.amount_minor END
              FROM ledger_account a
              JOIN ledger_transfer t ON a.id IN (t.from_account, t.to_account)
             WHERE a.employee_id = :employee AND t.month >= :month AND t.for_month = :month
               AND (t.reason = 'allocation'
                    OR (t.reason = 'grant' AND coalesce(t.code, '') NOT LIKE ALL (:elsewhere)))
             ORDER BY t.month, t.happened_at, t.id
            """
        ),
        {
            "employee": employee_id,
            "month": month.number,
            "elsewhere": [f"%{OF_DEVELOPMENT}", f"%{OF_COST}"],
        },
    )
    return [
        Posting(
            code,
            Month.from_number(booked),
            source,
            happened_at,
            Money(minor) if unit == Unit.EUR else None,
            Minutes(minor) if unit == Unit.MIN else None,
        )
        for code, booked, source, happened_at, unit, minor in rows
    ]


def leave_balance(session: Session, employee_id: int) -> Minutes:
    """What is on the leave account and not set aside. By year of origin: `leave.leave_of`."""
    query = select(Account.posted_minor - Account.held_minor).where(
        Account.employee_id == employee_id, Account.kind == AccountKind.LEAVE
    )
    return Minutes(session.scalar(query) or 0)


def prove_runs(session: Session) -> Iterable[Difference]:
    """Each finished allocation claims what its chunks posted; the ledger must say the same."""
    claimed = _sums(session, _CLAIMED)
    posted = _sums(session, _POSTED)
    working = {run.source for run in session.scalars(select(Run).where(Run.state.in_(UNFINISHED)))}
    for source, unit in sorted(claimed.keys() | posted.keys()):
        claim, found = claimed.get((source, unit), 0), posted.get((source, unit), 0)
        if source not in working and claim != found:
            what = f"{source}, {unit}: what its chunks posted"
            yield Difference(what, str(claim), str(found))


def _sums(session: Session, statement: str) -> dict[tuple[str, str], int]:
    return {(source, unit): minor for source, unit, minor in session.execute(text(statement))}


_CLAIMED = """
SELECT format('run:%s:%s-%s:%s', r.scheme, r.month / 100, lpad((r.month % 100)::text, 2, '0'),
              r.round), d ->> 1, sum((d ->> 4)::bigint)::bigint
  FROM budgets_run r JOIN budgets_chunk c ON c.run_id = r.id AND c.state = 'done'
 CROSS JOIN jsonb_array_elements(c.differences) d
 WHERE r.kind = 'allocation' AND NOT r.look AND r.state = 'done'
 GROUP BY 1, 2
"""
_POSTED = """
SELECT t.source, t.unit, sum(
           CASE WHEN a.employee_id IS NOT NULL THEN t.amount_minor ELSE -t.amount_minor END
       )::bigint
  FROM ledger_transfer t JOIN ledger_account a ON a.id = t.to_account
 WHERE t.reason = 'allocation' AND t.source LIKE 'run:%'
 GROUP BY 1, 2
"""


def effects_of(session: Session, employee_id: int) -> list[Effect]:
    """What the run that settled each change of an employee's facts posted for them.

    Two statements, however long the history. Changes settled by one run share what it posted.
    """
    settled = session.execute(
        select(SettledChange.change_id, Run)
        .join(FactChange, FactChange.id == SettledChange.change_id)
        .join(Run, Run.id == SettledChange.run_id)
        .where(FactChange.employee_id == employee_id)
        .order_by(SettledChange.change_id, Run.id)
    ).all()
    lines = _lines_by_source(session, employee_id, [run for _, run in settled])
    return [
        Effect(
            change_id=change_id,
            source=run.source,
            scheme=run.scheme,
            month=run.month,
            happened_at=run.finished_at or run.created_at,
            lines=tuple(
                EffectLine(
                    for_month,
                    Money(minor) if unit == Unit.EUR else None,
                    Minutes(minor) if unit == Unit.MIN else None,
                    own=for_month == run.month,
                )
                for for_month, unit, minor in lines.get(run.source, [])
            ),
        )
        for change_id, run in settled
    ]


def _lines_by_source(
    session: Session, employee_id: int, runs: Collection[Run]
) -> dict[str, list[tuple[Month, str, int]]]:
    """(for_month, unit, what moved) by run; sums of nothing are left out."""
    rows = session.execute(
        text(
            """
            SELECT t.source, t.for_month, t.unit, sum(
                   CASE WHEN t.to_account = a.id THEN t.amount_minor ELSE -t.amount_minor END
                   )::bigint AS minor
              FROM ledger_account a
              JOIN ledger_transfer t ON a.id IN (t.from_account, t.to_account)
             WHERE a.employee_id = :employee AND t.reason = 'allocation'
               AND t.month = ANY(:months) AND t.source = ANY(:sources)
             GROUP BY 1, 2, 3 HAVING sum(
                   CASE WHEN t.to_account = a.id THEN t.amount_minor ELSE -t.amount_minor END) <> 0
             ORDER BY 1, 2, 3
            """
        ),
        {
            "employee": employee_id,
            "months": sorted({run.booked_in.number for run in runs}),
            "sources": sorted({run.source for run in runs}),
        },
    )
    lines: dict[str, list[tuple[Month, str, int]]] = {}
    for source, for_month, unit, minor in rows:
        lines.setdefault(source, []).append((Month.from_number(for_month), unit, minor))
    return lines


# What stands beside the budget


@dataclass(frozen=True, slots=True)
class Panel:
    """A small thing on an employee's home, in the reader's words: no part of the budget."""

    title: str
    value: str
    text: str = ""
    href: str | None = None


PANELS: Registry[Callable[[Session, int, Month], Sequence[Panel]]] = Registry(
    "say what an employee has beside the budget, from a month on"
)


@dataclass(frozen=True, slots=True)
class Forecast:
    """What is made of a budget that nobody chooses for, in the reader's words.

    `sentence` says it in short; `lines` (what, how much) and `how` say how it comes about.
    """

    sentence: str
    lines: Sequence[tuple[str, str]] = ()
    how: str = ""


FORECASTS: Registry[Callable[[Session, int, date, Money], Forecast | None]] = Registry(
    "say what becomes of so much of an employee's budget, if they do nothing"
)
"""`app.py` registers under `shop` who knows pay and tax."""


def forecast(session: Session, employee_id: int, on: date, amount: Money) -> Forecast | None:
    tell = FORECASTS.get("shop")
    return None if tell is None or amount.minor <= 0 else tell(session, employee_id, on, amount)


def panels(session: Session, employee_id: int, month: Month) -> list[Panel]:
    return [panel for _, beside in PANELS.items() for panel in beside(session, employee_id, month)]
