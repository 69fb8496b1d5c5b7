"""What trust costs and saves, for HR: how long people waited, what was checked, what was found.

Counted are the cases that were asked in a period, whenever they were decided or checked. What a
policy lets take effect `at_once` is not recorded anywhere, so it is not counted either.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, Date, case, cast, func, literal, select
from sqlalchemy.orm import Session

from ideals.approvals.models import Approval, Check, Draw, Trust
from ideals.approvals.queries.draws import CHECKED, day_at
from ideals.approvals.rules import Effect, waiting
from ideals.approvals.rules.days import Calendar
from ideals.approvals.rules.trust import STANDS
from ideals.approvals.rules.waiting import Saved, Waited
from ideals.approvals.states import CheckState, Kind, State, WhyChecked
from ideals.kernel.month import Month
from ideals.people.models import Employee

MOST_NAMED = 50
"""People without trust that are named."""


@dataclass(frozen=True, slots=True)
class Period:
    """Whole months, on the organisation's clock."""

    first: Month
    last: Month
    zone: ZoneInfo

    @property
    def begins_at(self) -> datetime:
        return day_at(self.first.first, self.zone).begins_at

    @property
    def ends_at(self) -> datetime:
        return day_at(self.last.last, self.zone).ends_at


@dataclass(frozen=True, slots=True)
class Checks:
    """`drawn_from`: cases that took effect at once on days that have been drawn; `by_chance`: of
    those the ones that were drawn. `lost`: checked because trust was lost. `broken` counts what was
    found not kept, also what was overturned later; `contested` what was answered too."""

    drawn_from: int = 0
    by_chance: int = 0
    lost: int = 0
    checked: int = 0
    kept: int = 0
    broken: int = 0
    contested: int = 0
    upheld: int = 0
    overturned: int = 0

    @property
    def share(self) -> Decimal | None:
        """Of what could be drawn."""
        return Decimal(self.by_chance) / self.drawn_from if self.drawn_from else None


@dataclass(frozen=True, slots=True)
class Line:
    """The cases of one rule, or with `code` `None` of a whole kind. `before`: those that had to be
    decided first, of which `waiting` still are."""

    kind: Kind
    code: str | None
    after: int
    before: int
    waiting: int
    waited: Waited
    saved: Saved | None
    saved_days: Decimal | None
    checks: Checks

    @property
    def cases(self) -> int:
        return self.after + self.before


@dataclass(frozen=True, slots=True)
class KindLines:
    """`lost`: people whose trust is lost now."""

    whole: Line
    lines: Sequence[Line]
    lost: int


@dataclass(frozen=True, slots=True)
class UnitLine:
    """`unit` is empty for what is about nobody."""

    unit: str
    after: int
    before: int
    checked: int
    broken: int

    @property
    def cases(self) -> int:
        return self.after + self.before


@dataclass(frozen=True, slots=True)
class Lost:
    """Somebody whose trust in a kind is lost now."""

    kind: Kind
    name: str
    number: str
    since: datetime
    check_id: UUID


@dataclass(frozen=True, slots=True)
class Overview:
    period: Period
    kinds: Sequence[KindLines]
    units: Sequence[UnitLine]
    lost: Sequence[Lost]

    @property
    def after(self) -> int:
        return sum(each.whole.after for each in self.kinds)

    @property
    def saved_days(self) -> Decimal | None:
        """`None`: nothing is known of it."""
        known = [each.whole.saved_days for each in self.kinds]
        days = [each for each in known if each is not None]
        return sum(days, Decimal(0)) if days else None

    @property
    def checked(self) -> int:
        return sum(each.whole.checks.checked for each in self.kinds)

    @property
    def broken(self) -> int:
        """Found not kept, and not overturned."""
        found = (each.whole.checks for each in self.kinds)
        return sum(each.broken - each.overturned for each in found)


@dataclass(slots=True)
class _Rule:
    """What was counted of one rule."""

    counts: Counter[str] = field(default_factory=Counter)
    spans: list[tuple[date, date, int]] = field(default_factory=list)
    checks: Counter[str] = field(default_factory=Counter)


_Key = tuple[str, str]


def overview(session: Session, period: Period, calendar: Calendar) -> Overview:
    """Five statements, however much there is."""
    rules: dict[_Key, _Rule] = defaultdict(_Rule)
    _count_cases(session, period, rules)
    _count_checks(session, period, rules)
    lost = _lost_by_kind(session)
    return Overview(
        period,
        _kinds(rules, lost, calendar),
        _units(session, period),
        _lost(session),
    )


def _count_cases(session: Session, period: Period, rules: Mapping[_Key, _Rule]) -> None:
    decided = (Approval.effect == Effect.BEFORE) & Approval.state.in_(
        (State.APPROVED, State.REFUSED)
    )
    last_drawn = select(func.max(Draw.ends_at)).scalar_subquery()
    # The days only where somebody waited: all else is a few rows a rule.
    asked_on = case((decided, _day(Approval.asked_at, period.zone)))
    ended_on = case((decided, _day(Approval.ended_at, period.zone)))
    drawn_from = (Approval.effect == Effect.AFTER) & (Approval.ended_at < last_drawn)
    rows = session.execute(
        select(
            Approval.kind,
            Approval.case_code,
            Approval.effect,
            asked_on.label("asked_on"),
            ended_on.label("ended_on"),
            func.count(),
            func.count().filter(Approval.state == State.OPEN),
            func.count().filter(drawn_from),
        )
        .where(*_within(period))
        .group_by(Approval.kind, Approval.case_code, Approval.effect, "asked_on", "ended_on")
    )
    for kind, code, effect, asked, ended, count, waiting_, drawn in rows:
        rule = rules[kind, code]
        rule.counts[effect] += count
        rule.counts["waiting"] += waiting_
        rule.checks["drawn_from"] += drawn
        if asked is not None:
            rule.spans.append((asked, ended, count))


