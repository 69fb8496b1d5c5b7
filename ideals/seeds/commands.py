"""What seeds and tests share: files taken whole, runs from start to end, jobs without a worker."""

from __future__ import annotations

import io
from collections.abc import Callable, Mapping
from datetime import date, datetime
from pathlib import Path
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from ideals import outbox
from ideals.access.models import User
from ideals.budgets import commands as budgets
from ideals.budgets.commands import leave
from ideals.budgets.queries import leave as leave_queries
from ideals.budgets.states import StartedAs
from ideals.config import ROOT
from ideals.kernel.actor import SYSTEM, Actor
from ideals.kernel.month import Month
from ideals.payroll import commands as payroll
from ideals.people import commands as people
from ideals.people import queries as people_queries
from ideals.people.rules import ImportReport
from ideals.schemes import commands as schemes
from ideals.schemes import queries as scheme_queries
from ideals.seeds.errors import RowsRefused
from ideals.shop.commands import closing
from ideals.shop.commands.orders import PLACED

Progress = Callable[[str], None]
Payload = Mapping[str, Any]
Job = Callable[[Session, Payload, datetime], None]


def publish_example(session: Session, code: str, *, actor: Actor, now: datetime) -> None:
    """A scheme that comes with the product, unless the organisation has one of this code."""
    if code in scheme_queries.scheme_codes(session):
        return
    document = ROOT / "ideals" / "schemes" / "examples" / f"{code}.yaml"
    cmd = schemes.PublishScheme(document.read_text("utf-8"))
    schemes.publish_scheme(session, cmd, actor=actor, now=now)


def allocate(session: Session, scheme: str, month: Month, *, actor: Actor, now: datetime) -> None:
    """A whole run at once, in this transaction, by the commands that workers run."""
    cmd = budgets.StartRun(scheme, month, look=False, started_as=StartedAs.SCHEDULE)
    budgets.start_run(session, cmd, actor=actor, now=now)
    work_off(session, now=now)


def work_off(session: Session, *, now: datetime, jobs: Mapping[str, Job] | None = None) -> None:
    """Do every unfinished job that this transaction sees, and what follows from it: of runs of
    every kind, the seal of a month and leave taken, or these.

    For seeds and tests, which have no worker: the tasks in `workers` run the same commands, each in
    a transaction of its own.
    """
    jobs = jobs or RUNS
    waiting = (
        select(outbox.Message.id, outbox.Message.name, outbox.Message.payload)
        .where(outbox.Message.done_at.is_(None), outbox.Message.name.in_(jobs))
        .order_by(outbox.Message.id)
    )
    while found := session.execute(waiting).all():
        for message_id, name, payload in found:
            jobs[name](session, payload, now)
            outbox.finish(session, message_id, now=now)


def demo_people(session: Session) -> list[tuple[str, str]]:
    """Who can be signed in as with one click: (what they are, e-mail address)."""
    query = select(User.demo_label, User.email).where(User.demo_label.is_not(None))
    return [(label or "", email) for label, email in session.execute(query.order_by(User.id))]


def import_people(
    session: Session, content: bytes | Path, name: str, *, actor: Actor, now: datetime
) -> ImportReport:
    """Take a whole people file, checked against the published schemes. Raises `RowsRefused`."""
    hours = scheme_queries.full_time_hours(session)
    cmd = people.ImportPeople(
        io.BytesIO(content) if isinstance(content, bytes) else content,
        name,
        known_schemes=hours.keys(),
        full_time_hours=hours,
    )
    return _applied(people.import_people(session, cmd, actor=actor, now=now))


def import_pay(
    session: Session, content: bytes, name: str, *, actor: Actor, now: datetime
) -> ImportReport:
    """Take a whole pay file. Raises `RowsRefused`."""
    cmd = people.ImportPay(io.BytesIO(content), name)
    return _applied(people.import_pay(session, cmd, actor=actor, now=now))


def import_leave(
    session: Session, content: bytes, name: str, *, actor: Actor, now: datetime
) -> ImportReport:
    """Take a whole leave file. Raises `RowsRefused`."""
    cmd = people.ImportLeave(io.BytesIO(content), name)
    return _applied(people.import_leave(session, cmd, actor=actor, now=now))


def _applied(report: ImportReport) -> ImportReport:
    if not report.applied and report.wrong:
        wrong = next(line for line in report.lines if line.message)
        raise RowsRefused(
            f"{report.file_name}, row {wrong.row}, {wrong.field}: {wrong.message}",
            file=report.file_name,
        )
    return report


# --- jobs, as the tasks of the same names do them ---------------------------------------------


def _plan(session: Session, payload: Payload, now: datetime) -> None:
    budgets.plan_run(session, payload["run_id"], actor=SYSTEM, now=now)


def _work(session: Session, payload: Payload, now: datetime) -> None:
    lease = budgets.take_chunk(session, payload["run_id"], payload["number"], now=now)
    if lease:
        budgets.work_chunk(session, lease, now=now)
        budgets.close_run(session, lease.run_id, actor=SYSTEM, now=now)


def _leave_changed(session: Session, payload: Payload, now: datetime) -> None:
    changed = people_queries.employees_of_leave(session, payload["first_id"], payload["last_id"])
    leave.post_leave_taken(session, leave.PostLeaveTaken(changed), actor=SYSTEM, now=now)


def _leave_day(session: Session, payload: Payload, now: datetime) -> None:
    ids = leave_queries.people_of_leave(session, payload["first"], payload["last"])
    today = date.fromisoformat(payload["day"])
    leave.post_leave_taken(session, leave.PostLeaveTaken(ids), actor=SYSTEM, now=now)
    leave.remind_of_leave(session, leave.RemindOfLeave(ids, today), actor=SYSTEM, now=now)
    leave.lapse_leave(session, leave.LapseLeave(ids, today), actor=SYSTEM, now=now)


def _count_later(session: Session, payload: Payload, now: datetime) -> None:
    """Who loads many orders counts once, at the end."""


def _seal(session: Session, payload: Payload, now: datetime) -> None:
    closing.seal_closed(session, Month.parse(payload["month"]), actor=SYSTEM, now=now)


def _make_batch(session: Session, payload: Payload, now: datetime) -> None:
    cmd = payroll.MakeBatch(Month.parse(payload["month"]))
    payroll.make_batch(session, cmd, actor=SYSTEM, now=now)


RUNS: Mapping[str, Job] = {
    "budgets.plan_run": _plan,
    "budgets.work_chunk": _work,
    closing.SEAL: _seal,
    people.LEAVE_CHANGED: _leave_changed,
}
EVERY_JOB: Mapping[str, Job] = {
    **RUNS,
    leave.LEAVE_DAY: _leave_day,
    PLACED: _count_later,
    closing.SEALED: _make_batch,
}
"""But for mail, which only a server can take."""
