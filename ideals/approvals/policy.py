"""Who may see an approval, and who may decide it."""

from __future__ import annotations

from ideals.approvals.errors import MayNotKeepPolicies
from ideals.approvals.models import Approval
from ideals.approvals.states import Kind
from ideals.kernel.actor import Actor, Role


def may_see(actor: Actor, approval: Approval) -> bool:
    """Whom it is about, who asked, the manager it is with, and HR."""
    return (
        actor.has(Role.HR)
        or asked_for(actor, approval)
        or _is(actor, approval.employee_id)
        or _is(actor, approval.approver_id)
    )


def is_about(actor: Actor, approval: Approval) -> bool:
    """Whether it is about this actor, or for something they asked for themselves.

    A task is nobody's permission: whoever noted it may do it.
    """
    if _is(actor, approval.employee_id):
        return True
    return approval.kind != Kind.TODO and asked_for(actor, approval)


def asked_for(actor: Actor, approval: Approval) -> bool:
    by_user = actor.user_id is not None and actor.user_id == approval.asked_by_user_id
    return by_user or _is(actor, approval.asked_by_employee_id)


def is_with(actor: Actor, approval: Approval, *, manager_employed: bool) -> bool:
    """Whether it is this actor's turn: the manager's while they are employed, else HR's."""
    if approval.why_hr is None and manager_employed:
        return _is(actor, approval.approver_id)
    return actor.has(Role.HR)


def _is(actor: Actor, employee_id: int | None) -> bool:
    return actor.employee_id is not None and actor.employee_id == employee_id


def keeps_policies(actor: Actor) -> bool:
    """Whether this actor writes and publishes policies. What they say is no secret."""
    return actor.has(Role.HR)


def check_keeps_policies(actor: Actor) -> None:
    if not keeps_policies(actor):
        raise MayNotKeepPolicies("writing and publishing policies takes the role HR")
