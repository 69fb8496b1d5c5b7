"""How a simulation ends: its parts go, and who started it is told."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import delete
from sqlalchemy.orm import Session

from ideals import audit
from ideals.insight.simulating.models import Simulation, SimulationPart
from ideals.insight.simulating.states import SimulationState
from ideals.kernel.actor import Actor
from ideals.notices.commands import Tell, tell

SIMULATE = "insight.simulate"
"""The message of one part."""
ENDED = "insight.simulation_ended"
"""The notice."""


def ended(
    session: Session, simulation: Simulation, state: SimulationState, *, actor: Actor, now: datetime
) -> None:
    """The simulation is locked, and its result or fault is written already."""
    simulation.state, simulation.ended_at = state, now
    session.execute(
        delete(SimulationPart)
        .where(SimulationPart.simulation_id == simulation.id)
        .execution_options(synchronize_session=False)
    )
    audit.record(
        session,
        f"{_TOPIC[simulation.kind]}.simulation_{state.value}",
        simulation.source,
        actor=actor,
        now=now,
    )
    if state is SimulationState.CANCELLED or simulation.made_by_user_id is None:
        return
    cmd = Tell(
        ENDED,
        simulation.source,
        f"{simulation.source}:{state.value}",
        user_ids=(simulation.made_by_user_id,),
        data={
            "id": str(simulation.id),
            "number": simulation.number,
            "kind": simulation.kind,
            "state": state.value,
        },
    )
    tell(session, cmd, actor=actor, now=now)


_TOPIC = {"prices": "pricing", "scheme": "schemes"}
"""Under whose acts the audit finds it: the search shows those of prices to HR for prices."""


def topic_of(simulation: Simulation) -> str:
    return _TOPIC[simulation.kind]
