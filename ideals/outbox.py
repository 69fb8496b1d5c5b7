"""What must happen after the commit: a row written in the same transaction, never a call.

`announce` adds a row and sends nothing. The relay (workers/outbox.py) sends each unfinished row's
id to the task of the same name; the task does its work and calls `finish` in one transaction. A
message that is lost or repeated therefore changes nothing: the row decides.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any

from psycopg.types.json import Jsonb
from sqlalchemy import Index, func, select, text, update
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, Session, mapped_column

from ideals.db import Base, bigid, cursor, moment

CHANNEL = "ideals_outbox"
RESEND_AFTER = timedelta(seconds=60)
"""A row sent but not finished by then is sent again: the message, or its worker, was lost."""
PARK_AFTER = 12
"""Sendings after which a row is left alone and shown as stuck."""


class Message(Base):
    __tablename__ = "outbox_message"
    __table_args__ = (
        # The relay asks for what is due: only unfinished rows are indexed.
        Index("outbox_message_due", "due_at", postgresql_where=text("done_at IS NULL")),
    )

    id: Mapped[bigid] = mapped_column(primary_key=True)
    name: Mapped[str]
    payload: Mapped[dict[str, Any]] = mapped_column(JSONB)
    due_at: Mapped[moment] = mapped_column(server_default=func.clock_timestamp())
    sendings: Mapped[int] = mapped_column(server_default="0")
    done_at: Mapped[moment | None]


def announce(session: Session, name: str, **payload: str | int) -> None:
    """Let the task `name` run after this transaction commits. Payload: ids and texts only."""
    cursor(session).execute(
        "INSERT INTO outbox_message (name, payload) VALUES (%s, %s) RETURNING pg_notify(%s, '')",
        (name, Jsonb(payload), CHANNEL),
    )


def announce_quietly(session: Session, name: str, **payload: str | int) -> None:
    """The same for what may wait until the relay looks by itself, each second.

    Transactions that wake it commit one after another, whole disk writes included; the acts of
    many people at once must not queue for that.
    """
    cursor(session).execute(
        "INSERT INTO outbox_message (name, payload) VALUES (%s, %s)", (name, Jsonb(payload))
    )


def announce_each(session: Session, name: str, payloads: Iterable[Mapping[str, str | int]]) -> None:
    """The same for each payload of a set."""
    session.add_all(Message(name=name, payload=dict(payload)) for payload in payloads)
    session.execute(select(func.pg_notify(CHANNEL, "")))


def claim(session: Session, *, now: datetime, limit: int = 100) -> list[tuple[int, str]]:
    """Take due rows for sending, (id, name) each, and set when they would be sent again."""
    due = (
        select(Message.id)
        .where(Message.done_at.is_(None), Message.due_at <= now, Message.sendings < PARK_AFTER)
        .order_by(Message.due_at)
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
    taken = session.execute(
        update(Message)
        .where(Message.id.in_(due.scalar_subquery()))
        .values(due_at=now + RESEND_AFTER, sendings=Message.sendings + 1)
        .returning(Message.id, Message.name)
    )
    return sorted((row.id, row.name) for row in taken)


def read(session: Session, message_id: int) -> dict[str, Any] | None:
    """The payload of an unfinished row; `None` when it is done: then there is nothing to do."""
    return session.scalar(
        select(Message.payload).where(Message.id == message_id, Message.done_at.is_(None))
    )


def finish(session: Session, message_id: int, *, now: datetime) -> None:
    cursor(session).execute(
        "UPDATE outbox_message SET done_at = %s WHERE id = %s", (now, message_id)
    )
