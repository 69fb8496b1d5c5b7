"""Who may see and do what with orders. Pure questions; `queries` and the edges ask them."""

from __future__ import annotations

from ideals.kernel.actor import Actor, Role


def may_see_order(actor: Actor, employee_id: int) -> bool:
    """Their own, HR everybody's, and payroll those that its lines come from."""
    return is_own(actor, employee_id) or actor.has(Role.HR) or actor.has(Role.PAYROLL)


def may_see_evidence(actor: Actor, employee_id: int) -> bool:
    """What they sent themselves, and HR, who looks at it."""
    return is_own(actor, employee_id) or actor.has(Role.HR)


def is_own(actor: Actor, employee_id: int) -> bool:
    """Only who ordered something takes it back or adds to it."""
    return actor.employee_id is not None and actor.employee_id == employee_id
