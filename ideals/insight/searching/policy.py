"""Who may search the audit, and which part of it."""

from __future__ import annotations

from collections.abc import Mapping

from ideals.insight.searching.rules import DEALS, PRICES, Topic
from ideals.kernel.actor import Actor, Role

NEEDS: Mapping[Role, Topic] = {Role.HR_DEALS: DEALS, Role.HR_PRICES: PRICES}
"""What needs a right beside that of HR."""


def may_search(actor: Actor) -> bool:
    """HR for people and schemes, and nobody else: it tells who looked at whom."""
    return actor.has(Role.HR)


def hidden_from(actor: Actor) -> list[Topic]:
    return [topic for role, topic in NEEDS.items() if not actor.has(role)]
