"""Let somebody decide in another's place for a while, and end it.

A delegation changes nothing that waits: who stands in sees it beside their own from the first day
on, and what is decided says in whose place.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from sqlalchemy import ColumnElement, literal, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from ideals import audit
from ideals.access.models import User
from ideals.approvals import policy
from ideals.approvals.errors import (
    DelegationDiffers,
    DelegationOver,
    DelegationUnknown,
    KindsMissing,
    NotInAnothersPlace,
    OnlyHrForOthers,
    StandInCannotSignIn,
    StandInIsOneself,
    StandsInAlready,
)
from ideals.approvals.models import Delegation
from ideals.approvals.rules.delegations import check_period, state_on
from ideals.approvals.states import DelegationState, Kind
from ideals.config import Settings
from ideals.kernel.actor import SYSTEM, Actor
from ideals.notices import commands as notices
from ideals.people.commands.units import employed_person
from ideals.people.models import Employee

STARTED, MADE_FOR_YOU, ENDED = (
    "delegation.started",
    "delegation.made_for_you",
    "delegation.ended",
)
NOTICES = (STARTED, MADE_FOR_YOU, ENDED)


@dataclass(frozen=True, slots=True)
class Delegate:
    """`id` is made before and is the retry key. `to`, `for_number`: personnel numbers; without
    `for_number` it is for oneself. `kinds`: `None` for everything. Both days are included."""

    id: UUID
    to: str
    from_on: date
    until_on: date
    kinds: Collection[Kind] | None = None
    for_number: str | None = None


@dataclass(frozen=True, slots=True)
class EndDelegation:
    delegation_id: UUID


def delegate(session: Session, cmd: Delegate, *, actor: Actor, now: datetime) -> Delegation:
    """The same id again answers what is there.

    Raises `OnlyHrForOthers`, `PersonUnknown`, `PersonNotEmployed`, `StandInIsOneself`,
    `NotInAnothersPlace`, `StandInCannotSignIn`, `PeriodWrong`, `KindsMissing`, `StandsInAlready`,
    `DelegationDiffers`.
    """
    today = _today(now)
    there = session.get(Delegation, cmd.id)
    check_period(cmd.from_on, cmd.until_on, today if there is None else cmd.from_on)
    principal, deputy = _people(session, cmd, actor)
    row = {
        "from_id": principal.id,
        "to_id": deputy.id,
        "kinds": _kinds(cmd),
        "from_on": cmd.from_on,
        "until_on": cmd.until_on,
    }
    if there is None:
        _check_free(session, row)
        made = insert(Delegation).values(
            **row,
            id=cmd.id,
            made_at=now,
            made_by=actor.name,
            made_by_user_id=actor.user_id,
            made_by_employee_id=actor.employee_id,
        )
        new = session.scalar(made.on_conflict_do_nothing().returning(Delegation.id))
        there = session.get_one(Delegation, cmd.id)
        if new is not None:
            _after_start(session, there, principal, deputy, actor=actor, now=now)
    if any(getattr(there, name) != value for name, value in row.items()):
        raise DelegationDiffers
    return there


def _people(session: Session, cmd: Delegate, actor: Actor) -> tuple[Employee, Employee]:
    """In whose place, and who stands in."""
    if cmd.for_number is None:
        principal = session.get(Employee, actor.employee_id) if actor.employee_id else None
        if principal is None:
            raise OnlyHrForOthers
    else:
        principal = _principal(session, cmd.for_number, actor, cmd.from_on)
    deputy = employed_person(session, cmd.to, cmd.from_on, field="to")
    if deputy.id == principal.id:
        raise StandInIsOneself
    if deputy.id == actor.employee_id:
        raise NotInAnothersPlace
    signs_in = select(User.id).where(User.employee_id == deputy.id, User.active)
    if session.scalar(signs_in) is None:
        raise StandInCannotSignIn(cmd.to)
    return principal, deputy


def _principal(session: Session, number: str, actor: Actor, on: date) -> Employee:
    """Whether a number exists is told to HR only."""
    own = session.get(Employee, actor.employee_id) if actor.employee_id else None
    if own is not None and own.number == number:
        return own
    if not policy.may_delegate_for_others(actor):
        raise OnlyHrForOthers
    return employed_person(session, number, on, field="employee")


def _kinds(cmd: Delegate) -> list[str] | None:
    """In one order, and nothing named where all are: then what comes later counts too."""
    if cmd.kinds is None or set(cmd.kinds) == set(Kind):
        return None
    if not cmd.kinds:
        raise KindsMissing
    return sorted(str(kind) for kind in set(cmd.kinds))


def _check_free(session: Session, row: Mapping[str, object]) -> None:
    """A courtesy, without a lock: two of the same would do no harm."""
    common: ColumnElement[bool] = literal(True)
    kinds = row["kinds"]
    if isinstance(kinds, list):
        common = Delegation.kinds.is_(None) | Delegation.kinds.overlap(kinds)
    there = session.scalar(
        select(Delegation)
        .where(
            Delegation.from_id == row["from_id"],
            Delegation.to_id == row["to_id"],
            Delegation.ended_at.is_(None),
            Delegation.from_on <= row["until_on"],
            Delegation.until_on >= row["from_on"],
            common,
        )
        .order_by(Delegation.from_on)
        .limit(1)
    )
    if there is not None:
        raise StandsInAlready(there.from_on, there.until_on)


def _after_start(
    session: Session,
    made: Delegation,
    principal: Employee,
    deputy: Employee,
    *,
    actor: Actor,
    now: datetime,
) -> None:
    data = _data(made, principal, deputy)
    _tell(session, STARTED, made, deputy.id, data, now=now)
    if actor.employee_id != principal.id:
        _tell(session, MADE_FOR_YOU, made, principal.id, data, now=now)
    _audit(session, "approvals.delegated", made, principal, deputy, actor=actor, now=now)


def end_delegation(
    session: Session, cmd: EndDelegation, *, actor: Actor, now: datetime
) -> Delegation:
    """From now on it counts no more. Either side may end it, and HR; the others are told.

    One that was ended already stays as it is. Raises `DelegationUnknown`, `DelegationOver`.
    """
    found = session.get(Delegation, cmd.delegation_id, with_for_update=True)
    if found is None or not policy.may_see_delegation(actor, found.from_id, found.to_id):
        raise DelegationUnknown
    if found.ended_at is not None:
        return found
    state = state_on(_today(now), found.from_on, found.until_on, ended=False)
    if state is DelegationState.OVER:
        raise DelegationOver(found.until_on)
    found.ended_at, found.ended_by = now, actor.name
    found.ended_by_user_id, found.ended_by_employee_id = actor.user_id, actor.employee_id
    people = select(Employee).where(Employee.id.in_((found.from_id, found.to_id)))
    by_id = {person.id: person for person in session.scalars(people)}
    principal, deputy = by_id[found.from_id], by_id[found.to_id]
    _done(session, found, now=now)
    data = _data(found, principal, deputy)
    for employee_id in (found.from_id, found.to_id):
        if employee_id != actor.employee_id:
            _tell(session, ENDED, found, employee_id, data, now=now)
    _audit(session, "approvals.delegation_ended", found, principal, deputy, actor=actor, now=now)
    return found


def _done(session: Session, ended: Delegation, *, now: datetime) -> None:
    """That it began need not be read any more."""
    done = notices.MarkDone(_subject(ended), (STARTED, MADE_FOR_YOU))
    notices.mark_done(session, done, now=now)


def _data(made: Delegation, principal: Employee, deputy: Employee) -> dict[str, object]:
    return {
        "principal": principal.name,
        "principal_number": principal.number,
        "deputy": deputy.name,
        "kinds": made.kinds,
        "from": made.from_on.isoformat(),
        "until": made.until_on.isoformat(),
    }


def _tell(
    session: Session,
    kind: str,
    about: Delegation,
    employee_id: int,
    data: dict[str, object],
    *,
    now: datetime,
) -> None:
    subject = _subject(about)
    tell = notices.Tell(kind, subject, f"{subject}:{kind}", [employee_id], data=data)
    notices.tell(session, tell, actor=SYSTEM, now=now)


def _audit(
    session: Session,
    act: str,
    about: Delegation,
    principal: Employee,
    deputy: Employee,
    *,
    actor: Actor,
    now: datetime,
) -> None:
    audit.record(
        session,
        act,
        _subject(about),
        actor=actor,
        now=now,
        principal=principal.number,
        deputy=deputy.number,
        kinds=about.kinds,
        first=about.from_on.isoformat(),
        last=about.until_on.isoformat(),
    )


def _subject(about: Delegation) -> str:
    return f"delegation:{about.id}"


def _today(now: datetime) -> date:
    return now.astimezone(Settings.read().zone).date()
