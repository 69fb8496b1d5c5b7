"""Trust with control afterwards: what is bought takes effect at once, is drawn, found not kept,
contested, and overturned by HR."""

from __future__ import annotations

import re
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime
from hashlib import sha256
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect
from sqlalchemy import select
from sqlalchemy.orm import Session
from werkzeug.serving import make_server

from ideals.access import commands as access
from ideals.app import create_app
from ideals.approvals.commands import BEGIN_CHECK, DRAW
from ideals.approvals.models import Check, PolicyVersion
from ideals.approvals.queries import trust
from ideals.approvals.states import Kind
from ideals.config import Settings
from ideals.db import unit_of_work
from ideals.kernel import clock
from ideals.kernel.actor import SYSTEM, Role
from ideals.kernel.month import Month
from ideals.ledger import commands as ledger
from ideals.outbox import Message
from ideals.people import queries as people
from ideals.seeds import factories
from tests.browser.looking import assert_fits, signed_in
from tests.shop.conftest import PRODUCTS
from workers import approvals as jobs

BOUGHT = datetime(2026, 3, 10, 9, tzinfo=UTC)
POLICY = """
policy: order
from: "2026-01-01"
name: {en: "Trust first", nl: "Eerst vertrouwen"}
cases:
  - code: small
    when: amount <= 250
    says:
      en: "Up to € 250 you decide yourself. A part of it is looked at afterwards."
      nl: "Tot en met € 250 beslist u zelf. Een deel daarvan bekijken we achteraf."
    takes_effect: after
    check: {share: 100%, who: manager, days: 10, then: remind}
    when_broken: before
    steps:
      - {who: manager, days: 5}
  - code: dear
    says: {en: "Your manager decides about this.", nl: "Uw leidinggevende beslist hierover."}
    steps:
      - {who: manager, days: 5}
"""


@dataclass
class Site:
    address: str
    it_is: Callable[[datetime], None]


@pytest.fixture
def site(own_database: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Site]:
    """10 March 2026: an hour of leave costs Anna 20.00, and what is small takes effect at once."""

    def it_is(moment: datetime) -> None:
        monkeypatch.setattr(clock, "now", lambda: moment)

    it_is(BOUGHT)
    with unit_of_work() as session:
        factories.a_scheme(
            session,
            components={"budget": "1000 * part_time_factor"},
            hours={"extra": {"formula": "24", "moment": "january", "round": "up", "unit": "hour"}},
            products=PRODUCTS | {"leave": PRODUCTS["leave"] | {"approval": "manager"}},
        )
        factories.an_organisation(session)
        months = ledger.OpenMonths(Month(2026, 1), Month(2026, 12))
        ledger.open_months(session, months, actor=SYSTEM, now=BOUGHT)
        factories.a_run(session, Month(2026, 3))
        for name, roles in (("Anna", ()), ("Boris", ()), ("Dina", (Role.HR,))):
            cmd = access.ShowInDemo(f"{name.lower()}@meridian.example", name, frozenset(roles))
            access.show_in_demo(session, cmd, actor=SYSTEM, now=BOUGHT)
        _publish(session)
    app = create_app(Settings.read({"DEMO": "yes", "IDEALS_SECRET_KEY": "for this test only"}))
    server = make_server("127.0.0.1", 0, app, threaded=True)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield Site(f"http://127.0.0.1:{server.server_port}", it_is)
    server.shutdown()
    thread.join()
    server.server_close()


def _publish(session: Session) -> None:
    session.add(
        PolicyVersion(
            kind=Kind.ORDER,
            starts_on=date(2026, 1, 1),
            document=POLICY,
            digest=sha256(POLICY.encode()).hexdigest(),
            published_at=BOUGHT,
            published_by="dina",
        )
    )


def drawn() -> None:
    """The clock comes in the morning, and what it announced is done."""
    jobs.look_for_draws()
    for name, task in ((BEGIN_CHECK, jobs.begin_check), (DRAW, jobs.draw)):
        with unit_of_work() as session:
            waiting = select(Message.id).where(Message.name == name, Message.done_at.is_(None))
            ids = session.scalars(waiting).all()
        for id_ in ids:
            task(id_)


def bought(browser: Browser, site: Site) -> Page:
    """Anna's eight hours, which nobody was asked about, a day later; Anna's page of checks."""
    anna = signed_in(browser, site.address, "Anna")
    anna.goto(f"{site.address}/shop/leave")
    rule = "Up to € 250 you decide yourself. A part of it is looked at afterwards."
    expect(anna.get_by_text(rule)).to_be_visible()
    expect(anna.get_by_text("has to agree")).to_have_count(0)
    anna.get_by_role("button", name="Buy 8 hours for €160.00").click()
    expect(anna.get_by_text("It took effect at once")).to_be_visible()
    expect(anna.get_by_text("A part of such orders is looked at afterwards.")).to_be_visible()
    expect(anna.get_by_text("Agreed by")).to_have_count(0)
    anna.goto(f"{site.address}/checks")
    expect(anna.locator("tbody tr")).to_contain_text("the draw is still to come")
    assert_fits(anna, 1280)
    site.it_is(datetime(2026, 3, 11, 8, tzinfo=UTC))
    drawn()
    anna.close()
    anna = signed_in(browser, site.address, "Anna")
    anna.goto(f"{site.address}/checks")
    expect(anna.locator("tbody tr")).to_contain_text("is looked at")
    return anna


