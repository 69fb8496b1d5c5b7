"""Gross pay from the facts of an employment, in numbers worked by hand."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

import pytest

from ideals.kernel.month import Month
from ideals.schemes.rules import Person, Stretch
from ideals.schemes.rules.made_up import MadeUp, made_up
from ideals.shop.rules.meaning import PaidMonth
from ideals.shop.rules.pay import last_year_minor, months_paid, pay_in
from tests.shop.test_meaning import SCHEME

FULL = Decimal(36)
MARCH = Month(2026, 3)
HALF = Decimal("0.5")


def anna(**changes: object) -> Stretch:
    person = made_up(SCHEME, MadeUp(300_000, allowances={"personal": 10_000}), MARCH)
    return person.stretches[0]._replace(**changes)


def person(*stretches: Stretch) -> Person:
    """Each until the day before the next begins."""
    ends = [stretch.valid_from - timedelta(1) for stretch in stretches[1:]]
    made = [s._replace(until=end) for s, end in zip(stretches, [*ends, date.max], strict=True)]
    return Person(1, tuple(made), {})


def test_pay_is_salary_and_allowances_of_a_whole_month() -> None:
    """Half of 3,000.00 and 100.00, from the 16th on: the month is as its last day is."""
    found = pay_in(
        person(anna(), anna(valid_from=date(2026, 3, 16), part_time_factor=HALF)), MARCH, FULL
    )
    assert found is not None
    pay, hours = found
    assert pay.month_minor == 160_000
    assert hours == 36, "as the contract says, whatever the factor"
    assert pay.last_year_minor == 12 * 310_000
    assert pay.year_minor == 12 * 310_000


def test_without_contract_hours_the_factor_says_them() -> None:
    found = pay_in(person(anna(weekly_hours=None, part_time_factor=HALF)), MARCH, FULL)
    assert found is not None
    assert found[1] == 18


def test_nobody_is_paid_before_or_after_the_employment() -> None:
    gone = person(anna(leaves_on=date(2026, 2, 28)))
    assert pay_in(gone, MARCH, FULL) is None
    assert months_paid(gone, MARCH, FULL)[-1].month == Month(2026, 2)


@pytest.mark.parametrize(
    ("stretch", "minor"),
    [
        (anna(), 3_720_000),
        (anna(hired_on=date(2025, 1, 1), valid_from=date(2025, 1, 1)), 3_720_000),
        (anna(hired_on=date(2025, 1, 2), valid_from=date(2025, 1, 2)), None),
        (anna(leaves_on=date(2025, 12, 30)), None),
        # Thirty of the 365 days unpaid: the whole of June.
        (anna(unpaid_from=date(2025, 6, 1), unpaid_until=date(2025, 6, 30)), 11 * 310_000),
    ],
)
def test_last_year_counts_when_all_of_it_is_known(stretch: Stretch, minor: int | None) -> None:
    assert last_year_minor(person(stretch), 2025) == minor


def test_last_year_counts_under_whatever_scheme() -> None:
    before = anna(scheme="another")
    now = anna(valid_from=date(2025, 7, 1), full_time_salary=320_000)
    assert last_year_minor(person(before, now), 2025) == 6 * 310_000 + 6 * 330_000


def test_the_months_of_this_year_so_far() -> None:
    """Hired on 15 February, 14 of its 28 days: half of 3,100.00 for half of the hours."""
    joined = date(2026, 2, 15)
    found = months_paid(person(anna(hired_on=joined, valid_from=joined)), MARCH, FULL)
    assert found == (
        PaidMonth(Month(2026, 2), 155_000, Decimal(18)),
        PaidMonth(MARCH, 310_000, Decimal(36)),
    )
