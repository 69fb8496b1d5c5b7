"""Meridian, a bank that does not exist: its units, its pay and who works where at the beginning.

Pure: the same month always gives the same people. What happens to them is in `careers`.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from random import Random

from ideals.kernel.month import Month
from ideals.seeds.names import Namer, address

TOP = "Meridian"
DOMAIN = "meridian.example"
SEED = 20_031
HISTORY = 14
"""Months, with the one that runs now."""

FULL_WEEK = Decimal(36)
"""Hours a week of the scheme `meridian`."""
WEEKS = (36, 36, 36, 36, 36, 36, 36, 32, 32, 32, 28, 24, 24, 20, 18)
"""Contract hours as they occur; half of the people work the full week."""


@dataclass(frozen=True, slots=True)
class Team:
    """A unit with people in it. `scales`: lowest and highest of who leads nobody."""

    division: str
    name: str
    people: int
    scales: tuple[int, int]
    overtime: bool = False

    @property
    def path(self) -> str:
        return "/".join(part for part in (TOP, self.division, self.name) if part)


TEAMS = (
    Team("Retail Banking", "Amsterdam", 26, (5, 8)),
    Team("Retail Banking", "Rotterdam", 24, (5, 8)),
    Team("Retail Banking", "Zwolle", 18, (5, 8)),
    Team("Retail Banking", "Maastricht", 16, (5, 8)),
    Team("Retail Banking", "Groningen", 16, (5, 8)),
    Team("Retail Banking", "Customer Contact", 50, (3, 6), overtime=True),
    Team("Retail Banking", "Mortgages", 34, (5, 8)),
    Team("Business Banking", "Small Business", 30, (6, 9)),
    Team("Business Banking", "Corporate Clients", 24, (8, 11)),
    Team("Business Banking", "Lending", 22, (7, 10)),
    Team("Operations", "Payments", 30, (4, 7), overtime=True),
    Team("Operations", "Client Onboarding", 28, (4, 7), overtime=True),
    Team("Technology", "Digital Channels", 32, (8, 11)),
    Team("Technology", "Core Banking", 28, (8, 11), overtime=True),
    Team("Technology", "Infrastructure", 20, (7, 10), overtime=True),
    Team("Risk and Compliance", "Credit Risk", 18, (8, 11)),
    Team("Risk and Compliance", "Financial Crime", 24, (6, 9)),
    Team("Finance", "", 18, (7, 10)),
    Team("People and Culture", "", 16, (7, 10)),
)
"""Finance and People and Culture have no units below them."""

LARGEST_GROUP = 12
"""People who report to one team lead."""

SALARIES = {
    3: (2_340, 2_840), 4: (2_460, 3_080), 5: (2_620, 3_380), 6: (2_830, 3_760), 7: (3_090, 4_240),
    8: (3_440, 4_850), 9: (3_880, 5_560), 10: (4_420, 6_400), 11: (5_060, 7_350),
    12: (5_830, 8_440), 13: (6_750, 9_690), 14: (7_860, 11_160), 15: (9_180, 12_980),
}  # fmt: skip
"""Euros a month at full time: the first and the last step of each scale. Illustrative."""
LAST_STEP = 10


def salary_minor(scale: int, step: int, index: Decimal) -> int:
    """Cents a month at full time. `index` is what collective raises have made of the table."""
    first, last = SALARIES[scale]
    euros = first + (last - first) * step // LAST_STEP
    return int((Decimal(euros) * 100 * index).to_integral_value())


@dataclass(frozen=True, slots=True)
class Facts:
    """What is true of an employment from a day on; hours are a week's, the allowance is cents."""

    unit: str
    manager: str | None
    scale: int
    step: int
    hours: int
    index: Decimal = Decimal(1)
    personal_minor: int = 0
    leaves_on: date | None = None
    sick_from: date | None = None
    unpaid_from: date | None = None
    unpaid_until: date | None = None


@dataclass(frozen=True, slots=True)
class Event:
    """From `on` this is different, and with the file of month `known` HR says so."""

    on: date
    known: Month
    change: dict[str, object]


@dataclass(slots=True)
class Person:
    """`begins`: the first day that the first file speaks of. `known`: the month of that file."""

    number: str
    name: str
    email: str
    birth_date: date
    gender: str
    hired_on: date
    begins: date
    known: Month
    facts: Facts
    team: Team | None
    leads: bool = False
    events: list[Event] = field(default_factory=list)

    @property
    def is_cast(self) -> bool:
        return self.number in CAST


@dataclass(frozen=True, slots=True)
class Cast:
    """One of those whom tests and demonstrations know by name. `born`: years ago, month, day.

    `team` is a unit of `TEAMS`, `group` the team lead's place in it; `joined` counts months ago.
    """

    name: str
    gender: str
    born: tuple[int, int, int]
    team: str
    group: int
    scale: int
    step: int
    leads: bool = False
    hours: int = 36
    joined: int | None = None

    @property
    def email(self) -> str:
        return f"{self.name.split()[0].lower()}@{DOMAIN}"


CAST = {
    "M0001": Cast("Anna de Vries", "female", (34, 4, 12), "Mortgages", 0, 8, 4),
    "M0002": Cast("Boris Kramer", "male", (47, 9, 3), "Mortgages", 0, 9, 5, leads=True),
    "M0003": Cast("Clara Jansen", "female", (41, 1, 27), "Mortgages", 1, 9, 5, leads=True),
    "M0004": Cast("Dina El Amrani", "female", (38, 6, 8), "People and Culture", 0, 10, 6, hours=32),
    "M0005": Cast("Egor Bondarenko", "male", (26, 11, 30), "Mortgages", 1, 6, 2, joined=8),
    "M0006": Cast("Paula Meijer", "female", (52, 2, 17), "Finance", 0, 8, 7),
}
ANNA, BORIS, CLARA, DINA, EGOR, PAULA = CAST
"""Anna works for Boris, Egor for Clara; Dina is HR and Paula does the payroll."""


