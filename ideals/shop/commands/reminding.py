"""Remind who has not chosen anything yet, in parts; each reminder once."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from zoneinfo import ZoneInfo

from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.orm import Session

from ideals import outbox
from ideals.kernel.actor import SYSTEM
from ideals.kernel.month import Month
from ideals.notices import commands as notices
from ideals.shop.models import Reminder
from ideals.shop.queries import reminders as queries

REMIND = "shop.remind"
"""Name of the outbox messages, and of the task, for a part of the people of a reminder."""
DEADLINE = "choice.deadline"
"""The kind of the notice."""
PEOPLE_AT_ONCE = 500


@dataclass(frozen=True, slots=True)
class Remind:
    """The people with ids from `first` through `last` who have still not chosen."""

    scheme: str
    month: Month
    last_day: date
    days: int
    left_over: str
    first: int
    last: int


def look(session: Session, *, zone: ZoneInfo, now: datetime) -> None:
    """Let what is due be told. Whoever looks first begins it; nobody begins it again."""
    for due in queries.due(session, now.astimezone(zone).date()):
        row = upsert(Reminder).values(
            scheme=due.scheme, last_day=due.last_day, days=due.days, begun_at=now
        )
        if session.scalar(row.on_conflict_do_nothing().returning(Reminder.days)) is None:
            continue
        ids = queries.undecided(session, due.scheme, due.month)
        parts = [ids[at : at + PEOPLE_AT_ONCE] for at in range(0, len(ids), PEOPLE_AT_ONCE)]
        outbox.announce_each(
            session,
            REMIND,
            [
                {
                    "scheme": due.scheme,
                    "month": str(due.month),
                    "last_day": due.last_day.isoformat(),
                    "days": due.days,
                    "left_over": due.left_over.value,
                    "first": part[0],
                    "last": part[-1],
                }
                for part in parts
            ],
        )


def remind(session: Session, cmd: Remind, *, now: datetime) -> int:
    """Tell them what will become of it, once; how many were told. Who chose meanwhile is not."""
    ids = queries.undecided(session, cmd.scheme, cmd.month, cmd.first, cmd.last)
    tell = notices.Tell(
        kind=DEADLINE,
        subject=f"month:{cmd.month}",
        key=f"deadline:{cmd.scheme}:{cmd.last_day}:{cmd.days}",
        employee_ids=ids,
        data={
            "month": str(cmd.month),
            "last_day": cmd.last_day.isoformat(),
            "left_over": cmd.left_over,
        },
    )
    return notices.tell(session, tell, actor=SYSTEM, now=now) if ids else 0
