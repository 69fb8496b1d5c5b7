"""Leave of whole weeks that was agreed: who causes it says all of it, facts follow."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from ideals import audit
from ideals.kernel.actor import Actor
from ideals.kernel.month import Month
from ideals.people.commands import lock_facts
from ideals.people.models import AgreedLeave, FactChange
from ideals.people.rules.overlays import Away

_ONE_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class SetLeave:
    """All leave that `source` (such as `deal:…`) has agreed for an employee; other was never."""

    employee_id: int
    source: str
    away: Sequence[Away]


def set_leave(session: Session, cmd: SetLeave, *, actor: Actor, now: datetime) -> date | None:
    """The first day that comes out differently; `None`: none does.

    Take `lock_facts` first and read the clock afterwards, as whoever writes facts does.
    """
    lock_facts(session, shared=True)
    there = session.scalars(
        select(AgreedLeave)
        .where(AgreedLeave.source == cmd.source, AgreedLeave.superseded_at.is_(None))
        .order_by(AgreedLeave.id)
    ).all()
    wanted = Counter(cmd.away)
    gone: dict[int, Away] = {}
    for row in there:
        away = Away(row.from_day, row.through_day, row.unpaid)
        if wanted[away] > 0:
            wanted[away] -= 1
        else:
            gone[row.id] = away
    new = list(wanted.elements())
    if not gone and not new:
        return None
    session.execute(update(AgreedLeave).where(AgreedLeave.id.in_(gone)).values(superseded_at=now))
    session.add_all(
        AgreedLeave(
            employee_id=cmd.employee_id,
            source=cmd.source,
            from_day=away.first,
            through_day=away.through,
            unpaid=away.unpaid,
            recorded_at=now,
            recorded_by=actor.name,
        )
        for away in new
    )
    unpaid = set(_unpaid(gone.values())) ^ set(_unpaid(new))
    if unpaid:
        session.add(
            FactChange(
                employee_id=cmd.employee_id, first_month=Month.of(min(unpaid)), recorded_at=now
            )
        )
    first = min(unpaid) if unpaid else min((*gone.values(), *new)).first
    day = first.isoformat()
    audit.record(session, "people.leave_agreed", cmd.source, actor=actor, now=now, first_day=day)
    return first


def _unpaid(stretches: Iterable[Away]) -> Iterator[date]:
    for away in stretches:
        if away.unpaid:
            yield from (
                away.first + _ONE_DAY * n for n in range((away.through - away.first).days + 1)
            )
