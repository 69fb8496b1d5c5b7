"""Policies over HTTP: everybody who is signed in may read what holds, HR writes."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import pytest
from flask import Flask
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from ideals.approvals.queries import in_force
from ideals.approvals.rules import built_in_text
from ideals.approvals.states import Kind
from ideals.kernel import clock
from tests.approvals.conftest import NOW, Cast
from tests.approvals.test_policy_editor import DRAFT
from tests.approvals.test_policy_trials import past
from tests.desk import Desk, desk, make_app

VERSIONS = "policies/order/versions"
HOME = "policies/order/draft"


@pytest.fixture(autouse=True)
def at_nine(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(clock, "now", lambda: NOW)
    in_force.forget()
    yield
    in_force.forget()


@pytest.fixture
def app(session: Session) -> Flask:
    return make_app()


@pytest.fixture
def dina(session: Session, app: Flask, cast: Cast) -> Desk:
    return desk(session, app, cast.dina, now=NOW)


@pytest.fixture
def anna(session: Session, app: Flask, cast: Cast) -> Desk:
    return desk(session, app, cast.anna, now=NOW)


def publish(who: Desk, text: str, key: str | None = None) -> TestResponse:
    return who.send("POST", VERSIONS, {"document": text}, key or uuid4().hex)


def sent(who: Desk, method: str, path: str, body: object = None, **headers: str) -> TestResponse:
    """With headers such as `If_Match`."""
    given = {name.replace("_", "-"): value for name, value in headers.items()}
    given["Authorization"] = f"Bearer {who.token}"
    return who.client.open(f"/api/v1/{path}", method=method, json=body, headers=given)


def save(who: Desk, text: str, **headers: str) -> TestResponse:
    return sent(who, "PUT", HOME, {"document": text}, **headers)


def json(answer: TestResponse, status: int = 200) -> Any:
    assert answer.status_code == status, answer.text
    return answer.json


# What holds


def test_everybody_reads_what_holds_and_what_comes(dina: Desk, anna: Desk) -> None:
    json(publish(dina, DRAFT), 201)
    kinds = {each["kind"]: each for each in json(anna.asks("policies"))["items"]}
    assert set(kinds) == set(Kind)
    assert kinds["order"] == {
        "kind": "order",
        "in_force_from": None,
        "next_from": "2026-04-01",
        "document": built_in_text(Kind.ORDER),
    }
    assert json(anna.asks("policies?limit=2"))["next"]


def test_versions_are_listed_and_read(dina: Desk, anna: Desk) -> None:
    assert json(anna.asks(VERSIONS)) == {"items": [], "next": None}
    made = json(publish(dina, DRAFT), 201)
    assert (made["kind"], made["from"]) == ("order", "2026-04-01")
    json(publish(dina, DRAFT.replace("2026-04-01", "2026-05-01")), 201)
    page = json(anna.asks(f"{VERSIONS}?limit=1"))
    assert [each["from"] for each in page["items"]] == ["2026-05-01"]
    assert json(anna.asks(f"{VERSIONS}?limit=1&cursor={page['next']}"))["items"] == [made]
    assert json(anna.asks(f"{VERSIONS}/2026-04-01")) == {**made, "document": DRAFT}


@pytest.mark.parametrize(
    "path", ["policies/rent/versions", f"{VERSIONS}/2026-04-01", f"{VERSIONS}/today"]
)
def test_what_is_not_there_is_not_found(anna: Desk, path: str) -> None:
    assert json(anna.asks(path), 404)["code"] == "policy_not_found"


def test_only_hr_writes(dina: Desk, anna: Desk) -> None:
    json(save(dina, DRAFT))
    for answer in (
        publish(anna, DRAFT),
        anna.asks(HOME),
        save(anna, DRAFT, If_Match='"1"'),
        sent(anna, "DELETE", HOME, If_Match='"1"'),
        sent(anna, "POST", f"{HOME}/publish", If_Match='"1"', Idempotency_Key="1"),
        anna.send("POST", "policies/order/trial", {}),
    ):
        json(answer, 403)


# Publishing


def test_publishing_happens_once_and_answers_where_it_is(dina: Desk) -> None:
    first = publish(dina, DRAFT, "one")
    again = publish(dina, DRAFT, "one")
    assert json(first, 201) == json(again, 201)
    assert first.headers["Location"] == f"/api/v1/{VERSIONS}/2026-04-01"
    assert json(publish(dina, DRAFT.replace("250", "300")), 409)["code"] == "policy_published"


def test_why_a_document_is_not_published(dina: Desk) -> None:
    faults = json(publish(dina, DRAFT.replace("days: 5", "days: 99")), 422)["faults"]
    assert [(each["path"], each["line"]) for each in faults] == [("cases[2].steps[0].days", 17)]
    for old, new, code in (
        ("2026-04-01", "2026-03-10", "policy_day_passed"),
        ("policy: order", "policy: evidence", "policy_kind_differs"),
        ("who: manager, days: 5", 'who: {person: "nobody"}', "policy_refused"),
    ):
        assert json(publish(dina, DRAFT.replace(old, new)), 422)["code"] == code


# The draft


def test_a_draft_is_saved_changed_and_published(dina: Desk) -> None:
    assert json(dina.asks(HOME), 404)["code"] == "policy_draft_not_found"
    first = save(dina, DRAFT.replace("days: 5", "days: 99"))
    assert [each["path"] for each in json(first)["faults"]] == ["cases[2].steps[0].days"]
    got = dina.asks(HOME)
    assert (json(got), got.headers["ETag"]) == (json(first), first.headers["ETag"])

    second = save(dina, DRAFT, If_Match=first.headers["ETag"])
    assert json(second)["faults"] == [] and second.headers["ETag"] != first.headers["ETag"]
    made = sent(
        dina, "POST", f"{HOME}/publish", If_Match=second.headers["ETag"], Idempotency_Key="1"
    )
    assert json(made, 201)["from"] == "2026-04-01"
    assert made.headers["Location"] == f"/api/v1/{VERSIONS}/2026-04-01"
    json(dina.asks(HOME), 404)


def test_a_change_names_the_draft_it_saw(dina: Desk) -> None:
    first = save(dina, DRAFT)
    second = save(dina, DRAFT + "\n", If_Match=first.headers["ETag"])
    assert json(save(dina, "x", If_Match=first.headers["ETag"]), 412)["code"] == (
        "policy_draft_moved_on"
    )
    assert json(save(dina, "x"), 428)["code"] == "if_match_missing"
    stale = {"If_Match": first.headers["ETag"]}
    json(sent(dina, "DELETE", HOME, **stale), 412)
    json(sent(dina, "POST", f"{HOME}/publish", Idempotency_Key="2", **stale), 412)
    assert sent(dina, "DELETE", HOME, If_Match=second.headers["ETag"]).status_code == 204
    json(dina.asks(HOME), 404)
    json(sent(dina, "DELETE", HOME, If_Match=second.headers["ETag"]), 404)
    json(save(dina, "x", If_Match=second.headers["ETag"]), 412)


@pytest.mark.parametrize("text", ["", "just words", "a: [", "policy: evidence"])
def test_any_text_is_kept_with_its_faults(dina: Desk, text: str) -> None:
    assert json(save(dina, text))["faults"]
    assert json(dina.asks(HOME))["document"] == text


# Trying


def test_a_document_or_the_draft_is_tried_on_past_cases(
    session: Session, cast: Cast, dina: Desk
) -> None:
    past(session, cast)
    tried = json(dina.send("POST", "policies/order/trial", {"document": DRAFT}))
    assert (tried["total"], tried["changed"], tried["untold"]) == (8, 5, 0)
    assert tried["since"].startswith("2025-03-10T")
    assert tried["counts"][0] == {
        "way": {"effect": "after", "cases": ["small"], "who": [], "check_share": "0.10"},
        "now": 0,
        "then": 4,
    }
    move = tried["moves"][0]
    assert (move["now"]["cases"], move["now"]["who"], move["count"]) == (
        ["manager", "usual"], [["manager"]], 3,
    )  # fmt: skip

    json(dina.send("POST", "policies/order/trial", {}), 404)
    json(save(dina, DRAFT))
    assert json(dina.send("POST", "policies/order/trial", {})) == tried
    assert (
        json(dina.send("POST", "policies/order/trial", {"document": "x"}), 422)["code"]
        == "policy_refused"
    )
