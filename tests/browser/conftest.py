"""A real browser on a real server, with the small organisation of the tests."""

from __future__ import annotations

import os
import shutil
import threading
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
from playwright.sync_api import Browser, expect, sync_playwright
from werkzeug.serving import make_server

from ideals.access import commands as access
from ideals.app import create_app
from ideals.config import Settings
from ideals.db import unit_of_work
from ideals.kernel.actor import SYSTEM, Role
from ideals.kernel.month import Month
from ideals.seeds import factories
from tests.browser.listening import SAID


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """`BROWSER=skip` leaves these out, and says so; without it a missing browser fails."""
    for item in items:
        if "tests/browser/" in item.nodeid:
            item.add_marker(pytest.mark.browser)
            if os.environ.get("BROWSER") == "skip":
                item.add_marker(pytest.mark.skip(reason="BROWSER=skip"))


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    path = os.environ.get("CHROMIUM") or shutil.which("chromium")
    expect.set_options(timeout=20_000)  # other tests, and servers, run beside these
    assert path, "no Chromium: install your system's chromium package, or BROWSER=skip make test"
    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(
            executable_path=path,
            args=["--no-sandbox", "--disable-gpu", "--disable-background-networking"],
        )
        yield opened
        opened.close()


@pytest.fixture
def browser(chromium: Browser) -> Iterator[Browser]:
    """Every page of a test is closed with it: one left open would ask a site that is gone."""
    SAID.clear()
    yield chromium
    for context in chromium.contexts:
        context.close()
    assert SAID == [], "the browser's console says"


@pytest.fixture
def site(own_database: str) -> Iterator[str]:
    """The address of a running site in demo mode: Anna's budget of this month is there."""
    month = Month.of(datetime.now(UTC).date())
    with unit_of_work() as session:
        factories.a_scheme(
            session,
            components={"holiday_allowance": "8% * salary", "thirteenth_month": "8.33% * salary"},
            hours={
                "granted": {
                    "formula": "26 * part_time_factor",
                    "moment": "january",
                    "round": "up",
                    "unit": "hour",
                }
            },
        )
        factories.an_organisation(session)
        factories.a_run(session, month)
        now = datetime.now(UTC)
        for name, roles in (("Anna", ()), ("Dina", (Role.HR,))):
            cmd = access.ShowInDemo(f"{name.lower()}@meridian.example", name, frozenset(roles))
            access.show_in_demo(session, cmd, actor=SYSTEM, now=now)
    app = create_app(Settings.read({"DEMO": "yes", "IDEALS_SECRET_KEY": "for this test only"}))
    server = make_server("127.0.0.1", 0, app, threaded=True)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()
