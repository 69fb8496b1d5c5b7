"""What a choice means and what a plan comes to, over the API. 10 March 2026."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from ideals.kernel import clock
from ideals.shop.models import Choice
from tests.desk import Desk, desk, make_app
from tests.shop.conftest import NOW, Shop


@pytest.fixture
def anna(session: Session, shop: Shop, monkeypatch: pytest.MonkeyPatch) -> Iterator[Desk]:
    monkeypatch.setattr(clock, "now", lambda: NOW)
    return desk(session, make_app(), shop.anna, now=NOW)


def answered(anna: Desk, path: str) -> dict[str, Any]:
    answer = anna.asks(path)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json
    return found


def test_what_a_choice_means(anna: Desk) -> None:
    """Eight hours of 20.00: paid out, 160.00 would leave 95.68."""
    found = answered(anna, "products/leave/meaning?quantity=8")
    names = ("price", "gross", "net_now", "net_year", "minutes", "left", "left_year", "refusal")
    assert [found[name] for name in names] == [
        "160.00", "160.00", "0.00", "0.00", 480, "840.00", "9840.00", None,
    ]  # fmt: skip
    assert found["instead"] == {
        "what": "paid",
        "gross": "160.00",
        "tax": "64.32",
        "net": "95.68",
        "table": "special-reward table of 2026 with wage-tax credit",
        "wage": "36000.00",
    }
    assert [each["code"] for each in found["warnings"]] == ["pension_wage"]
    assert found["warnings"][0]["numbers"] == {"amount": "160.00"}
    assert "lowers the wage" in found["warnings"][0]["sentence"]
    usual = answered(anna, "products/cash/meaning")
    assert (usual["quantity"], usual["net_now"]) == ("1000.00", "598.00")


def test_what_cannot_be_says_why(anna: Desk) -> None:
    found = answered(anna, "products/leave/meaning?quantity=41")
    assert found["refusal"]["code"] == "limit_exceeded"
    assert found["gross"] == "820.00"
    bicycle = answered(anna, "products/bicycle/meaning")
    assert bicycle["refusal"]["code"] == "price_stated_by_buyer"
    assert (bicycle["price"], bicycle["taxed"], bicycle["instead"]) == (None, [], None)
    assert answered(anna, "products/bicycle/meaning?price=900")["price"] == "900.00"
    assert anna.asks("products/unicorn/meaning").status_code == 404
    assert anna.asks("products/leave/meaning?quantity=many").status_code == 422


def test_a_quote_says_what_the_pay_changes_by(anna: Desk) -> None:
    for product, quantity, net in (("cash", "429", "256.55"), ("leave", "8", "0.00")):
        body = {"product": product, "quantity": quantity}
        quote = anna.send("POST", "quotes", body, key=f"{product}-1")
        assert quote.status_code == 201, quote.text
        assert quote.json["net"] == net


CELLS = [
    {"product": "leave", "month": "2026-03", "quantity": "2"},
    {"product": "leave", "month": "2026-04", "quantity": 8},
    {"product": "savings", "month": "2026-04", "quantity": "9999.00"},
]


def test_a_plan_is_worked_out_and_creates_nothing(anna: Desk, session: Session) -> None:
    """From March through December 9 x 1,000.00 come; 40.00 and 160.00 buy ten hours."""
    answer = anna.send("POST", "me/plan", {"cells": CELLS})
    assert answer.status_code == 200, answer.text
    found = answer.json
    assert (found["gross"], found["net"], found["minutes"], found["saved"]) == (
        "9800.00", "5860.40", 600, "0.00",
    )  # fmt: skip
    assert found["here"] == ["2026-03"]
    assert found["tax_not_known"] == []
    april = found["months"][1]
    assert april["month"] == "2026-04"
    assert [cell["product"] for cell in april["cells"]] == ["leave", "savings"]
    assert april["cells"][0]["refused"] is None
    assert april["cells"][1]["refused"] == "There would be €1,800.00 then: €8,199.00 too little."
    assert (april["began"], april["allocated"], april["left"]) == ("960.00", "1000.00", "1800.00")
    assert session.scalars(select(Choice)).all() == []


def test_a_plan_is_kept(anna: Desk) -> None:
    kept = anna.send("PUT", "me/plan", {"cells": CELLS})
    assert kept.status_code == 200, kept.text
    assert [(each["product"], each["amount"], each["from"], each["until"])
            for each in kept.json["items"]] == [("leave", "8", "2026-04", "2026-04")]  # fmt: skip
    again = anna.send("PUT", "me/plan", {"cells": CELLS})
    assert again.status_code == 200
    states = [each["state"] for each in answered(anna, "me/standing-choices")["items"]]
    assert sorted(states) == ["active", "ended"]
    stands = answered(anna, "me/plan")
    assert stands["months"][1]["cells"] == [
        {"product": "leave", "quantity": "8", "price": "160.00", "minutes": 480, "refused": None}
    ]
    assert anna.send("POST", "me/plan", {"cells": [{"product": "leave"}]}).status_code == 422
