"""Who may see an approval, and who may not decide it in any way."""

from __future__ import annotations

from ideals.approvals.errors import MayNotKeepPolicies
from ideals.approvals.models import Approval
from ideals.approvals.states import Kind
from ideals.kernel.actor import Actor, Role


def overseer(kind: str) -> Role:
    """Who sees every case of a kind, and decides where nobody else does: HR has a right of its own
    for deals."""
    return Role.HR_DEALS if kind == Kind.DEAL else Role.HR


def oversees(actor: Actor, kind: str) -> bool:
    return actor.has(overseer(kind))


def may_see(actor: Actor, approval: Approval) -> bool:
    """Whom it is about, who asked, and HR; and who has or had part in it: `queries.had_part`."""
    return (
        oversees(actor, approval.kind)
        or asked_for(actor, approval)
        or _is(actor, approval.employee_id)
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


def _is(actor: Actor, employee_id: int | None) -> bool:
    return actor.employee_id is not None and actor.employee_id == employee_id


def may_delegate_for_others(actor: Actor) -> bool:
    """HR, for somebody who cannot do it themselves."""
    return actor.has(Role.HR)


def may_see_delegation(actor: Actor, from_id: int, to_id: int) -> bool:
    """Both whom it concerns, and HR: each of them may also end it."""
    return actor.has(Role.HR) or _is(actor, from_id) or _is(actor, to_id)


def may_keep_mandates(actor: Actor) -> bool:
    return actor.has(Role.HR)


def keeps_policies(actor: Actor) -> bool:
    """Whether this actor writes and publishes policies. What they say is no secret."""
    return actor.has(Role.HR)


def check_keeps_policies(actor: Actor) -> None:
    if not keeps_policies(actor):
        raise MayNotKeepPolicies("writing and publishing policies takes the role HR")
