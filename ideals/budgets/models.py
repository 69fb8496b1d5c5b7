"""Runs, chunks, skipped employees and settled changes, as stored."""

from __future__ import annotations

from datetime import date
from typing import Any

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    ForeignKey,
    Index,
    UniqueConstraint,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.orm import Mapped, mapped_column

from ideals.budgets.states import RunKind
from ideals.db import Base, MonthColumn, bigid, minor, moment
from ideals.kernel.month import Month
from ideals.people.models import Employee, FactChange


class Run(Base):
    """`round` counts the runs of a scheme, kind and month, and is empty for a look. `booked_in` is
    the month whose rows the differences become.

    `known_at`: facts learned later are the next run's. `recheck_from`: a scheme version was
    published for a month already allocated, so everybody is looked at again from there.
    `changes_through`: the last change of facts that was there at planning. `settled_through`: none
    up to this one is left for a later run; so nobody reads through the changes of years again.
    These three, and looks, are of allocations alone.
    """

    __tablename__ = "budgets_run"
    __table_args__ = (
        UniqueConstraint("scheme", "kind", "month", "round"),
        CheckConstraint("kind IN ('allocation', 'choices', 'close')", name="kind_known"),
        CheckConstraint("NOT look OR kind = 'allocation'", name="looks_allocate"),
        CheckConstraint("state IN ('planning', 'running', 'done', 'failed')", name="state_known"),
        CheckConstraint("look = (round IS NULL)", name="look_has_no_round"),
        CheckConstraint(
            "started_as IN ('schedule', 'command', 'api', 'page')", name="started_as_known"
        ),
        # Whoever starts it: a second start finds the unfinished one.
        Index(
            "budgets_run_one_unfinished",
            "scheme",
            "kind",
            "month",
            unique=True,
            postgresql_where=text("NOT look AND state IN ('planning', 'running')"),
        ),
        # Whatever its kind. Two allocations at once could each post the same correction of an
        # earlier month; and what a run leaves behind is what the next one begins with.
        Index(
            "budgets_run_one_running",
            "scheme",
            unique=True,
            postgresql_where=text("NOT look AND state = 'running'"),
        ),
    )

    id: Mapped[bigid] = mapped_column(primary_key=True)
    scheme: Mapped[str]
    kind: Mapped[str]
    month: Mapped[Month] = mapped_column(MonthColumn)
    round: Mapped[int | None]
    look: Mapped[bool]
    state: Mapped[str]
    booked_in: Mapped[Month] = mapped_column(MonthColumn)
    known_at: Mapped[moment | None]
    recheck_from: Mapped[Month | None] = mapped_column(MonthColumn)
    changes_through: Mapped[int | None] = mapped_column(BigInteger)
    settled_through: Mapped[int | None] = mapped_column(BigInteger)
    started_as: Mapped[str]
    started_by: Mapped[str]
    started_by_user_id: Mapped[int | None] = mapped_column(BigInteger)
    created_at: Mapped[moment]
    finished_at: Mapped[moment | None]
    employees: Mapped[int] = mapped_column(server_default="0")
    failure: Mapped[str | None]

    @property
    def source(self) -> str:
        """What the transfers of this run name as their cause."""
        return f"{RunKind(self.kind).source}:{self.scheme}:{self.month}:{self.round or 'look'}"


class Chunk(Base):
    """Employees frozen at planning. `fence` counts the takings: only the last may write.

    `differences`: one list per component, booked amount and own or earlier month:
    `[code, unit, earlier, employees, minor]`.
    """

    __tablename__ = "budgets_chunk"
    __table_args__ = (
        CheckConstraint("state IN ('todo', 'done', 'split')", name="state_known"),
        Index("budgets_chunk_todo", "run_id", postgresql_where=text("state = 'todo'")),
    )

    run_id: Mapped[int] = mapped_column(ForeignKey(Run.id), primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True)
    employee_ids: Mapped[list[int]] = mapped_column(ARRAY(BigInteger))
    state: Mapped[str]
    attempts: Mapped[int] = mapped_column(server_default="0")
    fence: Mapped[int] = mapped_column(server_default="0")
    lease_until: Mapped[moment | None]
    done_at: Mapped[moment | None]
    skipped: Mapped[int] = mapped_column(server_default="0")
    transfers: Mapped[int] = mapped_column(server_default="0")
    changed: Mapped[int] = mapped_column(server_default="0")
    differences: Mapped[list[Any]] = mapped_column(JSONB, server_default="[]")


