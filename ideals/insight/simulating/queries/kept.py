"""Finished simulations to look at beside another one, or as the ground of a decision."""

from __future__ import annotations

from collections.abc import Collection
from uuid import UUID

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from ideals.insight.simulating.models import Simulation
from ideals.insight.simulating.states import SimulationKind, SimulationState
from ideals.pricing.models import PriceRule
from ideals.pricing.queries.prices import Part
from ideals.pricing.states import RuleState

MOST_BESIDE = 20
DRAFTS = (RuleState.DRAFT, RuleState.SUBMITTED, RuleState.REFUSED)


def comparable(
    session: Session, simulation: Simulation, asked: UUID | None = None
) -> list[Simulation]:
    """The latest others of its kind and scheme that are done; the one that is asked for first,
    however old it is."""
    asked_first = [] if asked is None else [(Simulation.id == asked).desc()]
    return list(
        session.scalars(
            select(Simulation)
            .where(
                Simulation.kind == simulation.kind,
                Simulation.about.contains({"scheme": simulation.about["scheme"]}),
                Simulation.state == SimulationState.DONE,
                Simulation.id != simulation.id,
            )
            .order_by(*asked_first, Simulation.number.desc())
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


def drafts_beside(session: Session, rule: PriceRule) -> list[PriceRule]:
    """The latest other rules of its scheme that do not hold yet."""
    return list(
        session.scalars(
            select(PriceRule)
            .where(
                PriceRule.scheme == rule.scheme,
                PriceRule.state.in_(DRAFTS),
                PriceRule.id != rule.id,
            )
            .order_by(PriceRule.number.desc())
            .limit(MOST_BESIDE)
        )
    )


def of_document(session: Session, scheme: str, digest: str) -> Simulation | None:
    """The latest of exactly this document that was not cancelled."""
    return session.scalar(
        select(Simulation)
        .where(
            Simulation.kind == SimulationKind.SCHEME,
            Simulation.about.contains({"scheme": scheme, "digest": digest}),
            Simulation.state != SimulationState.CANCELLED,
        )
        .order_by(Simulation.number.desc())
        .limit(1)
    )
