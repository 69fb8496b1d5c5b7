"""HR's desk and the audit in a real browser: from a number to its rows, by keyboard and phone."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from ideals.access import commands as access
from ideals.db import unit_of_work
from ideals.kernel.actor import SYSTEM, Role
from ideals.people.commands.units import KeepWeek, keep_week
from ideals.seeds import factories
from tests.browser.looking import assert_fits, signed_in

EVERY = frozenset({Role.HR, Role.HR_DEALS, Role.HR_PRICES, Role.PAYROLL})


@pytest.fixture
def hr(site: str) -> str:
    """Dina has every role of HR, and somebody's working days were changed."""
    now = datetime.now(UTC)
    with unit_of_work() as session:
        cmd = access.ShowInDemo("dina@meridian.example", "Dina", EVERY)
        access.show_in_demo(session, cmd, actor=SYSTEM, now=now)
        keep_week(session, KeepWeek([0, 1], "anna"), actor=factories.DINA, now=now)
    return site


def test_one_click_from_a_number_to_its_people_by_keyboard(browser: Browser, hr: str) -> None:
    page = signed_in(browser, hr, "Dina")
    page.goto(f"{hr}/desk")
    expect(page.get_by_role("heading", level=1)).to_have_text("Desk")
    for tile in ("Never chose anything", "Indicators missing", "Deals in negotiation"):
        expect(page.get_by_role("link", name=tile)).to_be_visible()
    assert_fits(page, 1280)
    page.get_by_role("link", name="Never chose anything").focus()
    page.keyboard.press("Enter")
    page.wait_for_url("**/desk/people")
    expect(page.get_by_role("table")).to_contain_text("Anna")
    assert_fits(page, 1280)
    with page.expect_download() as waited:
        page.get_by_role("link", name="CSV").click()
    text = Path(waited.value.path()).read_text(encoding="utf-8-sig")
    assert "Anna" in text


def test_every_line_of_hr_is_reached_by_keyboard_and_none_is_cut(browser: Browser, hr: str) -> None:
    page = signed_in(browser, hr, "Dina")
    page.set_viewport_size({"width": 1280, "height": 900})
    for group, first, last in (("HR", "Desk", "Mail"), ("Every month", "Months", "Runs"),
                               ("Rules", "Schemes", "Products")):  # fmt: skip
        page.get_by_role("navigation", name="Main").get_by_role("link", name=group).click()
        within = page.get_by_role("navigation", name=group, exact=True)
        expect(within.get_by_role("link", name=first)).to_be_visible()
        edge = within.get_by_role("link", name=last)
        box = edge.bounding_box()
        assert box is not None
        assert box["x"] + box["width"] <= 1280
        edge.focus()
        page.keyboard.press("Enter")
        expect(within.get_by_role("link", name=last)).to_have_attribute("aria-current", "page")
        assert_fits(page, 1280)


def test_the_desk_and_its_menu_on_a_phone(browser: Browser, hr: str) -> None:
    page = signed_in(browser, hr, "Dina")
    page.set_viewport_size({"width": 390, "height": 844})
    page.goto(f"{hr}/desk")
    assert_fits(page, 390)
    page.get_by_role("button", name="Menu").click()
    page.get_by_role("navigation", name="Main").get_by_role("link", name="Audit").click()
    page.wait_for_url("**/audit")
    assert_fits(page, 390)


def test_the_audit_is_searched_in_words_and_taken_away(browser: Browser, hr: str) -> None:
    page = signed_in(browser, hr, "Dina")
    page.goto(f"{hr}/audit")
    assert_fits(page, 1280)
    page.get_by_label("Act").select_option(label="Working days kept")
    page.get_by_role("button", name="Show").click()
    page.wait_for_url(re.compile("act=people.week_kept"))
    changed = page.get_by_role("table", name="What changed")
    expect(changed).to_contain_text("Monday, Tuesday, Wednesday, Thursday, Friday")
    expect(changed.locator("ins")).to_have_text("Monday, Tuesday")
    with page.expect_download() as waited:
        page.get_by_role("link", name="CSV").click()
    text = Path(waited.value.path()).read_text(encoding="utf-8-sig")
    assert "Working days kept,people.week_kept,employee:anna" in text
    assert "access.signed_in" not in text


def test_the_audit_and_the_navigation_work_without_javascript(chromium: Browser, hr: str) -> None:
    page = signed_in(chromium, hr, "Dina")
    plain = chromium.new_context(
        java_script_enabled=False, storage_state=page.context.storage_state()
    )
    page = plain.new_page()
    page.goto(f"{hr}/audit")
    page.get_by_label("Act").select_option(label="Working days kept")
    page.get_by_role("button", name="Show").click()
    expect(page.get_by_role("table", name="What changed")).to_be_visible()
    page.get_by_role("navigation", name="Main").get_by_role("link", name="Rules").click()
    expect(page.get_by_role("navigation", name="Rules")).to_be_visible()
    plain.close()
