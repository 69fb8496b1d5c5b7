"""Close a month: start it, seal it once every scheme is through; note that somebody has died.

Every step may be repeated. `settling` is what a chunk of a close does.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.orm import Session

from ideals import audit, outbox
from ideals.budgets import commands as budgets
from ideals.budgets.commands import Kind, StartRun
from ideals.budgets.models import Run
from ideals.budgets.states import RunKind, RunState, StartedAs
from ideals.kernel.actor import Actor
from ideals.kernel.month import Month
from ideals.ledger import commands as ledger
from ideals.ledger import queries as ledger_queries
from ideals.ledger.states import MonthState
from ideals.people.models import Employee
from ideals.shop.commands import settling, telling
from ideals.shop.commands.ending import ReleaseOrder, release_order
from ideals.shop.errors import CloseRefused, MonthUnknown
from ideals.shop.models import Death
from ideals.shop.queries import closing as queries
from ideals.shop.queries.months import count_skipped

SEAL = "shop.seal_month"
"""What is announced when a scheme is through: the task seals when all of them are."""
SEALED = "month.sealed"
"""What is announced of a sealed month, once."""
NOT_DECIDED = "Nobody decided before the month closed."


@dataclass(frozen=True, slots=True)
class CloseMonth:
    """`early`: why the month is closed before its deadline, in a few words; empty: it is not."""

    month: Month
    started_as: StartedAs
    early: str = ""


def close_month(
    session: Session, cmd: CloseMonth, *, actor: Actor, now: datetime, zone: ZoneInfo
) -> list[Run]:
    """The runs that close the month, one for each scheme. Again: those there are, and no others.

    From here on orders go to later months. Raises `CloseRefused`, `MonthUnknown`.
    """
    state = ledger_queries.month_state(session, cmd.month)
    if state is None:
        raise MonthUnknown(f"{cmd.month} is not opened in the ledger.", month=str(cmd.month))
    if state is MonthState.SEALED:
        return list(queries.close_runs(session, cmd.month))
    if state is MonthState.OPEN:
        _check_may_close(session, cmd, now, zone)
        closing = ledger.BeginClosing(cmd.month)
        if ledger.begin_closing(session, closing, actor=actor, now=now):
            subject = f"month:{cmd.month}"
            audit.record(
                session, "shop.close_began", subject, actor=actor, now=now, early=cmd.early
            )
    _start_missing(session, cmd.month, cmd.started_as, actor=actor, now=now)
    outbox.announce(session, SEAL, month=str(cmd.month))
    return list(queries.close_runs(session, cmd.month))


def _start_missing(
    session: Session, month: Month, started_as: StartedAs, *, actor: Actor, now: datetime
) -> None:
    there = {run.scheme for run in queries.close_runs(session, month)}
    for code in queries.closing_schemes(session, month):
        if code in there:
            continue
        kinds = [RunKind.CLOSE]
        if queries.leavers_changed(session, code, month):
            # Nobody is settled by what was owed before it was known that they leave.
            kinds.insert(0, RunKind.ALLOCATION)
        for kind in kinds:
            start = StartRun(code, month, False, started_as, kind)
            budgets.start_run(session, start, actor=actor, now=now)


def _check_may_close(session: Session, cmd: CloseMonth, now: datetime, zone: ZoneInfo) -> None:
    codes = queries.closing_schemes(session, cmd.month)
    today = now.astimezone(zone).date()
    for obstacle in queries.obstacles(session, cmd.month, today, codes):
        if obstacle.code == "deadline" and cmd.early.strip():
            continue
        raise CloseRefused(
            obstacle.message, why=obstacle.code, month=str(cmd.month), **obstacle.data
        )


def seal_closed(session: Session, month: Month, *, actor: Actor, now: datetime) -> bool:
    """Seal the month if every scheme is through, and announce it; whether it did."""
    if queries.lock_month_row(session, month) is not MonthState.CLOSING:
        return False
    through = {
        run.scheme for run in queries.close_runs(session, month) if run.state == RunState.DONE
    }
    if set(queries.closing_schemes(session, month)) - through:
        # Somebody may have come to a scheme since the close began.
        _start_missing(session, month, StartedAs.SCHEDULE, actor=actor, now=now)
        return False
    for order_id in queries.left_pending(session, month):
        release_order(session, ReleaseOrder(order_id, NOT_DECIDED), actor=actor, now=now)
    ledger.seal_month(session, ledger.SealMonth(month), actor=actor, now=now)
    outbox.announce(session, SEALED, month=str(month))
    telling.tell_closed(session, month, count_skipped(session, month), actor=actor, now=now)
    return True


def sweep(session: Session, *, actor: Actor, now: datetime) -> None:
    """Seal what is through and was not sealed."""
    for month in queries.closing_months(session):
        seal_closed(session, month, actor=actor, now=now)


# The kind of run ------------------------------------------------------------------------------


def _check(session: Session, scheme: str, month: Month, now: datetime) -> None:
    del now
    if ledger_queries.month_state(session, month) is not MonthState.CLOSING:
        raise CloseRefused(
            f"{month} is not being closed.", why="not_closing", month=str(month), scheme=scheme
        )


def _finish(session: Session, run: Run, now: datetime) -> None:
    """Not here: another scheme may be at its end just now, and neither sees the other's."""
    del now
    outbox.announce(session, SEAL, month=str(run.month))


def _nothing(*_: object) -> None:
    """A skipped employee is looked at again by the close of the next month."""


CLOSE = Kind(
    check=_check,
    plan=queries.population,
    work=settling.work,
    skipped=_nothing,
    finish=_finish,
)


# Somebody has died ----------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class NoteDeath:
    """`died` `False` takes it back: it was somebody else."""

    employee_id: int
    died: bool = True


def note_death(session: Session, cmd: NoteDeath, *, actor: Actor, now: datetime) -> None:
    """Before the month of their last day is closed: a debt may be waived then."""
    subject = session.get_one(Employee, cmd.employee_id).source
    if cmd.died:
        row = upsert(Death).values(employee_id=cmd.employee_id, noted_at=now, noted_by=actor.name)
        session.execute(row.on_conflict_do_nothing())
        audit.record(session, "shop.death_noted", subject, actor=actor, now=now)
        return
    death = session.get(Death, cmd.employee_id)
    if death is not None:
        session.delete(death)
        audit.record(session, "shop.death_taken_back", subject, actor=actor, now=now)
