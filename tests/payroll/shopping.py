"""A shop whose orders go through payroll in every way there is, and the month's end."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from sqlalchemy.orm import Session

from ideals.approvals import commands as approvals
from ideals.approvals.queries import of_subject
from ideals.approvals.states import Decision, Kind
from ideals.kernel.actor import SYSTEM, Actor
from ideals.kernel.month import Month
from ideals.ledger import commands as ledger
from ideals.payroll import commands, queries
from ideals.payroll.models import Batch, Line
from ideals.shop.models import Order
from tests.approvals.conftest import step_of
from tests.shop.conftest import HOUR_PRICE, NOW, PDF, Shop, open_shop

JANUARY, FEBRUARY, MARCH, APRIL = (Month(2026, number) for number in (1, 2, 3, 4))
LATER = datetime(2026, 4, 2, 8, tzinfo=UTC)

PRODUCTS: dict[str, dict[str, Any]] = {
    "cash": {"kind": "pay_out", "name": {"en": "Pay", "nl": "Uitbetalen"}, "months_ahead": "6"},
    "leave": {
        "kind": "leave",
        "name": {"en": "Extra leave", "nl": "Extra verlof"},
        "unit": "hour",
        "step": "1",
        "price": HOUR_PRICE,
        "cancellation": "until_close",
    },
    "sell": {
        "kind": "sell_leave",
        "name": {"en": "Sell leave", "nl": "Verlof verkopen"},
        "unit": "hour",
        "step": "1",
        "price": HOUR_PRICE,
    },
    "savings": {"kind": "savings"},
    "gym": {"kind": "other", "unit": "piece", "tax": "free_space", "cancellation": "until_close"},
    "bicycle": {
        "kind": "bicycle",
        "name": {"en": "Bicycle", "nl": "Fiets"},
        "price": "2400",
        "unit": "piece",
        "instalments": {"months": "24", "early_end": "yes", "leaving": "pay_rest"},
        "tax": "addition",
        "addition": "7% * price",
    },
    "car": {
        "kind": "lease_car",
        "name": {"en": "Lease car", "nl": "Leaseauto"},
        "price": "1250",
        "unit": "piece",
        "term": {"months": "48", "early_end": "yes", "leaving": "end"},
    },
    "course": {
        "kind": "other",
        "name": {"en": "Course", "nl": "Cursus"},
        "unit": "piece",
        "tax": "exempt",
        "approval": "manager",
        "evidence": {"en": "The invoice"},
    },
}


def a_shop(session: Session) -> Shop:
    """Anna with 1,000.00 in March; whoever orders has just signed in."""
    opened = open_shop(session, products=PRODUCTS)
    for name in ("anna", "egor"):
        setattr(opened, name, replace(getattr(opened, name), proved_at=NOW))
    return opened


def agreed(session: Session, shop: Shop, order: Order) -> Order:
    """By the manager, and by HR who looks at the evidence."""
    asked = of_subject(session, order.source)
    for approval in asked:
        actor = shop.dina if step_of(session, approval).role else shop.boris
        cmd = approvals.Decide(approval.id, Decision.APPROVE, "Good for the team")
        approvals.decide(session, cmd, actor=actor, now=NOW)
    return order


def everything(session: Session, shop: Shop) -> None:
    """Anna and Egor choose of all there is; one order is taken back, one is refused."""
    shop.order(session, "cash", "100")
    shop.order(session, "leave", "8")
    shop.cancel(session, shop.order(session, "leave", "1"))
    shop.order(session, "sell", "3")
    shop.order(session, "savings", "50")
    shop.order(session, "gym", price_minor=4_500)
    shop.order(session, "bicycle", "1")
    agreed(session, shop, shop.order(session, "course", price_minor=20_000, evidence=(PDF,)))
    refused = shop.order(session, "course", price_minor=10_000, evidence=(PDF,))
    asked = next(a for a in of_subject(session, refused.source) if a.kind == Kind.ORDER)
    no = approvals.Decide(asked.id, Decision.REFUSE, "Not this year")
    approvals.decide(session, no, actor=shop.boris, now=NOW)
    shop.order(session, "car", "1", who=shop.egor)


def close(session: Session, *months: Month, actor: Actor = SYSTEM) -> Batch:
    """Seal these months and make their batches; the last one."""
    for month in months:
        ledger.seal_month(session, ledger.SealMonth(month), actor=actor, now=LATER)
        cmd = commands.MakeBatch(month)
        batch = commands.make_batch(session, cmd, actor=actor, now=LATER)
    return batch


def lines_of(session: Session, month: Month = MARCH) -> dict[tuple[str, str], tuple[str, int]]:
    """(number, code) to treatment and cents or minutes."""
    return {
        (line.number, line.code): (line.tax.value, line.minor)
        for line in queries.exported(session, month)
    }


def line(session: Session, number: str, code: str, month: Month = MARCH) -> Line:
    found = next(
        each
        for each in queries.exported(session, month)
        if (each.number, each.code) == (number, code)
    )
    return queries.line_of(session, month, found.line)
