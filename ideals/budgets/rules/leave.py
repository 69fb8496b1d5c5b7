"""Leave by year of origin: what came in, what was taken of it, what lapses when. Pure.

A *lot* is the leave of one year, statutory or extra, from one source. It consists of *parts*: what
one grant, order or opening balance brought. The account in the ledger knows only a total; which
lot leave was taken from is worked out here, from the first day on, each time anew:

- leave taken uses what expires first on its day, of what had begun by then;
- what nothing is left for is overdrawn, and uses what begins next;
- what was sold uses extra leave, granted before bought, and never statutory leave;
- what lapsed is taken off on the day the lot expires.
"""

from __future__ import annotations

from bisect import insort
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from functools import partial
from itertools import groupby
from typing import NamedTuple, Protocol
from uuid import UUID

from ideals.kernel.month import Month
from ideals.ledger.states import AccountKind, Reason
from ideals.schemes.rules.scheme import LeaveRules

REMIND_MONTHS_BEFORE = (3, 1)
"""Before it expires; the earlier first."""
IN_TIME_MONTHS_BEFORE = 1
"""Who was reminded later than this could not take it any more: it does not lapse."""
STATUTORY, EXTRA = "statutory", "extra"
"""How a transfer of lapsed leave names, in its code, of which of a year's leave it was."""


class LotSource(StrEnum):
    """In the order in which leave is taken when it expires on the same day."""

    OPENING = "opening"
    GRANTED = "granted"
    BOUGHT = "bought"


class LeaveEntry(NamedTuple):
    """Minutes that came to the leave account or the debt in minutes, or, negative, left it.

    All but leave taken, which the rows of the leave system say better, and what moves between the
    two accounts. `day`: when it happened. `statutory`: of a grant that the scheme says is.
    """

    id: UUID
    for_month: Month
    day: date
    account: AccountKind
    reason: Reason
    code: str | None
    source: str
    minutes: int
    reverses: UUID | None = None
    statutory: bool = False


class Days(NamedTuple):
    """Leave on a day."""

    day: date
    minutes: int


class Year(NamedTuple):
    """The leave of a year that expires together: `2026, statutory`."""

    year: int
    statutory: bool


@dataclass(frozen=True, slots=True)
class LeavePart:
    """What one grant, order or opening balance brought; `begins`: from when it can be taken."""

    begins: date
    for_month: Month
    code: str | None
    source: str
    minutes_in: int
    left: int


@dataclass(frozen=True, slots=True)
class LeaveLot:
    """`sold` is what was turned into money, also on leaving. `expires_on` is the first day on which
    it can no longer be taken. `days`, `sales`: when how much was taken, and sold."""

    year: int
    statutory: bool
    source: LotSource
    minutes_in: int
    taken: int
    sold: int
    lapsed: int
    left: int
    expires_on: date
    parts: tuple[LeavePart, ...] = ()
    days: tuple[Days, ...] = ()
    sales: tuple[Days, ...] = ()

    @property
    def lives_months(self) -> int:
        """How many months after the end of its year it can be taken."""
        return (self.expires_on.year - self.year - 1) * 12 + self.expires_on.month - 1


@dataclass(frozen=True, slots=True)
class Lapse:
    """What lapses on a day, unless it is taken before."""

    on: date
    minutes: int


@dataclass(frozen=True, slots=True)
class LeaveBook:
    """An employee's leave: lots by the day they expire.

    `fed`: a leave system tells what was taken; without, `left` is granted and bought, not taken.
    `overdrawn`: taken beyond all there is. `planned`: from the day `on` on.
    """

    on: date
    fed: bool
    lots: tuple[LeaveLot, ...] = ()
    overdrawn: int = 0
    planned: tuple[Days, ...] = ()

    @property
    def left(self) -> int:
        return sum(lot.left for lot in self.lots)

    @property
    def statutory_left(self) -> int:
        return sum(lot.left for lot in self.lots if lot.statutory)

    @property
    def planned_minutes(self) -> int:
        return sum(each.minutes for each in self.planned)

    def sellable(self, *sources: LotSource) -> int:
        """What is left of extra leave from these sources: statutory leave is never sold."""
        return sum(lot.left for lot in self.lots if not lot.statutory and lot.source in sources)

    @property
    def lapses(self) -> tuple[Lapse, ...]:
        """What lapses on which day to come."""
        coming = [lot for lot in self.lots if lot.left and lot.expires_on > self.on]
        return tuple(
            Lapse(on, sum(lot.left for lot in lots))
            for on, lots in groupby(coming, key=lambda lot: lot.expires_on)
        )

    @property
    def kept(self) -> tuple[LeaveLot, ...]:
        """What expired and is still there, because nobody was reminded in time."""
        return tuple(lot for lot in self.lots if lot.left and lot.expires_on <= self.on)


