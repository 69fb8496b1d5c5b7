"""An organisation on a simple scheme, and a month worked off as the tasks would."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from io import BytesIO

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from ideals.budgets import commands, queries
from ideals.budgets.models import Chunk, Run
from ideals.budgets.queries import leave as leave_queries
from ideals.budgets.states import StartedAs
from ideals.kernel.actor import SYSTEM
from ideals.kernel.month import Month
from ideals.kernel.registry import Registry
from ideals.ledger import queries as ledger_queries
from ideals.people.commands import (
    ImportLeave,
    ImportPay,
    ImportPeople,
    import_leave,
    import_pay,
    import_people,
)
from ideals.people.rules import ImportReport
from ideals.schemes.commands import PublishScheme, publish_scheme

NOW = datetime(2026, 4, 1, 9, 0, tzinfo=UTC)


@pytest.fixture(autouse=True)
def only_what_budgets_prove(monkeypatch: pytest.MonkeyPatch) -> None:
    """Tests here move value in the name of orders that are not there."""
    provers: Registry[ledger_queries.Prover] = Registry("proofs of budgets")
    provers.register("runs", queries.prove_runs)
    provers.register("leave", leave_queries.prove_leave)
    monkeypatch.setattr(ledger_queries, "PROVERS", provers)


COLUMNS = (
    "number", "name", "hired_on", "unit", "scheme", "valid_from", "full_time_salary",
    "part_time_factor", "birth_date", "leaves_on", "sick_from", "unpaid_from", "unpaid_until",
)  # fmt: skip

SIMPLE = """
scheme: simple
version: "2020-01"
name: {en: Simple, nl: Eenvoudig}
currency: EUR
full_time_hours: 36
first_month: "2020-01"
calendar: {allocate_on: 1, deadline: {day: 15}, left_over: keep_until_december}
part_month: calendar_days
sickness: paid
rounding: half_up
components:
  holiday_allowance: {formula: "8% * salary"}
  thirteenth_month: {formula: "8.33% * salary"}
leaving: {rest: pay, unused_bought: reverse_at_price_paid, debt: set_off}
"""


class Clock:
    """Time that moves a second with every look, so that what was learned is ordered."""

    def __init__(self, start: datetime = NOW) -> None:
        self.moment = start

    def __call__(self) -> datetime:
        self.moment += timedelta(seconds=1)
        return self.moment


def row(number: str, **facts: str) -> dict[str, str]:
    usual = {
        "number": number,
        "name": f"Employee {number}",
        "hired_on": "2020-01-01",
        "unit": "Bank/Retail",
        "scheme": "simple",
        "valid_from": "2020-01-01",
        "full_time_salary": "3000.00",
        "part_time_factor": "1",
        "birth_date": "1990-05-05",
    }
    return usual | facts


def publish(session: Session, text: str = SIMPLE, *, now: datetime = NOW) -> None:
    publish_scheme(session, PublishScheme(text), actor=SYSTEM, now=now)


def people(session: Session, *rows: dict[str, str], now: datetime = NOW) -> ImportReport:
    lines = [",".join(COLUMNS)] + [",".join(r.get(c, "") for c in COLUMNS) for r in rows]
    source = BytesIO("\n".join(lines).encode())
    report = import_people(session, ImportPeople(source, "people.csv"), actor=SYSTEM, now=now)
    assert report.wrong == 0, report.lines
    return report


def pay(session: Session, *rows: str, now: datetime = NOW) -> ImportReport:
    source = BytesIO("\n".join(("number,month,code,amount", *rows)).encode())
    return import_pay(session, ImportPay(source, "pay.csv"), actor=SYSTEM, now=now)


def allocate(
    session: Session, month: str, *, now: datetime = NOW, scheme: str = "simple", look: bool = False
) -> Run:
    """A whole run, by the commands that the tasks run."""
    cmd = commands.StartRun(scheme, Month.parse(month), look, StartedAs.COMMAND)
    run = commands.start_run(session, cmd, actor=SYSTEM, now=now)
    commands.plan_run(session, run.id, actor=SYSTEM, now=now)
    for number in session.scalars(select(Chunk.number).where(Chunk.run_id == run.id)):
        lease = commands.take_chunk(session, run.id, number, now=now)
        assert lease is not None
        commands.work_chunk(session, lease, now=now)
    commands.close_run(session, run.id, actor=SYSTEM, now=now)
    return run


def leave(session: Session, *rows: str, now: datetime = NOW) -> ImportReport:
    """Rows of a leave file: `number,date,minutes,kind,id`."""
    source = BytesIO("\n".join(("number,date,minutes,kind,id", *rows)).encode())
    report = import_leave(session, ImportLeave(source, "leave.csv"), actor=SYSTEM, now=now)
    assert report.wrong == 0, report.lines
    return report
