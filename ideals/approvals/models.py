"""Approvals, as stored."""

from __future__ import annotations

from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import ARRAY, CheckConstraint, ForeignKey, Index, SmallInteger, Text, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from ideals.db import Base, bigid, minor, moment

OPEN = "state = 'open'"


class Approval(Base):
    """A decision that somebody must take, or took.

    `employee_id`: whom it is about, who therefore never decides. `what`: what is asked in a few
    words, by language, for messages. `approver_id`: the manager, fixed when it was asked; `why_hr`
    is set when HR decides. `overdue_at`: when it was looked at after its day had passed.
    """

    __tablename__ = "approvals_approval"
    __table_args__ = (
        CheckConstraint("kind IN ('order', 'evidence', 'todo')", name="kind_known"),
        CheckConstraint("who IN ('manager', 'hr')", name="who_known"),
        CheckConstraint(
            "why_hr IN ('role', 'no_manager', 'manager_asks', 'manager_left')",
            name="why_hr_known",
        ),
        CheckConstraint(
            "state IN ('open', 'approved', 'refused', 'withdrawn', 'expired')", name="state_known"
        ),
        # No approval without an owner.
        CheckConstraint("why_hr IS NOT NULL OR approver_id IS NOT NULL", name="with_somebody"),
        CheckConstraint("(who = 'hr') = (why_hr IS NOT DISTINCT FROM 'role')", name="role_is_hr"),
        CheckConstraint(
            "(state = 'open') = (ended_at IS NULL) AND (ended_at IS NULL) = (ended_by IS NULL)",
            name="ended_whole",
        ),
        CheckConstraint(
            "(state IN ('approved', 'refused')) = (decided_by_user_id IS NOT NULL)"
            " AND (decided_by_employee_id IS NULL OR decided_by_user_id IS NOT NULL)",
            name="decided_whole",
        ),
        CheckConstraint("decided_by_employee_id <> employee_id", name="nobody_about_themselves"),
        # A task may be ticked off by whoever noted it.
        CheckConstraint(
            "kind = 'todo' OR (decided_by_user_id <> asked_by_user_id"
            " AND decided_by_employee_id <> asked_by_employee_id)",
            name="nobody_what_they_asked",
        ),
        CheckConstraint(
            "state <> 'refused' OR (reason IS NOT NULL AND reason <> '')",
            name="refused_with_reason",
        ),
        Index(
            "approvals_approval_one_open",
            "subject",
            "kind",
            unique=True,
            postgresql_where=text(OPEN),
        ),
        Index(None, "subject"),
        Index(None, "employee_id"),
        Index(
            "approvals_approval_of_manager",
            "approver_id",
            "due_on",
            "id",
            postgresql_where=text(f"{OPEN} AND why_hr IS NULL"),
        ),
        Index(
            "approvals_approval_of_hr",
            "due_on",
            "id",
            postgresql_where=text(f"{OPEN} AND why_hr IS NOT NULL"),
        ),
        # The clock asks for what is due: only that is indexed.
        Index(
            "approvals_approval_to_remind",
            "remind_on",
            postgresql_where=text(f"{OPEN} AND reminded_at IS NULL"),
        ),
        Index(
            "approvals_approval_overdue",
            "due_on",
            postgresql_where=text(f"{OPEN} AND overdue_at IS NULL"),
        ),
        Index("approvals_approval_decided_by", "decided_by_user_id", "ended_at"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    kind: Mapped[str]
    subject: Mapped[str]
    employee_id: Mapped[bigid | None] = mapped_column(ForeignKey("people_employee.id"))
    what: Mapped[dict[str, Any]] = mapped_column(JSONB)
    who: Mapped[str]
    approver_id: Mapped[bigid | None] = mapped_column(ForeignKey("people_employee.id"))
    why_hr: Mapped[str | None]
    state: Mapped[str]
    due_on: Mapped[date]
    remind_on: Mapped[date | None]
    reminded_at: Mapped[moment | None]
    overdue_at: Mapped[moment | None]
    asked_at: Mapped[moment]
    asked_by: Mapped[str]
    asked_by_user_id: Mapped[bigid | None]
    asked_by_employee_id: Mapped[bigid | None] = mapped_column(ForeignKey("people_employee.id"))
    ended_at: Mapped[moment | None]
    ended_by: Mapped[str | None]
    decided_by_user_id: Mapped[bigid | None]
    decided_by_employee_id: Mapped[bigid | None] = mapped_column(ForeignKey("people_employee.id"))
    reason: Mapped[str | None]


class Delegation(Base):
    """That somebody decides in another's place, from a day through a day. Kept when it has ended.

    `from_id`: in whose place; `to_id`: who stands in; `kinds`: of what, `None` for everything.
    """

    __tablename__ = "approvals_delegation"
    __table_args__ = (
        CheckConstraint("from_id <> to_id", name="not_to_oneself"),
        CheckConstraint("made_by_employee_id <> to_id", name="not_made_by_who_stands_in"),
        CheckConstraint("until_on >= from_on", name="period_ordered"),
        CheckConstraint(
            "kinds IS NULL OR (cardinality(kinds) > 0 AND kinds <@"
            " ARRAY['order', 'evidence', 'todo', 'check', 'contest'])",
            name="kinds_known",
        ),
        CheckConstraint("(ended_at IS NULL) = (ended_by IS NULL)", name="ended_whole"),
        # Read in both directions by whoever looks what is theirs to decide: what can still count.
        Index(
            "approvals_delegation_of_deputy",
            "to_id",
            "until_on",
            postgresql_where=text("ended_at IS NULL"),
        ),
        Index(
            "approvals_delegation_of_principal",
            "from_id",
            "until_on",
            postgresql_where=text("ended_at IS NULL"),
        ),
        Index(None, "from_id", "made_at"),
        Index(None, "to_id", "made_at"),
        Index(None, "made_at", "id"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    from_id: Mapped[bigid] = mapped_column(ForeignKey("people_employee.id"))
    to_id: Mapped[bigid] = mapped_column(ForeignKey("people_employee.id"))
    kinds: Mapped[list[str] | None] = mapped_column(ARRAY(Text))
    from_on: Mapped[date]
    until_on: Mapped[date]
    made_at: Mapped[moment]
    made_by: Mapped[str]
    made_by_user_id: Mapped[bigid | None]
    made_by_employee_id: Mapped[bigid | None] = mapped_column(ForeignKey("people_employee.id"))
    ended_at: Mapped[moment | None]
    ended_by: Mapped[str | None]
    ended_by_user_id: Mapped[bigid | None]
    ended_by_employee_id: Mapped[bigid | None] = mapped_column(ForeignKey("people_employee.id"))


class Mandate(Base):
    """Euros that a unit may spend in a year, with the units below it that have none of their own.

    `holder_id`: who decides about them. A change supersedes the row and adds another.
    """

    __tablename__ = "approvals_mandate"
    __table_args__ = (
        CheckConstraint("amount_minor > 0", name="positive"),
        CheckConstraint("year BETWEEN 2000 AND 2200", name="year_meant"),
        Index(
            "approvals_mandate_in_force",
            "unit_id",
            "year",
            unique=True,
            postgresql_where=text("superseded_at IS NULL"),
        ),
        Index(
            "approvals_mandate_superseded",
            "superseded_at",
            postgresql_where=text("superseded_at IS NOT NULL"),
        ),
        Index(None, "holder_id"),
    )

    id: Mapped[bigid] = mapped_column(primary_key=True)
    unit_id: Mapped[bigid] = mapped_column(ForeignKey("people_unit.id"))
    year: Mapped[int] = mapped_column(SmallInteger)
    amount_minor: Mapped[minor]
    holder_id: Mapped[bigid] = mapped_column(ForeignKey("people_employee.id"))
    changed_at: Mapped[moment]
    changed_by: Mapped[str]
    changed_by_user_id: Mapped[bigid | None]
    superseded_at: Mapped[moment | None]
    superseded_by: Mapped[str | None]
