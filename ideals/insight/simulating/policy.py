"""Who simulates what: prices are of HR for prices, schemes of HR."""

from __future__ import annotations

from collections.abc import Mapping

from ideals.insight.simulating.errors import SimulationsNotYours
from ideals.insight.simulating.states import SimulationKind
from ideals.kernel.actor import Actor, Role

ROLE_OF: Mapping[SimulationKind, Role] = {
    SimulationKind.PRICES: Role.HR_PRICES,
    SimulationKind.SCHEME: Role.HR,
}


def simulates(actor: Actor, kind: SimulationKind) -> bool:
    return actor.has(ROLE_OF[kind])


def check_simulates(actor: Actor, kind: SimulationKind) -> None:
    """Raises `SimulationsNotYours`."""
    if not simulates(actor, kind):
        role = ROLE_OF[kind]
        raise SimulationsNotYours(f"This simulation takes the role {role}.", role=role.value)
