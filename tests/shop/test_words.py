"""Orders in words: in the statement, to whoever decides, and where their page is."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

import pytest
from flask import Flask
from sqlalchemy.orm import Session

from ideals.app import create_app
from ideals.approvals.queries import of_subject, told
from ideals.config import Settings
from ideals.kernel.money import Money
from ideals.ledger.queries import described
from ideals.shop.pages import words
from tests.shop.conftest import Shop, Site


@pytest.fixture
def app() -> Flask:
    return create_app(Settings.read({}))


@pytest.fixture(params=["en", "nl"])
def language(request: pytest.FixtureRequest, app: Flask) -> Iterator[str]:
    with app.test_request_context(headers={"Accept-Language": request.param}):
        yield request.param


def test_a_transfer_is_called_by_what_was_bought(
    session: Session, shop: Shop, language: str
) -> None:
    order = shop.order(session, "leave", "8")
    shop.cancel(session, order)
    session.flush()
    back = f"{order.source}:cancelled"
    found = described(session, [order.source, back, "order:nonsense", "run:simple:2026-03:1"])
    title = "Extra leave" if language == "en" else "Extra verlof"
    assert found[order.source].title == found[back].title == title
    assert str(order.number) in found[order.source].sentence
    assert found[order.source].sentence != found[back].sentence
    assert "order:nonsense" not in found


def test_whoever_decides_sees_what_it_is_and_what_it_costs(
    session: Session, shop: Shop, language: str
) -> None:
    order = shop.order(session, "leave_asked", "8")
    session.flush()
    (approval,) = of_subject(session, order.source)
    found = told(session, [approval], language)[order.source]
    assert found.title == ("Long leave: 8 hours" if language == "en" else found.title)
    assert found.cost == Money(16000)
    assert len(found.lines) == 3


def test_the_page_of_an_order_is_linked_once_it_is_there(
    session: Session, shop: Shop, app: Flask
) -> None:
    order = shop.order(session, "cash", "1")
    with app.test_request_context():
        if words.ORDER_PAGE in app.view_functions:
            assert str(order.id) in (words.order_page(order) or "")
        else:
            assert words.order_page(order) is None
            app.add_url_rule("/orders/<uuid:order_id>", words.ORDER_PAGE, lambda order_id: "")
    with app.test_request_context():
        assert str(order.id) in (words.order_page(order) or "")


def test_the_statement_tells_what_was_bought(session: Session, site: Site) -> None:
    site.order("leave", 8)
    page = site.client.get("/statement", headers=site.headers()).get_data(as_text=True)
    assert "Extra leave" in page
    assert "of 10 March 2026." in page


@pytest.mark.parametrize(
    ("unit", "quantity", "price", "said"),
    [
        ("hour", "1", 2000, "1 hour"),
        ("hour", "7.5", 15000, "7.5 hours"),
        ("day", "2", 30000, "2 days"),
        ("euro", "12.34", 1234, "€12.34"),
        ("piece", "1", 90000, ""),
        ("piece", "3", 15000, "3 pieces"),
    ],
)
def test_quantities_in_words(app: Flask, unit: str, quantity: str, price: int, said: str) -> None:
    with app.test_request_context(headers={"Accept-Language": "en"}):
        assert words.quantity_in_words(unit, Decimal(quantity), Money(price)) == said
