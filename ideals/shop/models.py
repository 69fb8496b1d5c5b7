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
        # What has to be decided before a month closes, and who ordered something for it.
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
    not_applied: Mapped[dict[str, Any]] = mapped_column(JSONB, server_default="{}")
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

    `orders` and `total_minor`: in how many orders and for how much, what is charged month by month
    in all its months.
    """

    __tablename__ = "shop_chosen"

    scheme: Mapped[str] = mapped_column(primary_key=True)
    product: Mapped[str] = mapped_column(primary_key=True)
    people: Mapped[int]
    orders: Mapped[bigid]
    total_minor: Mapped[minor]
    counted_at: Mapped[moment]


class Choice(Base):
    """A standing choice: an order that repeats each month by itself, by `position`.

    `amount`: units or percent, as `mode` says; empty for the rest. `until_month` is empty while it
    has no end. `version` counts its changes. `last_*`: what became of it in the last month it was
    tried, with the code and data of the error when it could not be ordered.
    """

    __tablename__ = "shop_choice"
    __table_args__ = (
        CheckConstraint("mode IN ('quantity', 'percent', 'rest')", name="mode_known"),
        CheckConstraint("state IN ('active', 'paused', 'ended')", name="state_known"),
        CheckConstraint("last_outcome IN ('ordered', 'nothing', 'failed')", name="outcome_known"),
        CheckConstraint(
            "CASE mode WHEN 'rest' THEN amount IS NULL WHEN 'percent' THEN amount > 0 AND "
            "amount <= 100 ELSE amount > 0 END",
            name="amount_of_mode",
        ),
        CheckConstraint("until_month >= from_month", name="ends_after_it_begins"),
        Index("shop_choice_of_employee", "employee_id", "position"),
        # Who a run of choices looks at.
        Index("shop_choice_active", "scheme", postgresql_where=text("state = 'active'")),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    employee_id: Mapped[bigid] = mapped_column(ForeignKey(Employee.id))
    scheme: Mapped[str]
    product: Mapped[str]
    position: Mapped[int]
    mode: Mapped[str]
    amount: Mapped[Decimal | None] = mapped_column(Numeric)
    from_month: Mapped[Month] = mapped_column(MonthColumn)
    until_month: Mapped[Month | None] = mapped_column(MonthColumn)
    state: Mapped[str]
    version: Mapped[int] = mapped_column(server_default="1")
    last_month: Mapped[Month | None] = mapped_column(MonthColumn)
    last_outcome: Mapped[str | None]
    last_order_id: Mapped[UUID | None]
    last_code: Mapped[str | None]
    last_reason: Mapped[str | None]
    last_data: Mapped[dict[str, Any] | None] = mapped_column(JSONB(none_as_null=True))
    created_at: Mapped[moment]
    changed_at: Mapped[moment]


class Commitment(Base):
    """What an order with instalments or a term costs month by month. Its id is the order's.

    `price_minor` is of the whole when `divided`, else of each month. `last_month` is the last one
    charged; it comes nearer when the commitment ends before its time, as `ended_because` says.
    """

    __tablename__ = "shop_commitment"
    __table_args__ = (
        CheckConstraint("months > 0 AND price_minor >= 0 AND addition_minor >= 0", name="sensible"),
        CheckConstraint("leaving IN ('pay_rest', 'end')", name="leaving_known"),
        CheckConstraint(
            "ended_because IN ('early', 'leaving', 'cancelled')", name="ended_because_known"
        ),
        CheckConstraint("(ended_because IS NULL) = (ended_at IS NULL)", name="ended_whole"),
        Index("shop_commitment_of_employee", "employee_id"),
        # Who is charged in a month.
        Index("shop_commitment_of_scheme", "scheme", "last_month"),
    )

    id: Mapped[UUID] = mapped_column(ForeignKey(Order.id), primary_key=True)
    employee_id: Mapped[bigid] = mapped_column(ForeignKey(Employee.id))
    scheme: Mapped[str]
    product: Mapped[str]
    paid_from: Mapped[str]
    first_month: Mapped[Month] = mapped_column(MonthColumn)
    months: Mapped[int]
    last_month: Mapped[Month] = mapped_column(MonthColumn)
    divided: Mapped[bool]
    price_minor: Mapped[minor]
    addition_minor: Mapped[minor]
    early_end: Mapped[bool]
    leaving: Mapped[str]
    started_at: Mapped[moment]
    ended_at: Mapped[moment | None]
    ended_because: Mapped[str | None]


class Charge(Base):
    """What a commitment cost in a month. `rest`: all that was left to pay, when it ended.

    `shortfall_minor` is the part of `charged_minor` that the account could not pay: it is deducted
    from pay. `addition_minor` counts as wage of that month. `reversed_at`: it was taken back, with
    its order or by itself, in the books of `reversed_in`.
    """

    __tablename__ = "shop_charge"
    __table_args__ = (
        CheckConstraint(
            "charged_minor >= 0 AND shortfall_minor BETWEEN 0 AND charged_minor "
            "AND addition_minor >= 0",
            name="sensible",
        ),
        CheckConstraint("(reversed_at IS NULL) = (reversed_in IS NULL)", name="reversed_whole"),
        Index(None, "month"),
        Index(
            "shop_charge_reversed",
            "reversed_in",
            postgresql_where=text("reversed_in IS NOT NULL"),
        ),
    )

    commitment_id: Mapped[UUID] = mapped_column(ForeignKey(Commitment.id), primary_key=True)
    month: Mapped[Month] = mapped_column(MonthColumn, primary_key=True)
    rest: Mapped[bool] = mapped_column(primary_key=True)
    charged_minor: Mapped[minor]
    shortfall_minor: Mapped[minor]
    addition_minor: Mapped[minor]
    charged_at: Mapped[moment]
    reversed_at: Mapped[moment | None]
    reversed_in: Mapped[Month | None] = mapped_column(MonthColumn)


class Death(Base):
    """That an employee has died, as HR said: a debt may be waived then."""

    __tablename__ = "shop_death"

    employee_id: Mapped[bigid] = mapped_column(ForeignKey(Employee.id), primary_key=True)
    noted_at: Mapped[moment]
    noted_by: Mapped[str]


class Reminder(Base):
    """That people were reminded of a scheme's last day to choose, so many days before it."""

    __tablename__ = "shop_reminder"

    scheme: Mapped[str] = mapped_column(primary_key=True)
    last_day: Mapped[date] = mapped_column(primary_key=True)
    days: Mapped[int] = mapped_column(primary_key=True)
    begun_at: Mapped[moment]
