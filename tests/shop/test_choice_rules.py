"""Standing choices: what each asks for, and which do not go together."""

from __future__ import annotations

from decimal import Decimal
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ideals.kernel.month import Month
from ideals.shop.errors import ChoicesBeyondWhole, ChoiceUnreadable, RestNotLast
from ideals.shop.rules.choices import (
    Purse,
    Span,
    Wanted,
    Wish,
    check_amount,
    check_span,
    check_together,
    order_id,
    wanted,
)
from ideals.shop.states import ChoiceMode

MARCH, MAY = Month(2026, 3), Month(2026, 5)
ALWAYS = Span(MARCH, None)
PERCENT, REST, QUANTITY = ChoiceMode.PERCENT, ChoiceMode.REST, ChoiceMode.QUANTITY


def percent(amount: str, span: Span = ALWAYS) -> Wish:
    return Wish(PERCENT, Decimal(amount), span)


def test_a_quantity_is_ordered_as_it_is_or_not_at_all() -> None:
    purse = Purse(48_990, Decimal(0), 10)
    assert wanted(QUANTITY, Decimal(8), purse) == Wanted(Decimal(8), None, most=False)


def test_a_percentage_is_of_the_months_budget_and_not_of_what_is_left() -> None:
    purse = Purse(48_990, Decimal(0), 100)
    assert wanted(PERCENT, Decimal(25), purse) == Wanted(None, 12_247, most=False)


def test_the_rest_is_what_is_there_or_as_much_of_it_as_goes() -> None:
    assert wanted(REST, None, Purse(48_990, Decimal(75), 12_000)) == Wanted(None, 12_000, most=True)


@given(st.integers(0, 10**10), st.lists(st.integers(1, 10_000), min_size=1, max_size=8))
def test_percentages_that_make_the_whole_use_it_to_the_cent(
    allocated: int, weights: list[int]
) -> None:
    total = sum(weights)
    shares = [Decimal(weight * 100) / total for weight in weights[:-1]]
    shares.append(100 - sum(shares, Decimal(0)))
    before, used = Decimal(0), 0
    for each in shares:
        found = wanted(PERCENT, each, Purse(allocated, before, allocated)).euros_minor
        assert found is not None
        assert found >= 0
        used, before = used + found, before + each
    assert used == allocated


@pytest.mark.parametrize(
    ("mode", "amount"),
    [(REST, "10"), (QUANTITY, None), (QUANTITY, "0"), (QUANTITY, "-1"), (QUANTITY, "NaN"),
     (PERCENT, "100.01"), (PERCENT, "Infinity"), (PERCENT, None)],
)  # fmt: skip
def test_an_amount_that_says_nothing_is_refused(mode: ChoiceMode, amount: str | None) -> None:
    with pytest.raises(ChoiceUnreadable):
        check_amount(mode, None if amount is None else Decimal(amount))


def test_a_choice_begins_in_a_month_that_can_still_be_ordered_for() -> None:
    check_span(Span(MAY, MAY), MAY)
    with pytest.raises(ChoiceUnreadable, match="choose 2026-05 or a later month"):
        check_span(Span(MARCH, None), MAY)
    with pytest.raises(ChoiceUnreadable, match="comes after the first"):
        check_span(Span(MAY, MARCH), MARCH)


def test_percentages_of_one_month_are_at_most_the_whole() -> None:
    check_together([percent("60"), percent("40")])
    check_together([percent("60", Span(MARCH, MARCH)), percent("60", Span(MAY, None))])
    with pytest.raises(ChoicesBeyondWhole, match=r"In 2026-05 .* make 120"):
        check_together([percent("60"), percent("60", Span(MAY, MAY))])


def test_nothing_follows_the_rest_in_the_same_month() -> None:
    rest = Wish(REST, None, Span(MARCH, MARCH))
    check_together([percent("60"), rest])
    check_together([rest, percent("60", Span(MAY, None))])
    with pytest.raises(RestNotLast):
        check_together([rest, percent("10")])


def test_the_order_of_a_choice_in_a_month_is_always_the_same_one() -> None:
    choice, other = UUID(int=1), UUID(int=2)
    assert order_id(choice, MARCH) == order_id(choice, MARCH)
    assert len({order_id(c, m) for c in (choice, other) for m in (MARCH, MAY)}) == 4
