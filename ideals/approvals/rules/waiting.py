"""How long decisions kept people waiting, and what trust saved of that.

A wait is counted in working days of the organisation: those after the day of asking, up to and
including the day of the decision. What was decided on the day it was asked waited 0 days.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal

from ideals.approvals.rules.days import Calendar

FEWEST = 5
"""So many decisions under a rule tell how long one takes; with fewer, all of the kind do."""


@dataclass(frozen=True, slots=True)
class Waited:
    """`by_days`: how many decisions took so many working days."""

    by_days: Mapping[int, int] = field(default_factory=dict)

    @property
    def decided(self) -> int:
        return sum(self.by_days.values())

    @property
    def total(self) -> int:
        return sum(days * count for days, count in self.by_days.items())

    @property
    def median(self) -> Decimal | None:
        """Of an even number the middle of the two in the middle."""
        decided = self.decided
        if not decided:
            return None
        return Decimal(self._at((decided - 1) // 2) + self._at(decided // 2)) / 2

    def _at(self, place: int) -> int:
        """The wait at a place in their order, from 0."""
        for days, count in sorted(self.by_days.items()):
            place -= count
            if place < 0:
                return days
        raise IndexError(place)


def together(waits: Iterable[Waited]) -> Waited:
    summed: Counter[int] = Counter()
    for each in waits:
        summed.update(each.by_days)
    return Waited(dict(summed))


@dataclass(frozen=True, slots=True)
class Saved:
    """What would have been waited if cases that took effect at once had been asked before: an
    estimate by the median of what was asked before. `by_kind`: of the whole kind, because too few
    were decided under the rule itself."""

    median: Decimal
    days: Decimal
    decisions: int
    by_kind: bool


def saved(at_once: int, rule: Waited, kind: Waited) -> Saved | None:
    """`None`: nothing of the kind was decided before, so nothing can be said."""
    by_kind = rule.decided < FEWEST
    told = kind if by_kind else rule
    if told.median is None:
        return None
    return Saved(told.median, told.median * at_once, told.decided, by_kind)


def waits(spans: Iterable[tuple[date, date, int]], calendar: Calendar) -> Waited:
    """From days of asking and deciding, and how many there were of each pair."""
    known = list(spans)
    if not known:
        return Waited()
    passed = _passed(min(span[0] for span in known), max(span[1] for span in known), calendar)
    summed: Counter[int] = Counter()
    for asked_on, decided_on, count in known:
        summed[passed[decided_on] - passed[asked_on]] += count
    return Waited(dict(summed))


def _passed(first: date, last: date, calendar: Calendar) -> dict[date, int]:
    """How many working days there were through each day."""
    found, count, day = {}, 0, first
    while day <= last:
        count += calendar.is_working_day(day)
        found[day] = count
        day += timedelta(days=1)
    return found
