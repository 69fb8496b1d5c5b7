"""Who changed what: one row per change, in the transaction of the change. Rows are only added."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from psycopg.types.json import Jsonb
from sqlalchemy import Index, func
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, Session, mapped_column

from ideals.db import Base, bigid, cursor, moment
from ideals.kernel.actor import Actor


class Entry(Base):
    __tablename__ = "audit_entry"
    __table_args__ = (
        # HR's search: the newest first, of everything or of one of these. None by actor: it would
        # cost more than the others together (docs/desk.md).
        Index("audit_entry_when", "happened_at", "id"),
        Index(
            "audit_entry_of_act",
            "act",
            "happened_at",
            "id",
            postgresql_ops={"act": "text_pattern_ops"},
        ),
        Index(
            "audit_entry_of_subject",
            "subject",
            "happened_at",
            "id",
            postgresql_ops={"subject": "text_pattern_ops"},
        ),
    )

    id: Mapped[bigid] = mapped_column(primary_key=True)
    happened_at: Mapped[moment]
    recorded_at: Mapped[moment] = mapped_column(server_default=func.clock_timestamp())
    actor: Mapped[str]
    actor_user_id: Mapped[bigid | None]
    act: Mapped[str]
    subject: Mapped[str]
    details: Mapped[dict[str, Any]] = mapped_column(JSONB)


def record(
    session: Session, act: str, subject: str, *, actor: Actor, now: datetime, **details: Any
) -> None:
    """`act` is dotted (`people.imported`), `subject` names the thing (`run:nwb:2026-03:2`).

    `details` are JSON-able and hold no amount of anybody's pay. `before` and `after`, each a value
    or values by name, tell what a change made of what.
    """
    cursor(session).execute(
        "INSERT INTO audit_entry (happened_at, actor, actor_user_id, act, subject, details)"
        " VALUES (%s, %s, %s, %s, %s, %s)",
        (now, actor.name, actor.user_id, act, subject, Jsonb(details)),
    )


def record_each(
    session: Session, act: str, rows: str, *, actor: Actor, now: datetime, **values: Any
) -> None:
    """One entry for each row of a query: its `subject` and its `details`, as of `record`. The query
    names `values` as `%(name)s`."""
    cursor(session).execute(
        "INSERT INTO audit_entry (happened_at, actor, actor_user_id, act, subject, details)"  # noqa: S608
        " SELECT %(now)s, %(actor)s, %(user)s, %(act)s, subject, details"
        f" FROM ({rows}) AS each",
        {**values, "now": now, "actor": actor.name, "user": actor.user_id, "act": act},
    )
