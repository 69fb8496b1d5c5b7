"""HR's people and files, and a manager's team, in a real browser."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect
from sqlalchemy import select

from ideals.access import commands as access
from ideals.db import unit_of_work
from ideals.kernel.actor import SYSTEM
from ideals.outbox import Message
from ideals.people import commands, queries
from ideals.seeds import factories
from tests.browser.looking import assert_fits, signed_in
from workers.people import run_import

COLUMNS = "Personeelsnummer;Naam;Datum in dienst;Afdeling;Salaris;Deeltijdfactor;Opmerking\n"
WRONG = (
    f"{COLUMNS}9;Nora Smit;01-03-2026;Bank/Retail;3.300,50;0,8;x\n10;Omar;31-02-2026;B;3.300;1;\n"
)
RIGHT = f"{COLUMNS}9;Nora Smit;01-03-2026;Bank/Retail;3.300,50;0,8;x\n"


@pytest.fixture
def staffed(site: str) -> str:
    """Boris can sign in too, and Anna's salary was corrected after her budget was made."""
    now = datetime.now(UTC)
    with unit_of_work() as session:
        cmd = access.ShowInDemo("boris@meridian.example", "Boris", frozenset())
        access.show_in_demo(session, cmd, actor=SYSTEM, now=now)
        anna = queries.employee_by_number(session, "anna")
        day = date(now.year - 1, 1, 1)
        for salary in ("3100", "3200"):
            factories.a_change(session, anna, day, full_time_salary=salary, now=now)
    return site


def file(folder: Path, content: str) -> Path:
    path = folder / "personeel.csv"
    path.write_text(content)
    return path


@pytest.mark.parametrize(("theme", "width"), [("light", 1280), ("dark", 360)])
def test_every_page_is_accessible_and_fits(
    browser: Browser, staffed: str, tmp_path: Path, theme: str, width: int
) -> None:
    look = {"color_scheme": theme, "viewport": {"width": width, "height": 800}}
    boris = signed_in(browser, staffed, "Boris", **look)
    for path in ("/team", "/team?on=2001-01-01"):
        boris.goto(f"{staffed}{path}")
        assert_fits(boris, width)
    boris.close()
    page = signed_in(browser, staffed, "Dina", **look)
    for path in ("/people", "/people?q=nobody-is-called-so", "/people/anna", "/imports"):
        page.goto(f"{staffed}{path}")
        for closed in page.locator("main details.number").all():
            closed.locator("summary").click()
        assert_fits(page, width)
    page.get_by_label("File", exact=True).set_input_files(file(tmp_path, WRONG))
    page.get_by_role("button", name="Send and look").click()
    expect(page.get_by_role("heading", name="Which column is which?")).to_be_visible()
    assert_fits(page, width)
    page.get_by_label("Scheme").select_option("simple")
    page.get_by_label("True from").fill("01-03-2026")
    page.get_by_role("button", name="Look at the file").click()
    expect(page.get_by_role("heading", name="Wrong rows")).to_be_visible()
    page.locator("summary", has_text="How the columns were read").click()
    assert_fits(page, width)
    page.close()


def test_a_file_is_named_looked_at_and_taken_by_keyboard(
    browser: Browser, staffed: str, tmp_path: Path
) -> None:
    page = signed_in(browser, staffed, "Dina")
    page.goto(f"{staffed}/imports")
    # The system's own window for choosing a file is not the page's.
    page.get_by_label("File", exact=True).set_input_files(file(tmp_path, RIGHT))
    tab_to(page, "Send and look")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Which column is which?")).to_be_visible()
    page.get_by_label("deeltijdfactor").focus()
    for _ in range(2):
        page.keyboard.press("Tab")
    page.keyboard.type("simple")
    page.keyboard.press("Tab")
    page.keyboard.type("01-03-2026")
    tab_to(page, "Look at the file with these columns")
    page.keyboard.press("Enter")
    expect(page.get_by_text("Remembered: the next file")).to_be_visible()
    tab_to(page, "Take this file: 1 rows")
    page.keyboard.press("Enter")
    expect(page.get_by_text("Rows that were taken: 1.")).to_be_visible()
    page.goto(f"{staffed}/people")
    page.keyboard.press("/")
    expect(page.get_by_role("searchbox").first).to_be_focused()
    page.keyboard.type("nora")
    expect(page.locator("#rows tbody tr")).to_have_count(1)
    page.get_by_role("link", name="Nora Smit").press("Enter")
    expect(page.get_by_role("heading", name="Nora Smit")).to_be_visible()
    page.close()


@pytest.fixture
def left_to_a_worker(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(commands, "AT_ONCE", 1)
    yield


def test_a_large_file_tells_by_itself_when_it_was_read(
    browser: Browser, staffed: str, tmp_path: Path, left_to_a_worker: None
) -> None:
    ours = "number,name,hired_on,unit,scheme,valid_from,full_time_salary,part_time_factor\n"
    rows = "".join(f"N{n},Nora {n},2026-03-01,Bank,simple,2026-03-01,3000,1\n" for n in range(50))
    page = signed_in(browser, staffed, "Dina")
    page.goto(f"{staffed}/imports")
    page.get_by_label("File", exact=True).set_input_files(file(tmp_path, ours + rows))
    page.get_by_role("button", name="Send and look").click()
    expect(page.get_by_text("The file waits for its turn.")).to_be_visible()
    expect(page.locator("progress")).to_have_attribute("max", "50")
    assert_fits(page, 1280)
    address = page.url
    page.goto(f"{staffed}/people")  # leaving it does no harm
    page.goto(address)
    with unit_of_work() as session:
        message = session.scalars(select(Message.id).where(Message.name == commands.RUN_IMPORT))
        waiting = message.one()
    run_import(waiting)
    expect(page.get_by_role("button", name="Take this file: 50 rows")).to_be_visible()
    assert page.url == address
    page.close()


def tab_to(page: Page, name: str) -> None:
    """With the tab key alone, from where the focus is."""
    button = page.get_by_role("button", name=name)
    for _ in range(60):
        if button.evaluate("element => element === document.activeElement"):
            return
        page.keyboard.press("Tab")
    pytest.fail(f"{name} is not reached by the tab key")
