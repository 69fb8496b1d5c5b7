"""`/api/v1/simulations`: started, followed, cancelled; and those of a price rule."""

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
from ideals.pricing.queries.steering import access_rule
from ideals.web.actor import current_actor
from ideals.web.api import Blueprint, creates
from ideals.web.cursors import Page, PageIn, PageRequest, page_of, paginate
from ideals.web.guards import guard, role

bp = Blueprint("simulations", __name__, url_prefix="/api/v1", description="What would be")
only_hr = role(Role.HR_PRICES, Role.HR)


@bp.post("/simulations")
@guard(only_hr)
@bp.arguments(SimulationIn)
@creates(bp, SimulationOut, status=202, location=lambda made: _location(made["id"]))
def start(session: Session, asked: dict[str, Any]) -> dict[str, Any]:
    """Work something out in the background; the same asked again within the hour is the same."""
    actor = current_actor()
    policy.check_simulates(actor, asked["kind"])
    cmd = StartSimulation(asked["kind"], asked["about"])
    simulation_id = commands.start(session, cmd, actor=actor, now=clock.now())
    return _told(queries.access_simulation(session, simulation_id, actor=actor))


@bp.get("/simulations/<uuid:simulation_id>")
@guard(only_hr)
@bp.response(200, SimulationOut)
def simulation(simulation_id: UUID) -> dict[str, Any]:
    """How far it is, and what it came to."""
    with unit_of_work() as session:
        return _told(queries.access_simulation(session, simulation_id, actor=current_actor()))


@bp.post("/simulations/<uuid:simulation_id>/cancellation")
@guard(only_hr)
@creates(bp, SimulationOut)
def cancel(session: Session, simulation_id: UUID) -> dict[str, Any]:
    """Stop it: nothing of it is kept."""
    cmd = CancelSimulation(simulation_id)
    return _told(commands.cancel(session, cmd, actor=current_actor(), now=clock.now()))


@bp.get("/price-rules/<uuid:rule_id>/simulations")
@guard(role(Role.HR_PRICES))
@bp.arguments(PageIn, location="query", as_kwargs=True)
@bp.response(200, page_of(SimulationOut))
def of_rule(page: PageRequest, rule_id: UUID) -> Page[dict[str, Any]]:
    """In which a version of this rule was put beside what held, the newest first."""
    actor = current_actor()
    with unit_of_work() as session:
        access_rule(session, rule_id, actor=actor)
        found = queries.simulations_of(rule_id)
        return paginate(session, found, page, Simulation.number, descending=True, show=_told)


@bp.post("/price-rules/<uuid:rule_id>/simulations")
@guard(role(Role.HR_PRICES))
@creates(bp, SimulationOut, status=202, location=lambda made: _location(made["id"]))
def simulate_rule(session: Session, rule_id: UUID) -> dict[str, Any]:
    """What this rule, as it says now, would have meant."""
    actor = current_actor()
    cmd = StartSimulation(SimulationKind.PRICES, {"rules": [str(rule_id)]})
    simulation_id = commands.start(session, cmd, actor=actor, now=clock.now())
    return _told(queries.access_simulation(session, simulation_id, actor=actor))


# --- putting it together ----------------------------------------------------------------------


def _location(simulation_id: Any) -> str:
    return url_for("simulations.simulation", simulation_id=simulation_id)


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
