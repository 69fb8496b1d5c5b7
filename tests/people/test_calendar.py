"""Who is away when: for a manager the team, for HR a unit; days and hours, never why."""

from __future__ import annotations

from datetime import date

import pytest
from flask import Flask
from sqlalchemy.orm import Session

from ideals.seeds import factories
from ideals.seeds.factories import Organisation
from tests.counting import counted
from tests.people.test_pages import Visit, app, cast, today, visit

__all__ = ["app", "cast", "today", "visit"]  # fixtures


@pytest.fixture(autouse=True)
def leave(session: Session, cast: Organisation) -> None:
    factories.a_leave(session, cast.anna, date(2026, 3, 12), 450)
    factories.a_leave(session, cast.anna, date(2026, 3, 19), 480, kind="planned")
    factories.a_leave(session, cast.egor, date(2026, 3, 19), 240)
    factories.a_leave(session, cast.anna, date(2026, 4, 2), 60)
    session.commit()


def main_of(page: str) -> str:
    return page.partition("<main")[2]


def test_a_manager_sees_who_is_away_and_nothing_else(visit: Visit) -> None:
    page = main_of(visit("boris", "/team/calendar").text)
    assert "Who is away in March 2026" in page and "Anna" in page
    assert "7 h 30 min taken".replace(" ", "\u00a0", 3) in page.replace("&nbsp;", "\u00a0")
    assert "8\u00a0h planned" in page
    assert "15.50" in page, "the hours of the month together"
    for not_theirs in ("Egor", "Clara", "€", "3,000"):
        assert not_theirs not in page, not_theirs
    assert 'name="unit"' not in page, "HR asks by unit"
    later = main_of(visit("boris", "/team/calendar?month=2026-04").text)
    assert "1\u00a0h taken" in later and "planned</span><span" not in later
    assert "March 2026" in main_of(visit("boris", "/team/calendar?month=soon").text)


def test_another_manager_and_somebody_without_a_team_see_nothing_of_anna(visit: Visit) -> None:
    assert "Anna" not in main_of(visit("clara", "/team/calendar").text)
    nobody = main_of(visit("egor", "/team/calendar?unit=Bank").text)
    assert "Nobody reports to you in this month" in nobody and "Anna" not in nobody


def test_hr_asks_by_unit_or_for_everybody(visit: Visit) -> None:
    zwolle = main_of(visit("dina", "/team/calendar?unit=Bank/Retail/Zwolle").text)
    assert "Anna" in zwolle and "Boris" not in zwolle and "Egor" not in zwolle
    everybody = main_of(visit("dina", "/team/calendar?unit=").text)
    assert all(name in everybody for name in ("Anna", "Boris", "Clara", "Egor"))
    assert '<td class="">2</td>' in everybody, "Anna and Egor are away on the 19th"
    assert "Nobody works there" in main_of(visit("dina", "/team/calendar?unit=Moon").text)
    assert "Nobody reports to you" in main_of(visit("dina", "/team/calendar").text)


def test_the_days_before_and_after_this_manager_are_not_shown(
    visit: Visit, session: Session, cast: Organisation
) -> None:
    factories.a_change(session, cast.anna, date(2026, 3, 16), manager_number=cast.clara.number)
    session.commit()
    boris = main_of(visit("boris", "/team/calendar").text)
    assert "taken</span>" in boris and "planned</span></td>" not in boris
    assert boris.count("outside") == 16
    clara = main_of(visit("clara", "/team/calendar").text)
    assert "planned</span></td>" in clara and clara.count("outside") == 15


def test_the_team_page_leads_to_the_calendar(visit: Visit) -> None:
    assert 'href="/team/calendar"' in main_of(visit("boris", "/team").text)
    assert 'href="/team/calendar?unit="' in main_of(visit("dina", "/people").text)


def test_in_dutch(visit: Visit) -> None:
    page = main_of(visit("boris", "/team/calendar", "nl").text)
    assert "Wie is er weg in maart 2026" in page and "8\u00a0u gepland" in page


def test_a_calendar_costs_the_same_however_large_the_team(
    visit: Visit, session: Session, cast: Organisation
) -> None:
    visit("boris", "/team/calendar")
    with counted() as few:
        visit("boris", "/team/calendar")
    for number in range(20):
        one = factories.an_employee(session, f"Nora {number}", manager=cast.boris)
        factories.a_leave(session, one, date(2026, 3, 5), 480)
    session.commit()
    with counted() as many:
        assert "Nora 19" in visit("boris", "/team/calendar").text
    assert few.statements == many.statements, many


def test_the_api_answers_the_same(app: Flask, visit: Visit) -> None:
    def asked(who: str, query: str = "") -> tuple[int, object]:
        answer = visit(who, f"/api/v1/leave{query}")
        return answer.status_code, answer.json

    anna = {
        "number": "anna",
        "name": "Anna",
        "days": [
            {"date": "2026-03-12", "minutes": 450, "hours": "7.50", "kind": "taken"},
            {"date": "2026-03-19", "minutes": 480, "hours": "8.00", "kind": "planned"},
        ],
    }
    assert asked("boris") == (200, {"items": [anna], "next": None})
    assert asked("anna") == (200, {"items": [], "next": None})
    april = [{"date": "2026-04-02", "minutes": 60, "hours": "1.00", "kind": "taken"}]
    of_april = {"items": [anna | {"days": april}], "next": None}
    assert asked("boris", "?month=2026-04") == (200, of_april)
    assert asked("dina", "?unit=Bank/Retail/Zwolle") == (200, {"items": [anna], "next": None})
    status, refused = asked("boris", "?unit=Bank")
    assert (status, refused["code"]) == (403, "only_hr")  # type: ignore[index]
    status, page = asked("dina", "?unit=&limit=2")
    assert [one["name"] for one in page["items"]] == ["Anna", "Boris"]  # type: ignore[index]
    _, rest = asked("dina", f"?unit=&limit=9&cursor={page['next']}")  # type: ignore[index]
    assert [one["name"] for one in rest["items"]] == ["Clara", "Dina", "Egor"]  # type: ignore[index]
