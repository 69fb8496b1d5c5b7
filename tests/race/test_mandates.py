"""Two who decide at once about the same euros: the second sees what the first has spent."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from ideals.approvals import commands
from ideals.approvals.commands import Decide
from ideals.approvals.commands.mandates import GiveMandate, give_mandate
from ideals.approvals.models import ApprovalStep
from ideals.approvals.queries import standing_in
from ideals.approvals.states import Decision
from ideals.db import unit_of_work
from ideals.kernel.actor import Actor
from ideals.kernel.errors import IdealsError
from ideals.kernel.money import Money
from ideals.people.queries import unit_by_path
from tests.approvals.conftest import Cast, cast_of, heard  # noqa: F401 - used by itself
from tests.approvals.test_mandates import ZWOLLE, spend
from tests.race.test_ledger import together

NOW = datetime.now(UTC)
ROUNDS = 25


@pytest.fixture
def cast(own_database: str) -> Cast:
    with unit_of_work() as session:
        return cast_of(session)


def test_a_mandate_is_never_spent_twice(cast: Cast) -> None:
    """Of ten requests for 60 euros of 100 that wait at once one is agreed to on the mandate; the
    others have gone to HR, or still wait to go there."""
    for number in range(ROUNDS):
        year = NOW.year + number
        now = datetime(year, 6, 1, 9, tzinfo=UTC)
        with unit_of_work() as session:
            cmd = GiveMandate(ZWOLLE, year, Money(10_000), "clara")
            give_mandate(session, cmd, actor=cast.dina, now=now)
            unit_id = unit_by_path(session, ZWOLLE).id
            made = [spend(session, cast, "60", now=now).id for _ in range(10)]

        def decide(session: Session, id_: object, who: Actor, at: datetime) -> object:
            try:
                cmd = Decide(id_, Decision.APPROVE)  # type: ignore[arg-type]
                return commands.decide(session, cmd, actor=who, now=at).state
            except IdealsError as refusal:
                return refusal.code

        answers = together(
            [lambda session, id_=id_, at=now: decide(session, id_, cast.clara, at) for id_ in made]
        )
        assert answers.count("approved") == 1, answers
        with unit_of_work() as session:
            spent = standing_in.spent_on_mandates(session, [unit_id], year)[unit_id]
            states = session.scalars(
                select(ApprovalStep.state).where(ApprovalStep.approval_id.in_(made))
            ).all()
        assert spent == Money(6_000)
        assert sorted(states) == ["approved", *["open"] * 9]
