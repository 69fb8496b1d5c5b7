"""Contract hours agreed for some days: who causes them says all of them, facts follow."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import update
from sqlalchemy.orm import Session

from ideals import audit
from ideals.kernel.actor import Actor
from ideals.kernel.month import Month
from ideals.people.commands import lock_facts
from ideals.people.models import FactChange, HoursOverlay
from ideals.people.queries.overlays import overlays_of, overlays_of_employee
from ideals.people.rules.overlays import Overlay, first_difference


@dataclass(frozen=True, slots=True)
class SetHours:
    """All hours that `source` (such as `deal:…`) has agreed for an employee; others of it were
    never."""

    employee_id: int
    source: str
    overlays: Sequence[Overlay]


def set_hours(session: Session, cmd: SetHours, *, actor: Actor, now: datetime) -> date | None:
    """The first day that comes out differently; `None`: none does.

    Take `lock_facts` first and read the clock afterwards, as whoever writes facts does.
    """
    lock_facts(session, shared=True)
    there = overlays_of(session, cmd.source)
    before = [_overlay(row) for row in overlays_of_employee(session, cmd.employee_id)]
    wanted = Counter(cmd.overlays)
    gone = []
    for row in there:
        if wanted[_overlay(row)] > 0:
            wanted[_overlay(row)] -= 1
        else:
            gone.append(row.id)
    new = list(wanted.elements())
    if not gone and not new:
        return None
    session.execute(update(HoursOverlay).where(HoursOverlay.id.in_(gone)).values(superseded_at=now))
    session.add_all(
        HoursOverlay(
            employee_id=cmd.employee_id,
            source=cmd.source,
            from_day=overlay.first,
            through_day=overlay.through,
            weekly_hours=overlay.weekly_hours,
            part_time_factor=overlay.part_time_factor,
            recorded_at=now,
            recorded_by=actor.name,
        )
        for overlay in new
    )
    session.flush()  # reason: all that holds for the employee now is read next
    after = [_overlay(row) for row in overlays_of_employee(session, cmd.employee_id)]
    changed_from = first_difference(before, after)
    if changed_from is None:
        return None
    session.add(
        FactChange(employee_id=cmd.employee_id, first_month=Month.of(changed_from), recorded_at=now)
    )
    day = changed_from.isoformat()
    audit.record(session, "people.hours_agreed", cmd.source, actor=actor, now=now, first_day=day)
    return changed_from


def _overlay(row: HoursOverlay) -> Overlay:
    return Overlay(row.from_day, row.through_day, row.weekly_hours, row.part_time_factor)
