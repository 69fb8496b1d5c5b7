"""The end of a month and of an employment, worked by hand."""

from __future__ import annotations

from collections.abc import Iterable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ideals.kernel.month import Month
from ideals.kernel.quantity import Unit
from ideals.ledger.states import AccountKind, Reason
from ideals.schemes.rules import Debt, LeftOver, LeftOverNow, UnusedBought
from ideals.shop.rules.closing import (
    BUDGET,
    LEAVE,
    LEAVE_OF_EMPLOYER,
    OWED,
    PAY,
    Bought,
    Hour,
    Leaver,
    Move,
    UnusedLeave,
    employers,
    left_over,
    moves_of,
    own,
    pays_out,
    settled,
)

MONEY = {AccountKind.BUDGET: 10_000, AccountKind.SAVINGS: 5_000, AccountKind.DEVELOPMENT: 2_500}
HOUR = Hour(unit_minor=2_500, unit_minutes=60)
PURCHASE = employers(AccountKind.PURCHASE)
EMPLOYERS_BUDGET = employers(AccountKind.BUDGET)
AT_PRICE, AT_VALUE = UnusedBought.AT_PRICE_PAID, UnusedBought.AT_VALUE_TODAY


def told(moves: Iterable[Move]) -> list[tuple[object, ...]]:
    return [(m.source, m.target, m.minor, m.reason.value, m.code) for m in moves]


# What is left over


@pytest.mark.parametrize(
    ("available", "later", "left"),
    [
        (40_000, 0, 40_000),
        (88_990, 48_990, 40_000),  # April's budget is there already
        (30_000, 48_990, 0),  # and more than that was spent
        (40_000, -5_000, 40_000),  # something planned for May is paid for
        (0, 0, 0),
    ],
)
def test_what_is_left_of_a_month_is_neither_a_later_months_nor_spent(
    available: int, later: int, left: int
) -> None:
    assert left_over(available, later) == left


def test_what_is_kept_is_paid_in_december() -> None:
    months = [Month(2026, number) for number in range(1, 13)]
    assert all(pays_out(LeftOver.PAY_EACH_MONTH, month) for month in months)
    assert [m.month for m in months if pays_out(LeftOver.KEEP_UNTIL_DECEMBER, m)] == [12]
    assert not any(pays_out(LeftOver.SAVE_AS_LEAVE, month) for month in months)


def test_what_is_saved_moves_euros_and_minutes_and_the_remainder_is_paid() -> None:
    left = LeftOverNow(paid_minor=1_300, saved_minor=10_000, minutes=240)
    assert told(moves_of(left)) == [
        (BUDGET, PURCHASE, 10_000, "left_over", "left_over"),
        (LEAVE_OF_EMPLOYER, LEAVE, 240, "left_over", "left_over"),
        (BUDGET, PAY, 1_300, "left_over", "left_over"),
    ]
    assert moves_of(LeftOverNow(kept_minor=500)) == []


# Leaving


def test_everything_that_is_left_is_paid_account_by_account() -> None:
    assert told(settled(Leaver(MONEY), AT_PRICE, Debt.SET_OFF)) == [
        (BUDGET, PAY, 10_000, "settlement", "rest"),
        (own(AccountKind.SAVINGS), PAY, 5_000, "settlement", "savings"),
        (own(AccountKind.DEVELOPMENT), PAY, 2_500, "settlement", "development"),
    ]


LOTS = [Bought("leave", 2_400, 90_000, 360), Bought("leave", 600, 25_000, 600)]
"""40 h for 900.00 in January, of which 34 were taken, and 10 h for 250.00 in March."""


def test_unused_bought_hours_are_reversed_at_the_price_paid() -> None:
    """6 of the 40 h go back for 6/40 of 900.00 = 135.00, the 10 h for all of 250.00."""
    leave = UnusedLeave(LOTS)
    moves = settled(Leaver({AccountKind.BUDGET: 0}, leave=leave), AT_PRICE, Debt.SET_OFF)
    assert told(moves) == [
        (LEAVE, LEAVE_OF_EMPLOYER, 360, "settlement", "leave"),
        (PURCHASE, BUDGET, 13_500, "settlement", "leave"),
        (LEAVE, LEAVE_OF_EMPLOYER, 600, "settlement", "leave"),
        (PURCHASE, BUDGET, 25_000, "settlement", "leave"),
        (BUDGET, PAY, 38_500, "settlement", "rest"),
    ]


def test_unused_bought_hours_are_paid_at_todays_value() -> None:
    """The same 16 h at today's 26.10 an hour: 417.60."""
    leave = UnusedLeave(LOTS, hour=Hour(2_610, 60))
    leaver = Leaver({AccountKind.BUDGET: 0}, leave=leave)
    assert told(settled(leaver, AT_VALUE, Debt.SET_OFF)) == [
        (LEAVE, LEAVE_OF_EMPLOYER, 960, "settlement", "leave"),
        (EMPLOYERS_BUDGET, BUDGET, 41_760, "settlement", "leave"),
        (BUDGET, PAY, 41_760, "settlement", "rest"),
    ]


