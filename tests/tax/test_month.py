"""The monthly table: what is published of it, and every one of its rows."""

from __future__ import annotations

from itertools import pairwise

import pytest

from ideals.tax.errors import GrossRefused, NotKnown
from ideals.tax.rules import known_years, wage_tax
from tests.tax.by_hand import FIGURES, ROW_MINOR, rows, tax_above_the_table, tax_of_row

HIGHEST_TRIED_MINOR = 15_000_00
TABLES = [(year, credits) for year in FIGURES for credits in (True, False)]


@pytest.mark.parametrize(
    ("year", "gross", "tax"),
    [
        (2025, 1_500_00, 53_92),
        (2025, 3_000_00, 404_42),
        (2025, 5_000_00, 1_356_83),
        (2025, 10_000_00, 4_077_42),
        (2026, 1_500_00, 37_58),
        (2026, 3_000_00, 386_83),
        (2026, 5_000_00, 1_325_08),
        (2026, 12_000_00, 5_100_88),
    ],
)
def test_published_wages_have_their_published_tax(year: int, gross: int, tax: int) -> None:
    assert wage_tax(year, gross) == tax


@pytest.mark.parametrize(
    ("row", "without_credits", "with_credits"),
    [
        (2_700_00, 965_25, 267_50),
        (3_001_50, 1_073_00, 388_58),
        (4_000_50, 1_443_83, 820_92),
        (6_502_50, 2_383_58, 2_083_58),
        (8_001_00, 3_121_42, 2_921_17),
        (11_002_50, 4_607_08, 4_602_25),
        (11_092_50, 4_651_67, 4_651_67),
    ],
)
def test_rows_of_the_official_table_of_2026(
    row: int, without_credits: int, with_credits: int
) -> None:
    assert wage_tax(2026, row, credits=False) == without_credits
    assert wage_tax(2026, row) == with_credits


@pytest.mark.parametrize(("year", "credits"), TABLES)
def test_every_row_is_what_the_description_gives(year: int, credits: bool) -> None:
    """Each row at its first, a middle and its last cent: within a row the tax is the same."""
    end = FIGURES[year].highest * 100 // 12
    compared = 0
    for wage, yearly in rows(end):
        last = wage if wage == end else wage + ROW_MINOR - 1
        expected = tax_of_row(year, yearly, credits=credits)
        for gross in {wage, (wage + last) // 2, last}:
            assert wage_tax(year, gross, credits=credits) == expected, gross
        compared += 1
    assert compared == FIGURES[year].highest // 54 + 1


@pytest.mark.parametrize(("year", "credits"), TABLES)
def test_above_the_highest_row_the_top_rate_is_due_over_the_excess(
    year: int, credits: bool
) -> None:
    first = FIGURES[year].highest * 100 // 12 + 1
    for gross in [*range(first, first + 2 * ROW_MINOR), *range(first, HIGHEST_TRIED_MINOR, 97)]:
        assert wage_tax(year, gross, credits=credits) == tax_above_the_table(year, gross), gross


@pytest.mark.parametrize(("year", "credits"), TABLES)
def test_a_higher_wage_never_has_less_tax_nor_more_than_it_is(year: int, credits: bool) -> None:
    wages = [wage for wage, _ in rows(HIGHEST_TRIED_MINOR)]
    taxes = [wage_tax(year, wage, credits=credits) for wage in wages]
    assert all(lower <= higher for lower, higher in pairwise(taxes))
    assert all(0 <= tax <= wage for wage, tax in zip(wages, taxes, strict=True))


@pytest.mark.parametrize("year", FIGURES)
def test_credits_never_raise_the_tax_and_are_gone_at_the_top(year: int) -> None:
    for wage, _ in rows(HIGHEST_TRIED_MINOR):
        assert wage_tax(year, wage) <= wage_tax(year, wage, credits=False)
    assert wage_tax(year, 12_000_00) == wage_tax(year, 12_000_00, credits=False)


def test_a_year_whose_table_is_not_known_is_refused_with_those_that_are() -> None:
    assert known_years() == (2025, 2026)
    with pytest.raises(NotKnown) as refused:
        wage_tax(2027, 3_000_00)
    assert refused.value.message == (
        "the wage tax of 2027 is not known here; known are 2025 and 2026"
    )
    assert refused.value.data == {"year": 2027, "known": [2025, 2026]}


def test_a_wage_below_nothing_is_refused() -> None:
    with pytest.raises(GrossRefused, match=r"-0\.01 is not a gross amount; it is 0\.00 or more"):
        wage_tax(2026, -1)
