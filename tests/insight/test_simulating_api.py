"""`/api/v1/simulations`."""

from __future__ import annotations

from uuid import UUID, uuid4

import pytest
from flask import Flask
from sqlalchemy.orm import Session

from ideals.kernel import clock
from ideals.kernel.month import Month
from tests.desk import Desk, desk, make_app
from tests.insight.what_if import NOW, work
from tests.pricing.desk import Desk as Prices
from tests.pricing.desk import on, opened
from tests.shop.conftest import Shop, open_shop


@pytest.fixture
def shop(session: Session, monkeypatch: pytest.MonkeyPatch) -> Shop:
    monkeypatch.setattr(clock, "now", lambda: NOW)
    return open_shop(session)


@pytest.fixture
def prices(session: Session, shop: Shop) -> Prices:
    prices = opened(session, shop)
    prices.know(Month(2026, 2), "84", on(3, 1))
    shop.order(session, "leave", "8")
    return prices


@pytest.fixture
def app(session: Session) -> Flask:
    return make_app()


@pytest.fixture
def dora(session: Session, app: Flask, prices: Prices) -> Desk:
    return desk(session, app, prices.dora, now=NOW)


def asked(prices: Prices) -> dict[str, object]:
    rule = prices.write(NOW, from_month="2026-05", through_month="")
    return {"kind": "prices", "about": {"rules": [str(rule.id)]}}


def test_started_followed_and_read(session: Session, prices: Prices, dora: Desk) -> None:
    body = asked(prices)
    session.commit()
    made = dora.send("POST", "simulations", body, "one")
    assert made.status_code == 202, made.json
    assert (made.json["state"], made.json["done"], made.json["total"]) == ("queued", 0, 5)
    assert (made.json["from_month"], made.json["through_month"]) == ("2025-04", "2026-03")
    assert made.json["result"] is None
    assert made.headers["Location"] == f"/api/v1/simulations/{made.json['id']}"
    again = dora.send("POST", "simulations", body, "two")
    assert again.json["id"] == made.json["id"]
    work(session, UUID(made.json["id"]))
    session.commit()
    found = dora.asks(f"simulations/{made.json['id']}").json
    assert (found["state"], found["done"]) == ("done", 5)
    # One person's euros are told to nobody, through the API neither.
    march = found["result"]["months"][-1]
    assert (march["month"], march["before"], march["after"]) == ("2026-03", None, None)
    assert found["result"]["people"]["all"] == 5
    over = dora.send("POST", f"simulations/{found['id']}/cancellation", {}, "three")
    assert (over.status_code, over.json["code"]) == (409, "simulation_ended")


def test_cancelled(session: Session, prices: Prices, dora: Desk) -> None:
    body = asked(prices)
    session.commit()
    made = dora.send("POST", "simulations", body, "one").json
    cancelled = dora.send("POST", f"simulations/{made['id']}/cancellation", {}, "two")
    assert (cancelled.status_code, cancelled.json["state"]) == (201, "cancelled")
    assert dora.asks(f"simulations/{made['id']}").json["ended_at"] is not None


def test_those_of_a_rule(
    session: Session, app: Flask, shop: Shop, prices: Prices, dora: Desk
) -> None:
    rule = prices.write(NOW, from_month="2026-05", through_month="")
    session.commit()
    path = f"price-rules/{rule.id}/simulations"
    assert dora.asks(path).json["items"] == []
    made = dora.send("POST", path, {}, "one")
    assert (made.status_code, made.json["about"]["rules"]) == (202, [[str(rule.id), 1]])
    assert [each["id"] for each in dora.asks(path).json["items"]] == [made.json["id"]]
    assert dora.asks(f"price-rules/{uuid4()}/simulations").status_code == 404
    dina = desk(session, app, shop.dina, now=NOW)
    assert dina.asks(path).status_code == 403
    assert dina.send("POST", path, {}, "two").status_code == 403


def test_what_is_refused(session: Session, prices: Prices, dora: Desk) -> None:
    session.commit()
    nothing = dora.send("POST", "simulations", {"kind": "prices", "about": {}}, "one")
    assert (nothing.status_code, nothing.json["code"]) == (422, "nothing_to_simulate")
    unknown = {"kind": "prices", "about": {"rules": [str(uuid4())]}}
    assert dora.send("POST", "simulations", unknown, "two").status_code == 404
    assert (
        dora.send("POST", "simulations", {"kind": "weather", "about": {}}, "x").status_code == 422
    )
    assert dora.send("POST", "simulations", unknown).status_code == 400
    missing = dora.asks(f"simulations/{uuid4()}")
    assert (missing.status_code, missing.json["code"]) == (404, "simulation_unknown")


def test_prices_are_not_for_hr_of_people_nor_for_employees(
    session: Session, app: Flask, shop: Shop, prices: Prices, dora: Desk
) -> None:
    body = asked(prices)
    session.commit()
    made = dora.send("POST", "simulations", body, "one").json
    dina = desk(session, app, shop.dina, now=NOW)
    refused = dina.send("POST", "simulations", body, "two")
    assert (refused.status_code, refused.json["code"]) == (403, "simulations_not_yours")
    assert dina.asks(f"simulations/{made['id']}").status_code == 403
    assert dina.send("POST", f"simulations/{made['id']}/cancellation", {}, "3").status_code == 403
    anna = desk(session, app, shop.anna, now=NOW)
    assert anna.asks(f"simulations/{made['id']}").status_code == 403
    assert anna.send("POST", "simulations", body, "four").status_code == 403