@dataclass(frozen=True, slots=True)
class LeaveFacts:
    """What an employee's book is worked out from. `rules`: of the leave of a year.

    `since`: leave before that is not of this administration.
    """

    since: date
    entries: tuple[LeaveEntry, ...]
    taken: tuple[Days, ...]
    planned: tuple[Days, ...]
    rules: Mapping[int, LeaveRules]

    def rules_of(self, year: int) -> LeaveRules:
        return self.rules.get(year, _USUAL)


_USUAL = LeaveRules()


def counts_since(entries: Iterable[LeaveEntry], books_begin: Month | None) -> date:
    """The first day of which leave taken is taken off.

    What somebody brought along is what was left then, so leave counts from its month on. Without,
    from the year in which the books begin: hours are granted for whole years.
    """
    if books_begin is None:
        return date.max
    brought = [entry for entry in _sums(entries) if entry.reason is Reason.OPENING]
    months = [entry.for_month for entry in brought]
    return min(months).first if months else date(books_begin.year, 1, 1)


def expires_on(year: Year, rules: LeaveRules) -> date:
    if year.statutory:
        return Month(year.year, 12).plus(rules.statutory_months + 1).first
    return date(year.year + rules.extra_years + 1, 1, 1)


def reminder_due(on: date, today: date) -> int | None:
    """How many months before it expires the reminder is that is due today; `None`: none is."""
    due = [months for months in REMIND_MONTHS_BEFORE if _before(on, months) <= today < on]
    return min(due, default=None)


def in_time(on: date, reminded_on: date) -> bool:
    return reminded_on <= _before(on, IN_TIME_MONTHS_BEFORE)


class Reminder(Protocol):
    """That somebody was told, on a day, how much lapses when."""

    @property
    def expires_on(self) -> date: ...
    @property
    def minutes(self) -> int: ...
    @property
    def reminded_on(self) -> date: ...


def may_lapse(facts: LeaveFacts, reminders: Iterable[Reminder], today: date) -> dict[Year, int]:
    """How much of which year's leave may lapse by today: what was reminded of in time."""
    told: dict[date, int] = {}
    for reminder in reminders:
        on = reminder.expires_on
        if in_time(on, reminder.reminded_on):
            told[on] = max(told.get(on, 0), reminder.minutes)
    years = {Year(entry.for_month.year, entry.statutory) for entry in facts.entries}
    expiry = {year: expires_on(year, facts.rules_of(year.year)) for year in years}
    return {year: told[on] for year, on in expiry.items() if on <= today and on in told}


def _before(day: date, months: int) -> date:
    return Month.of(day).plus(-months).first


def book_of(
    facts: LeaveFacts, on: date, *, fed: bool, lapsed: Mapping[Year, int] | None = None
) -> LeaveBook:
    """`lapsed`: see `book`."""
    taken = [each for each in facts.taken if each.day >= facts.since]
    lots, overdrawn = book(facts.entries, taken, facts.rules_of, lapsed)
    planned = tuple(each for each in facts.planned if each.day >= on)
    return LeaveBook(on, fed, lots, overdrawn, planned)


def book(
    entries: Iterable[LeaveEntry],
    taken: Iterable[Days],
    rules: Callable[[int], LeaveRules],
    lapsed: Mapping[Year, int] | None = None,
) -> tuple[tuple[LeaveLot, ...], int]:
    """The lots, and what was taken beyond them. `rules`: of the leave of a year.

    `lapsed` says how much of a year's leave lapses when it expires, at most: without it, what
    entries say has lapsed.
    """
    sums = _sums(entries)
    if lapsed is None:
        lapsed = posted_lapses(sums)
    course = _Course()
    for event in sorted(_events(sums, taken, rules, lapsed), key=lambda each: each[:2]):
        event.happen(course)
    return tuple(_lots(course.parts)), sum(minutes for _, _, minutes in course.waiting)


