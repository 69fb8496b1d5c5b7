"""Who may do what with schemes. What is owed and why is no secret: everybody may read them."""

from __future__ import annotations

from ideals.kernel.actor import Actor, Role
from ideals.schemes.errors import MayNotPublishSchemes


def may_publish(actor: Actor) -> bool:
    return actor.has(Role.HR)


def check_may_publish(actor: Actor) -> None:
    if not may_publish(actor):
        raise MayNotPublishSchemes("publishing a scheme takes the role HR")
