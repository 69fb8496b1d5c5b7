"""Runs: start, plan, work, close; and the sweep that starts what is due. `leave`: leave taken, and
leave that lapses.
"""

from __future__ import annotations

import logging
from collections import Counter
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import func, select, text, update
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.orm import Session

from ideals import audit, outbox
from ideals.budgets import computation, queries, rules
from ideals.budgets.commands.leave import PostLeaveTaken as PostLeaveTaken
from ideals.budgets.commands.leave import post_leave_taken as post_leave_taken
from ideals.budgets.errors import (
    BeforeFirstMonth,
    LeaseLost,
    LookUnfinished,
    MonthTooFarAhead,
    NoSchemeInForce,
    RunNotFound,
)
from ideals.budgets.models import Chunk, Run, SettledChange, Skip
from ideals.budgets.queries import runs as run_queries
from ideals.budgets.states import ChunkState, RunState, StartedAs
from ideals.db import array, driver
from ideals.kernel.actor import Actor
from ideals.kernel.ids import fact_tag, run_transfer_pattern
from ideals.kernel.month import Month
from ideals.kernel.quantity import Unit
from ideals.ledger import commands as ledger
from ideals.ledger import queries as ledger_queries
from ideals.ledger.states import AccountKind
from ideals.people import commands as people
from ideals.people.models import FactChange
from ideals.schemes import queries as schemes

log = logging.getLogger("ideals.budgets")

LEASE = timedelta(seconds=30)
ATTEMPTS_BEFORE_SPLIT = 3
MONTHS_AHEAD = 12
"""A run further ahead than that is a slip of the keyboard."""


@dataclass(frozen=True, slots=True)
class StartRun:
    """`look`: compute and show the differences, post nothing."""

    scheme: str
    month: Month
    look: bool
    started_as: StartedAs


@dataclass(frozen=True, slots=True)
class StartRuns:
    """One run for each scheme that employees have in the month."""

    month: Month
    look: bool
    started_as: StartedAs


@dataclass(frozen=True, slots=True)
class PostLook:
    """Do what a look showed: a run of its scheme and month, by the newest facts."""

    look_id: int
    started_as: StartedAs


@dataclass(frozen=True, slots=True)
class Lease:
    """The right to write a chunk's result, until somebody takes it over: then `fence` differs."""

    run_id: int
    number: int
    fence: int


def start_runs(session: Session, cmd: StartRuns, *, actor: Actor, now: datetime) -> list[Run]:
    """Raises `NoSchemeInForce` when no employee has a published scheme in the month."""
    codes = queries.schemes_in_use(session, cmd.month)
    if not codes:
        raise NoSchemeInForce(
            f"nobody has a scheme in force in {cmd.month}: load a scheme document, and people "
            "whose rows name it",
            month=str(cmd.month),
        )
    return [
        start_run(
            session, StartRun(code, cmd.month, cmd.look, cmd.started_as), actor=actor, now=now
        )
        for code in codes
    ]


def start_run(session: Session, cmd: StartRun, *, actor: Actor, now: datetime) -> Run:
    """The unfinished run of this scheme and month if there is one, else the next round.

    Raises `NoSchemeInForce`, `BeforeFirstMonth` or `MonthTooFarAhead`.
    """
    _check_may_start(session, cmd, now)
    _lock_scheme(session, cmd.scheme)
    if not cmd.look and (unfinished := queries.unfinished_run(session, cmd.scheme, cmd.month)):
        return unfinished
    ledger.open_months(session, ledger.OpenMonths(cmd.month, cmd.month), actor=actor, now=now)
    run = Run(
        scheme=cmd.scheme,
        month=cmd.month,
        round=None if cmd.look else queries.last_round(session, cmd.scheme, cmd.month) + 1,
        look=cmd.look,
        state=RunState.PLANNING,
        booked_in=ledger_queries.booking_month(session, cmd.month),
        started_as=cmd.started_as,
        started_by=actor.name,
        started_by_user_id=actor.user_id,
        created_at=now,
    )
    session.add(run)
    session.flush()  # reason: the message carries the run's id, which the database makes
    outbox.announce(session, "budgets.plan_run", run_id=run.id)
    audit.record(session, "budgets.run_started", run.source, actor=actor, now=now, look=cmd.look)
    return run


