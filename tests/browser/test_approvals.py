"""A manager decides with one key, two people ask and answer, messages and counts arrive while a
page is open, and all of it fits."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pytest
from playwright.sync_api import Browser, Page, expect
from sqlalchemy.orm import Session

from ideals.access import commands as access
from ideals.access import queries as users
from ideals.approvals import commands, queries
from ideals.approvals.commands import Ask, Decide
from ideals.approvals.commands.asking import Route
from ideals.approvals.models import Approval, Delegation
from ideals.approvals.queries import Fact, Told
from ideals.approvals.rules import By, Case, Effect, Mode, Stage, Step, Then, Who
from ideals.approvals.rules.facts import COMMON
from ideals.approvals.states import Decision, Kind
from ideals.db import unit_of_work
from ideals.kernel.actor import SYSTEM, Actor
from ideals.kernel.ids import new_id
from ideals.kernel.money import Money
from ideals.kernel.registry import Registry
from ideals.notices import commands as notices
from ideals.notices.commands import NoteSending
from ideals.notices.states import Sending
from ideals.people import queries as people
from ideals.seeds import factories
from tests.browser.looking import assert_fits, signed_in

TITLES = {
    "order:1": "Bicycle over 24 months",
    "order:2": "Course: negotiating",
    "order:3": "8 hours of leave in March",
}
NEXT_WEEK = datetime.now(UTC).date() + timedelta(days=7)


def describe(_: Session, subjects: Collection[str]) -> dict[str, Told]:
    return {
        subject: Told(
            TITLES[subject],
            (
                Fact("Why", "I live 12 km from work and would like to leave the car at home."),
                Fact("Paid from", "Benefit budget"),
                *([Fact("Evidence", "offer-of-the-shop.pdf", "/home")] if "1" in subject else []),
            ),
            Money(120_000),
            "/home",
            when=(NEXT_WEEK, NEXT_WEEK + timedelta(days=20)) if "3" in subject else None,
        )
        for subject in subjects
        if subject in TITLES
    }


@dataclass(frozen=True)
class Asker:
    """Whoever asks for Anna."""

    session: Session
    actor: Actor
    employee_id: int

    def ask(self, subject: str, *steps: Step, days: int, kind: Kind = Kind.ORDER) -> None:
        now = datetime.now(UTC)
        stages = tuple(Stage(Mode.ALL, (step,)) for step in steps)
        says = {"en": "The manager agrees to what costs more than € 250."}
        what = {
            "en": "A line that payroll refused",
            "nl": "Een regel die de loonadministratie weigert",
        }
        cmd = Ask(
            new_id(),
            kind,
            subject,
            self.employee_id,
            latest_on=now.date() + timedelta(days=days),
            what=what,
        )
        case = Case("dear", None, says, Effect.BEFORE, stages)
        facts = dict.fromkeys(COMMON, "") | {"product": "bicycle"}
        route = Route(None, case, Effect.BEFORE, stages, facts)
        commands.ask(self.session, cmd, actor=self.actor, now=now, route=route)


MANAGER = Step(Who(By.MANAGER), 60, Then.ESCALATE)
HR = Step(Who(By.ROLE, "hr"), 60)


@pytest.fixture
def asked(site: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """Three requests of Anna for Boris, and a task for HR. Others like them ended before, and of
    Boris's team some are away."""
    for name in ("SUBJECTS", "LOCKS", "DECIDED"):
        monkeypatch.setattr(queries, name, Registry(f"{name} of the test"))
    queries.SUBJECTS.register("order", describe)
    queries.DECIDED.register("order", lambda *_, **__: None)
    now = datetime.now(UTC)
    with unit_of_work() as session:
        for name in ("Boris", "Clara"):
            cmd = access.ShowInDemo(f"{name.lower()}@meridian.example", name, frozenset())
            access.show_in_demo(session, cmd, actor=SYSTEM, now=now)
        boris = people.employee_by_number(session, "boris")
        for name in ("Frits", "Greta", "Hanna"):
            colleague = factories.an_employee(
                session, name, number=name.lower(), manager=boris, unit="Bank/Retail/Zwolle"
            )
            for day in range(len(name), 9):
                factories.a_leave(
                    session, colleague, NEXT_WEEK + timedelta(days=day), 480, kind="planned"
                )
        anna = people.employee_by_number(session, "anna")
        actor = _actor(session, "anna")
        asker = Asker(session, actor, anna.id)
        for number in range(6):
            asker.ask(f"order:past-{number}", MANAGER, days=9)
        for past in session.query(Approval).order_by(Approval.id):
            no = past.subject == "order:past-3"
            decision = Decision.REFUSE if no else Decision.APPROVE
            cmd = Decide(past.id, decision, "Too dear.")
            commands.decide(session, cmd, actor=_actor(session, "boris"), now=now)
        for number in (1, 2, 3):
            steps = (MANAGER, HR) if number == 2 else (MANAGER,)
            asker.ask(f"order:{number}", *steps, days=number * 3)
        Asker(session, SYSTEM, anna.id).ask("payroll-line:1", HR, days=3, kind=Kind.TODO)
    yield site


