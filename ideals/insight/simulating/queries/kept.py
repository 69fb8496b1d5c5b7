"""Finished simulations to look at beside another one, or as the ground of a decision."""

from __future__ import annotations

from collections.abc import Collection

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from ideals.insight.simulating.models import Simulation
from ideals.insight.simulating.states import SimulationKind, SimulationState
from ideals.pricing.queries.prices import Part

MOST_BESIDE = 20


def comparable(session: Session, simulation: Simulation) -> list[Simulation]:
    """The latest others of its kind and scheme that are done."""
    return list(
        session.scalars(
            select(Simulation)
            .where(
                Simulation.kind == simulation.kind,
                Simulation.about.contains({"scheme": simulation.about["scheme"]}),
                Simulation.state == SimulationState.DONE,
                Simulation.id != simulation.id,
            )
            .order_by(Simulation.number.desc())
            .limit(MOST_BESIDE)
        )
    )


def grounds(session: Session, parts: Collection[Part]) -> dict[Part, Simulation]:
    """The latest finished simulation of each of these versions of rules, in one statement. One of
    the version alone goes before one of several rules together."""
    if not parts:
        return {}
    wanted = {(str(part.rule), part.number): part for part in parts}
    of_them = [Simulation.about.contains({"rules": [list(key)]}) for key in wanted]
    found = session.scalars(
        select(Simulation)
        .where(
            Simulation.kind == SimulationKind.PRICES,
            Simulation.state == SimulationState.DONE,
            or_(*of_them),
        )
        .order_by(Simulation.number)
    )
    latest: dict[Part, Simulation] = {}
    for simulation in found:
        rules = [tuple(each) for each in simulation.about["rules"]]
        for key in rules:
            part = wanted.get(key)
            if part is None:
                continue
            before = latest.get(part)
            if before is None or len(rules) <= len(before.about["rules"]):
                latest[part] = simulation
    return latest
