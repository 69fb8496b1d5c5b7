"""The ledger's tables. An account stores a balance only where it belongs to an employee; a
transfer is a row that is only ever added; balances are moved by the database itself
(migrations/versions/0004_ledger.py), never from here.
"""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    DateTime,
    ForeignKey,
    Identity,
    Index,
    PrimaryKeyConstraint,
    UniqueConstraint,
    func,
)
from sqlalchemy.orm import Mapped, mapped_column

from ideals.db import Base, MonthColumn, bigid, minor, moment
from ideals.db import month as month_kind
from ideals.kernel.month import Month

MONTH_LOCKS = 7301
"""Key space of the months' advisory locks: shared to post, exclusive to seal."""


class Account(Base):
    """`employee_id` is `None` for the employer's accounts, which store no balance."""

    __tablename__ = "ledger_account"
    __table_args__ = (
        UniqueConstraint(
            "employee_id",
            "kind",
            "unit",
            name="ledger_account_employee_id_kind_unit_key",
            postgresql_nulls_not_distinct=True,
        ),
        CheckConstraint(
            "CASE kind WHEN 'owed' THEN posted_minor <= 0 AND held_minor = 0 "
            "ELSE held_minor >= 0 AND posted_minor - held_minor >= 0 END",
            name="never_overdrawn",
        ),
        CheckConstraint(
            "(posted_minor IS NOT NULL) = (employee_id IS NOT NULL) "
            "AND (held_minor IS NOT NULL) = (employee_id IS NOT NULL)",
            name="balance_of_employees",
        ),
        {"postgresql_with": {"fillfactor": "50"}},
    )

    id: Mapped[bigid] = mapped_column(Identity(always=True), primary_key=True)
    employee_id: Mapped[int | None] = mapped_column(BigInteger, ForeignKey("people_employee.id"))
    posted_minor: Mapped[minor | None]
    held_minor: Mapped[minor | None]
    kind: Mapped[str]
    unit: Mapped[str]


class LedgerMonth(Base):
    """A month that takes transfers, and, once sealed, what its rows were."""

    __tablename__ = "ledger_month"
    __table_args__ = (
        CheckConstraint("state IN ('open', 'closing', 'sealed')", name="state_known"),
    )

    month: Mapped[month_kind] = mapped_column(primary_key=True, autoincrement=False)
    state: Mapped[str] = mapped_column(server_default="open")
    row_count: Mapped[int | None] = mapped_column(BigInteger)
    total_eur_minor: Mapped[minor | None]
    total_min_minor: Mapped[minor | None]
    previous_digest: Mapped[str | None]
    digest: Mapped[str | None]
    sealed_at: Mapped[moment | None]


class Transfer(Base):
    """No foreign keys to accounts: the database checks them, and their unit, for a whole statement
    at once, where one check per row would make every transfer queue for the employer's account.
    """

    __tablename__ = "ledger_transfer"
    __table_args__ = (
        PrimaryKeyConstraint("month", "id", name="ledger_transfer_pkey"),
        CheckConstraint("left(id::text, 6) = month::text", name="id_shows_month"),
        CheckConstraint("for_month <= month", name="not_ahead"),
        CheckConstraint("amount_minor BETWEEN 1 AND 100000000000000", name="amount_bounded"),
        CheckConstraint("from_account <> to_account", name="accounts_differ"),
        Index("ledger_transfer_from_account_idx", "from_account"),
        Index("ledger_transfer_to_account_idx", "to_account"),
        {"postgresql_partition_by": "RANGE (month)"},
    )

    id: Mapped[UUID]
    month: Mapped[month_kind]
    for_month: Mapped[month_kind]
    from_account: Mapped[bigid]
    to_account: Mapped[bigid]
    amount_minor: Mapped[minor]
    happened_at: Mapped[moment]
    recorded_at: Mapped[datetime] = mapped_column(
        DateTime(timezone=True), server_default=func.statement_timestamp()
    )
    unit: Mapped[str]
    phase: Mapped[str] = mapped_column(server_default="single")
    reason: Mapped[str]
    code: Mapped[str | None]
    source: Mapped[str]
    actor: Mapped[str]
    actor_user_id: Mapped[int | None] = mapped_column(BigInteger)
    hold_id: Mapped[UUID | None]
    hold_month: Mapped[Month | None] = mapped_column(MonthColumn)
    reverses_id: Mapped[UUID | None]
    reverses_month: Mapped[Month | None] = mapped_column(MonthColumn)


class HoldResolution(Base):
    """That a hold was posted or voided, once. Written by the database."""

    __tablename__ = "ledger_hold_resolution"
    __table_args__ = (PrimaryKeyConstraint("hold_id", name="ledger_hold_resolved_once"),)

    hold_id: Mapped[UUID]
    hold_month: Mapped[month_kind]
    transfer_id: Mapped[UUID]
    transfer_month: Mapped[month_kind]


class Reversal(Base):
    """That a transfer was reversed, once. Written by the database."""

    __tablename__ = "ledger_reversal"
    __table_args__ = (PrimaryKeyConstraint("reversed_id", name="ledger_transfer_reversed_once"),)

    reversed_id: Mapped[UUID]
    reversed_month: Mapped[month_kind]
    transfer_id: Mapped[UUID]
    transfer_month: Mapped[month_kind]
