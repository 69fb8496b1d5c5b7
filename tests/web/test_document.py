from __future__ import annotations

import re
from typing import Any

import pytest
import schemathesis
from flask import Flask
from flask.testing import FlaskClient

from ideals.web.errors import PROBLEM


@pytest.fixture
def document(client: FlaskClient) -> dict[str, Any]:
    found: dict[str, Any] = client.get("/api/openapi.json").json
    return found


def test_the_document_is_valid_and_every_operation_can_be_read(app: Flask) -> None:
    schema = schemathesis.openapi.from_wsgi("/api/openapi.json", app)
    schema.validate()
    labels = {operation.ok().label for operation in schema.get_all_operations()}
    assert "POST /api/v1/gifts" in labels
    assert "GET /api/v1/entries" in labels


def test_the_document_names_how_to_sign_in_and_the_wire_forms(document: dict[str, Any]) -> None:
    assert document["openapi"] == "3.1.0"
    assert document["components"]["securitySchemes"]["token"]["scheme"] == "bearer"
    gift = document["components"]["schemas"]["GiftOut"]["properties"]
    assert gift["amount"] == {"type": "string", "format": "decimal"}
    assert gift["month"] == {"type": "string", "format": "month"}
    assert gift["minutes"] == {"type": "integer"}
    assert gift["at"] == {"type": "string", "format": "date-time"}


def test_what_creates_asks_for_its_key_and_refusals_are_problems(document: dict[str, Any]) -> None:
    post = document["paths"]["/api/v1/gifts"]["post"]
    keys = [p for p in post["parameters"] if p["name"] == "Idempotency-Key"]
    assert len(keys) == 1
    assert keys[0]["required"] is True
    assert set(post["responses"]) >= {"201", "400", "409", "422"}
    for response in document["components"]["responses"].values():
        assert list(response["content"]) == [PROBLEM]


def test_a_list_is_items_and_next(document: dict[str, Any]) -> None:
    answer = document["paths"]["/api/v1/entries"]["get"]["responses"]["200"]
    name = answer["content"]["application/json"]["schema"]["$ref"].rpartition("/")[2]
    assert set(document["components"]["schemas"][name]["properties"]) == {"items", "next"}


def test_the_page_to_browse_is_served_from_here(client: FlaskClient) -> None:
    page = client.get("/api/docs")
    assert page.status_code == 200
    for link in re.findall(r'(?:src|href)="(/[^"]+)"', page.text):
        assert client.get(link, buffered=True).status_code == 200, link
    assert client.get("/api/docs/assets/../../__init__.py").status_code == 404
