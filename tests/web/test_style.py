"""What the layout and the macros write, and the page that shows them all."""

from __future__ import annotations

import re

import flask
import pytest
from flask import Flask
from flask_babel import lazy_gettext
from sqlalchemy import text
from sqlalchemy.orm import Session

from ideals.kernel.actor import Role
from ideals.kernel.registry import Registry
from ideals.web import shell, vendor
from ideals.web.guards import guard, role, signed_in
from ideals.web.shell import NavItem, address
from tests.counting import counted
from tests.web.conftest import MakeApp
from tests.web.test_shell import signed, token_of


@pytest.fixture
def demo(make_app: MakeApp) -> Flask:
    return make_app(DEMO="yes")


def test_the_page_of_parts_is_there_in_a_demo_only(app: Flask, demo: Flask) -> None:
    for path in ("/style", "/style/people.csv", "/style/errors/500"):
        assert app.test_client().get(path).status_code == 404
    assert demo.test_client().get("/style").status_code == 200
    assert demo.test_client().get("/style/people.pdf").status_code == 404


@pytest.mark.parametrize(
    ("status", "dutch", "english"),
    [
        (403, "Dit mag u niet doen", "This is not yours to do"),
        (404, "Niet gevonden", "Not found"),
        (409, "Dit is intussen", "This has moved on"),
        (500, "Dit ging mis", "This failed"),
    ],
)
def test_pages_that_say_no_wear_the_layout_in_both_languages(
    demo: Flask, status: int, dutch: str, english: str
) -> None:
    demo.config["PROPAGATE_EXCEPTIONS"] = False
    for code, words in (("nl", dutch), ("en", english)):
        answer = demo.test_client().get(
            f"/style/errors/{status}", headers={"Accept-Language": code}
        )
        assert answer.status_code == status
        assert f'<html lang="{code}"' in answer.text
        assert words in answer.text
        assert 'class="bottom"' in answer.text


def test_a_dutch_reader_is_not_answered_in_english(demo: Flask) -> None:
    for status in (403, 404):
        page = demo.test_client().get(f"/style/errors/{status}", headers={"Accept-Language": "nl"})
        lead = re.search(r'class="lead">([^<]+)', page.text)
        assert lead is not None
        assert not re.search(r"\b(the|this|somebody|belongs)\b", lead[1], re.IGNORECASE)


# Files


def test_htmx_is_ours_versioned_and_the_only_file_of_its_folder(app: Flask) -> None:
    client = app.test_client()
    link = re.search(r'src="(/vendor/htmx.min.js\?v=\w{12})"', client.get("/nothing").text)
    assert link is not None
    answer = client.get(link[1], buffered=True)
    assert answer.status_code == 200
    assert "htmx" in answer.text[:200]
    assert "immutable" in answer.headers["Cache-Control"]
    for other in ("htmx.js", "..%2f__init__.py", "ext/ws.js"):
        assert client.get(f"/vendor/{other}", buffered=True).status_code == 404


def test_drawings_are_one_small_file_of_those_that_are_used(app: Flask) -> None:
    with app.test_request_context():
        address, _, name = vendor.icon_href("piggy_bank").partition("#")
        with pytest.raises(KeyError, match="no drawing 'dragon'"):
            vendor.icon_href("dragon")
    answer = app.test_client().get(address)
    assert answer.mimetype == "image/svg+xml"
    assert "immutable" in answer.headers["Cache-Control"]
    assert re.findall(r'<symbol id="(\w+)"', answer.text) == list(vendor.ICONS)
    assert f'id="{name}" viewBox="0 0 16 16"><path d=' in answer.text
    assert len(answer.data) < 40_000


def test_htmx_runs_no_text_as_code_and_sends_the_token(app: Flask) -> None:
    client = signed(app)
    page = client.get("/sheet")
    assert '"allowEval":false' in page.text
    assert '"historyCacheSize":0' in page.text, "pages about people stay out of the browser's store"
    token = re.search(r"""hx-headers='\{"X-CSRFToken": "([^"]+)"\}'""", page.text)
    assert token is not None
    assert client.post("/sheet", headers={"X-CSRFToken": token[1]}).status_code == 200


# Navigation


@pytest.fixture
def menu(app: Flask, monkeypatch: pytest.MonkeyPatch) -> Flask:
    """Statement for all, and three items for HR; `/people/7` is below one of them."""
    hr = role(Role.HR)
    navigation: Registry[NavItem] = Registry("lines of this test")
    monkeypatch.setattr(shell, "navigation", navigation)

    def shown() -> str:
        return flask.render_template_string("{% extends 'layout.html' %}")

    for name, path, needed in (
        ("statement", "/statement", signed_in),
        ("people", "/people", hr),
        ("person", "/people/7", hr),
        ("peoples", "/peoples", hr),
        ("imports", "/imports", hr),
    ):
        app.add_url_rule(path, name, guard(needed)(lambda: shown()))
        if name not in ("person", "peoples"):
            navigation.register(name, NavItem(lazy_gettext(name), name, needed))
    return app