class Recruiter:
    """Fills the units, always in the same way for the same month."""

    def __init__(self, today: date) -> None:
        self.random = Random(SEED)  # noqa: S311  believable, not secret
        self.today = today
        self.this = Month.of(today)
        self.first = self.this.plus(1 - HISTORY)
        self.namer = Namer(self.random, {one.name for one in CAST.values()})
        self.taken = {one.email.split("@")[0] for one in CAST.values()}
        self.next_number = len(CAST)

    def people(self) -> list[Person]:
        chair = self._stranger(TOP, None, 15, None)
        found = [chair]
        heads: dict[str, Person] = {}
        for team in TEAMS:
            above = chair
            if team.name:
                if team.division not in heads:
                    unit = f"{TOP}/{team.division}"
                    heads[team.division] = self._stranger(unit, chair.number, 14, None)
                    found.append(heads[team.division])
                above = heads[team.division]
            found += self._fill(team, above)
        return found

    def _fill(self, team: Team, above: Person) -> Iterator[Person]:
        manager = self._stranger(team.path, above.number, 12 if team.name else 13, team)
        yield manager
        members = team.people - 1
        groups = -(-members // (LARGEST_GROUP + 1))
        for group in range(groups):
            size = members // groups + (group < members % groups)
            lead = self._lead(team, manager, group)
            yield lead
            for place in range(size - 1):
                yield self._member(team, lead, group, place)

    def _lead(self, team: Team, manager: Person, group: int) -> Person:
        return self._one_of_us(team, manager, group, leads=True) or self._stranger(
            team.path, manager.number, team.scales[1] + 1, team
        )

    def _member(self, team: Team, lead: Person, group: int, place: int) -> Person:
        one_of_us = None if place else self._one_of_us(team, lead, group, leads=False)
        return one_of_us or self._stranger(
            team.path, lead.number, self._scale(team), team, leads=False
        )

    def _scale(self, team: Team) -> int:
        low, high = team.scales
        return self.random.choices(range(low, high + 1), (3, 4, 3, 1))[0]

    def _one_of_us(self, team: Team, above: Person, group: int, *, leads: bool) -> Person | None:
        """Whoever of the cast has this place."""
        place = (team.name or team.division, group, leads)
        for number, one in CAST.items():
            if (one.team, one.group, one.leads) == place:
                return self._known(number, one, team, above)
        return None

    def _known(self, number: str, one: Cast, team: Team, above: Person) -> Person:
        years, month, day = one.born
        hired = date(self.this.year - 6, 3, 1)
        if one.joined is not None:
            hired = self.this.plus(-one.joined).first.replace(day=11)
        return Person(
            number,
            one.name,
            one.email,
            date(self.this.year - years, month, day),
            one.gender,
            hired,
            max(hired, self._records_from()),
            max(Month.of(hired), self.first),
            Facts(team.path, above.number, one.scale, one.step, one.hours),
            team,
            leads=one.leads,
        )

    def _stranger(
        self, unit: str, manager: str | None, scale: int, team: Team | None, *, leads: bool = True
    ) -> Person:
        self.next_number += 1
        number = f"M{self.next_number:04d}"
        gender = self.random.choices(("female", "male", "other"), (50, 49, 1))[0]
        name = self.namer.name(gender)
        joins = not leads and self.random.random() < 0.09
        age = self._age(leads=leads, joins=joins, scale=scale)
        born = self._birthday(age)
        hired = self._joining_day() if joins else self._hiring_day(born)
        known = max(Month.of(hired), self.first)
        if joins and self.random.random() < 0.2 and known < self.this:
            known = known.plus(1)
        service = self.this.year - hired.year
        step = min(LAST_STEP, max(0, service + self.random.randint(-2, 3)))
        personal = self.random.randrange(50, 401, 25) * 100 if self.random.random() < 0.12 else 0
        hours = 36 if leads else self.random.choice(WEEKS)
        return Person(
            number,
            name,
            address(name, DOMAIN, self.taken),
            born,
            gender,
            hired,
            max(hired, self._records_from()),
            known,
            Facts(unit, manager, scale, step, hours, personal_minor=personal),
            team,
            leads=leads,
        )

    def _records_from(self) -> date:
        """The first file gives what was true at the beginning of its year."""
        return date(self.first.year, 1, 1)

    def _age(self, *, leads: bool, joins: bool, scale: int) -> int:
        if leads:
            return self.random.randint(36, 63)
        if joins:
            return self.random.choice((19, 20, 21, 22, 23, 24, 25, 26, 28, 31, 35, 42, 51))
        youngest = 20 if scale <= 5 else 25
        return round(self.random.triangular(youngest, 67, 40))

    def _birthday(self, age: int) -> date:
        """Of somebody who is that many years old today."""
        month, day = self.random.randint(1, 12), self.random.randint(1, 28)
        had_it = (month, day) <= (self.today.month, self.today.day)
        return date(self.today.year - age - (not had_it), month, day)

    def _hiring_day(self, born: date) -> date:
        """The first of a month between coming of age and the beginning of the history."""
        earliest = born.year + 18
        latest = self.first.year - 1
        year = round(self.random.triangular(min(earliest, latest), latest, latest))
        return date(max(year, earliest), self.random.randint(1, 12), 1)

    def _joining_day(self) -> date:
        month = self.first.plus(self.random.randint(1, HISTORY - 1))
        return date(month.year, month.month, self.random.choice((1, 1, 1, 1, 11, 15, 16)))
