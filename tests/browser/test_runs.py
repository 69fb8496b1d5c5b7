"""HR's road through a run, with a worker that really works: look, watch, post, see the skipped."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import psycopg
import pytest
from playwright.sync_api import Browser, Page, expect
from sqlalchemy import select

from ideals import db, embedded
from ideals.budgets import commands
from ideals.budgets.models import Run
from ideals.budgets.states import StartedAs
from ideals.db import unit_of_work
from ideals.kernel.month import Month
from ideals.ledger.models import MONTH_LOCKS
from ideals.seeds import factories
from tests.browser.looking import assert_accessible, assert_fits, signed_in
from tests.budgets.conftest import people, row
from tests.service import RELAY, WORKER, Service, service_on

THIS = Month.of(datetime.now(UTC).date())
CROWD = 250


@pytest.fixture
def service(own_database: str, servers: embedded.Servers, tmp_path: Path) -> Iterator[Service]:
    with service_on(own_database, servers, tmp_path) as started:
        yield started


@pytest.fixture
def crowd(site: str) -> None:
    """A newer version of the scheme needs the age; one of the many who come has none."""
    with unit_of_work() as session:
        now = datetime.now(UTC)
        factories.a_scheme(
            session,
            version=str(THIS),
            components={
                "holiday_allowance": "8% * salary",
                "thirteenth_month": "8.33% * salary if age >= 21 else 0",
            },
            now=now,
        )
        rows = [row(f"9{number:03d}") for number in range(CROWD)]
        people(session, *rows, row("9999", name="Nameless Birthday", birth_date=""), now=now)


@pytest.fixture(params=["light", "dark"])
def theme(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def desk_of_dina(browser: Browser, site: str, theme: str, width: int, locale: str) -> Page:
    look = {"viewport": {"width": width, "height": 800}, "color_scheme": theme}
    return signed_in(browser, site, "Dina", locale=locale, **look)


@contextmanager
def posting_stands_still(url: str) -> Iterator[None]:
    """Whoever posts into this month waits: the middle of a run, held open."""
    with psycopg.connect(db.plain_url(url)) as connection:
        connection.execute("SELECT pg_advisory_xact_lock(%s, %s)", (MONTH_LOCKS, THIS.number))
        yield


def press(page: Page, name: str) -> None:
    """To the control by the keyboard alone, and through it."""
    wanted = page.get_by_role("button", name=name).or_(page.get_by_role("link", name=name)).first
    wanted.wait_for()
    for _ in range(60):
        if wanted.evaluate("element => element === document.activeElement"):
            page.keyboard.press("Enter")
            return
        page.keyboard.press("Tab")
    pytest.fail(f"the keyboard never comes to {name!r}")


def test_looking_watching_and_posting_by_keyboard(
    browser: Browser, site: str, crowd: None, service: Service, own_database: str
) -> None:
    page = desk_of_dina(browser, site, "light", 1280, "en-GB")
    page.goto(f"{site}/runs")
    press(page, "Look at")
    expect(page.get_by_text("Waits to be planned")).to_be_attached()
    expect(page).to_have_title("0% - Look " + _name() + " · Ideals")

    service.start(*RELAY)
    service.start(*WORKER)
    post = page.get_by_role("button", name=f"to {CROWD} employees")
    expect(post).to_be_visible(timeout=60_000)
    expect(page).to_have_title("Look " + _name() + " · Ideals")
    expect(page.get_by_role("row").filter(has_text="Nameless Birthday")).to_contain_text(
        "Give birth_date in the people file."
    )

    with posting_stands_still(own_database):
        press(page, "Post €")
        expect(page.get_by_role("progressbar", name="Working")).to_be_visible()
        expect(page.get_by_text(f"0 / {CROWD + 6}")).to_be_visible(timeout=60_000)
        expect(page).to_have_title("0% - Run " + _name() + " · Ideals")
        page.goto(f"{site}/runs")
        expect(page.get_by_text("◐ working")).to_be_visible()
        page.go_back()
    expect(page.locator(".big")).to_contain_text(f"posted to {CROWD} employees", timeout=60_000)
    expect(page.locator("#said")).to_have_text("Done. Skipped: 1.")
    assert_accessible(page)
    with unit_of_work() as session:
        runs = session.scalars(select(Run).where(~Run.look, Run.month == THIS)).all()
        assert [run.state for run in runs] == ["done", "done"]
    page.close()


def _name() -> str:
    return THIS.first.strftime("%B %Y")


@pytest.mark.parametrize(("width", "locale"), [(360, "nl-NL"), (1280, "en-GB")])
def test_the_pages_are_accessible_and_fit(
    browser: Browser, site: str, crowd: None, theme: str, width: int, locale: str
) -> None:
    now = datetime.now(UTC)
    with unit_of_work() as session:
        look = factories.a_run(session, THIS, look=True, now=now)
        done = factories.a_run(session, THIS, now=now)
        cmd = commands.StartRun("simple", THIS, look=False, started_as=StartedAs.PAGE)
        waiting = commands.start_run(session, cmd, actor=factories.DINA, now=now)
    page = desk_of_dina(browser, site, theme, width, locale)
    for path in ("/runs", *(f"/runs/{run.id}" for run in (look, done, waiting))):
        page.goto(f"{site}{path}")
        assert_fits(page, width)
    page.close()


def test_without_script_a_look_is_started_watched_and_found(
    browser: Browser, site: str, crowd: None
) -> None:
    context = browser.new_context(java_script_enabled=False, locale="en-GB")
    page = context.new_page()
    page.goto(site)
    page.get_by_role("button", name="Dina").click()
    page.goto(f"{site}/runs")
    page.get_by_text("Look at another month").click()
    page.get_by_label("Month to look at").select_option(str(THIS.plus(1)))
    page.get_by_role("button", name="Look", exact=True).click()
    expect(page.get_by_text("Planning: who is looked at")).to_be_visible()
    page.get_by_role("link", name="Show how far it is now").click()
    expect(page.get_by_text("You can leave this page")).to_be_visible()
    page.goto(f"{site}/runs?kind=look")
    expect(page.get_by_role("row").filter(has_text="look")).to_contain_text("waits")
    context.close()