def _actor(session: Session, name: str) -> Actor:
    user = users.user_by_email(session, f"{name}@meridian.example")
    assert user is not None
    return users.actor_of(user, [])


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
    expect(page.locator("tbody tr")).to_have_count(9)
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
        "Boris": [
            "/approvals",
            f"/approvals/{waits['order:2']}",
            f"/approvals/{waits['order:3']}",
            f"/approvals/{waits['order:3']}/hand-over?search=r",
            f"/approvals/{waits['order:3']}/hand-over?search=dina",
            "/approvals/decided",
            "/notices",
        ],
        "Anna": [
            f"/approvals/{waits['order:1']}",
            "/approvals/asked",
            "/approvals",
            "/notices",
            "/account/mail",
            "/account",
        ],
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


def test_a_question_and_its_answer_between_two_people(browser: Browser, asked: str) -> None:
    boris, anna = (signed_in(browser, asked, name) for name in ("Boris", "Anna"))
    boris.goto(f"{asked}/approvals")
    boris.keyboard.press("q")
    field = boris.get_by_label("Your question")
    expect(field).to_be_focused()
    boris.keyboard.type("Which shop is it from?")
    boris.get_by_role("button", name="Send the question").click()
    expect(boris.get_by_text(f"{TITLES['order:1']}: your question is sent.")).to_be_visible()
    boris.get_by_role("link", name="All that waits for you").click()
    out = boris.get_by_role("region", name="Waits for an answer")
    expect(out.get_by_text("the days stand still")).to_be_visible()

    anna.goto(f"{asked}/approvals")
    expect(anna.get_by_role("region", name="Questions to you")).to_be_visible()
    expect(anna.get_by_text("Which shop is it from?").first).to_be_visible()
    assert_fits(anna, 1280)
    anna.get_by_label("Your answer").fill("From the shop in Zwolle.")
    anna.get_by_role("button", name="Send the answer").click()
    expect(anna.get_by_text("Your answer is sent")).to_be_visible()
    expect(anna.get_by_text("Boris decides. There is time for it until")).to_be_visible()

    boris.goto(f"{asked}/notices")
    boris.get_by_role("link", name=f"An answer about {'A line that payroll refused'}").click()
    expect(boris.get_by_text("From the shop in Zwolle.")).to_be_visible()
    boris.keyboard.press("a")
    expect(boris.get_by_text(f"{TITLES['order:1']}: approved.")).to_be_visible()
    anna.close()
    boris.close()


def test_it_is_handed_over_to_somebody_found_by_name(browser: Browser, asked: str) -> None:
    boris = signed_in(browser, asked, "Boris")
    boris.goto(f"{asked}/approvals")
    boris.keyboard.press("h")
    search = boris.get_by_label("A name or a personnel number")
    search.fill("clar")
    expect(boris.get_by_label("Clara")).to_be_checked()
    boris.get_by_label("Why").fill("She knows the bicycle plan.")
    boris.get_by_role("button", name="Hand over").click()
    expect(boris.get_by_text("Handed over: they have been told")).to_be_visible()
    expect(boris.get_by_role("link", name=TITLES["order:1"])).to_be_hidden()
    clara = signed_in(browser, asked, "Clara")
    clara.goto(f"{asked}/notices")
    clara.get_by_role("link", name="Boris handed over to you").click()
    expect(clara.get_by_text("Boris handed it over to Clara")).to_be_visible()
    expect(clara.get_by_text("She knows the bicycle plan.")).to_be_visible()
    clara.keyboard.press("a")
    expect(clara.get_by_text(f"{TITLES['order:1']}: approved.")).to_be_visible()
    clara.close()
    boris.close()


