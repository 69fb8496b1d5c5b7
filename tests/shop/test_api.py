"""Products, quotes, orders and evidence over HTTP: whose they are, once, and what is refused."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from io import BytesIO
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import func, select, text
from sqlalchemy.orm import Session

from ideals.approvals.queries import of_subject
from ideals.approvals.states import Decision
from ideals.audit import Entry
from ideals.db import unit_of_work
from ideals.kernel.actor import Role
from ideals.pricing.models import Quote
from ideals.seeds import factories
from ideals.shop.models import Order
from tests.counting import counted_all
from tests.shop.conftest import NOW, PDF, Site, balance, proved
from tests.shop.test_ending import decision


def orders(session: Session) -> int:
    return session.scalar(select(func.count()).select_from(Order)) or 0


# From the shelf to the order


def test_products_are_listed_in_the_order_of_the_scheme(session: Session, site: Site) -> None:
    first = site.get("/products?limit=2")
    assert first.status_code == 200
    assert [item["code"] for item in first.json["items"]] == ["cash", "leave"]
    rest = site.get(f"/products?cursor={first.json['next']}")
    assert rest.json["items"][0]["code"] == "leave_asked"
    assert rest.json["next"] is None
    assert first.json["items"][1] == {
        "code": "leave", "kind": "leave", "name": "Extra leave", "text": "", "group": "time",
        "picture": "sun", "unit": "hour", "step": "1", "minimum": "1", "maximum": None,
        "states_price": False, "price": "20.00", "sale_price": None, "minutes": 60, "open": True,
        "price_rules": [], "price_until": None,
        "why": None, "opens_on": None, "month": "2026-03",
        "months": ["2026-03", "2026-04", "2026-05"], "deadline": "2026-03-15",
        "limits": [{"per": "year", "counts": "quantity", "first_month": "2026-01",
                    "last_month": "2026-12", "left": "40", "times_left": None}],
        "quota_left": None, "chosen_by": None, "evidence": "", "approval": "none",
        "cancellation": "until_deadline", "paid_from": "budget", "tax": "exempt",
    }  # fmt: skip


def test_for_a_month_and_in_dutch(session: Session, site: Site) -> None:
    found = site.get("/products?month=2026-05", Accept_Language="nl").json["items"]
    names = {item["code"]: (item["name"], item["open"], item["why"]) for item in found}
    assert names["leave"] == ("Extra verlof", True, None)
    assert names["savings"][1] is False


def test_a_quote_carries_its_steps_and_until_when_it_holds(session: Session, site: Site) -> None:
    made = site.post("/quotes", {"product": "leave", "quantity": 8})
    assert made.status_code == 201
    body = made.json
    assert len(body.pop("id")) == 43
    assert body == {
        "product": "leave", "quantity": "8", "month": "2026-03", "price": "160.00",
        "unit_price": "20.00", "minutes": 480, "hours": "8.00", "addition": "0.00",
        "steps": [
            {"code": "list_price", "amount": "20.00",
             "text": "One hour by the rules of your scheme, with your facts of 10 March 2026"},
            {"code": "quantity", "amount": "160.00", "text": "8 × €20.00"},
        ],
        "not_applied": [],
        "net": body["net"], "plan": [], "waits_for": [], "expires_at": "2026-03-10T10:15:00+01:00",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("asked", "net"),
    [
        # Paid once, at last year's wage of 36,000: 40.20%, rounded down to the cent.
        ({"product": "cash", "quantity": "495"}, "296.01"),
        ({"product": "leave", "quantity": 8}, "0.00"),
        ({"product": "sell", "quantity": 8}, "0.00"),
        # Bought, and taxed as wage: the tax comes off the pay.
        ({"product": "dues", "quantity": "495"}, "-198.99"),
    ],
)
def test_a_quote_says_what_the_pay_of_the_month_changes_by(
    session: Session, site: Site, asked: dict[str, Any], net: str
) -> None:
    assert site.post("/quotes", asked).json["net"] == net


def test_an_order_is_placed_and_told_with_all_that_belongs_to_it(
    session: Session, site: Site
) -> None:
    placed = site.order("leave", "8")
    assert placed.status_code == 201
    assert placed.location == f"/api/v1/orders/{placed.json['id']}"
    assert {key: placed.json[key] for key in ("state", "price", "month", "minutes", "hours")} == {
        "state": "posted", "price": "160.00", "month": "2026-03", "minutes": 480, "hours": "8.00",
    }  # fmt: skip
    one = site.get(f"/orders/{placed.json['id']}").json
    assert (one["name"], one["cancellable"], one["unit_price"]) == ("Extra leave", True, "20.00")
    assert [(row["amount"], row["minutes"], row["phase"]) for row in one["transfers"]] == [
        ("160.00", None, "single"), (None, 480, "single"),
    ]  # fmt: skip
    assert [step["amount"] for step in one["steps"]] == ["20.00", "160.00"]
    assert proved(session)


def test_a_held_order_tells_who_decides_and_what_it_waits_for(session: Session, site: Site) -> None:
    placed = site.order("bicycle", price="900.00")
    assert (placed.json["state"], placed.json["waits_for"]) == ("held", ["approval", "evidence"])
    one = site.get(f"/orders/{placed.json['id']}").json
    assert [(each["kind"], each["state"]) for each in one["decisions"]] == [("order", "open")]
    sent = site.upload(placed.json["id"], PDF)
    assert sent.status_code == 201, sent.json
    assert sent.json["media_type"] == "application/pdf"
    one = site.get(f"/orders/{placed.json['id']}").json
    assert one["waits_for"] == ["approval", "check"]
    assert [file["id"] for file in one["evidence"]] == [sent.json["id"]]


def test_orders_are_listed_newest_first_and_narrowed(session: Session, site: Site) -> None:
    for product, quantity in (("cash", 10), ("leave", 1), ("cash", "20.50"), ("leave_asked", 2)):
        site.order(product, quantity)
    listed = site.get("/orders?limit=3").json
    assert [item["product"] for item in listed["items"]] == ["leave_asked", "cash", "leave"]
    rest = site.get(f"/orders?cursor={listed['next']}").json
    assert [item["quantity"] for item in rest["items"]] == ["10"]

    def products(query: str) -> list[str]:
        return [item["product"] for item in site.get(f"/orders?{query}").json["items"]]

    assert products("state=held") == ["leave_asked"]
    assert products("product=cash") == ["cash", "cash"]
    assert products("month=2026-04") == []
    number = listed["items"][0]["number"]
    assert products(f"number={number}") == ["leave_asked"]
    assert site.get("/orders?state=lost").status_code == 422
    assert site.get("/orders", who="egor").json["items"] == []


def test_an_order_is_taken_back(session: Session, site: Site) -> None:
    placed = site.order("leave", 8).json
    back = site.post(f"/orders/{placed['id']}/cancellation", {"reason": "Other plans"})
    assert (back.status_code, back.json["state"]) == (201, "cancelled")
    again = site.post(f"/orders/{placed['id']}/cancellation", {})
    assert (again.status_code, again.json["state"]) == (201, "cancelled")
    one = site.get(f"/orders/{placed['id']}").json
    assert (one["reason"], one["cancellable"]) == ("Other plans", False)
    assert [row["reverses"] for row in one["transfers"]] == [False, False, True, True]
    with unit_of_work() as inner:
        assert balance(inner, site.shop.anna) == (100000, 0)


# Once


def test_a_double_click_with_one_key_is_one_order(session: Session, site: Site) -> None:
    token = site.post("/quotes", {"product": "cash", "quantity": 10}).json["id"]
    first = site.post("/orders", {"quote": token}, key="click")
    again = site.post("/orders", {"quote": token}, key="click")
    assert (again.status_code, again.json) == (201, first.json)
    assert again.headers["Idempotency-Replayed"] == "true"
    assert orders(session) == 1


def test_one_quote_with_two_keys_is_one_order(session: Session, site: Site) -> None:
    token = site.post("/quotes", {"product": "cash", "quantity": 10}).json["id"]
    first = site.post("/orders", {"quote": token})
    second = site.post("/orders", {"quote": token})
    assert (second.status_code, second.json["code"]) == (409, "quote_used")
    assert second.json["order"] == first.json["id"]
    assert orders(session) == 1


def test_a_key_is_needed_and_stands_for_one_request(session: Session, site: Site) -> None:
    token = site.post("/quotes", {"product": "cash", "quantity": 10}).json["id"]
    bare = site.client.post("/api/v1/orders", json={"quote": token}, headers=site.headers())
    assert (bare.status_code, bare.json["code"]) == (400, "idempotency_key_missing")
    assert site.post("/orders", {"quote": token}, key="one").status_code == 201
    other = site.post("/orders", {"quote": "x"}, key="one")
    assert (other.status_code, other.json["code"]) == (422, "idempotency_key_reused")


def test_a_refused_order_may_be_sent_again_under_its_key(session: Session, site: Site) -> None:
    site.order("cash", "995")
    token = site.post("/quotes", {"product": "cash", "quantity": "10"}).json["id"]
    refused = site.post("/orders", {"quote": token}, key="k")
    assert (refused.status_code, refused.json["code"]) == (409, "insufficient_budget")
    assert (refused.json["available"], refused.json["quantity"]) == ("5.00", "5")
    paid = site.get("/orders").json["items"][0]["id"]
    with unit_of_work() as inner:
        change = text("UPDATE shop_order SET cancellation = 'until_close' WHERE id = :id")
        inner.execute(change, {"id": UUID(paid)})
    site.post(f"/orders/{paid}/cancellation", {})
    assert site.post("/orders", {"quote": token}, key="k").status_code == 201


# Quotes that do not hold


def test_a_quote_that_ran_out_comes_back_new(session: Session, site: Site) -> None:
    token = site.post("/quotes", {"product": "leave", "quantity": 8}).json["id"]
    site.now = NOW + timedelta(minutes=16)
    refused = site.post("/orders", {"quote": token})
    assert (refused.status_code, refused.json["code"]) == (409, "quote_expired")
    new = refused.json["quote"]
    assert (new["price"], new["expires_at"]) == ("160.00", "2026-03-10T10:31:00+01:00")
    assert site.post("/orders", {"quote": new["id"]}).status_code == 201


def test_a_price_that_changed_is_never_charged_in_silence(session: Session, site: Site) -> None:
    token = site.post("/quotes", {"product": "leave", "quantity": 8}).json["id"]
    with unit_of_work() as inner:
        factories.a_change(inner, site.shop.people.anna, date(2026, 3, 1), full_time_salary="3300")
    held = site.post("/quotes", {"product": "leave", "quantity": 8}).json
    assert held["price"] == "176.00"
    site.now = NOW + timedelta(minutes=16)
    refused = site.post("/orders", {"quote": token})
    assert (refused.status_code, refused.json["code"]) == (409, "price_changed")
    assert (refused.json["was"], refused.json["quote"]["price"]) == ("160.00", "176.00")
    assert orders(session) == 0
    placed = site.post("/orders", {"quote": refused.json["quote"]["id"]})
    assert placed.json["price"] == "176.00"


def test_after_the_deadline_the_next_month_is_offered(session: Session, site: Site) -> None:
    site.now = datetime(2026, 3, 15, 22, 50, tzinfo=UTC)
    made = site.post("/quotes", {"product": "leave", "quantity": 8}).json
    assert made["expires_at"] == "2026-03-16T00:00:00+01:00"
    site.now = datetime(2026, 3, 15, 23, 0, tzinfo=UTC)
    refused = site.post("/orders", {"quote": made["id"]})
    assert (refused.status_code, refused.json["code"]) == (409, "month_closed")
    assert (refused.json["possible"], refused.json["quote"]["month"]) == ("2026-04", "2026-04")


def test_a_month_that_closes_is_answered_with_a_quote_for_the_next(
    session: Session, site: Site
) -> None:
    token = site.post("/quotes", {"product": "leave", "quantity": 8}).json["id"]
    with unit_of_work() as inner:
        inner.execute(text("UPDATE ledger_month SET state = 'closing' WHERE month = 202603"))
    refused = site.post("/orders", {"quote": token})
    assert (refused.status_code, refused.json["code"]) == (409, "month_closed")
    assert refused.json["quote"]["month"] == "2026-04"


def test_a_quote_of_another_an_altered_and_an_invented_one_are_unknown_alike(
    session: Session, site: Site
) -> None:
    token = site.post("/quotes", {"product": "cash", "quantity": 10}).json["id"]
    answers = [
        site.post("/orders", {"quote": token}, who="egor"),
        site.post("/orders", {"quote": token[:-1] + ("a" if token[-1] != "a" else "b")}),
        site.post("/orders", {"quote": str(uuid4())}),
    ]
    assert {answer.status_code for answer in answers} == {404}
    assert len({answer.data for answer in answers}) == 1
    assert orders(session) == 0


# What is not taken


@pytest.mark.parametrize(
    "body",
    [
        {"quote": "x", "price": "0.01"},
        {"quote": "x", "state": "posted"},
        {"quote": "x", "employee_id": 1},
        {"quote": "x", "approved_by": "me"},
        {"quote": 5},
        {"quote": ""},
        {"quote": "x" * 201},
        {"quote": None},
        {},
        [],
    ],
)
def test_an_order_is_a_quote_and_nothing_else(session: Session, site: Site, body: Any) -> None:
    answer = site.post("/orders", body)
    assert (answer.status_code, answer.json["code"]) == (422, "validation_failed")


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"product": "leave", "quantity": 8, "unit_price": "0.01"}, "unit_price"),
        ({"product": "leave", "quantity": 8, "employee": "egor"}, "employee"),
        ({"product": "leave", "quantity": 0}, "quantity"),
        ({"product": "leave", "quantity": -8}, "quantity"),
        ({"product": "leave", "quantity": 1.5}, "quantity"),
        ({"product": "leave", "quantity": True}, "quantity"),
        ({"product": "leave", "quantity": "NaN"}, "quantity"),
        ({"product": "leave", "quantity": "1e400"}, "quantity"),
        ({"product": "leave", "quantity": "eight"}, "quantity"),
        ({"product": "leave", "quantity": "1.0000001"}, "quantity"),
        ({"product": "bicycle", "price": "-1.00"}, "price"),
        ({"product": "bicycle", "price": 900}, "price"),
        ({"product": "leave", "quantity": 8, "month": "March"}, "month"),
        ({"product": "", "quantity": 8}, "product"),
        ({"product": "leave", "quantity": 8, "sell": "yes"}, "sell"),
        ({"quantity": 8}, "product"),
    ],
)
def test_a_bad_value_of_a_quote_is_named(
    session: Session, site: Site, body: dict[str, Any], field: str
) -> None:
    answer = site.post("/quotes", body)
    assert (answer.status_code, answer.json["code"]) == (422, "validation_failed")
    assert field in {error["field"] for error in answer.json["errors"]}


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        ({"product": "nothing", "quantity": 1}, 404, "product_unknown"),
        ({"product": "leave", "quantity": "1.5"}, 422, "quantity_not_in_steps"),
        ({"product": "bicycle"}, 422, "price_stated_by_buyer"),
        ({"product": "keep"}, 422, "not_for_order"),
        ({"product": "leave", "quantity": 1, "month": "2026-12"}, 422, "month_beyond_plan"),
        ({"product": "leave", "quantity": 1, "month": "2026-01"}, 409, "month_closed"),
        ({"product": "leave", "quantity": 1, "sell": True}, 422, "never_sold"),
    ],
)
def test_what_cannot_be_priced_says_why(
    session: Session, site: Site, body: dict[str, Any], status: int, code: str
) -> None:
    answer = site.post("/quotes", body)
    assert (answer.status_code, answer.json["code"]) == (status, code)
    assert session.scalar(select(func.count()).select_from(Quote)) == 0


# Whose they are


def test_another_persons_order_is_not_there(session: Session, site: Site) -> None:
    order_id = site.order("dues", 10).json["id"]
    file_id = site.upload(order_id, PDF).json["id"]
    for who, readable in (("egor", False), ("boris", False), ("dina", True), ("anna", True)):
        status = 200 if readable else 404
        assert site.get(f"/orders/{order_id}", who=who).status_code == status, who
        file = site.get(f"/orders/{order_id}/evidence/{file_id}", who=who)
        assert file.status_code == status, who
    for who in ("egor", "dina"):
        back = site.post(f"/orders/{order_id}/cancellation", {}, who=who)
        assert (back.status_code, back.json["code"]) == (404, "order_unknown")
        assert site.upload(order_id, PDF, who=who).status_code == 404
    assert site.get(f"/orders/{uuid4()}").status_code == 404
    looked = session.scalars(select(Entry.act).where(Entry.actor == "dina@meridian.example")).all()
    assert {"shop.order_viewed", "shop.evidence_viewed"} <= set(looked)


def test_who_is_no_employee_orders_nothing(session: Session, site: Site) -> None:
    with unit_of_work() as inner:
        factories.a_user(inner, "payroll@meridian.example", roles=frozenset({Role.PAYROLL}))
    assert site.get("/products", who="payroll").status_code == 403
    made = site.post("/quotes", {"product": "cash", "quantity": 1}, who="payroll")
    assert (made.status_code, made.json["code"]) == (403, "no_orders_of_own")
    order_id = site.order("cash", 10).json["id"]
    assert site.get(f"/orders/{order_id}", who="payroll").status_code == 200, (
        "its lines come from it"
    )
    assert site.client.get("/api/v1/products").status_code == 401


# Files


def test_a_file_is_only_ever_saved_under_our_name(session: Session, site: Site) -> None:
    order = site.order("dues", 10).json
    sent = site.upload(order["id"], PDF, name="../../etc/<script>.html")
    assert sent.json["file_name"] == f"evidence-{order['number']}-1.pdf"
    file = site.get(f"/orders/{order['id']}/evidence/{sent.json['id']}")
    assert file.data == PDF
    assert file.mimetype == "application/pdf"
    assert file.headers["Content-Disposition"] == (f"attachment; filename={sent.json['file_name']}")
    assert file.headers["X-Content-Type-Options"] == "nosniff"
    assert "no-store" in file.headers["Cache-Control"]


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"", "empty"),
        (b"<svg onload=alert(1)>", "type"),
        (b"PK\x03\x04" + b"\0" * 500, "type"),
        (PDF + b"\0" * 5 * 1024 * 1024, "too_large"),
        (b"\xff\xd8\xff" + b"A" * 4000, "broken"),
    ],
)
def test_a_hostile_file_is_refused(session: Session, site: Site, content: bytes, why: str) -> None:
    order = site.order("dues", 10).json
    answer = site.upload(order["id"], content)
    assert (answer.status_code, answer.json["code"]) == (422, "evidence_unusable")
    assert answer.json["why"] == why
    assert site.get(f"/orders/{order['id']}").json["evidence"] == []


def test_an_upload_is_bounded_and_is_a_file(session: Session, site: Site) -> None:
    order = site.order("dues", 10).json
    assert site.upload(order["id"], b"%PDF-1.7" + b"\0" * 7 * 1024 * 1024).status_code == 413
    headers = site.headers() | {"Idempotency-Key": "f"}
    path = f"/api/v1/orders/{order['id']}/evidence"
    assert site.client.post(path, data={"file": "text"}, headers=headers).status_code == 422
    two = {"file": (BytesIO(PDF), "a.pdf"), "state": "posted"}
    answer = site.client.post(path, data=two, headers=headers, content_type="multipart/form-data")
    assert answer.status_code == 201, "a field beside the file changes nothing"
    assert site.get(f"/orders/{order['id']}").json["state"] == "held"


# The statements of an order


def test_an_order_costs_ten_statements_each_with_a_name(session: Session, site: Site) -> None:
    site.order("leave", 1)
    token = site.post("/quotes", {"product": "leave", "quantity": 8}).json["id"]
    with counted_all() as seen:
        placed = site.post("/orders", {"quote": token})
    assert placed.json["state"] == "posted"
    budget = {
        "who": 1, "key": 1, "quote": 1, "month_and_accounts": 1, "limits": 1, "order": 1,
        "transfers": 1, "audit": 1, "outbox": 1, "answer": 1,
    }  # fmt: skip
    assert seen.statements == sum(budget.values()) <= 12, str(seen)


def test_a_quote_costs_eleven(session: Session, site: Site) -> None:
    site.post("/quotes", {"product": "leave", "quantity": 1})
    with counted_all() as seen:
        site.post("/quotes", {"product": "leave", "quantity": 8})
    budget = {
        "who": 1, "key": 1, "months": 1, "employments": 1, "schemes": 1, "prices": 1, "facts": 1,
        "quote": 1, "version": 1, "pay": 1, "answer": 1,
    }  # fmt: skip
    assert seen.statements == sum(budget.values()), str(seen)


def test_a_list_of_orders_costs_the_same_however_long(session: Session, site: Site) -> None:
    site.order("cash", 1)

    def statements() -> int:
        with counted_all() as seen:
            assert site.get("/orders").status_code == 200
        return seen.statements

    few = statements()
    for _ in range(4):
        site.order("leave", 1)
    assert statements() == few == 3


def test_the_document_describes_all_of_it(session: Session, site: Site) -> None:
    document = site.client.get("/api/openapi.json").json
    paths = {path: set(methods) for path, methods in document["paths"].items()}
    for path, methods in {
        "/api/v1/products": {"get"},
        "/api/v1/quotes": {"post"},
        "/api/v1/orders": {"get", "post"},
        "/api/v1/orders/{order_id}": {"get"},
        "/api/v1/orders/{order_id}/cancellation": {"post"},
        "/api/v1/orders/{order_id}/evidence": {"post"},
        "/api/v1/orders/{order_id}/evidence/{evidence_id}": {"get"},
    }.items():
        assert methods <= paths[path], path


def test_a_decision_over_the_api_posts_the_order(session: Session, site: Site) -> None:
    order_id = site.order("leave_asked", 8).json["id"]
    with unit_of_work() as inner:
        found = inner.get(Order, UUID(order_id))
        assert found is not None and len(of_subject(inner, found.source)) == 1
        decision(inner, found, site.shop.boris, Decision.APPROVE)
    one = site.get(f"/orders/{order_id}").json
    assert (one["state"], one["decisions"][0]["state"]) == ("posted", "approved")
    assert [row["phase"] for row in one["transfers"]] == ["pending", "post", "single"]
    assert proved(session)
