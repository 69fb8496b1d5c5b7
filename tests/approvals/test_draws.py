"""Draws: the worked rows of docs/policies.md, and what makes a draw fair."""

from __future__ import annotations

from decimal import Decimal
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ideals.approvals.rules import is_drawn
from ideals.approvals.rules.draws import ALL, place_of
from tests.approvals.policy_page import PAGE, tables

HEAD, *ROWS = tables("How cases are drawn")[0]
SEED = PAGE.split("With the seed `")[1].split("`")[0]
shares = st.decimals(0, 1, places=4)


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row[1])
def test_the_worked_draw_of_the_page(row: list[str]) -> None:
    approval, digits, fraction, *drawn = row
    place = place_of(SEED, UUID(approval))
    assert f"{place:08x}" == digits
    assert f"{Decimal(place) / ALL:.6f}" == fraction
    for title, said in zip(HEAD[3:], drawn, strict=True):
        share = Decimal(title.removeprefix("drawn at ").removesuffix("%")) / 100
        assert is_drawn(SEED, UUID(approval), share) is (said == "yes")


def test_the_page_shows_the_command_that_repeats_it() -> None:
    command = next(line for line in PAGE.splitlines() if line.startswith("printf"))
    assert ROWS[0][0] in command
    assert command.endswith(SEED)
    assert f"{place_of(SEED, UUID(ROWS[0][0])):,}" in PAGE
    assert f"{ALL:,}" in PAGE


@given(st.text(), st.uuids(), shares, shares)
def test_a_larger_share_draws_the_same_and_more(
    seed: str, approval: UUID, one: Decimal, other: Decimal
) -> None:
    if is_drawn(seed, approval, min(one, other)):
        assert is_drawn(seed, approval, max(one, other))


@given(st.text(), st.uuids())
def test_nothing_draws_nobody_and_all_draws_everybody(seed: str, approval: UUID) -> None:
    assert not is_drawn(seed, approval, Decimal(0))
    assert is_drawn(seed, approval, Decimal(1))


def test_a_share_of_many_is_near_it_with_any_seed() -> None:
    approvals = [UUID(int=number) for number in range(10_000)]
    for seed in ("one", "another"):
        drawn = sum(is_drawn(seed, approval, Decimal("0.1")) for approval in approvals)
        assert 850 < drawn < 1150
    both = [is_drawn("one", each, Decimal("0.1")) for each in approvals]
    assert both != [is_drawn("another", each, Decimal("0.1")) for each in approvals]
