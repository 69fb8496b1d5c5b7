"""What the database itself refuses of what comes after a deal is in force."""

from __future__ import annotations

from datetime import date

import pytest
from sqlalchemy.orm import Session

from ideals.deals import commands
from ideals.deals.commands import AnswerBreach, AnswerEnding, EndDeal, NameBreach, SettleBreach
from ideals.deals.models import Deal
from ideals.kernel.ids import new_id
from tests.deals.table import Cast, at, cast_of, in_force
from tests.deals.test_database import refuses

NOW = at(date(2027, 4, 1))


@pytest.fixture
def cast(session: Session) -> Cast:
    return cast_of(session)


@pytest.fixture
def deal(session: Session, cast: Cast) -> Deal:
    return in_force(session, cast)


def test_what_was_named_stays_as_it_was_said_and_answered(
    session: Session, cast: Cast, deal: Deal
) -> None:
    stays = "what was named as a breach stays"
    cmd = NameBreach(new_id(), deal.id, "Twice on a Friday")
    breach = commands.name_breach(session, cmd, actor=cast.anna, now=NOW)
    for change in ("said = 'Never'", "side = 'employer'", "hr_on = '2099-01-01'"):
        assert stays in refuses(session, f"UPDATE deals_breach SET {change}")
    assert stays in refuses(session, "DELETE FROM deals_breach")
    answer = AnswerBreach(deal.id, breach.id, "Once")
    commands.answer_breach(session, answer, actor=cast.boris, now=NOW)
    assert stays in refuses(session, "UPDATE deals_breach SET answer = 'Never'")
    assert "over_whole" in refuses(session, "UPDATE deals_breach SET state = 'settled'")
    settle = SettleBreach(deal.id, breach.id)
    commands.settle_breach(session, settle, actor=cast.anna, now=NOW)
    assert stays in refuses(session, "UPDATE deals_breach SET state = 'named', over_at = NULL")


def test_a_wish_to_end_it_is_answered_once_and_one_is_asked_at_a_time(
    session: Session, cast: Cast, deal: Deal
) -> None:
    stays = "that a side wanted to end a deal stays"
    end = EndDeal(new_id(), deal.id, date(2027, 6, 30), "The rota has changed")
    commands.end_deal(session, end, actor=cast.anna, now=NOW)
    assert stays in refuses(session, "UPDATE deals_ending SET last_day = '2027-07-01'")
    assert "deals_ending_one_asked" in refuses(
        session,
        "INSERT INTO deals_ending (id, deal_id, side, last_day, reason, state, answer_by, at, by)"
        " SELECT gen_random_uuid(), deal_id, 'employer', last_day, reason, state, answer_by, at, by"
        " FROM deals_ending",
    )
    answer = AnswerEnding(deal.id, end.id, agree=True)
    commands.answer_ending(session, answer, actor=cast.boris, now=NOW)
    assert stays in refuses(session, "UPDATE deals_ending SET state = 'asked', answered_at = NULL")
    assert stays in refuses(session, "DELETE FROM deals_ending")


@pytest.mark.parametrize(
    ("columns", "values", "name"),
    [
        ("kind", "'holiday'", "kind_known"),
        ("kind, employee_says", "'leaving', 'perhaps'", "answers_known"),
    ],
)
def test_what_a_life_event_must_hold(
    session: Session, deal: Deal, columns: str, values: str, name: str
) -> None:
    said = refuses(
        session,
        f'INSERT INTO deals_life_event (deal_id, "on", at, {columns})'
        f" VALUES (:deal, '2027-04-01', now(), {values})",
        deal=deal.id,
    )
    assert name in said
