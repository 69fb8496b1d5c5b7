"""HR's road to the end of a month, with a worker that really works: look at evidence, see the shop
as an employee, close the month, read what it did."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import psycopg
import pytest
from playwright.sync_api import Browser, Page, expect
from sqlalchemy.orm import Session

from ideals import db, embedded
from ideals.access.queries import actor_of
from ideals.db import unit_of_work
from ideals.kernel.ids import new_id
from ideals.kernel.month import Month
from ideals.ledger.models import MONTH_LOCKS
from ideals.people.queries import employee_by_number
from ideals.pricing.commands import MakeQuote, make_quote
from ideals.seeds import factories
from ideals.shop import commands
from ideals.shop.commands import NewEvidence, PlaceOrder
from tests.browser.looking import assert_fits, signed_in
from tests.browser.test_runs import press
from tests.service import RELAY, WORKER, Service, service_on
from tests.shop.conftest import HOURS, PDF, PRODUCTS, ZONE
from tests.shop.test_closing import PAY_OUT, SOLD

LAST = Month.of(datetime.now(UTC).date()).plus(-1)
NAME = LAST.first.strftime("%B %Y")
ORDERED_AT = datetime(LAST.year, LAST.month, 10, 9, tzinfo=UTC)
WAIVES = {"rest": "pay", "unused_bought": "reverse_at_price_paid", "debt": "waive_on_death"}


def picture() -> bytes:
    """A PNG of 40 by 40 grey points."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        check = struct.pack(">I", zlib.crc32(kind + data))
        return struct.pack(">I", len(data)) + kind + data + check

    rows = b"".join(b"\0" + bytes((x + y) * 3 for x in range(40)) for y in range(40))
    head = struct.pack(">IIBBBBB", 40, 40, 8, 0, 0, 0, 0)
    body = chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + body


@pytest.fixture
def service(own_database: str, servers: embedded.Servers, tmp_path: Path) -> Iterator[Service]:
    with service_on(own_database, servers, tmp_path) as started:
        yield started


@pytest.fixture
def ended(site: str) -> str:
    """Last month is allocated and its deadline has passed: Anna's bicycle waits for a look at its
    evidence, and Egor has left."""
    with unit_of_work() as session:
        factories.a_scheme(
            session,
            version=str(LAST),
            components={"budget": "1000 * part_time_factor"},
            hours=HOURS,
            products=SOLD | {"bicycle": PRODUCTS["bicycle"] | {"approval": "none"}},
            calendar=PAY_OUT,
            leaving=WAIVES,
            now=ORDERED_AT,
        )
        factories.a_run(session, LAST)
        order(session, "bicycle", price_minor=50000, evidence=(picture(), PDF))
        order(session, "dues", price_minor=None, quantity=50)
        egor = employee_by_number(session, "egor")
        factories.a_change(session, egor, LAST.first, leaves_on=LAST.last)
        for month in (LAST, LAST.plus(1)):
            factories.a_run(session, month, now=datetime.now(UTC))
    return site


def order(
    session: Session,
    product: str,
    *,
    price_minor: int | None,
    quantity: int | None = None,
    evidence: tuple[bytes, ...] = (),
) -> None:
    """Of Anna, for last month."""
    user = factories.a_user(session, "anna@meridian.example")
    anna = actor_of(user, [], ORDERED_AT)
    assert anna.employee_id is not None
    wanted = None if quantity is None else Decimal(quantity)
    cmd = MakeQuote(anna.employee_id, product, wanted, price_minor=price_minor)
    quote = make_quote(session, cmd, actor=anna, now=ORDERED_AT, zone=ZONE)
    session.flush()
    placed = PlaceOrder(new_id(), quote.token, anna.employee_id, tuple(map(NewEvidence, evidence)))
    commands.place_order(session, placed, actor=anna, now=ORDERED_AT)


@contextmanager
def posting_stands_still(url: str) -> Iterator[None]:
    """Whoever posts into last month waits: the middle of a close, held open."""
    with psycopg.connect(db.plain_url(url)) as connection:
        connection.execute("SELECT pg_advisory_xact_lock(%s, %s)", (MONTH_LOCKS, LAST.number))
        yield


