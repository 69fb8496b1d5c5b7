"""A whole negotiation by two people and an adviser, each at a browser of their own; and every page
of a deal fits and can be read by everybody."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta

import pytest
from playwright.sync_api import Browser, Page, expect
from sqlalchemy import select
from sqlalchemy.orm import Session

from ideals.access import commands as access
from ideals.access.models import User
from ideals.access.queries import actor_of
from ideals.db import unit_of_work
from ideals.deals import commands
from ideals.deals.commands import going
from ideals.deals.models import Deal, Draft, Letter
from ideals.deals.rules.life import Happened, Life
from ideals.kernel.actor import SYSTEM, Actor, Role
from ideals.kernel.ids import new_id
from tests.browser.looking import assert_fits, signed_in

TODAY = datetime.now(UTC).date()
BEGINS = TODAY + timedelta(days=100)


@pytest.fixture
def house(site: str) -> Iterator[str]:
    """Anna works for Boris; Clara may advise; Dina is HR with rights to deals."""
    with unit_of_work() as session:
        for name, roles in (
            ("Boris", ()),
            ("Clara", ()),
            ("Dina", (Role.HR, Role.HR_DEALS)),
        ):
            cmd = access.ShowInDemo(f"{name.lower()}@meridian.example", name, frozenset(roles))
            access.show_in_demo(session, cmd, actor=SYSTEM, now=datetime.now(UTC))
    yield site


def unheard(browser: Browser, site: str, name: str) -> Page:
    """The console of whose browser may say that something was refused."""
    page = browser.new_page(locale="en-GB")
    page.goto(site)
    page.get_by_role("button", name=name).click()
    return page


def deal_now() -> Deal:
    with unit_of_work() as session:
        return session.query(Deal).one()


def actor(session: Session, name: str, now: datetime) -> Actor:
    """As if signed in just then."""
    user = session.scalars(select(User).where(User.email == f"{name}@meridian.example")).one()
    return actor_of(user, [], proved_at=now)


def in_force_since_spring(session: Session) -> Deal:
    """Of Anna and Boris, begun ninety days ago and to be looked back on now; of everything that
    comes after agreeing something waits."""
    then = datetime.now(UTC) - timedelta(days=100)
    began, today = TODAY - timedelta(days=90), datetime.now(UTC)
    anna, boris = (actor(session, name, then) for name in ("anna", "boris"))
    assert anna.employee_id is not None
    week = dict.fromkeys(("monday", "tuesday", "wednesday", "thursday"), 540)
    text = {
        "terms": [{"kind": "pattern", "minutes": week}],
        "employee_gets": "Fridays with the children",
        "employer_gets": "Early shifts on four days",
        "starts_on": began.isoformat(),
        "evaluate_on": TODAY.isoformat(),
        "visibility": "everyone",
    }
    cmd = commands.Propose(new_id(), anna.employee_id, "Four times nine", text)
    deal = commands.propose(session, cmd, actor=anna, now=then)
    for side in (boris, anna):
        commands.accept(session, commands.Accept(deal.id, 1), actor=side, now=then)
    commands.act_on_deal(session, deal.id, actor=SYSTEM, now=then + timedelta(days=11))
    assert deal.state == "in_force"
    for side, name in ((boris, "Late shifts"), (anna, "A Friday at work")):
        breach = commands.NameBreach(new_id(), deal.id, f"{name}, week after week")
        commands.name_breach(session, breach, actor=side, now=today)
    end = commands.EndDeal(new_id(), deal.id, TODAY + timedelta(days=60), "Nobody on Fridays")
    commands.end_deal(session, end, actor=boris, now=today)
    going.ask_to_look_again(session, deal, Happened(Life.UNIT_MOVED, TODAY), now=today)
    for language in ("en", "nl"):
        letter = Letter(
            deal_id=deal.id,
            offer=1,
            language=language,
            content=b"%PDF-1.4",
            digest="a" * 64,
            made_at=then,
        )
        session.add(letter)
    return deal


def day(moved: int) -> str:
    return (BEGINS + timedelta(days=moved)).isoformat()


def ask(page: Page, site: str) -> str:
    """Anna asks for four times nine; the address of the deal."""
    page.goto(f"{site}/deals")
    page.get_by_role("link", name="Other working days").click()
    page.get_by_label("Name of the deal").fill("Four times nine")
    for name in ("Monday", "Tuesday", "Wednesday", "Thursday"):
        page.get_by_label(name).fill("9")
    page.get_by_label("Friday").fill("")
    page.get_by_label("What you get").fill("Fridays with my children")
    page.get_by_label("What the employer gets").fill("Early shifts on four days")
    page.get_by_label("First day").fill(day(0))
    page.get_by_label("Day to look back").fill(day(180))
    page.get_by_role("button", name="Send the first offer").click()
    expect(page.get_by_role("heading", name="Four times nine", level=1)).to_be_visible()
    return page.url


def test_two_people_and_an_adviser_negotiate(browser: Browser, house: str) -> None:
    anna, clara = (signed_in(browser, house, name) for name in ("Anna", "Clara"))
    boris = unheard(browser, house, "Boris")
    url = ask(anna, house)
    expect(anna.get_by_text("request under the Act. Without an answer by")).to_be_visible()

    boris.goto(f"{house}/deals/team")
    expect(boris.get_by_text("your turn")).to_be_visible()
    boris.get_by_role("link", name="Four times nine").click()
    expect(boris.get_by_text("Your turn: accept offer 1, or make another.")).to_be_visible()
    boris.get_by_label("Your message").fill("Who is there on Fridays?")
    boris.get_by_label("It is a question").check()
    boris.get_by_role("button", name="Send the message").click()
    expect(boris.get_by_text("Who is there on Fridays?")).to_be_visible()

    assert clara.request.get(url).status == 404, "not hers to see"
    anna.goto(url)
    expect(anna.get_by_text("Who is there on Fridays?")).to_be_visible()
    anna.get_by_text("Invite somebody beside you").click()
    anna.get_by_label("Personnel number").fill("clara")
    anna.get_by_role("button", name="Invite", exact=True).click()
    expect(anna.get_by_text("Invited. They see this deal")).to_be_visible()

    clara.goto(f"{house}/deals")
    clara.get_by_role("link", name="Four times nine", exact=True).click()
    expect(clara.get_by_role("button", name="Accept offer 1")).to_have_count(0)
    clara.get_by_role("link", name="Make another offer").click()
    clara.get_by_label("What it means for colleagues").fill("Egor takes the Fridays")
    clara.get_by_role("button", name="Send offer 2").click()
    expect(clara.get_by_text("written by an adviser")).to_be_visible()

    # Boris has offer 1 before him, and accepts what is not on the table any more.
    boris.get_by_role("button", name="Accept offer 1").click()
    expect(boris.get_by_role("alert").first).to_contain_text("There is a newer offer")
    changed = boris.get_by_role("heading", name="What changed since the offer you saw")
    expect(changed.locator("..")).to_contain_text("Egor takes the Fridays")
    boris.get_by_role("link", name="Change something").click()
    boris.get_by_label("Thursday").fill("7,5")
    boris.get_by_label("Friday").fill("1:30")
    boris.get_by_role("button", name="Send offer 3").click()
    expect(boris.get_by_text("Changed since offer 2")).to_be_visible()

    anna.goto(url)
    expect(anna.get_by_text("Your turn: accept offer 3, or make another.")).to_be_visible()
    now = anna.get_by_role("article")
    expect(now).to_contain_text("Working pattern: Thursday")
    expect(now).to_contain_text("free")
    anna.get_by_role("button", name="Accept offer 3").click()
    expect(anna.get_by_text("You accepted offer 3.")).to_be_visible()
    boris.goto(url)
    expect(boris.get_by_text("With your yes it is agreed").first).to_be_visible()
    boris.get_by_role("button", name="Accept offer 3").click()
    expect(boris.get_by_text("Agreed: both sides accepted offer 3.")).to_be_visible()
    expect(boris.get_by_text("Everybody has agreed. It holds from")).to_be_visible()
    assert (deal_now().state, deal_now().agreed_number) == ("agreed", 3)
    for page in (anna, boris, clara):
        page.close()


def test_a_draft_is_kept_and_found_again(browser: Browser, house: str) -> None:
    anna = signed_in(browser, house, "Anna")
    anna.goto(f"{house}/deals/new?kind=money")
    anna.get_by_label("Name of the deal").fill("Stand in")
    anna.get_by_label("Amount").fill("12o")
    anna.get_by_label("Add to the package").select_option("tasks")
    anna.get_by_role("button", name="Add", exact=True).click()
    expect(anna.get_by_label("Tasks that come")).to_be_visible()
    anna.get_by_role("button", name="Keep as draft").click()
    expect(anna.get_by_text("Kept as your draft.")).to_be_visible()
    anna.goto(f"{house}/deals")
    anna.get_by_role("link", name="Go on with it").click()
    expect(anna.get_by_label("Amount")).to_have_value("12o")
    anna.get_by_role("button", name="Throw the draft away").click()
    expect(anna.get_by_text("The draft is gone.")).to_be_visible()
    with unit_of_work() as session:
        assert session.query(Draft).count() == 0
    anna.close()


def test_it_is_refused_with_a_reason_and_taken_back(browser: Browser, house: str) -> None:
    anna, boris = (signed_in(browser, house, name) for name in ("Anna", "Boris"))
    url = ask(anna, house)
    boris.goto(url)
    boris.get_by_text("Refuse", exact=True).click()
    boris.get_by_label("Why").fill("Nobody is there on Fridays")
    boris.get_by_role("button", name="Refuse the deal").click()
    expect(boris.get_by_text("Refused. The other side reads your reason.")).to_be_visible()
    anna.goto(url)
    expect(anna.get_by_text("Nobody is there on Fridays")).to_be_visible()
    dina = signed_in(browser, house, "Dina")
    dina.goto(f"{house}/deals/register/refused")
    expect(dina.get_by_text("Nobody is there on Fridays")).to_be_visible()
    for page in (anna, boris, dina):
        page.close()


@pytest.mark.parametrize(("theme", "width"), [("light", 1280), ("dark", 390), ("light", 360)])
def test_every_page_is_accessible_and_fits(
    browser: Browser, house: str, theme: str, width: int
) -> None:
    look = {"color_scheme": theme, "viewport": {"width": width, "height": 800}}
    anna = signed_in(browser, house, "Anna", **look)
    anna.goto(f"{house}/deals")
    assert_fits(anna, width)
    url = ask(anna, house)
    boris = signed_in(browser, house, "Boris", **look)
    boris.goto(f"{url}/offer")
    added = ("place", "hours", "leave", "development", "tasks", "bonus", "money", "other")
    for before, kind in enumerate(added, start=1):
        expect(boris.locator("fieldset.term")).to_have_count(before)
        boris.get_by_label("Add to the package").select_option(kind)
        boris.get_by_role("button", name="Add", exact=True).click()
    expect(boris.locator("fieldset.term")).to_have_count(1 + len(added))
    assert_fits(boris, width)
    boris.goto(f"{url}/offer")
    boris.get_by_label("Add to the package").select_option("money")
    boris.get_by_role("button", name="Add", exact=True).click()
    boris.get_by_label("Amount").fill("1.250,50")
    boris.get_by_label("Why this money is right").fill("Stands in for the head of the ward")
    boris.get_by_role("button", name="Send offer 2").click()
    boris.get_by_label("Your message").fill("What do you think?")
    boris.get_by_role("button", name="Send the message").click()
    paths = {
        "Boris": [url, f"{url}/offers/2?with=1", f"{house}/deals/team"],
        "Anna": [url, f"{url}/offer", f"{house}/deals", f"{house}/deals/new?kind=place"],
        "Dina": [
            url,
            *(f"{house}/deals/register{more}" for more in ("", "/refused", "/overdue", "/money")),
            f"{house}/deals/new?employee=anna",
            *(f"{house}/deals/register/{more}" for more in ("clauses", "templates")),
            f"{house}/deals/register/clauses/longest_day",
            f"{house}/deals/register/templates/four_times_nine",
        ],
    }
    pages = {"Boris": boris, "Anna": anna, "Dina": signed_in(browser, house, "Dina", **look)}
    pages["Dina"].goto(f"{house}/deals/register/templates")
    pages["Dina"].get_by_role("button", name="Publish the usual ones").click()
    for name, addresses in paths.items():
        for address in addresses:
            pages[name].goto(address)
            assert_fits(pages[name], width)
    for page in pages.values():
        page.close()


@pytest.mark.parametrize(("theme", "width"), [("light", 1280), ("dark", 390), ("light", 360)])
def test_what_comes_after_agreeing_is_accessible_and_fits(
    browser: Browser, house: str, theme: str, width: int
) -> None:
    with unit_of_work() as session:
        url = f"{house}/deals/{in_force_since_spring(session).id}"
    look = {"color_scheme": theme, "viewport": {"width": width, "height": 800}}
    names = ("Anna", "Boris", "Dina")
    pages = {name: signed_in(browser, house, name, **look) for name in names}
    for page in pages.values():
        page.goto(url)
        page.evaluate("document.querySelectorAll('main details').forEach(each => each.open = true)")
        assert_fits(page, width)
    anna, boris = pages["Anna"], pages["Boris"]
    for page, place in ((anna, "/deals"), (boris, "/deals/team"), (boris, "/deals/shown")):
        page.goto(f"{house}{place}")
        assert_fits(page, width)
    for page in (anna, boris):
        page.goto(url)
        page.get_by_label("What was promised").fill("Four days")
        for name in ("did you keep", "did the other keep", "still worth it", "did it do to"):
            page.get_by_label(name).select_option(index=1)
        page.get_by_role("button", name="Keep how you look back").click()
        expect(page.get_by_text("Kept. When the other side has looked back")).to_be_visible()
        assert_fits(page, width)
    expect(boris.get_by_role("columnheader", name="Anna")).to_have_count(1)
    for page in pages.values():
        page.close()


def test_without_script_a_package_is_put_together(browser: Browser, house: str) -> None:
    context = browser.new_context(java_script_enabled=False, locale="en-GB")
    page = context.new_page()
    page.goto(house)
    page.get_by_role("button", name="Anna").click()
    ask(page, house)
    page.get_by_role("link", name="Change something").click()
    page.get_by_label("Add to the package").select_option("place")
    page.get_by_role("button", name="Add", exact=True).click()
    page.get_by_label("Monday").last.select_option("home")
    page.get_by_role("button", name="Send offer 2").click()
    expect(page.get_by_text("Sent: offer 2 is on the table.")).to_be_visible()
    context.close()


def test_days_in_the_past_are_said_at_their_fields(browser: Browser, house: str) -> None:
    page = unheard(browser, house, "Anna")
    page.goto(f"{house}/deals/new?kind=other")
    page.get_by_label("First day").evaluate("field => field.removeAttribute('min')")
    page.get_by_label("First day").fill(date(2020, 1, 1).isoformat())
    page.get_by_role("button", name="Send the first offer").click()
    expect(page.get_by_role("alert").first).to_be_focused()
    expect(page.get_by_role("alert").first).to_contain_text("Give it a name.")
    expect(page.get_by_label("First day")).to_have_attribute("aria-invalid", "true")
    expect(page.get_by_text("Say what the employer gets")).to_have_count(2)
    assert_fits(page, 1280)
    page.close()