@pytest.mark.parametrize("script", [True, False])
def test_several_are_decided_at_once_and_each_says_what_became_of_it(
    browser: Browser, asked: str, script: bool
) -> None:
    context = browser.new_context(java_script_enabled=script, locale="en-GB")
    page = context.new_page()
    page.goto(asked)
    page.get_by_role("button", name="Boris").click()
    page.goto(f"{asked}/approvals")
    choose = "Choose {} of Anna"
    expect(page.get_by_label(choose.format(TITLES["order:1"]))).to_have_count(0)
    for number in (2, 3):
        page.get_by_label(choose.format(TITLES[f"order:{number}"])).check()
    page.get_by_role("button", name="Decide about the chosen ones together").click()
    expect(page.get_by_text("€2,400.00").first).to_be_visible()
    if script:
        assert_fits(page, 1280)
    with unit_of_work() as session:
        gone = session.query(Approval).filter_by(subject="order:3").one()
        cmd = Decide(gone.id, Decision.APPROVE)
        commands.decide(session, cmd, actor=_actor(session, "boris"), now=datetime.now(UTC))
    page.get_by_role("button", name="Approve all 2 for €2,400.00").click()
    expect(page.get_by_text("1 of 2 decided.")).to_be_visible()
    expect(page.get_by_text("agreed, and it goes on to the next")).to_be_visible()
    expect(page.get_by_text("came too late: Boris was first")).to_be_visible()
    if script:
        assert_fits(page, 1280)
    assert (states()["order:1"], states()["order:2"], states()["order:3"]) == (
        "open",
        "open",
        "approved",
    )
    context.close()


def test_a_deputy_finds_it_and_the_page_says_in_whose_place(browser: Browser, asked: str) -> None:
    today = datetime.now(UTC).date()
    with unit_of_work() as session:
        boris, clara = (people.employee_by_number(session, name) for name in ("boris", "clara"))
        session.add(
            Delegation(
                id=new_id(),
                from_id=boris.id,
                to_id=clara.id,
                from_on=today,
                until_on=today + timedelta(days=7),
                made_at=datetime.now(UTC),
                made_by="boris",
            )
        )
    page = signed_in(browser, asked, "Clara")
    page.get_by_role("link", name="Approvals waiting: 3").click()
    expect(page.get_by_text("in the place of Boris").first).to_be_visible()
    approve = page.get_by_role("button", name="Approve")
    expect(approve).to_have_accessible_description(
        "You decide in the place of Boris, and the decision says so."
    )
    assert_fits(page, 1280)
    approve.click()
    page.get_by_role("link", name="All that waits for you").click()
    page.get_by_role("link", name="Decided by you").click()
    page.get_by_role("link", name=TITLES["order:1"]).click()
    expect(page.get_by_text("Clara, in the place of Boris")).to_be_visible()
    page.close()


def test_who_decides_sees_team_and_precedent_and_who_asked_where_it_is(
    browser: Browser, asked: str
) -> None:
    with unit_of_work() as session:
        ids = {row.subject: row.id for row in session.query(Approval)}
    boris = signed_in(browser, asked, "Boris")
    boris.goto(f"{asked}/approvals/{ids['order:3']}")
    expect(boris.get_by_text("Of the last 6: 5 approved, 1 refused.")).to_be_visible()
    expect(boris.get_by_text("Of 3 colleagues 3 have leave on some day")).to_be_visible()
    expect(boris.locator("li", has_text="Greta")).to_be_visible()
    boris.close()
    anna = signed_in(browser, asked, "Anna")
    anna.goto(f"{asked}/approvals/asked")
    anna.get_by_role("link", name=TITLES["order:2"]).click()
    said = "it goes on to the manager of whoever has it now"
    expect(anna.get_by_text(said)).to_be_visible()
    steps = anna.locator("ol.stands li")
    expect(steps.nth(0)).to_contain_text("Boris now until")
    expect(steps.nth(1)).to_contain_text("HR later 60 working days")
    expect(anna.get_by_text("The team")).to_have_count(0)
    anna.close()


def test_the_count_of_what_waits_comes_along_with_the_bell(browser: Browser, asked: str) -> None:
    page = signed_in(browser, asked, "Boris")
    expect(page.get_by_role("link", name="Approvals waiting: 3")).to_be_visible()
    with unit_of_work() as session:
        for row in session.query(Approval).filter_by(subject="order:1"):
            commands.withdraw(
                session, commands.Withdraw(row.subject), actor=SYSTEM, now=datetime.now(UTC)
            )
    part = page.locator("#bell").get_attribute("hx-get")
    page.evaluate(f"htmx.ajax('GET', '{part}', {{target: '#bell', swap: 'outerHTML'}})")
    expect(page.get_by_role("link", name="Approvals waiting: 2")).to_be_visible()
    page.close()
