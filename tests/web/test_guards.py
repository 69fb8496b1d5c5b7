from __future__ import annotations

from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from ideals.kernel.actor import Role
from ideals.web.guards import guards_of, public, role, signed_in
from tests.web.conftest import bearer


def test_a_route_without_a_guard_is_refused_to_everybody(client: FlaskClient) -> None:
    assert client.get("/api/v1/open").status_code == 403
    answer = client.get("/api/v1/open", headers=bearer("dina"))
    assert answer.status_code == 403
    assert answer.json["code"] == "route_unguarded"


def test_each_method_of_a_class_has_its_own_guard(client: FlaskClient) -> None:
    assert client.get("/door", headers=bearer("anna")).data == b"in"
    assert client.head("/door", headers=bearer("anna")).status_code == 200
    assert client.post("/door", headers=bearer("anna")).status_code == 403


def test_who_is_not_signed_in_is_told_so_before_anything_is_parsed(client: FlaskClient) -> None:
    answer = client.post("/api/v1/gifts", data="not json at all")
    assert answer.status_code == 401
    assert answer.json["code"] == "unauthenticated"
    assert answer.headers["WWW-Authenticate"] == "Bearer"


def test_only_a_role_that_is_named_is_let_in(client: FlaskClient, session: Session) -> None:
    answer = client.post("/api/v1/gifts", headers=bearer("anna"))
    assert answer.status_code == 403
    assert answer.json["needed"] == "hr or payroll"
    assert client.post("/api/v1/gifts", headers=bearer("dina")).status_code == 400


def test_a_page_sends_who_is_not_signed_in_to_sign_in_and_back(client: FlaskClient) -> None:
    answer = client.get("/sheet?month=2026-03&x=a%26b")
    assert answer.status_code == 302
    assert answer.location == "/sign-in?next=/sheet%3Fmonth%3D2026-03%26x%3Da%2526b"


def test_the_guards_of_an_app_can_be_listed(app: Flask) -> None:
    found = {(method, path): guard for method, path, guard in guards_of(app)}
    assert found["POST", "/api/v1/gifts"] == role(Role.PAYROLL, Role.HR)
    assert found["GET", "/sheet"] == signed_in
    assert found["GET", "/healthz"] == public
    assert found["GET", "/api/v1/open"] is None
    assert found["GET", "/door"] == signed_in
    assert found["POST", "/door"] is None
    assert str(found["POST", "/api/v1/gifts"]) == "hr or payroll"