def posted_lapses(entries: Iterable[LeaveEntry]) -> dict[Year, int]:
    """What the ledger says has lapsed, by year."""
    posted: dict[Year, int] = {}
    for entry in entries:
        if entry.reason is Reason.LAPSED:
            year = Year(entry.for_month.year, entry.code == STATUTORY)
            posted[year] = posted.get(year, 0) - entry.minutes
    return posted


def _sums(entries: Iterable[LeaveEntry]) -> list[LeaveEntry]:
    """Each act once: a reversal is taken off what it reverses, and the corrections of a grant are
    added up, whichever account they touched. Without those that come to nothing."""
    entries = list(entries)
    by_id = {entry.id: entry for entry in entries}
    first_of: dict[object, LeaveEntry] = {}
    minutes: dict[object, int] = {}
    for entry in entries:
        root = entry
        while root.reverses in by_id:
            root = by_id[root.reverses]
        key: object = root.id
        if root.reason is Reason.ALLOCATION:
            key = (_scheme(root.source), root.code, root.for_month)
        first_of.setdefault(key, root)
        minutes[key] = minutes.get(key, 0) + entry.minutes
    return [one._replace(minutes=minutes[key]) for key, one in first_of.items() if minutes[key]]


def _scheme(source: str) -> str:
    """`run:nwb` of `run:nwb:2026-03:1`."""
    return ":".join(source.split(":")[:2])


# The course of events


class _Use(StrEnum):
    TAKEN = "taken"
    SOLD = "sold"


@dataclass(slots=True)
class _Part:
    entry: LeaveEntry
    year: Year
    source: LotSource
    begins: date
    expires_on: date
    left: int
    days: list[Days] = field(default_factory=list)
    sales: list[Days] = field(default_factory=list)
    lapsed: int = 0

    def use(self, how: _Use, on: date, minutes: int) -> int:
        """As much of it as there is."""
        used = min(self.left, minutes)
        self.left -= used
        if used:
            (self.days if how is _Use.TAKEN else self.sales).append(Days(on, used))
        return used


def _first_to_expire(part: _Part) -> tuple[date, bool, int, date]:
    return part.expires_on, not part.year.statutory, _PLACE[part.source], part.begins


def _first_to_sell(part: _Part) -> tuple[bool, date, int]:
    return part.source is not LotSource.GRANTED, part.expires_on, _PLACE[part.source]


_PLACE = {source: place for place, source in enumerate(LotSource)}


@dataclass(slots=True)
class _Course:
    """How things stand. `there`: parts with something left, the first to expire first.

    `waiting`: what was taken or sold beyond what there was, the oldest first.
    """

    parts: list[_Part] = field(default_factory=list)
    there: list[_Part] = field(default_factory=list)
    waiting: list[tuple[_Use, date, int]] = field(default_factory=list)

    def begin(self, part: _Part) -> None:
        self.parts.append(part)
        insort(self.there, part, key=_first_to_expire)
        waiting, self.waiting = self.waiting, []
        for how, on, minutes in waiting:
            (self.take if how is _Use.TAKEN else self.sell)(on, minutes)

    def take(self, on: date, minutes: int) -> None:
        self.use(_Use.TAKEN, on, minutes)

    def settle(self, on: date, minutes: int) -> None:
        """What a leaver is paid for: whatever there is."""
        self.use(_Use.SOLD, on, minutes)

    def sell(self, on: date, minutes: int) -> None:
        extra = [part for part in self.there if not part.year.statutory]
        self.use(_Use.SOLD, on, minutes, sorted(extra, key=_first_to_sell))

    def lapse(self, year: Year, minutes: int) -> None:
        for part in self.there:
            if part.year == year:
                lapsed = min(part.left, minutes)
                part.left -= lapsed
                part.lapsed += lapsed
                minutes -= lapsed
        self._clear()

    def forgive(self, minutes: int) -> None:
        """A debt that was let go or paid otherwise."""
        waiting, self.waiting = self.waiting, []
        for how, on, owed in waiting:
            forgiven = min(owed, minutes)
            minutes -= forgiven
            if owed > forgiven:
                self.waiting.append((how, on, owed - forgiven))

    def use(self, how: _Use, on: date, minutes: int, parts: Sequence[_Part] | None = None) -> None:
        for part in self.there if parts is None else parts:
            minutes -= part.use(how, on, minutes)
        if minutes:
            self.waiting.append((how, on, minutes))
        self._clear()

    def _clear(self) -> None:
        self.there = [part for part in self.there if part.left]


