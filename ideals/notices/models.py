"""Notices, mails, and how each person wants them.

A notice is for one person: an employee, or a user who is none. What it says is not stored but told
from `kind` and `data` when it is read, in the reader's language.
"""

from __future__ import annotations

from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from ideals.db import Base, bigid, moment

ONE_PERSON = "(employee_id IS NULL) <> (user_id IS NULL)"


class Notice(Base):
    """`key`: the same key is the same notice, however often it is told. `digest`: waits for the
    daily mail. `data` holds no salary."""

    __tablename__ = "notices_notice"
    __table_args__ = (
        CheckConstraint(ONE_PERSON, name="for_one_person"),
        Index("notices_notice_employee_key", "employee_id", "key", unique=True),
        Index("notices_notice_user_key", "user_id", "key", unique=True),
        Index("notices_notice_employee", "employee_id", "id"),
        Index("notices_notice_user", "user_id", "id"),
        # Asked for by every page.
        Index(
            "notices_notice_employee_unread",
            "employee_id",
            postgresql_where=text("read_at IS NULL"),
        ),
        Index("notices_notice_user_unread", "user_id", postgresql_where=text("read_at IS NULL")),
        Index("notices_notice_subject_unread", "subject", postgresql_where=text("read_at IS NULL")),
        Index(
            "notices_notice_digest",
            "created_at",
            postgresql_where=text("digest AND mail_id IS NULL AND read_at IS NULL"),
        ),
        Index("notices_notice_mail", "mail_id", postgresql_where=text("mail_id IS NOT NULL")),
    )

    id: Mapped[bigid] = mapped_column(primary_key=True)
    employee_id: Mapped[bigid | None] = mapped_column(ForeignKey("people_employee.id"))
    user_id: Mapped[bigid | None] = mapped_column(ForeignKey("access_user.id"))
    kind: Mapped[str]
    subject: Mapped[str]
    data: Mapped[dict[str, Any]] = mapped_column(JSONB)
    key: Mapped[str]
    created_at: Mapped[moment]
    read_at: Mapped[moment | None]
    digest: Mapped[bool]
    # Looked at when the transaction ends: the notice is there first, because only then is it known
    # whether it is new and needs a mail.
    mail_id: Mapped[UUID | None] = mapped_column(
        ForeignKey("notices_mail.id", deferrable=True, initially="DEFERRED")
    )


class Mail(Base):
    """One mail to one person, about the notices that point to it, or, with `waits_on`, about what
    waits for them on that day.

    `wanted_at`: when it was first to be sent. `due_at`: not to be tried before; every attempt moves
    it on before it begins, so that one that was cut off is tried again by itself. `address` and
    `answer` are of the last attempt: where to, and what the server said.
    """

    __tablename__ = "notices_mail"
    __table_args__ = (
        CheckConstraint(ONE_PERSON, name="for_one_person"),
        CheckConstraint(
            "state IN ('waiting', 'sent', 'refused', 'given_up', 'dropped')", name="state_known"
        ),
        CheckConstraint("(state = 'sent') = (sent_at IS NOT NULL)", name="sent_at_a_moment"),
        CheckConstraint("NOT digest OR waits_on IS NULL", name="about_one_thing"),
        Index(
            "notices_mail_waits_employee",
            "employee_id",
            "waits_on",
            unique=True,
            postgresql_where=text("waits_on IS NOT NULL"),
        ),
        Index(
            "notices_mail_waits_user",
            "user_id",
            "waits_on",
            unique=True,
            postgresql_where=text("waits_on IS NOT NULL"),
        ),
        Index("notices_mail_due", "due_at", postgresql_where=text("state = 'waiting'")),
        Index(
            "notices_mail_not_delivered",
            "wanted_at",
            "id",
            postgresql_where=text("state IN ('refused', 'given_up')"),
        ),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    employee_id: Mapped[bigid | None] = mapped_column(ForeignKey("people_employee.id"))
    user_id: Mapped[bigid | None] = mapped_column(ForeignKey("access_user.id"))
    digest: Mapped[bool]
    waits_on: Mapped[date | None]
    state: Mapped[str]
    wanted_at: Mapped[moment]
    due_at: Mapped[moment]
    announced_at: Mapped[moment]
    tries: Mapped[int] = mapped_column(server_default="0")
    address: Mapped[str | None]
    answer: Mapped[str | None]
    sent_at: Mapped[moment | None]


class Preference(Base):
    """How somebody wants mail; who never said so has it at once. `waiting`: whether they want a
    mail each working day on which something waits for them."""

    __tablename__ = "notices_preference"
    __table_args__ = (CheckConstraint("mail IN ('at_once', 'daily', 'never')", name="mail_known"),)

    user_id: Mapped[bigid] = mapped_column(ForeignKey("access_user.id"), primary_key=True)
    mail: Mapped[str]
    waiting: Mapped[bool] = mapped_column(server_default="true")


class WaitingDay(Base):
    """A day on which the mails about what waits were made: once, by whichever look came first."""

    __tablename__ = "notices_waiting_day"

    day: Mapped[date] = mapped_column(primary_key=True)
    made_at: Mapped[moment]
