"""Every part, in both themes, on a phone and at a desk: accessible, at home, and by keyboard."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, Page, expect
from werkzeug.serving import make_server

from ideals.app import create_app
from ideals.config import Settings
from tests.browser.looking import assert_accessible, assert_fits

Open = Callable[..., Page]


@pytest.fixture(scope="module")
def parts() -> Iterator[str]:
    """The address of the page of parts. Nobody is signed in, so no database is asked."""
    app = create_app(Settings.read({"DEMO": "yes", "IDEALS_SECRET_KEY": "for this test only"}))
    server = make_server("127.0.0.1", 0, app, threaded=True)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}/style"
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def opened(browser: Browser, parts: str) -> Iterator[Open]:
    """Opens the page, and fails on what the security policy refuses or what is asked elsewhere."""
    contexts = []

    def visit(query: str = "", width: int = 1280, **options: object) -> Page:
        options = {"locale": "en-GB"} | options
        context = browser.new_context(viewport={"width": width, "height": 800}, **options)
        contexts.append(context)
        page = context.new_page()
        said: list[str] = []
        page.on("console", lambda message: said.append(message.text))
        page.on("pageerror", lambda fault: said.append(str(fault)))
        page.on("request", lambda request: said.extend(_elsewhere(request.url, parts)))
        page.set_default_timeout(5000)
        page.goto(parts + query)
        page.said = said
        return page

    yield visit
    heard = [text for context in contexts for page in context.pages for text in page.said]
    for context in contexts:
        context.close()
    assert heard == []


def _elsewhere(url: str, parts: str) -> list[str]:
    home = urlsplit(url).scheme == "data" or urlsplit(url).netloc == urlsplit(parts).netloc
    return [] if home else [url]


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize(("width", "language"), [(360, "nl-NL"), (1280, "en-GB")])
def test_every_part_is_accessible_and_fits(
    opened: Open, theme: str, width: int, language: str
) -> None:
    page = opened("?done=12&flash=yes", width, color_scheme=theme, locale=language)
    page.evaluate("document.querySelectorAll('details').forEach(part => { part.open = true; })")
    assert_fits(page, width)
    page.keyboard.press("Escape")
    page.locator("[data-opens=keys]").click()
    assert_accessible(page)


def test_a_chosen_theme_wins_over_the_device(opened: Open) -> None:
    page = opened(color_scheme="dark")
    # Asked for until it is so: the button sends a form, and in between there is no page.
    expect(page.locator("body")).to_have_css("background-color", "rgb(20, 23, 26)")
    page.get_by_role("button", name="Light", exact=True).click()
    expect(page.locator("body")).to_have_css("background-color", "rgb(251, 250, 247)")
    assert_accessible(page)


def test_what_can_be_pressed_is_large_enough_for_a_thumb(opened: Open) -> None:
    page = opened(width=360)
    small = page.evaluate(
        """() => [...document.querySelectorAll(
               "button:not(.word), .act, summary, select, .form-control, .tabs a, .downloads a")]
           .filter(e => e.checkVisibility())
           .map(e => [e.textContent.trim() || e.name, e.getBoundingClientRect().height])
           .filter(([, height]) => height < 43.5)"""
    )
    assert small == []


def test_focus_is_a_ring_of_three_pixels(opened: Open) -> None:
    page = opened()
    page.evaluate("document.activeElement.blur()")
    link = page.get_by_role("link", name="Show the messages")
    page.locator(".trail a").focus()
    page.keyboard.press("Tab")
    expect(link).to_be_focused()
    assert link.evaluate("e => getComputedStyle(e).outline") == "rgb(11, 107, 87) solid 3px"


def test_nothing_moves_for_who_does_not_want_it(opened: Open) -> None:
    page = opened("?done=2", reduced_motion="reduce")
    moving = page.evaluate(
        """() => [...document.querySelectorAll("*")].map(e => getComputedStyle(e))
           .map(s => parseFloat(s.transitionDuration) + parseFloat(s.animationDuration))
           .filter(seconds => seconds > 0).length"""
    )
    assert moving == 0


# Keys


def test_keys_search_walk_a_list_and_tell_what_they_are(opened: Open) -> None:
    page = opened()
    page.evaluate("document.activeElement.blur()")
    for name in ("Anna de Vries", "Boris Öztürk"):
        page.keyboard.press("j")
        expect(page.get_by_role("link", name=name)).to_be_focused()
    page.keyboard.press("k")
    expect(page.get_by_role("link", name="Anna de Vries")).to_be_focused()
    page.keyboard.press("?")
    dialog = page.get_by_role("dialog", name="Keys")
    expect(dialog).to_contain_text("Start the work")
    page.keyboard.press("j")
    page.keyboard.press("Escape")
    expect(dialog).to_be_hidden()
    page.keyboard.press("/")
    field = page.get_by_label("Name or number")
    expect(field).to_be_focused()
    page.keyboard.type("jk?s/")
    expect(field).to_have_value("jk?s/")
    expect(dialog).to_be_hidden()


def test_single_keys_can_be_turned_off_and_on(opened: Open) -> None:
    page = opened()
    page.locator("[data-opens=keys]").click()
    with page.expect_navigation():
        page.get_by_role("button", name="Turn single keys off").click()
    page.keyboard.press("?")
    page.keyboard.press("s")
    expect(page.get_by_role("dialog")).to_have_count(0)
    assert "done" not in page.url
    page.locator("[data-opens=keys]").click()
    with page.expect_navigation():
        page.get_by_role("button", name="Turn single keys on").click()
    page.keyboard.press("?")
    expect(page.get_by_role("dialog")).to_have_count(1)


# What renews itself


def test_a_list_follows_what_is_typed_and_the_address_remembers(opened: Open) -> None:
    page = opened("?sort=-name")
    page.get_by_label("Name or number").fill("boris")
    rows = page.locator("#rows tbody tr")
    expect(rows).to_have_count(2)
    expect(page.locator("#said")).to_have_text("2 people here")
    assert "q=boris" in page.url
    assert "sort=-name" in page.url
    page.get_by_label("Unit").select_option("Bank/Retail/Zwolle")
    expect(page.get_by_role("heading", name="Nobody fits")).to_be_visible()
    page.reload()
    expect(page.get_by_label("Name or number")).to_have_value("boris")
    assert page.evaluate("localStorage.length") == 0, "no page is kept in the browser"


def test_long_work_goes_on_by_itself_and_stops_asking(opened: Open) -> None:
    page = opened()
    page.get_by_role("link", name="Start the work").click()
    page.goto(page.url.replace("done=1", "done=10"))
    expect(page.locator("#work-progress")).to_contain_text("Done: 12 employees")
    expect(page.locator("#said")).to_contain_text("Done: 12 employees")
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.wait_for_timeout(1500)
    assert asked == []


def test_a_lost_connection_is_said_and_forgotten_when_it_is_back(
    browser: Browser, parts: str
) -> None:
    context = browser.new_context(locale="en-GB")
    page = context.new_page()
    page.goto(f"{parts}?done=9")
    trouble = page.locator("#trouble")
    context.set_offline(True)
    expect(trouble).to_contain_text("There is no connection just now")
    context.set_offline(False)
    expect(trouble).to_be_hidden()
    context.close()


def test_a_mended_fault_is_no_longer_shown(opened: Open) -> None:
    page = opened()
    field = page.get_by_label("Full-time salary")
    expect(page.locator("#salary-error")).to_be_visible()
    field.fill("3300")
    field.press("Tab")
    expect(page.locator("#salary-error")).to_have_count(0)


# Without script, and on paper


def test_everything_is_there_without_script(opened: Open) -> None:
    page = opened(width=360, java_script_enabled=False)
    expect(page.get_by_role("button", name="Keys")).to_have_count(0)
    page.get_by_label("Name or number").fill("dina")
    page.get_by_role("button", name="Show", exact=True).click()
    expect(page.locator("#rows tbody tr")).to_have_count(2)
    page.locator(".word").click()
    expect(page.get_by_text("Lapsed hours are gone")).to_be_visible()


def test_on_paper_there_is_no_furniture_and_every_part_is_open(opened: Open) -> None:
    page = opened(color_scheme="dark")
    page.emulate_media(media="print")
    for furniture in (".top", ".bottom", ".filter", ".acts"):
        expect(page.locator(furniture).first).to_be_hidden()
    assert page.evaluate("getComputedStyle(document.body).color") == "rgb(0, 0, 0)"
    closed = page.locator("details.number:not([open]) code").first
    assert closed.evaluate("e => e.checkVisibility() && e.getBoundingClientRect().height") > 10


# The menu


def test_on_a_phone_the_menu_opens_without_script(browser: Browser, site: str) -> None:
    context = browser.new_context(
        viewport={"width": 360, "height": 740}, java_script_enabled=False, locale="en-GB"
    )
    page = context.new_page()
    page.goto(site)
    page.get_by_role("button", name="Dina").click()
    sign_out = page.get_by_role("button", name="Sign out")
    expect(sign_out).to_be_hidden()
    page.get_by_role("button", name="Menu").press("Enter")
    expect(sign_out).to_be_visible()
    expect(page.get_by_role("navigation", name="Main")).to_be_visible()
    page.keyboard.press("Escape")
    expect(sign_out).to_be_hidden()
    context.close()
