"""Who may see and do what with budgets."""

from __future__ import annotations

from ideals.kernel.actor import Actor, Role


def may_see_budget(actor: Actor, employee_id: int) -> bool:
    """Their own, and HR everybody's. A manager sees no amounts."""
    return actor.employee_id == employee_id or actor.has(Role.HR)


def is_someone_elses(actor: Actor, employee_id: int) -> bool:
    """Looking at another person's amounts is written down."""
    return actor.employee_id != employee_id
