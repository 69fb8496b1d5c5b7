"""Approvals, as stored."""

from __future__ import annotations

from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, Sequence, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from ideals.db import Base, bigid, moment

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


class PolicyVersion(Base):
    """A policy of one kind, in force from `starts_on` until a later one. Rows are only added."""

    __tablename__ = "approvals_policy"
    __table_args__ = (
        UniqueConstraint("kind", "starts_on"),
        CheckConstraint("digest ~ '^[0-9a-f]{64}$'", name="digest_is_sha256"),
    )

    id: Mapped[bigid] = mapped_column(primary_key=True)
    kind: Mapped[str]
    starts_on: Mapped[date]
    document: Mapped[str]
    digest: Mapped[str]
    """SHA-256 of the document in UTF-8."""
    published_at: Mapped[moment]
    published_by: Mapped[str]
    published_by_user_id: Mapped[bigid | None]


DRAFT_VERSION = Sequence("approvals_draft_version", metadata=Base.metadata)


class PolicyDraft(Base):
    """What HR is writing: one of a kind. `version`: the one that a change must have seen; it never
    comes again, also not in a later draft."""

    __tablename__ = "approvals_draft"
    __table_args__ = (CheckConstraint("version > 0", name="version_counts"),)

    kind: Mapped[str] = mapped_column(primary_key=True)
    document: Mapped[str]
    version: Mapped[int]
    changed_at: Mapped[moment]
    changed_by: Mapped[str]
