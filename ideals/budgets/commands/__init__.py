"""Runs: start, plan, work, close; and the sweep that starts what is due. `allocation`: what
one kind of run does. `leave`: leave taken, and leave that lapses.

Runs are the same for every kind of them. What differs is in `KINDS`.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import func, select, text, update
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.orm import Session

from ideals import audit, outbox
from ideals.budgets import queries, rules
from ideals.budgets.commands import allocation
from ideals.budgets.commands.leave import PostLeaveTaken as PostLeaveTaken
from ideals.budgets.commands.leave import post_leave_taken as post_leave_taken
from ideals.budgets.errors import LeaseLost, LookUnfinished, NoSchemeInForce, RunNotFound
from ideals.budgets.models import Chunk, Run, Skip
from ideals.budgets.queries import runs as run_queries
from ideals.budgets.rules import Worked
from ideals.budgets.states import ChunkState, RunKind, RunState, StartedAs
from ideals.db import array, driver
from ideals.kernel.actor import Actor
from ideals.kernel.month import Month
from ideals.kernel.registry import Registry
from ideals.ledger import commands as ledger
from ideals.ledger import queries as ledger_queries

log = logging.getLogger("ideals.budgets")

LEASE = timedelta(seconds=30)
ATTEMPTS_BEFORE_SPLIT = 3


@dataclass(frozen=True, slots=True)
class Kind:
    """What the runs of one kind do, each within the transaction of the machinery's step.

    `check` refuses a run that must not start. `plan`, called when it is the run's turn, answers
    whom it looks at. `work` does one chunk and posts. `skipped` gets the employees that were left
    out, beside the rows that list them. `finish` follows when the last chunk is done.
    `largest_chunk`: whose work ends well within a lease; `None`: as for allocations.
    """

    check: Callable[[Session, str, Month, datetime], None]
    plan: Callable[[Session, Run], list[int]]
    work: Callable[[Session, Run, list[int], datetime], Worked]
    skipped: Callable[[Session, Run, Collection[int], datetime], None]
    finish: Callable[[Session, Run, datetime], None]
    largest_chunk: int | None = None


KINDS: Registry[Kind] = Registry("do what a kind of run is for")
"""By `RunKind`. Higher features register theirs."""


@dataclass(frozen=True, slots=True)
class StartRun:
    """`look`: compute and show the differences, post nothing; only allocations can."""

    scheme: str
    month: Month
    look: bool
    started_as: StartedAs
    kind: RunKind = RunKind.ALLOCATION


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
    """The unfinished run of this scheme, month and kind if there is one, else the next round.

    Raises what the kind's `check` does: for allocations `NoSchemeInForce`, `BeforeFirstMonth` or
    `MonthTooFarAhead`.
    """
    _kind(cmd.kind).check(session, cmd.scheme, cmd.month, now)
    _lock_scheme(session, cmd.scheme)
    unfinished = queries.unfinished_run(session, cmd.scheme, cmd.month, cmd.kind)
    if unfinished is not None and not cmd.look:
        return unfinished
    ledger.open_months(session, ledger.OpenMonths(cmd.month, cmd.month), actor=actor, now=now)
    run = Run(
        scheme=cmd.scheme,
        kind=cmd.kind,
        month=cmd.month,
        round=None if cmd.look else _next_round(session, cmd),
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
    """Freeze who is looked at into chunks. Waits its turn: one run of a scheme posts at a time,
    whatever its kind, the earliest month first."""
    run = _lock_run(session, run_id)
    if run.state != RunState.PLANNING:
        return
    _lock_scheme(session, run.scheme)
    if run_queries.waits_for(session, run) is not None:
        return
    run.known_at = now
    kind = _kind(run.kind)
    chunks = list(rules.chunked(kind.plan(session, run), kind.largest_chunk))
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
    """Do what the kind of run is for, and record the chunk as done: all in this transaction.

    Raises `LeaseLost` when another worker took the chunk over; nothing of this is kept then.
    """
    # A chunk lost in a crash of the server is lost whole, its mark as done with it, and is taken
    # again: nobody has to wait for the disk.
    session.execute(text("SET LOCAL synchronous_commit = off"))
    run = session.get_one(Run, lease.run_id)
    chunk = session.get_one(Chunk, (lease.run_id, lease.number))
    worked = _kind(run.kind).work(session, run, chunk.employee_ids, now)
    _skip(session, run, worked.skipped, now=now)
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
            skipped=len(worked.skipped),
            transfers=worked.transfers,
            changed=worked.changed,
            differences=worked.differences,
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


def _next_round(session: Session, cmd: StartRun) -> int:
    return queries.last_round(session, cmd.scheme, cmd.month, cmd.kind) + 1


def _kind(name: str) -> Kind:
    kind = KINDS.get(name)
    assert kind is not None  # noqa: S101  the database knows no other, and all are registered
    return kind


def _lock_scheme(session: Session, scheme: str) -> None:
    """Starting and planning of one scheme's runs happen one after another."""
    key = func.hashtextextended(f"budgets:{scheme}", 0)
    session.execute(select(func.pg_advisory_xact_lock(key)))


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


def _skip(
    session: Session, run: Run, skipped: Mapping[int, tuple[str, str]], *, now: datetime
) -> None:
    """List who was skipped, with the reason."""
    if not skipped:
        return
    session.execute(
        upsert(Skip).on_conflict_do_nothing(),
        [
            {"run_id": run.id, "employee_id": employee, "code": code, "reason": reason}
            for employee, (code, reason) in skipped.items()
        ],
    )
    _kind(run.kind).skipped(session, run, skipped.keys(), now)


def _finish(session: Session, run: Run, *, actor: Actor, now: datetime) -> None:
    run.state = RunState.DONE
    run.finished_at = now
    _kind(run.kind).finish(session, run, now)
    audit.record(session, "budgets.run_done", run.source, actor=actor, now=now)
    for waiting in queries.waiting_runs(session, scheme=run.scheme):
        outbox.announce(session, "budgets.plan_run", run_id=waiting)


KINDS.register(
    RunKind.ALLOCATION,
    Kind(
        check=allocation.check_may_start,
        plan=allocation.plan,
        work=allocation.work,
        skipped=allocation.mark_skipped,
        finish=allocation.finish,
    ),
)
