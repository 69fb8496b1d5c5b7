"""What is seen on the page before agreeing, by each side no more than is theirs."""

from __future__ import annotations

import re

import pytest
from flask import Flask
from sqlalchemy.orm import Session

from ideals.approvals.commands.mandates import GiveMandate, give_mandate
from ideals.deals import commands
from ideals.deals.commands import InviteAdviser
from ideals.deals.models import Deal
from ideals.kernel import clock
from ideals.kernel.actor import Actor, Role
from ideals.kernel.money import Money
from tests.counting import counted
from tests.deals.conftest import term
from tests.deals.table import COURSE, NOW, Cast, at, both_accept, cast_of, change_of, look, propose
from tests.deals.test_comparing import BEGAN, Team
from tests.desk import Desk, desk, make_app

TODAY = NOW.date()


@pytest.fixture(autouse=True)
def at_nine(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clock, "now", lambda: NOW)


@pytest.fixture
def cast(session: Session) -> Cast:
    return cast_of(session)


@pytest.fixture
def app() -> Flask:
    return make_app()


@pytest.fixture
def desks(session: Session, app: Flask, cast: Cast) -> dict[str, Desk]:
    return {
        name: desk(session, app, cast[name], now=NOW) for name in ("anna", "boris", "clara", "dina")
    }


def words(desks: dict[str, Desk], name: str, deal: Deal, more: str = "") -> str:
    answer = desks[name].get(f"/deals/{deal.id}{more}")
    assert answer.status_code == 200
    main = answer.text.split('<main id="content"')[1].split("</main>")[0]
    return " ".join(re.sub(r"<[^>]+>", " ", main).split())


def test_cost_and_mandate_to_each_what_is_theirs(
    session: Session, cast: Cast, desks: dict[str, Desk]
) -> None:
    deal = propose(session, cast, COURSE)
    commands.invite_adviser(session, InviteAdviser(deal.id, "clara"), actor=cast.anna, now=NOW)
    session.commit()
    for name in desks:
        assert "€2,400.00 in the first twelve months" in words(desks, name, deal)
        assert "no mandate is set for this unit" in words(desks, name, deal)
    hr = Actor("Hr", user_id=1, roles=frozenset({Role.HR}))
    for unit, euros, said in (
        ("Bank", "9000.00", "covers it"),
        ("Bank/Retail", "2399.99", "does not cover it"),
    ):
        cmd = GiveMandate(unit, TODAY.year, Money.parse(euros), "greta")
        give_mandate(session, cmd, actor=hr, now=NOW)
        session.commit()
        left = f"{said}: €{Money.parse(euros).euros:,.2f} of {unit} is left"
        for name in ("boris", "dina"):
            assert left in words(desks, name, deal)
        for name in ("anna", "clara"):
            page = words(desks, name, deal)
            assert f"Mandate of the unit {said}" in page
            assert "is left" not in page


def test_what_costs_nothing_has_no_mandate(
    session: Session, cast: Cast, desks: dict[str, Desk]
) -> None:
    deal = propose(session, cast, term("place"))
    session.commit()
    page = words(desks, "boris", deal)
    assert "Costs the employer nothing in money" in page
    assert "Mandate" not in page


def test_too_few_are_said_in_words_and_enough_in_figures(
    session: Session, cast: Cast, desks: dict[str, Desk]
) -> None:
    team = Team(cast)
    deal = propose(session, cast, term("pattern"), by_law=False)
    session.commit()
    page = words(desks, "anna", deal)
    assert "Here: Working days a week too few to say" in page
    assert "the team is too small to say" in page
    team.grow(session, 10)
    for place in range(10):
        team.deal(session, place, term("pattern"))
    deal = propose(session, cast, term("pattern"), by_law=False)
    session.commit()
    for name in ("anna", "boris", "dina"):
        page = words(desks, name, deal)
        assert "4 in the middle, from 4 to 4" in page
        assert "10 people" in page
        assert "Friday 1 0" in page
        assert "Who of the 11 in the team works on each day" in page
        assert not re.search(r"\bC0\d\b", page)


def test_what_it_does_for_the_employee_is_for_their_eyes(
    session: Session, cast: Cast, desks: dict[str, Desk]
) -> None:
    deal = propose(session, cast, term("money"), term("hours", minutes=1200, starts_on=None))
    commands.invite_adviser(session, InviteAdviser(deal.id, "clara"), actor=cast.anna, now=NOW)
    session.commit()
    for more in ("", "/offers/1"):
        page = words(desks, "anna", deal, more)
        assert "What it does for you" in page
        assert "Budget, each month (net if paid out) €120.00" in page
        assert "by the tax tables of 2026" in page
        for name in ("boris", "clara", "dina"):
            page = words(desks, name, deal, more)
            assert "What it does for you" not in page
            assert "gross a month" not in page
            assert "3,000" not in page


def test_without_a_salary_nothing_is_said(
    session: Session, cast: Cast, desks: dict[str, Desk]
) -> None:
    deal = propose(session, cast, term("money"))
    change_of(session, "anna", TODAY.replace(month=12, day=1), leaves_on="2026-12-31")
    session.commit()
    assert "no salary of yours is known" in words(desks, "anna", deal)


def test_nothing_of_it_when_there_is_nothing_to_agree_to(
    session: Session, cast: Cast, desks: dict[str, Desk]
) -> None:
    deal = propose(session, cast, term("pattern"), by_law=False)
    both_accept(session, cast, deal)
    look(session, at(BEGAN))
    assert deal.state == "in_force"
    session.commit()
    assert "Before you agree" not in words(desks, "anna", deal)


def test_as_many_statements_however_many_have_a_deal(
    session: Session, cast: Cast, desks: dict[str, Desk]
) -> None:
    team = Team(cast)
    team.grow(session, 8)
    costs = []
    for place in range(8):
        team.deal(session, place, term("pattern"))
        if place in (0, 7):
            deal = propose(session, cast, term("pattern"), COURSE, by_law=False)
            session.commit()
            assert "Before you agree" in words(desks, "boris", deal)
            with counted(session) as seen:
                words(desks, "boris", deal)
            costs.append(seen.statements)
    assert costs[0] == costs[1], costs
