"""Who may decide in whose place, and whose mandate covers an amount.

A delegation counts on a day when the day is in its period, it was not ended, and both people are
employed on that day. Who stands in for somebody also stands in for those whom that person stands
in for, of the kinds that both delegations name. Nobody ever stands in for themselves.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import func, select, text
from sqlalchemy.orm import Session

from ideals.approvals.models import Approval, ApprovalStep, Mandate
from ideals.approvals.rules import StepState
from ideals.approvals.states import Kind, State
from ideals.config import Settings
from ideals.db import array
from ideals.kernel.money import Money
from ideals.people.queries import units
from ideals.people.queries.units import EMPLOYED


@dataclass(frozen=True, slots=True)
class StandIn:
    """In whose place, and of which kinds; `None`: of every kind."""

    principal_id: int
    kinds: frozenset[Kind] | None

    def covers(self, kind: str) -> bool:
        return self.kinds is None or kind in self.kinds


def principals(
    session: Session, employee_id: int, today: date, *, but: Collection[int] = ()
) -> list[StandIn]:
    """In whose place this employee may decide on that day, by id.

    `but`: whom an approval is about and who asked it. Right passes neither from nor through them,
    so that nobody chooses, by a delegation of their own, who decides about them.
    """
    rows = session.execute(
        text(_PRINCIPALS),
        {"me": employee_id, "today": today, "kinds": list(Kind), "but": array(but)},
    )
    return [
        StandIn(id_, None if len(kinds) == len(Kind) else frozenset(map(Kind, kinds)))
        for id_, kinds in rows
    ]


def stands_in(
    session: Session,
    employee_id: int,
    principal_id: int,
    kind: Kind,
    today: date,
    *,
    but: Collection[int] = (),
) -> bool:
    """Whether this employee may decide such a thing in that person's place on that day."""
    found = principals(session, employee_id, today, but=but)
    return any(one.principal_id == principal_id and one.covers(kind) for one in found)


def deputies(
    session: Session, employee_id: int, kind: Kind, today: date, *, but: Collection[int] = ()
) -> list[int]:
    """Who may decide such a thing in this employee's place on that day, by id. `but`: as above."""
    values = {"me": employee_id, "today": today, "kind": kind, "but": array(but)}
    return list(session.scalars(text(_DEPUTIES), values))


# Loops end because UNION adds no row twice: there are only so many people and kinds.
_COUNTS = f"""
       ended_at IS NULL AND from_on <= :today AND until_on >= :today
   AND from_id <> ALL (CAST(:but AS bigint[])) AND to_id <> ALL (CAST(:but AS bigint[]))
   AND {EMPLOYED.format(who="from_id")} AND {EMPLOYED.format(who="to_id")}
"""
_PRINCIPALS = f"""
WITH RECURSIVE given AS (
    SELECT CAST(:me AS bigint) AS id, kind FROM unnest(CAST(:kinds AS text[])) AS kind
    UNION
    SELECT passed.from_id, given.kind
      FROM given
      JOIN LATERAL (
          SELECT from_id FROM approvals_delegation
           WHERE to_id = given.id AND (kinds IS NULL OR given.kind = ANY (kinds)) AND {_COUNTS}
      ) passed ON true
)
SELECT id, array_agg(kind) FROM given WHERE id <> :me GROUP BY id ORDER BY id
"""  # noqa: S608 - of the texts above alone
_DEPUTIES = f"""
WITH RECURSIVE taken AS (
    SELECT CAST(:me AS bigint) AS id
    UNION
    SELECT passed.to_id
      FROM taken
      JOIN LATERAL (
          SELECT to_id FROM approvals_delegation
           WHERE from_id = taken.id AND (kinds IS NULL OR :kind = ANY (kinds)) AND {_COUNTS}
      ) passed ON true
)
SELECT id FROM taken WHERE id <> :me ORDER BY id
"""  # noqa: S608 - of the texts above alone


# Mandates


@dataclass(frozen=True, slots=True)
class Covering:
    """A mandate that still covers an amount: whose unit's, who decides, what is left before it."""

    unit_id: int
    holder_id: int
    left: Money


