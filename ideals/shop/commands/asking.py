"""Who has to agree to an order, and who hears of it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from uuid import UUID

from sqlalchemy.orm import Session

from ideals.approvals import commands as approvals
from ideals.approvals.commands import Ask, Route
from ideals.approvals.states import Kind
from ideals.kernel.actor import Actor
from ideals.kernel.ids import new_id
from ideals.kernel.money import Money
from ideals.notices import commands as notices
from ideals.schemes import queries as schemes
from ideals.schemes.rules import NeedsApproval
from ideals.shop.models import Order
from ideals.shop.queries import Purchase

_ASKS = {
    NeedsApproval.NONE: "nobody",
    NeedsApproval.MANAGER: "manager",
    NeedsApproval.HR: "hr",
}


def facts_of(purchase: Purchase) -> dict[str, str | Decimal | bool]:
    """What a policy of orders may decide by, beside the amount and the person."""
    terms = purchase.terms
    return {
        "product": purchase.product,
        "product_kind": terms.kind.value,
        "paid_from": terms.paid_from,
        "quantity": purchase.quantity,
        "asks": _ASKS[NeedsApproval(terms.approval)],
    }


def route_of(session: Session, purchase: Purchase, *, actor: Actor, now: datetime) -> Route:
    """Whether, and by whom, this would have to be agreed to."""
    return approvals.consider(
        session, _asked(new_id(), Kind.ORDER, "order", purchase), actor=actor, now=now
    )


def ask(
    session: Session,
    order: Order,
    purchase: Purchase,
    route: Route,
    *,
    actor: Actor,
    now: datetime,
) -> UUID | None:
    """The id of the approval; `None` when nobody is asked and nothing is noted."""
    cmd = _asked(new_id(), Kind.ORDER, order.source, purchase, what=names_of(session, order))
    approval = approvals.ask(session, cmd, actor=actor, now=now, route=route)
    return None if approval is None else approval.id


def _asked(
    id_: UUID, kind: Kind, subject: str, purchase: Purchase, what: Mapping[str, str] | None = None
) -> Ask:
    return Ask(
        id=id_,
        kind=kind,
        subject=subject,
        employee_id=purchase.employee_id,
        facts=facts_of(purchase),
        amount=Money(purchase.price_minor),
        latest_on=purchase.terms.last_day,
        what=what or {},
    )


def ask_to_look(session: Session, order: Order, *, actor: Actor, now: datetime) -> UUID:
    """Somebody looks at the evidence: the id of that approval."""
    cmd = Ask(
        id=new_id(),
        kind=Kind.EVIDENCE,
        subject=order.source,
        employee_id=order.employee_id,
        facts={"product": order.product},
        amount=Money(order.price_minor),
        latest_on=order.last_day,
        what=names_of(session, order),
    )
    approval = approvals.ask(session, cmd, actor=actor, now=now)
    assert approval is not None  # noqa: S101  a policy of evidence is always decided before
    return approval.id


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
