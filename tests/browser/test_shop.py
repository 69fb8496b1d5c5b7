"""The shop on a phone and at a desk, with and without script: buy, cancel, plan and keep."""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect
from werkzeug.serving import make_server

from ideals.access import commands as access
from ideals.app import create_app
from ideals.config import Settings
from ideals.db import unit_of_work
from ideals.kernel import clock
from ideals.kernel.actor import SYSTEM
from ideals.kernel.month import Month
from ideals.ledger import commands as ledger
from ideals.seeds import factories
from tests.browser.listening import listen
from tests.browser.looking import assert_fits
from tests.shop.conftest import PRODUCTS

NOW = datetime(2026, 3, 10, 9, tzinfo=UTC)
MARCH = Month(2026, 3)
SHOP: dict[str, Any] = PRODUCTS | {
    "bicycle": PRODUCTS["bicycle"] | {"instalments": "24", "approval": "none"},
    "summer": {"kind": "other", "opens": {"months": [5]}, "name": {"en": "A week away"}},
}  # fmt: skip
PAGES = (
    "/home",
    "/shop",
    "/shop?for=time",
    "/shop/leave",
    "/shop/leave?quantity=400",
    "/shop/cash",
    "/shop/bicycle?price=1200",
    "/shop/summer",
    "/choices",
    "/plan?leave.each=8&cash.2026-03=4000",
)
PHONE = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True}


