"""Price rules, indicators and price lists over HTTP."""

from __future__ import annotations

from io import BytesIO
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from tests.pricing.desk import QUIET, opened
from tests.shop.conftest import Site, site  # noqa: F401 - a fixture


@pytest.fixture
def prices(session: Session, site: Site) -> Site:  # noqa: F811
    opened(session, site.shop)
    site.who = "dora"
    return site


def put(site: Site, path: str, body: Any, **headers: str) -> TestResponse:  # noqa: F811
    sent = site.headers() | {name.replace("_", "-"): value for name, value in headers.items()}
    return site.client.put(f"/api/v1{path}", json=body, headers=sent)


def act(site: Site, path: str, body: Any = None, **headers: str) -> TestResponse:  # noqa: F811
    sent = site.headers() | {"Idempotency-Key": uuid4().hex}
    sent |= {name.replace("_", "-"): value for name, value in headers.items()}
    return site.client.post(f"/api/v1{path}", json=body, headers=sent)


def test_a_rule_is_written_submitted_and_decided(prices: Site) -> None:
    assert put(prices, "/indicators/utilisation/2026-03", {"value": "82"}).status_code == 200
    made = prices.post("/price-rules", dict(QUIET))
    assert made.status_code == 201, made.json
    assert made.json["state"] == "draft"
    assert made.json["rule"] == QUIET
    path = f"/price-rules/{made.json['id']}"
    assert made.headers["Location"].endswith(path)
    seen = prices.get(path).headers["ETag"]
    assert put(prices, path, dict(QUIET)).status_code == 428
    again = put(prices, path, {**QUIET, "order": 11}, If_Match=seen)
    assert (again.status_code, again.headers["ETag"]) == (200, '"2"')
    stale = put(prices, path, {**QUIET, "order": 12}, If_Match=seen)
    assert (stale.status_code, stale.json["code"]) == (412, "price_rule_moved_on")
    assert act(prices, f"{path}/submission").status_code == 428
    assert act(prices, f"{path}/submission", If_Match=seen).status_code == 412
    submitted = act(prices, f"{path}/submission", If_Match='"2"')
    assert (submitted.status_code, submitted.json["state"]) == (201, "submitted")
    approval = submitted.json["approval"]
    mine = prices.post(f"/approvals/{approval}/decisions", {"decision": "approve"})
    assert mine.status_code == 403
    prices.who = "fatima"
    waiting = prices.get("/approvals?waiting=me").json["items"]
    assert [item["id"] for item in waiting] == [approval]
    assert waiting[0]["title"] == "Price rule: Quiet season"
    decided = prices.post(f"/approvals/{approval}/decisions", {"decision": "approve"})
    assert decided.status_code == 201, decided.json
    assert prices.get(path).json["state"] == "scheduled"
    assert [each["number"] for each in prices.get(f"{path}/versions").json["items"]] == [2, 1]
    ended = act(prices, f"{path}/ending", {"last_month": "2026-05"})
    assert (ended.status_code, ended.json["last_month"]) == (201, "2026-05")
    withdrawn = act(prices, f"{path}/withdrawal")
    assert (withdrawn.status_code, withdrawn.json["state"]) == (201, "withdrawn")


def test_a_quote_shows_the_step_of_the_rule(prices: Site) -> None:
    put(prices, "/indicators/utilisation/2026-03", {"value": "82"})
    path = f"/price-rules/{prices.post('/price-rules', dict(QUIET)).json['id']}"
    approval = act(prices, f"{path}/submission", If_Match='"1"').json["approval"]
    prices.who = "fatima"
    prices.post(f"/approvals/{approval}/decisions", {"decision": "approve"})
    asked = {"product": "leave", "quantity": "1", "month": "2026-04"}
    quote = prices.post("/quotes", asked, who="anna").json
    assert quote["price"] == "17.00"
    assert [(step["code"], step["amount"]) for step in quote["steps"]] == [
        ("list_price", "20.00"),
        ("quiet_season", "17.00"),
    ]
    assert quote["steps"][1]["text"].startswith("Quiet season: leave costs 15% less")


def test_every_fault_of_a_rule_is_told(prices: Site) -> None:
    wrong = {**QUIET, "products": ["nonsense"], "change": {"kind": "percent", "value": "0"}}
    refused = prices.post("/price-rules", wrong)
    assert (refused.status_code, refused.json["code"]) == (422, "price_rule_refused")
    paths = {fault["path"] for fault in refused.json["faults"]}
    assert "change.value" in paths