def post_look(session: Session, cmd: PostLook, *, actor: Actor, now: datetime) -> Run:
    """One run for a look, however often it is asked for; the one that somebody else started since.

    Raises `RunNotFound` when there is no such look, `LookUnfinished`, or what `start_run` raises.
    """
    query = select(Run).where(Run.id == cmd.look_id, Run.look).with_for_update()
    look = session.scalar(query)
    if look is None:
        raise RunNotFound(f"there is no look {cmd.look_id}", id=str(cmd.look_id))
    if look.state != RunState.DONE:
        raise LookUnfinished(
            f"{look.source} is {look.state}: wait until it shows what posting would do",
            state=look.state,
        )
    posted = run_queries.posted_since(session, look)
    if posted is not None:
        return posted
    asked = StartRun(look.scheme, look.month, look=False, started_as=cmd.started_as)
    return start_run(session, asked, actor=actor, now=now)


def plan_run(session: Session, run_id: int, *, actor: Actor, now: datetime) -> None:
    """Freeze who is looked at into chunks. Waits its turn: one run of a scheme posts at a time."""
    run = _lock_run(session, run_id)
    if run.state != RunState.PLANNING:
        return
    _lock_scheme(session, run.scheme)
    if not run.look and queries.another_is_running(session, run):
        return
    # Nobody is in the middle of an import: what this run knows is all there is.
    people.lock_facts(session, shared=False)
    run.known_at = now
    run.changes_through = queries.last_change(session)
    run.recheck_from = queries.republished_from(session, run)
    for unit, kind in computation.ACCOUNT_OF.items():
        ledger.employer_account(session, kind, unit)
    chunks = list(rules.chunked(queries.population(session, run)))
    run.employees = sum(len(ids) for ids in chunks)
    run.state = RunState.RUNNING
    _add_chunks(session, run.id, list(enumerate(chunks, 1)))
    if not chunks:
        _finish(session, run, actor=actor, now=now)


def take_chunk(session: Session, run_id: int, number: int, *, now: datetime) -> Lease | None:
    """Take a chunk that is to do and free; `None` otherwise.

    The attempt is counted, and must be committed, before the work: a chunk that kills its worker
    is split after some attempts, until the one employee who does it is left and skipped.
    """
    chunk = session.scalar(
        select(Chunk)
        .where(Chunk.run_id == run_id, Chunk.number == number, Chunk.state == ChunkState.TODO)
        .with_for_update(skip_locked=True)
    )
    if chunk is None or (chunk.lease_until is not None and chunk.lease_until > now):
        return None
    if chunk.attempts >= ATTEMPTS_BEFORE_SPLIT:
        _split(session, chunk, now)
        return None
    chunk.attempts += 1
    chunk.fence += 1
    chunk.lease_until = now + LEASE
    return Lease(run_id, number, chunk.fence)


def chunk_waits(session: Session, run_id: int, number: int) -> bool:
    state = session.scalar(
        select(Chunk.state).where(Chunk.run_id == run_id, Chunk.number == number)
    )
    return state == ChunkState.TODO


