"""HR looks at the shop as an employee: the same cards and amounts, and nothing to order with."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from flask.testing import FlaskClient
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from ideals.audit import Entry
from ideals.kernel.actor import Role
from ideals.pricing.models import Quote
from ideals.seeds import factories
from tests.counting import counted
from tests.shop.conftest import NOW, PDF, PRODUCTS, Shop, publish
from tests.shop.desk import Desk, answers, client_of, desk_of, words

EVERYTHING = ("/people/anna/shop", "/people/anna/shop/leave?quantity=8")


@pytest.fixture
def client(session: Session, monkeypatch: pytest.MonkeyPatch) -> Iterator[FlaskClient]:
    with client_of(monkeypatch, [NOW]) as opened:
        yield opened


@pytest.fixture
def dina(client: FlaskClient, shop: Shop) -> Desk:
    return desk_of(client, "dina", Role.HR)


@pytest.fixture
def anna(client: FlaskClient, shop: Shop) -> Desk:
    return desk_of(client, "anna")


def cards(page: str) -> list[str]:
    """Each card in words, in their order."""
    return [words(card) for card in re.findall(r'<a class="tile.*?</a>', page, flags=re.S)]


def decision(page: str) -> str:
    """What it means, without the button or the word about it."""
    sums = page[page.index('<div class="sums">') : page.index('<section class="terms">')]
    return words(re.split(r"<p[^>]*data-say", sums)[0])


def test_the_cards_are_those_of_the_employee(
    dina: Desk, anna: Desk, shop: Shop, session: Session
) -> None:
    factories.a_change(session, shop.people.anna, NOW.date().replace(day=1), part_time_factor="0.5")
    shop.order(session, "bicycle", price_minor=50000, evidence=(PDF,))
    session.commit()
    hers, seen = anna.get("/shop"), dina.get("/people/anna/shop")
    assert cards(seen) == cards(hers)
    assert any("You have used what you may choose" in card for card in cards(seen))
    assert words(hers)[words(hers).index("€") :][:60] in words(seen), "what is left in sight"
    only = dina.get("/people/anna/shop?for=learn")
    assert [card.split()[0] for card in cards(only)] == ["training"]
    assert len(cards(dina.get("/people/anna/shop?q=verkopen", language="nl"))) == 2


def test_a_product_means_for_hr_what_it_means_for_her(dina: Desk, anna: Desk) -> None:
    for query in ("leave?quantity=8", "cash?quantity=100", "sell?quantity=2", "seat?quantity=1"):
        hers, seen = anna.get(f"/shop/{query}"), dina.get(f"/people/anna/shop/{query}")
        assert decision(seen) == decision(hers), query
    page = dina.read("/people/anna/shop/leave?quantity=8")
    assert "As Anna sees it." in page
    assert "Anna has the button “Buy 8 hours for €160.00” here." in page


def test_why_something_is_not_possible_is_said_to_both(dina: Desk, anna: Desk) -> None:
    for query in ("leave?quantity=41", "keep", "cash?quantity=abc"):
        hers, seen = anna.read(f"/shop/{query}"), dina.read(f"/people/anna/shop/{query}")
        said = {"leave?quantity=41": "40 hours", "keep": "stays", "cash?quantity=abc": "number"}
        assert said[query] in hers
        assert said[query] in seen
        assert "Anna has the button" not in seen


def test_nothing_is_ordered_and_no_price_promised_by_looking(dina: Desk, session: Session) -> None:
    for path in EVERYTHING:
        page = dina.get(path)
        forms = re.findall(r'<form method="post" action="([^"]*)"', page)
        assert {form.split("/")[1] for form in forms} == {"preferences", "sign-out"}
        assert 'href="/shop' not in page.partition("<main")[2]
        assert dina.send(path, quote="x").status_code == 405
    assert session.scalar(select(func.count()).select_from(Quote)) == 0


def test_that_hr_looked_is_written_down(dina: Desk, session: Session) -> None:
    for path in EVERYTHING:
        dina.get(path)
    looked = select(Entry.subject, Entry.actor).where(Entry.act == "shop.previewed")
    assert [tuple(row) for row in session.execute(looked)] == [
        ("employee:anna", "dina@meridian.example")
    ] * 2


def test_an_employee_is_found_as_on_the_list_of_people(dina: Desk) -> None:
    page = dina.get("/products/preview?q=ann")
    assert 'href="/people/anna/shop"' in page
    assert "Boris" not in words(page)
    page = dina.get("/products/preview?q=egor&product=leave&scheme=simple")
    assert 'href="/people/egor/shop/leave"' in page
    assert "Nobody fits" in dina.read("/products/preview?q=nobody")


def test_who_has_no_scheme_has_nothing_to_choose(dina: Desk, session: Session) -> None:
    factories.a_scheme(session, code="later", version="2030-01")
    factories.an_employee(session, "Olga", number="olga", scheme="later")
    session.commit()
    assert "There is nothing to choose for Olga" in dina.read("/people/olga/shop")
    assert dina.ask("/people/nobody/shop").status_code == 404
    assert dina.ask("/people/anna/shop/nothing").status_code == 404


@pytest.mark.parametrize("path", EVERYTHING)
def test_only_hr_sees_the_shop_of_another(client: FlaskClient, shop: Shop, path: str) -> None:
    assert answers(client, path) == {"anna": 403, "boris": 403, "paula": 403, "dina": 200}


def test_forty_products_cost_as_many_statements_as_a_few(dina: Desk, session: Session) -> None:
    dina.get("/people/anna/shop")
    with counted() as few:
        dina.get("/people/anna/shop")
    many = PRODUCTS | {f"more_{n}": {"kind": "savings"} for n in range(40)}
    publish(session, version="2026-02", products=many)
    session.commit()
    with counted() as more:
        page = dina.get("/people/anna/shop")
    assert len(cards(page)) == len(many)
    assert more.statements == few.statements, str(more)
