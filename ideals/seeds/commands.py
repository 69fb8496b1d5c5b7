"""Loading the demo organisation: month after month, as HR, payroll and the clock would have done.

All in one transaction: nobody sees half an organisation, the clock does not begin to catch up on
its months in between, and a load that is interrupted leaves nothing behind.
"""

from __future__ import annotations

import io
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from ideals import outbox
from ideals.access import commands as access
from ideals.access.models import User
from ideals.budgets import commands as budgets
from ideals.budgets.states import StartedAs
from ideals.config import ROOT
from ideals.kernel.actor import SYSTEM, Actor, Role
from ideals.kernel.month import Month
from ideals.ledger import commands as ledger
from ideals.people import commands as people
from ideals.people import queries as people_queries
from ideals.people.rules import ImportReport
from ideals.schemes import commands as schemes
from ideals.schemes import queries as scheme_queries
from ideals.seeds.careers import careers
from ideals.seeds.errors import RowsRefused
from ideals.seeds.files import SCHEME, Post
from ideals.seeds.organisation import CAST, HISTORY
from ideals.shop.commands import closing

Progress = Callable[[str], None]


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


def work_off(session: Session, *, now: datetime) -> None:
    """Do every unfinished job of the runs that this transaction sees, and what follows from it.

    For seeds and tests, which have no worker: `workers` runs the same commands, each in a
    transaction of its own.
    """
    while waiting := session.execute(_WAITING).all():
        for message_id, name, payload in waiting:
            _JOBS[name](session, payload, now)
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


def _plan(session: Session, payload: dict[str, int], now: datetime) -> None:
    budgets.plan_run(session, payload["run_id"], actor=SYSTEM, now=now)


def _work(session: Session, payload: dict[str, int], now: datetime) -> None:
    lease = budgets.take_chunk(session, payload["run_id"], payload["number"], now=now)
    if lease:
        budgets.work_chunk(session, lease, now=now)
        budgets.close_run(session, lease.run_id, actor=SYSTEM, now=now)


def _seal(session: Session, payload: dict[str, str], now: datetime) -> None:
    closing.seal_closed(session, Month.parse(payload["month"]), actor=SYSTEM, now=now)


_JOBS: dict[str, Callable[[Session, dict[str, Any], datetime], None]] = {
    "budgets.plan_run": _plan,
    "budgets.work_chunk": _work,
    closing.SEAL: _seal,
}
_WAITING = (
    select(outbox.Message.id, outbox.Message.name, outbox.Message.payload)
    .where(outbox.Message.done_at.is_(None), outbox.Message.name.in_(_JOBS))
    .order_by(outbox.Message.id)
)
