"""Sign in with one click, and open a number to how it came about."""

from __future__ import annotations

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.looking import assert_accessible, assert_fits, signed_in


@pytest.fixture(params=["light", "dark"])
def theme(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def opened(browser: Browser, site: str, theme: str, width: int) -> Page:
    """Signed in as Anna, watching for anything that the security policy refuses."""
    look = {"viewport": {"width": width, "height": 800}, "color_scheme": theme}
    page = signed_in(browser, site, "Anna", **look)
    page.goto(f"{site}/budget")
    expect(page.locator(".big")).to_contain_text("€489.90")
    return page


@pytest.mark.parametrize("width", [360, 1280])
def test_a_part_opens_to_its_formula_and_values(
    browser: Browser, site: str, theme: str, width: int
) -> None:
    page = opened(browser, site, theme, width)
    part = page.get_by_role("group").filter(has_text="holiday_allowance").first
    expect(part.get_by_text("8% * salary")).to_be_hidden()
    part.locator("summary").click()
    expect(part.get_by_text("8% * salary")).to_be_visible()
    expect(part).to_contain_text("3,000")
    assert_fits(page, width)
    page.close()


def test_the_keyboard_is_enough(browser: Browser, site: str) -> None:
    page = browser.new_page(locale="en-GB")
    page.goto(site)
    page.get_by_role("button", name="Anna").focus()
    page.keyboard.press("Enter")
    expect(page.locator(".big")).to_be_visible()
    page.goto(f"{site}/budget")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip"
    page.keyboard.press("Enter")
    summary = page.locator("summary").first
    for _ in range(10):
        if summary.evaluate("element => element === document.activeElement"):
            break
        page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.locator("details[open]")).to_have_count(1)
    page.close()


def test_sign_in_is_accessible(browser: Browser, site: str, theme: str) -> None:
    page = browser.new_page(color_scheme=theme, locale="nl-NL")
    page.goto(site)
    expect(page.locator("html")).to_have_attribute("lang", "nl")
    assert_accessible(page)
    page.close()


def test_signing_out_ends_the_session(browser: Browser, site: str) -> None:
    page = opened(browser, site, "light", 1280)
    page.get_by_role("button", name="Sign out").click()
    page.goto(f"{site}/budget")
    expect(page).to_have_url(f"{site}/sign-in?next=/budget")
    page.close()