def work_chunk(session: Session, lease: Lease, *, now: datetime) -> None:
    """Compute, post the differences, and record the chunk as done: all in this transaction.

    Raises `LeaseLost` when another worker took the chunk over; nothing of this is kept then.
    """
    # A chunk lost in a crash of the server is lost whole, its mark as done with it, and is taken
    # again: nobody has to wait for the disk.
    session.execute(text("SET LOCAL synchronous_commit = off"))
    run = session.get_one(Run, lease.run_id)
    chunk = session.get_one(Chunk, (lease.run_id, lease.number))
    if not run.look:
        run.booked_in = _lock_booking_month(session, run)
    work = computation.compute(session, run, chunk.employee_ids)
    transfers = 0
    if not run.look:
        transfers = _post(session, run, work, now=now)
        _settle_changes(session, run, work)
    _skip(session, run, work.skipped, now=now)
    done = session.scalar(
        update(Chunk)
        .where(
            Chunk.run_id == lease.run_id,
            Chunk.number == lease.number,
            Chunk.fence == lease.fence,
            Chunk.state == ChunkState.TODO,
        )
        .values(
            state=ChunkState.DONE,
            done_at=now,
            lease_until=None,
            skipped=len(work.skipped),
            transfers=transfers,
            changed=len(work.changes),
            differences=_summary(run, work),
        )
        .returning(Chunk.number)
        .execution_options(synchronize_session=False)
    )
    if done is None:
        raise LeaseLost(
            f"chunk {lease.number} of {run.source} was taken over by another worker",
            run=run.id,
            number=lease.number,
        )


def close_run(session: Session, run_id: int, *, actor: Actor, now: datetime) -> None:
    """Done when every chunk is. Called after each chunk and by the sweep; repeating is harmless."""
    if queries.chunks_left(session, run_id):
        return
    run = _lock_run(session, run_id)
    if run.state == RunState.RUNNING and not queries.chunks_left(session, run_id):
        _finish(session, run, actor=actor, now=now)


def sweep(session: Session, *, zone: ZoneInfo, actor: Actor, now: datetime) -> None:
    """Start what is due and was not started, missed months first; help on what was left lying."""
    today = now.astimezone(zone).date()
    for scheme, month in queries.due_months(session, today):
        cmd = StartRun(scheme, month, look=False, started_as=StartedAs.SCHEDULE)
        run = start_run(session, cmd, actor=actor, now=now)
        if month < Month.of(today):
            log.warning("%s was missed and is caught up now", run.source)
            audit.record(session, "budgets.month_caught_up", run.source, actor=actor, now=now)
    for run_id in queries.waiting_runs(session):
        plan_run(session, run_id, actor=actor, now=now)
    for run_id in queries.running_runs(session):
        close_run(session, run_id, actor=actor, now=now)


def _check_may_start(session: Session, cmd: StartRun, now: datetime) -> None:
    scheme = schemes.scheme_for(session, cmd.scheme, cmd.month)
    if scheme is None:
        raise NoSchemeInForce(
            f"scheme {cmd.scheme!r} has no version in force in {cmd.month}",
            scheme=cmd.scheme,
            month=str(cmd.month),
        )
    if cmd.month < scheme.first_month:
        raise BeforeFirstMonth(
            f"scheme {cmd.scheme!r} begins in {scheme.first_month}: {cmd.month} is not owed",
            month=str(cmd.month),
            first_month=str(scheme.first_month),
        )
    latest = Month.of(now.date()).plus(MONTHS_AHEAD)
    if cmd.month > latest:
        raise MonthTooFarAhead(
            f"{cmd.month} is too far ahead; the latest month that can be allocated is {latest}",
            month=str(cmd.month),
            latest=str(latest),
        )


def _lock_scheme(session: Session, scheme: str) -> None:
    """Starting and planning of one scheme's runs happen one after another."""
    key = func.hashtextextended(f"budgets:{scheme}", 0)
    session.execute(select(func.pg_advisory_xact_lock(key)))


def _lock_booking_month(session: Session, run: Run) -> Month:
    """The month may have been sealed since the run began: then the next one takes the rows."""
    month = ledger_queries.booking_month(session, run.month)
    ledger.lock_month(session, month)
    return month


def _lock_run(session: Session, run_id: int) -> Run:
    query = select(Run).where(Run.id == run_id).with_for_update()
    return session.scalars(query.execution_options(populate_existing=True)).one()


