"""Rows of files that say other hours than a deal: HR sees them, with the deal."""

from __future__ import annotations

from datetime import date

import pytest
from flask import Flask
from sqlalchemy.orm import Session

from ideals.kernel import clock
from ideals.seeds import factories
from tests.deals.conftest import term
from tests.deals.table import NOW, at, cast_of, employee, in_force
from tests.deals.test_living_money import settled
from tests.desk import desk, make_app


@pytest.fixture(autouse=True)
def at_nine(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clock, "now", lambda: NOW)


@pytest.fixture
def app() -> Flask:
    return make_app()


def test_a_row_that_differs_stands_there_until_it_agrees(session: Session, app: Flask) -> None:
    cast = cast_of(session)
    deal = in_force(session, cast, term("hours", minutes=1200, starts_on=None))
    settled(session, at(date(2027, 3, 1)))
    desks = {name: desk(session, app, cast[name], now=NOW) for name in ("anna", "boris", "dina")}
    path = "/deals/register/hours"
    assert "Files and deals agree" in desks["dina"].get(path).text
    anna = employee(session, "anna")
    factories.a_change(session, anna, date(2027, 4, 1), part_time_factor="0.9")
    session.commit()
    said = desks["dina"].get(path).text
    assert f"/deals/{deal.id}" in said
    assert "1 April 2027" in said
    assert ">0.9<" in said
    for name in ("anna", "boris"):
        assert desks[name].get(path).status_code == 403
