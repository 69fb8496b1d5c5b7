from __future__ import annotations

from collections import Counter
from datetime import date

import pytest

from ideals.kernel.month import Month
from ideals.seeds.careers import careers, rows_known
from ideals.seeds.files import Post
from ideals.seeds.organisation import CAST, HISTORY, LAST_STEP, SALARIES, TEAMS, Person

TODAY = date(2026, 11, 21)
DAYS = [TODAY, date(2027, 1, 1), date(2024, 2, 29), date(2026, 7, 3), date(2026, 12, 31)]


@pytest.fixture(scope="module", params=DAYS, ids=str)
def today(request: pytest.FixtureRequest) -> date:
    day: date = request.param
    return day


@pytest.fixture(scope="module")
def people(today: date) -> list[Person]:
    return careers(today)


def months(today: date) -> list[Month]:
    this = Month.of(today)
    return list(this.plus(1 - HISTORY).until(this))


def test_there_are_480_different_people(people: list[Person]) -> None:
    assert len(people) == 480
    for what in ("number", "name", "email"):
        assert len({getattr(person, what) for person in people}) == 480


def test_the_same_day_always_gives_the_same_people(today: date, people: list[Person]) -> None:
    assert careers(today) == people


def test_they_work_in_25_units_on_three_levels(people: list[Person]) -> None:
    units = {person.facts.unit for person in people}
    assert len(units) == 25
    assert {len(unit.split("/")) for unit in units} == {1, 2, 3}
    assert {team.path for team in TEAMS} < units


def test_everybody_but_one_reports_to_somebody_up_to_the_top(
    today: date, people: list[Person]
) -> None:
    now = {
        person.number: list(rows_known(person, Month.of(today)).values())[-1].manager
        for person in people
    }
    top = [number for number, manager in now.items() if manager is None]
    assert len(top) == 1
    for number in now:
        steps = 0
        while number != top[0]:
            number, steps = now[number] or "", steps + 1
            assert steps < 6
    assert max(Counter(now.values()).values()) <= 13


def test_ages_scales_and_hours_are_believable(today: date, people: list[Person]) -> None:
    ages = {
        today.year
        - person.birth_date.year
        - ((today.month, today.day) < (person.birth_date.month, person.birth_date.day))
        for person in people
    }
    assert min(ages) >= 19 and max(ages) <= 67
    assert {person.facts.scale for person in people} <= set(SALARIES)
    assert {person.facts.scale for person in people} >= set(range(4, 13))
    assert all(0 <= person.facts.step <= LAST_STEP for person in people)
    part_time = sum(person.facts.hours < 36 for person in people)
    assert 150 < part_time < 300


def test_everything_that_a_payroll_knows_happens(today: date, people: list[Person]) -> None:
    seen: Counter[str] = Counter()
    for person in people:
        for event in person.events:
            for what, value in event.change.items():
                seen[what] += value is not None
                seen["mid-month hours"] += what == "hours" and event.on.day > 1
                seen["told late"] += event.known > Month.of(event.on)
    assert seen["leaves_on"] >= 10
    assert seen["sick_from"] >= 15
    assert seen["unpaid_from"] >= 4
    assert seen["hours"] >= 15 and seen["mid-month hours"] >= 5
    assert seen["step"] >= 100 and seen["told late"] >= 20
    assert seen["index"] >= 480, "a collective raise"
    assert sum(person.hired_on >= months(today)[0].first for person in people) >= 20


def test_the_files_say_each_thing_once(today: date, people: list[Person]) -> None:
    post = Post(people)
    files = [post.people_file(month) for month in months(today)]
    assert all(files), "something is new each month"
    assert post.people_file(Month.of(today)) is None


def test_the_cast_is_there_under_its_managers(people: list[Person]) -> None:
    cast = {person.number: person for person in people if person.is_cast}
    assert {number: person.name for number, person in cast.items()} == {
        number: one.name for number, one in CAST.items()
    }
    assert cast["M0001"].facts.manager == "M0002"
    assert cast["M0005"].facts.manager == "M0003"
    assert cast["M0002"].facts.manager == cast["M0003"].facts.manager
    assert cast["M0001"].email == "anna@meridian.example"
