"""Simulations by real workers: shared by two, killed, cancelled in the middle, broken."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from uuid import UUID

import psycopg
import pytest
from sqlalchemy import func, select, text
from sqlalchemy.orm import Session

from ideals import db, embedded
from ideals.db import unit_of_work
from ideals.insight.simulating import commands
from ideals.insight.simulating.commands import CancelSimulation
from ideals.insight.simulating.models import Simulation, SimulationPart
from ideals.insight.simulating.queries import population
from ideals.kernel.month import Month
from ideals.notices.models import Notice
from ideals.outbox import Message
from ideals.pricing.models import PriceRule
from ideals.seeds import factories
from tests.insight.what_if import NOW, of_month, simulated, start
from tests.pricing.desk import Desk, on, opened
from tests.service import RELAY, WORKER, Service, service_on, wait_for
from tests.shop.conftest import open_shop

MORE = 20
EACH = 2
"""Employees in a part."""


@pytest.fixture
def service(own_database: str, servers: embedded.Servers, tmp_path: Path) -> Iterator[Service]:
    with service_on(own_database, servers, tmp_path) as started:
        yield started


@pytest.fixture
def desk(own_database: str, monkeypatch: pytest.MonkeyPatch) -> Desk:
    """Anna and Egor ordered 8 and 3 hours in March; twenty others work there as well."""
    monkeypatch.setattr(population, "PART_EMPLOYEES", EACH)
    with unit_of_work() as session:
        shop = open_shop(session)
        desk = opened(session, shop)
        desk.know(Month(2026, 2), "84", on(3, 1))
        for number in range(MORE):
            factories.an_employee(session, f"Worker {number}")
        shop.order(session, "leave", "8")
        shop.order(session, "leave", "3", who=shop.egor)
        return desk


def rule_of(session: Session, desk: Desk) -> PriceRule:
    desk.session = session
    return desk.write(NOW, from_month="2026-05", through_month="")


def begin(desk: Desk) -> UUID:
    """Started, and not worked on."""
    with unit_of_work() as session:
        return start(session, desk.dora, [rule_of(session, desk)])


def stands(simulation_id: UUID) -> Simulation:
    with unit_of_work() as session:
        return session.get_one(Simulation, simulation_id)


def taken() -> int:
    with unit_of_work() as session:
        query = select(func.count()).where(SimulationPart.attempts > 0)
        return session.scalars(query).one()


def messages_left() -> int:
    with unit_of_work() as session:
        query = select(func.count()).where(
            Message.name == commands.SIMULATE, Message.done_at.is_(None)
        )
        return session.scalars(query).one()


def time_passes() -> None:
    """As if the leases had run out and the messages were due again."""
    with unit_of_work() as session:
        session.execute(text("UPDATE insight_simulation_part SET lease_until = now()"))
        session.execute(text("UPDATE outbox_message SET due_at = now() WHERE done_at IS NULL"))


@contextmanager
def parts_stand_still(url: str) -> Iterator[None]:
    """Whoever works on a part waits for what changes prices: the middle of a part, held open."""
    with psycopg.connect(db.plain_url(url)) as connection:
        connection.execute("LOCK TABLE pricing_bounds IN ACCESS EXCLUSIVE MODE")
        yield


def told(simulation_id: UUID) -> list[str]:
    with unit_of_work() as session:
        query = select(Notice.data).where(Notice.subject == f"simulation:{simulation_id}")
        return [data["state"] for data in session.scalars(query)]


def done(simulation_id: UUID) -> dict[str, Any]:
    wait_for(lambda: stands(simulation_id).state == "done", "the simulation to be done")
    found = stands(simulation_id)
    assert (found.done, found.total) == (MORE + 5, MORE + 5)
    assert found.result is not None
    march = of_month(found.result, "2026-03")
    assert (march["before"], march["after"]) == (22_000, 18_700)
    assert told(simulation_id) == ["done"]
    return found.result


def test_two_workers_share_it_and_come_to_what_one_does(
    service: Service, desk: Desk, own_database: str
) -> None:
    made = begin(desk)
    service.start(*RELAY)
    with parts_stand_still(own_database):
        service.start(*WORKER)
        service.start(*WORKER)
        wait_for(lambda: taken() >= 3, "more than one worker takes")
        assert stands(made).state == "running"
    by_two = done(made)
    wait_for(lambda: messages_left() == 0, "the messages to be finished")
    with unit_of_work() as session:
        rule = session.scalars(select(PriceRule)).one()
        assert simulated(session, desk.dora, rule, now=NOW.replace(hour=NOW.hour + 2)) == by_two


def test_a_worker_killed_in_the_middle_loses_and_doubles_nothing(
    service: Service, desk: Desk, own_database: str
) -> None:
    made = begin(desk)
    service.start(*RELAY)
    worker = service.start(*WORKER)
    with parts_stand_still(own_database):
        wait_for(lambda: taken() >= 2, "two parts to be taken")
        service.kill(worker)
    assert stands(made).state == "running"
    time_passes()
    service.start(*WORKER)
    done(made)


def test_cancelled_in_the_middle_workers_leave_nothing(
    service: Service, desk: Desk, own_database: str
) -> None:
    made = begin(desk)
    service.start(*RELAY)
    service.start(*WORKER)
    with parts_stand_still(own_database):
        wait_for(lambda: taken() >= 2, "two parts to be taken")
        with unit_of_work() as session:
            commands.cancel(session, CancelSimulation(made), actor=desk.dora, now=NOW)
    wait_for(lambda: messages_left() == 0, "the messages to be finished")
    found = stands(made)
    assert (found.state, found.done, found.result) == ("cancelled", 0, None)
    assert taken() == 0
    assert told(made) == []


def test_a_part_that_breaks_ends_it_and_says_why_without_anybodys_facts(
    service: Service, desk: Desk
) -> None:
    with unit_of_work() as session:
        broken = "UPDATE shop_order SET product = 'nobody_sells_it' WHERE minutes = 180"
        session.execute(text("ALTER TABLE shop_order DISABLE TRIGGER USER"))
        session.execute(text(broken))
    made = begin(desk)
    service.start(*RELAY)
    service.start(*WORKER)
    wait_for(lambda: stands(made).state == "failed", "the simulation to fail")
    assert stands(made).fault == "KeyError"
    wait_for(lambda: messages_left() == 0, "the messages to be finished")
    assert stands(made).result is None
    assert told(made) == ["failed"]
