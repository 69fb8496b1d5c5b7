"""Who may do what with prices. What holds for everybody is no secret; drafts are HR's."""

from __future__ import annotations

from ideals.kernel.actor import Actor, Role
from ideals.pricing.errors import PricesNotYours


def steers(actor: Actor) -> bool:
    return actor.has(Role.HR_PRICES)


def check_steers(actor: Actor) -> None:
    """Raises `PricesNotYours`."""
    if not steers(actor):
        raise PricesNotYours("Changing prices takes the role of HR for prices.")
