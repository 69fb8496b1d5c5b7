"""Whose notices, and who sees which mails did not arrive."""

from __future__ import annotations

from ideals.kernel.actor import Actor, Role


def is_theirs(actor: Actor, *, employee_id: int | None, user_id: int | None) -> bool:
    """Told to the employee this actor is, or to this user."""
    if employee_id is not None:
        return employee_id == actor.employee_id
    return user_id is not None and user_id == actor.user_id


def may_see_undelivered(actor: Actor) -> bool:
    return actor.has(Role.HR)
