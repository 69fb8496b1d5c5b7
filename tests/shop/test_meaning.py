"""What a choice means, in numbers worked by hand: 3,000.00 a month, 36 hours a week, March 2026."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest

from ideals.kernel.money import Money
from ideals.kernel.month import Month
from ideals.kernel.quantity import Minutes
from ideals.schemes.rules import Scheme, check, describe
from ideals.shop.rules.meaning import (
    Ceiling,
    Choice,
    Code,
    Lapsing,
    PaidMonth,
    Pay,
    Situation,
    What,
    meaning,
    minimum_minor,
    warnings,
)
from tests.budgets.conftest import SIMPLE

MARCH = Month(2026, 3)
PRODUCTS = """
products:
  cash: {kind: pay_out}
  leave: {kind: leave, unit: hour, price: "20", lowers_pension: no, resale: granted_only}
  savings: {kind: savings}
  training: {kind: development}
  bicycle:
    {kind: bicycle, tax: addition, addition: "7% * price", instalments: 24, lowers_pension: no}
  car: {kind: lease_car, tax: addition, addition: "8700", price: "600", term: 48}
  tickets: {kind: other, tax: taxed}
  dues: {kind: union_dues, tax: free_space}
"""


def _scheme() -> Scheme:
    found = check(SIMPLE + PRODUCTS)
    assert isinstance(found, Scheme), describe(found)
    return found


SCHEME = _scheme()
ANNA = Situation(
    month=MARCH,
    day=date(2026, 3, 3),
    pay=Pay(300_000),
    last_day=date(2026, 3, 15),
    available_minor=42_900,
    coming_minor=9 * 42_900,
    month_budget_minor=42_900,
    weekly_hours=Decimal(36),
    born=date(1990, 5, 5),
)


def choice(code: str, *charges: int, minutes: int = 0, addition: int = 0) -> Choice:
    return Choice(SCHEME.products[code], charges, minutes, addition_minor=addition)


def test_paying_out_meets_the_table_for_special_rewards() -> None:
    """12 x 3,000 = 36,000 a year: 40.20%. 429.00 x 40.20% = 172.458, down to 172.45."""
    found = meaning(choice("cash", 42_900), ANNA)
    assert (found.gross_minor, found.net_now_minor, found.net_year_minor) == (
        42_900,
        25_655,
        25_655,
    )
    (taxed,) = found.taxed
    assert (taxed.what, taxed.wage_minor) == (What.PAID, 3_600_000)
    assert taxed.net is not None
    assert taxed.net.tax_minor == 17_245
    assert taxed.net.table.words == "special-reward table of 2026 with wage-tax credit"
    assert found.instead is None
    assert (found.left_minor, found.left_year_minor) == (0, 386_100)


def test_last_years_pay_counts_where_all_of_it_is_known() -> None:
    """39,600 a year: 42.01%. 429.00 x 42.01% = 180.2229, down to 180.22."""
    anna = replace(ANNA, pay=Pay(300_000, last_year_minor=3_960_000))
    found = meaning(choice("cash", 42_900), anna)
    assert found.net_now_minor == 24_878


def test_leave_changes_no_pay_but_has_its_price_in_net() -> None:
    """Eight hours of 20.00. Paid out, 160.00 would be 160.00 - 64.32 = 95.68."""
    found = meaning(choice("leave", 16_000, minutes=480), ANNA)
    assert (found.gross_minor, found.net_now_minor, found.net_year_minor) == (16_000, 0, 0)
    assert found.instead is not None
    assert found.instead.pays_minor == 9_568
    assert found.minutes == 480
    assert found.left_minor == 26_900
    assert found.left_year_minor == 42_900 + 386_100 - 16_000
    assert found.warnings == ()


def test_selling_leave_brings_euros_into_the_budget_and_no_pay() -> None:
    sold = Choice(SCHEME.products["leave"], (16_000,), 480, selling=True)
    found = meaning(sold, ANNA)
    assert (found.gross_minor, found.minutes, found.net_now_minor) == (-16_000, -480, 0)
    assert (found.left_minor, found.instead) == (58_900, None)


def test_a_bicycle_adds_to_the_taxed_wage_each_month() -> None:
    """3,000 x 7% = 210 a year, 17.50 a month: wage tax 394.08 instead of 386.83."""
    found = meaning(choice("bicycle", *[12_500] * 24, addition=21_000), ANNA)
    (taxed,) = found.taxed
    assert (taxed.what, taxed.gross_minor, taxed.wage_minor) == (What.ADDED, 1_750, 300_000)
    assert found.net_now_minor == -725
    assert found.months == 10
    assert found.net_year_minor == -7_250
    assert (found.gross_minor, found.gross_year_minor, found.whole_minor) == (
        12_500, 125_000, 300_000,
    )  # fmt: skip
    assert found.left_year_minor == 42_900 + 386_100 - 125_000


def test_a_lease_car_does_so_too() -> None:
    """8,700 a year, 725.00 a month: wage tax 686.75 instead of 386.83."""
    found = meaning(choice("car", *[60_000] * 48, addition=870_000), ANNA)
    assert found.net_now_minor == -29_992
    assert found.net_year_minor == -299_920


def test_what_is_bought_and_taxed_costs_its_tax() -> None:
    """100.00 x 40.20%."""
    found = meaning(choice("tickets", 10_000), ANNA)
    assert (found.net_now_minor, found.taxed[0].what) == (-4_020, What.IN_KIND)


@pytest.mark.parametrize("code", ["savings", "training", "dues"])
def test_what_is_not_taxed_leaves_the_pay_as_it_is(code: str) -> None:
    found = meaning(choice(code, 10_000), ANNA)
    assert (found.net_now_minor, found.taxed) == (0, ())
    assert found.instead is not None
    assert found.instead.pays_minor == 5_980


@pytest.mark.parametrize(
    ("code", "addition", "year", "net"),
    [
        ("cash", 0, 2025, None),
        ("bicycle", 21_000, 2025, -716),
        ("cash", 0, 2027, None),
        ("bicycle", 21_000, 2027, None),
        ("savings", 0, 2027, 0),
    ],
)
def test_where_a_table_is_not_known_nothing_is_invented(
    code: str, addition: int, year: int, net: int | None
) -> None:
    """2025, 3,017.50: 12,959 - (3,068 - 492) - 5,444 = 4,939, / 12 = 411.58; 3,000.00: 404.42."""
    found = meaning(choice(code, 42_900, addition=addition), replace(ANNA, month=Month(year, 3)))
    assert (found.net_now_minor, None if net is None else net * 10) == (
        net, found.net_year_minor,
    )  # fmt: skip
    if code != "cash":
        assert found.instead is not None
        assert found.instead.net is None


# Warnings


def test_the_minimum_wage_of_a_month_goes_by_its_first_day() -> None:
    """36 hours x 52 / 12 = 156 hours; 14.71 x 156 = 2,294.76, from July 14.99 x 156 = 2,338.44."""
    hours = Decimal(36)
    assert minimum_minor(hours, MARCH) == 229_476
    assert minimum_minor(hours, Month(2026, 7)) == 233_844
    assert minimum_minor(hours, Month(2025, 6)) == 219_336
    assert minimum_minor(hours, Month(2024, 12)) is None


def test_pay_that_carries_charges_may_not_come_below_the_minimum_wage() -> None:
    """A car of 600.00 a month on a budget of 429.00: 171.00 comes off the pay of 2,400.00."""
    poor = replace(ANNA, pay=Pay(240_000))
    warned, pension = warnings(choice("car", *[60_000] * 48), poor)
    assert (warned.code, pension.code) == (Code.MINIMUM_WAGE, Code.PENSION)
    assert warned.numbers == {
        "pay": Money(222_900),
        "minimum": Money(229_476),
        "deducted": Money(17_100),
        "weekly_hours": Decimal(36),
        "per_hour": Money(1_471),
    }
    assert "2229.00" in warned.sentence
    assert warnings(choice("car", *[60_000] * 48), ANNA) == [pension]
    assert warnings(choice("cash", 60_000), replace(poor, pay=Pay(200_000))) == []


def test_below_21_the_minimum_wage_is_not_known_and_nothing_is_said() -> None:
    young = replace(ANNA, pay=Pay(200_000), born=date(2005, 3, 2))
    assert warnings(choice("leave", 2_000), young) == []
    grown = replace(young, born=date(2005, 3, 1))
    assert [each.code for each in warnings(choice("leave", 2_000), grown)] == [Code.MINIMUM_WAGE]


@pytest.mark.parametrize(("price", "warned"), [(17_898, False), (17_899, True)])
def test_holiday_allowance_keeps_108_percent_of_the_minimum_wage(price: int, warned: bool) -> None:
    """Three months of 2,350.00 and 8% of it: 7,614.00. 3 x 2,294.76 x 108% = 7,435.02."""
    boris = replace(
        ANNA,
        pay=Pay(235_000),
        year=tuple(PaidMonth(Month(2026, m), 235_000, Decimal(36)) for m in (1, 2, 3)),
        allocated_minor=56_400,
    )
    found = warnings(choice("savings", price), boris)
    assert [each.code for each in found] == [Code.HOLIDAY_ALLOWANCE] * warned
    before = replace(boris, exchanged_minor=price)
    assert [each.code for each in warnings(choice("savings", 1), before)] == (
        [Code.HOLIDAY_ALLOWANCE] if price + 1 > 17_898 else []
    )


def test_a_product_says_whether_it_lowers_the_pension() -> None:
    lowering = replace(SCHEME.products["leave"], lowers_pension=True)
    (warned,) = warnings(Choice(lowering, (16_000,), 480), ANNA)
    assert (warned.code, warned.numbers) == (Code.PENSION, {"amount": Money(16_000)})


@pytest.mark.parametrize(("minutes", "warned"), [(215_520, False), (215_521, True)])
def test_leave_is_saved_untaxed_up_to_100_weeks(minutes: int, warned: bool) -> None:
    """36 x 100 hours are 216,000 minutes; eight hours come."""
    found = warnings(choice("leave", 16_000, minutes=480), replace(ANNA, leave_minutes=minutes))
    assert [each.code for each in found] == [Code.SAVINGS_LIMIT] * warned


def test_euros_saved_count_at_the_pay_of_an_hour() -> None:
    """3,000 / 156 is 19.23 an hour: 69,230.77 are 3,600 hours."""
    rich = replace(ANNA, savings_minor=6_923_000)
    assert warnings(choice("savings", 76), rich) == []
    (warned,) = warnings(choice("savings", 200), rich)
    assert warned.numbers["limit"] == Minutes(216_000)


@pytest.mark.parametrize(
    ("used", "euros", "said"),
    [
        ("168", False, None),
        ("169", False, "169 of the 187"),
        ("187", False, "187 of the 187"),
        ("16830", True, "168.30 of the 187.00"),
    ],
)
def test_a_limit_is_near_from_nine_tenths(used: str, euros: bool, said: str | None) -> None:
    """Of 187, 168.3 are nine tenths; of several limits the nearest is told."""
    amount = Decimal(18_700 if euros else 187)
    near = Ceiling(amount, Decimal(used), Month(2026, 12), euros)
    far = Ceiling(Decimal(1_000), Decimal(8), MARCH)
    here = replace(ANNA, ceilings=(far, near))
    found = [str(each.sentence) for each in warnings(choice("leave", 16_000, minutes=480), here)]
    assert (said in found[0]) if said else (found == [])


def test_leave_that_lapses_comes_before_leave_that_is_bought() -> None:
    lots = (
        Lapsing(1_440, date(2026, 7, 1)),
        Lapsing(600, date(2026, 9, 1)),
        Lapsing(60, date(2031, 1, 1)),
    )
    here = replace(ANNA, lapsing=lots)
    (warned,) = warnings(choice("leave", 16_000, minutes=480), here)
    assert warned.numbers == {"hours": Minutes(1_440), "day": date(2026, 7, 1)}
    assert warnings(choice("savings", 16_000), here) == []


@pytest.mark.parametrize(("day", "days"), [(12, None), (13, 2), (15, 0), (16, None)])
def test_a_deadline_is_near_in_its_last_days(day: int, days: int | None) -> None:
    found = warnings(choice("leave", 2_000), replace(ANNA, day=date(2026, 3, day)))
    assert [each.numbers["days"] for each in found] == ([] if days is None else [Decimal(days)])
