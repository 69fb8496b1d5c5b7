"""What happens to Meridian's people in fourteen months, and when HR comes to know it.

Most changes are planned and stand in the file of their month. Some are told late, and then reach
back: those are what makes corrections. Pure, like `organisation`.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from random import Random

from ideals.kernel.month import Month
from ideals.seeds.organisation import (
    HISTORY,
    LAST_STEP,
    SEED,
    Event,
    Facts,
    Person,
    Recruiter,
    salary_minor,
)

JANUARY_RAISE = Decimal("1.015")
JULY_RAISE = Decimal("1.025")
"""The July raise is agreed late: HR hears of it in August."""


def careers(today: date) -> list[Person]:
    """Everybody who worked at Meridian in the last fourteen months, with what happened to them."""
    return _Fate(today).decide(Recruiter(today).people())


def rows_known(person: Person, month: Month) -> dict[date, Facts]:
    """The employment as HR knows it with the file of `month`: facts by their first day."""
    facts = person.facts
    rows = {person.begins: facts}
    known = [event for event in person.events if event.known <= month]
    for event in sorted(known, key=lambda event: event.on):
        facts = replace(facts, **event.change)  # type: ignore[arg-type]
        rows[event.on] = facts
    end = facts.leaves_on
    return {day: row for day, row in rows.items() if end is None or day <= end}


def course(person: Person) -> list[tuple[date, Facts]]:
    """What was true from which day on, by all that became known since."""
    facts = person.facts
    found = [(person.hired_on, facts)]
    for event in sorted(person.events, key=lambda event: event.on):
        facts = replace(facts, **event.change)  # type: ignore[arg-type]
        found.append((event.on, facts))
    return found


def facts_on(person: Person, day: date) -> Facts | None:
    """`None` when not employed that day."""
    return facts_on_days(person, [day])[day]


def facts_on_days(person: Person, days: Iterable[date]) -> dict[date, Facts | None]:
    until, found = employed_until(person), course(person)

    def on(day: date) -> Facts | None:
        if day < person.hired_on or (until is not None and day > until):
            return None
        return [facts for since, facts in found if since <= day][-1]

    return {day: on(day) for day in days}


def employed_until(person: Person) -> date | None:
    """The last day, when there is one."""
    days = [event.change["leaves_on"] for event in person.events if "leaves_on" in event.change]
    return next((day for day in days if isinstance(day, date)), person.facts.leaves_on)


def overtime(people: Iterable[Person], month: Month) -> list[tuple[str, Month, int]]:
    """(number, month worked, cents) that payroll reports with the file of `month`.

    A tenth of what was worked is handed in a month late.
    """
    return [
        (person.number, worked, minor)
        for worked, late in ((month, False), (month.plus(-1), True))
        for person in people
        for minor in _worked(person, worked, late)
    ]


def _worked(person: Person, month: Month, late: bool) -> list[int]:
    if person.team is None or not person.team.overtime or person.leads or person.known >= month:
        return []
    random = Random(f"{SEED} {person.number} {month}")  # noqa: S311
    if random.random() > 0.15 or (random.random() < 0.1) is not late:
        return []
    row = max((day, facts) for day, facts in _dated(person, month))[1]
    if (row.leaves_on and row.leaves_on < month.last) or row.sick_from or row.unpaid_from:
        return []
    hourly = salary_minor(row.scale, row.step, row.index) * 3 // 13 // 36
    return [hourly * 3 // 2 * random.randint(2, 14)]


def _dated(person: Person, month: Month) -> list[tuple[date, Facts]]:
    return [(day, facts) for day, facts in _sorted(person, month) if day <= month.first]


def _sorted(person: Person, month: Month) -> list[tuple[date, Facts]]:
    return sorted(rows_known(person, month).items())


class _Fate:
    """Deals out what happens: by chance, but always the same chance for the same month."""

    def __init__(self, today: date) -> None:
        self.random = Random(SEED + 1)  # noqa: S311
        self.this = Month.of(today)
        self.first = self.this.plus(1 - HISTORY)

    def decide(self, people: list[Person]) -> list[Person]:
        for person in people:
            self._raises(person)
            self._step(person)
            if person.is_cast:
                self._known_story(person)
            else:
                self._stranger(person)
        self._successions(people)
        return people

    # What happens to everybody

    def _raises(self, person: Person) -> None:
        index = Decimal(1)
        for month in self.first.plus(1).until(self.this):
            if month.month == 1:
                index *= JANUARY_RAISE
                self._tell(person, month.first, month, index=index)
            if month.month == 7:
                index *= JULY_RAISE
                self._tell(person, month.first, month.plus(1), index=index)

    def _step(self, person: Person) -> None:
        """A step each year in the month of hiring, until the last; one in fifteen is told late."""
        if person.facts.step >= LAST_STEP:
            return
        step = person.facts.step
        for month in self.first.plus(1).until(self.this):
            years = month.year - person.hired_on.year
            if month.month == person.hired_on.month and years > 0 and step < LAST_STEP:
                step += 1
                late = 0 if person.is_cast or self.random.random() > 1 / 15 else 2
                self._tell(person, month.first, month.plus(late), step=step)

    def _tell(self, person: Person, on: date, known: Month, **change: object) -> None:
        """Nothing is told before the person is, and nothing that the last file cannot hold."""
        known = max(known, person.known)
        if on > person.begins and known <= self.this:
            person.events.append(Event(on, known, change))
        elif on <= person.begins and person.known <= self.this:
            person.facts = replace(person.facts, **change)  # type: ignore[arg-type]

    # The cast: a story for each, to show and to write tests about

    def _known_story(self, person: Person) -> None:
        story = {"M0001": self._anna, "M0003": self._clara, "M0006": self._paula}.get(person.number)
        if story:
            story(person)

    def _anna(self, anna: Person) -> None:
        """From 36 to 32 hours in mid-month; two steps of three months ago are told only now."""
        anna.events = [event for event in anna.events if "step" not in event.change]
        self._tell(anna, self._day(-5, 16), self.this.plus(-5), hours=32)
        self._tell(anna, self._day(-3, 1), self.this, step=anna.facts.step + 2)

    def _clara(self, clara: Person) -> None:
        self._tell(clara, self._day(-9, 1), self.this.plus(-9), personal_minor=25_000)

    def _paula(self, paula: Person) -> None:
        self._tell(paula, self._day(-7, 9), self.this.plus(-6), sick_from=self._day(-7, 9))
        self._tell(paula, self._day(-4, 20), self.this.plus(-4), sick_from=None)

    def _day(self, months: int, day: int) -> date:
        return self.this.plus(months).first.replace(day=day)

    # Everybody else: at most one thing, so that each can be understood

    def _stranger(self, person: Person) -> None:
        if person.hired_on >= self.first.first:
            return
        dice = self.random.random()
        if dice < 0.06 and not person.leads:
            self._leaves(person)
        elif dice < 0.14:
            self._falls_ill(person)
        elif dice < 0.155:
            self._is_ill_long(person)
        elif dice < 0.18 and not person.leads:
            self._takes_unpaid_leave(person)
        elif dice < 0.27 and not person.leads:
            self._changes_hours(person)
        elif dice < 0.31 and not person.leads:
            self._is_promoted(person)

    def _some_day(self) -> date:
        """Not in the first two months, nor in this one: before and after can then be seen."""
        month = self.first.plus(self.random.randint(2, HISTORY - 2))
        return month.first.replace(day=self.random.randint(1, month.days))

    def _leaves(self, person: Person) -> None:
        last_day = Month.of(self._some_day()).last
        if self.random.random() < 0.3:
            last_day = last_day.replace(day=self.random.choice((9, 14, 20)))
        known = Month.of(last_day).plus(1 if self.random.random() < 0.15 else -1)
        self._tell(person, known.plus(-1).first, known, leaves_on=last_day)

    def _falls_ill(self, person: Person) -> None:
        """Days to weeks; HR hears of it with the next file."""
        day = self._some_day()
        better = day + timedelta(days=self.random.choice((3, 4, 5, 8, 12, 19, 33, 47)))
        self._tell(person, day, Month.of(day).plus(1), sick_from=day)
        self._tell(person, better, Month.of(better).plus(1), sick_from=None)

    def _is_ill_long(self, person: Person) -> None:
        """Ill since before the first file; some are in their second year, some come back."""
        since = self.first.plus(-self.random.randint(1, 11)).first.replace(day=9)
        person.facts = replace(person.facts, sick_from=max(since, person.hired_on))
        if self.random.random() < 0.5:
            better = self._some_day()
            self._tell(person, better, Month.of(better), sick_from=None)

    def _takes_unpaid_leave(self, person: Person) -> None:
        """Two weeks to three months, planned."""
        day = self._some_day()
        until = day + timedelta(days=self.random.choice((13, 27, 59, 90)))
        known = Month.of(day)
        self._tell(person, day, known, unpaid_from=day, unpaid_until=until)
        after = until + timedelta(days=1)
        self._tell(person, after, known, unpaid_from=None, unpaid_until=None)

    def _changes_hours(self, person: Person) -> None:
        """Often in mid-month, one in six told late."""
        day = self._some_day().replace(day=self.random.choice((1, 1, 11, 16, 16, 21)))
        hours = self.random.choice([h for h in (36, 32, 28, 24) if h != person.facts.hours])
        late = 2 if self.random.random() < 1 / 6 else 0
        self._tell(person, day, Month.of(day).plus(late), hours=hours)

    def _is_promoted(self, person: Person) -> None:
        day = Month.of(self._some_day()).first
        scale, step = person.facts.scale + 1, max(0, person.facts.step - 3)
        person.events = [event for event in person.events if "step" not in event.change]
        self._tell(person, day, Month.of(day), scale=scale, step=step)

    def _successions(self, people: list[Person]) -> None:
        """A team lead leaves; the most senior of the team takes over the same week."""
        lead = next(
            person
            for person in people
            if person.leads and person.team and person.team.name == "Payments"
            and person.facts.scale == person.team.scales[1] + 1
        )  # fmt: skip
        team = [person for person in people if person.facts.manager == lead.number]
        heir = max(team, key=lambda person: (person.begins < self.first.first, person.facts.scale))
        month = self.this.plus(-4)
        lead.events = [event for event in lead.events if event.on < month.first]
        self._tell(lead, month.plus(-1).first, month.plus(-1), leaves_on=month.plus(-1).last)
        heir.events = [event for event in heir.events if "index" in event.change]
        change = {"scale": lead.facts.scale, "step": 1, "manager": lead.facts.manager}
        self._tell(heir, month.first, month, **change)
        for person in team:
            if person is not heir:
                self._tell(person, month.first, month, manager=heir.number)
