from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from uuid import UUID

import pytest

from ideals.kernel.month import Month
from ideals.ledger.errors import InsufficientBalance, OwedOverpaid, TransferRefused
from ideals.ledger.rules import Balance, check_balance, effects, month_of_id, opening_minor
from ideals.ledger.states import AccountKind, Phase


@dataclass(frozen=True)
class Moved:
    phase: Phase
    from_account: int = 1
    to_account: int = 2
    amount_minor: int = 70
    released_minor: int = 0


@pytest.mark.parametrize(
    ("moved", "giver", "taker"),
    [
        (Moved(Phase.SINGLE), Balance(-70, 0), Balance(70, 0)),
        (Moved(Phase.PENDING), Balance(0, 70), Balance(0, 0)),
        (Moved(Phase.POST, released_minor=100), Balance(-70, -100), Balance(70, 0)),
        (Moved(Phase.VOID, released_minor=70), Balance(0, -70), Balance(0, 0)),
    ],
)
def test_each_phase_moves_balances_in_its_way(moved, giver, taker):
    assert effects([moved]) == {1: giver, 2: taker}


def test_transfers_sum_to_one_effect_per_account():
    there, back = Moved(Phase.SINGLE), Moved(Phase.SINGLE, from_account=2, to_account=1)
    assert effects([there, back]) == {1: Balance(0, 0), 2: Balance(0, 0)}


@pytest.mark.parametrize(
    ("kind", "after", "error"),
    [
        (AccountKind.BUDGET, Balance(100, 100), None),
        (AccountKind.BUDGET, Balance(100, 101), InsufficientBalance),
        (AccountKind.LEAVE, Balance(-1, 0), InsufficientBalance),
        (AccountKind.OWED, Balance(-500, 0), None),
        (AccountKind.OWED, Balance(0, 0), None),
        (AccountKind.OWED, Balance(1, 0), OwedOverpaid),
        (AccountKind.OWED, Balance(-500, 1), TransferRefused),
    ],
)
def test_nobody_has_less_than_nothing_and_nobody_owes_less_than_nothing(kind, after, error):
    if error is None:
        check_balance(kind, after)
    else:
        with pytest.raises(error):
            check_balance(kind, after)


def test_a_refusal_names_the_account_and_no_amount():
    with pytest.raises(InsufficientBalance) as caught:
        check_balance(AccountKind.BUDGET, Balance(12345, 23456))
    assert "budget" in caught.value.message
    assert not any(digit.isdigit() for digit in caught.value.message)


def test_an_id_shows_its_month():
    assert month_of_id(UUID("20260300-0000-0000-0000-000000000001")) == Month(2026, 3)


@pytest.mark.parametrize("digits", ["202613", "2026ff", "abcdef", "000000"])
def test_an_id_that_shows_no_month_is_refused(digits):
    with pytest.raises(TransferRefused):
        month_of_id(UUID(hex=digits + "0" * 26))


@pytest.mark.parametrize(
    ("kind", "amount", "minor"),
    [
        (AccountKind.BUDGET, "522.16", 52216),
        (AccountKind.SAVINGS, "0", 0),
        (AccountKind.SAVINGS, "1000000000000", 10**14),
        (AccountKind.LEAVE, "7.5", 450),
        (AccountKind.LEAVE, "0.33", 20),
        (AccountKind.LEAVE, "0.025", 2),
    ],
)
def test_an_opening_is_euros_or_hours(kind, amount, minor):
    assert opening_minor(kind, Decimal(amount)) == minor


@pytest.mark.parametrize("amount", ["-0.01", "0.001", "1000000000000.01", "NaN", "Infinity"])
def test_an_opening_that_is_no_amount_is_refused(amount):
    with pytest.raises(TransferRefused):
        opening_minor(AccountKind.BUDGET, Decimal(amount))
