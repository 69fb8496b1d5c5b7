"""What is loaded of people so that something can be sold to them."""

from __future__ import annotations

from datetime import UTC, date, datetime

from sqlalchemy.orm import Session

from ideals.kernel.month import Month
from ideals.schemes.facts import facts_to_sell
from ideals.schemes.rules import unit_price
from ideals.seeds import factories

NOW = datetime(2026, 6, 10, 9, tzinfo=UTC)
JULY = Month(2026, 7)
DAY = date(2026, 6, 10)


def products(**prices: dict[str, str]) -> dict[str, dict[str, str]]:
    return {code: {"kind": "leave", **keys} for code, keys in prices.items()}


def test_a_price_of_any_moment_finds_its_facts(session: Session) -> None:
    scheme = factories.a_scheme(
        session,
        products=products(
            now={"price": "full_time_salary / 100"},
            month={"price": "full_time_salary / 100", "price_moment": "month"},
            january={"price": "full_time_salary / 100", "price_moment": "january"},
            salary={"price": "salary / 100", "price_moment": "january_salary"},
            july={"price": "full_time_salary.on_july / 100", "price_moment": "january"},
            overtime={"price": "pay.overtime.average_12", "price_moment": "january"},
        ),
    )
    anna = factories.an_employee(session, full_time_salary="2000")
    for since, salary in ((2025, 2100), (2026, 2200)):
        factories.a_change(session, anna, date(since, 2, 1), full_time_salary=salary)
    factories.a_change(session, anna, date(2026, 7, 1), full_time_salary="2300")
    factories.a_pay_element(session, anna, Month(2025, 1), "120.00")
    factories.a_pay_element(session, anna, Month(2026, 5), "999.00")
    [person] = facts_to_sell(session, [anna.id], scheme, JULY)
    paid = {
        code: unit_price(scheme, product, person, JULY, DAY).minor
        for code, product in scheme.products.items()
    }
    assert paid == {
        "now": 2_200,
        "month": 2_300,
        "january": 2_100,
        "salary": 2_100,
        "july": 2_100,
        "overtime": 1_000,
    }


def test_a_month_can_be_planned_from_the_year_before(session: Session) -> None:
    scheme = factories.a_scheme(session, products=products(leave={"price": "salary / 100"}))
    anna = factories.an_employee(session, full_time_salary="2000")
    factories.a_change(session, anna, date(2025, 12, 1), full_time_salary="2400")
    december = Month(2026, 12)
    [person] = facts_to_sell(session, [anna.id], scheme, december)
    leave = scheme.products["leave"]
    assert unit_price(scheme, leave, person, december, date(2025, 1, 2)).minor == 2_000
    assert unit_price(scheme, leave, person, december, date(2025, 12, 1)).minor == 2_400


def test_a_price_can_be_shown_again_as_it_was_known(session: Session) -> None:
    scheme = factories.a_scheme(session, products=products(leave={"price": "salary / 100"}))
    anna = factories.an_employee(session, full_time_salary="2000")
    factories.a_change(session, anna, date(2026, 1, 1), full_time_salary="2400", now=NOW)
    before = datetime(2026, 6, 1, tzinfo=UTC)
    leave = scheme.products["leave"]
    for known_at, minor in ((None, 2_400), (before, 2_000), (NOW, 2_400)):
        [person] = facts_to_sell(session, [anna.id], scheme, JULY, known_at=known_at)
        assert unit_price(scheme, leave, person, JULY, DAY).minor == minor
