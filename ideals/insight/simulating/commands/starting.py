"""Simulations asked for and cancelled."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from ideals import audit, outbox
from ideals.insight.simulating import policy, queries
from ideals.insight.simulating.commands.telling import SIMULATE, ended, topic_of
from ideals.insight.simulating.computation.kinds import KINDS
from ideals.insight.simulating.errors import NothingToSimulate, SimulationEnded
from ideals.insight.simulating.models import Simulation, SimulationPart
from ideals.insight.simulating.queries.population import spans
from ideals.insight.simulating.states import (
    UNFINISHED,
    PartState,
    SimulationKind,
    SimulationState,
)
from ideals.kernel.actor import Actor
from ideals.kernel.ids import new_id

START_LOCK = 0x73696D75
"""Key space of the advisory lock under which the same simulation is started once."""


@dataclass(frozen=True, slots=True)
class StartSimulation:
    """`about`, for prices: `{"rules": [RULE ID, ...]}`, each as it says now, or
    `[RULE ID, NUMBER OF ITS TEXT]`."""

    kind: SimulationKind
    about: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class CancelSimulation:
    simulation_id: UUID


def start(session: Session, cmd: StartSimulation, *, actor: Actor, now: datetime) -> UUID:
    """The id of the simulation; of the one there is, where the same was asked within the hour.

    Raises `SimulationsNotYours`, `NothingToSimulate`, and what the kind's `check` does.
    """
    policy.check_simulates(actor, cmd.kind)
    kind = KINDS.get(cmd.kind)
    if kind is None:
        raise NothingToSimulate(f"Nothing simulates {cmd.kind}.", why="kind")
    about, from_month, through_month = kind.check(session, cmd.about, now)
    months = from_month, through_month
    session.execute(select(func.pg_advisory_xact_lock(func.hashtextextended(cmd.kind, START_LOCK))))
    there = queries.same_since(session, cmd.kind, about, months, now - queries.HOUR)
    if there is not None:
        return there.id
    parts = spans(session)
    simulation = Simulation(
        id=new_id(),
        kind=cmd.kind,
        about=about,
        from_month=from_month,
        through_month=through_month,
        state=SimulationState.QUEUED,
        done=0,
        total=sum(part.employees for part in parts),
        made_by=actor.name,
        made_by_user_id=actor.user_id,
        made_at=now,
    )
    session.add(simulation)
    session.flush()  # reason: parts name it, and nothing else tells in which order to write
    session.add_all(
        SimulationPart(
            simulation_id=simulation.id,
            number=number,
            after_employee=part.after,
            through_employee=part.through,
            employees=part.employees,
            state=PartState.TODO,
        )
        for number, part in enumerate(parts, 1)
    )
    outbox.announce_each(
        session,
        SIMULATE,
        [
            {"simulation_id": str(simulation.id), "number": number}
            for number in range(1, len(parts) + 1)
        ],
    )
    act = f"{topic_of(simulation)}.simulation_started"
    audit.record(session, act, simulation.source, actor=actor, now=now, about=about)
    return simulation.id


def cancel(session: Session, cmd: CancelSimulation, *, actor: Actor, now: datetime) -> Simulation:
    """Nothing of it is left but that it was. Cancelling again changes nothing.

    Raises `SimulationUnknown`, `SimulationsNotYours`, `SimulationEnded`.
    """
    queries.access_simulation(session, cmd.simulation_id, actor=actor)
    simulation = queries.lock_simulation(session, cmd.simulation_id)
    if simulation.state == SimulationState.CANCELLED:
        return simulation
    if simulation.state not in UNFINISHED:
        raise SimulationEnded(
            f"This simulation is {simulation.state} already.", state=simulation.state
        )
    simulation.done = 0
    ended(session, simulation, SimulationState.CANCELLED, actor=actor, now=now)
    return simulation
