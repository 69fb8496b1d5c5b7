"""Making the batch of a sealed month, and seeing to it that each has one."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256

from sqlalchemy import func, select, text
from sqlalchemy.orm import Session

from ideals import audit
from ideals.db import driver
from ideals.kernel.actor import Actor, Role
from ideals.kernel.month import Month
from ideals.ledger.models import LedgerMonth
from ideals.ledger.states import MonthState
from ideals.notices.commands import Tell, tell
from ideals.payroll import queries
from ideals.payroll.errors import MonthNotSealed
from ideals.payroll.models import Batch
from ideals.payroll.queries.claims import CLAIMED
from ideals.payroll.queries.codes import kept_codes
from ideals.payroll.rules.codes import code_of
from ideals.payroll.rules.written import csv_of
from ideals.payroll.states import LineKind, unit_of

MAKE_BATCH = "payroll.make_batch"
"""Name of the outbox message, and of the task, that makes the batch of a month."""
READY = "payroll.ready"
"""The notice to payroll that a batch is there."""
BATCH_LOCKS = 7401
"""Key space of the locks under which a batch is made: one at a time for each month."""
_CODES = 0


@dataclass(frozen=True, slots=True)
class MakeBatch:
    month: Month


def make_batch(session: Session, cmd: MakeBatch, *, actor: Actor, now: datetime) -> Batch:
    """The month's batch: made from its sealed rows, once. Again it is the same one.

    Raises `MonthNotSealed`.
    """
    month = cmd.month
    lock_codes(session, shared=True)
    session.execute(select(func.pg_advisory_xact_lock(BATCH_LOCKS, month.number)))
    if (found := queries.batch_of(session, month)) is not None:
        return found
    seal = session.scalar(
        select(LedgerMonth.digest).where(
            LedgerMonth.month == month, LedgerMonth.state == MonthState.SEALED
        )
    )
    if seal is None:
        raise MonthNotSealed(
            f"{month} is not sealed; its batch is made when the month is closed", month=str(month)
        )
    _sum_up(session, month)
    _code(session, month)
    lines = driver(session).execute(_LINES, {"month": month.number}, prepare=False).rowcount
    batch = Batch(
        month=month,
        line_count=lines,
        seal=seal,
        digest=_digest(session, month),
        actor=actor.name,
        actor_user_id=actor.user_id,
        made_at=now,
    )
    session.add(batch)
    audit.record(
        session,
        "payroll.batch_made",
        f"month:{month}",
        actor=actor,
        now=now,
        lines=lines,
        digest=batch.digest,
    )
    _tell_payroll(session, month, actor=actor, now=now)
    return batch


def _tell_payroll(session: Session, month: Month, *, actor: Actor, now: datetime) -> None:
    cmd = Tell(
        kind=READY,
        subject=f"month:{month}",
        key=f"month:{month}:{READY}",
        role=Role.PAYROLL,
        data={"month": str(month)},
    )
    tell(session, cmd, actor=actor, now=now)


def lock_codes(session: Session, *, shared: bool) -> None:
    """Until the commit: batches are made with codes that nobody changes meanwhile."""
    take = func.pg_advisory_xact_lock_shared if shared else func.pg_advisory_xact_lock
    session.execute(select(take(BATCH_LOCKS, _CODES)))


def _sum_up(session: Session, month: Month) -> None:
    """Everybody's sums of the month by what they are, for the next statements only."""
    connection = driver(session)
    connection.execute("DROP TABLE IF EXISTS pg_temp.payroll_sum")
    connection.execute(
        f"CREATE TEMP TABLE payroll_sum ON COMMIT DROP AS {CLAIMED}",
        {"month": month.number},
        prepare=False,
    )
    connection.execute("ANALYZE payroll_sum")


def _code(session: Session, month: Month) -> None:
    """Keep with the batch what is in it, and the code each thing has in this month."""
    kept = kept_codes(session)
    rows = []
    for kind, item, tax, *sums in session.execute(text(_FOUND)):
        coded = code_of(LineKind(kind), item, month, kept)
        unit = unit_of(LineKind(kind))
        rows.append((month.number, kind, item, tax, unit.value, *coded, *sums))
    with driver(session).cursor() as cursor:
        cursor.executemany(_ADD_ITEM, rows)


_FOUND = """
SELECT kind, item, tax, count(*), sum(count)::bigint, sum(minor)::bigint,
       sum(reversed_minor)::bigint, sum(earlier_minor)::bigint
  FROM pg_temp.payroll_sum
 GROUP BY kind, item, tax
"""
_ADD_ITEM = """
INSERT INTO payroll_item (month, kind, item, tax, unit, code, name, mapped, people, count, minor,
                          reversed_minor, earlier_minor)
VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s)
"""
# What comes to nothing is no line: it stays in the ledger, and in the page that explains.
_LINES = """
INSERT INTO payroll_line (month, line, employee_id, code, unit, tax, minor)
SELECT %(month)s, row_number() OVER (ORDER BY e.number COLLATE "C", s.code COLLATE "C", s.unit,
       s.tax), s.employee_id, s.code, s.unit, s.tax, s.minor
  FROM (SELECT p.employee_id, i.code, i.unit, p.tax, sum(p.minor)::bigint AS minor
          FROM pg_temp.payroll_sum p
          JOIN payroll_item i ON i.month = %(month)s AND i.kind = p.kind AND i.item = p.item
           AND i.tax = p.tax
         GROUP BY p.employee_id, i.code, i.unit, p.tax
        HAVING sum(p.minor) <> 0) s
  JOIN people_employee e ON e.id = s.employee_id
"""


def _digest(session: Session, month: Month) -> str:
    digest = sha256()
    for piece in csv_of(queries.exported(session, month)):
        digest.update(piece)
    return digest.hexdigest()


@dataclass(frozen=True, slots=True)
class NoteExport:
    """That the batch left the house as a file of this kind."""

    month: Month
    file: str


def note_export(session: Session, cmd: NoteExport, *, actor: Actor, now: datetime) -> Batch:
    """Raises `BatchUnknown`, also to who may not see it."""
    batch = queries.access_batch(session, cmd.month, actor=actor)
    audit.record(
        session,
        "payroll.exported",
        f"month:{cmd.month}",
        actor=actor,
        now=now,
        file=cmd.file,
        digest=batch.digest,
    )
    return batch


def sweep(session: Session, *, actor: Actor, now: datetime) -> None:
    """Make the earliest batch that is missing: its message was lost, or its worker."""
    for month in queries.months_without_batch(session)[:1]:
        make_batch(session, MakeBatch(month), actor=actor, now=now)
