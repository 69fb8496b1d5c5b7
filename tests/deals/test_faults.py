"""Somebody looks for a deal that is none of theirs: in messages, letters, lists and searches."""

from __future__ import annotations

import pytest
from sqlalchemy.orm import Session

from ideals.deals import commands
from ideals.deals.commands import Say
from ideals.deals.models import Deal
from ideals.kernel import clock
from ideals.notices.models import Notice
from tests.deals.table import NOW, Cast, both_accept, cast_of, propose
from tests.desk import Desk, desk, make_app

OUTSIDERS = ("clara", "egor", "henk")
SECRET = "Thursdays for my mother"


@pytest.fixture
def cast(session: Session, monkeypatch: pytest.MonkeyPatch) -> Cast:
    monkeypatch.setattr(clock, "now", lambda: NOW)
    return cast_of(session)


@pytest.fixture
def deal(session: Session, cast: Cast) -> Deal:
    made = propose(session, cast, subject=SECRET)
    commands.say(session, Say(made.id, SECRET), actor=cast.anna, now=NOW)
    return both_accept(session, cast, made)


@pytest.fixture
def desks(session: Session, cast: Cast, deal: Deal) -> dict[str, Desk]:
    app = make_app()
    return {name: desk(session, app, cast[name], now=NOW) for name in ("anna", *OUTSIDERS)}


def test_no_message_about_it_reaches_who_has_no_part(
    session: Session, cast: Cast, deal: Deal
) -> None:
    told = {row.employee_id for row in session.query(Notice).filter_by(subject=deal.source)}
    assert told == {cast.ids["anna"], cast.ids["boris"]}
    for row in session.query(Notice).filter_by(subject=deal.source):
        assert SECRET not in str(row.data)


@pytest.mark.parametrize("name", OUTSIDERS)
def test_a_guessed_number_in_links_of_letters_is_nothing(
    deal: Deal, desks: dict[str, Desk], name: str
) -> None:
    for path in ("letters", "letters/1/nl", "letters/2/nl", "offers/1", "bonuses", "messages"):
        answer = desks[name].asks(f"deals/{deal.id}/{path}")
        assert answer.status_code == 404
        assert SECRET not in answer.text


@pytest.mark.parametrize("name", OUTSIDERS)
def test_lists_and_searches_hold_nothing_of_it(
    deal: Deal, desks: dict[str, Desk], name: str
) -> None:
    assert SECRET in desks["anna"].get("/deals").text
    assert len(desks["anna"].asks("deals").json["items"]) == 1
    assert desks[name].asks("deals").json["items"] == []
    for path in ("/deals", "/deals/team", "/deals/register", "/approvals", "/"):
        page = desks[name].get(f"{path}?q=Thursdays&search=Thursdays&number={deal.number}").text
        assert SECRET not in page
        assert str(deal.id) not in page
