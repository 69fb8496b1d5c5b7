"""Dated personal parts: who causes them says all of them, and the next run does the rest."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import update
from sqlalchemy.orm import Session

from ideals import audit
from ideals.budgets.models import PersonalPart
from ideals.budgets.queries.parts import parts_of
from ideals.budgets.rules.parts import Part, first_difference
from ideals.kernel.actor import Actor
from ideals.kernel.month import Month
from ideals.people import commands as people
from ideals.people.models import FactChange


@dataclass(frozen=True, slots=True)
class SetParts:
    """Every part that `source` (such as `deal:…`) causes for an employee, from ever on: what is not
    among them has never been, and runs take it back."""

    employee_id: int
    source: str
    parts: Sequence[Part]


def set_parts(session: Session, cmd: SetParts, *, actor: Actor, now: datetime) -> Month | None:
    """The first month that comes out differently, from which runs look again; `None`: none does.

    Take `people.lock_facts` first and read the clock afterwards, as whoever writes facts does.
    """
    people.lock_facts(session, shared=True)
    there = parts_of(session, cmd.source)
    changed_from = first_difference([_part(row) for row in there], cmd.parts)
    if changed_from is None:
        return None
    wanted = Counter(cmd.parts)
    gone = []
    for row in there:
        if wanted[_part(row)] > 0:
            wanted[_part(row)] -= 1
        else:
            gone.append(row.id)
    session.execute(update(PersonalPart).where(PersonalPart.id.in_(gone)).values(superseded_at=now))
    session.add_all(
        PersonalPart(
            employee_id=cmd.employee_id,
            source=cmd.source,
            code=part.code,
            amount_minor=part.amount_minor,
            from_month=part.first,
            through_month=part.through,
            recorded_at=now,
            recorded_by=actor.name,
        )
        for part in wanted.elements()
    )
    session.add(FactChange(employee_id=cmd.employee_id, first_month=changed_from, recorded_at=now))
    audit.record(
        session,
        "budgets.parts_set",
        cmd.source,
        actor=actor,
        now=now,
        first_month=str(changed_from),
    )
    return changed_from


def _part(row: PersonalPart) -> Part:
    return Part(row.code, row.amount_minor, row.from_month, row.through_month)