def _add_chunks(session: Session, run_id: int, chunks: list[tuple[int, list[int]]]) -> None:
    with driver(session).cursor() as cursor:
        cursor.executemany(
            "INSERT INTO budgets_chunk (run_id, number, employee_ids, state)"
            " VALUES (%s, %s, %s, %s)",
            [(run_id, number, array(ids), ChunkState.TODO.value) for number, ids in chunks],
        )
    for number, _ in chunks:
        outbox.announce(session, "budgets.work_chunk", run_id=run_id, number=number)


def _split(session: Session, chunk: Chunk, now: datetime) -> None:
    chunk.state = ChunkState.SPLIT
    chunk.lease_until = None
    ids = chunk.employee_ids
    if len(ids) == 1:
        chunk.state = ChunkState.DONE
        chunk.done_at = now
        chunk.skipped = 1
        reason = "the calculation for this employee ended its worker each time; tell the makers"
        _skip(session, session.get_one(Run, chunk.run_id), {ids[0]: ("poison", reason)}, now=now)
        return
    last = session.scalar(select(func.max(Chunk.number)).where(Chunk.run_id == chunk.run_id))
    half = len(ids) // 2
    _add_chunks(session, chunk.run_id, list(enumerate((ids[:half], ids[half:]), (last or 0) + 1)))


def _post(session: Session, run: Run, work: computation.Work, *, now: datetime) -> int:
    """Book every difference; the number of transfers.

    The accounts are locked in id order before their balances are read, and the trigger of the
    ledger takes the same locks in the same order: what is read here is still true when it posts.
    """
    if not work.changes:
        return 0
    lines: list[str] = []
    for unit, kind in computation.ACCOUNT_OF.items():
        people_of_unit = [
            employee
            for employee, changes in work.changes.items()
            if any(entry.unit is unit for entry in changes)
        ]
        if people_of_unit:
            lines += _lines_of_unit(session, run, work, unit, kind, people_of_unit, now)
    return ledger.copy_transfers(session, run.booked_in, ["".join(lines)])


def _lines_of_unit(
    session: Session,
    run: Run,
    work: computation.Work,
    unit: Unit,
    kind: AccountKind,
    employees: list[int],
    now: datetime,
) -> list[str]:
    accounts = work.accounts[unit]
    if missing := [employee for employee in employees if employee not in accounts]:
        accounts |= ledger.open_accounts(session, missing, kind, unit)
    debtors = [
        employee
        for employee in employees
        if employee in work.debtors or min(work.changes[employee].values()) < 0
    ]
    owed = ledger.open_accounts(session, debtors, AccountKind.OWED, unit) if debtors else {}
    balances = ledger.lock_accounts(
        session, [accounts[employee] for employee in debtors] + list(owed.values())
    )
    line = _LineMaker(
        run, unit, ledger.employer_account(session, kind, unit), now.isoformat()
    ).lines
    nothing = rules.Purse(0, 0)
    lines: list[str] = []
    for employee in employees:
        changes = {e: m for e, m in work.changes[employee].items() if e.unit is unit}
        purse = nothing
        if employee in owed:
            balance, debt = balances[accounts[employee]], balances[owed[employee]]
            purse = rules.Purse(balance.posted_minor - balance.held_minor, -debt.posted_minor)
        lines += line(employee, accounts[employee], owed.get(employee, 0), changes, purse)
    return lines


