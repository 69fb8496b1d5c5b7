"""Who of a team is there on which weekday, before a deal and with it. Monday is 0."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from ideals.deals.rules.kinds import Leave, Pattern, Term
from ideals.people.rules.weeks import WEEKDAYS


@dataclass(frozen=True, slots=True)
class Cover:
    """Of `team` people how many work on each weekday, Monday first."""

    team: int
    now: tuple[int, ...]
    then: tuple[int, ...]


def cover(weeks: Iterable[frozenset[int]], before: frozenset[int], after: frozenset[int]) -> Cover:
    """`weeks`: the days of everybody; `before` and `after`: of whom the deal is about."""
    all_ = list(weeks)
    now = tuple(sum(day in week for week in all_) for day in range(len(WEEKDAYS)))
    then = tuple(count - (day in before) + (day in after) for day, count in enumerate(now))
    return Cover(len(all_), now, then)


def pattern_of(terms: Sequence[Term]) -> frozenset[int] | None:
    """The days worked by a pattern; `None`: there is none."""
    for term in terms:
        if isinstance(term, Pattern):
            return frozenset(day for day, minutes in enumerate(term.minutes) if minutes)
    return None


def with_deal(terms: Sequence[Term], week: frozenset[int]) -> frozenset[int]:
    """The days worked while it holds. Leave of whole weeks leaves none, and leave of a part of each
    week takes days that the terms do not name."""
    if any(isinstance(term, Leave) and term.minutes is None for term in terms):
        return frozenset()
    days = pattern_of(terms)
    return week if days is None else days
