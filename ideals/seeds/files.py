"""Meridian's files, month by month, as an HR system, a leave system and payroll send them."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable
from datetime import date
from decimal import Decimal
from random import Random

from ideals.kernel.money import Money
from ideals.kernel.month import Month
from ideals.seeds.absences import Absence
from ideals.seeds.careers import facts_on, overtime, rows_known
from ideals.seeds.organisation import ANNA, FULL_WEEK, SEED, Facts, Person, salary_minor

SCHEME = "meridian"
PEOPLE_COLUMNS = (
    "number", "name", "email", "birth_date", "gender", "hired_on", "leaves_on", "unit",
    "manager_number", "scheme", "valid_from", "full_time_salary", "part_time_factor",
    "weekly_hours", "scale", "allowance.personal", "sick_from", "unpaid_from", "unpaid_until",
)  # fmt: skip
PAY_COLUMNS = ("number", "month", "code", "amount")
LEAVE_COLUMNS = ("number", "date", "minutes", "kind", "id")
BONUS_COLUMNS = ("number", "month", "amount")
REFUSAL_COLUMNS = ("number", "code", "amount", "reason")
BONUS_SCALE, BONUS_PART = 10, 0.35
"""From this scale on, and about so many of them; and Anna."""
SIX_PLACES = Decimal("0.000001")


class Post:
    """Sends each row once: the file of a month holds what is new or different since the last."""

    def __init__(self, people: list[Person]) -> None:
        self.people = people
        self._sent: dict[tuple[str, date], Facts] = {}

    def people_file(self, month: Month) -> bytes | None:
        """`None` when there is nothing to tell: nobody sends an empty file."""
        return _csv(PEOPLE_COLUMNS, self._rows(month))

    def pay_file(self, month: Month) -> bytes | None:
        return _csv(
            PAY_COLUMNS,
            (
                (number, str(worked), "overtime", str(Money(minor)))
                for number, worked, minor in overtime(self.people, month)
            ),
        )

    def _rows(self, month: Month) -> Iterable[tuple[str, ...]]:
        for person in self.people:
            if person.known > month:
                continue
            for valid_from, facts in sorted(rows_known(person, month).items()):
                if self._sent.get((person.number, valid_from)) != facts:
                    self._sent[person.number, valid_from] = facts
                    yield people_row(person, valid_from, facts)


def leave_file(absences: Iterable[Absence]) -> bytes | None:
    return _csv(
        LEAVE_COLUMNS,
        ((a.number, str(a.day), str(a.minutes), a.kind, a.id) for a in absences),
    )


def bonus_file(people: Iterable[Person], month: Month) -> bytes | None:
    """A few per cent of a yearly salary, for some of those who have a target."""
    return _csv(
        BONUS_COLUMNS,
        (
            (person.number, str(month), str(Money(minor)))
            for person, minor in _bonuses(people, month)
        ),
    )


def _bonuses(people: Iterable[Person], month: Month) -> Iterable[tuple[Person, int]]:
    for person in people:
        random = Random(f"{SEED} {person.number} bonus {month}")  # noqa: S311
        facts = facts_on(person, month.last) if person.known <= month else None
        if facts is None:
            continue
        if person.number != ANNA and (facts.scale < BONUS_SCALE or random.random() > BONUS_PART):
            continue
        yearly = 12 * salary_minor(facts.scale, facts.step, facts.index) * facts.hours
        part = random.choice((2, 3, 4, 5, 6, 8))
        yield person, int(yearly / FULL_WEEK) * part // 100 // 50_00 * 50_00


def refusal_file(number: str, code: str, amount: Money, reason: str) -> bytes:
    return _csv(REFUSAL_COLUMNS, [(number, code, str(amount), reason)]) or b""


def people_row(person: Person, valid_from: date, facts: Facts) -> tuple[str, ...]:
    factor = (facts.hours / FULL_WEEK).quantize(SIX_PLACES)
    salary = Money(salary_minor(facts.scale, facts.step, facts.index))
    return (
        person.number,
        person.name,
        person.email,
        str(person.birth_date),
        person.gender,
        str(person.hired_on),
        _day(facts.leaves_on),
        facts.unit,
        facts.manager or "",
        SCHEME,
        str(valid_from),
        str(salary),
        str(factor),
        str(facts.hours),
        str(facts.scale),
        str(Money(facts.personal_minor)) if facts.personal_minor else "",
        _day(facts.sick_from),
        _day(facts.unpaid_from),
        _day(facts.unpaid_until),
    )


def _day(day: date | None) -> str:
    return "" if day is None else str(day)


def _csv(columns: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> bytes | None:
    listed = list(rows)
    if not listed:
        return None
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows([columns, *listed])
    return text.getvalue().encode()