class _LineMaker:
    """Formats one employee's transfers for COPY; the ids are a function of the fact alone."""

    def __init__(self, run: Run, unit: Unit, employer: int, happened_at: str) -> None:
        self.run_id = run.id
        self.own_month = run.month
        self.booked_in = run.booked_in
        self.unit = unit.value
        self.employer = employer
        self.end = f"{run.source}\tsystem\t{happened_at}\n"
        self._patterns: dict[tuple[int, str, bool, str], str] = {}

    def lines(
        self,
        employee: int,
        account: int,
        owed: int,
        changes: dict[rules.Entry, int],
        purse: rules.Purse,
    ) -> list[str]:
        made = [
            self._line(
                employee,
                (entry.for_month, entry.code, is_owed, "allocation"),
                owed if is_owed else account,
                self.employer,
                minor,
            )
            for entry, minor, is_owed in rules.bookings(changes, purse)
        ]
        back = rules.set_off(changes, purse) if purse.debt else 0
        if back:
            what = (self.own_month.number, "", False, "set_off")
            made.append(self._line(employee, what, account, owed, -back))
        return made

    def _line(
        self, employee: int, what: tuple[int, str, bool, str], account: int, other: int, minor: int
    ) -> str:
        """`minor` above zero comes to `account` from `other`; below zero it goes there."""
        pattern = self._patterns.get(what) or self._pattern(what)
        if minor > 0:
            return pattern % (employee, other, account, minor)
        return pattern % (employee, account, other, -minor)

    def _pattern(self, what: tuple[int, str, bool, str]) -> str:
        """A line without employee, accounts and amount: there are few, and a million lines."""
        for_month, code, _, reason = what
        transfer = run_transfer_pattern(
            self.booked_in, self.run_id, Month.from_number(for_month), fact_tag(*what[1:])
        )
        made = self._patterns[what] = (
            f"{transfer}\t{self.booked_in.number}\t{for_month}\t%d\t%d\t{self.unit}\t%d\t"
            f"{reason}\t{code or chr(92) + 'N'}\t{self.end}"
        )
        return made


def _settle_changes(session: Session, run: Run, work: computation.Work) -> None:
    """Changes are settled once every month that they touch has been looked at."""
    if run.month < work.last_month_run:
        return
    rows = [
        {"change_id": change, "scheme": run.scheme, "run_id": run.id}
        for employee, changes in work.change_ids.items()
        if employee not in work.skipped
        for change in changes
    ]
    if rows:
        session.execute(upsert(SettledChange).on_conflict_do_nothing(), rows)


def _skip(
    session: Session, run: Run, skipped: dict[int, tuple[str, str]], *, now: datetime
) -> None:
    """List who was skipped, and leave a mark so that the next run looks at this month again."""
    if not skipped:
        return
    session.execute(
        upsert(Skip).on_conflict_do_nothing(),
        [
            {"run_id": run.id, "employee_id": employee, "code": code, "reason": reason}
            for employee, (code, reason) in skipped.items()
        ],
    )
    if not run.look:
        marked = queries.unsettled(session, run.scheme, list(skipped), run.month)
        unmarked = [employee for employee in skipped if employee not in marked]
        session.add_all(
            FactChange(employee_id=employee, first_month=run.month, recorded_at=now)
            for employee in unmarked
        )


def _summary(run: Run, work: computation.Work) -> list[list[object]]:
    """Per component, and own or earlier month: [code, unit, earlier, employees, minor]."""
    people_of: Counter[rules.Entry] = Counter()
    minor_of: Counter[rules.Entry] = Counter()
    for changes in work.changes.values():
        people_of.update(changes.keys())
        for entry, minor in changes.items():
            minor_of[entry] += minor
    sums: dict[tuple[str, str, bool], list[int]] = {}
    for entry, people_found in people_of.items():
        key = (entry.code, entry.unit.value, entry.for_month != run.month.number)
        so_far = sums.setdefault(key, [0, 0])
        so_far[0] += people_found
        so_far[1] += minor_of[entry]
    return [[*key, *sums[key]] for key in sorted(sums)]


def _finish(session: Session, run: Run, *, actor: Actor, now: datetime) -> None:
    if not run.look:
        run.settled_through = queries.settled_by_now(session, run)
    run.state = RunState.DONE
    run.finished_at = now
    audit.record(session, "budgets.run_done", run.source, actor=actor, now=now)
    for waiting in queries.waiting_runs(session, scheme=run.scheme):
        outbox.announce(session, "budgets.plan_run", run_id=waiting)
