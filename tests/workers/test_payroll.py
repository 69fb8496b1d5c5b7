"""From the seal to the batch, with real workers that die in between."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import text

from ideals import db, embedded, outbox
from ideals.db import unit_of_work
from ideals.kernel.month import Month
from ideals.ledger.queries import prove
from ideals.payroll import queries
from ideals.payroll.commands.batches import BATCH_LOCKS
from ideals.payroll.models import Batch
from ideals.shop.commands.closing import SEALED
from tests.payroll.conftest import FEBRUARY, MARCH, Books, open_books
from tests.service import RELAY, SCHEDULE, WORKER, Service, service_on, wait_for

LINES = 11


@pytest.fixture
def service(own_database: str, servers: embedded.Servers, tmp_path: Path) -> Iterator[Service]:
    with service_on(own_database, servers, tmp_path) as started:
        yield started


def seal(*, announced: bool) -> None:
    """February and March are sealed, and March is to be made."""
    with unit_of_work() as session:
        books: Books = open_books(session)
        books.a_month_of_everything()
        books.seal(FEBRUARY, MARCH)
        if announced:
            outbox.announce(session, SEALED, month=str(MARCH))


def batch(month: Month = MARCH) -> Batch | None:
    with unit_of_work() as session:
        return queries.batch_of(session, month)


@contextmanager
def batches_stand_still(url: str) -> Iterator[None]:
    """Whoever makes the batch of March waits: the middle of it, held open."""
    with psycopg.connect(db.plain_url(url)) as connection:
        connection.execute("SELECT pg_advisory_xact_lock(%s, %s)", (BATCH_LOCKS, MARCH.number))
        yield


def waits_for_the_lock() -> bool:
    with unit_of_work() as session:
        waiting = "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted"
        return bool(session.scalar(text(waiting)))


def resend() -> None:
    with unit_of_work() as session:
        session.execute(text("UPDATE outbox_message SET due_at = now(), done_at = NULL"))


def assert_made_once() -> None:
    wait_for(lambda: batch() is not None, "the batch")
    made = batch()
    assert made is not None
    assert made.line_count == LINES
    with unit_of_work() as session:
        assert len(list(queries.exported(session, MARCH))) == LINES
        acts = "SELECT count(*) FROM audit_entry WHERE act = 'payroll.batch_made'"
        assert session.scalar(text(f"{acts} AND subject = 'month:2026-03'")) == 1
        assert [each for each in prove(session) if "payroll" in each.what] == []


def test_a_worker_killed_while_it_makes_a_batch_leaves_none_and_the_next_makes_it(
    service: Service, own_database: str
) -> None:
    seal(announced=True)
    service.start(*RELAY)
    worker = service.start(*WORKER)
    with batches_stand_still(own_database):
        wait_for(waits_for_the_lock, "a worker to begin")
        service.kill(worker)
    assert batch() is None
    resend()
    service.start(*WORKER)
    assert_made_once()


def test_a_batch_asked_for_five_times_is_made_once(service: Service) -> None:
    seal(announced=True)
    service.start(*RELAY)
    service.start(*WORKER)
    for _ in range(5):
        resend()
        time.sleep(0.4)
    assert_made_once()


def test_a_sealed_month_that_nobody_announced_is_found(service: Service) -> None:
    seal(announced=False)
    service.start(*RELAY)
    service.start(*WORKER)
    service.start(*SCHEDULE, "-s", f"{service.environment['IDEALS_VAR']}/beat")
    wait_for(lambda: batch(FEBRUARY) is not None, "the earliest batch that is missing")
    service.end()
    service.parts.clear()
    # Each look makes one, the earliest first: the next look is half a minute away.
    service.start(*WORKER)
    service.start(*SCHEDULE, "-s", f"{service.environment['IDEALS_VAR']}/again")
    assert_made_once()
