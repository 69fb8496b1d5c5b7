"""Quotes, price rules with their versions, indicators and price lists, as stored."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    ForeignKey,
    Identity,
    Index,
    Numeric,
    SmallInteger,
    UniqueConstraint,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from ideals.db import Base, MonthColumn, bigid, minor, moment
from ideals.db import month as month_
from ideals.kernel.month import Month
from ideals.people.models import Employee


class Quote(Base):
    """`token` is what the employee shows to use it: 256 random bits.

    `scheme_version`: the version it was made under. `unit_minor` is the price of one unit and
    `price_minor` of all, in cents; `minutes` what it delivers or, for a sale, takes.
    `addition_minor`: cents a year that count as wage. `terms`: what an order has to keep to
    (`rules.Terms`). `steps`: how the price came about (`rules.Step`), and
    `not_applied` which rules did nothing to it (`passed`). `known_at`: by which facts.
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
    not_applied: Mapped[dict[str, Any]] = mapped_column(JSONB, server_default="{}")
    known_at: Mapped[moment]
    created_at: Mapped[moment]
    expires_at: Mapped[moment]


class PriceRule(Base):
    """A change of prices, from a month through another.

    What it says stands in its versions: `text_number` is the one that counts. `last_month`: the
    last one for which it holds, once it is approved; empty without an end. `next_on`: when the
    clock looks at it. `version` counts every change, for who writes beside somebody else.
    """

    __tablename__ = "pricing_rule"
    __table_args__ = (
        UniqueConstraint("number"),
        UniqueConstraint("code"),
        CheckConstraint("code ~ '^[a-z0-9_]{1,60}$'", name="code_plain"),
        CheckConstraint(
            "state IN ('draft', 'submitted', 'refused', 'scheduled', 'in_force', 'ended',"
            " 'withdrawn')",
            name="state_known",
        ),
        CheckConstraint(
            "through_month >= from_month AND (last_month <= through_month OR"
            " through_month IS NULL)",
            name="months_ordered",
        ),
        CheckConstraint(
            "state = 'draft' OR state = 'withdrawn' OR submitted_at IS NOT NULL",
            name="submitted_by_somebody",
        ),
        CheckConstraint(
            "state NOT IN ('scheduled', 'in_force', 'ended')"
            " OR (approved_at IS NOT NULL AND approved_by_user_id IS NOT NULL)",
            name="holds_once_approved",
        ),
        CheckConstraint(
            "approved_by_user_id <> submitted_by_user_id"
            " AND approved_by_user_id <> created_by_user_id",
            name="approved_by_another",
        ),
        CheckConstraint("(ended_at IS NULL) = (ended_by IS NULL)", name="ended_once"),
        # Read with every price.
        Index(
            "pricing_rule_live",
            "scheme",
            postgresql_where=text("state IN ('scheduled', 'in_force')"),
        ),
        Index("pricing_rule_due", "next_on", postgresql_where=text("next_on IS NOT NULL")),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    number: Mapped[int] = mapped_column(BigInteger, Identity(always=True))
    code: Mapped[str]
    scheme: Mapped[str]
    state: Mapped[str]
    version: Mapped[int] = mapped_column(server_default="1")
    text_number: Mapped[int] = mapped_column(SmallInteger)
    from_month: Mapped[month_]
    through_month: Mapped[month_ | None] = mapped_column(MonthColumn)
    last_month: Mapped[month_ | None] = mapped_column(MonthColumn)
    next_on: Mapped[date | None]
    created_at: Mapped[moment]
    created_by: Mapped[str]
    created_by_user_id: Mapped[bigid | None]
    submitted_at: Mapped[moment | None]
    submitted_by: Mapped[str | None]
    submitted_by_user_id: Mapped[bigid | None]
    approval_id: Mapped[UUID | None]
    approved_at: Mapped[moment | None]
    approved_by: Mapped[str | None]
    approved_by_user_id: Mapped[bigid | None]
    ended_at: Mapped[moment | None]
    ended_by: Mapped[str | None]
    reason: Mapped[str | None]
    """Why it was refused."""

    @property
    def source(self) -> str:
        """As approvals, the audit and notices name it."""
        return f"price_rule:{self.id}"


class PriceRuleVersion(Base):
    """What a rule says, as plain data. Only added, and only while it is a draft."""

    __tablename__ = "pricing_rule_version"
    __table_args__ = (
        CheckConstraint("number > 0", name="number_positive"),
        CheckConstraint("digest ~ '^[0-9a-f]{64}$'", name="digest_is_sha256"),
    )

    rule_id: Mapped[UUID] = mapped_column(ForeignKey(PriceRule.id), primary_key=True)
    number: Mapped[int] = mapped_column(SmallInteger, primary_key=True)
    plain: Mapped[dict[str, Any]] = mapped_column(JSONB)
    digest: Mapped[str]
    at: Mapped[moment]
    by: Mapped[str]
    by_user_id: Mapped[bigid | None]


class ProductBounds(Base):
    """Cents for one unit that no rule may pass, for lists that are not published yet."""

    __tablename__ = "pricing_bounds"
    __table_args__ = (
        CheckConstraint(
            "least_minor >= 0 AND most_minor >= 0 AND most_minor >= least_minor", name="ordered"
        ),
    )

    scheme: Mapped[str] = mapped_column(primary_key=True)
    product: Mapped[str] = mapped_column(primary_key=True)
    least_minor: Mapped[int | None] = mapped_column(BigInteger)
    most_minor: Mapped[int | None] = mapped_column(BigInteger)
    version: Mapped[int] = mapped_column(server_default="1")
    changed_at: Mapped[moment]
    changed_by: Mapped[str]


class Indicator(Base):
    """A number that HR keeps by month; conditions call it `indicator_CODE`."""

    __tablename__ = "pricing_indicator"
    __table_args__ = (CheckConstraint("code ~ '^[a-z0-9_]{1,40}$'", name="code_plain"),)

    code: Mapped[str] = mapped_column(primary_key=True)
    name: Mapped[dict[str, Any]] = mapped_column(JSONB)
    unit: Mapped[str]
    version: Mapped[int] = mapped_column(server_default="1")
    changed_at: Mapped[moment]
    changed_by: Mapped[str]


class IndicatorValue(Base):
    """What an indicator was in a month, as it was known from `recorded_at` on."""

    __tablename__ = "pricing_indicator_value"
    __table_args__ = (
        CheckConstraint("value NOT IN ('NaN', 'Infinity', '-Infinity')", name="value_finite"),
        CheckConstraint("superseded_at >= recorded_at", name="superseded_later"),
        Index(
            "pricing_indicator_value_now",
            "code",
            "month",
            unique=True,
            postgresql_where=text("superseded_at IS NULL"),
        ),
    )

    id: Mapped[bigid] = mapped_column(Identity(always=True), primary_key=True)
    code: Mapped[str] = mapped_column(ForeignKey(Indicator.code))
    month: Mapped[month_]
    value: Mapped[Decimal] = mapped_column(Numeric)
    recorded_at: Mapped[moment]
    recorded_by: Mapped[str]
    superseded_at: Mapped[moment | None]


class PriceList(Base):
    """What changes the prices of one product for orders into a month, as it was published.

    `holds`: the versions of rules that hold, what their indicators were, and the bounds
    (`queries.prices.Holds`). Prices of that month are worked out from it alone.
    """

    __tablename__ = "pricing_list"
    __table_args__ = (UniqueConstraint("scheme", "month", "product"),)

    id: Mapped[UUID] = mapped_column(primary_key=True)
    scheme: Mapped[str]
    product: Mapped[str]
    month: Mapped[month_]
    published_at: Mapped[moment]
    published_by: Mapped[str]
    holds: Mapped[dict[str, Any]] = mapped_column(JSONB)
