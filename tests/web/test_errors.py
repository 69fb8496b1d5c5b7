from __future__ import annotations

import logging

import psycopg
import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from ideals.web.errors import PROBLEM
from tests.web.conftest import bearer


@pytest.mark.parametrize(
    ("name", "status", "code", "more"),
    [
        ("not_found", 404, "not_found", {}),
        ("not_allowed", 403, "not_allowed", {}),
        ("conflict", 409, "taken", {"current": 3}),
        ("rule", 422, "strange", {"field": "amount", "value": "12"}),
    ],
)
def test_each_kind_of_refusal_has_its_status_and_keeps_its_code(
    client: FlaskClient, name: str, status: int, code: str, more: dict[str, object]
) -> None:
    answer = client.get(f"/api/v1/errors/{name}")
    assert answer.status_code == status
    assert answer.mimetype == PROBLEM
    body = answer.json
    assert body["status"] == status, "data cannot replace a member of the standard"
    assert body["code"] == code
    assert body["type"] == f"urn:ideals:error:{code}"
    assert body["title"] and body["detail"]
    assert more.items() <= body.items()
    page = client.get(f"/sheets/errors/{name}")
    assert page.status_code == status
    assert page.mimetype == "text/html"
    assert code in page.text


def test_a_failure_of_our_own_gives_an_id_that_stands_in_the_log(
    app: Flask, caplog: pytest.LogCaptureFixture
) -> None:
    client = app.test_client()
    with caplog.at_level(logging.ERROR):
        answer = client.get("/api/v1/errors/failure")
    assert answer.status_code == 500
    assert answer.mimetype == PROBLEM
    assert answer.json["code"] == "failed"
    assert f"failure {answer.json['id']}: GET /api/v1/errors/failure" in caplog.text
    assert "secret" not in answer.text
    page = client.get("/sheets/errors/failure")
    assert page.status_code == 500
    assert "secret" not in page.text
    assert page.headers["Content-Security-Policy"]


def test_what_a_schema_refuses_names_field_value_and_what_would_be_right(
    client: FlaskClient, session: Session
) -> None:
    answer = client.post(
        "/api/v1/gifts",
        json={"amount": "1,50", "month": "maart", "count": "1", "password": "ab", "colour": "red"},
        headers=bearer("dina", Idempotency_Key="k"),
    )
    assert answer.status_code == 422
    assert answer.json["code"] == "validation_failed"
    errors = {error["field"]: error for error in answer.json["errors"]}
    assert errors["amount"]["value"] == "1,50"
    assert "522.16" in errors["amount"]["message"]
    assert errors["month"]["value"] == "maart"
    assert "2026-03" in errors["month"]["message"]
    assert errors["count"]["value"] == "1"
    assert "value" not in errors["password"], "a secret is never repeated"
    assert errors["colour"]["message"] == "Unknown field."
    assert {error["location"] for error in answer.json["errors"]} == {"json"}


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ("{", 400),
        ("[" * 100_000, 400),
        ('"text"', 422),
        ("[]", 422),
        ("null", 422),
        (b"\xff\xfe{}", 400),
        ("{}", 422),
    ],
)
def test_a_body_that_cannot_be_read_is_the_callers_fault(
    client: FlaskClient, session: Session, body: str | bytes, status: int
) -> None:
    headers = bearer("dina", Idempotency_Key="k")
    answer = client.post(
        "/api/v1/gifts", data=body, content_type="application/json", headers=headers
    )
    assert answer.status_code == status
    assert answer.mimetype == PROBLEM


def test_a_misspelt_parameter_is_refused(client: FlaskClient, session: Session) -> None:
    answer = client.get("/api/v1/entries?limt=5", headers=bearer("anna"))
    assert answer.status_code == 422
    assert answer.json["errors"][0] == {
        "location": "query",
        "field": "limt",
        "message": "Unknown field.",
        "value": "5",
    }


def test_a_zero_byte_in_a_text_is_refused_not_a_failure(
    client: FlaskClient, session: Session
) -> None:
    answer = client.get("/api/v1/entries?act=%00", headers=bearer("anna"))
    assert answer.status_code == 422
    assert answer.json["code"] == "value_out_of_range"


def test_an_unknown_address_and_a_wrong_method_are_problems_too(client: FlaskClient) -> None:
    answer = client.get("/api/v1/nothing")
    assert (answer.status_code, answer.json["code"]) == (404, "not_found")
    answer = client.delete("/api/v1/gifts", headers=bearer("dina"))
    assert (answer.status_code, answer.json["code"]) == (405, "method_not_allowed")
    assert "POST" in answer.headers["Allow"]
    assert client.get("/nothing").mimetype == "text/html"


def test_a_database_that_is_away_asks_to_come_back(client: FlaskClient) -> None:
    from ideals import db

    engine = db.connect("postgresql://nobody@127.0.0.1:1/none")
    try:
        answer = client.get("/api/v1/entries", headers=bearer("anna"))
        assert answer.status_code == 503
        assert answer.json["code"] == "busy"
        assert int(answer.headers["Retry-After"]) > 0
        assert "127.0.0.1" not in answer.text
    finally:
        engine.dispose()
        db.use(None)


@pytest.mark.parametrize(
    ("error", "status", "code"),
    [
        (psycopg.errors.DeadlockDetected, 503, "busy"),
        (psycopg.errors.LockNotAvailable, 503, "busy"),
        (psycopg.OperationalError, 503, "busy"),
        (psycopg.errors.NumericValueOutOfRange, 422, "value_out_of_range"),
    ],
)
def test_what_a_plain_statement_meets_is_answered_like_everything_else(
    app: Flask, error: type[psycopg.Error], status: int, code: str
) -> None:
    with app.test_request_context("/api/v1/gifts"):
        answer = app.make_response(app.handle_user_exception(error("salary 432109")))
    assert (answer.status_code, answer.get_json()["code"]) == (status, code)
    assert "432109" not in answer.get_data(as_text=True)
