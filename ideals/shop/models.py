"""Orders and their evidence, as stored."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import (
    ARRAY,
    BigInteger,
    CheckConstraint,
    ForeignKey,
    Identity,
    Index,
    Numeric,
    Text,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from ideals.db import Base, MonthColumn, bigid, minor, moment
from ideals.kernel.month import Month
from ideals.people.models import Employee


class Order(Base):
    """One purchase (or sale of leave), with the price and the terms it was placed under.

    `number` is for people to refer to. `scheme_version`: the version whose words describe it.
    `month` is what it belongs to, and where its transfers are booked. `price_minor`: cents that the
    employee pays, for a sale gets. `minutes`: leave delivered, for a sale given up.
    `addition_minor`: cents a year that count as wage. `commitment`: how it is charged month by
    month; empty: at once. `cancellation` and `last_day`: until when the employee may take it back.
    `scarce`: counts against a quota. `waits_for`: while held, `states.Waits`.

    `hold_transfer`: what set the value aside, while it was held. `money_transfer` and
    `minutes_transfer`: what moved it. `decided_*`, `reason`: who ended the waiting, or the order.
    """

    __tablename__ = "shop_order"
    __table_args__ = (
        CheckConstraint(
            "state IN ('held', 'posted', 'refused', 'released', 'cancelled')", name="state_known"
        ),
        CheckConstraint(
            "paid_from IN ('budget', 'savings', 'development')", name="paid_from_known"
        ),
        CheckConstraint(
            "quantity > 0 AND unit_minor >= 0 AND price_minor >= 0 AND minutes >= 0 "
            "AND addition_minor >= 0",
            name="nothing_below_zero",
        ),
        CheckConstraint(
            "(state = 'held') = (cardinality(waits_for) > 0) "
            "AND waits_for <@ ARRAY['evidence', 'check', 'approval']",
            name="held_while_it_waits",
        ),
        CheckConstraint(
            "state IN ('held', 'posted') OR (decided_at IS NOT NULL AND decided_by IS NOT NULL)",
            name="ended_by_somebody",
        ),
        CheckConstraint("state <> 'refused' OR reason <> ''", name="refused_with_a_reason"),
        # A quote is used once, whatever happens at the same time.
        Index("shop_order_quote_used_once", "quote_id", unique=True),
        # What an employee bought of a product, for its limits; and their orders.
        Index("shop_order_of_employee", "employee_id", "product", "month"),
        # Scarce products: what is taken of the quota, by everybody together.
        Index(
            "shop_order_of_quota",
            "scheme",
            "product",
            "month",
            postgresql_where=text("scarce AND state IN ('held', 'posted')"),
        ),
        # What has to be decided or released before a month closes.
        Index("shop_order_held", "month", postgresql_where=text("state = 'held'")),
        # How many orders a month has, and who has made none for it.
        Index("shop_order_of_month", "month", "state", "employee_id"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    number: Mapped[int] = mapped_column(BigInteger, Identity(always=True), unique=True)
    employee_id: Mapped[bigid] = mapped_column(ForeignKey(Employee.id))
    scheme: Mapped[str]
    scheme_version: Mapped[Month] = mapped_column(MonthColumn)
    product: Mapped[str]
    kind: Mapped[str]
    unit: Mapped[str]
    tax: Mapped[str]
    paid_from: Mapped[str]
    month: Mapped[Month] = mapped_column(MonthColumn)
    quantity: Mapped[Decimal] = mapped_column(Numeric)
    unit_minor: Mapped[minor]
    price_minor: Mapped[minor]
    minutes: Mapped[minor]
    addition_minor: Mapped[minor]
    steps: Mapped[list[Any]] = mapped_column(JSONB)
    commitment: Mapped[dict[str, Any] | None] = mapped_column(JSONB(none_as_null=True))
    cancellation: Mapped[str]
    last_day: Mapped[date]
    scarce: Mapped[bool]
    state: Mapped[str]
    waits_for: Mapped[list[str]] = mapped_column(ARRAY(Text), server_default="{}")
    quote_id: Mapped[UUID | None]
    choice_id: Mapped[UUID | None]
    approval_id: Mapped[UUID | None]
    check_id: Mapped[UUID | None]
    hold_transfer: Mapped[UUID | None]
    money_transfer: Mapped[UUID | None]
    minutes_transfer: Mapped[UUID | None]
    ordered_at: Mapped[moment]
    ordered_by: Mapped[str]
    ordered_by_user_id: Mapped[int | None] = mapped_column(BigInteger)
    decided_at: Mapped[moment | None]
    decided_by: Mapped[str | None]
    decided_by_user_id: Mapped[int | None] = mapped_column(BigInteger)
    reason: Mapped[str | None]

    @property
    def source(self) -> str:
        """What the transfers of this order name as their cause."""
        return f"order:{self.id}"


class Evidence(Base):
    """A file that shows what was bought. `file_name` is ours: nothing of the sender's is kept.

    `checked_at`: HR has looked at it and agreed.
    """

    __tablename__ = "shop_evidence"
    __table_args__ = (
        CheckConstraint(
            "media_type IN ('application/pdf', 'image/png', 'image/jpeg')", name="media_type_known"
        ),
        CheckConstraint("octet_length(content) BETWEEN 1 AND 5242880", name="size_bounded"),
        Index(None, "order_id"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    order_id: Mapped[UUID] = mapped_column(ForeignKey(Order.id))
    file_name: Mapped[str]
    media_type: Mapped[str]
    size: Mapped[int]
    digest: Mapped[str]
    content: Mapped[bytes] = mapped_column(deferred=True)
    uploaded_at: Mapped[moment]
    uploaded_by: Mapped[str]
    checked_at: Mapped[moment | None]


class Chosen(Base):
    """How many people chose a product in the last twelve months, as counted at a moment.

    `orders`: in how many orders; `total_minor`: for how many cents, what binds for longer in full.
    """

    __tablename__ = "shop_chosen"

    scheme: Mapped[str] = mapped_column(primary_key=True)
    product: Mapped[str] = mapped_column(primary_key=True)
    people: Mapped[int]
    orders: Mapped[int] = mapped_column(BigInteger)
    total_minor: Mapped[minor]
    counted_at: Mapped[moment]
