"""Every pair of state and action, compared with the table in the docs."""

from __future__ import annotations

import re

import pytest

from ideals.config import ROOT
from ideals.shop.errors import MoveNotAllowed
from ideals.shop.states import Action, OrderState, after


def table(heading: str) -> list[list[str]]:
    """The rows of the table under a heading of docs/shop.md, without its head."""
    page = (ROOT / "docs" / "shop.md").read_text()
    part = page.split(f"## {heading}\n")[1].split("\n## ")[0]
    rows = [line for line in part.splitlines() if line.startswith("|")]
    return [[cell.strip() for cell in row.strip("|").split("|")] for row in rows[2:]]


def told() -> dict[tuple[OrderState, Action], OrderState]:
    moves = {}
    for state, *cells in table("States"):
        for action, cell in zip(
            (Action.APPROVE, Action.REFUSE, Action.RELEASE, Action.CANCEL, Action.REVERSE),
            cells,
            strict=True,
        ):
            if cell != "–":
                moves[OrderState(state.strip("`")), action] = OrderState(cell.strip("`"))
    return moves


@pytest.mark.parametrize("action", Action)
@pytest.mark.parametrize("state", OrderState)
def test_each_move_is_the_one_the_docs_tell(state: OrderState, action: Action) -> None:
    wanted = told().get((state, action))
    if wanted is None:
        with pytest.raises(MoveNotAllowed) as refused:
            after(state, action)
        assert refused.value.data == {"state": state.value}
    else:
        assert after(state, action) is wanted


def test_the_docs_tell_of_every_state() -> None:
    assert [re.sub("`", "", row[0]) for row in table("States")] == [
        each.value for each in OrderState
    ]