def test_hr_accepts_the_evidence_and_closes_the_month_by_keyboard(
    browser: Browser, ended: str, service: Service, own_database: str
) -> None:
    page = signed_in(browser, ended, "Dina", viewport={"width": 1280, "height": 900})
    page.goto(f"{ended}/evidence")
    page.locator("summary").first.focus()
    page.keyboard.press("Enter")
    seen = page.get_by_role("img", name="as it was sent")
    expect(seen).to_be_visible()
    expect(seen).to_have_js_property("naturalWidth", 40)  # once it has loaded
    press(page, "Decide about Bicycle of Anna")
    expect(page.get_by_role("link", name="evidence-1-1.png")).to_be_visible()
    page.keyboard.press("a")
    expect(page.get_by_role("status").filter(has_text="Bicycle: approved")).to_be_visible()

    page.goto(f"{ended}/months")
    press(page, f"To {NAME}, the next to close")
    expect(page.get_by_text("have not chosen yet")).to_be_visible()
    press(page, f"Close {NAME}")
    expect(page.get_by_text("◐ closing")).to_be_visible()
    expect(page).to_have_title(f"0% - {NAME} · Ideals")
    with posting_stands_still(own_database):
        service.start(*RELAY)
        service.start(*WORKER)
        expect(page.get_by_text("0 / 5")).to_be_visible(timeout=60_000)
    expect(page.get_by_text("● sealed")).to_be_visible(timeout=60_000)
    expect(page.locator("#said")).to_have_text("Sealed. Skipped: 0.")
    expect(page.get_by_role("row").filter(has_text="Left over, paid out")).to_be_visible()
    expect(page.get_by_text("1 order of this month had not been decided")).to_be_visible()
    assert_fits(page, 1280)

    page.goto(f"{ended}/notices")
    expect(page.get_by_text(f"{NAME} is closed and sealed")).to_be_visible()
    page.close()


def test_hr_sees_the_shop_as_anna_does_and_can_try_amounts(browser: Browser, ended: str) -> None:
    page = signed_in(browser, ended, "Dina")
    page.goto(f"{ended}/products")
    page.get_by_role("link", name="See the shop as an employee").click()
    page.get_by_label("Name, number or unit").fill("ann")
    page.get_by_role("link", name="Anna").click()
    expect(page.get_by_text("As Anna sees it.")).to_be_visible()
    page.get_by_role("link", name="Extra leave").click()
    page.get_by_label("How many hours").fill("3")
    said = page.locator("#decision").get_by_text(
        "Anna has the button “Buy 3 hours for €60.00” here."
    )
    expect(said).to_be_visible()
    assert page.locator("main form[method=post]").count() == 0
    page.close()


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize(("width", "locale"), [(360, "nl-NL"), (1280, "en-GB")])
def test_the_pages_are_accessible_and_fit(
    browser: Browser, ended: str, theme: str, width: int, locale: str
) -> None:
    page = browser.new_page(
        viewport={"width": width, "height": 800}, color_scheme=theme, locale=locale
    )
    page.goto(ended)
    page.get_by_role("button", name="Dina").click()
    page.wait_for_load_state()
    for path in (
        "/products",
        "/products/simple/bicycle",
        "/products/preview",
        "/people/anna/shop",
        "/people/anna/shop/leave",
        "/evidence",
        "/months",
        f"/months/{LAST}",
        f"/months/{LAST.plus(1)}",
    ):
        page.goto(f"{ended}{path}")
        opened(page)
        assert_fits(page, width)
    with unit_of_work() as session:
        factories.a_close(session, LAST, now=datetime.now(UTC))
    page.goto(f"{ended}/months/{LAST}")
    assert_fits(page, width)
    page.close()


def opened(page: Page) -> None:
    """What can be opened is."""
    page.evaluate("document.querySelectorAll('main details').forEach(one => { one.open = true; })")


def test_without_script_a_month_is_closed_too(browser: Browser, ended: str) -> None:
    context = browser.new_context(java_script_enabled=False, locale="en-GB")
    page = context.new_page()
    page.goto(ended)
    page.get_by_role("button", name="Dina").click()
    page.goto(f"{ended}/months/{LAST}")
    page.get_by_role("button", name=f"Close {NAME}").click()
    expect(page.get_by_text("◐ closing")).to_be_visible()
    page.get_by_role("link", name="Show how far it is now").click()
    expect(page.get_by_text("You can leave this page: the close goes on")).to_be_visible()
    context.close()
