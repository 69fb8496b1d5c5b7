from __future__ import annotations

import re

import pytest
from flask import Flask, request
from flask.testing import FlaskClient
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from ideals.web.headers import MB
from ideals.web.pages import safe_next
from tests.web.conftest import MakeApp, bearer

PATHS = ("/sheet", "/nothing", "/healthz", "/api/openapi.json", "/api/docs", "/api/v1/entries",
         "/api/v1/nothing", "/sheets/errors/failure", "/static/app.css")  # fmt: skip


def token_of(page: TestResponse) -> str:
    found = re.search(r'name="csrf_token" value="([^"]+)"', page.text)
    assert found is not None
    return found[1]


def signed(app: Flask, who: str = "anna") -> FlaskClient:
    client = app.test_client()
    client.set_cookie("who", who)
    return client


# Headers


@pytest.mark.parametrize("path", PATHS)
def test_every_answer_is_hardened(app: Flask, session: Session, path: str) -> None:
    answer = signed(app).get(path, buffered=True)
    policy = answer.headers["Content-Security-Policy"]
    for part in ("default-src 'self'", "object-src 'none'", "frame-ancestors 'none'"):
        assert part in policy
    assert "unsafe" not in policy
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Referrer-Policy"] == "same-origin"
    assert "Strict-Transport-Security" not in answer.headers


def test_https_is_demanded_for_years_where_it_is_used(make_app: MakeApp) -> None:
    app = make_app(IDEALS_HTTPS="yes")
    answer = app.test_client().get("/healthz")
    assert answer.headers["Strict-Transport-Security"] == "max-age=63072000; includeSubDomains"
    page = signed(app).get("/sheet")
    cookie = next(c for c in page.headers.getlist("Set-Cookie") if "form" in c)
    assert cookie.startswith("__Host-ideals-form=")
    for part in ("Secure", "HttpOnly", "SameSite=Lax", "Path=/"):
        assert part in cookie


def test_what_is_personal_is_never_stored_and_files_are_kept_by_version(app: Flask) -> None:
    client = signed(app)
    page = client.get("/sheet")
    assert page.headers["Cache-Control"] == "no-store"
    links = re.findall(r'href="([^"]+\.(?:css|svg)\?v=[0-9a-f]{12})"', page.text)
    assert len(links) == 3, "each file's address changes with its content"
    for link in links:
        answer = client.get(link, buffered=True)
        assert answer.status_code == 200
        assert answer.headers["Cache-Control"] == "public, max-age=31536000, immutable"
    unversioned = client.get("/static/app.css", buffered=True)
    assert unversioned.headers["Cache-Control"] == "no-cache"
    assert client.get("/static/none.css?v=1").headers["Cache-Control"] == "no-store"
    assert client.get("/api/v1/errors/rule").headers["Cache-Control"] == "no-store"


def test_pages_ask_for_nothing_from_elsewhere_and_hold_no_inline_code(app: Flask) -> None:
    for path in ("/sheet", "/nothing", "/api/docs"):
        text = signed(app).get(path).text
        assert not re.search(r'(src|href)="(https?:)?//', text)
        assert not re.search(r"<script(?![^>]*\bsrc=)", text)
        assert not re.search(r"\s(style|on\w+)=", text)


# How much


def test_a_body_has_a_limit_and_an_upload_a_larger_one(
    client: FlaskClient, session: Session
) -> None:
    def send(path: str, size: int) -> int:
        headers = bearer("dina", Idempotency_Key="k") | {"Content-Type": "application/json"}
        return client.post(path, data=b" " * size, headers=headers).status_code

    assert send("/api/v1/gifts", MB + 1) == 413
    assert send("/api/v1/gifts", MB - 1) in (400, 422)
    assert send("/api/v1/uploads", 2 * MB + 1) == 413
    form = b'--x\r\nContent-Disposition: form-data; name="file"; filename="f"\r\n\r\n'
    answer = client.post(
        "/api/v1/uploads",
        data=form + b"y" * (MB + 9) + b"\r\n--x--\r\n",
        content_type="multipart/form-data; boundary=x",
        headers=bearer("dina", Idempotency_Key="k"),
    )
    assert answer.status_code == 202


# Forms


def test_a_form_needs_the_token_of_its_page(app: Flask) -> None:
    client = signed(app)
    assert client.post("/sheet").status_code == 400
    token = token_of(client.get("/sheet"))
    assert client.post("/sheet", data={"csrf_token": token}).text == "written"
    assert client.post("/sheet", headers={"X-CSRFToken": token}).text == "written"
    assert client.post("/sheet", data={"csrf_token": token + "x"}).status_code == 400
    stranger = signed(app, "boris")
    assert stranger.post("/sheet", data={"csrf_token": token}).status_code == 400


