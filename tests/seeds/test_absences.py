from __future__ import annotations

from collections import Counter
from datetime import date

import pytest

from ideals.kernel.month import Month
from ideals.seeds.absences import PLANNED, Absence, LeaveSystem
from ideals.seeds.careers import careers, facts_on
from ideals.seeds.organisation import BORIS, Person

TODAY = date(2026, 11, 21)
FIRST, THIS = Month(2025, 10), Month(2026, 11)


@pytest.fixture(scope="module")
def people() -> list[Person]:
    return careers(TODAY)


@pytest.fixture(scope="module")
def taken(people: list[Person]) -> list[Absence]:
    system = LeaveSystem(people)
    return [each for month in FIRST.until(THIS.plus(-1)) for each in system.taken(month)]


@pytest.fixture(scope="module")
def known(people: list[Person]) -> list[Absence]:
    return list(LeaveSystem(people).known(TODAY))


def test_leave_is_told_once_for_a_working_day(taken: list[Absence], known: list[Absence]) -> None:
    every = [*taken, *known]
    assert len({each.id for each in every}) == len(every)
    assert all(each.day.weekday() < 5 and each.minutes > 0 for each in every)


def test_nobody_takes_more_than_the_law_gives(taken: list[Absence]) -> None:
    days = Counter((each.number, each.day.year) for each in taken)
    assert max(days.values()) <= PLANNED
    assert len(days) > 400, "nearly everybody is away some time"


def test_who_is_ill_or_not_employed_takes_none(
    people: list[Person], taken: list[Absence], known: list[Absence]
) -> None:
    by_number = {person.number: person for person in people}
    for each in [*taken, *known]:
        facts = facts_on(by_number[each.number], each.day)
        assert facts is not None and not facts.sick_from and not facts.unpaid_from


def test_a_day_takes_a_fifth_of_the_contract_hours(
    people: list[Person], taken: list[Absence]
) -> None:
    by_number = {person.number: person for person in people}
    for each in taken:
        facts = facts_on(by_number[each.number], each.day)
        assert facts is not None and each.minutes * 5 == facts.hours * 60


def test_what_was_before_the_books_is_told_by_month(people: list[Person]) -> None:
    before = list(LeaveSystem(people).before(FIRST))
    assert len({(each.number, each.day.month) for each in before}) == len(before) > 1000
    assert {each.day.year for each in before} == {2025}
    assert max(each.day for each in before) < FIRST.first


def test_what_is_over_was_taken_and_what_comes_is_planned(known: list[Absence]) -> None:
    assert all((each.kind == "planned") is (each.day >= TODAY) for each in known)


def test_annas_colleagues_have_plans_for_the_month_that_comes(
    people: list[Person], known: list[Absence]
) -> None:
    managers = {person.number: facts_on(person, TODAY) for person in people}
    team = {number for number, facts in managers.items() if facts and facts.manager == BORIS}
    coming = THIS.plus(1)
    away = {each.number for each in known if coming.first <= each.day <= coming.last}
    assert len(away & team) >= len(team) // 2
