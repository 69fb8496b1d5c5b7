"""Closing a month by real workers, killed in the middle of it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import psycopg
import pytest
from sqlalchemy import func, select, text
from sqlalchemy.orm import Session

from ideals import db, embedded
from ideals.app import connect_features
from ideals.budgets import commands as budgets
from ideals.budgets import queries as budget_queries
from ideals.budgets.models import Chunk, Run
from ideals.budgets.states import RunKind, StartedAs
from ideals.config import ROOT
from ideals.db import unit_of_work
from ideals.kernel.actor import SYSTEM
from ideals.kernel.month import Month
from ideals.ledger.models import MONTH_LOCKS, Transfer
from ideals.ledger.queries import month_state, prove
from ideals.ledger.states import MonthState
from ideals.shop.commands import closing
from tests.budgets.conftest import SIMPLE, allocate, people, publish, row
from tests.service import RELAY, SCHEDULE, WORKER, Service, service_on, wait_for

MARCH = Month(2026, 3)
EMPLOYEES = 250
PAYING = SIMPLE.replace("left_over: keep_until_december", "left_over: pay_each_month")
ZONE = ZoneInfo("Europe/Amsterdam")


@pytest.fixture
def service(own_database: str, servers: embedded.Servers, tmp_path: Path) -> Iterator[Service]:
    with service_on(own_database, servers, tmp_path) as started:
        yield started


@pytest.fixture
def allocated(own_database: str) -> None:
    """March is allocated to everybody, and nobody has chosen anything."""
    connect_features()
    with unit_of_work() as session:
        publish(session, PAYING)
        people(session, *(row(str(number)) for number in range(1, EMPLOYEES + 1)))
        allocate(session, "2026-03")


def close() -> int:
    """Started, and not worked on: the id of its run."""
    with unit_of_work() as session:
        cmd = closing.CloseMonth(MARCH, StartedAs.COMMAND, early="a test")
        runs = closing.close_month(session, cmd, actor=SYSTEM, now=datetime.now(UTC), zone=ZONE)
        return runs[0].id


def sealed() -> bool:
    with unit_of_work() as session:
        return month_state(session, MARCH) is MonthState.SEALED


def taken(run_id: int) -> int:
    with unit_of_work() as session:
        query = select(func.count()).where(Chunk.run_id == run_id, Chunk.attempts > 0)
        return session.scalars(query).one()


def time_passes() -> None:
    """As if the leases had run out and the messages were due again."""
    with unit_of_work() as session:
        session.execute(text("UPDATE budgets_chunk SET lease_until = now() - interval '1 s'"))
        session.execute(text("UPDATE outbox_message SET due_at = now() WHERE done_at IS NULL"))


@contextmanager
def chunks_stand_still(url: str) -> Iterator[None]:
    """Whoever works on a chunk waits for the month's lock: the middle of a chunk, held open."""
    with psycopg.connect(db.plain_url(url)) as connection:
        connection.execute("SELECT pg_advisory_xact_lock(%s, %s)", (MONTH_LOCKS, MARCH.number))
        yield


def assert_everybody_paid_once() -> None:
    wait_for(sealed, "the month to be sealed")
    with unit_of_work() as session:
        paid = session.execute(
            select(Transfer.from_account, func.count())
            .where(Transfer.reason == "left_over")
            .group_by(Transfer.from_account)
        ).all()
        assert len(paid) == EMPLOYEES
        assert {count for _, count in paid} == {1}
        runs = select(func.count()).where(Run.kind == RunKind.CLOSE)
        assert session.scalars(runs).one() == 1
        assert prove(session) == []


def test_a_worker_killed_in_the_middle_of_a_close_loses_and_doubles_nothing(
    service: Service, allocated: None, own_database: str
) -> None:
    run = close()
    service.start(*RELAY)
    worker = service.start(*WORKER)
    with chunks_stand_still(own_database):
        wait_for(lambda: taken(run) >= 2, "two chunks to be taken")
        service.kill(worker)
    assert not sealed()
    time_passes()
    service.start(*WORKER)
    assert_everybody_paid_once()


def test_a_flushed_redis_in_the_middle_of_a_close_costs_time_and_nothing_else(
    service: Service, allocated: None, own_database: str
) -> None:
    run = close()
    service.start(*RELAY)
    with chunks_stand_still(own_database):
        service.start(*WORKER)
        wait_for(lambda: taken(run) >= 2, "two chunks to be taken")
        service.flush_redis()
    time_passes()
    assert_everybody_paid_once()


def test_messages_of_a_close_delivered_five_times_do_it_once(
    service: Service, allocated: None
) -> None:
    close()
    service.start(*RELAY)
    service.start(*WORKER)
    for _ in range(5):
        with unit_of_work() as session:
            session.execute(text("UPDATE outbox_message SET due_at = now(), done_at = NULL"))
        close()
    assert_everybody_paid_once()


def test_the_schedule_seals_what_was_left_lying(service: Service, allocated: None) -> None:
    """Every chunk is done, and the message that asks for the seal is lost for good."""
    close()
    with unit_of_work() as session:
        work_off_runs(session)
        session.execute(text("UPDATE outbox_message SET done_at = now()"))
    assert not sealed()
    service.start(*RELAY)
    service.start(*WORKER)
    service.start(*SCHEDULE, "-s", f"{service.environment['IDEALS_VAR']}/beat")
    assert_everybody_paid_once()


def work_off_runs(session: Session) -> None:
    """Every chunk there is, without what is announced at the end."""
    now = datetime.now(UTC)
    for run_id in budget_queries.waiting_runs(session):
        budgets.plan_run(session, run_id, actor=SYSTEM, now=now)
    for chunk in session.scalars(select(Chunk).where(Chunk.state == "todo")).all():
        lease = budgets.take_chunk(session, chunk.run_id, chunk.number, now=now)
        assert lease is not None
        budgets.work_chunk(session, lease, now=now)
        budgets.close_run(session, chunk.run_id, actor=SYSTEM, now=now)


def test_the_command_brings_a_worker_and_waits_for_the_seal(
    service: Service, allocated: None, own_database: str
) -> None:
    """No worker lives: `flask shop close` does everything, and answers what was sealed."""
    command = [sys.executable, "-m", "flask", "shop", "close", "2026-03", "--json"]
    environment = os.environ | service.environment
    done = subprocess.run(
        [*command, "--early", "a test"], env=environment, cwd=ROOT, capture_output=True, text=True,
        timeout=120,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    view = json.loads(done.stdout)
    assert (view["state"], view["schemes"][0]["close"]["done"]) == ("sealed", EMPLOYEES)
    assert_everybody_paid_once()

    refused = subprocess.run(
        [*command[:-2], "2026-04"], env=environment, cwd=ROOT, capture_output=True, text=True,
        timeout=60,
    )  # fmt: skip
    assert refused.returncode == 1
    assert "is not opened in the ledger" in refused.stderr or "start its run" in refused.stderr
