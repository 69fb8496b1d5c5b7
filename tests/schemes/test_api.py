"""Schemes over HTTP: everybody who is signed in may read, HR publishes."""

from __future__ import annotations

from collections.abc import Iterator
from uuid import uuid4

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from ideals.config import Settings
from ideals.kernel.actor import Actor, Role
from ideals.schemes.api import bp
from ideals.schemes.rules import CATALOGUE
from ideals.web.actor import bearer_token
from ideals.web.shell import Shell, init_web
from tests.schemes.worked import document

CAST = {
    "anna": Actor(name="anna@example.org", user_id=1, employee_id=11),
    "dina": Actor(name="dina@example.org", user_id=4, roles=frozenset({Role.HR})),
    "egor": Actor(name="egor@example.org", user_id=5, roles=frozenset({Role.PAYROLL})),
}
NWB = document("nwb.yaml")
VERSIONS = "/api/v1/schemes/nwb/versions"


@pytest.fixture
def client(session: Session) -> Iterator[FlaskClient]:
    """The schemes on an app of their own; a token is the name of who asks."""
    app = Flask("ideals", static_folder="web/static", template_folder="web/templates")
    app.secret_key = "a key for tests"
    api = init_web(
        app,
        Settings.read({}),
        Shell(
            load_actor=lambda request: CAST.get(bearer_token() or ""),
            sign_in_url="/sign-in",
            sign_out="sign_out",
            account="account",
            remember=lambda actor, name, value: None,
        ),
    )
    api.register_blueprint(bp)
    with app.test_client() as opened:
        yield opened


def signed_in(who: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {who}"}


def publish(client: FlaskClient, text: str, who: str = "dina", key: str | None = None):  # type: ignore[no-untyped-def]
    headers = {**signed_in(who), "Idempotency-Key": key or uuid4().hex}
    return client.post(VERSIONS, json={"document": text}, headers=headers)


def get(client: FlaskClient, path: str, who: str = "anna"):  # type: ignore[no-untyped-def]
    return client.get(path, headers=signed_in(who))


def test_hr_publishes_and_everybody_can_read_it(client: FlaskClient) -> None:
    made = publish(client, NWB)
    assert made.status_code == 201
    assert made.headers["Location"] == f"{VERSIONS}/2020-01"
    assert (made.json["scheme"], made.json["version"]) == ("nwb", "2020-01")
    assert made.json["published_by"] == "dina@example.org"
    assert get(client, f"{VERSIONS}/2020-01").json["document"] == NWB
    assert get(client, VERSIONS).json == {"items": [made.json], "next": None}
    assert get(client, "/api/v1/schemes").json["items"] == [
        {
            "code": "nwb",
            "name": {"en": "NWB Benefit Budget", "nl": "NWB Benefit Budget"},
            "version": "2020-01",
            "first_month": "2020-01",
        }
    ]


def test_only_hr_can_publish(client: FlaskClient) -> None:
    assert publish(client, NWB, who="anna").status_code == 403
    assert publish(client, NWB, who="egor").status_code == 403
    assert publish(client, NWB, who="nobody").status_code == 401
    assert get(client, VERSIONS, who="nobody").status_code == 401
    assert publish(client, NWB, who="dina").status_code == 201


def test_publishing_needs_a_key_and_happens_once(client: FlaskClient) -> None:
    without = client.post(VERSIONS, json={"document": NWB}, headers=signed_in("dina"))
    assert without.status_code == 400
    first, second = (publish(client, NWB, key="k1") for _ in range(2))
    assert first.json == second.json
    assert publish(client, NWB + "\n", key="k1").status_code == 422


def test_every_fault_is_in_the_answer(client: FlaskClient) -> None:
    text = document("ten-faults.yaml")
    refused = client.post(
        "/api/v1/schemes/ten-faults/versions",
        json={"document": text},
        headers={**signed_in("dina"), "Idempotency-Key": "k1"},
    )
    assert (refused.status_code, refused.json["code"]) == (422, "scheme_refused")
    assert len(refused.json["faults"]) == 14
    assert {
        "path": "part_moth",
        "line": 7,
        "found": "the key 'part_moth' is not known",
        "expected": "did you mean 'part_month'?",
    } in refused.json["faults"]


def test_what_is_published_is_not_overwritten(client: FlaskClient) -> None:
    publish(client, NWB)
    changed = publish(client, NWB.replace("1.80%", "1.90%"))
    assert (changed.status_code, changed.json["code"]) == (409, "scheme_version_published")
    earlier = publish(client, NWB.replace('version: "2020-01"', 'version: "2019-12"'))
    assert (earlier.status_code, earlier.json["code"]) == (409, "scheme_version_too_early")
    other = publish(client, document("meridian.yaml"))
    assert (other.status_code, other.json["code"]) == (422, "scheme_code_differs")


@pytest.mark.parametrize(
    "path", ["/api/v1/schemes/none/versions", f"{VERSIONS}/2021-01", f"{VERSIONS}/soon"]
)
def test_what_is_not_there_is_not_found(client: FlaskClient, path: str) -> None:
    publish(client, NWB)
    assert get(client, path).status_code == 404


def test_the_versions_come_page_by_page_the_latest_first(client: FlaskClient) -> None:
    for month in ("2020-01", "2021-01", "2022-01"):
        publish(client, NWB.replace('version: "2020-01"', f'version: "{month}"'))
    first = get(client, f"{VERSIONS}?limit=2").json
    assert [item["version"] for item in first["items"]] == ["2022-01", "2021-01"]
    second = get(client, f"{VERSIONS}?limit=2&cursor={first['next']}").json
    assert [item["version"] for item in second["items"]] == ["2020-01"]
    assert second["next"] is None


def test_the_facts_that_formulas_may_use_are_listed(client: FlaskClient) -> None:
    items = get(client, "/api/v1/schemes/facts?limit=200").json["items"]
    assert {item["name"] for item in items} == {fact.name for fact in CATALOGUE}
    sick = next(item for item in items if item["name"] == "sick")
    assert (sick["kind"], sick["used_in"]) == ("yes or no", ["components"])
