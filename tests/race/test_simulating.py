"""The same simulation started by many at once, and cancelled while it ends."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import func, select

from ideals.db import unit_of_work
from ideals.insight.simulating import commands
from ideals.insight.simulating.commands import CancelSimulation, Lease
from ideals.insight.simulating.models import Simulation, SimulationPart
from ideals.outbox import Message
from tests.insight.what_if import NOW, start
from tests.pricing.desk import Desk, opened
from tests.race.test_prices import at_once
from tests.shop.conftest import Shop, own_shop  # noqa: F401 - a fixture


def draft(shop: Shop) -> tuple[Desk, UUID]:
    with unit_of_work() as session:
        desk = opened(session, shop)
        return desk, desk.write(NOW, from_month="2026-05", through_month="", condition="").id


def test_many_who_start_the_same_start_one(own_shop: Shop) -> None:  # noqa: F811
    desk, rule = draft(own_shop)

    def begin() -> UUID:
        with unit_of_work() as session:
            return start(session, desk.dora, [rule])

    assert len(set(at_once(*[begin] * 8))) == 1
    with unit_of_work() as session:
        assert session.scalar(select(func.count()).select_from(Simulation)) == 1
        sent = select(func.count()).where(Message.name == commands.SIMULATE)
        assert session.scalar(sent) == 1


def test_it_ends_once_whoever_cancels_takes_or_finishes_it_first(
    own_shop: Shop,  # noqa: F811
) -> None:
    desk, rule = draft(own_shop)
    for minutes in range(6):
        with unit_of_work() as session:
            made = start(session, desk.dora, [rule], now=NOW.replace(hour=NOW.hour + 2 * minutes))
        with unit_of_work() as session:
            lease = commands.take_part(session, made, 1, now=NOW)
        assert lease is not None

        def finish(lease: Lease = lease) -> str:
            with unit_of_work() as session:
                commands.simulate_part(session, lease, now=NOW)
            return "worked"

        def cancel(made: UUID = made) -> str:
            with unit_of_work() as session:
                cmd = CancelSimulation(made)
                return commands.cancel(session, cmd, actor=desk.fatima, now=NOW).state

        worked, cancelled = at_once(finish, cancel)
        assert worked == "worked"
        with unit_of_work() as session:
            found = session.get_one(Simulation, made)
            over = {"done": "simulation_ended", "cancelled": "cancelled"}
            assert cancelled == over[found.state]
            assert (found.result is None) == (found.state == "cancelled")
            parts = select(func.count()).where(SimulationPart.simulation_id == made)
            assert session.scalar(parts) == 0
