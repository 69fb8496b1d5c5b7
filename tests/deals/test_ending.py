"""A deal in force ends early: one side asks, the other answers, or HR does by a rule."""

from __future__ import annotations

from datetime import date, datetime
from uuid import UUID

import pytest
from sqlalchemy.orm import Session

from ideals.deals import commands, queries
from ideals.deals.commands import AnswerEnding, EndDeal
from ideals.deals.errors import (
    EndingAsked,
    EndingMovedOn,
    LastDayWrong,
    MoveNotAllowed,
    NotYoursToDo,
    TextWrong,
)
from ideals.deals.models import Deal, Ending
from ideals.deals.queries.afterwards import ending_asked, endings_of
from ideals.kernel.actor import Actor
from ideals.kernel.ids import new_id
from tests.deals.table import (
    COURSE,
    DAY,
    NOW,
    Cast,
    acts,
    at,
    both_accept,
    cast_of,
    in_force,
    look,
    open_approval,
    propose,
    told,
)

TODAY = date(2027, 4, 1)
LAST = date(2027, 5, 31)


@pytest.fixture
def cast(session: Session) -> Cast:
    return cast_of(session)


def end(
    session: Session,
    deal: Deal,
    actor: Actor,
    last_day: date = LAST,
    *,
    id_: UUID | None = None,
    now: datetime | None = None,
) -> Deal:
    cmd = EndDeal(id_ or new_id(), deal.id, last_day, "The rota has changed")
    return commands.end_deal(session, cmd, actor=actor, now=now or at(TODAY))


def answer(
    session: Session, deal: Deal, actor: Actor, *, agree: bool, said: str = "", asked: Ending
) -> Ending:
    cmd = AnswerEnding(deal.id, asked.id, agree, said)
    return commands.answer_ending(session, cmd, actor=actor, now=at(TODAY))


def asked_by(session: Session, deal: Deal, actor: Actor) -> Ending:
    end(session, deal, actor)
    asked = ending_asked(session, deal.id)
    assert asked is not None
    return asked


def test_both_want_it_and_it_holds_through_its_last_day(session: Session, cast: Cast) -> None:
    deal = in_force(session, cast)
    asked = asked_by(session, deal, cast.anna)
    assert ("ending_asked", "boris") in told(session, deal)
    answer(session, deal, cast.boris, agree=True, asked=asked)
    assert (deal.state, deal.ends_on, deal.evaluate_on) == ("in_force", LAST, LAST)
    look(session, at(LAST))
    assert deal.state == "in_force"
    look(session, at(LAST + DAY))
    look(session, at(LAST + 2 * DAY))
    assert (deal.state, acts(session, deal).count("end")) == ("ended", 1)


def test_the_other_sides_same_wish_is_a_yes(session: Session, cast: Cast) -> None:
    deal = in_force(session, cast)
    asked = asked_by(session, deal, cast.boris)
    with pytest.raises(EndingAsked):
        end(session, deal, cast.anna, LAST - DAY)
    with pytest.raises(EndingAsked):
        end(session, deal, cast.boris)
    end(session, deal, cast.anna)
    assert (asked.state, deal.ends_on) == ("agreed", LAST)


def test_sent_twice_it_is_asked_once(session: Session, cast: Cast) -> None:
    deal, id_ = in_force(session, cast), new_id()
    for _ in range(2):
        end(session, deal, cast.anna, id_=id_)
    access = queries.access_deal(session, deal.id, actor=cast.anna, today=TODAY)
    assert [row.id for row in endings_of(session, access)] == [id_]


def test_who_does_not_want_it_says_why_and_it_goes_on(session: Session, cast: Cast) -> None:
    deal = in_force(session, cast)
    asked = asked_by(session, deal, cast.boris)
    with pytest.raises(TextWrong):
        answer(session, deal, cast.anna, agree=False, asked=asked)
    with pytest.raises(NotYoursToDo):
        answer(session, deal, cast.boris, agree=True, asked=asked)
    answer(session, deal, cast.anna, agree=False, said="We agreed on a year", asked=asked)
    assert (deal.state, deal.ends_on) == ("in_force", date(2028, 2, 29))
    with pytest.raises(EndingMovedOn):
        answer(session, deal, cast.anna, agree=True, asked=asked)


def test_who_asked_takes_it_back(session: Session, cast: Cast) -> None:
    deal = in_force(session, cast)
    asked = asked_by(session, deal, cast.boris)
    assert answer(session, deal, cast.boris, agree=False, asked=asked).state == "taken_back"


@pytest.mark.parametrize(
    ("ends_early", "state", "ends_on"),
    [("Either side, two months ahead", "agreed", LAST), (None, "unanswered", date(2028, 2, 29))],
)
def test_silence_is_a_yes_only_where_the_deal_says_how_it_ends(
    session: Session, cast: Cast, ends_early: str | None, state: str, ends_on: date
) -> None:
    deal = in_force(session, cast, ends_early=ends_early)
    asked = asked_by(session, deal, cast.anna)
    look(session, at(TODAY + 14 * DAY))
    assert asked.state == "asked"
    look(session, at(TODAY + 15 * DAY))
    assert (asked.state, deal.ends_on) == (state, ends_on)


def test_sooner_counts_whoever_says_so(session: Session, cast: Cast) -> None:
    deal = in_force(session, cast)
    asked = asked_by(session, deal, cast.anna)
    end(session, deal, cast.dina, LAST - DAY)
    answer(session, deal, cast.boris, agree=True, asked=asked)
    assert deal.ends_on == LAST - DAY


def test_hr_ends_it_by_a_rule_and_nobody_else_does(session: Session, cast: Cast) -> None:
    deal = in_force(session, cast)
    end(session, deal, cast.dina, TODAY)
    assert (deal.ends_on, deal.reason) == (TODAY, "The rota has changed")
    assert ("ends_by_rule", "anna") in told(session, deal)
    look(session, at(TODAY + DAY))
    assert deal.state == "ended"
    with pytest.raises(MoveNotAllowed) as refused:
        end(session, deal, cast.dina, now=at(TODAY + DAY))
    assert refused.value.data["current"] == "ended"


@pytest.mark.parametrize("day", [TODAY - DAY, date(2028, 3, 1)])
def test_the_last_day_lies_ahead_and_before_that_of_the_deal(
    session: Session, cast: Cast, day: date
) -> None:
    deal = in_force(session, cast)
    with pytest.raises(LastDayWrong):
        end(session, deal, cast.anna, day)


def test_what_was_agreed_and_has_not_begun_only_hr_ends(session: Session, cast: Cast) -> None:
    deal = both_accept(session, cast, propose(session, cast, COURSE))
    approval = open_approval(session, deal)
    with pytest.raises(NotYoursToDo):
        end(session, deal, cast.boris, now=NOW)
    end(session, deal, cast.dina, now=NOW)
    assert (deal.state, approval.state, deal.in_force_number) == ("ended", "expired", None)


def test_before_the_end_both_are_told_and_a_new_offer_renews_it(
    session: Session, cast: Cast
) -> None:
    deal = in_force(session, cast)
    for before in (60, 59, 14, 13):
        look(session, at(date(2028, 2, 29) - before * DAY))
    said = [each for each in told(session, deal) if each[0].startswith("ends")]
    assert said == [
        ("ends_soon", "anna"),
        ("ends_soon", "boris"),
        ("ends_very_soon", "anna"),
        ("ends_very_soon", "boris"),
    ]