def test_granted_hours_that_were_not_taken_are_paid_at_todays_value() -> None:
    leaver = Leaver({}, leave=UnusedLeave(granted=450, hour=HOUR))
    assert told(settled(leaver, AT_PRICE, Debt.SET_OFF)) == [
        (LEAVE, LEAVE_OF_EMPLOYER, 450, "settlement", "leave"),
        (EMPLOYERS_BUDGET, BUDGET, 18_750, "settlement", "leave"),
        (BUDGET, PAY, 18_750, "settlement", "rest"),
    ]


def test_hours_of_which_nobody_tells_whether_they_were_taken_leave_as_hours() -> None:
    leave = UnusedLeave(granted=450, told=False, hour=HOUR)
    assert told(settled(Leaver({}, debt_minutes=60, leave=leave), AT_VALUE, Debt.SET_OFF)) == [
        (LEAVE, LEAVE_OF_EMPLOYER, 450, "settlement", "untold"),
        (LEAVE_OF_EMPLOYER, OWED, 60, "settlement", "untold"),
    ]


def test_a_debt_is_set_off_and_what_remains_is_deducted_from_pay() -> None:
    assert told(settled(Leaver(MONEY, debt_minor=12_000), AT_PRICE, Debt.SET_OFF)) == [
        (BUDGET, OWED, 10_000, "set_off", "debt"),
        (own(AccountKind.SAVINGS), OWED, 2_000, "set_off", "debt"),
        (own(AccountKind.SAVINGS), PAY, 3_000, "settlement", "savings"),
        (own(AccountKind.DEVELOPMENT), PAY, 2_500, "settlement", "development"),
    ]
    assert told(settled(Leaver({}, debt_minor=700), AT_PRICE, Debt.SET_OFF)) == [
        (PAY, OWED, 700, "settlement", "debt")
    ]


def test_leave_taken_beyond_what_there_was_is_a_debt_at_todays_price() -> None:
    leaver = Leaver({AccountKind.BUDGET: 10_000}, debt_minutes=180, leave=UnusedLeave(hour=HOUR))
    assert told(settled(leaver, AT_PRICE, Debt.SET_OFF)) == [
        (LEAVE_OF_EMPLOYER, OWED, 180, "settlement", "leave"),
        (OWED, EMPLOYERS_BUDGET, 7_500, "settlement", "leave"),
        (BUDGET, OWED, 7_500, "set_off", "debt"),
        (BUDGET, PAY, 2_500, "settlement", "rest"),
    ]


def test_a_debt_is_waived_on_death_only_where_the_scheme_says_so() -> None:
    died = Leaver({AccountKind.BUDGET: 10_000}, debt_minor=12_000, died=True)
    assert told(settled(died, AT_PRICE, Debt.WAIVE_ON_DEATH)) == [
        (EMPLOYERS_BUDGET, OWED, 12_000, "waived", "debt"),
        (BUDGET, PAY, 10_000, "settlement", "rest"),
    ]
    assert told(settled(died, AT_PRICE, Debt.SET_OFF)) == [
        (BUDGET, OWED, 10_000, "set_off", "debt"),
        (PAY, OWED, 2_000, "settlement", "debt"),
    ]


amounts = st.integers(0, 10**8)


@given(
    st.dictionaries(st.sampled_from(list(MONEY)), amounts),
    amounts,
    st.integers(0, 10_000),
    st.lists(st.tuples(st.integers(1, 6_000), amounts, st.integers(0, 6_000)), max_size=4),
    st.integers(0, 20_000),
    st.sampled_from(list(UnusedBought)),
    st.sampled_from(list(Debt)),
    st.booleans(),
)
def test_nothing_is_left_and_nothing_is_owed_when_somebody_has_left(
    money: dict[AccountKind, int],
    debt: int,
    debt_minutes: int,
    lots: list[tuple[int, int, int]],
    granted: int,
    rule: UnusedBought,
    waive: Debt,
    died: bool,
) -> None:
    bought = [Bought("leave", size, paid, min(size, unused)) for size, paid, unused in lots]
    leave = UnusedLeave(bought, granted, hour=HOUR)
    moves = settled(Leaver(dict(money), debt, debt_minutes, leave, died), rule, waive)
    balance = {own(kind): minor for kind, minor in money.items()}
    balance[OWED] = -debt
    for move in moves:
        assert move.minor > 0
        if move.unit is Unit.EUR:
            balance[move.source] = balance.get(move.source, 0) - move.minor
            balance[move.target] = balance.get(move.target, 0) + move.minor
            for side in (move.source, move.target):
                assert not side.own or side == OWED or balance[side] >= 0
    assert {minor for side, minor in balance.items() if side.own} <= {0}
    back = sum(m.minor for m in moves if m.unit is Unit.MIN and m.source == LEAVE)
    assert back == sum(each.unused for each in bought) + granted
    assert all(move.reason is not Reason.WAIVED or died for move in moves)
