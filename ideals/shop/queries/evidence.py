"""Orders that wait for evidence, or for somebody to look at it."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import ColumnElement, Row, Select, any_, func, literal, or_, select
from sqlalchemy.orm import Session

from ideals.ledger.models import LedgerMonth
from ideals.ledger.states import MonthState
from ideals.people.models import Employee
from ideals.people.rules import sort_key
from ideals.schemes.rules import Product
from ideals.shop import queries
from ideals.shop.models import Evidence, Order
from ideals.shop.states import OrderState, Waits


@dataclass(frozen=True, slots=True)
class EvidenceAsked:
    """`search`: a name, the number of an employee or of an order."""

    search: str = ""
    waits: Waits | None = None


@dataclass(frozen=True, slots=True)
class EvidenceLine:
    """An order with its files, the first sent first. `whose`: the employee's number."""

    order: Order
    whose: str
    name: str
    product: Product | None
    files: Sequence[Evidence]

    @property
    def to_check(self) -> bool:
        """Whether it is HR's turn, and not the employee's."""
        return Waits.CHECK in self.order.waits_for


def evidence_wanted(asked: EvidenceAsked) -> Select[Order, int, str, str]:
    """For `paginate` by `Order.number`, the oldest first; `evidence_lines` shows the rows."""
    waits = [asked.waits] if asked.waits else [Waits.EVIDENCE, Waits.CHECK]
    # Nothing is held in a sealed month: so the orders of years are not read for the few that wait.
    unsealed = select(func.min(LedgerMonth.month)).where(LedgerMonth.state != MonthState.SEALED)
    wanted = (
        select(Order, Order.number, Employee.number.label("whose"), Employee.name)
        .join(Employee, Employee.id == Order.employee_id)
        .where(
            Order.month >= unsealed.scalar_subquery(),
            Order.state == OrderState.HELD,
            or_(*(literal(each.value) == any_(Order.waits_for) for each in waits)),
        )
    )
    return wanted.where(_found(asked.search)) if asked.search else wanted


def _found(search: str) -> ColumnElement[bool]:
    found = [
        Employee.sort_name.contains(sort_key(search), autoescape=True),
        Employee.number.startswith(search, autoescape=True),
    ]
    if search.isascii() and search.isdigit() and len(search) < 19:
        found.append(Order.number == int(search))
    return or_(*found)


def evidence_lines(
    session: Session, rows: Sequence[Row[Order, int, str, str]]
) -> list[EvidenceLine]:
    """Two statements, however many."""
    orders = [row.Order for row in rows]
    products = queries.products_of(session, orders)
    files = files_of(session, [order.id for order in orders])
    return [
        EvidenceLine(
            row.Order, row.whose, row.name, products.get(row.Order.id), files.get(row.Order.id, [])
        )
        for row in rows
    ]


def files_of(session: Session, order_ids: Collection[UUID]) -> dict[UUID, list[Evidence]]:
    """By order, without their content."""
    found: dict[UUID, list[Evidence]] = {}
    rows = session.scalars(
        select(Evidence)
        .where(Evidence.order_id.in_(order_ids))
        .order_by(Evidence.uploaded_at, Evidence.id)
    )
    for file in rows:
        found.setdefault(file.order_id, []).append(file)
    return found
