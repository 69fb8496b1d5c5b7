"""Every pair of state and act, against the table in the docs."""

from __future__ import annotations

import re
from itertools import product

import pytest

from ideals.approvals.errors import MoveNotAllowed
from ideals.approvals.states import MOVES, Act, State, after
from ideals.config import ROOT


def documented() -> dict[tuple[str, str], str]:
    """(state, act) to state, of the table in docs/approvals.md; a dash is refused."""
    text = (ROOT / "docs" / "approvals.md").read_text()
    rows = [
        [cell.strip(" `") for cell in line.strip("|").split("|")]
        for line in text.splitlines()
        if re.match(r"\| *(`\w+`|state) *\|", line)
    ]
    head = next(row for row in rows if row[0] == "state")
    moves = {}
    for row in rows:
        if row[0] in set(State):
            moves |= {(row[0], act): to for act, to in zip(head[1:], row[1:], strict=True)}
    return moves


@pytest.mark.parametrize(("state", "act"), list(product(State, Act)))
def test_the_table_in_the_docs_says_what_happens(state: State, act: Act) -> None:
    said = documented()[state, act]
    if said == "-":
        with pytest.raises(MoveNotAllowed):
            after(state, act)
    else:
        assert after(state, act) == State(said)


def test_every_move_ends_an_approval() -> None:
    assert {state for state, _ in MOVES} == {State.OPEN}
    assert State.OPEN not in MOVES.values()
