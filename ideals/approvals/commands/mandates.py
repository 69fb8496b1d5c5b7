"""HR's table of mandates: whose unit, which year, how many euros, who decides about them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from ideals import audit
from ideals.approvals import policy
from ideals.approvals.errors import (
    MandateMovedOn,
    MandateThere,
    MandateUnknown,
    MandateWrong,
    OnlyHrKeepsMandates,
)
from ideals.approvals.models import Mandate
from ideals.config import Settings
from ideals.kernel.actor import Actor
from ideals.kernel.money import LARGEST_MINOR, Money
from ideals.people import queries as people
from ideals.people.commands.units import employed_person
from ideals.people.models import Employee, Unit

FIRST_YEAR, LAST_YEAR = 2000, 2200


@dataclass(frozen=True, slots=True)
class GiveMandate:
    """`unit`: a path; `holder`: a personnel number."""

    unit: str
    year: int
    amount: Money
    holder: str


@dataclass(frozen=True, slots=True)
class ChangeMandate:
    """`seen`: the version that was read."""

    unit: str
    year: int
    amount: Money
    holder: str
    seen: int


@dataclass(frozen=True, slots=True)
class TakeMandate:
    unit: str
    year: int
    seen: int


def give_mandate(session: Session, cmd: GiveMandate, *, actor: Actor, now: datetime) -> Mandate:
    """Raises `OnlyHrKeepsMandates`, `UnitUnknown`, `MandateThere`, `MandateWrong`, `PersonUnknown`,
    `PersonNotEmployed`."""
    unit = _locked_unit(session, cmd.unit, actor)
    if _in_force(session, unit, cmd.year) is not None:
        raise MandateThere(cmd.unit, cmd.year)
    return _add(session, unit, cmd, actor=actor, now=now)


def change_mandate(session: Session, cmd: ChangeMandate, *, actor: Actor, now: datetime) -> Mandate:
    """What was decided about it stays decided. Raises as `give_mandate`, and `MandateUnknown`,
    `MandateMovedOn`."""
    unit = _locked_unit(session, cmd.unit, actor)
    there = _seen(session, unit, cmd.year, cmd.seen)
    _supersede(there, actor=actor, now=now)
    session.flush()  # reason: one is in force at a time, and an insert goes before an update
    return _add(session, unit, cmd, there, actor=actor, now=now)


def take_mandate(session: Session, cmd: TakeMandate, *, actor: Actor, now: datetime) -> None:
    """Raises `OnlyHrKeepsMandates`, `UnitUnknown`, `MandateUnknown`, `MandateMovedOn`."""
    unit = _locked_unit(session, cmd.unit, actor)
    there = _seen(session, unit, cmd.year, cmd.seen)
    _supersede(there, actor=actor, now=now)
    subject = f"mandate:{cmd.year}:{cmd.unit}"
    before = _told(session, there)
    audit.record(session, "approvals.mandate_taken", subject, actor=actor, now=now, before=before)


def _locked_unit(session: Session, path: str, actor: Actor) -> Unit:
    """Who changes the mandates of a unit comes one after another."""
    if not policy.may_keep_mandates(actor):
        raise OnlyHrKeepsMandates
    unit = people.unit_by_path(session, path)
    session.execute(select(Unit.id).where(Unit.id == unit.id).with_for_update(key_share=True))
    return unit


def _in_force(session: Session, unit: Unit, year: int) -> Mandate | None:
    return session.scalar(
        select(Mandate).where(
            Mandate.unit_id == unit.id, Mandate.year == year, Mandate.superseded_at.is_(None)
        )
    )


def _seen(session: Session, unit: Unit, year: int, seen: int) -> Mandate:
    there = _in_force(session, unit, year)
    if there is None:
        raise MandateUnknown(unit.path, year)
    if there.id != seen:
        raise MandateMovedOn(there.id)
    return there


def _supersede(there: Mandate, *, actor: Actor, now: datetime) -> None:
    there.superseded_at, there.superseded_by = now, actor.name


def _add(
    session: Session,
    unit: Unit,
    cmd: GiveMandate | ChangeMandate,
    before: Mandate | None = None,
    *,
    actor: Actor,
    now: datetime,
) -> Mandate:
    if not 0 < cmd.amount.minor <= LARGEST_MINOR:
        raise MandateWrong("Give an amount above zero", field="amount", value=str(cmd.amount))
    if not FIRST_YEAR <= cmd.year <= LAST_YEAR:
        raise MandateWrong("Give a year such as 2026", field="year", value=cmd.year)
    today = now.astimezone(Settings.read().zone).date()
    holder = employed_person(session, cmd.holder, today, field="holder")
    made = Mandate(
        unit_id=unit.id,
        year=cmd.year,
        amount_minor=cmd.amount.minor,
        holder_id=holder.id,
        changed_at=now,
        changed_by=actor.name,
        changed_by_user_id=actor.user_id,
    )
    session.add(made)
    session.flush()  # reason: its id, which is its version, comes from the database
    subject = f"mandate:{cmd.year}:{cmd.unit}"
    audit.record(
        session,
        "approvals.mandate_given",
        subject,
        actor=actor,
        now=now,
        before=None if before is None else _told(session, before),
        after={"amount": str(cmd.amount), "holder": cmd.holder},
    )
    return made


def _told(session: Session, mandate: Mandate) -> dict[str, str]:
    holder = session.get_one(Employee, mandate.holder_id)
    return {"amount": str(Money(mandate.amount_minor)), "holder": holder.number}
