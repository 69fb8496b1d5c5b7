"""The simulations there are, for whoever may see them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from ideals.insight.simulating import policy
from ideals.insight.simulating.errors import SimulationUnknown
from ideals.insight.simulating.models import Simulation, SimulationPart
from ideals.insight.simulating.states import (
    UNFINISHED,
    PartState,
    SimulationKind,
    SimulationState,
)
from ideals.kernel.actor import Actor
from ideals.kernel.month import Month


@dataclass(frozen=True, slots=True)
class Progress:
    """`done` of `total` employees."""

    state: SimulationState
    done: int
    total: int

    @property
    def percent(self) -> int:
        if self.state is SimulationState.DONE:
            return 100
        return self.done * 100 // self.total if self.total else 0


def access_simulation(session: Session, simulation_id: UUID, *, actor: Actor) -> Simulation:
    """Raises `SimulationUnknown`, and `SimulationsNotYours` where it is another's to see."""
    found = session.get(Simulation, simulation_id)
    if found is None:
        raise SimulationUnknown("There is no such simulation.")
    policy.check_simulates(actor, SimulationKind(found.kind))
    return found


def simulations_of(rule_id: UUID) -> Select[Simulation]:
    """Those in which a version of a price rule was put beside what held. By `Simulation.number`,
    descending."""
    # A list holds another when it holds its members in any order: a number alone says nothing.
    return select(Simulation).where(
        Simulation.kind == SimulationKind.PRICES,
        Simulation.about.contains({"rules": [[str(rule_id)]]}),
    )


def progress(simulation: Simulation) -> Progress:
    return Progress(SimulationState(simulation.state), simulation.done, simulation.total)


def same_since(
    session: Session,
    kind: SimulationKind,
    about: dict[str, Any],
    months: tuple[Month, Month],
    since: datetime,
) -> Simulation | None:
    """The latest about exactly this that did not fail."""
    return session.scalar(
        select(Simulation)
        .where(
            Simulation.kind == kind,
            Simulation.about == about,
            Simulation.from_month == months[0],
            Simulation.through_month == months[1],
            Simulation.made_at > since,
            Simulation.state.in_((*UNFINISHED, SimulationState.DONE)),
        )
        .order_by(Simulation.number.desc())
        .limit(1)
    )


def lock_simulation(session: Session, simulation_id: UUID) -> Simulation:
    """Raises `SimulationUnknown`."""
    found = session.scalar(
        select(Simulation)
        .where(Simulation.id == simulation_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    if found is None:
        raise SimulationUnknown("There is no such simulation.")
    return found


def part_of(session: Session, simulation_id: UUID, number: int) -> SimulationPart | None:
    return session.get(SimulationPart, (simulation_id, number), populate_existing=True)


def parts_left(session: Session, simulation_id: UUID) -> int:
    return session.scalars(
        select(func.count()).where(
            SimulationPart.simulation_id == simulation_id, SimulationPart.state == PartState.TODO
        )
    ).one()


HOUR = timedelta(hours=1)
"""Asked again within it, the same simulation is the answer."""
