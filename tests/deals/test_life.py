"""New manager, another unit, long sickness, leaving: both sides say what becomes of the deal."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime

import pytest
from sqlalchemy.orm import Session

from ideals.deals import commands, queries
from ideals.deals.commands import InviteAdviser, LookAgain
from ideals.deals.errors import LifeEventSettled, NotYoursToDo
from ideals.deals.models import Deal, LifeEvent
from ideals.deals.queries.afterwards import life_events_of, to_look_at_again
from ideals.deals.rules.life import Then, outcome
from ideals.kernel.actor import SYSTEM, Actor
from ideals.seeds import factories
from tests.counting import counted
from tests.deals.table import (
    DAY,
    NOW,
    ZONE,
    Cast,
    acts,
    at,
    cast_of,
    employee,
    in_force,
    look,
    propose,
    told,
)

BEGAN = date(2027, 3, 1)
DAY_OF_CHANGE = date(2027, 4, 1)


@pytest.fixture
def cast(session: Session) -> Cast:
    made = cast_of(session)
    lives(session, NOW)
    return made


def lives(session: Session, now: datetime) -> int:
    return commands.look_at_lives(session, zone=ZONE, actor=SYSTEM, now=now)


def change(session: Session, since: date = DAY_OF_CHANGE, **columns: object) -> None:
    factories.a_change(session, employee(session, "anna"), since, now=at(since), **columns)


def events(session: Session, deal: Deal) -> list[LifeEvent]:
    query = session.query(LifeEvent).filter_by(deal_id=deal.id)
    return list(query.order_by(LifeEvent.id))


def say(session: Session, event: LifeEvent, actor: Actor, then: Then, day: date) -> LifeEvent:
    cmd = LookAgain(event.deal_id, event.id, then)
    return commands.look_again(session, cmd, actor=actor, now=at(day))


@pytest.mark.parametrize(
    ("employee_says", "employer_says", "both"),
    [
        (Then.CONTINUE, None, None),
        (None, Then.END, None),
        (Then.END, Then.END, Then.END),
        (Then.CONTINUE, Then.CONTINUE, Then.CONTINUE),
        (Then.END, Then.CONTINUE, Then.CHANGE),
    ],
)
def test_it_ends_only_when_both_want_that(
    employee_says: Then | None, employer_says: Then | None, both: Then | None
) -> None:
    assert outcome(employee_says, employer_says) is both


@pytest.mark.parametrize(
    ("columns", "kind", "asked_on", "on"),
    [
        ({"unit": "Bank/Wholesale"}, "unit_moved", DAY_OF_CHANGE, DAY_OF_CHANGE),
        ({"manager_number": "clara"}, "new_manager", DAY_OF_CHANGE, DAY_OF_CHANGE),
        ({"sick_from": "2027-04-01"}, "long_sickness", date(2027, 5, 13), DAY_OF_CHANGE),
        ({"leaves_on": "2027-06-30"}, "leaving", DAY_OF_CHANGE, date(2027, 6, 30)),
    ],
)
def test_both_are_asked_once(
    session: Session,
    cast: Cast,
    columns: dict[str, str],
    kind: str,
    asked_on: date,
    on: date,
) -> None:
    deal = in_force(session, cast)
    change(session, **columns)
    assert lives(session, at(DAY_OF_CHANGE)) == 1
    look(session, at(DAY_OF_CHANGE))
    if asked_on > DAY_OF_CHANGE:
        assert events(session, deal) == []
        look(session, at(asked_on - DAY))
        assert events(session, deal) == []
    for day in (asked_on, asked_on + DAY):
        lives(session, at(day))
        look(session, at(day))
    [event] = events(session, deal)
    assert (event.kind, event.on) == (kind, on)
    manager = "clara" if kind == "new_manager" else "boris"
    said = [each for each in told(session, deal) if each[0] == "life_event"]
    assert said == [("life_event", "anna"), ("life_event", manager)]


def test_a_look_finds_nobody_whose_employment_did_not_change(session: Session, cast: Cast) -> None:
    in_force(session, cast)
    assert lives(session, at(DAY_OF_CHANGE)) == 0
    factories.a_change(
        session, employee(session, "egor"), DAY_OF_CHANGE, now=at(DAY_OF_CHANGE), unit="Bank/Other"
    )
    assert lives(session, at(DAY_OF_CHANGE + DAY)) == 0


def moved(session: Session, cast: Cast) -> tuple[Deal, LifeEvent]:
    deal = in_force(session, cast)
    change(session, unit="Bank/Wholesale")
    lives(session, at(DAY_OF_CHANGE))
    look(session, at(DAY_OF_CHANGE))
    [event] = events(session, deal)
    return deal, event


def waiting(session: Session, cast: Cast, name: str) -> int:
    return len(session.scalars(to_look_at_again(cast.ids[name])).all())


def test_it_goes_on_when_both_say_so(session: Session, cast: Cast) -> None:
    deal, event = moved(session, cast)
    assert [waiting(session, cast, name) for name in ("anna", "boris", "clara")] == [1, 1, 0]
    say(session, event, cast.anna, Then.CHANGE, DAY_OF_CHANGE)
    say(session, event, cast.anna, Then.CONTINUE, DAY_OF_CHANGE)
    assert [waiting(session, cast, name) for name in ("anna", "boris")] == [0, 1]
    assert event.settled_at is None
    say(session, event, cast.boris, Then.CONTINUE, DAY_OF_CHANGE)
    assert (deal.state, deal.ends_on) == ("in_force", date(2028, 2, 29))
    with pytest.raises(LifeEventSettled):
        say(session, event, cast.anna, Then.END, DAY_OF_CHANGE)
    with pytest.raises(NotYoursToDo):
        say(session, event, cast.dina, Then.END, DAY_OF_CHANGE)


def test_it_ends_when_both_say_so(session: Session, cast: Cast) -> None:
    deal, event = moved(session, cast)
    say(session, event, cast.anna, Then.END, DAY_OF_CHANGE)
    say(session, event, cast.boris, Then.END, DAY_OF_CHANGE)
    assert deal.ends_on == DAY_OF_CHANGE
    look(session, at(DAY_OF_CHANGE + DAY))
    assert deal.state == "ended"


def test_a_new_manager_sees_what_was_agreed_and_does_not_end_it_alone(
    session: Session, cast: Cast
) -> None:
    deal = in_force(session, cast)
    change(session, manager_number="clara")
    lives(session, at(DAY_OF_CHANGE))
    look(session, at(DAY_OF_CHANGE))
    [event] = events(session, deal)
    say(session, event, cast.clara, Then.END, DAY_OF_CHANGE)
    say(session, event, cast.anna, Then.CONTINUE, DAY_OF_CHANGE)
    assert (deal.state, deal.ends_on) == ("in_force", date(2028, 2, 29))
    access = queries.access_deal(session, deal.id, actor=cast.clara, today=DAY_OF_CHANGE)
    assert len(queries.offers_of(session, access)) == 1
    assert len(life_events_of(session, access)) == 1


@pytest.mark.parametrize(
    ("make", "state"), [(in_force, "ended"), (propose, "lapsed")], ids=["in force", "negotiating"]
)
def test_who_has_left_has_no_deal(
    session: Session, cast: Cast, make: Callable[[Session, Cast], Deal], state: str
) -> None:
    deal = make(session, cast)
    since = BEGAN if deal.state == "in_force" else date(2026, 11, 10)
    leaves = since + 5 * DAY
    change(session, since, leaves_on=leaves.isoformat())
    lives(session, at(since))
    look(session, at(leaves))
    assert deal.ended_at is None
    lives(session, at(leaves + DAY))
    look(session, at(leaves + DAY))
    assert deal.state == state
    assert acts(session, deal)[-1] in ("end", "lapse")


def test_a_look_costs_what_changed_and_not_what_there_is(session: Session, cast: Cast) -> None:
    costs = []
    for more in (1, 6):
        for _ in range(more):
            in_force(session, cast)
        with counted(session) as seen:
            assert lives(session, at(BEGAN + DAY)) == 0
        costs.append(seen.statements)
    assert costs[0] == costs[1] <= 4


def test_an_adviser_reads_nowhere_that_somebody_is_ill(session: Session, cast: Cast) -> None:
    deal = in_force(session, cast)
    invite = InviteAdviser(deal.id, "egor")
    commands.invite_adviser(session, invite, actor=cast.anna, now=at(BEGAN))
    change(session, sick_from="2027-04-01")
    lives(session, at(DAY_OF_CHANGE))
    asked_on = date(2027, 5, 13)
    look(session, at(asked_on))
    [event] = events(session, deal)
    say(session, event, cast.anna, Then.CONTINUE, asked_on)
    access = queries.access_deal(session, deal.id, actor=cast.egor, today=asked_on)
    assert life_events_of(session, access) == []
    seen = queries.history_of(session, access)
    assert "life_event" in [row.act for row in seen]
    assert "sick" not in " ".join(f"{row.act} {row.why} {row.side}" for row in seen)


def test_a_new_manager_is_told_by_the_next_look_though_nobody_acts(
    session: Session, cast: Cast
) -> None:
    """In mid-negotiation; deals of people whose manager stays are not looked at."""
    lives(session, NOW)
    deal = propose(session, cast)
    change(session, NOW.date() + DAY, manager_number="clara")
    assert lives(session, NOW + DAY) == 1
    look(session, NOW + DAY)
    assert deal.manager_id == cast.ids["clara"]
    assert ("manager_changed", "clara") in told(session, deal)
    assert ("manager_changed", "anna") in told(session, deal)
    lives(session, NOW + 2 * DAY)
    assert lives(session, NOW + 3 * DAY) == 0
    assert told(session, deal).count(("manager_changed", "clara")) == 1