def test_employees_see_what_holds_and_write_nothing(prices: Site) -> None:
    put(prices, "/indicators/utilisation/2026-03", {"value": "82"})
    assert prices.post("/price-rules", dict(QUIET)).status_code == 201
    prices.who = "anna"
    assert prices.get("/price-rules").json["items"] == []
    assert prices.post("/price-rules", dict(QUIET)).status_code == 403
    assert put(prices, "/indicators/utilisation/2026-03", {"value": "82"}).status_code == 403
    assert prices.get("/indicators").status_code == 403
    assert prices.get("/price-lists/2026-04").status_code == 404
    assert act(prices, "/price-lists/2026-04").status_code == 403


def test_why_hr_made_a_rule_is_for_hr(prices: Site) -> None:
    put(prices, "/indicators/utilisation/2026-03", {"value": "82"})
    path = f"/price-rules/{prices.post('/price-rules', dict(QUIET)).json['id']}"
    approval = act(prices, f"{path}/submission", If_Match='"1"').json["approval"]
    prices.who = "fatima"
    prices.post(f"/approvals/{approval}/decisions", {"decision": "approve"})
    assert prices.get(path).json["rule"] == QUIET
    prices.who = "anna"
    (listed,) = prices.get("/price-rules").json["items"]
    for seen in (listed, prices.get(path).json):
        assert seen["rule"] == {key: QUIET[key] for key in QUIET if key != "reason"}


def test_values_of_an_indicator(prices: Site) -> None:
    first = put(prices, "/indicators/utilisation/2026-03", {"value": "82.50"})
    assert first.json["value"] == "82.5"
    put(prices, "/indicators/utilisation/2026-03", {"value": "88"})
    put(prices, "/indicators/utilisation", {"name": {"en": "Utilisation"}, "unit": "%"})
    assert prices.get("/indicators").json["items"] == [
        {"code": "utilisation", "name": {"en": "Utilisation"}, "unit": "%"}
    ]
    now = prices.get("/indicators/utilisation").json["items"]
    assert [(each["month"], each["value"]) for each in now] == [("2026-03", "88")]
    said = prices.get("/indicators/utilisation/2026-03").json["items"]
    assert [each["value"] for each in said] == ["88", "82.5"]
    assert prices.get("/indicators/weather").status_code == 404
    assert put(prices, "/indicators/utilisation/soon", {"value": "1"}).status_code == 404
    assert put(prices, "/indicators/utilisation/2026-03", {"value": "many"}).status_code == 422


@pytest.mark.parametrize(
    ("rows", "status"),
    [
        ("utilisation;2026-01;81\norders;2026-01;1200,5\n", 201),
        ("utilisation;2026-01;81\norders;whenever;1200\n", 422),
    ],
)
def test_a_file_of_values_is_taken_whole_or_not_at_all(
    prices: Site, rows: str, status: int
) -> None:
    content = BytesIO(f"indicator;month;value\n{rows}".encode())
    found = prices.client.post(
        "/api/v1/indicators/uploads",
        data={"file": (content, "values.csv")},
        headers=prices.headers() | {"Idempotency-Key": uuid4().hex},
    )
    content.close()
    assert found.status_code == status, found.json
    there = [each["code"] for each in prices.get("/indicators").json["items"]]
    assert there == (["orders", "utilisation"] if status == 201 else [])


def test_a_price_list_is_published_once_and_shown_to_everybody(prices: Site) -> None:
    bounds = {"least": "5.00", "most": None}
    assert put(prices, "/price-bounds/simple/leave", bounds, If_Match='"1"').status_code == 200
    first = act(prices, "/price-lists/2026-04")
    assert first.status_code == 201
    assert first.json["lists"] > 0
    assert act(prices, "/price-lists/2026-04").json["lists"] == 0
    assert act(prices, "/price-lists/2026-06").json["code"] == "price_list_too_early"
    prices.who = "anna"
    listed = prices.get("/price-lists/2026-04?scheme=simple&limit=100").json["items"]
    (leave,) = [each for each in listed if each["product"] == "leave"]
    assert (leave["least"], leave["most"], leave["rules"]) == ("5.00", None, [])


def test_nothing_is_kept_of_what_was_refused(prices: Site) -> None:
    prices.post("/price-rules", {**QUIET, "condition": "indicator_weather > 1"})
    assert prices.get("/price-rules").json["items"] == []
