"""Budgets and runs over HTTP: by token, closed by default, own data only."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from ideals.access import commands as access
from ideals.app import create_app
from ideals.audit import Entry
from ideals.config import Settings
from ideals.db import unit_of_work
from ideals.kernel import clock
from ideals.kernel.actor import SYSTEM, Role
from tests.budgets.conftest import allocate, people, publish, row


@pytest.fixture
def client(session: Session) -> Iterator[FlaskClient]:
    """Anna (1) and Egor (2) are employees; Dina is HR. March is allocated."""
    publish(session)
    people(session, row("1", name="Anna"), row("2", name="Egor", part_time_factor="0.5"))
    allocate(session, "2026-03")
    session.commit()
    with create_app(Settings.read({})).test_client() as opened:
        yield opened


def token(email: str, *roles: Role, number: str | None = None) -> dict[str, str]:
    now = clock.now()
    with unit_of_work() as session:
        if number is not None:
            people_email(session, number, email)
        access.invite(session, access.Invite(email, frozenset(roles)), actor=SYSTEM, now=now)
        made = access.issue_token(session, access.IssueToken(email, "test"), actor=SYSTEM, now=now)
    return {"Authorization": f"Bearer {made}"}


def people_email(session: Session, number: str, email: str) -> None:
    from ideals.people.models import Employee

    session.scalars(select(Employee).where(Employee.number == number)).one().email = email


def test_an_employee_sees_her_own_budget_and_nobody_elses(client: FlaskClient) -> None:
    anna = token("anna@example.org", number="1")

    mine = client.get("/api/v1/me/budget?month=2026-03", headers=anna)
    assert mine.status_code == 200
    assert mine.json == {
        "month": "2026-03",
        "components": [
            {"code": "holiday_allowance", "amount": "240.00"},
            {"code": "thirteenth_month", "amount": "249.90"},
        ],
        "allocated": "489.90",
        "posted_elsewhere": "0.00",
        "carried": "0.00",
        "held": "0.00",
        "spent": "0.00",
        "available": "489.90",
        "owed": "0.00",
    }
    assert client.get("/api/v1/people/1/budget?month=2026-03", headers=anna).json == mine.json
    other = client.get("/api/v1/people/2/budget?month=2026-03", headers=anna)
    nobody = client.get("/api/v1/people/999/budget?month=2026-03", headers=anna)
    assert (other.status_code, nobody.status_code) == (404, 404)
    assert other.json["code"] == nobody.json["code"]


def test_hr_sees_a_budget_and_that_she_looked_is_written_down(
    client: FlaskClient, session: Session
) -> None:
    dina = token("dina@example.org", Role.HR)
    found = client.get("/api/v1/people/2/budget?month=2026-03", headers=dina)
    assert found.json["allocated"] == "244.95"
    entry = session.scalars(select(Entry).where(Entry.act == "budgets.viewed")).one()
    assert (entry.actor, entry.subject) == ("dina@example.org", "employee:2")


def test_only_hr_starts_and_sees_runs(client: FlaskClient) -> None:
    anna = token("anna@example.org", number="1")
    body = {"month": "2026-03"}
    key = {"Idempotency-Key": "k1"}
    assert client.post("/api/v1/allocation-runs", json=body, headers=key).status_code == 401
    refused = client.post("/api/v1/allocation-runs", json=body, headers=anna | key)
    assert refused.status_code == 403
    assert client.get("/api/v1/allocation-runs", headers=anna).status_code == 403


def test_a_run_is_started_once_per_key(client: FlaskClient) -> None:
    dina = token("dina@example.org", Role.HR)
    body = {"month": "2026-03"}
    assert client.post("/api/v1/allocation-runs", json=body, headers=dina).status_code == 400

    first = client.post(
        "/api/v1/allocation-runs", json=body, headers=dina | {"Idempotency-Key": "a"}
    )
    again = client.post(
        "/api/v1/allocation-runs", json=body, headers=dina | {"Idempotency-Key": "a"}
    )
    assert first.status_code == again.status_code == 202
    assert first.json == again.json
    assert (first.json["round"], first.json["state"]) == (2, "planning")
    found = client.get(first.headers["Location"], headers=dina)
    assert found.json["id"] == first.json["id"]
    other = client.post(
        "/api/v1/allocation-runs",
        json={"month": "2026-04"},
        headers=dina | {"Idempotency-Key": "a"},
    )
    assert other.status_code == 422


def test_runs_are_listed_the_newest_first(client: FlaskClient) -> None:
    dina = token("dina@example.org", Role.HR)
    for number in range(3):
        headers = dina | {"Idempotency-Key": f"look-{number}"}
        body = {"month": "2026-03", "look": True}
        assert client.post("/api/v1/allocation-runs", json=body, headers=headers).status_code == 202
    first = client.get("/api/v1/allocation-runs?limit=2", headers=dina).json
    rest = client.get(f"/api/v1/allocation-runs?limit=2&cursor={first['next']}", headers=dina).json
    ids = [int(run["id"]) for run in first["items"] + rest["items"]]
    assert ids == sorted(ids, reverse=True)
    assert len(ids) == 4
    assert rest["next"] is None
    done = rest["items"][-1]
    assert done["state"] == "done"
    assert done["differences"][0] == {
        "code": "holiday_allowance",
        "earlier": False,
        "employees": 2,
        "amount": "360.00",
        "minutes": None,
        "hours": None,
    }
    skipped = client.get(f"/api/v1/allocation-runs/{done['id']}/skipped", headers=dina)
    assert skipped.json == {"items": [], "next": None}
    assert client.get("/api/v1/allocation-runs/999999", headers=dina).status_code == 404


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "month"),
        ({"month": "March"}, "month"),
        ({"month": 202603}, "month"),
        ({"month": "2026-03", "posts": True}, "posts"),
        ({"month": "2026-03", "look": "yes"}, "look"),
    ],
)
def test_a_bad_value_is_named(client: FlaskClient, body: dict[str, object], field: str) -> None:
    dina = token("dina@example.org", Role.HR)
    answer = client.post(
        "/api/v1/allocation-runs", json=body, headers=dina | {"Idempotency-Key": "b"}
    )
    assert answer.status_code == 422
    assert field in answer.get_data(as_text=True)


def test_the_page_opens_each_part_to_its_formula_and_values(
    client: FlaskClient, session: Session
) -> None:
    page = page_for(client, "anna@example.org", "/budget?month=2026-03")
    for text in (
        "€489.90",
        "€240.00",
        "8% * salary",
        "3,000",
        "March 2026",
        "run:simple:2026-03:1",
    ):
        assert text in page, text
    assert "489,90" in page_for(client, "anna@example.org", "/budget?month=2026-03", "nl")


def test_a_month_without_a_budget_says_so(client: FlaskClient) -> None:
    page = page_for(client, "anna@example.org", "/budget?month=2025-01")
    assert "No budget for this month yet" in page
    page_for(client, "anna@example.org", "/budget?month=nonsense")


def test_an_employee_may_not_open_the_page_of_another(client: FlaskClient) -> None:
    anna = token("anna@example.org", number="1")
    assert client.get("/people/2/budget", headers=anna).status_code == 403


def page_for(client: FlaskClient, email: str, path: str, language: str = "en") -> str:
    """A token opens pages as a session does: the guards do not care which of the two it is."""
    if not hasattr(client, "header"):
        client.header = token(email, number="1")  # type: ignore[attr-defined]
    headers = client.header | {"Accept-Language": language}  # type: ignore[attr-defined]
    answer = client.get(path, headers=headers)
    assert answer.status_code == 200
    return answer.get_data(as_text=True)