def _count_checks(session: Session, period: Period, rules: Mapping[_Key, _Rule]) -> None:
    rows = session.execute(
        select(Approval.kind, Approval.case_code, Check.why, Check.state, func.count())
        .join(Check, Check.approval_id == Approval.id)
        .where(*_within(period))
        .group_by(Approval.kind, Approval.case_code, Check.why, Check.state)
    )
    for kind, code, why, state, count in rows:
        found = rules[kind, code].checks
        for name in _counts_as(WhyChecked(why), CheckState(state)):
            found[name] += count


_OVERTURNED = frozenset({CheckState.OVERTURNED})
_COUNTS = {
    "checked": STANDS | _OVERTURNED | {CheckState.KEPT},
    "kept": frozenset({CheckState.KEPT}),
    "broken": STANDS | _OVERTURNED,
    "contested": _OVERTURNED | {CheckState.CONTESTED, CheckState.UPHELD},
    "upheld": frozenset({CheckState.UPHELD}),
    "overturned": _OVERTURNED,
}
"""In which states a check counts as what."""


def _counts_as(why: WhyChecked, state: CheckState) -> Iterable[str]:
    yield "by_chance" if why is WhyChecked.DRAWN else "lost"
    yield from (name for name, states in _COUNTS.items() if state in states)


def _within(period: Period) -> tuple[ColumnElement[bool], ...]:
    return (
        Approval.kind.in_(CHECKED),
        Approval.asked_at >= period.begins_at,
        Approval.asked_at < period.ends_at,
    )


def _day(moment: Any, zone: ZoneInfo) -> ColumnElement[date]:
    return cast(func.timezone(literal(zone.key), moment), Date)


# Put together


def _kinds(
    rules: Mapping[_Key, _Rule], lost: Mapping[Kind, int], calendar: Calendar
) -> list[KindLines]:
    by_kind: dict[Kind, dict[str, _Rule]] = {kind: {} for kind in lost}
    for (kind, code), rule in sorted(rules.items()):
        by_kind.setdefault(Kind(kind), {})[code] = rule
    return [
        _kind(kind, by_kind[kind], lost.get(kind, 0), calendar)
        for kind in CHECKED
        if kind in by_kind
    ]


def _kind(kind: Kind, rules: Mapping[str, _Rule], lost: int, calendar: Calendar) -> KindLines:
    waited = {code: waiting.waits(rule.spans, calendar) for code, rule in rules.items()}
    whole = waiting.together(waited.values())
    lines = [_line(kind, code, rule, waited[code], whole) for code, rule in rules.items()]
    return KindLines(_sum(kind, lines, whole), lines, lost)


def _line(kind: Kind, code: str, rule: _Rule, waited: Waited, of_kind: Waited) -> Line:
    after = rule.counts[Effect.AFTER]
    saved = waiting.saved(after, waited, of_kind) if after else None
    return Line(
        kind=kind,
        code=code,
        after=after,
        before=rule.counts[Effect.BEFORE],
        waiting=rule.counts["waiting"],
        waited=waited,
        saved=saved,
        saved_days=saved.days if saved else None,
        checks=Checks(**rule.checks),
    )


def _sum(kind: Kind, lines: Sequence[Line], waited: Waited) -> Line:
    saved = [line.saved_days for line in lines if line.saved_days is not None]
    names = Checks.__dataclass_fields__
    return Line(
        kind=kind,
        code=None,
        after=sum(line.after for line in lines),
        before=sum(line.before for line in lines),
        waiting=sum(line.waiting for line in lines),
        waited=waited,
        saved=None,
        saved_days=sum(saved, Decimal(0)) if saved else None,
        checks=Checks(
            **{name: sum(getattr(line.checks, name) for line in lines) for name in names}
        ),
    )


# By unit, and who is without trust


def _units(session: Session, period: Period) -> list[UnitLine]:
    """As it was when the cases were asked."""
    unit = func.coalesce(Approval.facts["unit"].astext, "").label("unit")
    rows = session.execute(
        select(
            unit,
            func.count().filter(Approval.effect == Effect.AFTER),
            func.count().filter(Approval.effect == Effect.BEFORE),
            func.count().filter(Check.state.in_(_COUNTS["checked"])),
            func.count().filter(Check.state.in_(_COUNTS["broken"])),
        )
        .outerjoin(Check, Check.approval_id == Approval.id)
        .where(*_within(period))
        .group_by(unit)
        .order_by(unit)
    )
    return [UnitLine(*row) for row in rows]


def _lost_by_kind(session: Session) -> dict[Kind, int]:
    query = select(Trust.kind, func.count()).where(Trust.restored_at.is_(None))
    return {Kind(kind): count for kind, count in session.execute(query.group_by(Trust.kind))}


def _lost(session: Session) -> list[Lost]:
    rows = session.execute(
        select(Trust.kind, Employee.name, Employee.number, Trust.lost_at, Trust.lost_by_check_id)
        .join(Employee, Employee.id == Trust.employee_id)
        .where(Trust.restored_at.is_(None))
        .order_by(Employee.sort_name, Employee.id, Trust.kind)
        .limit(MOST_NAMED)
    )
    return [Lost(Kind(row[0]), *row[1:]) for row in rows]
