"""Units, employees, and their facts in both times.

A fact is true from `valid_from` (or for its `month` or `day`) and known from `recorded_at`; a
correction supersedes the row and adds another. The database refuses every other change, and every
delete.
"""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, Numeric, SmallInteger, func, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from ideals.db import Base, bigid, minor, moment, month

IN_FORCE = text("superseded_at IS NULL")


class Unit(Base):
    """A part of the organisation. `path` is the names from the top: `Bank/Retail/Zwolle`.

    `owner_id`: who answers for it and for the units below it that have no owner of their own.
    """

    __tablename__ = "people_unit"
    __table_args__ = (Index(None, "parent_id"), Index(None, "owner_id"))

    id: Mapped[bigid] = mapped_column(primary_key=True)
    parent_id: Mapped[bigid | None] = mapped_column(ForeignKey("people_unit.id"))
    name: Mapped[str]
    path: Mapped[str] = mapped_column(unique=True)
    owner_id: Mapped[bigid | None] = mapped_column(ForeignKey("people_employee.id"))
    owner_version: Mapped[int] = mapped_column(server_default="1")


class OwnerChange(Base):
    """That a unit got another owner, from whom to whom. Only added."""

    __tablename__ = "people_owner_change"
    __table_args__ = (Index(None, "unit_id"), Index(None, "changed_at"))

    id: Mapped[bigid] = mapped_column(primary_key=True)
    unit_id: Mapped[bigid] = mapped_column(ForeignKey("people_unit.id"))
    from_id: Mapped[bigid | None] = mapped_column(ForeignKey("people_employee.id"))
    to_id: Mapped[bigid | None] = mapped_column(ForeignKey("people_employee.id"))
    changed_at: Mapped[moment]
    changed_by: Mapped[str]
    changed_by_user_id: Mapped[bigid | None]


class WorkWeek(Base):
    """The days of the week on which somebody works; who has no row works Monday to Friday.

    `days` has a bit for each: Monday 1, Tuesday 2, ... Sunday 64.
    """

    __tablename__ = "people_work_week"
    __table_args__ = (CheckConstraint("days BETWEEN 1 AND 127", name="some_day"),)

    employee_id: Mapped[bigid] = mapped_column(ForeignKey("people_employee.id"), primary_key=True)
    days: Mapped[int] = mapped_column(SmallInteger)
    changed_at: Mapped[moment]
    changed_by: Mapped[str]


class Employee(Base):
    """A person with a personnel number. `sort_name` is the name folded for ordering and search."""

    __tablename__ = "people_employee"
    __table_args__ = (
        # Nobody shares an address, whatever the capitals: it is what people sign in with.
        Index(
            "people_employee_email_key",
            func.lower(text("email")),
            unique=True,
            postgresql_where=text("email IS NOT NULL"),
        ),
        Index("people_employee_sort_name_idx", "sort_name", "id"),
    )

    id: Mapped[bigid] = mapped_column(primary_key=True)
    number: Mapped[str] = mapped_column(unique=True)
    name: Mapped[str]
    sort_name: Mapped[str]
    email: Mapped[str | None]
    recorded_at: Mapped[moment]

    @property
    def source(self) -> str:
        """What the audit says it is about: by the number that people know."""
        return f"employee:{self.number}"


class Employment(Base):
    """The whole state of an employment from `valid_from` until the next row's.

    `leaves_on` and `unpaid_until` are the last day included. `allowances` maps code to cents a
    month. `full_time_salary_minor` is cents a month at factor 1.
    """

    __tablename__ = "people_employment"
    __table_args__ = (
        CheckConstraint("valid_from >= hired_on", name="starts_when_hired"),
        CheckConstraint("leaves_on >= hired_on", name="leaves_after_hired"),
        CheckConstraint("full_time_salary_minor >= 0", name="salary_not_negative"),
        CheckConstraint("part_time_factor > 0 AND part_time_factor <= 1.5", name="factor_in_range"),
        CheckConstraint("weekly_hours > 0", name="hours_positive"),
        CheckConstraint("manager_id <> employee_id", name="not_own_manager"),
        CheckConstraint("gender IN ('female', 'male', 'other')", name="gender_known"),
        CheckConstraint(
            "unpaid_until IS NULL OR (unpaid_from IS NOT NULL AND unpaid_until >= unpaid_from)",
            name="unpaid_ordered",
        ),
        # One truth for each day, as we know it now.
        Index(
            "people_employment_in_force",
            "employee_id",
            "valid_from",
            unique=True,
            postgresql_where=IN_FORCE,
        ),
        Index("people_employment_history", "employee_id", "valid_from", "recorded_at"),
        Index("people_employment_manager", "manager_id", postgresql_where=IN_FORCE),
        Index("people_employment_unit", "unit_id", postgresql_where=IN_FORCE),
        # For whoever asks what changed since they looked last.
        Index(None, "recorded_at"),
        Index("people_employment_begins", "valid_from", postgresql_where=IN_FORCE),
        Index(
            "people_employment_ends",
            "leaves_on",
            postgresql_where=text("superseded_at IS NULL AND leaves_on IS NOT NULL"),
        ),
    )

    id: Mapped[bigid] = mapped_column(primary_key=True)
    employee_id: Mapped[bigid] = mapped_column(ForeignKey("people_employee.id"))
    valid_from: Mapped[date]
    recorded_at: Mapped[moment]
    superseded_at: Mapped[moment | None]
    hired_on: Mapped[date]
    leaves_on: Mapped[date | None]
    unit_id: Mapped[bigid] = mapped_column(ForeignKey("people_unit.id"))
    manager_id: Mapped[bigid | None] = mapped_column(ForeignKey("people_employee.id"))
    scheme: Mapped[str]
    full_time_salary_minor: Mapped[minor]
    part_time_factor: Mapped[Decimal] = mapped_column(Numeric(7, 6))
    weekly_hours: Mapped[Decimal | None] = mapped_column(Numeric(6, 3))
    scale: Mapped[str | None]
    allowances: Mapped[dict[str, int]] = mapped_column(JSONB, server_default="{}")
    birth_date: Mapped[date | None]
    gender: Mapped[str | None]
    sick_from: Mapped[date | None]
    unpaid_from: Mapped[date | None]
    unpaid_until: Mapped[date | None]


