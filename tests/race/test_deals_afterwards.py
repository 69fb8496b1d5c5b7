"""Two who act at once on a deal in force: what can be done once is done once."""

from __future__ import annotations

from datetime import date, datetime
from uuid import UUID

import pytest
from sqlalchemy import func, select

from ideals.db import unit_of_work
from ideals.deals import commands
from ideals.deals.commands import (
    AnswerBreach,
    AnswerEnding,
    EndDeal,
    Evaluate,
    LookAgain,
    NameBreach,
    SettleBreach,
)
from ideals.deals.errors import BreachMovedOn, EndingMovedOn, EvaluatedAlready, MoveNotAllowed
from ideals.deals.models import Deal, Evaluation, LifeEvent
from ideals.deals.rules.life import Then
from ideals.kernel.actor import SYSTEM, Actor
from ideals.kernel.ids import new_id
from tests.deals.table import DAY, ZONE, Cast, at, cast_of, change_of, in_force, look
from tests.deals.test_evaluating import ANSWERS
from tests.race.test_deals import Acting, events
from tests.race.test_ledger import together

ROUNDS = 12
TODAY = date(2027, 4, 1)
NOW = at(TODAY)
DUE = date(2027, 9, 1)


@pytest.fixture
def cast(own_database: str) -> Cast:
    with unit_of_work() as session:
        return cast_of(session)


def begun(cast: Cast) -> UUID:
    with unit_of_work() as session:
        return in_force(session, cast).id


def evaluating(deal_id: UUID, actor: Actor, worth_it: str = "yes") -> Acting:
    cmd = Evaluate(deal_id, 1, {**ANSWERS, "worth_it": worth_it})
    return lambda session: commands.evaluate(session, cmd, actor=actor, now=at(DUE)).side


def ending(deal_id: UUID, actor: Actor, last_day: date, now: datetime = NOW) -> Acting:
    cmd = EndDeal(new_id(), deal_id, last_day, "The rota has changed")
    return lambda session: commands.end_deal(session, cmd, actor=actor, now=now).state


def the_clock(deal_id: UUID, now: datetime) -> Acting:
    return lambda session: commands.act_on_deal(session, deal_id, actor=SYSTEM, now=now)


def test_both_look_back_at_once_and_the_round_is_closed_once(cast: Cast) -> None:
    for _ in range(ROUNDS):
        deal_id = begun(cast)
        acts = [evaluating(deal_id, actor) for actor in (cast.anna, cast.boris)]
        assert set(together(acts * 3)) == {"employee", "employer"}
        assert (events(deal_id, "looked_back"), events(deal_id, "evaluated")) == (2, 1)
        with unit_of_work() as session:
            count = select(func.count()).where(Evaluation.deal_id == deal_id)
            assert session.scalar(count) == 2


def test_of_two_answers_of_one_side_the_first_stays(cast: Cast) -> None:
    for _ in range(ROUNDS):
        deal_id = begun(cast)
        acts = [evaluating(deal_id, cast.anna, worth_it) for worth_it in ("yes", "no")]
        assert sorted(map(str, together(acts))) == sorted(["employee", str(EvaluatedAlready)])


def test_the_same_deal_ended_twice_ends_once(cast: Cast) -> None:
    for _ in range(ROUNDS):
        deal_id = begun(cast)
        assert set(together([ending(deal_id, cast.dina, TODAY)] * 4)) == {"in_force"}
        assert events(deal_id, "ends_by_rule") == 1
        now = at(TODAY + DAY)
        together([the_clock(deal_id, now)] * 4)
        assert together([ending(deal_id, cast.dina, TODAY + DAY, now)]) == [MoveNotAllowed]
        assert events(deal_id, "end") == 1


def test_a_wish_to_end_it_is_answered_or_taken_back(cast: Cast) -> None:
    for _ in range(ROUNDS):
        deal_id = begun(cast)
        ask = EndDeal(new_id(), deal_id, date(2027, 6, 30), "The rota has changed")
        together(
            [lambda session, cmd=ask: commands.end_deal(session, cmd, actor=cast.anna, now=NOW)]
        )
        yes, back = (AnswerEnding(deal_id, ask.id, agree) for agree in (True, False))
        answers = together(
            [
                lambda session, cmd=yes: (
                    commands.answer_ending(session, cmd, actor=cast.boris, now=NOW).state
                ),
                lambda session, cmd=back: (
                    commands.answer_ending(session, cmd, actor=cast.anna, now=NOW).state
                ),
            ]
        )
        assert answers in (["agreed", EndingMovedOn], [EndingMovedOn, "taken_back"])
        with unit_of_work() as session:
            early = session.get_one(Deal, deal_id).ends_on == ask.last_day
        assert early == (answers[0] == "agreed")


def test_a_breach_is_settled_or_goes_to_hr(cast: Cast) -> None:
    for _ in range(ROUNDS):
        deal_id = begun(cast)
        name = NameBreach(new_id(), deal_id, "Twice on a Friday")
        together(
            [
                lambda session, cmd=name: (
                    commands.name_breach(session, cmd, actor=cast.anna, now=NOW).id
                )
            ]
            * 3
        )
        assert events(deal_id, "breach_named") == 1
        answer = AnswerBreach(deal_id, name.id, "Once")
        settle, stays = (SettleBreach(deal_id, name.id, stays=stays) for stays in (False, True))
        _, *two = together(
            [
                lambda session, cmd=answer: (
                    commands.answer_breach(session, cmd, actor=cast.boris, now=NOW).state
                ),
                *(
                    lambda session, cmd=cmd: (
                        commands.settle_breach(session, cmd, actor=cast.anna, now=NOW).state
                    )
                    for cmd in (settle, stays)
                ),
            ]
        )
        assert two in (["settled", BreachMovedOn], [BreachMovedOn, "with_hr"])


def test_both_say_at_once_what_becomes_of_it(cast: Cast) -> None:
    with unit_of_work() as session:
        commands.look_at_lives(session, zone=ZONE, actor=SYSTEM, now=at(date(2026, 11, 2)))
    deal_ids = [begun(cast) for _ in range(ROUNDS)]
    with unit_of_work() as session:
        change_of(session, "anna", TODAY, unit="Bank/Wholesale")
    looks = [lambda session: commands.look_at_lives(session, zone=ZONE, actor=SYSTEM, now=NOW)] * 4
    assert sum(together(looks)) == ROUNDS  # type: ignore[arg-type]
    with unit_of_work() as session:
        look(session, NOW)
        found = session.scalars(select(LifeEvent).where(LifeEvent.deal_id.in_(deal_ids))).all()
        asked = [(row.deal_id, row.id) for row in found]
    assert len(asked) == ROUNDS
    for deal_id, event_id in asked:
        end = LookAgain(deal_id, event_id, Then.END)
        together(
            [
                lambda session, cmd=end, actor=actor: (
                    commands.look_again(session, cmd, actor=actor, now=NOW).id
                )
                for actor in (cast.anna, cast.boris)
            ]
        )
        assert events(deal_id, "ending_agreed") == events(deal_id, "life_event_settled") == 1
