"""Money of a deal that two settle at once, and that ends meanwhile: it moves once, and adds up."""

from __future__ import annotations

from datetime import date
from uuid import UUID

import pytest
from sqlalchemy.orm import Session

from ideals.db import unit_of_work
from ideals.deals import queries
from ideals.deals.commands import living
from ideals.kernel.actor import SYSTEM
from ideals.kernel.errors import IdealsError
from ideals.ledger.queries import balances, prove
from tests.deals.table import Cast, at, cast_of
from tests.deals.test_living_money import monthly, started
from tests.race.test_ledger import together

JUNE = at(date(2027, 6, 3))


@pytest.fixture
def cast(own_database: str) -> Cast:
    with unit_of_work() as session:
        return cast_of(session)


def settling(deal_id: UUID) -> object:
    return lambda session: living.settle(session, deal_id, actor=SYSTEM, now=JUNE)


def stopping(deal_id: UUID) -> object:
    def stop(session: Session) -> None:
        deal = queries.lock_deal(session, deal_id)
        living.stop(session, deal, date(2027, 4, 30), now=JUNE)

    return stop


def test_settled_by_many_and_ended_meanwhile(cast: Cast) -> None:
    with unit_of_work() as session:
        deal_id = started(session, cast, monthly(), monthly(personal_part=True)).id
    acts = [settling(deal_id)] * 5 + [stopping(deal_id)] + [settling(deal_id)] * 2
    answers = together(acts)  # type: ignore[arg-type]
    assert not [each for each in answers if isinstance(each, IdealsError)], answers
    with unit_of_work() as session:
        living.settle(session, deal_id, actor=SYSTEM, now=JUNE)
    with unit_of_work() as session:
        [budget] = [b for b in balances(session, cast.ids["anna"]) if b.kind == "budget"]
        assert budget.posted_minor == 2 * 33_33
        assert prove(session) == []
