"""Other figures of the law, by day."""

from __future__ import annotations

from dataclasses import fields
from datetime import date

import pytest

from ideals.tax.rules import ONE, Law, law_on, minimum_wage_minor

MARCH = date(2026, 3, 15)


@pytest.mark.parametrize(
    ("day", "wage"),
    [
        (date(2024, 12, 31), None),
        (date(2025, 1, 1), 14_06),
        (date(2025, 6, 30), 14_06),
        (date(2025, 7, 1), 14_40),
        (date(2025, 12, 31), 14_40),
        (date(2026, 1, 1), 14_71),
        (date(2026, 7, 1), 14_99),
        (date(2031, 1, 1), 14_99),
    ],
)
def test_the_minimum_wage_holds_from_its_day_until_the_next(day: date, wage: int | None) -> None:
    assert minimum_wage_minor(day) == wage


def test_where_sources_differ_the_figure_is_not_known() -> None:
    assert law_on(date(2025, 12, 31)).kilometre_minor == 23
    assert law_on(date(2026, 1, 1)).kilometre_minor is None


def test_nothing_is_known_before_the_first_day() -> None:
    before = law_on(date(2024, 12, 31))
    assert {getattr(before, field.name) for field in fields(Law)} == {None}


def test_a_bicycle_of_3000_adds_17_50_a_month() -> None:
    assert law_on(MARCH).bicycle_rate == 7_000
    assert 3_000_00 * law_on(MARCH).bicycle_rate // ONE // 12 == 17_50


def test_an_electric_car_of_45000_adds_8700_a_year() -> None:
    law = law_on(MARCH)
    first = law.electric_car_up_to_minor
    added = first * law.electric_car_rate + (45_000_00 - first) * law.lease_car_rate
    assert added == 8_700_00 * ONE


def test_a_wage_bill_of_1600000_has_a_free_space_of_22160() -> None:
    law = law_on(MARCH)
    first = law.free_space_up_to_minor
    space = first * law.free_space_rate + (1_600_000_00 - first) * law.free_space_above_rate
    assert space == 22_160_00 * ONE


def test_a_year_with_holiday_allowance_reaches_108_percent_of_the_minimum_wage() -> None:
    law = law_on(MARCH)
    assert law.holiday_allowance_rate == 8 * ONE // 100
    assert law.with_holiday_allowance_rate == ONE + law.holiday_allowance_rate
    assert law.holiday_allowance_wages == 3


def test_leave_savings_and_days_at_home_and_the_levy() -> None:
    law = law_on(MARCH)
    assert (law.leave_savings_weeks, law.free_space_levy_rate) == (100, 80 * ONE // 100)
    assert (law.home_day_minor, law_on(date(2025, 3, 15)).home_day_minor) == (2_45, 2_40)