class Skip(Base):
    __tablename__ = "budgets_skip"

    run_id: Mapped[int] = mapped_column(ForeignKey(Run.id), primary_key=True)
    employee_id: Mapped[int] = mapped_column(ForeignKey(Employee.id), primary_key=True)
    code: Mapped[str]
    reason: Mapped[str]


class SettledChange(Base):
    """A change of facts that this scheme's runs have looked at, in every month it touches."""

    __tablename__ = "budgets_settled_change"

    change_id: Mapped[int] = mapped_column(ForeignKey(FactChange.id), primary_key=True)
    scheme: Mapped[str] = mapped_column(primary_key=True)
    run_id: Mapped[int] = mapped_column(ForeignKey(Run.id))


class PersonalPart(Base):
    """Monthly money that the allocation takes into one employee's budget. `source` causes it.

    A change supersedes the row and adds another; `through_month` is empty until it is stopped.
    """

    __tablename__ = "budgets_personal_part"
    __table_args__ = (
        CheckConstraint("amount_minor > 0", name="amount_positive"),
        # No component of a scheme can have such a code.
        CheckConstraint("code ~ '^[a-z]+[.][0-9]+$'", name="code_apart"),
        CheckConstraint("from_month % 100 BETWEEN 1 AND 12", name="from_is_month"),
        CheckConstraint("through_month % 100 BETWEEN 1 AND 12", name="through_is_month"),
        CheckConstraint("through_month >= from_month", name="ordered"),
        CheckConstraint("superseded_at >= recorded_at", name="superseded_later"),
        Index("budgets_personal_part_of", "employee_id", "from_month"),
        Index(
            "budgets_personal_part_source",
            "source",
            postgresql_where=text("superseded_at IS NULL"),
        ),
    )

    id: Mapped[bigid] = mapped_column(primary_key=True)
    employee_id: Mapped[bigid] = mapped_column(ForeignKey(Employee.id))
    source: Mapped[str]
    code: Mapped[str]
    amount_minor: Mapped[minor]
    from_month: Mapped[Month] = mapped_column(MonthColumn)
    through_month: Mapped[Month | None] = mapped_column(MonthColumn)
    recorded_at: Mapped[moment]
    recorded_by: Mapped[str]
    superseded_at: Mapped[moment | None]


class LeaveLook(Base):
    """That everybody's leave was, or is being, looked at on a day; who comes second finds it."""

    __tablename__ = "budgets_leave_look"

    day: Mapped[date] = mapped_column(primary_key=True)
    begun_at: Mapped[moment]


class LeaveReminder(Base):
    """That an employee was reminded of leave that lapses: once for each day and distance to it.

    `minutes` is what the reminder named. What nobody was reminded of does not lapse.
    """

    __tablename__ = "budgets_leave_reminder"

    employee_id: Mapped[int] = mapped_column(ForeignKey(Employee.id), primary_key=True)
    expires_on: Mapped[date] = mapped_column(primary_key=True)
    months_before: Mapped[int] = mapped_column(primary_key=True)
    minutes: Mapped[int]
    reminded_on: Mapped[date]
    recorded_at: Mapped[moment]


class LeaveKept(Base):
    """Leave that expired and did not lapse, as the last look found it; HR sees it."""

    __tablename__ = "budgets_leave_kept"

    employee_id: Mapped[int] = mapped_column(ForeignKey(Employee.id), primary_key=True)
    expires_on: Mapped[date] = mapped_column(primary_key=True)
    minutes: Mapped[int]
    noted_on: Mapped[date]
