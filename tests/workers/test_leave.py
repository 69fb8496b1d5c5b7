"""Leave taken, posted by real workers that die between the file and the ledger."""

from __future__ import annotations

import psycopg
import pytest
from sqlalchemy import func, select, text

from ideals import db
from ideals.budgets.queries import leave as leave_queries
from ideals.db import unit_of_work
from ideals.kernel.month import Month
from ideals.ledger.models import MONTH_LOCKS, Transfer
from ideals.ledger.queries import PROVERS, prove
from ideals.ledger.states import Reason
from ideals.outbox import Message
from ideals.people.commands import LEAVE_CHANGED
from tests.budgets.conftest import allocate, leave, people, publish, row
from tests.budgets.test_leave import YEARLY, opened
from tests.service import RELAY, WORKER, Service, wait_for
from tests.workers.test_faults import service, time_passes

__all__ = ["service"]  # a fixture

EMPLOYEES = 40
MARCH = Month(2026, 3)


@pytest.fixture
def file_taken(own_database: str) -> None:
    """Everybody took a day of March; the file is in, and its message waits."""
    PROVERS.register("leave", leave_queries.prove_leave)
    with unit_of_work() as session:
        publish(session, YEARLY)
        people(session, *(row(str(number)) for number in range(1, EMPLOYEES + 1)))
        allocate(session, "2026-01")
        opened(session, MARCH)
        leave(session, *(f"{n},2026-03-02,480,taken,{n}" for n in range(1, EMPLOYEES + 1)))
        session.execute(
            text("DELETE FROM outbox_message WHERE name <> :kept"), {"kept": LEAVE_CHANGED}
        )


def sendings() -> int:
    with unit_of_work() as session:
        return session.scalars(select(Message.sendings)).one()


def waits_for_the_month() -> bool:
    with unit_of_work() as session:
        waiting = text(
            "SELECT count(*) FROM pg_stat_activity WHERE wait_event = 'advisory'"
            " AND datname = current_database()"
        )
        return bool(session.scalar(waiting))


def assert_everybody_once() -> None:
    def done() -> bool:
        with unit_of_work() as session:
            return session.scalars(select(Message.done_at)).one() is not None

    wait_for(done, "the message to be done")
    with unit_of_work() as session:
        posted = select(func.count(), func.sum(Transfer.amount_minor))
        found = session.execute(posted.where(Transfer.reason == Reason.LEAVE_TAKEN)).one()
        assert tuple(found) == (EMPLOYEES, EMPLOYEES * 480)
        assert prove(session) == []


def test_a_worker_killed_between_the_file_and_the_ledger_takes_nothing_twice(
    service: Service, file_taken: None, own_database: str
) -> None:
    service.start(*RELAY)
    worker = service.start(*WORKER)
    with psycopg.connect(db.plain_url(own_database)) as sealing:
        # Whoever posts into March waits here: the middle of the work, held open.
        sealing.execute("SELECT pg_advisory_xact_lock(%s, %s)", (MONTH_LOCKS, MARCH.number))
        wait_for(waits_for_the_month, "a worker in the middle of posting")
        service.kill(worker)
    time_passes()
    service.start(*WORKER)
    assert_everybody_once()


def test_a_message_delivered_again_and_a_flushed_redis_change_nothing(
    service: Service, file_taken: None
) -> None:
    service.start(*RELAY)
    wait_for(lambda: sendings() > 0, "the message to be sent")
    service.flush_redis()
    time_passes()
    service.start(*WORKER)
    assert_everybody_once()
    with unit_of_work() as session:
        session.execute(text("UPDATE outbox_message SET due_at = now(), done_at = NULL"))
    assert_everybody_once()
