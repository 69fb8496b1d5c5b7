"""Signing in on a page that is listened to, and what must be true of every page looked at."""

from __future__ import annotations

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page

from tests.browser.listening import listen


def signed_in(browser: Browser, site: str, name: str, **options: object) -> Page:
    """As this person of the demo, on a page of their own."""
    page = browser.new_page(**{"locale": "en-GB"} | options)  # type: ignore[arg-type]
    listen(page)
    page.goto(site)
    page.get_by_role("button", name=name).click()
    page.wait_for_url(lambda url: "sign-in" not in url)
    return page


def assert_fits(page: Page, width: int) -> None:
    """Nothing scrolls sideways at `width` CSS pixels, and axe finds nothing in anybody's way."""
    page.wait_for_load_state()  # a page that was asked for may not have a document yet
    assert page.evaluate("document.documentElement.scrollWidth") <= width, page.url
    assert_accessible(page)


def assert_accessible(page: Page) -> None:
    page.wait_for_load_state()
    found = Axe().run(page)
    assert found.violations_count == 0, f"{page.url}\n{found.generate_report()}"
