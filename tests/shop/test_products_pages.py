"""What the schemes sell, as HR sees it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from ideals.kernel.actor import Role
from ideals.seeds import factories
from ideals.shop.commands import count_chosen
from tests.counting import counted
from tests.shop.conftest import NOW, PRODUCTS, Shop, open_shop, publish
from tests.shop.desk import Desk, answers, client_of, desk_of


@pytest.fixture
def client(session: Session, monkeypatch: pytest.MonkeyPatch) -> Iterator[FlaskClient]:
    with client_of(monkeypatch, [NOW]) as opened:
        yield opened


@pytest.fixture
def dina(client: FlaskClient, shop: Shop) -> Desk:
    return desk_of(client, "dina", Role.HR)


def count(session: Session, shop: Shop) -> None:
    count_chosen(session, actor=shop.dina, now=NOW)
    session.commit()


def test_every_product_of_the_schemes_in_use_has_its_line(dina: Desk) -> None:
    rows = {row["Code"]: row for row in dina.rows("/products.csv")}
    assert rows.keys() == PRODUCTS.keys()
    assert rows["leave"] == {
        "Scheme": "simple",
        "Code": "leave",
        "Name": "Extra leave",
        "Kind": "leave hours",
        "Price": "full_time_salary / 150 by the hour",
        "Limits": "at most 40 * part_time_factor in a calendar year, rounded down",
        "Tax": "free of tax",
        "Version": "2020-01",
        "People": "0",
        "Orders": "0",
        "Euro": "0.00",
    }
    assert rows["cash"]["Price"] == "one euro for one euro"
    assert rows["bicycle"]["Price"] == "the employee says what it costs"
    assert (rows["keep"]["Price"], rows["keep"]["Tax"]) == ("is not ordered", "")
    page = dina.read("/products")
    assert "Festival something else 50 by the piece for all: 3 in a calendar year" in page


def test_a_scheme_that_nobody_has_sells_nothing(dina: Desk, session: Session) -> None:
    factories.a_scheme(session, code="unused", products={"other": {"kind": "savings"}})
    session.commit()
    assert all(row["Scheme"] == "simple" for row in dina.rows("/products.csv"))
    assert dina.ask("/products/unused/other").status_code == 404
    assert dina.ask("/products/simple/nothing").status_code == 404


def test_it_is_shown_how_many_chose_a_product_and_for_how_much(
    dina: Desk, session: Session, shop: Shop
) -> None:
    shop.order(session, "leave", "8")
    shop.order(session, "leave", "2")
    shop.order(session, "leave", "1", who=shop.egor)
    shop.order(session, "leave_asked", "8")
    shop.cancel(session, shop.order(session, "savings", "100"))
    count(session, shop)

    rows = {row["Code"]: row for row in dina.rows("/products.csv?sort=-total")}
    told = {code: (row["People"], row["Orders"], row["Euro"]) for code, row in rows.items()}
    assert list(told)[:2] == ["leave", "leave_asked"]
    assert told["leave"] == ("2", "3", "220.00")
    assert told["leave_asked"] == ("1", "1", "160.00"), "what waits counts"
    assert told["savings"] == ("0", "0", "0.00"), "what was taken back does not"
    page = dina.read("/products/simple/leave")
    assert "2 people chose it in the last twelve months 3 orders, together €220.00" in page


def test_the_whole_of_a_term_counts(session: Session, client: FlaskClient) -> None:
    """48 months of 500.00 and 24 parts of 2,400.00 together."""
    term = {"months": "48", "early_end": "no", "leaving": "end"}
    parts = {"months": "24", "early_end": "no", "leaving": "pay_rest"}
    shop = open_shop(
        session,
        products={
            "car": {"kind": "lease_car", "price": "500", "term": term, "approval": "hr"},
            "bicycle": {"kind": "bicycle", "instalments": parts, "approval": "hr"},
        },
    )
    shop.order(session, "car", "1")
    shop.order(session, "bicycle", price_minor=240000)
    count(session, shop)
    rows = desk_of(client, "dina", Role.HR).rows("/products.csv")
    assert [row["Euro"] for row in rows] == ["24000.00", "2400.00"]


def test_the_list_is_searched_filtered_and_sorted_by_its_address(dina: Desk) -> None:
    def codes(query: str) -> list[str]:
        return [row["Code"] for row in dina.rows(f"/products.csv?{query}")]

    assert codes("q=verlof") == ["leave", "leave_asked", "sell"], "names in every language"
    assert codes("q=BICYCLE") == ["bicycle"]
    assert codes("kind=other&sort=-name") == ["seat", "course"]
    assert codes("kind=nonsense") == codes("")
    assert codes("scheme=nonsense") == []
    page = dina.get("/products?q=verlof&kind=leave")
    assert 'href="/products.csv?q=verlof&amp;kind=leave"' in page
    assert "No product is like that" in dina.read("/products?q=nothing")


def test_a_product_opens_to_its_words_and_says_what_comes(dina: Desk, session: Session) -> None:
    page = dina.read("/products/simple/leave")
    for said in (
        "Nederlands Extra verlof English Extra leave",
        "Price of one full_time_salary / 150 Moment of the price",
        "Unit of measure by the hour",
        "Can be cancelled until the deadline of its month",
        "In force since version January 2020.",
    ):
        assert said in page
    assert "Nobody chose it" in page
    assert "what becomes of what is left" in dina.read("/products/simple/keep")

    publish(session, version="2026-06", products=PRODUCTS | {"savings": {"kind": "savings"}})
    session.commit()
    assert "changes" not in dina.read("/products/simple/leave")
    assert "changes with the version of June 2026" in dina.read("/products/simple/savings")
    assert dina.read("/products").count("changes in June 2026") == 1


def test_without_a_scheme_the_page_says_how_to_begin(session: Session, client: FlaskClient) -> None:
    page = desk_of(client, "dina", Role.HR).read("/products")
    assert "Nothing is sold yet" in page
    assert "Begin with a scheme document" in page


def test_it_speaks_dutch(dina: Desk) -> None:
    rows = dina.rows("/products.csv", "nl")
    assert {row["Code"]: row["Naam"] for row in rows}["leave"] == "Extra verlof"


@pytest.mark.parametrize(
    "path", ["/products", "/products.csv", "/products/simple/leave", "/products/preview"]
)
def test_only_hr_sees_the_products(client: FlaskClient, shop: Shop, path: str) -> None:
    assert answers(client, path) == {"anna": 403, "boris": 403, "paula": 403, "dina": 200}
    assert client.get(path).status_code == 302


def test_the_cost_does_not_grow_with_products_or_orders(
    dina: Desk, session: Session, shop: Shop
) -> None:
    dina.get("/products")
    with counted() as few:
        dina.get("/products")
    many = PRODUCTS | {f"more_{n}": {"kind": "savings"} for n in range(40)}
    publish(session, version="2026-02", products=many)
    for _ in range(5):
        shop.order(session, "cash", "1")
    count(session, shop)
    with counted() as more:
        page = dina.read("/products")
    assert f"{len(many)} products." in page
    assert more.statements == few.statements, str(more)