class HoursOverlay(Base):
    """Contract hours that were agreed for some days, whatever the employment says of them.

    `source` caused it (`deal:…`). Where two cover a day, the one that begins later counts.
    """

    __tablename__ = "people_hours_overlay"
    __table_args__ = (
        CheckConstraint("weekly_hours > 0", name="hours_positive"),
        CheckConstraint("part_time_factor > 0 AND part_time_factor <= 1.5", name="factor_in_range"),
        CheckConstraint("through_day >= from_day", name="ordered"),
        CheckConstraint("superseded_at >= recorded_at", name="superseded_later"),
        Index("people_hours_overlay_of", "employee_id", "from_day"),
        Index("people_hours_overlay_source", "source", postgresql_where=IN_FORCE),
    )

    id: Mapped[bigid] = mapped_column(primary_key=True)
    employee_id: Mapped[bigid] = mapped_column(ForeignKey("people_employee.id"))
    source: Mapped[str]
    from_day: Mapped[date]
    through_day: Mapped[date | None]
    weekly_hours: Mapped[Decimal] = mapped_column(Numeric(6, 3))
    part_time_factor: Mapped[Decimal] = mapped_column(Numeric(7, 6))
    recorded_at: Mapped[moment]
    recorded_by: Mapped[str]
    superseded_at: Mapped[moment | None]


class AgreedLeave(Base):
    """Leave of whole weeks that was agreed, such as a sabbatical; `unpaid` where no pay goes on.

    `source` caused it (`deal:…`).
    """

    __tablename__ = "people_agreed_leave"
    __table_args__ = (
        CheckConstraint("through_day >= from_day", name="ordered"),
        CheckConstraint("superseded_at >= recorded_at", name="superseded_later"),
        Index("people_agreed_leave_of", "employee_id", "from_day"),
        Index("people_agreed_leave_source", "source", postgresql_where=IN_FORCE),
    )

    id: Mapped[bigid] = mapped_column(primary_key=True)
    employee_id: Mapped[bigid] = mapped_column(ForeignKey("people_employee.id"))
    source: Mapped[str]
    from_day: Mapped[date]
    through_day: Mapped[date]
    unpaid: Mapped[bool]
    recorded_at: Mapped[moment]
    recorded_by: Mapped[str]
    superseded_at: Mapped[moment | None]


class PayElement(Base):
    """What payroll paid beside the salary in a month, such as overtime, by code."""

    __tablename__ = "people_pay_element"
    __table_args__ = (
        Index(
            "people_pay_element_in_force",
            "employee_id",
            "month",
            "code",
            unique=True,
            postgresql_where=IN_FORCE,
        ),
        Index("people_pay_element_history", "employee_id", "month", "recorded_at"),
    )

    id: Mapped[bigid] = mapped_column(primary_key=True)
    employee_id: Mapped[bigid] = mapped_column(ForeignKey("people_employee.id"))
    month: Mapped[month]
    code: Mapped[str]
    amount_minor: Mapped[minor]
    recorded_at: Mapped[moment]
    superseded_at: Mapped[moment | None]


