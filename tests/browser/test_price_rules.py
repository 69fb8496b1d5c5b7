"""The bank's quiet season in browsers: HR writes the rule with the keyboard and sees what it would
do, somebody else of HR sees so too and approves it, the list is published, and an hour of 20.00
costs the employee 17.00."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest
from playwright.sync_api import Browser, Page, expect
from werkzeug.serving import make_server

from ideals.access import commands as access
from ideals.app import create_app
from ideals.config import Settings
from ideals.db import unit_of_work
from ideals.kernel import clock
from ideals.kernel.actor import SYSTEM, Role
from ideals.kernel.month import Month
from ideals.ledger import commands as ledger
from ideals.seeds import factories
from tests.browser.looking import assert_fits, signed_in
from tests.browser.test_deals import unheard
from tests.insight.what_if import work
from tests.shop.conftest import PRODUCTS

NOW = datetime(2026, 3, 10, 9, tzinfo=UTC)
MARCH = Month(2026, 3)
A_YEAR_AGO = Month(2025, 4)
BUYERS = 12
"""Of two hours each a year ago: enough for amounts to be shown."""


@pytest.fixture
def site(own_database: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """10 March 2026: an hour of leave costs Anna 20.00, also next month. Dina and Fatima steer
    prices; Clara is HR without that right."""
    monkeypatch.setattr(clock, "now", lambda: NOW)
    with unit_of_work() as session:
        factories.a_scheme(
            session,
            components={"budget": "1000 * part_time_factor"},
            hours={"extra": {"formula": "24", "moment": "january", "round": "up", "unit": "hour"}},
            products=PRODUCTS,
        )
        factories.an_organisation(session)
        months = ledger.OpenMonths(A_YEAR_AGO, Month(2026, 12))
        ledger.open_months(session, months, actor=SYSTEM, now=NOW)
        factories.a_run(session, MARCH)
        for name, roles in (
            ("Anna", ()),
            ("Clara", (Role.HR,)),
            ("Dina", (Role.HR, Role.HR_PRICES)),
            ("Fatima", (Role.HR_PRICES,)),
        ):
            cmd = access.ShowInDemo(f"{name.lower()}@meridian.example", name, frozenset(roles))
            access.show_in_demo(session, cmd, actor=SYSTEM, now=NOW)
    app = create_app(Settings.read({"DEMO": "yes", "IDEALS_SECRET_KEY": "for this test only"}))
    server = make_server("127.0.0.1", 0, app, threaded=True)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


def tab_to(page: Page, id_: str) -> None:
    """With the keyboard alone; at most as many steps as a form has stops."""
    for _ in range(80):
        if page.evaluate("document.activeElement.id") == id_:
            return
        page.keyboard.press("Tab")
    raise AssertionError(f"the keyboard does not reach {id_}")


def tab_to_button(page: Page, label: str) -> None:
    for _ in range(80):
        said = page.evaluate(
            "document.activeElement.tagName === 'BUTTON' && document.activeElement.textContent"
        )
        if said and said.strip().startswith(label):
            return
        page.keyboard.press("Tab")
    raise AssertionError(f"the keyboard does not reach the button {label}")


def orders_of_a_year_ago() -> None:
    with unit_of_work() as session:
        people = [factories.an_employee(session, f"Buyer {number}") for number in range(BUYERS)]
        factories.a_run(session, A_YEAR_AGO)
        for person in people:
            factories.an_order(session, factories.as_employee(person), A_YEAR_AGO, "leave", "2")


def know_that_it_was_quiet_a_year_ago(page: Page, site: str) -> None:
    page.goto(f"{site}/prices/indicators")
    page.get_by_label("Month", exact=True).fill("2025-03")
    page.get_by_label("Value", exact=True).fill("80")
    page.get_by_role("button", name="Keep the value").click()
    expect(page.get_by_text("Kept: 80 in March 2025.")).to_be_visible()


def simulate(page: Page) -> None:
    """From the rule's page, and back to it."""
    rule = page.url
    page.get_by_role("button", name="See what it would do").click()
    expect(page.get_by_text("Employees looked at")).to_be_visible()
    with unit_of_work() as session:
        work(session, UUID(page.url.rpartition("/")[2]), now=NOW)
    # The page is renewed by itself.
    expect(page.locator("p.big")).to_contain_text("€72.00 less")
    page.goto(rule)


def know_utilisation(page: Page, site: str) -> None:
    page.goto(f"{site}/prices/indicators")
    page.get_by_label("Code", exact=True).fill("utilisation")
    page.get_by_label("Unit").fill("%")
    page.get_by_label("Name (Nederlands)").fill("Bezetting")
    page.get_by_label("Name (English)").fill("Utilisation")
    page.get_by_role("button", name="Keep the indicator").click()
    expect(page.get_by_text("Missing for March 2026: Utilisation.")).to_be_visible()
    page.get_by_label("Value", exact=True).fill("82")
    page.get_by_role("button", name="Keep the value").click()
    expect(page.get_by_text("Kept: 82 in March 2026.")).to_be_visible()


