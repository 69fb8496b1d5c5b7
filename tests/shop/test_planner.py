"""A plan, month by month, in numbers worked by hand: 429.00 a month at a pay of 3,000.00."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ideals.kernel.month import Month
from ideals.kernel.said import say
from ideals.schemes.rules import LeftOver, LeftOverNow, left_over
from ideals.schemes.rules.made_up import MadeUp, made_up
from ideals.shop.rules.meaning import Pay
from ideals.shop.rules.planner import (
    Ahead,
    Becomes,
    Ceiling,
    Offer,
    Plan,
    Repeated,
    Row,
    Start,
    plan,
    repeated,
)
from tests.shop.test_meaning import SCHEME

MARCH, APRIL, MAY = Month(2026, 3), Month(2026, 4), Month(2026, 5)
DECEMBER = Month(2026, 12)
YEAR = tuple(MARCH.until(MARCH.plus(11)))
HOUR = Offer(unit_minor=2_000, unit_minutes=Decimal(60), minimum=Decimal(1))
EURO = Offer(unit_minor=100)


def becomes(rule: LeftOver) -> Becomes:
    """By a scheme that sells an hour of leave for 20.00."""
    scheme = replace(SCHEME, calendar=replace(SCHEME.calendar, left_over=rule))
    person = made_up(scheme, MadeUp(300_000), MARCH)

    def left(month: Month, minor: int, held: int) -> LeftOverNow:
        return left_over(scheme, person, month, month.last, minor, held)

    return left


START = Start(Pay(300_000), 0, becomes(LeftOver.KEEP_UNTIL_DECEMBER))


def row(code: str, offer: Offer, *ceilings: Ceiling) -> Row:
    return Row(SCHEME.products[code], dict.fromkeys(YEAR, offer), ceilings)


LEAVE, SAVINGS, CASH = row("leave", HOUR), row("savings", EURO), row("cash", EURO)


def planned(
    wanted: Mapping[tuple[str, Month], str],
    *,
    rows: tuple[Row, ...] = (LEAVE, SAVINGS, CASH),
    months: tuple[Month, ...] = (MARCH, APRIL),
    start: Start = START,
    charged: int = 0,
) -> Plan:
    ahead = [Ahead(month, 42_900, charged) for month in months]
    return plan(rows, ahead, start, {key: Decimal(text) for key, text in wanted.items()})


def test_a_month_is_split_over_the_products() -> None:
    """Eight hours are 160.00; 100.00 is saved; 169.00 paid out, 67.93 tax: 101.07."""
    wanted = {("leave", MARCH): "8", ("savings", MARCH): "100", ("cash", MARCH): "169"}
    found = planned(wanted, months=(MARCH,))
    (month,) = found.months
    assert [(cell.code, cell.price_minor, cell.minutes) for cell in month.cells] == [
        ("leave", 16_000, 480),
        ("savings", 10_000, 0),
        ("cash", 16_900, 0),
    ]
    assert (found.gross_minor, found.net_minor, found.minutes) == (16_900, 10_107, 480)
    assert (found.saved_minor, month.left_minor) == (10_000, 0)
    assert found.refused == ()


def test_what_is_left_goes_on_to_the_next_month() -> None:
    found = planned({("leave", MARCH): "8", ("leave", APRIL): "30"})
    march, april = found.months
    assert (march.began_minor, march.left_minor) == (0, 26_900)
    assert (april.began_minor, april.left_minor) == (26_900, 9_800)
    assert (found.minutes, found.end_left_minor) == (2_280, 9_800)


def test_what_cannot_be_says_why_and_moves_nothing() -> None:
    found = planned({("leave", MARCH): "22", ("cash", MARCH): "429", ("leave", APRIL): "21"})
    (refused,) = found.refused
    assert refused.refused == "There would be 429.00 then: 11.00 too little."
    assert (refused.price_minor, refused.minutes) == (0, 0)
    assert [month.left_minor for month in found.months] == [0, 900]


def test_charges_come_first_and_pay_carries_what_the_budget_cannot() -> None:
    found = planned({("cash", APRIL): "1"}, charged=50_000)
    march, april = found.months
    assert (march.charged_minor, march.short_minor, march.left_minor) == (42_900, 7_100, 0)
    assert [cell.refused is None for cell in april.cells] == [False]


def test_december_pays_what_nobody_chose() -> None:
    """100.00 x 10 from March, all at once: 1,000.00 x 40.20% = 402.00."""
    months = tuple(MARCH.until(DECEMBER.plus(1)))
    wanted = {("savings", month): "329" for month in months}
    found = planned(wanted, months=months)
    december, january = found.months[-2:]
    assert december.by_itself == LeftOverNow(paid_minor=100_000)
    assert december.net_minor == 59_800
    assert (december.left_minor, january.began_minor, january.left_minor) == (0, 0, 10_000)
    assert (found.gross_minor, found.net_minor, found.unknown) == (100_000, 59_800, ())


def test_a_scheme_may_pay_each_month() -> None:
    start = replace(START, becomes=becomes(LeftOver.PAY_EACH_MONTH))
    found = planned({("leave", MARCH): "8"}, start=start)
    assert [month.gross_minor for month in found.months] == [26_900, 42_900]
    assert [month.net_minor for month in found.months] == [16_087, 25_655]


def test_a_scheme_may_save_as_leave() -> None:
    """Of 429.00, 21 hours are 420.00; 9.00 is paid."""
    start = replace(START, becomes=becomes(LeftOver.SAVE_AS_LEAVE))
    found = planned({("leave", MARCH): "1"}, start=start)
    assert [month.minutes for month in found.months] == [60 + 20 * 60, 21 * 60]
    assert [month.gross_minor for month in found.months] == [900, 900]
    assert found.end_left_minor == 0


def test_net_of_a_year_without_tables_is_not_known() -> None:
    january = Month(2027, 1)
    found = planned(
        {("cash", DECEMBER): "429", ("cash", january): "100"}, months=(DECEMBER, january)
    )
    assert [month.net_minor for month in found.months] == [25_655, None]
    assert (found.gross_minor, found.net_minor, found.unknown) == (52_900, 25_655, (2027,))


@pytest.mark.parametrize(
    ("quantity", "why"),
    [
        ("2.5", "Choose a multiple of 1."),
        ("1", "Choose at least 2."),
        ("11", "Choose at most 10."),
        ("10", None),
    ],
)
def test_steps_and_bounds_hold(quantity: str, why: str | None) -> None:
    offer = replace(HOUR, minimum=Decimal(2), maximum=Decimal(10))
    found = planned({("leave", MARCH): quantity}, rows=(row("leave", offer),))
    assert [cell.refused for cell in found.refused] == ([why] if why else [])


def test_a_limit_counts_what_was_used_and_what_is_planned() -> None:
    year = Ceiling(Month(2026, 1), DECEMBER, Decimal(20), used=Decimal(5))
    wanted = {("leave", MARCH): "8", ("leave", APRIL): "8", ("leave", MAY): "7"}
    found = planned(wanted, rows=(row("leave", HOUR, year),), months=(MARCH, APRIL, MAY))
    (refused,) = found.refused
    assert refused.month == APRIL
    assert refused.refused == "Your limit leaves 7 through 2026-12."
    assert found.minutes == 900


def test_a_limit_may_count_euros_or_times() -> None:
    euros = Ceiling(MARCH, APRIL, Decimal(10_000), in_euros=True)
    once = Ceiling(MARCH, MARCH, None, times=1, used_times=1)
    wanted = {("savings", MARCH): "60", ("savings", APRIL): "60", ("cash", MARCH): "1"}
    found = planned(wanted, rows=(row("savings", EURO, euros), row("cash", EURO, once)))
    assert [(cell.code, cell.month, str(cell.refused)) for cell in found.refused] == [
        ("cash", MARCH, "It can be chosen 1 times through 2026-03."),
        ("savings", APRIL, "Your limit leaves 40.00 through 2026-04."),
    ]


def test_a_product_that_is_closed_says_so() -> None:
    closed = replace(EURO, closed=say("It can be ordered from %(day)s.", day="1 May"))
    found = planned({("savings", MARCH): "5"}, rows=(row("savings", closed),))
    assert [cell.refused for cell in found.refused] == ["It can be ordered from 1 May."]
    none = Row(SCHEME.products["cash"], {})
    assert len(planned({("cash", MARCH): "5"}, rows=(none,)).refused) == 1


def test_the_cells_become_standing_choices() -> None:
    wanted = {("cash", MARCH): "50", ("cash", APRIL): "50", ("cash", MAY): "60"}
    wanted |= {("leave", MARCH): "1", ("leave", MAY): "1", ("savings", APRIL): "9999"}
    found = planned(wanted, months=(MARCH, APRIL, MAY))
    assert repeated(found) == (
        Repeated("leave", Decimal(1), MARCH, MARCH),
        Repeated("leave", Decimal(1), MAY, MAY),
        Repeated("cash", Decimal(50), MARCH, APRIL),
        Repeated("cash", Decimal(60), MAY, MAY),
    )


BECOMES = {rule: becomes(rule) for rule in LeftOver}
CELLS = st.dictionaries(
    st.tuples(st.sampled_from(("leave", "savings", "cash")), st.sampled_from(YEAR)),
    st.decimals(0, 600, places=2) | st.integers(0, 40).map(Decimal),
    max_size=20,
)


@given(wanted=CELLS, rule=st.sampled_from(LeftOver), charged=st.integers(0, 60_000))
def test_no_plan_makes_or_loses_a_cent(
    wanted: dict[tuple[str, Month], Decimal], rule: LeftOver, charged: int
) -> None:
    ahead = [Ahead(month, 42_900, charged) for month in YEAR]
    start = replace(START, available_minor=1_234, becomes=BECOMES[rule])
    found = plan((LEAVE, SAVINGS, CASH), ahead, start, wanted)
    for month in found.months:
        by_itself = month.by_itself.paid_minor + month.by_itself.saved_minor
        gone = month.charged_minor + month.spent_minor + by_itself
        assert month.began_minor + month.allocated_minor == gone + month.left_minor
        assert month.left_minor >= 0
        assert month.charged_minor + month.short_minor == charged
    assert plan((LEAVE, SAVINGS, CASH), ahead, start, wanted) == found
