"""Every pair of state and act, against the table of docs/deals.md."""

from __future__ import annotations

from itertools import product

import pytest

from ideals.deals.errors import MoveNotAllowed
from ideals.deals.states import OVER, Act, DealState, Side, Started, TermKind, Visibility, after
from tests.deals.deals_page import PAGE, tables

HEAD, *ROWS = tables("Its life")[0]
DOCUMENTED = {
    (state, row[0]): to for row in ROWS for state, to in zip(HEAD[1:], row[1:], strict=True)
}


def test_the_table_has_every_act_and_every_state() -> None:
    assert [row[0] for row in ROWS] == [act.value for act in Act]
    assert HEAD[1:] == [state.value for state in DealState if state not in OVER]


@pytest.mark.parametrize(("state", "act"), list(product(DealState, Act)))
def test_every_state_and_act_do_what_the_table_says(state: DealState, act: Act) -> None:
    said = DOCUMENTED.get((state.value, act.value), "-")
    if said == "-":
        with pytest.raises(MoveNotAllowed) as refused:
            after(state, act)
        assert refused.value.data == {"current": state.value}
    else:
        assert after(state, act) is DealState(said)


@pytest.mark.parametrize("state", OVER)
def test_what_is_over_stays_so(state: DealState) -> None:
    for act in Act:
        with pytest.raises(MoveNotAllowed):
            after(state, act)


def test_every_state_is_reached_and_can_be_left_or_is_over() -> None:
    reached = {to for to in DOCUMENTED.values() if to != "-"}
    assert reached == {state.value for state in DealState}


def test_the_page_names_every_word() -> None:
    for word in (*Visibility, *Started, *TermKind, *Side):
        assert f"`{word}`" in PAGE, word


def test_a_side_has_another() -> None:
    assert [side.other for side in Side] == [Side.EMPLOYER, Side.EMPLOYEE]
