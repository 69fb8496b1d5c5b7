"""A part of a simulation: taken, worked out, put together with the others.

Locks: the simulation, then its part. While a part is worked out nothing is locked.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from ideals.insight.simulating import queries
from ideals.insight.simulating.commands.telling import ended
from ideals.insight.simulating.computation.kinds import KINDS, Kind, Span
from ideals.insight.simulating.errors import PartTakenOver
from ideals.insight.simulating.models import Simulation, SimulationPart
from ideals.insight.simulating.rules import Part, added
from ideals.insight.simulating.states import UNFINISHED, PartState, SimulationState
from ideals.kernel.actor import SYSTEM
from ideals.kernel.errors import IdealsError

log = logging.getLogger("ideals.insight")

LEASE = timedelta(seconds=50)
"""Shorter than the time after which a message is sent again."""
MOST_ATTEMPTS = 3


@dataclass(frozen=True, slots=True)
class Lease:
    """The right to write what a part comes to, until somebody takes it over: then `attempt` is no
    longer the last."""

    simulation_id: UUID
    number: int
    attempt: int


def take_part(session: Session, simulation_id: UUID, number: int, *, now: datetime) -> Lease | None:
    """Take a part that is to do and free; `None` otherwise.

    The attempt is counted, and must be committed, before the work: a part that ends its worker
    again and again ends the simulation.
    """
    simulation = queries.lock_simulation(session, simulation_id)
    if simulation.state not in UNFINISHED:
        return None
    part = queries.part_of(session, simulation_id, number)
    if part is None or part.state != PartState.TODO:
        return None
    if part.lease_until is not None and part.lease_until > now:
        return None
    if part.attempts >= MOST_ATTEMPTS:
        _failed(session, simulation, "A part of it ended its worker each time.", now=now)
        return None
    simulation.state = SimulationState.RUNNING
    part.attempts += 1
    part.lease_until = now + LEASE
    return Lease(simulation_id, number, part.attempts)


def part_waits(session: Session, simulation_id: UUID, number: int) -> bool:
    """Whether it is still to do, so that its message has to come again."""
    part = queries.part_of(session, simulation_id, number)
    return part is not None and part.state == PartState.TODO


def simulate_part(session: Session, lease: Lease, *, now: datetime) -> None:
    """Work a part out and keep it; the last part makes the result. All in this transaction, and
    nothing is locked before the work is done.

    Of a simulation that is over meanwhile nothing is kept. Raises `PartTakenOver`, and whatever the
    kind raises: `fail` is for that.
    """
    part = queries.part_of(session, lease.simulation_id, lease.number)
    if part is None:
        return
    simulation = session.get_one(Simulation, lease.simulation_id)
    span = Span(part.after_employee, part.through_employee)
    worked = _kind(simulation).part(session, simulation, span)
    simulation = queries.lock_simulation(session, lease.simulation_id)
    if simulation.state not in UNFINISHED:
        return
    _keep(session, lease, worked)
    simulation.done += part.employees
    if not queries.parts_left(session, simulation.id):
        everything = _together(session, simulation.id)
        simulation.result = _kind(simulation).result(session, simulation, everything)
        ended(session, simulation, SimulationState.DONE, actor=SYSTEM, now=now)


def _keep(session: Session, lease: Lease, worked: Part) -> None:
    kept = session.scalar(
        update(SimulationPart)
        .where(
            SimulationPart.simulation_id == lease.simulation_id,
            SimulationPart.number == lease.number,
            SimulationPart.attempts == lease.attempt,
            SimulationPart.state == PartState.TODO,
        )
        .values(state=PartState.DONE, part=worked, lease_until=None)
        .returning(SimulationPart.number)
        .execution_options(synchronize_session=False)
    )
    if kept is None:
        raise PartTakenOver(
            f"part {lease.number} of simulation {lease.simulation_id} was taken by another worker",
            number=lease.number,
        )


def _together(session: Session, simulation_id: UUID) -> Part:
    """One part in memory at a time, beside what they come to so far."""
    everything: Part = {}
    found = session.scalars(
        select(SimulationPart.part)
        .where(SimulationPart.simulation_id == simulation_id)
        .execution_options(yield_per=20)
    )
    for part in found:
        added(everything, part or {})
    return everything


def fail(session: Session, lease: Lease, error: Exception, *, now: datetime) -> None:
    """A part cannot be worked out: the simulation is over, and says why."""
    log.error("a part of simulation %s failed", lease.simulation_id, exc_info=error)
    simulation = queries.lock_simulation(session, lease.simulation_id)
    if simulation.state in UNFINISHED:
        # What broke may hold somebody's pay in its text: only a refusal of ours is told.
        known = isinstance(error, IdealsError)
        _failed(session, simulation, str(error) if known else type(error).__name__, now=now)


def _failed(session: Session, simulation: Simulation, fault: str, *, now: datetime) -> None:
    simulation.fault = fault
    ended(session, simulation, SimulationState.FAILED, actor=SYSTEM, now=now)


def _kind(simulation: Simulation) -> Kind:
    kind = KINDS.get(simulation.kind)
    assert kind is not None  # noqa: S101  it was there when the simulation was started
    return kind
