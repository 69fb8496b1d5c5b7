"""An employee's road by keyboard: home, how it came about, the statement, a search, the year."""

from __future__ import annotations

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.listening import listen
from tests.browser.looking import assert_fits

PAGES = ("/home", "/budget", "/statement", "/year", "/replaced", "/account")


def signed_in(browser: Browser, site: str, **options: object) -> Page:
    """As Anna, watching for anything that the security policy refuses."""
    page = browser.new_page(**{"locale": "en-GB"} | options)
    listen(page)
    page.goto(site)
    page.get_by_role("button", name="Anna").focus()
    page.keyboard.press("Enter")
    expect(page).to_have_url(f"{site}/home")
    return page


def press_until(page: Page, role: str, name: str) -> None:
    """Tab to the first control of this name, as somebody without a mouse does."""
    wanted = page.get_by_role(role, name=name).first
    for _ in range(60):
        if wanted.evaluate("element => element === document.activeElement"):
            return
        page.keyboard.press("Tab")
    raise AssertionError(f"no way by keyboard to {name}")


def test_the_road_of_an_employee_by_keyboard_alone(browser: Browser, site: str) -> None:
    page = signed_in(browser, site)
    expect(page.locator(".big")).to_contain_text("€489.90")

    press_until(page, "link", "thirteenth_month")
    page.keyboard.press("Enter")
    part = page.locator("details.number", has_text="thirteenth_month").first
    expect(part).to_have_attribute("open", "")
    expect(part).to_contain_text("8.33% * salary")

    press_until(page, "link", "Statement")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Statement", level=1)).to_be_visible()
    line = page.locator("details.number", has_text="holiday_allowance").first
    expect(line.get_by_text("The allocation run of")).to_be_hidden()
    line.locator("> summary").focus()
    page.keyboard.press("Enter")
    expect(line.get_by_text("The allocation run of")).to_be_visible()

    page.get_by_label("Words or an amount").focus()
    page.keyboard.type("249.90")
    page.keyboard.press("Enter")
    expect(page.locator("#rows").get_by_text("1 line found.")).to_be_visible()
    expect(page.locator("details.number")).to_have_count(1)
    page.close()


def test_without_script_the_pages_do_the_same(browser: Browser, site: str) -> None:
    page = signed_in(browser, site, java_script_enabled=False)
    page.goto(f"{site}/statement?search=249.90")
    expect(page.locator("#rows").get_by_text("1 line found.")).to_be_visible()
    page.locator("details.number > summary").click()
    expect(page.get_by_text("The allocation run of")).to_be_visible()
    page.close()


@pytest.mark.parametrize(("theme", "width"), [("light", 360), ("dark", 1280)])
def test_nothing_is_in_anybodys_way(browser: Browser, site: str, theme: str, width: int) -> None:
    page = signed_in(browser, site, viewport={"width": width, "height": 800}, color_scheme=theme)
    for path in PAGES:
        page.goto(f"{site}{path}")
        for summary in page.locator("details.number > summary").all()[:2]:
            summary.click()
        assert_fits(page, width)
    page.close()


def test_settings_change_the_language_and_the_colours(browser: Browser, site: str) -> None:
    page = signed_in(browser, site)
    page.goto(f"{site}/account")
    settings = page.get_by_role("main")
    settings.get_by_role("button", name="Nederlands").click()
    expect(page.get_by_role("heading", name="Instellingen")).to_be_visible()
    settings.get_by_role("button", name="Donker").click()
    expect(page.locator("html")).to_have_attribute("data-theme", "dark")
    expect(settings.get_by_role("button", name="Donker")).to_have_attribute("aria-pressed", "true")
    page.close()
