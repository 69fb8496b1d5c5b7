"""HR's list of evidence: what waits, the files, and the way to decide."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import timedelta

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from ideals.audit import Entry
from ideals.kernel.actor import Role
from ideals.shop.models import Order
from ideals.shop.states import OrderState
from tests.counting import counted
from tests.shop.conftest import NOW, PDF, Shop, stored
from tests.shop.desk import Desk, answers, client_of, desk_of, words
from tests.shop.test_rules import PNG


@pytest.fixture
def client(session: Session, monkeypatch: pytest.MonkeyPatch) -> Iterator[FlaskClient]:
    with client_of(monkeypatch, [NOW]) as opened:
        yield opened


@pytest.fixture
def dina(client: FlaskClient, shop: Shop) -> Desk:
    return desk_of(client, "dina", Role.HR)


@pytest.fixture
def bicycle(session: Session, shop: Shop) -> Order:
    """Anna's, with an invoice and a picture; it also waits for Boris."""
    order = shop.order(session, "bicycle", price_minor=50000, evidence=(PDF, PNG))
    session.commit()
    return order


def files(page: str) -> list[str]:
    return sorted(set(re.findall(r'"(/orders/[^"]*/evidence/[^"]*)"', page)))


def test_the_oldest_order_comes_first_and_says_what_it_waits_for(
    dina: Desk, session: Session, shop: Shop, bicycle: Order
) -> None:
    shop.order(session, "dues", "100", who=shop.egor)
    shop.order(session, "leave_asked", "8")
    shop.order(session, "cash", "1")
    session.commit()
    rows = dina.rows("/evidence.csv")
    assert [(row["Name"], row["What"], row["State"], row["Files"]) for row in rows] == [
        ("Anna", "Bicycle", "to check", "2"),
        ("Egor", "dues: €100.00", "nothing sent yet", "0"),
    ]
    page = dina.get("/evidence")
    assert page.index("Bicycle") < page.index("dues")
    assert f'href="/approvals/{bicycle.check_id}"' in page
    assert f'href="/orders/{bicycle.id}"' in page


def test_it_is_searched_and_filtered(
    dina: Desk, session: Session, shop: Shop, bicycle: Order
) -> None:
    dues = shop.order(session, "dues", "100", who=shop.egor)
    session.commit()

    def numbers(query: str) -> list[int]:
        return [int(row["Order"]) for row in dina.rows(f"/evidence.csv?{query}")]

    assert numbers("q=ANN") == numbers("waits=check") == [bicycle.number]
    assert numbers("q=egor") == numbers("waits=evidence") == [dues.number]
    assert numbers(f"q={dues.number}") == [dues.number]
    assert numbers("q=nobody") == []
    assert numbers("waits=nonsense") == [bicycle.number, dues.number]
    assert "No order is like that" in dina.read("/evidence?q=nobody")


def test_a_file_is_given_to_keep_and_that_hr_looked_is_written_down(
    dina: Desk, session: Session, bicycle: Order
) -> None:
    page = dina.get("/evidence")
    pdf, png = sorted(files(page), key=lambda path: len(dina.file(path)))
    answer = dina.ask(pdf)
    assert answer.get_data() == PDF
    assert answer.headers["Content-Type"] == "application/pdf"
    assert answer.headers["Content-Disposition"].startswith('attachment; filename="evidence-')
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Cache-Control"] == "no-store"
    assert dina.ask(png).get_data() == PNG
    assert f'<img src="{png}"' in page, "a picture can be seen here"
    assert f'<img src="{pdf}"' not in page
    seen = select(Entry.subject).where(Entry.act == "shop.evidence_viewed")
    assert set(session.scalars(seen)) == {bicycle.source}


def test_only_hr_and_who_sent_it_open_a_file(
    client: FlaskClient, dina: Desk, bicycle: Order
) -> None:
    for path in files(dina.get("/evidence")):
        assert answers(client, path) == {"anna": 200, "boris": 404, "paula": 404, "dina": 200}
        other = path.replace(str(bicycle.id), str(bicycle.check_id))
        assert dina.ask(other).status_code == 404


def test_the_files_stand_beside_the_decision_for_who_may_open_them(
    client: FlaskClient, dina: Desk, session: Session, bicycle: Order
) -> None:
    page = dina.get(f"/approvals/{bicycle.check_id}")
    assert files(page) == files(dina.get("/evidence"))
    boris = desk_of(client, "boris")
    assert files(boris.get(f"/approvals/{bicycle.approval_id}")) == []


def test_refusing_with_a_reason_ends_the_order_and_its_line(
    dina: Desk, session: Session, bicycle: Order
) -> None:
    dina.send(f"/approvals/{bicycle.check_id}", decision="refuse", reason="This is a receipt.")
    assert stored(session, bicycle).state == OrderState.REFUSED
    assert "Nothing waits for evidence" in dina.read("/evidence")


def test_accepting_leaves_the_order_to_who_still_has_to_agree(
    dina: Desk, session: Session, bicycle: Order
) -> None:
    dina.send(f"/approvals/{bicycle.check_id}", decision="approve", reason="")
    assert stored(session, bicycle).waits_for == ["approval"]
    assert "Nothing waits for evidence" in dina.read("/evidence")


@pytest.mark.parametrize("path", ["/evidence", "/evidence.csv", "/evidence.xlsx"])
def test_only_hr_sees_the_list(client: FlaskClient, shop: Shop, path: str) -> None:
    assert answers(client, path) == {"anna": 403, "boris": 403, "paula": 403, "dina": 200}


def test_a_long_list_goes_page_by_page_at_the_same_cost(
    dina: Desk, session: Session, shop: Shop
) -> None:
    def order(count: int) -> None:
        for n in range(count):
            at = NOW + timedelta(seconds=n)
            shop.order(session, "dues", "1", who=shop.egor, now=at, evidence=(PDF,))
        session.commit()

    order(1)
    dina.get("/evidence")
    with counted() as few:
        dina.get("/evidence")
    order(29)
    with counted() as many:
        page = dina.get("/evidence")
    assert many.statements == few.statements, str(many)
    assert words(page).count("dues: €1.00") == 25
    [following] = re.findall(r'href="(/evidence\?cursor=[^"]*)" rel="next"', page)
    assert words(dina.get(following)).count("dues: €1.00") == 5
