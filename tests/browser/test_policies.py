"""HR writes rules in the form, tries them on what was asked before, and publishes them."""

from __future__ import annotations

import re
from datetime import UTC, datetime

import pytest
from playwright.sync_api import Browser, expect
from sqlalchemy import select

from ideals.access import commands as access
from ideals.access import queries as users
from ideals.approvals import commands
from ideals.approvals.commands import Ask
from ideals.approvals.models import PolicyVersion
from ideals.approvals.states import Kind
from ideals.db import unit_of_work
from ideals.kernel.actor import SYSTEM, Role
from ideals.kernel.ids import new_id
from ideals.kernel.money import Money
from ideals.people import queries as people
from tests.browser.listening import SAID
from tests.browser.looking import assert_fits, signed_in

FACTS = {
    "product": "bicycle", "product_kind": "bicycle", "paid_from": "budget", "asks": "manager",
}  # fmt: skip


@pytest.fixture
def asked(site: str) -> str:
    """Three small things and a dear one were asked before."""
    now = datetime.now(UTC)
    with unit_of_work() as session:
        cmd = access.ShowInDemo("dina@meridian.example", "Dina", frozenset({Role.HR}))
        access.show_in_demo(session, cmd, actor=SYSTEM, now=now)
        user = users.user_by_email(session, "anna@meridian.example")
        assert user is not None
        anna = people.employee_by_number(session, "anna")
        for number, cents in enumerate((80_00, 90_00, 100_00, 900_00)):
            ask = Ask(new_id(), Kind.ORDER, f"x:{number}", anna.id, FACTS, Money(cents))
            commands.ask(session, ask, actor=users.actor_of(user, []), now=now)
    return site


def test_hr_adds_a_case_tries_it_and_publishes_it(browser: Browser, asked: str) -> None:
    page = signed_in(browser, asked, "Dina")
    page.goto(f"{asked}/approvals/policies")
    page.get_by_role("link", name="Orders", exact=True).click()
    page.get_by_role("link", name="Write new rules").click()
    page.get_by_role("button", name="Add a case").click()
    page.wait_for_url(re.compile("#cases-2$"))
    case = page.get_by_role("group", name=re.compile("^Case 3"))
    case.get_by_label("Code").fill("small")
    case.get_by_label("Condition").fill("amount <= 250 and salary > 1")
    case.get_by_label("In words for whoever asks, in English").fill("Small things are yours")
    case.get_by_label("In words for whoever asks, in Dutch").fill("Kleine dingen zijn aan u")
    case.get_by_label("It takes effect").select_option(
        label="At once, and a share is checked afterwards"
    )
    expect(case.get_by_label("Share that is checked")).to_be_visible()
    page.get_by_role("button", name="Save and see what it would do").click()
    # A fault is said at its field, and nothing that was written is lost.
    expect(page.get_by_role("alert")).to_contain_text("salary")
    (said,) = SAID
    assert "422" in said
    SAID.clear()
    case = page.get_by_role("group", name=re.compile("^Case 3"))
    expect(case.get_by_label("Condition")).to_have_attribute("aria-invalid", "true")
    case.get_by_label("Condition").fill("amount <= 250")
    page.get_by_role("button", name="Save and see what it would do").click()
    page.wait_for_url("**/policies/order/draft")
    expect(page.locator("main")).to_contain_text("3 of 4 would have gone another way")
    page.get_by_role("link", name=re.compile("^3")).click()
    expect(page.get_by_role("table")).to_contain_text("100")
    page.go_back()
    page.get_by_role("button", name=re.compile("^Publish, from")).click()
    page.wait_for_url(re.compile(r"/policies/order/\d{4}-\d\d-01$"))
    expect(page.get_by_role("status").first).to_contain_text("Published.")
    with unit_of_work() as session:
        made = session.scalars(select(PolicyVersion)).one()
        assert "code: small" in made.document
    anna = signed_in(browser, asked, "Anna")
    anna.goto(f"{asked}/approvals/how")
    anna.get_by_text(re.compile("^Other rules hold from")).click()
    expect(anna.get_by_text("Small things are yours")).to_be_visible()


@pytest.mark.parametrize(("theme", "width"), [("light", 1280), ("dark", 390)])
def test_every_page_is_accessible_and_fits(
    browser: Browser, asked: str, theme: str, width: int
) -> None:
    look = {"color_scheme": theme, "viewport": {"width": width, "height": 800}}
    page = signed_in(browser, asked, "Dina", **look)
    for path in ("", "/order", "/order/built-in", "/order/edit", "/order/edit/text"):
        page.goto(f"{asked}/approvals/policies{path}")
        assert_fits(page, width)
    page.goto(f"{asked}/approvals/how")
    assert_fits(page, width)
    page.goto(f"{asked}/approvals/policies/order/edit")
    page.get_by_role("button", name="Save the draft").last.click()
    for path in ("draft", "draft/cases"):
        page.goto(f"{asked}/approvals/policies/order/{path}")
        assert_fits(page, width)