def write_with_the_keyboard(page: Page, site: str) -> None:
    page.goto(f"{site}/prices/rules/new")
    page.get_by_label("through (empty: no end)").fill("2026-06")
    page.get_by_label("Extra leave").focus()
    page.keyboard.press("Space")
    tab_to(page, "value")
    page.keyboard.type("15")
    page.keyboard.press("Tab")
    expect(page.get_by_label("in what")).to_have_value("percent-")
    page.keyboard.press("Tab")
    page.keyboard.press("ArrowDown")
    expect(page.get_by_label("those for whom this holds")).to_be_checked()
    tab_to_button(page, "Add a condition")
    page.keyboard.press("Enter")
    expect(page.locator("#rows-0-name")).to_be_focused()
    page.keyboard.type("Utilisation")
    page.keyboard.press("Tab")
    page.keyboard.type("is less than")
    page.keyboard.press("Tab")
    page.keyboard.type("85")
    for id_, text in (
        ("name-nl", "Rustig seizoen"),
        ("says-nl", "Rustig seizoen: verlof kost 15% minder"),
        ("name-en", "Quiet season"),
        ("says-en", "Quiet season: leave costs 15% less"),
        ("reason", "The order book is thin."),
    ):
        tab_to(page, id_)
        page.keyboard.type(text)
    page.keyboard.press("Tab")
    beside = page.locator("#comes-to")
    expect(beside).to_contain_text("15% less from April 2026 through June 2026")
    expect(beside).to_contain_text("indicator_utilisation < 85")
    expect(beside).to_contain_text("€20.00 → €17.00")
    tab_to_button(page, "Save the draft")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Quiet season")).to_be_visible()


def test_the_quiet_season_from_hr_to_the_employee(browser: Browser, site: str) -> None:
    dina, fatima, anna = (signed_in(browser, site, name) for name in ("Dina", "Fatima", "Anna"))
    orders_of_a_year_ago()
    know_utilisation(dina, site)
    know_that_it_was_quiet_a_year_ago(dina, site)
    write_with_the_keyboard(dina, site)
    sentence = (
        "Extra leave: 15% less from April 2026 through June 2026, when Utilisation is less than 85."
    )
    expect(dina.get_by_text(sentence)).to_be_visible()
    expect(dina.get_by_text("Not simulated yet as it stands now.")).to_be_visible()
    simulate(dina)
    would = "12 people touched, €72.00 less"
    expect(dina.get_by_text(would).first).to_be_visible()
    dina.get_by_role("button", name="Submit it to a second person").click()
    expect(dina.get_by_text("waits for a second person").first).to_be_visible()

    fatima.goto(f"{site}/approvals")
    fatima.get_by_role("link", name="Price rule: Quiet season").first.click()
    expect(fatima.get_by_text("when Utilisation is less than 85").first).to_be_visible()
    for ground in (would, "The order book is thin."):
        expect(fatima.get_by_text(ground).first).to_be_visible()
    fatima.get_by_role("button", name="Approve").first.click()
    fatima.goto(f"{site}/prices/rules")
    fatima.get_by_role("link", name="Quiet season").click()
    expect(fatima.get_by_text("agreed, to come")).to_be_visible()

    dina.goto(f"{site}/prices/lists")
    dina.get_by_role("button", name="Publish the prices of April 2026").click()
    expect(dina.get_by_text("not published yet")).to_have_count(0)
    expect(dina.get_by_role("link", name="Quiet season").first).to_be_visible()

    anna.goto(f"{site}/shop/leave?month=2026-04&quantity=1")
    expect(anna.get_by_text("€17.00").first).to_be_visible()
    anna.locator("details", has_text="Quiet season").first.evaluate("each => each.open = true")
    for step in ("€20.00", "Quiet season: leave costs 15% less (15% less)", "€17.00"):
        expect(anna.get_by_text(step).first).to_be_visible()
    assert anna.request.get(f"{site}/prices/rules").status == 403


def test_two_who_write_at_once_see_each_other(browser: Browser, site: str) -> None:
    dina, fatima = unheard(browser, site, "Dina"), signed_in(browser, site, "Fatima")
    know_utilisation(dina, site)
    write_with_the_keyboard(dina, site)
    edit = f"{dina.url}/edit"
    dina.goto(edit)
    fatima.goto(edit)
    fatima.get_by_label("How much").fill("20")
    fatima.get_by_role("button", name="Save the draft").last.click()
    expect(fatima.get_by_text("20% less").first).to_be_visible()
    dina.get_by_label("How much").fill("10")
    with dina.expect_response(lambda answer: answer.status == 409):
        dina.get_by_role("button", name="Save the draft").last.click()
    expect(dina.get_by_role("alert").first).to_contain_text("fatima@meridian.example saved")
    theirs = dina.get_by_role("heading", name="Theirs, and yours").locator("..")
    expect(theirs).to_contain_text("20% less →into 10% less")
    expect(dina.get_by_label("How much")).to_have_value("10")
    dina.get_by_role("button", name="Save the draft").last.click()
    expect(dina.get_by_text("Extra leave: 10% less from April 2026")).to_be_visible()


@pytest.mark.parametrize(("theme", "width"), [("light", 1280), ("dark", 360)])
def test_every_page_is_accessible_and_fits(
    browser: Browser, site: str, theme: str, width: int
) -> None:
    look: dict[str, Any] = {"color_scheme": theme, "viewport": {"width": width, "height": 800}}
    dina = signed_in(browser, site, "Dina", **look)
    for path in ("/prices/rules", "/prices/indicators", "/prices/bounds", "/prices/lists"):
        dina.goto(f"{site}{path}")
        assert_fits(dina, width)
    know_utilisation(dina, site)
    write_with_the_keyboard(dina, site)
    assert_fits(dina, width)
    for path in (
        f"{dina.url}/edit",
        f"{site}/prices/rules",
        f"{site}/prices/indicators",
        f"{site}/prices/indicators/utilisation/2026-03",
        f"{site}/prices/lists?month=2026-04",
    ):
        dina.goto(path)
        assert_fits(dina, width)