def mandate_for(session: Session, unit_id: int, year: int, amount: Money) -> tuple[int, int] | None:
    """(unit, holder) of the nearest unit upward whose mandate of the year still covers this."""
    found = mandates_for(session, unit_id, year, amount)
    return (found[0].unit_id, found[0].holder_id) if found else None


def mandates_for(session: Session, unit_id: int, year: int, amount: Money) -> list[Covering]:
    """Every mandate upward that still covers this, the nearest first: for when the nearest holder
    may not decide."""
    return [each for each in mandates_above(session, unit_id, year) if each.left >= amount]


def mandates_above(session: Session, unit_id: int, year: int) -> list[Covering]:
    """Every mandate of the unit and those above it with what is left, the nearest first."""
    above = units.units_above(session, unit_id)
    rows = session.scalars(
        select(Mandate).where(
            Mandate.unit_id == func.any(above),
            Mandate.year == year,
            Mandate.superseded_at.is_(None),
        )
    ).all()
    spent = spent_on_mandates(session, [row.unit_id for row in rows], year)
    left = {
        row.unit_id: Covering(
            row.unit_id, row.holder_id, Money(row.amount_minor) - spent[row.unit_id]
        )
        for row in rows
    }
    return [left[unit] for unit in above if unit in left]


def spent_on_mandates(session: Session, unit_ids: Sequence[int], year: int) -> Mapping[int, Money]:
    """What was agreed to on each unit's mandate on the days of that year.

    What another step still has to decide counts too, or two would spend the same euros; what it
    refuses counts no more.
    """
    zone = Settings.read().zone
    rows = session.execute(
        select(ApprovalStep.mandate_unit_id, func.sum(Approval.amount_minor))
        .join(Approval, Approval.id == ApprovalStep.approval_id)
        .where(
            ApprovalStep.mandate_unit_id == func.any(list(unit_ids)),
            ApprovalStep.state == StepState.APPROVED,
            ApprovalStep.decided_at >= datetime(year, 1, 1, tzinfo=zone),
            ApprovalStep.decided_at < datetime(year + 1, 1, 1, tzinfo=zone),
            Approval.state.in_((State.OPEN, State.APPROVED)),
        )
        .group_by(ApprovalStep.mandate_unit_id)
    )
    spent = {unit: Money(int(minor or 0)) for unit, minor in rows}
    return {unit: spent.get(unit, Money(0)) for unit in unit_ids}


def no_longer_covered(session: Session, unit_id: int, year: int) -> list[int]:
    """The live steps on this unit's mandate that ask for more than is left of it, by id."""
    in_force = select(Mandate.amount_minor).where(
        Mandate.unit_id == unit_id, Mandate.year == year, Mandate.superseded_at.is_(None)
    )
    amount = Money(session.scalar(in_force) or 0)
    left = amount - spent_on_mandates(session, [unit_id], year)[unit_id]
    waiting = (
        select(ApprovalStep.id)
        .join(Approval, Approval.id == ApprovalStep.approval_id)
        .where(
            ApprovalStep.mandate_unit_id == unit_id,
            ApprovalStep.state.in_((StepState.OPEN, StepState.ASKED)),
            Approval.amount_minor > left.minor,
        )
    )
    return list(session.scalars(waiting.order_by(ApprovalStep.id)))


def hold_mandates_still(session: Session, unit_ids: Collection[int], year: int) -> None:
    """Those of these units and of the units above them, until the commit: of two who decide at
    once about the same euros the second sees what the first has spent."""
    above = {up for unit in unit_ids for up in units.units_above(session, unit)}
    held = select(Mandate.id).where(
        Mandate.unit_id == func.any(sorted(above)),
        Mandate.year == year,
        Mandate.superseded_at.is_(None),
    )
    session.execute(held.order_by(Mandate.id).with_for_update())


def replaced_holders(session: Session, since: datetime) -> set[int]:
    """Who held a mandate that was changed or taken away since that moment."""
    replaced = select(Mandate.holder_id).where(Mandate.superseded_at >= since).distinct()
    return set(session.scalars(replaced))
