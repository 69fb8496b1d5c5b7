"""What would be, in a browser: started, left, cancelled, followed to its end, compared."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from uuid import UUID

import pytest
from playwright.sync_api import Browser, Page, expect

from ideals.access import commands as access
from ideals.access.commands import ChangeRoles
from ideals.access.queries import user_by_email
from ideals.db import unit_of_work
from ideals.kernel.actor import SYSTEM, Actor, Role
from ideals.kernel.ids import new_id
from ideals.kernel.month import Month
from ideals.pricing.commands.steering import SaveRule, save_rule
from ideals.schemes import queries as schemes
from ideals.seeds import factories
from tests.browser.looking import assert_fits, signed_in
from tests.insight.what_if import work
from tests.pricing.desk import QUIET
from tests.shop.conftest import PRODUCTS

DINA = "dina@meridian.example"


def worked_off(path: str) -> None:
    """As a worker would, in the end."""
    with unit_of_work() as session:
        work(session, UUID(path.rpartition("/")[2]), now=datetime.now(UTC))


def next_version() -> str:
    with unit_of_work() as session:
        plain = json.loads(schemes.latest_schemes(session)[0].text)
    month = Month.of(datetime.now(UTC).date()).plus(1)
    components = plain["components"] | {"learning": {"formula": "25"}}
    return json.dumps(plain | {"version": str(month), "components": components})


def more_people(count: int) -> None:
    with unit_of_work() as session:
        for number in range(count):
            factories.an_employee(
                session, f"Person {number}", gender=("female", "male")[number % 2]
            )


def draft(code: str, percent: str) -> UUID:
    """A price rule without an end, by Dina."""
    now = datetime.now(UTC)
    month = Month.of(now.date()).plus(2)
    plain = QUIET | {
        "code": code,
        "name": {"en": code.title(), "nl": code.title()},
        "from_month": str(month),
        "through_month": "",
        "condition": "",
        "change": {"kind": "percent", "value": percent},
    }
    with unit_of_work() as session:
        user = user_by_email(session, DINA)
        assert user is not None
        dina = Actor(DINA, user_id=user.id, roles=frozenset({Role.HR_PRICES}))
        return save_rule(session, SaveRule(new_id(), plain), actor=dina, now=now).id


def started(page: Page) -> str:
    expect(page.get_by_text("Employees looked at")).to_be_visible()
    return page.url


@pytest.mark.parametrize(("theme", "width"), [("light", 1280), ("dark", 360)])
def test_a_new_version_of_a_scheme_from_the_document_to_its_effect(
    browser: Browser, site: str, theme: str, width: int
) -> None:
    more_people(12)
    page = signed_in(
        browser, site, "Dina", color_scheme=theme, viewport={"width": width, "height": 800}
    )
    page.goto(f"{site}/schemes/check")
    page.get_by_label("The document", exact=True).fill(next_version())
    page.get_by_role("button", name="Check this document").click()
    assert_fits(page, width)
    page.get_by_role("button", name="See what it would do to everybody").click()
    address = started(page)
    assert_fits(page, width)
    page.goto(f"{site}/schemes")  # it can be left
    page.goto(address)
    worked_off(address)
    # 17 people, 25.00 in each of twelve months; the page is renewed by itself.
    expect(page.locator("p.big")).to_contain_text("€5,100.00 more in budgets")
    expect(
        page.get_by_role("img", name="People, by how much less or more they have")
    ).to_be_visible()
    for summary in page.locator("main summary").all():
        summary.click()
    expect(page.get_by_role("cell", name="hidden").first).to_be_visible()
    assert_fits(page, width)
    page.get_by_role("button", name="To the document, to publish or change it").click()
    expect(page.get_by_text("17 people touched, €5,100.00 more in budgets")).to_be_visible()
    assert_fits(page, width)


def test_a_price_rule_is_simulated_cancelled_and_compared(browser: Browser, site: str) -> None:
    with unit_of_work() as session:
        factories.a_scheme(session, version="2021-01", products={"leave": PRODUCTS["leave"]})
        cmd = ChangeRoles(DINA, frozenset({Role.HR, Role.HR_PRICES}))
        access.change_roles(session, cmd, actor=SYSTEM, now=datetime.now(UTC))
    quiet, deeper = draft("quiet", "-15"), draft("deeper", "-25")
    page = signed_in(browser, site, "Dina")
    page.goto(f"{site}/prices/rules/{quiet}")
    page.get_by_role("button", name="See what it would do").click()
    started(page)
    page.get_by_role("button", name="Cancel the simulation").click()
    expect(page.get_by_text("This simulation was cancelled")).to_be_visible()
    for rule in (quiet, deeper):
        page.goto(f"{site}/prices/rules/{rule}")
        page.get_by_role("button", name="See what it would do").click()
        worked_off(started(page))
        expect(page.get_by_text("It would have touched nobody.")).to_be_visible()
    page.get_by_label("Compare with").select_option(index=1)
    expect(page.get_by_role("heading", name="The two in figures")).to_be_visible()
    assert "beside=" in page.url
    assert_fits(page, 1280)
    page.goto(f"{site}/prices/rules/{quiet}")
    expect(page.get_by_text("Nobody touched, €0.00 no difference in euros").first).to_be_visible()
    page.get_by_text("Earlier simulations").click()
    expect(page.get_by_text("cancelled").first).to_be_visible()
