"""Differences, what becomes a debt, and setting off."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from ideals.budgets import rules
from ideals.budgets.rules import Booking, Entry, Purse
from ideals.kernel.quantity import Unit

A = Entry(202603, "a", Unit.EUR)
B = Entry(202603, "b", Unit.EUR)
amounts = st.integers(-10_000, 10_000).filter(bool)
entries = st.sampled_from([A, B, Entry(202602, "a", Unit.EUR), Entry(202601, "b", Unit.EUR)])


def test_what_is_no_longer_owed_goes_back() -> None:
    assert rules.differences({A: 100}, {A: 60, B: 5}) == {A: 40, B: -5}
    assert rules.differences({A: 100}, {A: 100}) == {}


def test_what_was_spent_becomes_a_debt() -> None:
    assert rules.bookings({A: -100}, Purse(available=60, debt=0)) == [
        Booking(A, -60, owed=False),
        Booking(A, -40, owed=True),
    ]


def test_what_comes_in_covers_what_goes_out_first() -> None:
    assert rules.bookings({A: -100, B: 100}, Purse(available=0, debt=0)) == [
        Booking(A, -100, owed=False),
        Booking(B, 100, owed=False),
    ]


def test_a_debt_is_set_off_with_what_comes_in_and_no_more() -> None:
    assert rules.set_off({A: 30}, Purse(available=0, debt=100)) == 30
    assert rules.set_off({A: 300}, Purse(available=0, debt=100)) == 100
    assert rules.set_off({A: -30}, Purse(available=500, debt=100)) == 0


@given(st.dictionaries(entries, amounts), st.integers(0, 20_000), st.integers(0, 20_000))
def test_every_difference_is_booked_whole_and_nothing_is_overdrawn(
    changes: dict[Entry, int], available: int, debt: int
) -> None:
    purse = Purse(available, debt)
    booked = rules.bookings(changes, purse)
    for entry, minor in changes.items():
        assert sum(b.minor for b in booked if b.entry == entry) == minor
    left = available + sum(b.minor for b in booked if not b.owed)
    back = rules.set_off(changes, purse)
    assert left - back >= 0
    assert debt - sum(b.minor for b in booked if b.owed) - back >= 0
    assert all(b.minor < 0 for b in booked if b.owed)


@given(st.integers(0, 30_000))
def test_chunks_hold_everybody_once(employees: int) -> None:
    ids = list(range(employees))
    chunks = list(rules.chunked(ids))
    assert [one for chunk in chunks for one in chunk] == ids
    assert all(len(chunk) <= rules.LARGEST_CHUNK for chunk in chunks)