def lines(page: str) -> list[tuple[str, str]]:
    nav = page[page.index("<nav") : page.index("</nav>")]
    found = re.findall(r'<a href="([^"]+)"(?: aria-current="(\w+)")?', nav)
    return [(href, current) for href, current in found]


def test_items_of_hr_are_a_group_and_the_present_one_is_marked(menu: Flask) -> None:
    page = signed(menu, "dina").get("/people").text
    assert lines(page) == [
        ("/imports", "true"), ("/imports", ""), ("/people", "page"), ("/statement", ""),
    ]  # fmt: skip


def test_the_group_that_is_open_stands_on_a_line_of_its_own(menu: Flask) -> None:
    client = signed(menu, "dina")
    page = client.get("/people").text
    within = page[page.index('<nav class="within"') :]
    assert 'aria-label="HR"' in within[: within.index(">")]
    assert lines(within) == [("/imports", ""), ("/people", "page")]
    assert 'class="within"' not in client.get("/statement").text


def test_below_an_item_it_is_marked_but_not_as_the_page(menu: Flask) -> None:
    client = signed(menu, "dina")
    assert ("/people", "true") in lines(client.get("/people/7").text)
    assert ("/people", "") in lines(client.get("/peoples").text)


def test_nobody_sees_a_line_they_may_not_open(menu: Flask) -> None:
    assert lines(signed(menu).get("/statement").text) == [("/statement", "page")]


# Addresses


@pytest.mark.parametrize(
    ("changes", "wanted"),
    [
        ({}, "/nothing?q=a%26b&unit=1&unit=2&cursor=x"),
        ({"cursor": "y"}, "/nothing?q=a%26b&unit=1&unit=2&cursor=y"),
        ({"sort": "-name"}, "/nothing?q=a%26b&unit=1&unit=2&sort=-name"),
        ({"q": None, "unit": ""}, "/nothing"),
    ],
)
def test_an_address_keeps_what_is_not_changed_and_starts_over(
    app: Flask, changes: dict[str, str | None], wanted: str
) -> None:
    with app.test_request_context("/nothing?q=a%26b&unit=1&unit=2&cursor=x"):
        assert address(**changes) == wanted


def names_in(page: str) -> list[str]:
    return re.findall(r'<a href="#number">([^<]+)</a>', page)


def test_search_sort_and_pages_go_together(demo: Flask) -> None:
    client = demo.test_client()
    first = client.get("/style?sort=-name&q=anna").text
    assert names_in(first) == ["Hanna Kowalski"] * 2 + ["Anna de Vries"] * 2
    assert 'aria-sort="descending"' in first
    assert 'name="sort" value="-name"' in first, "searching keeps the order"
    page = client.get("/style?sort=name").text
    link = re.search(r'href="([^"]+)" rel="next"', page)
    assert link is not None
    second = client.get(link[1].replace("&amp;", "&")).text
    names = names_in(page) + names_in(second)
    assert len(names) == 12
    assert names == sorted(names)
    assert 'rel="first"' in second
    assert client.get("/style?cursor=forged").status_code == 200


# Parts


def test_a_page_cannot_be_broken_out_of(demo: Flask) -> None:
    text = demo.test_client().get("/style?q=%22%3E%3Cscript%3E&sort=%22%3E&done=%3C").text
    assert "<script>" not in text
    assert "&#34;&gt;&lt;script&gt;" in text


def test_ids_on_the_page_of_parts_are_unique(demo: Flask) -> None:
    ids = re.findall(r'\sid="([^"]+)"', demo.test_client().get("/style?done=2").text)
    assert len(ids) > 20
    assert sorted(ids) == sorted(set(ids))


def test_long_work_is_asked_for_while_it_runs_and_no_longer(demo: Flask) -> None:
    client = demo.test_client()
    running, done = (client.get(f"/style?done={n}").text for n in (3, 12))
    assert 'hx-trigger="every 1s"' in running
    assert "http-equiv" in running, "and without script the page loads itself"
    assert "every 1s" not in done
    assert "http-equiv" not in done


def test_keys_are_turned_off_in_this_browser_alone(
    app: Flask, chosen: list[tuple[str, str, str]]
) -> None:
    client = signed(app)
    page = client.get("/sheet")
    assert "data-keys" not in page.text
    form = {"csrf_token": token_of(page), "value": "off", "next": "/sheet"}
    assert client.post("/preferences/keys", data=form).status_code == 303
    assert 'data-keys="off"' in client.get("/sheet").text
    assert chosen == [], "they belong to a keyboard, not to a person"


# Counting


def test_statements_are_counted_where_they_are_sent(session: Session) -> None:
    with counted(session) as seen:
        session.execute(text("SELECT 1"))
        session.execute(text("SELECT 2"))
    session.execute(text("SELECT 3"))
    assert seen.statements == 2
    assert str(seen) == "1. SELECT 1\n2. SELECT 2"
    with counted() as anywhere:
        session.execute(text("SELECT 4"))
    assert anywhere.statements == 1
