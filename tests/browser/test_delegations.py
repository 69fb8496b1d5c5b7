"""Somebody is away: a colleague decides in their place, and both see it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from playwright.sync_api import Browser, expect
from sqlalchemy import select

from ideals.access import commands as access
from ideals.approvals.models import ApprovalStep
from ideals.db import unit_of_work
from ideals.kernel.actor import SYSTEM, Role
from ideals.people import queries as people
from tests.browser.test_approvals import asked
from tests.browser.test_people import assert_fits, signed_in

__all__ = ["asked"]


def test_clara_decides_in_the_place_of_boris(browser: Browser, asked: str) -> None:
    boris = signed_in(browser, asked, "Boris")
    boris.goto(f"{asked}/approvals")
    boris.get_by_role("link", name="Standing in", exact=True).click()
    boris.get_by_label("A name or a personnel number").fill("clar")
    expect(boris.get_by_role("radio", name="Clara")).to_be_checked()
    until = datetime.now(UTC).date() + timedelta(days=14)
    boris.get_by_label("Last day").fill(until.isoformat())
    for kind in ("Evidence", "Task", "Check", "Contested check"):
        boris.get_by_role("checkbox", name=kind, exact=True).uncheck()
    boris.get_by_role("button", name="Let them stand in").press("Enter")
    expect(boris.get_by_role("heading", name="Clara decides in your place now")).to_be_visible()
    clara = signed_in(browser, asked, "Clara")
    clara.goto(f"{asked}/approvals")
    expect(clara.get_by_text("in the place of Boris").first).to_be_visible()
    clara.get_by_role("link", name="8 hours of leave in March").click()
    expect(clara.get_by_text("You decide in the place of Boris, and the decision")).to_be_visible()
    clara.keyboard.press("a")
    expect(clara.get_by_role("status").first).to_contain_text("approved")
    with unit_of_work() as session:
        step = session.scalars(
            select(ApprovalStep).where(ApprovalStep.decided_for_id.is_not(None))
        ).one()
        assert step.decided_for_id == people.employee_by_number(session, "boris").id
    boris.goto(f"{asked}/approvals/{step.approval_id}")
    expect(boris.get_by_text("Clara (for Boris): approved")).to_be_visible()
    clara.goto(f"{asked}/standing-in")
    clara.get_by_text("End it now").click()
    clara.get_by_role("button", name="End it").click()
    expect(clara.get_by_role("cell", name="ended early")).to_be_visible()
    boris.goto(f"{asked}/standing-in")
    expect(boris.get_by_role("cell", name="ended early")).to_be_visible()


@pytest.mark.parametrize(("theme", "width"), [("light", 1280), ("dark", 390)])
def test_every_page_is_accessible_and_fits(
    browser: Browser,
    asked: str,
    theme: str,
    width: int,
) -> None:
    with unit_of_work() as session:
        cmd = access.ShowInDemo("dina@meridian.example", "Dina", frozenset({Role.HR}))
        access.show_in_demo(session, cmd, actor=SYSTEM, now=datetime.now(UTC))
    look = {"color_scheme": theme, "viewport": {"width": width, "height": 800}}
    page = signed_in(browser, asked, "Dina", **look)
    page.goto(f"{asked}/units")
    unit = page.get_by_role("table").get_by_role("link").first.inner_text()
    page.goto(f"{asked}/mandates")
    page.locator("#give").get_by_label("Unit").fill(unit)
    page.get_by_label("Euros").fill("1000")
    page.get_by_label("Personnel number").fill("clara")
    page.get_by_role("button", name="Give it").click()
    page.goto(f"{asked}/standing-in?search=clara")
    page.get_by_label("Last day").fill(datetime.now(UTC).date().isoformat())
    page.get_by_label("In whose place").fill("boris")
    page.get_by_role("button", name="Let them stand in").click()
    year = datetime.now(UTC).year
    for path in (
        "standing-in", "standing-in?search=clara", "standing-in/all", "mandates", "units",
        f"mandates/{year}/{unit}", f"units/{unit}", "work-week", "people/anna/work-week",
    ):  # fmt: skip
        page.goto(f"{asked}/{path}")
        assert_fits(page, width)
