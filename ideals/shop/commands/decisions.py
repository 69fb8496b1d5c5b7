"""What orders do when somebody decided about them. Registered with the approvals."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import update
from sqlalchemy.orm import Session

from ideals import audit
from ideals.approvals.models import Approval
from ideals.approvals.states import Kind, State
from ideals.kernel.actor import Actor
from ideals.shop import queries
from ideals.shop.commands import ending
from ideals.shop.models import Evidence
from ideals.shop.states import Action, OrderState, Waits, after

_ANSWERS = {Kind.ORDER: Waits.APPROVAL, Kind.EVIDENCE: Waits.CHECK}


def lock_before_decision(session: Session, subject: str) -> None:
    """The month that a decision will post into comes before the approval. Raises `OrderUnknown`."""
    order = queries.order_of(session, _order_id(subject))
    ending.lock_booking_month(session, order.month)


def decided(session: Session, approval: Approval, *, actor: Actor, now: datetime) -> None:
    """A yes posts the order once nothing else is missing; a no ends it, with the reason.

    Raises `MoveNotAllowed` when the order does not wait any more.
    """
    order = queries.lock_order(session, _order_id(approval.subject))
    after(OrderState(order.state), Action.APPROVE)
    # Locked before the approval already: the same month is found.
    month = ending.lock_booking_month(session, order.month)
    if approval.state == State.REFUSED:
        ending.refuse(session, order, month, approval.reason or "", actor=actor, now=now)
        return
    answered = _ANSWERS[Kind(approval.kind)]
    if answered is Waits.CHECK:
        session.execute(
            update(Evidence).where(Evidence.order_id == order.id).values(checked_at=now)
        )
    waits = [each for each in order.waits_for if each != answered]
    if waits:
        order.waits_for = waits
        audit.record(session, "shop.order_agreed", order.source, actor=actor, now=now, to=answered)
        return
    ending.take_effect(session, order, month, actor=actor, now=now)


def _order_id(subject: str) -> UUID:
    return UUID(subject.partition(":")[2])
