"""Which cases a draw is made from, and the same again: whoever doubts a draw repeats it.

Nothing here depends on when it is asked: the cases of a day, the trust that was lost when each was
asked, the seed and the share give the same cases for ever.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from hashlib import sha256
from typing import NamedTuple
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, Select, func, select, text
from sqlalchemy.orm import Session

from ideals.approvals.errors import DrawUnknown
from ideals.approvals.models import UNTRUSTED, Approval, Check, Draw
from ideals.approvals.queries import in_force, trust
from ideals.approvals.rules import Case, Effect, draws
from ideals.approvals.states import Kind
from ideals.kernel.actor import Actor, Role

CHECKED = tuple(kind for kind in Kind if kind not in (Kind.TODO, Kind.CHECK, Kind.CONTEST))
AT_ONCE = f"effect = '{Effect.AFTER}'"
"""Written out, as the indexes are."""
SETTLES = timedelta(hours=1)
"""After its end a day is left alone for so long: what was asked in its last second is there."""


@dataclass(frozen=True, slots=True)
class Day:
    """A day on the organisation's clock."""

    day: date
    begins_at: datetime
    ends_at: datetime


class Group(NamedTuple):
    """The cases that are drawn together: one share holds for them."""

    kind: str
    policy_id: int | None
    case_code: str


@dataclass(frozen=True, slots=True)
class Candidate:
    """`at_once`: it took effect at once, so chance may draw it; else it was decided before.
    `distrusted`: it is checked whatever chance says."""

    approval_id: UUID
    employee_id: int
    at_once: bool
    distrusted: bool


@dataclass(frozen=True, slots=True)
class Drawn:
    """What a seed draws of the cases, in the order of their ids."""

    candidates: Sequence[Candidate]
    by_chance: frozenset[UUID]

    @property
    def checked(self) -> list[Candidate]:
        return [
            each
            for each in self.candidates
            if each.distrusted or each.approval_id in self.by_chance
        ]

    @property
    def digest(self) -> str:
        """Of the ids, a line each."""
        lines = "".join(f"{each.approval_id}\n" for each in self.candidates)
        return sha256(lines.encode()).hexdigest()


def day_at(day: date, zone: ZoneInfo) -> Day:
    def midnight(day: date) -> datetime:
        return datetime(day.year, day.month, day.day, tzinfo=zone)

    return Day(day, midnight(day), midnight(day + timedelta(days=1)))


def next_day(session: Session, *, zone: ZoneInfo, now: datetime) -> Day | None:
    """The first finished day with cases that is not drawn; `None`: there is none."""
    today = (now - SETTLES).astimezone(zone).date()
    last_day = select(func.max(Draw.day)).scalar_subquery()
    last = session.scalar(select(func.max(Draw.ends_at)).where(Draw.day == last_day))
    query = select(func.min(Approval.ended_at)).where(
        Approval.kind.in_(CHECKED), Approval.ended_at < day_at(today, zone).begins_at
    )
    if last is not None:
        query = query.where(Approval.ended_at >= last)
    firsts = [session.scalar(query.where(text(these))) for these in (AT_ONCE, UNTRUSTED)]
    first = min((moment for moment in firsts if moment is not None), default=None)
    return None if first is None else day_at(first.astimezone(zone).date(), zone)


def groups_of(session: Session, day: Day) -> list[Group]:
    found: set[Group] = set()
    query = select(Approval.kind, Approval.policy_id, Approval.case_code).where(
        Approval.kind.in_(CHECKED), *_within(day)
    )
    for these in (AT_ONCE, UNTRUSTED):
        found |= {Group(*row) for row in session.execute(query.where(text(these)).distinct())}
    return sorted(found, key=lambda each: (each.kind, each.policy_id or 0, each.case_code))


def _within(day: Day) -> tuple[ColumnElement[bool], ColumnElement[bool]]:
    return Approval.ended_at >= day.begins_at, Approval.ended_at < day.ends_at


