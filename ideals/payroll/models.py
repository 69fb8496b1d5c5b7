"""Batches with their lines, codes, refusals and bonuses, as stored."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    UniqueConstraint,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column

from ideals.db import Base, bigid, moment, month
from ideals.db import minor as minor_kind
from ideals.ledger.models import LedgerMonth
from ideals.people.models import Employee

IN_FORCE = text("superseded_at IS NULL")


class Batch(Base):
    """That a sealed month was handed to payroll. Written last, and never changed.

    `seal` is the ledger's digest of the month; `digest` is SHA-256 of the batch as CSV.
    """

    __tablename__ = "payroll_batch"

    month: Mapped[month] = mapped_column(
        ForeignKey(LedgerMonth.month), primary_key=True, autoincrement=False
    )
    line_count: Mapped[int]
    seal: Mapped[str]
    digest: Mapped[str]
    actor: Mapped[str]
    actor_user_id: Mapped[int | None] = mapped_column(BigInteger)
    made_at: Mapped[moment]


class Item(Base):
    """What a batch holds of one kind and item, and the code it went under: codes that HR changes
    later change nothing here. `mapped` is false where HR had given none.

    `count`: transfers, or entries of what no account holds. Of the whole, `reversed_minor` is what
    was taken back, and `earlier_minor` what belongs to earlier months.
    """

    __tablename__ = "payroll_item"

    month: Mapped[month] = mapped_column(primary_key=True, autoincrement=False)
    kind: Mapped[str] = mapped_column(primary_key=True)
    item: Mapped[str] = mapped_column(primary_key=True)
    tax: Mapped[str] = mapped_column(primary_key=True)
    unit: Mapped[str]
    code: Mapped[str]
    name: Mapped[str]
    mapped: Mapped[bool]
    people: Mapped[int]
    count: Mapped[int]
    minor: Mapped[minor_kind]
    reversed_minor: Mapped[minor_kind]
    earlier_minor: Mapped[minor_kind]


class Line(Base):
    """What one employee has under one code. `line` is its number in the batch, and its reference.

    Which transfers it stands for is not stored: the rule that made it finds them again. No foreign
    key to the employee: it is made from accounts, which have one.
    """

    __tablename__ = "payroll_line"
    __table_args__ = (UniqueConstraint("month", "employee_id", "code", "unit", "tax"),)

    month: Mapped[month] = mapped_column(primary_key=True, autoincrement=False)
    line: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    employee_id: Mapped[bigid]
    code: Mapped[str]
    unit: Mapped[str]
    tax: Mapped[str]
    minor: Mapped[minor_kind]

    @property
    def reference(self) -> str:
        return f"{self.month}-{self.line:06d}"


class Code(Base):
    """The code HR gave to a kind and item, from a month on. An empty `item` is all of the kind."""

    __tablename__ = "payroll_code"
    __table_args__ = (
        # One code at a time for each thing and month.
        Index(
            "payroll_code_in_force",
            "kind",
            "item",
            "first_month",
            unique=True,
            postgresql_where=IN_FORCE,
        ),
    )

    id: Mapped[bigid] = mapped_column(primary_key=True)
    kind: Mapped[str]
    item: Mapped[str]
    first_month: Mapped[month]
    code: Mapped[str]
    name: Mapped[str]
    actor: Mapped[str]
    recorded_at: Mapped[moment]
    superseded_at: Mapped[moment | None]


class Refusal(Base):
    """A line that payroll sent back, and what HR made of it."""

    __tablename__ = "payroll_refusal"
    __table_args__ = (
        ForeignKeyConstraint(["month", "line"], [Line.month, Line.line]),
        # The same file again changes nothing.
        UniqueConstraint("month", "line", "reason"),
        # One task for a line at a time.
        Index(
            "payroll_refusal_one_open",
            "month",
            "line",
            unique=True,
            postgresql_where=text("state = 'open'"),
        ),
        CheckConstraint("state IN ('open', 'reversed', 'kept')", name="state_known"),
        CheckConstraint("(state = 'open') = (decided_at IS NULL)", name="decided_at_known"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    month: Mapped[month]
    line: Mapped[int]
    reason: Mapped[str]
    state: Mapped[str]
    file_name: Mapped[str]
    reported_by: Mapped[str]
    reported_at: Mapped[moment]
    decided_by: Mapped[str | None]
    decided_at: Mapped[moment | None]
    note: Mapped[str | None]

    @property
    def source(self) -> str:
        """What its reversals name as their cause, and its approval as its subject."""
        return f"payroll_refusal:{self.id}"


class Bonus(Base):
    """A performance bonus, paid with the salary of its month."""

    __tablename__ = "payroll_bonus"
    __table_args__ = (
        CheckConstraint("amount_minor >= 0", name="not_negative"),
        Index(
            "payroll_bonus_in_force",
            "employee_id",
            "month",
            unique=True,
            postgresql_where=IN_FORCE,
        ),
        Index("payroll_bonus_month", "month", postgresql_where=IN_FORCE),
    )

    id: Mapped[bigid] = mapped_column(primary_key=True)
    employee_id: Mapped[bigid] = mapped_column(ForeignKey(Employee.id))
    month: Mapped[month]
    amount_minor: Mapped[minor_kind]
    actor: Mapped[str]
    recorded_at: Mapped[moment]
    superseded_at: Mapped[moment | None]
