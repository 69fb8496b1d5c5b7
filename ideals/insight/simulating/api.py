"""`/api/v1/simulations`: started, followed, cancelled."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from flask import url_for
from sqlalchemy.orm import Session

from ideals.db import unit_of_work
from ideals.insight.simulating import commands, policy, queries
from ideals.insight.simulating.commands import CancelSimulation, StartSimulation
from ideals.insight.simulating.models import Simulation
from ideals.insight.simulating.rules.shown import shown
from ideals.insight.simulating.schemas import SimulationIn, SimulationOut
from ideals.insight.simulating.states import SimulationKind, SimulationState
from ideals.kernel import clock
from ideals.kernel.actor import Role
from ideals.web.actor import current_actor
from ideals.web.api import Blueprint, creates
from ideals.web.guards import guard, role

bp = Blueprint(
    "simulations", __name__, url_prefix="/api/v1/simulations", description="What would be"
)
only_hr = role(Role.HR_PRICES, Role.HR)


@bp.post("")
@guard(only_hr)
@bp.arguments(SimulationIn)
@creates(
    bp,
    SimulationOut,
    status=202,
    location=lambda made: url_for("simulations.simulation", simulation_id=made["id"]),
)
def start(session: Session, asked: dict[str, Any]) -> dict[str, Any]:
    """Work something out in the background; the same asked again within the hour is the same."""
    actor = current_actor()
    policy.check_simulates(actor, asked["kind"])
    cmd = StartSimulation(asked["kind"], asked["about"])
    simulation_id = commands.start(session, cmd, actor=actor, now=clock.now())
    return _told(queries.access_simulation(session, simulation_id, actor=actor))


@bp.get("/<uuid:simulation_id>")
@guard(only_hr)
@bp.response(200, SimulationOut)
def simulation(simulation_id: UUID) -> dict[str, Any]:
    """How far it is, and what it came to."""
    with unit_of_work() as session:
        return _told(queries.access_simulation(session, simulation_id, actor=current_actor()))


@bp.post("/<uuid:simulation_id>/cancellation")
@guard(only_hr)
@creates(bp, SimulationOut)
def cancel(session: Session, simulation_id: UUID) -> dict[str, Any]:
    """Stop it: nothing of it is kept."""
    cmd = CancelSimulation(simulation_id)
    return _told(commands.cancel(session, cmd, actor=current_actor(), now=clock.now()))


def _told(simulation: Simulation) -> dict[str, Any]:
    columns = {
        column.key: getattr(simulation, column.key) for column in Simulation.__table__.columns
    }
    return {
        **columns,
        "kind": SimulationKind(simulation.kind),
        "state": SimulationState(simulation.state),
        "result": None if simulation.result is None else shown(simulation.result),
    }
