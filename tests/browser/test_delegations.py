"""Somebody lets a colleague decide in their place, who finds it and decides; both see what was."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from playwright.sync_api import Browser, Page, expect
from sqlalchemy import select

from ideals.approvals.commands.delegations import Delegate, delegate
from ideals.approvals.commands.mandates import GiveMandate, give_mandate
from ideals.approvals.models import Approval, ApprovalStep, Delegation
from ideals.db import unit_of_work
from ideals.kernel.ids import new_id
from ideals.kernel.money import Money
from ideals.people import queries as people
from ideals.people.commands.units import GiveOwner, give_owner
from ideals.seeds import factories
from tests.browser.looking import assert_fits, signed_in
from tests.browser.test_approvals import TITLES, _actor, asked

__all__ = ["asked"]
TODAY = datetime.now(UTC).date()
NEXT_WEEK = TODAY + timedelta(days=7)


def delegations() -> list[Delegation]:
    with unit_of_work() as session:
        return list(session.scalars(select(Delegation).order_by(Delegation.made_at)))


def stand_in(principal: str, deputy: str, *, in_days: int = 0) -> None:
    with unit_of_work() as session:
        days = (TODAY + timedelta(in_days), NEXT_WEEK + timedelta(in_days))
        cmd = Delegate(new_id(), deputy, *days)
        delegate(session, cmd, actor=_actor(session, principal), now=datetime.now(UTC))


def arrange(page: Page, site: str, name: str) -> None:
    """With the keyboard alone, from the inbox."""
    page.goto(f"{site}/approvals")
    page.get_by_role("link", name="Standing in", exact=True).press("Enter")
    page.wait_for_url("**/standing-in")
    page.keyboard.press("/")
    search = page.get_by_label("A name or a personnel number")
    expect(search).to_be_focused()
    page.keyboard.type("nobody")
    expect(page.locator("#found").get_by_text("Nobody who works here fits")).to_be_visible()
    page.get_by_label("Last day").fill(NEXT_WEEK.isoformat())
    search.fill(name)
    expect(page.get_by_label("Clara")).to_be_checked()
    expect(page.get_by_label("Last day")).to_have_value(NEXT_WEEK.isoformat())
    page.get_by_role("button", name="Let them stand in").press("Enter")
    expect(page.get_by_text("Arranged: they have been told.")).to_be_visible()


def test_a_deputy_decides_and_both_see_when_it_ended(
    browser: Browser,
    asked: str,
) -> None:
    boris = signed_in(browser, asked, "Boris")
    arrange(boris, asked, "clar")
    card = boris.get_by_role("article", name="Clara decides in your place now")
    expect(card.get_by_text("everything")).to_be_visible()

    clara = signed_in(browser, asked, "Clara")
    clara.goto(f"{asked}/notices")
    clara.get_by_role("link", name="You decide in the place of Boris").click()
    clara.wait_for_url("**/standing-in")
    expect(clara.get_by_role("heading", name="You decide in the place of Boris")).to_be_visible()
    clara.get_by_role("link", name="Waiting", exact=True).click()
    expect(clara.get_by_text("in the place of Boris").first).to_be_visible()
    expect(clara.get_by_role("heading", name=TITLES["order:1"])).to_be_visible()
    clara.keyboard.press("a")
    expect(clara.get_by_text(f"{TITLES['order:1']}: approved.")).to_be_visible()
    with unit_of_work() as session:
        boris_id, clara_id = (
            people.employee_by_number(session, name).id for name in ("boris", "clara")
        )
        step = session.scalars(
            select(ApprovalStep)
            .join(Approval, Approval.id == ApprovalStep.approval_id)
            .where(Approval.subject == "order:1")
        ).one()
        decided = step.approval_id
        assert (step.decided_by_employee_id, step.decided_for_id) == (clara_id, boris_id)

    boris.goto(f"{asked}/approvals/{decided}")
    expect(boris.get_by_text("Clara (for Boris): approved")).to_be_visible()
    boris.goto(f"{asked}/standing-in")
    boris.get_by_role("link", name="Clara in the place of Boris").click()
    expect(boris.get_by_text("Clara decides nothing more in the place of Boris")).to_be_visible()
    assert_fits(boris, 1280)
    boris.get_by_role("button", name="End it").click()
    expect(boris.get_by_text("Ended. What was decided until now stays decided.")).to_be_visible()
    assert [one.ended_by_employee_id for one in delegations()] == [boris_id]

    clara.goto(f"{asked}/approvals")
    expect(clara.get_by_text("Nothing waits for you")).to_be_visible()
    for page in (clara, boris):
        page.goto(f"{asked}/standing-in")
        row = page.locator("tbody tr")
        expect(row).to_contain_text("ended early by Boris")
        row.get_by_role("link").click()
        expect(page.get_by_text("Boris arranged it")).to_be_visible()
        expect(page.get_by_text("Boris ended it")).to_be_visible()
        page.close()


def test_without_script_it_works_as_well(browser: Browser, asked: str) -> None:
    context = browser.new_context(java_script_enabled=False, locale="en-GB")
    page = context.new_page()
    page.goto(asked)
    page.get_by_role("button", name="Boris").click()
    page.goto(f"{asked}/standing-in")
    page.get_by_label("A name or a personnel number").fill("clara")
    page.get_by_role("button", name="Show").click()
    expect(page.get_by_label("Clara")).to_be_checked()
    page.get_by_label("Last day").fill(NEXT_WEEK.isoformat())
    for kind in ("Task", "Check", "Contested check", "Deal", "Price rule"):
        page.get_by_label(kind, exact=True).uncheck()
    page.get_by_role("button", name="Let them stand in").click()
    expect(page.get_by_text("Arranged: they have been told.")).to_be_visible()
    assert [one.kinds for one in delegations()] == [["evidence", "order"]]
    context.close()


def test_hr_arranges_it_for_somebody_who_fell_ill(
    browser: Browser,
    asked: str,
) -> None:
    dina = signed_in(browser, asked, "Dina")
    dina.goto(f"{asked}/standing-in/all")
    dina.get_by_role("link", name="Arrange it for somebody").click()
    dina.get_by_label("A name or a personnel number").fill("clar")
    expect(dina.get_by_label("Clara")).to_be_checked()
    dina.get_by_label("Last day").fill(NEXT_WEEK.isoformat())
    dina.get_by_label("In whose place").fill("boris")
    dina.get_by_role("button", name="Let them stand in").click()
    expect(dina.get_by_text("Arranged: they have been told.")).to_be_visible()
    dina.goto(f"{asked}/standing-in/all")
    dina.get_by_label("A name or a personnel number").fill("bor")
    expect(dina.locator("tbody tr")).to_contain_text("Dina")
    dina.close()
    boris = signed_in(browser, asked, "Boris")
    boris.goto(f"{asked}/notices")
    boris.get_by_role("link", name="Clara decides in your place").click()
    expect(boris.get_by_text("Arranged by Dina")).to_be_visible()
    boris.close()


def test_an_employee_chooses_the_days_they_work(browser: Browser, asked: str) -> None:
    page = signed_in(browser, asked, "Boris")
    page.goto(f"{asked}/account")
    page.get_by_role("link", name="The days you work").click()
    for day in ("Wednesday", "Thursday", "Friday"):
        page.get_by_label(day).uncheck()
    page.get_by_role("button", name="Keep these days").click()
    expect(page.get_by_text("Kept.")).to_be_visible()
    expect(page.get_by_label("Tuesday")).to_be_checked()
    expect(page.get_by_label("Friday")).not_to_be_checked()
    page.close()


def test_hr_gives_a_mandate_of_a_unit(browser: Browser, asked: str) -> None:
    page = signed_in(browser, asked, "Dina")
    page.goto(f"{asked}/mandates")
    page.locator("#give").get_by_label("Unit").fill("Bank/Retail")
    page.get_by_label("Euros").fill("1000,50")
    page.get_by_label("Personnel number").fill("clara")
    page.get_by_role("button", name="Give it").click()
    expect(page.locator("tbody tr")).to_contain_text("€1,000.50")
    page.get_by_role("link", name="Bank/Retail").click()
    page.get_by_text("Take it away").click()
    page.get_by_role("button", name="Take the mandate away").click()
    expect(page.get_by_text(f"No mandates in {TODAY.year} yet")).to_be_visible()
    page.close()


@pytest.mark.parametrize(("theme", "width"), [("light", 1280), ("dark", 390), ("light", 360)])
def test_every_page_is_accessible_and_fits(
    browser: Browser,
    asked: str,
    theme: str,
    width: int,
) -> None:
    stand_in("boris", "clara")
    stand_in("clara", "boris", in_days=20)
    unit = "Bank/Retail/Zwolle"
    with unit_of_work() as session:
        now = datetime.now(UTC)
        mandate = GiveMandate(unit, now.year, Money(2_500_000), "clara")
        give_mandate(session, mandate, actor=factories.DINA, now=now)
        give_owner(session, GiveOwner(unit, "boris", 1), actor=factories.DINA, now=now)
    one = f"/standing-in/{delegations()[0].id}"
    look = {"color_scheme": theme, "viewport": {"width": width, "height": 800}}
    roads = {
        "Boris": ["/standing-in", "/standing-in?search=ar", one, "/work-week"],
        "Dina": [
            "/standing-in/all",
            one,
            "/mandates",
            f"/mandates/{TODAY.year}/{unit}",
            "/units",
            f"/units/{unit}",
            "/people/boris/work-week",
        ],
    }
    for name, paths in roads.items():
        page = signed_in(browser, asked, name, **look)
        for path in paths:
            page.goto(f"{asked}{path}")
            assert_fits(page, width)
        page.close()