def candidates_of(session: Session, group: Group, day: Day, *, at: datetime) -> list[Candidate]:
    """By id. `at`: when they were drawn, for what was known then."""
    query = select(Approval).where(
        *_within(day),
        Approval.kind == group.kind,
        Approval.policy_id.is_not_distinct_from(group.policy_id),
        Approval.case_code == group.case_code,
        Approval.employee_id.is_not(None),
    )
    approvals = [
        each for these in (AT_ONCE, UNTRUSTED) for each in session.scalars(query.where(text(these)))
    ]
    without = [each for each in approvals if each.facts.get("trusted") is False]
    losses = trust.losses_of(session, {each.employee_id or 0 for each in without})
    distrusted = {
        each.id
        for each in without
        if trust.counts(losses.get(each.employee_id or 0, ()), each, at=at)
    }
    found = [
        Candidate(
            each.id, each.employee_id or 0, each.effect == Effect.AFTER, each.id in distrusted
        )
        for each in approvals
        if each.effect == Effect.AFTER or each.id in distrusted
    ]
    return sorted(found, key=lambda each: each.approval_id)


def share_of(session: Session, group: Group) -> Decimal | None:
    """`None`: nothing of this case is checked, because its policy no longer says how."""
    case = case_of(session, group)
    return case.check.share if case and case.check and case.effect is Effect.AFTER else None


def case_of(session: Session, group: Group) -> Case | None:
    return in_force.case_named(session, group.kind, group.policy_id, group.case_code)


def drawn_from(candidates: Sequence[Candidate], seed: str, share: Decimal) -> Drawn:
    chance = (
        each.approval_id
        for each in candidates
        if each.at_once and draws.is_drawn(seed, each.approval_id, share)
    )
    return Drawn(candidates, frozenset(chance))


# What was drawn


def draws_listing() -> Select[Draw]:
    """For a list by (day, id). Days on which nothing could be drawn are left out."""
    return select(Draw).where(Draw.population > 0)


def access_draw(session: Session, draw_id: int, *, actor: Actor) -> Draw:
    """Raises `DrawUnknown`."""
    draw = session.get(Draw, draw_id) if actor.has(Role.HR) else None
    if draw is None:
        raise DrawUnknown
    return draw


def draw_of(session: Session, check: Check) -> Draw:
    return session.get_one(Draw, check.draw_id)


def checks_of(draw: Draw) -> Select[Check]:
    """What was drawn, for a list by (drawn_at, id)."""
    return select(Check).where(Check.draw_id == draw.id)


def group_of(draw: Draw) -> Group:
    return Group(draw.kind, draw.policy_id, draw.case_code)


@dataclass(frozen=True, slots=True)
class Repeated:
    """A draw made again from what is stored today, beside what it came to then."""

    now: Drawn
    share: Decimal | None
    same_population: bool
    same_share: bool
    missing: frozenset[UUID]
    """Drawn now, but no check was made of it then."""
    extra: frozenset[UUID]
    """A check was made of it then, but it is not drawn now."""

    @property
    def agrees(self) -> bool:
        return self.same_population and self.same_share and not (self.missing or self.extra)


def repeat(session: Session, draw: Draw) -> Repeated:
    day = Day(draw.day, draw.begins_at, draw.ends_at)
    candidates = candidates_of(session, group_of(draw), day, at=draw.drawn_at)
    share = share_of(session, group_of(draw))
    # Where the policy checks nothing, nothing was drawn from.
    again = drawn_from(candidates if share is not None else [], draw.seed, draw.share)
    then = frozenset(session.scalars(select(Check.approval_id).where(Check.draw_id == draw.id)))
    here = frozenset(each.approval_id for each in again.checked)
    return Repeated(
        again,
        share,
        same_population=(len(again.candidates), again.digest) == (draw.population, draw.digest),
        same_share=(share or Decimal(0)) == draw.share,
        missing=here - then,
        extra=then - here,
    )
