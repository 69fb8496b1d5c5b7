"""Who may see and do what with payroll."""

from __future__ import annotations

from ideals.kernel.actor import Actor, Role

SEES = (Role.PAYROLL, Role.HR)


def may_see_batches(actor: Actor) -> bool:
    """Payroll, which is what they are made for, and HR, which answers for them."""
    return any(actor.has(role) for role in SEES)


def may_keep_codes(actor: Actor) -> bool:
    return actor.has(Role.HR)
