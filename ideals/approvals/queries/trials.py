"""What a policy would have done with the cases there really were.

Each approval kept the facts by which its case was found, so the same question can be asked of any
other policy. The database counts what is alike (the facts that one of the two policies reads);
only what differs in them is worked out, once each.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ARRAY, ColumnElement, Select, any_, cast, func, literal, select, tuple_
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Session

from ideals.approvals import policy as rights
from ideals.approvals.errors import MayNotSeeCases
from ideals.approvals.models import Approval
from ideals.approvals.queries.in_force import facts_of
from ideals.approvals.rules import Case, CheckTerms, Effect, Policy, Stage, case_for
from ideals.approvals.rules.facts import again
from ideals.approvals.states import Kind
from ideals.kernel.actor import Actor
from ideals.kernel.formula import FormulaFailed


@dataclass(frozen=True, slots=True)
class Way:
    """What a case means for who asks: two cases with another name or condition may be one way."""

    effect: Effect
    stages: tuple[Stage, ...]
    check: CheckTerms | None

    @classmethod
    def of(cls, case: Case) -> Way:
        return cls(case.effect, case.stages, case.check)


@dataclass(frozen=True, slots=True)
class Outcome:
    """The codes of the cases under the two policies; empty where a fact was not kept then."""

    now: str
    then: str


@dataclass(frozen=True, slots=True)
class Asked:
    """A trial: of which policies, over what."""

    kind: Kind
    now: Policy
    then: Policy
    since: datetime

    @property
    def reads(self) -> list[str]:
        return sorted(self.now.needs | self.then.needs)

    def ways(self, outcome: Outcome) -> tuple[Way | None, Way | None]:
        return _way(self.now, outcome.now), _way(self.then, outcome.then)

    def changes(self, outcome: Outcome) -> bool:
        now, then = self.ways(outcome)
        return now is not None and then is not None and now != then


def _way(policy: Policy, code: str) -> Way | None:
    return Way.of(policy.case(code)) if code else None


@dataclass(frozen=True, slots=True)
class Count:
    """How many took a way under each of the two."""

    way: Way
    now: int
    then: int


@dataclass(frozen=True, slots=True)
class Move:
    """How many would have gone another way."""

    now: Way
    then: Way
    count: int


@dataclass(frozen=True, slots=True)
class Trial:
    """`untold`: those of which it cannot be said, because a fact was not kept then."""

    asked: Asked
    total: int
    counts: list[Count] = field(default_factory=list)
    moves: list[Move] = field(default_factory=list)
    untold: int = 0
    outcomes: Mapping[str, Outcome] = field(default_factory=dict)
    """By what was read, as JSON with its keys in order."""

    @property
    def changed(self) -> int:
        return sum(move.count for move in self.moves)

    def outcome(self, read: Mapping[str, Any]) -> Outcome:
        return self.outcomes[_key(read)]


def year_before(now: datetime) -> datetime:
    """Twelve months back; a 29 February is the 28th then."""
    day = 28 if (now.month, now.day) == (2, 29) else now.day
    return now.replace(year=now.year - 1, day=day)


def trial(session: Session, asked: Asked, *, actor: Actor) -> Trial:
    """One statement. Raises `MayNotKeepPolicies`."""
    rights.check_keeps_policies(actor)
    read = _read(asked.reads)
    alike = select(read.label("read"), func.count()).where(_of(asked)).group_by(read)
    names = facts_of(asked.kind)
    outcomes: dict[str, Outcome] = {}
    counted: Counter[Outcome] = Counter()
    for values, count in session.execute(alike):
        facts = again(values, names)
        outcome = Outcome(_code(asked.now, facts), _code(asked.then, facts))
        outcomes[_key(values)] = outcome
        counted[outcome] += count
    return _summed(asked, counted, outcomes)


def _summed(asked: Asked, counted: Mapping[Outcome, int], outcomes: Mapping[str, Outcome]) -> Trial:
    now: Counter[Way] = Counter()
    then: Counter[Way] = Counter()
    moves: Counter[tuple[Way, Way]] = Counter()
    untold = 0
    for outcome, count in counted.items():
        before, after = asked.ways(outcome)
        if before is None or after is None:
            untold += count
            continue
        now[before] += count
        then[after] += count
        if before != after:
            moves[before, after] += count
    # As the new policy tells them, and then those only the old one has: moves are known by place.
    told = [Way.of(case) for policy in (asked.then, asked.now) for case in policy.cases]
    ways = sorted({*now, *then}, key=told.index)
    pairs = sorted(moves, key=lambda pair: (-moves[pair], *map(told.index, pair)))
    return Trial(
        asked,
        sum(counted.values()),
        [Count(way, now[way], then[way]) for way in ways],
        [Move(*pair, moves[pair]) for pair in pairs],
        untold,
        outcomes,
    )


def _code(policy: Policy, facts: Mapping[str, object]) -> str:
    try:
        return case_for(policy, facts).code
    except FormulaFailed:
        return ""


def changed_cases(
    trial: Trial, move: int | None = None, *, actor: Actor
) -> Select[*tuple[Any, ...]]:
    """The approvals that would have gone another way (of one move, or all), with what was read as
    `read`; for a list by (asked_at, id). Raises `MayNotSeeCases`: whoever keeps policies sees how
    many, and whose they are only who oversees the kind."""
    if not rights.oversees(actor, trial.asked.kind):
        raise MayNotSeeCases(
            f"seeing these cases takes the role {rights.overseer(trial.asked.kind)}"
        )
    wanted = trial.moves if move is None else trial.moves[move : move + 1]
    pairs = {(each.now, each.then) for each in wanted}
    found = [
        json.loads(key)
        for key, outcome in trial.outcomes.items()
        if trial.asked.ways(outcome) in pairs
    ]
    read = _read(trial.asked.reads)
    return select(Approval, read.label("read")).where(
        _of(trial.asked), read == any_(cast(found, ARRAY(JSONB)))
    )


def _of(asked: Asked) -> ColumnElement[bool]:
    return (Approval.kind == asked.kind) & (Approval.asked_at >= asked.since)


def _read(names: Iterable[str]) -> ColumnElement[Any]:
    """Of the facts that were kept those with these names. They are checked names, not a user's."""
    parts = [part for name in names for part in (literal(name), Approval.facts[name])]
    return func.jsonb_build_object(*parts, type_=JSONB)


def _key(read: Mapping[str, Any]) -> str:
    return json.dumps(read, sort_keys=True)


def is_before(last: tuple[datetime, UUID]) -> ColumnElement[bool]:
    """What comes after the last row of a piece, the latest first."""
    return tuple_(Approval.asked_at, Approval.id) < tuple_(
        *last, types=[Approval.asked_at.type, Approval.id.type]
    )
