"""HR's road through schemes: check a document, mend it, try it, publish it, compare."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
from playwright.sync_api import Browser, Page, expect

from ideals.db import unit_of_work
from ideals.kernel.month import Month
from ideals.seeds import factories
from tests.browser.looking import assert_fits
from tests.schemes.worked import document

MERIDIAN = document("meridian.yaml")
NEXT = Month.of(datetime.now(UTC).date()).plus(2)
LATER = MERIDIAN.replace('version: "2020-01"', f'version: "{NEXT}"').replace("8.33%", "8.5%")


@pytest.fixture
def schemes(site: str) -> Iterator[str]:
    """The site with two versions of the illustrative scheme."""
    with unit_of_work() as session:
        factories.publish(session, MERIDIAN)
        factories.publish(session, LATER.replace(str(NEXT), "2021-01").replace("8.5%", "8.4%"))
    yield site


def hr(browser: Browser, site: str, **how: object) -> Page:
    page = browser.new_page(locale="en-GB", **how)  # type: ignore[arg-type]
    page.goto(site)
    page.get_by_role("button", name="Dina").click()
    expect(page.locator("h1")).to_be_visible()
    return page


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_every_page_is_accessible_and_fits_a_phone(
    browser: Browser, schemes: str, theme: str
) -> None:
    page = hr(browser, schemes, color_scheme=theme, viewport={"width": 360, "height": 800})

    def looked_at() -> None:
        assert_fits(page, 360)

    for path in ("", "/facts", "/meridian", "/meridian/2021-01", "/meridian/compare"):
        page.goto(f"{schemes}/schemes{path}")
        for summary in page.locator("main summary").all():
            summary.click()
        looked_at()
    page.goto(f"{schemes}/schemes/check")
    looked_at()
    page.get_by_label("The document", exact=True).fill(document("ten-faults.yaml"))
    page.get_by_role("button", name="Check this document").click()
    expect(page.get_by_role("alert")).to_contain_text("things are not right yet")
    looked_at()
    page.get_by_label("The document", exact=True).fill(LATER)
    page.get_by_role("button", name="Check this document").click()
    page.get_by_role("button", name="Work it out").click()
    expect(page.locator("#example .big")).to_contain_text("€")
    looked_at()
    page.close()


def test_the_keyboard_is_enough_to_mend_try_and_publish(browser: Browser, schemes: str) -> None:
    page = hr(browser, schemes)
    page.goto(f"{schemes}/schemes")

    def press_on(role: str, name: str) -> None:
        """Tab to it, as somebody without a mouse does, and press Enter."""
        wanted = page.get_by_role(role, name=name, exact=True)  # type: ignore[arg-type]
        for _ in range(60):
            page.keyboard.press("Tab")
            if wanted.evaluate("element => element === document.activeElement"):
                break
        page.keyboard.press("Enter")

    press_on("link", "Check a document")
    typed = page.get_by_label("The document", exact=True)
    typed.focus()
    page.keyboard.insert_text(LATER.replace("8.5% * salary", "8.5% * salry"))
    press_on("button", "Check this document")
    alert = page.get_by_role("alert")
    expect(alert).to_be_focused()
    expect(page.locator(".source-fault")).to_contain_text("did you mean 'salary'?")
    expect(typed).to_have_value(LATER.replace("8.5% * salary", "8.5% * salry"))
    typed.focus()
    page.keyboard.press("Control+A")
    page.keyboard.insert_text(LATER)
    press_on("button", "Check this document")
    expect(page.get_by_text("Nothing is published yet")).to_be_visible()
    press_on("button", "Work it out")
    expect(page.locator("#example .big")).to_contain_text("€552.69")  # 240 + 255 + 57.69
    press_on("link", "Schemes")
    press_on("link", "Check a document")
    page.get_by_label("The document", exact=True).focus()
    page.keyboard.insert_text(LATER)
    press_on("button", "Check this document")
    press_on("button", f"Publish version {NEXT} of meridian")
    expect(page.get_by_role("status").first).to_contain_text(f"Version {NEXT} of meridian")
    expect(page.get_by_text("to come", exact=True)).to_be_visible()
    page.close()