class _Event(NamedTuple):
    """Of one day, what lapses comes first, then what begins, then what is used."""

    day: date
    rank: int
    happen: Callable[[_Course], None]


def _events(
    sums: Iterable[LeaveEntry],
    taken: Iterable[Days],
    rules: Callable[[int], LeaveRules],
    lapsed: Mapping[Year, int],
) -> Iterator[_Event]:
    for entry in sums:
        if (part := _part(entry, rules)) is not None:
            yield _Event(part.begins, 1, partial(_Course.begin, part=part))
        elif (happen := _outgoing(entry)) is not None:
            yield _Event(max(entry.day, entry.for_month.first), 2, happen)
    for day, minutes in taken:
        yield _Event(day, 3, partial(_Course.take, on=day, minutes=minutes))
    for year, minutes in lapsed.items():
        day = expires_on(year, rules(year.year))
        yield _Event(day, 0, partial(_Course.lapse, year=year, minutes=minutes))


_SOURCES = {
    Reason.OPENING: LotSource.OPENING,
    Reason.ALLOCATION: LotSource.GRANTED,
    Reason.GRANT: LotSource.GRANTED,
}
_SINCE_ITS_MONTH = (Reason.OPENING, Reason.ALLOCATION)
"""What is there from the first of its month; anything else from the day it came."""


def _part(entry: LeaveEntry, rules: Callable[[int], LeaveRules]) -> _Part | None:
    """What came to the leave account: a right, or bought hours."""
    if entry.minutes < 0 or entry.reason in (Reason.WAIVED, Reason.LAPSED):
        return None
    if entry.account is AccountKind.OWED and entry.reason is not Reason.ALLOCATION:
        return None
    year = Year(entry.for_month.year, entry.statutory)
    return _Part(
        entry,
        year,
        _SOURCES.get(entry.reason, LotSource.BOUGHT),
        entry.for_month.first if entry.reason in _SINCE_ITS_MONTH else entry.day,
        expires_on(year, rules(year.year)),
        entry.minutes,
    )


def _outgoing(entry: LeaveEntry) -> Callable[[_Course], None] | None:
    if entry.reason is Reason.LAPSED:
        return None
    if entry.minutes > 0:
        return partial(_Course.forgive, minutes=entry.minutes)
    act = _Course.sell if entry.reason is Reason.ORDER else _Course.settle
    return partial(act, on=entry.day, minutes=-entry.minutes)


def _lots(parts: Iterable[_Part]) -> Iterator[LeaveLot]:
    def lot(part: _Part) -> tuple[date, Year, int]:
        return part.expires_on, part.year, _PLACE[part.source]

    for (expires, year, _), group in groupby(sorted(parts, key=lot), key=lot):
        of_lot = sorted(group, key=lambda part: (part.begins, part.entry.source))
        days = _by_day(each for part in of_lot for each in part.days)
        sales = _by_day(each for part in of_lot for each in part.sales)
        yield LeaveLot(
            year=year.year,
            statutory=year.statutory,
            source=of_lot[0].source,
            minutes_in=sum(part.entry.minutes for part in of_lot),
            taken=sum(each.minutes for each in days),
            sold=sum(each.minutes for each in sales),
            lapsed=sum(part.lapsed for part in of_lot),
            left=sum(part.left for part in of_lot),
            expires_on=expires,
            parts=tuple(
                LeavePart(
                    part.begins,
                    part.entry.for_month,
                    part.entry.code,
                    part.entry.source,
                    part.entry.minutes,
                    part.left,
                )
                for part in of_lot
            ),
            days=days,
            sales=sales,
        )


def _by_day(days: Iterable[Days]) -> tuple[Days, ...]:
    sums: dict[date, int] = {}
    for day, minutes in days:
        sums[day] = sums.get(day, 0) + minutes
    return tuple(Days(day, sums[day]) for day in sorted(sums))
