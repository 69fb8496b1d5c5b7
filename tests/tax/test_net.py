"""What is left of an amount: with the wage of each month, paid once, or taken out of the wage."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ideals.tax.errors import GrossRefused, NotKnown
from ideals.tax.rules import (
    Net,
    TableKind,
    net_now,
    net_of_month,
    net_once,
    special_tax,
    wage_tax,
    what_it_costs,
)

wages = st.integers(min_value=0, max_value=15_000_00)
amounts = st.integers(min_value=0, max_value=5_000_00)
years = st.sampled_from([2025, 2026])


@settings(max_examples=300, deadline=None)
@given(years, wages, amounts, st.booleans())
def test_what_comes_with_the_wage_is_taxed_as_part_of_it(
    year: int, wage: int, extra: int, credits: bool
) -> None:
    now = net_now(year, wage, extra, credits=credits)
    alone = net_of_month(year, wage, credits=credits)
    together = net_of_month(year, wage + extra, credits=credits)
    assert now.gross_minor == extra
    assert alone.net_minor + now.net_minor == together.net_minor
    assert now.tax_minor >= 0


@settings(deadline=None)
@given(years, wages, amounts)
def test_taking_out_of_the_wage_undoes_what_came_with_it(year: int, wage: int, extra: int) -> None:
    assert what_it_costs(year, wage + extra, extra) == net_now(year, wage, extra)


@settings(deadline=None)
@given(years, wages, st.booleans())
def test_net_is_gross_minus_tax(year: int, wage: int, credits: bool) -> None:
    net = net_of_month(year, wage, credits=credits)
    assert (net.gross_minor, net.tax_minor) == (wage, wage_tax(year, wage, credits=credits))
    assert net.net_minor == net.gross_minor - net.tax_minor


def test_more_than_the_wage_cannot_be_taken_out_of_it() -> None:
    assert what_it_costs(2026, 3_000_00, 3_000_00).net_minor == 3_000_00 - 386_83
    with pytest.raises(GrossRefused, match="at most the whole wage") as refused:
        what_it_costs(2026, 3_000_00, 3_000_01)
    assert "3000" not in refused.value.message, "a salary is in no error"


@pytest.mark.parametrize(("yearly_wage", "left"), [(35_000_00, 296_01), (50_000_00, 245_18)])
def test_what_is_paid_once_follows_the_wage_of_last_year(yearly_wage: int, left: int) -> None:
    once = net_once(2026, yearly_wage, 495_00)
    assert once is not None
    assert (once.net_minor, once.tax_minor) == (left, 495_00 - left)


@pytest.mark.parametrize(
    ("first", "rate"),
    [
        (0, 0),
        (11_358, 27_43),
        (12_923, 4_74),
        (23_931, 33_80),
        (29_737, 40_20),
        (38_884, 42_01),
        (45_593, 50_47),
        (78_427, 56_01),
        (143_555, 49_50),
    ],
)
def test_a_special_rate_begins_at_its_euro(first: int, rate: int) -> None:
    """Of 100.00 the tax in cents is the percentage in hundredths."""
    assert special_tax(2026, first * 100, 100_00) == rate
    if first:
        assert special_tax(2026, first * 100 - 1, 100_00) != rate


def test_special_tax_is_rounded_down_to_the_cent() -> None:
    assert special_tax(2026, 50_000_00, 1_98) == 99  # 50.47% is 0.9993
    assert special_tax(2026, 50_000_00, 1) == 0


@pytest.mark.parametrize("year", [2024, 2025, 2027])
def test_where_the_special_table_is_not_known_nothing_is_made_up(year: int) -> None:
    assert special_tax(year, 35_000_00, 495_00) is None
    assert net_once(year, 35_000_00, 495_00) is None


@pytest.mark.parametrize(
    ("net", "kind", "words"),
    [
        (
            net_now(2025, 3_000_00, 495_00),
            TableKind.MONTH,
            "monthly table of 2025 with wage-tax credit",
        ),
        (
            what_it_costs(2026, 3_000_00, 495_00, credits=False),
            TableKind.MONTH,
            "monthly table of 2026 without wage-tax credit",
        ),
        (
            net_once(2026, 35_000_00, 495_00),
            TableKind.SPECIAL,
            "special-reward table of 2026 with wage-tax credit",
        ),
    ],
)
def test_an_amount_says_which_table_it_comes_from(net: Net, kind: TableKind, words: str) -> None:
    table = net.table
    assert (table.kind, table.words) == (kind, words)
    assert table.words.template == words.replace(str(table.year), "%(year)s")
    assert table.credits == ("without" not in words)
    assert f"Belastingdienst, {'Tabel' if kind is TableKind.SPECIAL else 'Reken'}" in table.source
    assert str(table.year) in table.source


def test_amounts_below_nothing_and_unknown_years_are_refused_everywhere() -> None:
    for refused in (
        lambda: net_now(2026, 3_000_00, -1),
        lambda: net_now(2026, -1, 3_000_00),
        lambda: net_of_month(2026, -1),
        lambda: net_once(2026, 35_000_00, -1),
        lambda: net_once(2026, -1, 495_00),
        lambda: what_it_costs(2026, 3_000_00, -1),
    ):
        with pytest.raises(GrossRefused):
            refused()
    for unknown in (
        lambda: net_now(2024, 3_000_00, 1),
        lambda: net_of_month(2024, 1),
        lambda: what_it_costs(2024, 3_000_00, 1),
    ):
        with pytest.raises(NotKnown):
            unknown()
