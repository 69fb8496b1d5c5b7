"""Real workers, a real relay, and what happens when they die in the middle."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime

import psycopg
import pytest
import redis
from sqlalchemy import func, select, text

from ideals import db, embedded
from ideals.budgets import commands
from ideals.budgets.models import Chunk, Run
from ideals.budgets.states import StartedAs
from ideals.config import ROOT
from ideals.db import unit_of_work
from ideals.kernel.actor import SYSTEM
from ideals.kernel.month import Month
from ideals.ledger.models import MONTH_LOCKS, Transfer
from ideals.ledger.queries import prove
from tests.budgets.conftest import people, publish, row

MARCH = Month(2026, 3)
EMPLOYEES = 250
WORKER = ("-m", "celery", "-A", "workers.app", "worker", "-c", "2", "-l", "WARNING")
RELAY = ("-m", "workers.outbox")
SCHEDULE = ("-m", "celery", "-A", "workers.app", "beat", "--pidfile=", "-l", "WARNING")


@dataclass
class Service:
    """Parts of the service on a database and a Redis of their own."""

    environment: dict[str, str]
    redis_url: str
    parts: list[subprocess.Popen[bytes]] = field(default_factory=list)

    def start(self, *arguments: str) -> subprocess.Popen[bytes]:
        part = subprocess.Popen(
            [sys.executable, *arguments],
            env=os.environ | self.environment,
            cwd=ROOT,
            start_new_session=True,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        self.parts.append(part)
        return part

    def kill(self, part: subprocess.Popen[bytes]) -> None:
        """kill -9 of the part and its pool."""
        os.killpg(part.pid, signal.SIGKILL)
        part.wait(10)
        self.parts.remove(part)

    def flush_redis(self) -> None:
        with redis.Redis.from_url(self.redis_url) as client:
            client.flushall()

    def end(self) -> None:
        for part in self.parts:
            os.killpg(part.pid, signal.SIGKILL)
            part.wait(10)


@pytest.fixture
def service(own_database: str, servers: embedded.Servers, tmp_path: object) -> Iterator[Service]:
    url = f"{servers.redis_url}?db=7"
    environment = {"DATABASE_URL": own_database, "REDIS_URL": url, "IDEALS_VAR": str(tmp_path)}
    started = Service(environment, url)
    started.flush_redis()
    yield started
    started.end()


@pytest.fixture
def run(own_database: str) -> int:
    """A run of some chunks, announced and not worked on."""
    with unit_of_work() as session:
        publish(session)
        people(session, *(row(str(number)) for number in range(1, EMPLOYEES + 1)))
        cmd = commands.StartRun("simple", MARCH, look=False, started_as=StartedAs.COMMAND)
        return commands.start_run(session, cmd, actor=SYSTEM, now=datetime.now(UTC)).id


def wait_for(condition: Callable[[], bool], what: str, seconds: float = 40) -> None:
    until = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < until, f"waited {seconds} s for {what}"
        time.sleep(0.1)


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
