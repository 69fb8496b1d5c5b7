"""Payroll reads a month down to an order and sends a line back; HR decides."""

from __future__ import annotations

import io
import re
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect
from werkzeug.serving import make_server

from ideals.access import commands as access
from ideals.app import create_app
from ideals.config import Settings
from ideals.db import unit_of_work
from ideals.kernel.actor import SYSTEM, Role
from ideals.payroll import commands
from ideals.payroll.rules.codes import Kept
from ideals.payroll.states import LineKind
from tests.browser.looking import assert_fits, signed_in
from tests.payroll.shopping import FEBRUARY, JANUARY, LATER, MARCH, a_shop, close, everything

CODES = (
    Kept(LineKind.PAY, "", JANUARY, "4010", "Benefit budget"),
    Kept(LineKind.DEDUCTION, "", JANUARY, "4090", "Kept back"),
    Kept(LineKind.PURCHASE, "bicycle", JANUARY, "5100", "Bicycle plan"),
)


@pytest.fixture
def payroll_site(own_database: str) -> Iterator[str]:
    """Anna and Egor chose of everything in March, which is sealed; some codes were given."""
    with unit_of_work() as session:
        shop = a_shop(session)
        everything(session, shop)
        for each in CODES:
            cmd = commands.KeepCode(each.kind, each.item, each.code, each.name, each.first_month)
            commands.keep_code(session, cmd, actor=shop.dina, now=LATER)
        bonus = io.BytesIO(b"number,month,amount\nanna,2026-03,1200.00\nboris,2026-03,2400.00")
        upload = commands.UploadBonuses(bonus, "bonus.csv")
        commands.upload_bonuses(session, upload, actor=shop.dina, now=LATER)
        close(session, JANUARY, FEBRUARY, MARCH)
        for name, roles in (("Paula", (Role.PAYROLL,)), ("Dina", (Role.HR,))):
            shown = access.ShowInDemo(f"{name.lower()}@meridian.example", name, frozenset(roles))
            access.show_in_demo(session, shown, actor=SYSTEM, now=LATER)
    app = create_app(Settings.read({"DEMO": "yes", "IDEALS_SECRET_KEY": "for this test only"}))
    server = make_server("127.0.0.1", 0, app, threaded=True)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


def test_from_a_total_to_the_order_and_back_to_hr(
    browser: Browser, payroll_site: str, tmp_path: Path
) -> None:
    page = signed_in(browser, payroll_site, "Paula")
    page.goto(f"{payroll_site}/payroll")
    page.get_by_role("link", name="March 2026", exact=True).click()
    expect(page.get_by_text("agrees with the ledger")).to_be_visible()

    with page.expect_download() as download:
        page.get_by_role("link", name="Download the batch, CSV").click()
    assert download.value.suggested_filename == "payroll-2026-03.csv"
    first = Path(download.value.path()).read_bytes()
    with page.expect_download() as download:
        page.get_by_role("link", name="Download the batch, CSV").click()
    assert Path(download.value.path()).read_bytes() == first

    page.get_by_role("searchbox", name="Name or number").fill("egor")
    expect(page.get_by_role("link", name="Anna", exact=False)).to_have_count(0)
    page.get_by_role("link", name=re.compile("^Egor.*purchase.car$")).click()
    expect(page.get_by_text("Lease car")).to_be_visible()
    expect(page.get_by_role("row").filter(has_text="Budget")).to_contain_text("€1,000.00")

    page.goto(f"{payroll_site}/payroll/2026-03/refusals")
    file = tmp_path / "refused.csv"
    file.write_text("number,code,reason\nanna,5100,This bicycle is not known to payroll\n")
    page.get_by_label("File").set_input_files(file)
    page.get_by_role("button", name="Send back").click()
    expect(page.get_by_text("New tasks for HR: 1.")).to_be_visible()

    desk = signed_in(browser, payroll_site, "Dina")
    desk.goto(f"{payroll_site}/approvals")
    desk.get_by_role("link", name="Payroll sent a line of Anna back").first.click()
    desk.goto(f"{payroll_site}/payroll/2026-03/refusals")
    desk.get_by_role("link", name=re.compile("^Anna.*5100$")).click()
    desk.get_by_label("Reason").fill("Known by now")
    desk.get_by_role("button", name="Keep it as it is").click()
    expect(desk.get_by_text("It stays as it is.")).to_be_visible()
    expect(desk.get_by_text("Known by now")).to_be_visible()


PAGES = ("/payroll", "/payroll/2026-03", "/payroll/2026-03/refusals", "/payroll/codes")


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("width", [390, 1280])
def test_the_pages_are_accessible_and_fit(
    browser: Browser, payroll_site: str, tmp_path: Path, width: int, theme: str
) -> None:
    look = {"color_scheme": theme, "viewport": {"width": width, "height": 800}}
    page = signed_in(browser, payroll_site, "Dina", **look)
    file = tmp_path / "refused.csv"
    file.write_text("number,code,reason\nanna,5100,Not known to payroll\n")
    page.goto(f"{payroll_site}/payroll/2026-03/refusals")
    page.get_by_label("File").set_input_files(file)
    page.get_by_role("button", name="Send back").click()
    expect(page.get_by_text("New tasks for HR: 1.")).to_be_visible()
    for path in (*PAGES, "/payroll/bonuses"):
        page.goto(f"{payroll_site}{path}")
        assert_fits(page, width)
    page.goto(f"{payroll_site}/payroll/2026-03")
    for summary in page.locator("details.number > summary").all():
        summary.click()
    assert_fits(page, width)
    for code in ("5100", "4010", "purchase.course", "bonus.performance"):
        page.goto(f"{payroll_site}/payroll/2026-03?code={code}&q=anna")
        page.locator("#rows").get_by_role("link", name="Anna").first.click()
        page.wait_for_url("**/lines/*")
        assert_fits(page, width)