class Leave(Base):
    """Leave of an employee on a day, under the id that the leave system gave it.

    No minutes: it was taken away. `kind` is one of `LeaveKind`.
    """

    __tablename__ = "people_leave"
    __table_args__ = (
        CheckConstraint("kind IN ('planned', 'taken')", name="kind_known"),
        CheckConstraint("minutes >= 0", name="minutes_not_negative"),
        # An id is one leave, whoever it is of.
        Index("people_leave_in_force", "external_id", unique=True, postgresql_where=IN_FORCE),
        Index("people_leave_days", "employee_id", "day", postgresql_where=IN_FORCE),
    )

    id: Mapped[bigid] = mapped_column(primary_key=True)
    employee_id: Mapped[bigid] = mapped_column(ForeignKey("people_employee.id"))
    day: Mapped[date]
    minutes: Mapped[int]
    kind: Mapped[str]
    external_id: Mapped[str]
    recorded_at: Mapped[moment]
    superseded_at: Mapped[moment | None]


class FactChange(Base):
    """Facts that may move money changed for this employee, from this month on. Only added."""

    __tablename__ = "people_fact_change"
    __table_args__ = (Index(None, "employee_id"),)

    id: Mapped[bigid] = mapped_column(primary_key=True)
    employee_id: Mapped[bigid] = mapped_column(ForeignKey("people_employee.id"))
    first_month: Mapped[month]
    recorded_at: Mapped[moment]


class Import(Base):
    """A file somebody sent; `report` holds the counts.

    `content` holds salaries: it is there while the file waits, and for a file sent on the page
    until it is taken or `keep_until` has passed. `columns` says which column is which, where the
    file does not name them as we do (`rules.Columns`). `taken_by`: who took it after a look.
    """

    __tablename__ = "people_import"
    __table_args__ = (
        CheckConstraint("kind IN ('people', 'pay', 'leave')", name="kind_known"),
        CheckConstraint(
            "state IN ('naming', 'waiting', 'checked', 'applied', 'refused', 'failed')",
            name="state_known",
        ),
        CheckConstraint(
            "state NOT IN ('naming', 'waiting') OR content IS NOT NULL", name="content_there"
        ),
        CheckConstraint(
            "content IS NULL OR state = 'waiting' "
            "OR (keep_until IS NOT NULL AND state IN ('naming', 'checked', 'refused'))",
            name="content_dropped",
        ),
        Index(None, "created_at", "id"),
        Index("people_import_kept", "keep_until", postgresql_where=text("keep_until IS NOT NULL")),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    kind: Mapped[str]
    file_name: Mapped[str]
    dry_run: Mapped[bool]
    only_good_rows: Mapped[bool]
    state: Mapped[str]
    content: Mapped[bytes | None] = mapped_column(deferred=True)
    report: Mapped[dict[str, Any] | None] = mapped_column(JSONB)
    message: Mapped[str | None]
    actor: Mapped[str]
    actor_user_id: Mapped[bigid | None]
    created_at: Mapped[moment]
    finished_at: Mapped[moment | None]
    columns: Mapped[dict[str, Any] | None] = mapped_column(JSONB(none_as_null=True))
    keep_until: Mapped[moment | None]
    taken_by: Mapped[str | None]
    taken_by_user_id: Mapped[bigid | None]


class ImportProgress(Base):
    """How far a worker is with a file; written beside its transaction, so that others see it.

    `of_rows` is `None` where the file does not tell before it is read.
    """

    __tablename__ = "people_import_progress"
    __table_args__ = (
        CheckConstraint(
            "stage IN ('queued', 'reading', 'comparing', 'writing')", name="stage_known"
        ),
    )

    import_id: Mapped[UUID] = mapped_column(ForeignKey("people_import.id"), primary_key=True)
    stage: Mapped[str]
    rows: Mapped[int]
    of_rows: Mapped[int | None]
    noted_at: Mapped[moment]


class ColumnMapping(Base):
    """Which column is which in files with exactly these headers, as somebody said last."""

    __tablename__ = "people_column_mapping"
    __table_args__ = (CheckConstraint("kind IN ('people', 'pay', 'leave')", name="kind_known"),)

    kind: Mapped[str] = mapped_column(primary_key=True)
    headers_digest: Mapped[str] = mapped_column(primary_key=True)
    columns: Mapped[dict[str, Any]] = mapped_column(JSONB)
    actor: Mapped[str]
    actor_user_id: Mapped[bigid | None]
    noted_at: Mapped[moment]


class ImportLine(Base):
    """One line of an import's report; how many are kept is bounded, the counts are exact."""

    __tablename__ = "people_import_line"

    import_id: Mapped[UUID] = mapped_column(ForeignKey("people_import.id"), primary_key=True)
    position: Mapped[int] = mapped_column(primary_key=True)
    row: Mapped[int]
    number: Mapped[str | None]
    outcome: Mapped[str]
    field: Mapped[str | None]
    value: Mapped[str | None]
    message: Mapped[str | None]
