"""The days of the week that an agreement keeps for somebody."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import delete
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from ideals import audit
from ideals.kernel.actor import Actor
from ideals.people.models import WorkWeek
from ideals.people.rules.weeks import days_of, named


def lock_week(session: Session, employee_id: int) -> int | None:
    """What is kept, as `rules.weeks` writes it; nobody else changes it meanwhile."""
    row = session.get(WorkWeek, employee_id, with_for_update=True, populate_existing=True)
    return None if row is None else row.days


def agree_week(
    session: Session,
    employee_id: int,
    days: int | None,
    *,
    actor: Actor,
    now: datetime,
    source: str,
) -> None:
    """By an agreement, whatever the employee kept; `None`: nothing is kept any more."""
    if days is None:
        session.execute(delete(WorkWeek).where(WorkWeek.employee_id == employee_id))
    else:
        kept = {"days": days, "changed_at": now, "changed_by": actor.name}
        row = insert(WorkWeek).values(employee_id=employee_id, **kept)
        session.execute(row.on_conflict_do_update(index_elements=["employee_id"], set_=kept))
    told = None if days is None else named(days_of(days))
    audit.record(session, "people.week_agreed", source, actor=actor, now=now, days=told)
