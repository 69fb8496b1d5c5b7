from __future__ import annotations

from collections import Counter
from datetime import date

import pytest

from ideals.kernel.month import Month
from ideals.seeds.careers import careers, facts_on
from ideals.seeds.meridian import Plan, planned
from ideals.seeds.organisation import ANNA, BORIS, CLARA, EGOR, HISTORY, Person
from ideals.seeds.papers import Paper, paper
from ideals.seeds.wishes import DEMANDS, Answer
from ideals.shop.rules.evidence import MediaType, checked_media_type

DAYS = [
    date(2026, 11, 21),
    date(2027, 1, 1),
    date(2024, 2, 29),
    date(2026, 7, 3),
    date(2026, 12, 31),
    date(2026, 4, 15),
    date(2025, 5, 16),
]


@pytest.fixture(scope="module", params=DAYS, ids=str)
def today(request: pytest.FixtureRequest) -> date:
    day: date = request.param
    return day


@pytest.fixture(scope="module")
def people(today: date) -> list[Person]:
    return careers(today)


@pytest.fixture(scope="module")
def plan(people: list[Person], today: date) -> Plan:
    return planned(people, today)


def test_the_same_day_always_gives_the_same_wishes(today: date, plan: Plan) -> None:
    assert planned(careers(today), today) == plan


def test_everything_that_is_wanted_finds_its_people(plan: Plan) -> None:
    by_product = Counter(wish.product for wish in plan.orders)
    for demand in DEMANDS:
        least = demand.people if demand.people > 5 else 1
        assert by_product[demand.product] >= least, demand.product
    assert by_product["training"] >= 6


def test_most_people_choose_nothing(people: list[Person], plan: Plan) -> None:
    with_habits = {habit.number for habit in plan.habits}
    ordering = {wish.number for wish in plan.orders}
    assert 40 <= len(with_habits) <= 100
    assert len(with_habits | ordering) < 0.6 * len(people)


def test_an_order_is_one_order(plan: Plan) -> None:
    ids = [wish.order_id for wish in [*plan.orders, *plan.waiting]]
    assert len(set(ids)) == len(ids)


def test_people_order_early_in_months_that_are_there(today: date, plan: Plan) -> None:
    this = Month.of(today)
    assert {wish.month for wish in plan.orders} <= set(this.plus(1 - HISTORY).until(this))
    assert all(2 <= wish.day <= 9 for wish in plan.orders)
    assert all(wish.for_month is None or wish.for_month > wish.month for wish in plan.orders)
    assert {wish.on for wish in plan.waiting} == {today}


def test_who_orders_works_here_then(people: list[Person], plan: Plan) -> None:
    by_number = {person.number: person for person in people}
    for wish in [*plan.orders, *plan.waiting]:
        assert facts_on(by_number[wish.number], wish.on) is not None


def test_some_are_refused_with_a_reason_and_some_never_answered(plan: Plan) -> None:
    answers = Counter(wish.answer for wish in plan.orders)
    assert answers[Answer.NO] >= 4 and answers[Answer.NONE] >= 1
    assert all(bool(wish.reason) is (wish.answer is Answer.NO) for wish in plan.orders)
    assert sum(wish.changes_mind for wish in plan.orders) >= 3


def test_both_managers_and_hr_have_something_to_decide(
    people: list[Person], today: date, plan: Plan
) -> None:
    managers = {person.number: facts_on(person, today) for person in people}
    asked = [managers[wish.number] for wish in plan.waiting]
    by_manager = Counter(facts.manager for facts in asked if facts)
    assert by_manager[BORIS] >= 3 and by_manager[CLARA] >= 1
    assert sum(wish.paper is not None for wish in plan.waiting) >= 3


def test_anna_has_a_year_to_tell_and_egor_nothing(plan: Plan) -> None:
    products = {wish.product for wish in plan.orders if wish.number == ANNA}
    assert len(products) >= 7
    assert {habit.product for habit in plan.habits if habit.number == ANNA} == {
        "leave",
        "savings",
        "learning",
    }
    assert EGOR not in {each.number for each in [*plan.orders, *plan.habits, *plan.waiting]}


@pytest.mark.parametrize("kind", Paper)
def test_papers_are_evidence(kind: Paper) -> None:
    content = paper(kind, "Anna de Vries", 1_234_56, date(2026, 3, 4))
    assert checked_media_type(content) is MediaType.PDF
    assert content == paper(kind, "Anna de Vries", 1_234_56, date(2026, 3, 4))
