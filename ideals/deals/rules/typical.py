"""What such deals look like here: how many people have one, with the median and range of figures.

Of few nothing is said. The ends of a range are rounded outward, so that they are nobody's own.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Hashable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum

from ideals.deals.rules.kinds import (
    Bonus,
    Development,
    Hours,
    Leave,
    MoneyTerm,
    Paid,
    Pattern,
    Place,
    Term,
    Where,
)
from ideals.deals.states import TermKind

AT_LEAST_FOR_FIGURES = 10
"""Deals in force, and people who have them."""
AT_LEAST_FOR_COUNTS = 5
"""People."""


class Measured(StrEnum):
    """What a measure counts."""

    CENTS = "cents"
    MINUTES = "minutes"
    DAYS = "days"


class Measure(StrEnum):
    """The figures that terms have. Tasks and what is said in words have none."""

    COST = "cost"
    STUDY = "study"
    WEEK = "week"
    """Contract minutes."""
    DAYS_A_WEEK = "days_a_week"
    HOME_DAYS = "home_days"
    LEAVE_DAYS = "leave_days"
    """Calendar days."""
    BONUS = "bonus"
    ONCE = "once"
    MONTHLY = "monthly"

    @property
    def kind(self) -> TermKind:
        return OF_KIND[self]

    @property
    def counts(self) -> Measured:
        if self in (Measure.STUDY, Measure.WEEK):
            return Measured.MINUTES
        days = (Measure.DAYS_A_WEEK, Measure.HOME_DAYS, Measure.LEAVE_DAYS)
        return Measured.DAYS if self in days else Measured.CENTS


OF_KIND: Mapping[Measure, TermKind] = {
    Measure.COST: TermKind.DEVELOPMENT,
    Measure.STUDY: TermKind.DEVELOPMENT,
    Measure.WEEK: TermKind.HOURS,
    Measure.DAYS_A_WEEK: TermKind.PATTERN,
    Measure.HOME_DAYS: TermKind.PLACE,
    Measure.LEAVE_DAYS: TermKind.LEAVE,
    Measure.BONUS: TermKind.BONUS,
    Measure.ONCE: TermKind.MONEY,
    Measure.MONTHLY: TermKind.MONEY,
}


@dataclass(frozen=True, slots=True)
class InForce:
    """A deal in force: whose, and its terms."""

    person: Hashable
    terms: tuple[Term, ...]


@dataclass(frozen=True, slots=True)
class Typical:
    """Of `deals` deals: the median, half up to the whole, and from where to where."""

    deals: int
    median: int
    low: int
    high: int


def figures_of(term: Term) -> Iterator[tuple[Measure, int]]:
    """Whole cents, minutes or days. What costs nothing, or takes no time, is no figure."""
    match term:
        case Development():
            if term.cost:
                yield Measure.COST, term.cost.minor
            if term.minutes:
                yield Measure.STUDY, term.minutes
        case Hours():
            yield Measure.WEEK, term.minutes
        case Pattern():
            yield Measure.DAYS_A_WEEK, sum(1 for minutes in term.minutes if minutes)
        case Place():
            if Where.HOME in term.days:
                yield Measure.HOME_DAYS, term.days.count(Where.HOME)
        case Leave():
            yield Measure.LEAVE_DAYS, (term.ends_on - term.starts_on).days + 1
        case Bonus():
            yield Measure.BONUS, term.amount.minor
        case MoneyTerm():
            paid = Measure.ONCE if term.paid is Paid.ONCE else Measure.MONTHLY
            yield paid, term.amount.minor


def typical(deals: Iterable[InForce]) -> dict[Measure, Typical | None]:
    """Of every measure; `None`: too few to say. Several terms alike in one deal count their sum."""
    people: dict[Measure, set[Hashable]] = defaultdict(set)
    values: dict[Measure, list[int]] = defaultdict(list)
    for deal in deals:
        sums: dict[Measure, int] = defaultdict(int)
        for term in deal.terms:
            for measure, value in figures_of(term):
                sums[measure] += value
        for measure, value in sums.items():
            values[measure].append(value)
            people[measure].add(deal.person)
    return {
        measure: _typical(measure, values[measure])
        if len(people[measure]) >= AT_LEAST_FOR_FIGURES
        else None
        for measure in Measure
    }


def counts(deals: Iterable[InForce]) -> dict[TermKind, int | None]:
    """How many people have a term of each kind; `None`: fewer than five, or nobody."""
    people: dict[TermKind, set[Hashable]] = {kind: set() for kind in TermKind}
    for deal in deals:
        for term in deal.terms:
            people[term.kind].add(deal.person)
    return {
        kind: len(some) if len(some) >= AT_LEAST_FOR_COUNTS else None
        for kind, some in people.items()
    }


def _typical(measure: Measure, values: list[int]) -> Typical:
    ordered = sorted(values)
    low, high = ordered[0], ordered[-1]
    return Typical(
        deals=len(ordered),
        median=_median(ordered),
        low=low // _step(measure, low) * _step(measure, low),
        high=-(-high // _step(measure, high) * _step(measure, high)),
    )


def _median(ordered: list[int]) -> int:
    """Half up to the whole."""
    middle, odd = divmod(len(ordered), 2)
    if odd:
        return ordered[middle]
    return (ordered[middle - 1] + ordered[middle] + 1) // 2


def _step(measure: Measure, value: int) -> int:
    """Two figures of money, whole hours, whole days."""
    match measure.counts:
        case Measured.CENTS:
            return int(10 ** max(0, len(str(value)) - 2))
        case Measured.MINUTES:
            return 60
    return 1
