"""What is paid month by month, worked by hand."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ideals.kernel.month import Month
from ideals.shop.rules.commitments import Plan, share, split

MARCH = Month(2026, 3)


def bicycle(price: int = 239_995, months: int = 24, addition: int = 16_799) -> Plan:
    return Plan(MARCH, months, divided=True, price_minor=price, addition_minor=addition)


def test_a_bicycle_over_24_months_costs_its_price_to_the_cent() -> None:
    lines = list(bicycle().lines())
    assert [lines[0].month, lines[-1].month] == [MARCH, Month(2028, 2)]
    assert [line.charge_minor for line in lines[:4]] == [9_999, 10_000, 10_000, 10_000]
    assert sum(line.charge_minor for line in lines) == 239_995


def test_the_additions_of_a_calendar_year_are_the_years() -> None:
    lines = [line for line in bicycle().lines() if line.month.year == 2027]
    assert sorted({line.addition_minor for line in lines}) == [1_399, 1_400]
    assert sum(line.addition_minor for line in lines) == 16_799


def test_a_lease_car_costs_the_same_each_month_of_its_term() -> None:
    plan = Plan(MARCH, 48, divided=False, price_minor=41_250, addition_minor=0)
    assert {line.charge_minor for line in plan.lines()} == {41_250}
    assert (plan.last_month, plan.charge(Month(2030, 2)), plan.charge(Month(2030, 3))) == (
        Month(2030, 2),
        41_250,
        0,
    )


def test_nothing_is_charged_outside_the_plan() -> None:
    plan = bicycle()
    for month in (MARCH.plus(-1), MARCH.plus(24)):
        assert (plan.charge(month), plan.addition(month)) == (0, 0)


def test_what_is_still_to_pay_is_all_that_was_not_charged() -> None:
    plan = bicycle()
    charged = sum(plan.charge(month) for month in MARCH.until(Month(2026, 12)))
    assert plan.rest_after(Month(2026, 12)) == 239_995 - charged
    assert plan.rest_after(MARCH.plus(-3)) == 239_995
    assert plan.rest_after(plan.last_month) == 0


@pytest.mark.parametrize(
    ("charge", "available", "taken", "shortfall"),
    [(10_000, 48_990, 10_000, 0), (10_000, 6_000, 6_000, 4_000), (10_000, 0, 0, 10_000),
     (10_000, -500, 0, 10_000), (0, 0, 0, 0)],
)  # fmt: skip
def test_what_the_account_cannot_pay_is_deducted_from_pay(
    charge: int, available: int, taken: int, shortfall: int
) -> None:
    assert split(charge, available) == (taken, shortfall)


@given(st.integers(0, 10**12), st.integers(1, 400))
def test_shares_are_whole_cents_nearly_alike_that_add_up(minor: int, parts: int) -> None:
    shares = [share(minor, parts, number) for number in range(1, parts + 1)]
    assert sum(shares) == minor
    assert max(shares) - min(shares) <= 1
