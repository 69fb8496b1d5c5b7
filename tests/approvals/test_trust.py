"""Every pair of where a check stands and what is done to it, and the draw of docs/trust.md."""

from __future__ import annotations

from decimal import Decimal
from itertools import product
from uuid import UUID

import pytest

from ideals.approvals.errors import MoveNotAllowed
from ideals.approvals.queries.draws import Candidate, drawn_from
from ideals.approvals.rules.draws import ALL, place_of
from ideals.approvals.rules.trust import FOUND_KEPT, STANDS, is_lost
from ideals.approvals.states import CheckAct, CheckState, check_after
from tests.approvals.trust_page import PAGE, table

HEAD, *ROWS = table("Checks")
SAID = {(row[0], act): to for row in ROWS for act, to in zip(HEAD[1:], row[1:], strict=True)}
SEED = PAGE.split("with the seed `")[1].split("`")[0]


@pytest.mark.parametrize(("state", "act"), list(product(CheckState, CheckAct)))
def test_checks_move_as_the_table_says(state: CheckState, act: CheckAct) -> None:
    said = SAID[state, act]
    if said == "-":
        with pytest.raises(MoveNotAllowed):
            check_after(state, act)
    else:
        assert check_after(state, act) == CheckState(said)


def test_trust_is_lost_while_the_last_finding_stands() -> None:
    assert not is_lost(None)
    assert {state for state in CheckState if is_lost(state)} == STANDS
    assert STANDS.isdisjoint(FOUND_KEPT)


def test_the_worked_draw_of_the_page() -> None:
    _, *rows = table("Draws")
    share = Decimal("0.25")
    candidates = [Candidate(UUID(row[0]), 1, at_once=True, distrusted=False) for row in rows]
    drawn = drawn_from(candidates, SEED, share)
    for id_, place, said in rows:
        assert f"{place_of(SEED, UUID(id_)):,}" == place
        assert (UUID(id_) in drawn.by_chance) is (said == "yes")
    assert f"`{drawn.digest}`" in PAGE
    assert f"{int(share * ALL):,}" in PAGE and f"{ALL:,}" in PAGE
