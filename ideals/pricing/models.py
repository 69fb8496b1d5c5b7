"""Quotes, as stored."""

from __future__ import annotations

from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, Numeric
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from ideals.db import Base, MonthColumn, bigid, minor, moment
from ideals.kernel.month import Month
from ideals.people.models import Employee


class Quote(Base):
    """`token` is what the employee shows to use it: 256 random bits.

    `scheme_version`: the version it was made under. `unit_minor` is the price of one unit and
    `price_minor` of all, in cents; `minutes` what it delivers or, for a sale, takes.
    `addition_minor`: cents a year that count as wage. `terms`: what an order has to keep to
    (`rules.Terms`). `steps`: how the price came about (`rules.Step`). `known_at`: by which facts.
    """

    __tablename__ = "pricing_quote"
    __table_args__ = (
        CheckConstraint("quantity > 0", name="quantity_positive"),
        CheckConstraint(
            "unit_minor >= 0 AND price_minor >= 0 AND minutes >= 0 AND addition_minor >= 0",
            name="nothing_below_zero",
        ),
        CheckConstraint("expires_at > created_at", name="expires_later"),
        # The hourly job forgets what expired.
        Index(None, "expires_at"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    token: Mapped[str] = mapped_column(unique=True)
    employee_id: Mapped[bigid] = mapped_column(ForeignKey(Employee.id))
    scheme: Mapped[str]
    scheme_version: Mapped[Month] = mapped_column(MonthColumn)
    product: Mapped[str]
    month: Mapped[Month] = mapped_column(MonthColumn)
    quantity: Mapped[Decimal] = mapped_column(Numeric)
    unit_minor: Mapped[minor]
    price_minor: Mapped[minor]
    minutes: Mapped[minor]
    addition_minor: Mapped[minor]
    terms: Mapped[dict[str, Any]] = mapped_column(JSONB)
    steps: Mapped[list[Any]] = mapped_column(JSONB)
    known_at: Mapped[moment]
    created_at: Mapped[moment]
    expires_at: Mapped[moment]