@pytest.fixture
def site(own_database: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """10 March 2026: Anna has 1,000.00; an hour of leave costs her 20.00."""
    monkeypatch.setattr(clock, "now", lambda: NOW)
    with unit_of_work() as session:
        factories.a_scheme(
            session,
            components={"budget": "1000 * part_time_factor"},
            hours={"extra": {"formula": "24", "moment": "january", "round": "up", "unit": "hour"}},
            products=SHOP,
        )
        factories.an_organisation(session)
        months = ledger.OpenMonths(Month(2026, 1), Month(2026, 12))
        ledger.open_months(session, months, actor=SYSTEM, now=NOW)
        factories.a_run(session, MARCH)
        cmd = access.ShowInDemo("anna@meridian.example", "Anna")
        access.show_in_demo(session, cmd, actor=SYSTEM, now=NOW)
    app = create_app(Settings.read({"DEMO": "yes", "IDEALS_SECRET_KEY": "for this test only"}))
    server = make_server("127.0.0.1", 0, app, threaded=True)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


def signed_in(browser: Browser, site: str, **options: Any) -> Page:
    """As Anna, watching for anything that the security policy refuses."""
    page = browser.new_page(**{"locale": "en-GB"} | options)
    listen(page)
    page.goto(site)
    page.get_by_role("button", name="Anna").click()
    expect(page).to_have_url(re.compile("/(home|welcome)$"))
    return page


def value_of(page: Page, label: str) -> str:
    """The figure of a line of the bill."""
    line = page.locator(".sums .line, .sums summary", has_text=label).first
    return line.locator(".value").inner_text().replace("\u00a0", " ")


@pytest.mark.parametrize("device", [{}, PHONE], ids=["desk", "phone"])
def test_leave_is_bought_while_the_numbers_move(
    browser: Browser, site: str, device: dict[str, Any]
) -> None:
    page = signed_in(browser, site, **device)
    page.goto(f"{site}/home")
    page.get_by_role("main").get_by_role("link", name="Decide what to do").click()
    page.get_by_role("link", name="Extra leave", exact=False).first.click()
    expect(page.get_by_role("button", name="Buy 8 hours for €160.00")).to_be_visible()

    page.get_by_label("How many hours").fill("12")
    expect(page.get_by_role("button", name="Buy 12 hours for €240.00")).to_be_visible()
    assert value_of(page, "Left in your budget") == "€760.00"
    assert value_of(page, "Your leave after it") == "36 h"
    page.get_by_role("button", name="More").click()
    expect(page.get_by_role("button", name="Buy 13 hours for €260.00")).to_be_visible()
    expect(page.get_by_label("How many hours")).to_have_value("13")
    page.get_by_label("How many hours").fill("41")
    expect(
        page.get_by_role("main").get_by_text("Your limit leaves 40 hours in 2026.")
    ).to_be_visible()
    expect(page.get_by_role("button", name=re.compile("^Buy"))).to_have_count(0)
    page.get_by_label("How many hours").fill("8")
    page.get_by_role("button", name="Buy 8 hours for €160.00").click()

    expect(page.get_by_role("heading", name="Extra leave: 8 hours")).to_be_visible()
    expect(page.get_by_text("Done. You find it back under your choices.")).to_be_visible()
    page.get_by_role("button", name="Take this order back").click()
    expect(page.get_by_text("It is as if you had not ordered it.")).to_be_visible()
    page.goto(f"{site}/choices")
    expect(page.get_by_role("table").get_by_text("cancelled")).to_be_visible()
    page.close()


def test_a_price_opens_to_its_steps_by_keyboard(browser: Browser, site: str) -> None:
    page = signed_in(browser, site)
    page.goto(f"{site}/shop/leave")
    price = page.locator(".sums details", has_text="It costs")
    expect(price.get_by_text("8 × €20.00")).to_be_hidden()
    price.locator("summary").focus()
    page.keyboard.press("Enter")
    expect(price.get_by_text("8 × €20.00")).to_be_visible()
    expect(price.get_by_text("full_time_salary / 150")).to_be_visible()
    instead = page.locator(".sums details", has_text="Paid out instead")
    instead.locator("summary").click()
    expect(instead.get_by_text("special-reward table of 2026")).to_be_visible()
    page.locator("main").focus()
    page.keyboard.press("a")
    expect(page).to_have_url(re.compile("/orders/"))
    page.close()


def test_without_script_everything_is_bought_planned_and_cancelled(
    browser: Browser, site: str
) -> None:
    page = signed_in(browser, site, java_script_enabled=False)
    page.goto(f"{site}/shop?q=festival")
    expect(page.locator(".product-card")).to_have_count(1)
    page.goto(f"{site}/shop/leave")
    page.get_by_label("How many hours").fill("3")
    page.get_by_role("button", name="Work it out").click()
    page.get_by_role("button", name="More").click()
    page.get_by_role("button", name="Buy 4 hours for €80.00").click()
    page.get_by_role("button", name="Take this order back").click()
    expect(page.get_by_text("Taken back", exact=True)).to_be_visible()

    page.goto(f"{site}/plan")
    page.get_by_label("Extra leave in April 2026", exact=True).fill("8")
    page.get_by_role("button", name="Work it out").click()
    expect(page.locator("#numbers")).to_contain_text("+8 h")
    page.get_by_role("button", name="Keep as standing choices").click()
    expect(page).to_have_url(f"{site}/choices")
    expect(page.get_by_text("8 hours each month, in April 2026")).to_be_visible()
    page.get_by_role("button", name="Pause").click()
    expect(page.get_by_text("paused")).to_be_visible()
    page.close()


def test_a_year_is_planned_and_kept(browser: Browser, site: str) -> None:
    page = signed_in(browser, site)
    page.goto(f"{site}/plan")
    numbers = page.locator("#numbers")
    expect(numbers).to_contain_text("€10,000.00")
    page.get_by_label("savings, each month").fill("100")
    page.get_by_label("savings, each month").press("Tab")
    expect(page.get_by_label("savings in April 2026", exact=True)).to_have_value("100")
    expect(numbers).to_contain_text("€1,200.00")
    page.get_by_label("Extra leave in April 2026", exact=True).fill("99")
    expect(page.locator("#refusals")).to_contain_text("Extra leave in April 2026")
    page.get_by_label("Extra leave in April 2026", exact=True).fill("10")
    expect(page.locator("#refusals")).not_to_contain_text("Extra leave")
    expect(numbers).to_contain_text("+10 h")
    expect(page.get_by_role("link", name="Save €100.00")).to_be_visible()
    page.get_by_role("button", name="Keep as standing choices").click()
    expect(page.get_by_text("10 hours each month, in April 2026")).to_be_visible()
    expect(page.get_by_text("€100.00 each month, from April 2026")).to_be_visible()
    page.get_by_role("button", name="Move savings up").click()
    expect(page.locator(".choices h3").first).to_contain_text("savings")
    page.close()


def test_a_phone_plans_one_month_at_a_time(browser: Browser, site: str) -> None:
    page = signed_in(browser, site, **PHONE)
    page.goto(f"{site}/plan")
    march = page.get_by_label("Extra leave in March 2026", exact=True)
    april = page.get_by_label("Extra leave in April 2026", exact=True)
    expect(march).to_be_visible()
    expect(april).to_be_hidden()
    page.get_by_role("button", name="More: Extra leave in March 2026").click()
    expect(march).to_have_value("1")
    page.get_by_role("button", name="April 2026 →").click()
    expect(april).to_be_visible()
    expect(page.locator("#numbers")).to_contain_text("+1 h")
    page.close()


def test_what_binds_for_long_shows_all_of_it_and_a_file_goes_along(
    browser: Browser, site: str
) -> None:
    page = signed_in(browser, site)
    page.goto(f"{site}/shop/bicycle")
    page.get_by_label("What it costs, in euros").fill("1200")
    expect(page.get_by_role("button", name="Agree to €1,200.00 in 24 months")).to_be_visible()
    plan = page.locator(".sums details", has_text="Each month, from March 2026")
    plan.locator("summary").click()
    expect(plan.get_by_role("row")).to_have_count(25)
    offer = {"name": "offer.pdf", "mimeType": "application/pdf", "buffer": b"%PDF-1.7\n%%EOF\n"}
    page.get_by_label("Evidence").set_input_files(offer)  # type: ignore[arg-type]
    page.get_by_label("What it costs, in euros").fill("1100")
    page.get_by_role("button", name="Agree to €1,100.00 in 24 months").click()
    expect(page.get_by_text("HR looks at your evidence")).to_be_visible()
    expect(page.get_by_role("link", name=re.compile("^evidence-"))).to_be_visible()
    page.close()


@pytest.mark.parametrize(("theme", "width"), [("light", 360), ("dark", 1280), ("dark", 390)])
def test_nothing_is_in_anybodys_way(browser: Browser, site: str, theme: str, width: int) -> None:
    page = signed_in(browser, site, viewport={"width": width, "height": 800}, color_scheme=theme)
    page.goto(f"{site}/shop/leave")
    page.get_by_role("button", name="Buy 8 hours for €160.00").click()
    expect(page).to_have_url(re.compile("/orders/"))
    order = page.url.removeprefix(site)
    for path in (*PAGES, order):
        page.goto(f"{site}{path}")
        for summary in page.locator("main summary").all()[:3]:
            summary.click()
        assert_fits(page, width)
    page.close()


@pytest.mark.parametrize("path", ["/shop", "/shop/leave", "/choices"])
def test_what_is_pressed_is_large_enough_for_a_thumb(
    browser: Browser, site: str, path: str
) -> None:
    page = signed_in(browser, site, **PHONE)
    page.goto(f"{site}{path}")
    for target in page.locator("main button, main .groups a, main summary, main select").all():
        if target.is_visible():
            box = target.bounding_box()
            assert box is not None
            assert box["height"] >= 44, target.inner_text()
    page.close()