def trusted() -> bool:
    with unit_of_work() as session:
        anna = people.employee_by_number(session, "anna")
        return trust.trusted(session, anna.id, Kind.ORDER)


def test_what_took_effect_at_once_is_checked_contested_and_overturned(
    browser: Browser, site: Site
) -> None:
    anna = bought(browser, site)
    anna.get_by_role("link", name=re.compile("leave", re.IGNORECASE)).last.click()
    expect(anna.get_by_text("It took effect; nothing changes.")).to_be_visible()
    expect(anna.get_by_text("If it was not kept:")).to_be_visible()
    assert_fits(anna, 1280)

    boris = signed_in(browser, site.address, "Boris")
    boris.get_by_role("link", name="Approvals waiting: 1").click()
    expect(boris.get_by_role("heading", name=re.compile("^Check afterwards:"))).to_be_visible()
    expect(boris.get_by_role("button", name="Kept a", exact=True)).to_be_visible()
    expect(boris.get_by_text("decided before they take effect")).to_be_visible()
    assert_fits(boris, 1280)
    boris.keyboard.press("r")
    expect(boris.get_by_label("Reason")).to_be_focused()
    assert trusted(), "not without a reason"
    boris.keyboard.type("The hours were not taken up with the team.")
    boris.get_by_role("button", name="Not kept").click()
    expect(boris.get_by_text(": not kept.")).to_be_visible()
    assert not trusted()

    site.it_is(datetime(2026, 3, 11, 9, tzinfo=UTC))
    anna.goto(f"{site.address}/shop/leave")
    expect(anna.get_by_role("button", name="Ask for 8 hours for €160.00")).to_be_visible()
    expect(anna.get_by_text("Until one of yours is found kept again")).to_be_visible()
    anna.goto(f"{site.address}/notices")
    anna.get_by_role("link", name=re.compile("Found not kept")).click()
    expect(anna.get_by_text("The hours were not taken up with the team.")).to_be_visible()
    expect(anna.get_by_text("What follows: The next ones under this rule")).to_be_visible()
    expect(anna.get_by_text("Until 25 March 2026 you can ask HR")).to_be_visible()
    assert_fits(anna, 1280)
    anna.get_by_label("Why it was kept").fill("We agreed on it in the meeting of 9 March.")
    anna.get_by_role("button", name="Ask HR to look again").click()
    expect(anna.get_by_text("HR looks at it again; you hear what comes of it.")).to_be_visible()
    expect(anna.get_by_text("Until then the finding holds.")).to_be_visible()
    assert_fits(anna, 1280)

    dina = signed_in(browser, site.address, "Dina")
    dina.goto(f"{site.address}/approvals")
    expect(dina.get_by_text("We agreed on it in the meeting of 9 March.")).to_be_visible()
    assert_fits(dina, 1280)
    dina.get_by_label("Reason").fill("The minutes say so.")
    dina.get_by_role("button", name="It was kept after all").click()
    expect(dina.get_by_text(": kept after all.")).to_be_visible()
    assert trusted()

    anna.goto(f"{site.address}/notices")
    anna.get_by_role("link", name=re.compile("HR agrees with you")).click()
    expect(anna.get_by_text("HR found that it was kept after all.")).to_be_visible()
    expect(anna.get_by_text("The minutes say so.")).to_be_visible()


@pytest.mark.parametrize(("theme", "width"), [("light", 1280), ("dark", 390), ("light", 360)])
def test_every_page_is_accessible_and_fits(
    browser: Browser, site: Site, theme: str, width: int
) -> None:
    anna = bought(browser, site)
    anna.close()
    with unit_of_work() as session:
        check = session.scalars(select(Check)).one()
    look: dict[str, Any] = {
        "color_scheme": theme,
        "viewport": {"width": width, "height": 800},
    }
    roads = {
        "Boris": ["/approvals", f"/approvals/{check.id}", f"/checks/{check.id}"],
        "Anna": ["/checks", f"/checks/{check.id}", f"/approvals/{check.approval_id}"],
        "Dina": [
            "/checks/all",
            "/checks/all?state=kept",
            f"/checks/{check.id}",
            "/checks/all/draws",
            f"/checks/all/draws/{check.draw_id}",
            f"/checks/all/draws/{check.draw_id}?again=yes",
            "/checks/all/overview",
            "/checks/all/overview?from=2020-01&to=2020-02",
        ],
    }
    for name, paths in roads.items():
        page = signed_in(browser, site.address, name, **look)
        for path in paths:
            page.goto(f"{site.address}{path}")
            page.locator("main details").evaluate_all("all => all.forEach(one => one.open = true)")
            assert_fits(page, width)
        page.close()
