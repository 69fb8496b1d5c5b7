"""Simulations of Anna's shop, worked off in the test's own transaction as the workers would."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from ideals.insight.simulating import commands
from ideals.insight.simulating.commands import StartSimulation
from ideals.insight.simulating.models import Simulation, SimulationPart
from ideals.insight.simulating.states import SimulationKind
from ideals.kernel.actor import Actor
from ideals.pricing.models import PriceRule
from tests.pricing.desk import on

NOW = on(4, 10)
"""The months looked at are April 2025 through March 2026."""


def start(
    session: Session, who: Actor, rules: Iterable[PriceRule | UUID], *, now: datetime = NOW
) -> UUID:
    named = [str(rule.id) if isinstance(rule, PriceRule) else str(rule) for rule in rules]
    cmd = StartSimulation(SimulationKind.PRICES, {"rules": named})
    return commands.start(session, cmd, actor=who, now=now)


def parts(session: Session, simulation_id: UUID) -> list[int]:
    return list(
        session.scalars(
            select(SimulationPart.number)
            .where(SimulationPart.simulation_id == simulation_id)
            .order_by(SimulationPart.number)
        )
    )


def work(session: Session, simulation_id: UUID, *, now: datetime = NOW) -> Simulation:
    for number in parts(session, simulation_id):
        lease = commands.take_part(session, simulation_id, number, now=now)
        assert lease is not None
        commands.simulate_part(session, lease, now=now + timedelta(seconds=1))
    return session.get_one(Simulation, simulation_id, populate_existing=True)


def simulated(
    session: Session, who: Actor, *rules: PriceRule, now: datetime = NOW
) -> dict[str, Any]:
    """The result."""
    done = work(session, start(session, who, rules, now=now), now=now)
    assert done.result is not None, (done.state, done.fault)
    return done.result


def of_month(result: dict[str, Any], month: str) -> dict[str, Any]:
    return next(line for line in result["months"] if line["month"] == month)