def test_the_api_with_a_cookie_needs_the_token_and_with_a_bearer_token_not(
    app: Flask, session: Session
) -> None:
    client = signed(app, "dina")
    body = {"amount": "1.00", "month": "2026-03"}
    key = {"Idempotency-Key": "k"}
    answer = client.post("/api/v1/gifts", json=body, headers=key)
    assert (answer.status_code, answer.json["code"]) == (400, "csrf_failed")
    token = token_of(client.get("/sheet"))
    headers = key | {"X-CSRFToken": token}
    assert client.post("/api/v1/gifts", json=body, headers=headers).status_code == 201
    other = app.test_client()
    headers = bearer("dina", Idempotency_Key="other")
    assert other.post("/api/v1/gifts", json=body, headers=headers).status_code == 201


def test_a_wrong_bearer_token_does_not_fall_back_to_the_cookie(app: Flask) -> None:
    client = signed(app, "dina")
    assert client.post("/sheet", headers=bearer("nobody")).status_code == 401


@pytest.mark.parametrize("origin", ["https://evil.example", "http://localhost.evil", "null"])
def test_a_request_from_another_site_is_refused_even_with_a_token(app: Flask, origin: str) -> None:
    client = signed(app)
    token = token_of(client.get("/sheet"))
    headers = {"X-CSRFToken": token, "Origin": origin}
    assert client.post("/sheet", headers=headers).status_code == 403
    headers["Origin"] = "http://localhost"
    assert client.post("/sheet", headers=headers).status_code == 200


# Proxies


def test_forwarded_addresses_count_only_behind_a_proxy(make_app: MakeApp) -> None:
    headers = {"X-Forwarded-For": "198.51.100.7", "X-Forwarded-Proto": "https"}

    def seen(app: Flask) -> tuple[str | None, bool]:
        found: list[tuple[str | None, bool]] = []

        @app.after_request
        def look(response):  # type: ignore[no-untyped-def]
            found.append((request.remote_addr, request.is_secure))
            return response

        app.test_client().get("/healthz", headers=headers)
        return found[0]

    assert seen(make_app()) == ("127.0.0.1", False)
    assert seen(make_app(IDEALS_HTTPS="yes")) == ("198.51.100.7", True)


# Language and theme


def test_the_language_is_chosen_then_kept_then_asked_of_the_browser(make_app: MakeApp) -> None:
    app = make_app(IDEALS_LANGUAGE="nl")

    def language(client: FlaskClient, accept: str = "") -> str:
        text = client.get("/sheet", headers={"Accept-Language": accept}).text
        found = re.search(r'<html lang="(\w+)"', text)
        assert found is not None
        return found[1]

    assert language(signed(app), "en-GB,nl;q=0.5") == "en"
    assert language(signed(app), "fr") == "nl", "the house's own"
    assert language(signed(app, "dina"), "en") == "nl", "kept with her"
    client = signed(app, "dina")
    client.set_cookie("language", "en")
    assert language(client, "nl") == "en"
    client.set_cookie("language", "xx")
    assert language(client, "en") == "nl"


def test_a_choice_is_kept_in_the_browser_and_with_the_person(
    app: Flask, chosen: list[tuple[str, str, str]]
) -> None:
    client = signed(app)
    page = client.get("/sheet")
    form = {"csrf_token": token_of(page), "value": "dark", "next": "/sheet?x=1"}
    answer = client.post("/preferences/theme", data=form)
    assert (answer.status_code, answer.location) == (303, "/sheet?x=1")
    assert chosen == [("anna@example.org", "theme", "dark")]
    text = client.get("/sheet").text
    assert 'data-theme="dark" data-bs-theme="dark"' in text
    assert "data-theme" not in page.text, "left to the device until chosen"
    assert client.post("/preferences/theme", data=form | {"value": "pink"}).status_code == 404
    assert client.post("/preferences/shoes", data=form).status_code == 404


def test_a_choice_needs_nobody_signed_in(app: Flask, chosen: list[tuple[str, str, str]]) -> None:
    client = app.test_client()
    form = {"csrf_token": token_of(client.get("/nothing")), "value": "nl"}
    assert client.post("/preferences/language", data=form).status_code == 303
    assert 'lang="nl"' in client.get("/nothing").text
    assert chosen == []


@pytest.mark.parametrize(
    "target",
    ["https://evil.example", "//evil.example", "/\\evil.example", "\\evil", "javascript:1", "",
     "/a\nb", "/\t/evil.example", "///evil.example", "evil", None],
)  # fmt: skip
def test_the_way_back_never_leaves_the_site(target: str | None) -> None:
    assert safe_next(target) == "/"


def test_the_way_back_may_be_any_path_of_ours() -> None:
    assert safe_next("/budget?month=2026-03#part") == "/budget?month=2026-03#part"


def test_the_layout_greets_who_is_signed_in_and_marks_what_is_chosen(app: Flask) -> None:
    text = signed(app).get("/sheet").text
    assert "anna@example.org" in text
    assert 'href="#content"' in text and 'id="content"' in text
    assert 'lang="en" aria-pressed="true"' in text
    assert "anna@example.org" not in app.test_client().get("/nothing").text
