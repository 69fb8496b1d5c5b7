"""What those do whom demonstrations know by name, and what waits for them today.

Anna's year is told through her choices; Boris, Clara and Dina find something to decide. Egor is new
and has chosen nothing yet.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date
from decimal import Decimal

from ideals.kernel.month import Month
from ideals.seeds.careers import facts_on
from ideals.seeds.organisation import ANNA, BORIS, CLARA, DINA, HISTORY, Person
from ideals.seeds.papers import Paper
from ideals.seeds.wishes import Answer, Habit, Wish
from ideals.shop.states import ChoiceMode

NOT_NOW = "We are short of people, so please keep these hours: we will plan them together."
READ_THROUGH = -2
"""Anna and Dina have read what they were told through this month, counted from today's."""


def habits(today: date) -> Iterator[Habit]:
    """Anna buys half a day a month and saves; Boris lets everything be paid; Clara saves, too."""
    this = Month.of(today)
    start = this.plus(1 - HISTORY)
    yield Habit(ANNA, "leave", start, ChoiceMode.QUANTITY, Decimal(4))
    yield Habit(ANNA, "savings", start, ChoiceMode.QUANTITY, Decimal(50))
    yield Habit(ANNA, "learning", start, ChoiceMode.QUANTITY, Decimal(40))
    yield Habit(ANNA, "savings", this.plus(-6), ChoiceMode.QUANTITY, Decimal(100))
    yield Habit(BORIS, "cash", this.plus(-11), ChoiceMode.REST)
    yield Habit(CLARA, "savings", this.plus(-9), ChoiceMode.PERCENT, Decimal(25))
    yield Habit(DINA, "leave", this.plus(-8), ChoiceMode.QUANTITY, Decimal(3))


def orders(today: date) -> Iterator[Wish]:
    this = Month.of(today)
    yield Wish(ANNA, "cash", this.plus(-12), 4, Decimal(150))
    yield Wish(ANNA, "commuting", this.plus(-10), 6, Decimal(320))
    yield Wish(ANNA, "bicycle", this.plus(-9), 3, price_minor=2_160_00, paper=Paper.BICYCLE)
    yield Wish(ANNA, "leave", this.plus(-7), 5, Decimal(8), changes_mind=True)
    yield Wish(ANNA, "parking", this.plus(-6), 3, ONE)
    yield Wish(ANNA, "training", this.plus(-5), 8, price_minor=185_00, paper=Paper.COURSE)
    yield Wish(ANNA, "cash", this.plus(-3), 7, Decimal(200))
    yield Wish(ANNA, "sell_leave", this.plus(-1), 4, Decimal(4), answer=Answer.NO, reason=NOT_NOW)
    yield Wish(ANNA, "season_ticket", this.plus(-1), 6, price_minor=96_10, paper=Paper.TICKET)
    for month in this.plus(-10).until(this):
        if month.month == 4:
            summer = Month(month.year, 7)
            yield Wish(ANNA, "summer_week", month, 9, Decimal(5), for_month=summer)
    yield Wish(CLARA, "lease_car", this.plus(-7), 5, ONE)
    yield Wish(DINA, "commuting", this.plus(-4), 6, Decimal(280))


ONE = Decimal(1)


def waiting(people: Sequence[Person], today: date) -> Iterator[Wish]:
    """Ordered just now: a course of Anna's, with its bill, and something in both teams."""
    month, day = Month.of(today), today.day
    yield Wish(ANNA, "training", month, day, price_minor=220_00, paper=Paper.COURSE)
    for lead, most in ((BORIS, 2), (CLARA, 1)):
        team = [person for person in people if _works_for(person, lead, today)]
        yield from _of_team(team, month, day, most)
    others = [p for p in people if p.team and p.team.name == "Lending" and _years(p, today) > 1]
    for person in others[:2]:
        yield Wish(person.number, "bicycle", month, day, price_minor=1_799_00, paper=Paper.BICYCLE)
    for person in others[2:3]:
        yield Wish(
            person.number, "season_ticket", month, day, price_minor=104_50, paper=Paper.TICKET
        )


def _of_team(team: Sequence[Person], month: Month, day: int, most: int) -> Iterator[Wish]:
    """Leave to sell of who is here longest, and a car."""
    today = month.first.replace(day=day)
    senior = sorted(team, key=lambda person: person.hired_on)[:most]
    for person in senior:
        if _years(person, today) >= 6:
            yield Wish(person.number, "sell_leave", month, day, Decimal(4))
    for person in [p for p in team if p not in senior and _hours(p, today) >= 32][:1]:
        if _years(person, today) >= 2:
            yield Wish(person.number, "lease_car", month, day, ONE)


def of_boris(people: Sequence[Person], today: date) -> str:
    """Who of Boris's team is here longest, beside Anna."""
    team = [person for person in people if _works_for(person, BORIS, today)]
    return min(team, key=lambda person: (person.hired_on, person.number)).number


def of_dina(people: Sequence[Person], today: date) -> str:
    """Who works beside Dina longest and leads nobody: the second person for prices."""
    team = [
        person
        for person in people
        if person.team and person.team.name == "" and person.team.division == "People and Culture"
        and not person.leads and not person.is_cast and _stays(person, today)
    ]  # fmt: skip
    return min(team, key=lambda person: (person.hired_on, person.number)).number


def _stays(person: Person, today: date) -> bool:
    facts = facts_on(person, today)
    return facts is not None and facts.leaves_on is None


def _works_for(person: Person, lead: str, today: date) -> bool:
    facts = facts_on(person, today)
    return (
        facts is not None
        and facts.manager == lead
        and not person.is_cast
        and facts.leaves_on is None
        and facts.sick_from is None
    )


def _years(person: Person, today: date) -> int:
    return today.year - person.hired_on.year


def _hours(person: Person, today: date) -> int:
    facts = facts_on(person, today)
    return facts.hours if facts else 0
