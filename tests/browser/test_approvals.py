"""A manager decides with one key, messages arrive while a page is open, and all of it fits."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from datetime import UTC, datetime, timedelta

import pytest
from playwright.sync_api import Browser, Page, expect
from sqlalchemy.orm import Session

from ideals.access import commands as access
from ideals.access import queries as users
from ideals.approvals import commands, queries
from ideals.approvals.commands import Ask
from ideals.approvals.models import Approval
from ideals.approvals.queries import Fact, Told
from ideals.approvals.states import Kind, Who
from ideals.db import unit_of_work
from ideals.kernel.actor import SYSTEM, Actor
from ideals.kernel.ids import new_id
from ideals.kernel.money import Money
from ideals.kernel.registry import Registry
from ideals.notices import commands as notices
from ideals.notices.commands import NoteSending
from ideals.notices.states import Sending
from ideals.people import queries as people
from tests.browser.test_people import assert_fits, signed_in

TITLES = {
    "order:1": "Bicycle over 24 months",
    "order:2": "Course: negotiating",
    "order:3": "8 hours of leave in March",
}


def describe(_: Session, subjects: Collection[str]) -> dict[str, Told]:
    return {
        subject: Told(
            TITLES[subject],
            (
                Fact("Why", "I live 12 km from work and would like to leave the car at home."),
                Fact("Paid from", "Benefit budget"),
                Fact("Evidence", "offer-of-the-shop.pdf", "/home"),
            ),
            Money(120_000),
            "/home",
        )
        for subject in subjects
        if subject in TITLES
    }


@pytest.fixture
def asked(site: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """Three requests of Anna for Boris, and a task for HR."""
    for name in ("SUBJECTS", "LOCKS", "DECIDED"):
        monkeypatch.setattr(queries, name, Registry(f"{name} of the test"))
    queries.SUBJECTS.register("order", describe)
    queries.DECIDED.register("order", lambda *_, **__: None)
    now = datetime.now(UTC)
    with unit_of_work() as session:
        cmd = access.ShowInDemo("boris@meridian.example", "Boris", frozenset())
        access.show_in_demo(session, cmd, actor=SYSTEM, now=now)
        anna = people.employee_by_number(session, "anna")
        user = users.user_by_email(session, "anna@meridian.example")
        assert user is not None
        for number in (1, 2, 3):
            _ask(session, f"order:{number}", users.actor_of(user, []), anna.id, days=number * 2)
        _ask(session, "payroll-line:1", SYSTEM, anna.id, days=3, kind=Kind.TODO, who=Who.HR)
    yield site


def _ask(
    session: Session,
    subject: str,
    actor: Actor,
    employee_id: int,
    *,
    days: int,
    kind: Kind = Kind.ORDER,
    who: Who = Who.MANAGER,
) -> None:
    now = datetime.now(UTC)
    due_on = now.date() + timedelta(days=days)
    what = {"en": "A line that payroll refused", "nl": "Een regel die de loonadministratie weigert"}
    cmd = Ask(new_id(), kind, subject, employee_id, who, due_on, what)
    commands.ask(session, cmd, actor=actor, now=now)


def states() -> dict[str, str]:
    with unit_of_work() as session:
        return {row.subject: row.state for row in session.query(Approval)}


def test_a_manager_decides_with_one_key_each(browser: Browser, asked: str) -> None:
    page = signed_in(browser, asked, "Boris")
    link = page.get_by_role("link", name="Approvals waiting: 3")
    expect(link).to_be_visible()
    link.click()
    expect(page.get_by_role("heading", name=TITLES["order:1"])).to_be_visible()
    page.keyboard.press("a")
    expect(page.get_by_text(f"{TITLES['order:1']}: approved.")).to_be_visible()
    expect(page.get_by_role("heading", name=TITLES["order:2"])).to_be_visible()
    page.keyboard.press("r")
    expect(page.get_by_label("Reason")).to_be_focused()
    assert states()["order:2"] == "open", "not without a reason"
    page.keyboard.type("after the summer")
    page.get_by_role("button", name="Refuse").click()
    expect(page.get_by_role("heading", name=TITLES["order:3"])).to_be_visible()
    page.keyboard.press("a")
    expect(page.get_by_role("heading", name="Nothing waits for you")).to_be_visible()
    assert [states()[f"order:{n}"] for n in (1, 2, 3)] == ["approved", "refused", "approved"]
    page.get_by_role("link", name="Decided by you").click()
    expect(page.locator("tbody tr")).to_have_count(3)
    page.close()


def test_on_a_phone_the_list_comes_first_and_then_one(browser: Browser, asked: str) -> None:
    page = signed_in(browser, asked, "Boris", viewport={"width": 390, "height": 800})
    page.goto(f"{asked}/approvals")
    expect(page.get_by_role("button", name="Approve")).to_be_hidden()
    page.get_by_role("link", name=TITLES["order:2"]).click()
    expect(page.get_by_role("link", name=TITLES["order:1"])).to_be_hidden()
    page.get_by_role("button", name="Approve").click()
    expect(page.get_by_role("heading", name=TITLES["order:3"])).to_be_visible()
    page.get_by_role("link", name="All that waits for you").click()
    expect(page.get_by_role("link", name=TITLES["order:1"])).to_be_visible()
    page.close()


def tell(session: Session, key: str) -> None:
    anna = people.employee_by_number(session, "anna")
    data = {
        "approval": str(new_id()),
        "kind": "order",
        "what": {"en": f"Thing {key}"},
        "employee": "Egor",
        "due_on": datetime.now(UTC).date().isoformat(),
    }
    cmd = notices.Tell(commands.ASKED, "approval:x", key, employee_ids=[anna.id], data=data)
    notices.tell(session, cmd, actor=SYSTEM, now=datetime.now(UTC))


def test_a_message_rings_while_the_page_is_open(browser: Browser, site: str) -> None:
    page = signed_in(browser, site, "Anna")
    bell = page.locator("#bell")
    expect(bell).to_have_text("No unread messages", use_inner_text=False)
    with unit_of_work() as session:
        tell(session, "a")
    page.evaluate("htmx.ajax('GET', '/notices/bell?shown=0', {target: '#bell', swap: 'outerHTML'})")
    expect(bell).to_contain_text("1 unread message")
    expect(page.locator("#said")).to_have_text("1 unread message")
    bell.click()
    expect(page.get_by_role("heading", name="Messages", level=1)).to_be_visible()
    expect(page.locator("li.unread")).to_have_count(1)
    page.get_by_role("button", name="Mark all as read").click()
    expect(page.locator("li.unread")).to_have_count(0)
    expect(bell).to_contain_text("No unread messages")
    page.close()


def test_the_bell_asks_by_itself_and_lets_the_keyboard_be(browser: Browser, site: str) -> None:
    page = signed_in(browser, site, "Anna")
    page.clock.install()
    page.goto(f"{site}/account")
    page.locator("#bell").focus()
    with unit_of_work() as session:
        tell(session, "a")
    with page.expect_response(lambda answer: "/notices/bell" in answer.url):
        page.clock.run_for(31_000)
    page.clock.run_for(1_000)
    expect(page.locator("#bell")).to_contain_text("1 unread message")
    expect(page.locator("#bell")).to_be_focused()
    page.close()


@pytest.mark.parametrize(("theme", "width"), [("light", 1280), ("dark", 390), ("light", 360)])
def test_every_page_is_accessible_and_fits(
    browser: Browser, asked: str, monkeypatch: pytest.MonkeyPatch, theme: str, width: int
) -> None:
    monkeypatch.setenv("IDEALS_SMTP_URL", "smtp://127.0.0.1:1")
    with unit_of_work() as session:
        tell(session, "a")
        tell(session, "b")
        for mail in session.query(notices.Mail):
            said = NoteSending(mail.id, Sending.REFUSED, "anna@meridian.example", "550 Nobody here")
            notices.take_mail(session, mail.id, now=datetime.now(UTC))
            notices.note_sending(session, said, now=datetime.now(UTC))
        waits = {row.subject: row.id for row in session.query(Approval)}
    look = {"color_scheme": theme, "viewport": {"width": width, "height": 800}}
    roads = {
        "Boris": ["/approvals", f"/approvals/{waits['order:2']}", "/approvals/decided", "/notices"],
        "Anna": [f"/approvals/{waits['order:1']}", "/notices", "/account/mail", "/account"],
        "Dina": [
            "/approvals",
            f"/approvals/{waits['payroll-line:1']}",
            f"/approvals/{waits['order:1']}",
            "/notices/undelivered",
        ],
    }
    for name, paths in roads.items():
        page = signed_in(browser, asked, name, **look)
        for path in paths:
            page.goto(f"{asked}{path}")
            assert_fits(page, width)
        page.close()


def test_a_refusal_without_a_reason_says_so_where_the_browser_does_not(
    browser: Browser, asked: str
) -> None:
    page = browser.new_page(locale="en-GB")  # which notes in its console that it was refused
    page.goto(asked)
    page.get_by_role("button", name="Boris").click()
    page.goto(f"{asked}/approvals")
    page.get_by_label("Reason").evaluate("field => field.required = false")
    page.get_by_role("button", name="Refuse").click()
    expect(page.get_by_role("alert").first).to_contain_text("Say why")
    expect(page.get_by_role("alert").first).to_be_focused()
    assert_fits(page, 1280)
    page.close()


def test_without_script_it_works_as_well(browser: Browser, asked: str) -> None:
    context = browser.new_context(java_script_enabled=False, locale="en-GB")
    page: Page = context.new_page()
    page.goto(asked)
    page.get_by_role("button", name="Boris").click()
    page.goto(f"{asked}/approvals")
    page.get_by_role("button", name="Approve").click()
    expect(page.get_by_text(f"{TITLES['order:1']}: approved.")).to_be_visible()
    assert states()["order:1"] == "approved"
    context.close()
