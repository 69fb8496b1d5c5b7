"""When Meridian's people take leave, as the leave system tells it month by month.

Pure, and always the same for the same person and year. Nobody plans more days than the statutory
ones of a year: what is above them, and what is bought, is there to keep, to sell, or to lapse.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date, timedelta
from random import Random
from typing import NamedTuple

from ideals.kernel.month import Month
from ideals.seeds.careers import employed_until, facts_on, facts_on_days
from ideals.seeds.organisation import SEED, Person

WORKDAYS = 5
PLANNED = 17
"""Days a year at most: three less than the four weeks that the law gives everybody."""
SUMMERS, BREAKS = range(26, 33), (7, 8, 17, 18, 42)
"""Weeks of the year in which a holiday begins."""
CLOSED = {(1, 1), (4, 27), (12, 25), (12, 26)}
"""Days on which nobody has to take leave."""
KNOWN_AHEAD = 4
"""Months, after this one, of which the leave system knows what is planned."""
CASTS_OWN = {"M0001": (8, 3, 2)}
"""Days in summer, in another week, and single ones: Anna saves for a long journey."""


class Absence(NamedTuple):
    """A day; or, with more minutes than a day has, all that began on it."""

    number: str
    day: date
    minutes: int
    kind: str

    @property
    def id(self) -> str:
        return f"{self.number}-{self.day}"


class LeaveSystem:
    """Knows of each day of everybody; each day is told when it is over, and what is planned."""

    def __init__(self, people: list[Person]) -> None:
        self.people = people
        self._away_in: dict[tuple[str, int], list[Absence]] = {}

    def before(self, first: Month) -> Iterator[Absence]:
        """What was taken in the year before the books begin: a row for a person and month."""
        for month in Month(first.year, 1).until(first.plus(-1)):
            for person in self.people:
                found = self._away(person, month) if person.known == first else []
                if found:
                    minutes = sum(each.minutes for each in found)
                    yield found[0]._replace(minutes=minutes)

    def taken(self, month: Month) -> Iterator[Absence]:
        for person in self.people:
            if person.known <= month:
                yield from self._away(person, month)

    def known(self, today: date) -> Iterator[Absence]:
        """What there is to say today of this month and of the next ones."""
        this = Month.of(today)
        for person in self.people:
            if person.known > this:
                continue
            for month in this.until(this.plus(KNOWN_AHEAD)):
                for each in self._away(person, month):
                    yield each if each.day < today else each._replace(kind="planned")
            yield from self._soon(person, today)

    def _soon(self, person: Person, today: date) -> Iterator[Absence]:
        """Most of Anna's colleagues have planned two days in the month that comes."""
        coming = Month.of(today).plus(1)
        facts = facts_on(person, today)
        random = Random(f"{SEED} {person.number} soon {coming}")  # noqa: S311
        if facts is None or facts.manager != "M0002" or random.random() > 0.8:
            return
        there = {each.day for each in self._away(person, coming)}
        days = _workdays(coming.first + timedelta(days=random.randint(4, 20)), 2)
        yield from _absent(person, [day for day in days if day not in there], "planned")

    def _away(self, person: Person, month: Month) -> list[Absence]:
        key = (person.number, month.year)
        if key not in self._away_in:
            self._away_in[key] = list(_absent(person, _days(person, month.year), "taken"))
        return [each for each in self._away_in[key] if each.day.month == month.month]


def _absent(person: Person, days: Iterable[date], kind: str) -> Iterator[Absence]:
    """Nothing while they are ill, on unpaid leave, or not employed."""
    for day, facts in facts_on_days(person, days).items():
        if facts is not None and not facts.sick_from and not facts.unpaid_from:
            yield Absence(person.number, day, facts.hours * 60 // WORKDAYS, kind)


def _days(person: Person, year: int) -> list[date]:
    """Away in a whole year, cut to the part of it that they work here."""
    random = Random(f"{SEED} {person.number} leave {year}")  # noqa: S311
    usual = random.choice((5, 8, 10)), random.choice((3, 4, 5)), 4
    summer, other, single = CASTS_OWN.get(person.number, usual)
    days = {
        *_workdays(date.fromisocalendar(year, random.choice(SUMMERS), 1), summer),
        *_workdays(date.fromisocalendar(year, random.choice(BREAKS), 1), other),
    }
    for _ in range(single):
        days.update(_workdays(date(year, random.randint(1, 12), random.randint(1, 28)), 1))
    begin = max(person.hired_on, date(year, 1, 1))
    end = min(employed_until(person) or date.max, date(year, 12, 31))
    share = max((end - begin).days + 1, 0) / 365
    return sorted(day for day in days if begin <= day <= end)[: int(PLANNED * share)]


def _workdays(start: date, count: int) -> Iterator[date]:
    day = start
    while count:
        if day.weekday() < WORKDAYS and (day.month, day.day) not in CLOSED:
            yield day
            count -= 1
        day += timedelta(days=1)
