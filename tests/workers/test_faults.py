"""Real workers, a real relay, and what happens when they die in the middle."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import func, select, text

from ideals import db, embedded
from ideals.budgets import commands
from ideals.budgets.models import Chunk, Run
from ideals.budgets.states import StartedAs
from ideals.db import unit_of_work
from ideals.kernel.actor import SYSTEM
from ideals.kernel.month import Month
from ideals.ledger.models import MONTH_LOCKS, Transfer
from ideals.ledger.queries import prove
from tests.budgets.conftest import people, publish, row
from tests.service import RELAY, SCHEDULE, WORKER, Service, service_on, wait_for

MARCH = Month(2026, 3)
EMPLOYEES = 250


@pytest.fixture
def service(own_database: str, servers: embedded.Servers, tmp_path: Path) -> Iterator[Service]:
    with service_on(own_database, servers, tmp_path) as started:
        yield started


@pytest.fixture
def run(own_database: str) -> int:
    """A run of some chunks, announced and not worked on."""
    with unit_of_work() as session:
        publish(session)
        people(session, *(row(str(number)) for number in range(1, EMPLOYEES + 1)))
        cmd = commands.StartRun("simple", MARCH, look=False, started_as=StartedAs.COMMAND)
        return commands.start_run(session, cmd, actor=SYSTEM, now=datetime.now(UTC)).id


def state(run_id: int) -> str:
    with unit_of_work() as session:
        return session.scalars(select(Run.state).where(Run.id == run_id)).one()


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


def assert_everybody_once(run_id: int) -> None:
    wait_for(lambda: state(run_id) == "done", "the run to be done")
    with unit_of_work() as session:
        rows = session.execute(
            select(Transfer.to_account, Transfer.code, func.count()).group_by(
                Transfer.to_account, Transfer.code
            )
        ).all()
        assert len(rows) == EMPLOYEES * 2
        assert {count for _, _, count in rows} == {1}
        assert prove(session) == []


def test_a_worker_killed_in_mid_chunk_loses_and_doubles_nothing(
    service: Service, run: int, own_database: str
) -> None:
    service.start(*RELAY)
    worker = service.start(*WORKER)
    with chunks_stand_still(own_database):
        wait_for(lambda: taken(run) >= 2, "two chunks to be taken")
        service.kill(worker)
    time_passes()
    service.start(*WORKER)
    wait_for(lambda: taken(run) >= 2, "chunks")
    assert_everybody_once(run)


def test_a_backend_terminated_in_mid_chunk_is_done_again(
    service: Service, run: int, own_database: str
) -> None:
    service.start(*RELAY)
    service.start(*WORKER)
    with chunks_stand_still(own_database):
        wait_for(lambda: taken(run) >= 2, "two chunks to be taken")
        with unit_of_work() as session:
            session.execute(
                text(
                    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE wait_event = "
                    "'advisory' AND datname = current_database()"
                )
            )
    time.sleep(0.5)
    time_passes()
    assert_everybody_once(run)


def test_a_flushed_redis_costs_time_and_nothing_else(
    service: Service, run: int, own_database: str
) -> None:
    service.start(*RELAY)
    with chunks_stand_still(own_database):
        service.start(*WORKER)
        wait_for(lambda: taken(run) >= 2, "two chunks to be taken")
        service.flush_redis()
    time_passes()
    assert_everybody_once(run)


def test_a_chunk_delivered_five_times_posts_once(service: Service, run: int) -> None:
    service.start(*RELAY)
    service.start(*WORKER)
    for _ in range(5):
        with unit_of_work() as session:
            session.execute(text("UPDATE outbox_message SET due_at = now(), done_at = NULL"))
        time.sleep(0.5)
    assert_everybody_once(run)


def test_runs_wait_for_a_redis_that_is_down(service: Service, run: int, own_database: str) -> None:
    with embedded.temporary() as elsewhere:
        service.environment["REDIS_URL"] = elsewhere.redis_url
    # That Redis is gone again: the relay meets a closed door, and the run stays in the database.
    relay = service.start(*RELAY)
    time.sleep(2)
    assert relay.poll() is None
    assert state(run) == "planning"
    service.kill(relay)
    service.environment["REDIS_URL"] = service.redis_url
    service.start(*RELAY)
    service.start(*WORKER)
    assert_everybody_once(run)


def test_a_killed_schedule_goes_on_and_starts_nothing_twice(service: Service) -> None:
    with unit_of_work() as session:
        publish(session)
        people(session, row("1"))
    schedule = ("-s", f"{service.environment['IDEALS_VAR']}/beat")
    service.start(*RELAY)
    service.start(*WORKER)
    first = service.start(*SCHEDULE, *schedule)
    wait_for(lambda: runs() >= 1, "the schedule to start this month's run")
    service.kill(first)
    service.start(*SCHEDULE, *schedule)
    service.start(*SCHEDULE, "-s", f"{service.environment['IDEALS_VAR']}/second")
    time.sleep(3)
    assert runs() == 1


def runs() -> int:
    with unit_of_work() as session:
        return session.scalars(select(func.count()).select_from(Run)).one()
