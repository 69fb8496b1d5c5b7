"""What Meridian's people do with their budgets, month after month.

Most let it be paid, some save or buy time each month by a standing choice, some order now and then.
Pure, and always the same for the same month. People look at their pay first: hardly anything is
wished that they cannot pay. What the cast does is told in `story`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum
from random import Random
from uuid import UUID, uuid5

from ideals.kernel.month import Month
from ideals.seeds.careers import employed_until, facts_on
from ideals.seeds.organisation import FULL_WEEK, HISTORY, SEED, Facts, Person, salary_minor
from ideals.seeds.papers import Paper
from ideals.shop.states import ChoiceMode

ORDERS = UUID("5f0e3f5c-6f0b-4c0e-9a53-0d6f3c1e7a42")
"""Name space of the ids of orders: the same wish is the same order."""
FIRST_DAY, LAST_DAY = 2, 9
"""People order early in a month, so that whoever has to agree can, before the deadline."""


class Answer(StrEnum):
    """Of who has to agree to an order."""

    YES = "yes"
    NO = "no"
    NONE = "none"
    """Nobody finds the time before the month closes."""


@dataclass(frozen=True, slots=True)
class Wish:
    """An order on a day of a month, for that month or `for_month`.

    `quantity` in the product's unit; `price_minor`: what one piece costs, where they say so
    themselves. `reason`: of a no. `changes_mind`: it is taken back some days later.
    """

    number: str
    product: str
    month: Month
    day: int
    quantity: Decimal | None = None
    price_minor: int | None = None
    for_month: Month | None = None
    paper: Paper | None = None
    answer: Answer = Answer.YES
    reason: str = ""
    changes_mind: bool = False

    @property
    def order_id(self) -> UUID:
        return uuid5(ORDERS, f"{self.number} {self.product} {self.month}-{self.day}")

    @property
    def on(self) -> date:
        return self.month.first.replace(day=self.day)


@dataclass(frozen=True, slots=True)
class Habit:
    """A standing choice, made in a month for those that follow. Another one of the same product
    changes it."""

    number: str
    product: str
    month: Month
    mode: ChoiceMode
    amount: Decimal | None = None


# --- what is wanted ---------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Demand:
    """So many people want it once, in one of these amounts: units, or cents where they state the
    price.

    `euros`: what a unit costs them at once, about; `hours`: or how much work it costs a full-timer.
    `months`: of the year, in which they order; `for_month`: of the year, for which.
    `settled`: those who have the rest of each month paid, so that there is nothing to fall back on.
    `answers`: what the first of them are told, when it is not a yes. `regrets`: how many take it
    back.
    """

    product: str
    people: int
    amounts: tuple[int, ...] = (1,)
    euros: Decimal = Decimal(0)
    hours: Decimal = Decimal(0)
    months: tuple[int, ...] = tuple(range(1, 13))
    for_month: int | None = None
    paper: Paper | None = None
    states_price: bool = False
    least_hours: int = 0
    least_years: int = 0
    most_scale: int = 15
    settled: bool = False
    answers: tuple[tuple[Answer, str], ...] = ()
    regrets: int = 0


ONE = Decimal(1)
BUSY = "We are short of people in that week. Choose another one, and ask me again."
TOO_FEW = "Your team has too little leave left to cover for each other; let us talk about it."
NOT_AGREED = "The bill is of another course than the one that you asked for."
WRONG_PAPER = "The offer does not show the recommended price; ask the shop for one that does."
NO_CAR = "Your office has no place to charge it yet."

DEMANDS = (
    Demand("cash", 24, (100, 150, 200, 250, 300), ONE),
    Demand("cash", 16, (200, 300, 400), ONE, months=(2, 3, 4), for_month=5),
    Demand("leave", 20, (4, 4, 8, 8, 12), hours=ONE, regrets=3),
    Demand("savings", 4, (50, 100, 150), ONE),
    Demand("learning", 4, (80, 120, 150), ONE),
    Demand("commuting", 14, (160, 240, 320, 480), Decimal("0.23")),
    Demand("parking", 15, euros=Decimal(35), regrets=2),
    Demand("pension", 5, (50, 100, 150), ONE),
    Demand("fitness", 12, months=(1, 9)),
    Demand(
        "summer_week", 13, (5,), hours=Decimal("7.2"), months=(2, 3, 4), for_month=7,
        least_hours=24, answers=((Answer.NO, BUSY),),
    ),
    Demand(
        "season_ticket", 6, (78_40, 96_10, 131_50), Decimal("0.01"), states_price=True,
        paper=Paper.TICKET,
    ),
    Demand("union_dues", 18, (156, 180, 204), ONE, months=(10, 11), paper=Paper.UNION),
    Demand(
        "bicycle", 13, (899_00, 1_249_00, 1_599_00, 1_949_00, 2_499_00), states_price=True,
        paper=Paper.BICYCLE, least_hours=20, answers=((Answer.NO, WRONG_PAPER),),
    ),
    Demand("lease_car", 3, least_hours=32, least_years=2),
    Demand("electric_car", 4, least_hours=32, least_years=2, answers=((Answer.NO, NO_CAR),)),
    Demand("electric_car", 2, least_hours=32, least_years=2, most_scale=6, settled=True),
    Demand(
        "sell_leave", 8, (4,), least_hours=20, least_years=6,
        answers=((Answer.NO, TOO_FEW), (Answer.NONE, "")),
    ),
)  # fmt: skip
LEARNERS = 14
"""So many put money aside, and pay a course from it two months later."""
SAVED_TO_LEARN, COURSES = 240, (145_00, 180_00, 225_00)
LEARNERS_ANSWERS = ((Answer.NO, NOT_AGREED), (Answer.NONE, ""))

HABITS: tuple[tuple[float, tuple[tuple[str, ChoiceMode, tuple[int, ...]], ...]], ...] = (
    (0.070, (("cash", ChoiceMode.REST, ()),)),
    (0.030, (("savings", ChoiceMode.QUANTITY, (50, 75, 100)),)),
    (0.030, (("leave", ChoiceMode.QUANTITY, (2, 3, 4)),)),
    (0.020, (("pension", ChoiceMode.PERCENT, (10, 15, 25)),)),
    (0.015, (("learning", ChoiceMode.QUANTITY, (25, 40)),)),
    (0.010, (("commuting", ChoiceMode.QUANTITY, (240, 320)),)),
    (0.010, (("leave", ChoiceMode.QUANTITY, (2, 3)), ("cash", ChoiceMode.REST, ()))),
    (0.010, (("savings", ChoiceMode.PERCENT, (20, 30)), ("pension", ChoiceMode.PERCENT, (10,)))),
)
"""Which part of the people has which standing choices, in the order in which they run."""

# --- who wants it -----------------------------------------------------------------------------

MONTHLY = Decimal("0.18")
"""About what a month brings, of its salary."""
AT_MOST = Decimal("0.4")
"""The part of what they have that people part with at once, so that two such orders go together."""
HOURS_OF_PAY = 156


class Dealer:
    """Finds people for everything that is wanted.

    `reserved`: what is wanted elsewhere already, by people who have no standing choices then.
    """

    def __init__(self, people: Sequence[Person], today: date, reserved: Sequence[Wish]) -> None:
        self.people = [person for person in people if not person.is_cast]
        self.this = Month.of(today)
        self.first = self.this.plus(1 - HISTORY)
        self.settled: list[Person] = []
        self.free = {wish.number for wish in reserved}
        self.has = {(wish.number, wish.product) for wish in reserved}
        self.paid: dict[tuple[str, int], int] = {}

    def habits(self) -> Iterator[Habit]:
        """Begun sooner or later, most of them early."""
        for person in [each for each in self.people if each.number not in self.free]:
            random = Random(f"{SEED} {person.number} habits {self.this}")  # noqa: S311
            month = max(self.first, person.known).plus(int((HISTORY - 2) * random.random() ** 2))
            if month < self.this and self._is_there(person, month):
                yield from _habits(person, month, random)

    def orders(self, habits: Sequence[Habit]) -> Iterator[Wish]:
        """Who has everything paid, or saves a part of it, orders nothing beside that."""
        chosen = {habit.number for habit in habits}
        rest = {habit.number for habit in habits if habit.mode is ChoiceMode.REST}
        self.settled = [person for person in self.people if person.number in rest]
        self.people = [person for person in self.people if person.number not in chosen]
        for place, demand in enumerate(DEMANDS):
            random = Random(f"{SEED} {demand.product} {place} {self.this}")  # noqa: S311
            yield from self._dealt(demand, random)
        yield from self._learners(Random(f"{SEED} learners {self.this}"))  # noqa: S311

    def _dealt(self, demand: Demand, random: Random) -> Iterator[Wish]:
        months = [m for m in self.first.until(self.this) if m.month in demand.months]
        found = 0
        people = self.settled if demand.settled else self.people
        for person in random.sample(people, len(people)):
            if found == demand.people:
                return
            month, amount = random.choice(months), random.choice(demand.amounts)
            day = random.randint(FIRST_DAY, LAST_DAY)
            if self._can(person, demand, month, amount):
                self.has.add((person.number, demand.product))
                yield _wish(demand, person, month, day, amount, found)
                found += 1

    def _can(self, person: Person, demand: Demand, month: Month, amount: int) -> bool:
        facts = self._is_there(person, month)
        if facts is None or (person.number, demand.product) in self.has:
            return False
        years = month.year - person.hired_on.year
        if facts.hours < demand.least_hours or years < demand.least_years:
            return False
        if facts.scale > demand.most_scale:
            return False
        return self._can_pay(person, facts, month, _costs(demand, facts, amount))

    def _can_pay(self, person: Person, facts: Facts, month: Month, costs: Decimal) -> bool:
        """Twice a year at most, and not more than is there by then, with what December leaves."""
        if not costs:
            return True
        since = max(self.first, person.known, Month(month.year, 1))
        months = len(list(since.until(month)))
        there = months * MONTHLY * salary_minor(facts.scale, facts.step, facts.index) / 100
        year = (person.number, month.year)
        if self.paid.get(year, 0) == 2 or costs > AT_MOST * there * facts.hours / FULL_WEEK:
            return False
        self.paid[year] = self.paid.get(year, 0) + 1
        return True

    def _is_there(self, person: Person, month: Month) -> Facts | None:
        """Who is known, at work, and stays for some time."""
        until = employed_until(person)
        facts = facts_on(person, month.first)
        if person.known >= month or facts is None or facts.sick_from or facts.unpaid_from:
            return None
        return None if until and until <= month.plus(2).last else facts

    def _learners(self, random: Random) -> Iterator[Wish]:
        saving = Demand("learning", LEARNERS, (SAVED_TO_LEARN,), ONE)
        course = Demand(
            "training", LEARNERS, states_price=True, paper=Paper.COURSE, answers=LEARNERS_ANSWERS
        )
        for place, wish in enumerate(self._dealt(saving, random)):
            yield wish
            person = next(each for each in self.people if each.number == wish.number)
            month = wish.month.plus(2)
            if month <= self.this:
                yield _wish(course, person, month, wish.day, random.choice(COURSES), place)


def _habits(person: Person, month: Month, random: Random) -> Iterator[Habit]:
    dice = random.random()
    for part, choices in HABITS:
        dice -= part
        if dice < 0:
            for product, mode, amounts in choices:
                amount = Decimal(random.choice(amounts)) if amounts else None
                yield Habit(person.number, product, month, mode, amount)
            return


def _costs(demand: Demand, facts: Facts, amount: int) -> Decimal:
    """Euros, about."""
    hourly = Decimal(salary_minor(facts.scale, facts.step, facts.index)) / 100 / HOURS_OF_PAY
    return amount * (demand.euros + demand.hours * hourly)


def _wish(demand: Demand, person: Person, month: Month, day: int, amount: int, place: int) -> Wish:
    answer, reason = demand.answers[place] if place < len(demand.answers) else (Answer.YES, "")
    return Wish(
        person.number,
        demand.product,
        month,
        day,
        None if demand.states_price else Decimal(amount),
        amount if demand.states_price else None,
        Month(month.year, demand.for_month) if demand.for_month else None,
        demand.paper,
        answer,
        reason,
        changes_mind=place < demand.regrets,
    )
