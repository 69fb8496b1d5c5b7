"""Leave by year for Anna, and the calendar of Boris's team, in a real browser."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from playwright.sync_api import Browser, expect

from ideals.access import commands as access
from ideals.budgets.commands.leave import PostLeaveTaken, post_leave_taken
from ideals.db import unit_of_work
from ideals.kernel.actor import SYSTEM
from ideals.people import queries
from ideals.seeds import factories
from tests.browser.looking import assert_fits, signed_in


@pytest.fixture
def away(site: str) -> str:
    """Anna took two days of this month and plans some more; Boris sees it."""
    now = datetime.now(UTC)
    first = date(now.year, now.month, 1)
    with unit_of_work() as session:
        cmd = access.ShowInDemo("boris@meridian.example", "Boris", frozenset())
        access.show_in_demo(session, cmd, actor=SYSTEM, now=now)
        anna = queries.employee_by_number(session, "anna")
        boris = queries.employee_by_number(session, "boris")
        nora = factories.an_employee(session, "Nora van den Berg-Hoogenboom", manager=boris)
        for day in (1, 2):
            factories.a_leave(session, anna, first + timedelta(day), 450 - 30 * day)
        factories.a_leave(session, nora, first + timedelta(2), 480)
        for day in (20, 21, 40):
            factories.a_leave(session, anna, first + timedelta(day), 480, kind="planned")
        post_leave_taken(session, PostLeaveTaken([anna.id, nora.id]), actor=SYSTEM, now=now)
    return site


@pytest.mark.parametrize(("theme", "width"), [("light", 1280), ("dark", 360)])
def test_the_pages_of_leave_are_accessible_and_fit(
    browser: Browser, away: str, theme: str, width: int
) -> None:
    look = {"color_scheme": theme, "viewport": {"width": width, "height": 800}}
    anna = signed_in(browser, away, "Anna", **look)
    anna.goto(f"{away}/leave")
    for closed in anna.locator("main details.number").all():
        closed.locator("summary").click()
    assert_fits(anna, width)
    anna.close()
    boris = signed_in(browser, away, "Boris", **look)
    for path in ("/team/calendar", "/team/calendar?month=2001-01"):
        boris.goto(f"{away}{path}")
        assert_fits(boris, width)
    boris.close()
    dina = signed_in(browser, away, "Dina", **look)
    for path in ("/team/calendar?unit=", "/leave/kept", "/people/anna/leave"):
        dina.goto(f"{away}{path}")
        assert_fits(dina, width)
    dina.close()


def test_from_home_to_the_days_that_were_taken(browser: Browser, away: str) -> None:
    page = signed_in(browser, away, "Anna")
    tile = page.locator(".tile", has_text="Leave")
    expect(tile).to_contain_text("12 h 30 min")  # 26 hours less 7 and 6.5
    tile.get_by_role("link", name="Leave").press("Enter")
    expect(page.locator(".big")).to_contain_text("12 h 30 min left")
    year = datetime.now(UTC).year
    page.get_by_role("link", name=f"{year}, extra").press("Enter")
    lot = page.locator("details.number", has_text=f"{year}, extra")
    expect(lot).to_have_attribute("open", "")
    expect(lot.get_by_text("What was taken: 13 h 30 min")).to_be_visible()
    page.close()


def test_a_manager_goes_through_the_months_on_a_phone(browser: Browser, away: str) -> None:
    page = signed_in(browser, away, "Boris", viewport={"width": 390, "height": 800})
    page.goto(f"{away}/team")
    page.get_by_role("link", name="Calendar").click()
    anna = page.locator("table.calendar tbody tr", has_text="Anna")
    expect(anna.get_by_text("7 h taken")).to_be_visible()
    expect(anna.locator("td.free").first).to_be_hidden()
    page.get_by_role("link", name="Calendar").press("Tab")
    page.locator("a[rel=prev]").press("Enter")
    expect(page.locator("table.calendar td.away")).to_have_count(0)
    page.close()
