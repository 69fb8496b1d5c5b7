"""Who has to agree to an order, and who hears of it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from uuid import UUID

from sqlalchemy.orm import Session

from ideals.approvals import commands as approvals
from ideals.approvals.rules import working_days_after
from ideals.approvals.states import Kind, Who
from ideals.kernel.actor import Actor
from ideals.kernel.ids import new_id
from ideals.notices import commands as notices
from ideals.schemes import queries as schemes
from ideals.shop.models import Order

DAYS_TO_DECIDE = 5
"""Working days, and no later than the deadline of the order's month."""


def ask(
    session: Session, order: Order, kind: Kind, who: Who, *, actor: Actor, now: datetime, day: date
) -> UUID:
    """The id of the approval."""
    due_on = min(order.last_day, working_days_after(day, DAYS_TO_DECIDE))
    cmd = approvals.Ask(
        id=new_id(),
        kind=kind,
        subject=order.source,
        employee_id=order.employee_id,
        who=who,
        due_on=max(day, due_on),
        what=names_of(session, order),
    )
    return approvals.ask(session, cmd, actor=actor, now=now).id


def names_of(session: Session, order: Order) -> Mapping[str, str]:
    """What the product is called, by language, in the version the order was placed under."""
    scheme = schemes.scheme_version(session, order.scheme, order.scheme_version)
    return scheme.products[order.product].names or {"en": order.product}


def tell(session: Session, order: Order, what: str, *, actor: Actor, now: datetime) -> None:
    """Let the employee know; amounts stay in the shop."""
    cmd = notices.Tell(
        kind=f"order.{what}",
        subject=order.source,
        key=f"{order.source}:{what}",
        employee_ids=[order.employee_id],
        data={
            "order": str(order.id),
            "number": order.number,
            "names": dict(names_of(session, order)),
            "month": str(order.month),
            "reason": order.reason or "",
        },
    )
    notices.tell(session, cmd, actor=actor, now=now)
