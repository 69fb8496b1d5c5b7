"""Delegations and mandates as scripts see them."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
import schemathesis
from flask import Flask
from sqlalchemy.orm import Session

from ideals.kernel import clock
from ideals.kernel.ids import new_id
from ideals.seeds import factories
from tests.approvals.conftest import NOW, Cast, ask
from tests.desk import Desk, desk, make_app

TODAY = NOW.date()
NEXT_WEEK = TODAY + timedelta(days=7)
BODY = {"to": "clara", "from": TODAY.isoformat(), "until": NEXT_WEEK.isoformat()}


@pytest.fixture(autouse=True)
def at_nine(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clock, "now", lambda: NOW)


@pytest.fixture
def app(session: Session) -> Flask:
    return make_app()


@pytest.fixture
def desks(session: Session, app: Flask, cast: Cast) -> dict[str, Desk]:
    names = ("anna", "boris", "clara", "dina", "egor")
    return {name: desk(session, app, getattr(cast, name), now=NOW) for name in names}


def send(
    who: Desk,
    method: str,
    path: str,
    body: object = None,
    *,
    seen: str | None = None,
    key: str = "",
) -> tuple[int, Any]:
    more = {"If-Match": seen} if seen else {"Idempotency-Key": key} if key else {}
    headers = who._headers(more)
    answer = who.client.open(f"/api/v1/{path}", method=method, json=body, headers=headers)
    return answer.status_code, answer.json if answer.data else None


def test_scripts_let_somebody_stand_in_and_end_it(
    session: Session, cast: Cast, desks: dict[str, Desk]
) -> None:
    boris, clara, egor = desks["boris"], desks["clara"], desks["egor"]
    ask(session, cast)
    session.commit()
    assert clara.asks("approvals?waiting=me").json["items"] == []
    assert send(boris, "POST", "delegations", BODY)[1]["code"] == "idempotency_key_missing"
    for _ in range(2):
        answer = boris.send("POST", "delegations", BODY, key="k")
        assert answer.status_code == 201
        made = answer.json
        assert answer.headers["Location"] == f"/api/v1/delegations/{made['id']}"
    assert made == clara.asks(f"delegations/{made['id']}").json
    assert made | {"id": 0} == {
        "id": 0,
        "employee": "boris",
        "employee_name": "Boris",
        "to": "clara",
        "to_name": "Clara",
        "kinds": None,
        "from": "2026-03-10",
        "until": "2026-03-17",
        "state": "in_force",
        "made_at": "2026-03-10T10:00:00+01:00",
        "made_by": "Boris",
        "ended_at": None,
        "ended_by": None,
    }
    assert len(clara.asks("approvals?waiting=me").json["items"]) == 1
    assert egor.asks(f"delegations/{made['id']}").json["code"] == "delegation_unknown"
    assert send(egor, "DELETE", f"delegations/{made['id']}")[0] == 404
    for _ in range(2):
        status, ended = send(clara, "DELETE", f"delegations/{made['id']}")
        assert (status, ended["state"], ended["ended_by"]) == (200, "ended", "Clara")
    assert clara.asks("approvals?waiting=me").json["items"] == []


def test_scripts_hear_why_not(session: Session, cast: Cast, desks: dict[str, Desk]) -> None:
    factories.an_employee(session, "Frits", number="frits")
    gone = cast.people.egor
    factories.a_change(session, gone, factories.HIRED_ON, leaves_on="2026-03-09", now=NOW)
    session.commit()

    def code(who: str, **more: object) -> tuple[int, str]:
        status, said = send(desks[who], "POST", "delegations", BODY | more, key=str(new_id()))
        return status, said.get("code", "")

    yesterday = (TODAY - timedelta(1)).isoformat()
    assert code("boris", to="boris") == (422, "stand_in_is_oneself")
    assert code("boris", to="frits") == (422, "stand_in_cannot_sign_in")
    assert code("boris", to="nobody") == (422, "person_unknown")
    assert code("boris", to="egor") == (422, "person_not_employed")
    assert code("boris", kinds=[]) == (422, "delegation_kinds_missing")
    assert code("boris", kinds=["bicycle"]) == (422, "validation_failed")
    assert code("boris", **{"from": yesterday}) == (422, "delegation_period_wrong")
    assert code("boris", until=yesterday) == (422, "delegation_period_wrong")
    assert code("boris", employee="anna") == (403, "only_hr_for_others")
    assert code("dina", employee="boris", to="dina") == (403, "not_in_anothers_place")
    assert code("dina", employee="boris", kinds=["order"]) == (201, "")
    assert code("boris") == (409, "stands_in_already")


def test_each_lists_their_own_and_hr_searches_all(desks: dict[str, Desk]) -> None:
    for who, to, start in (("boris", "clara", 0), ("anna", "egor", 3), ("clara", "boris", 5)):
        days = {"from": str(TODAY + timedelta(start)), "until": str(NEXT_WEEK)}
        assert send(desks[who], "POST", "delegations", BODY | days | {"to": to}, key=who)[0] == 201

    def seen(who: str, more: str = "") -> list[str]:
        found, cursor = [], ""
        while cursor is not None:
            page = desks[who].asks(f"delegations?limit=1{more}{cursor and f'&cursor={cursor}'}")
            found += [item["employee"] for item in page.json["items"]]
            cursor = page.json["next"]
        return sorted(found)

    assert seen("boris") == seen("clara") == ["boris", "clara"]
    assert seen("egor") == ["anna"]
    assert seen("dina") == ["anna", "boris", "clara"]
    assert seen("dina", "&search=ann") == ["anna"]
    assert seen("dina", "&state=in_force") == ["boris"]
    assert seen("dina", "&state=coming") == ["anna", "clara"]
    assert desks["dina"].asks("delegations?state=gone").status_code == 422


# Mandates


UNIT = "Bank/Retail/Zwolle"
MANDATE = {"unit": UNIT, "year": 2026, "amount": "1000.00", "holder": "clara"}


def test_scripts_keep_mandates_and_name_what_they_saw(desks: dict[str, Desk]) -> None:
    dina, path = desks["dina"], f"mandates/2026/{UNIT}"
    made = dina.send("POST", "mandates", MANDATE, key="k")
    assert (made.status_code, made.headers["Location"]) == (201, f"/api/v1/{path}")
    told = made.json
    assert (told["amount"], told["spent"], told["left"]) == ("1000.00", "0.00", "1000.00")
    assert (told["holder_name"], told["holder_left"]) == ("Clara", False)
    assert send(dina, "POST", "mandates", MANDATE, key="l")[1]["code"] == "mandate_there"
    tag = dina.asks(path).headers["ETag"]
    assert tag == f'"{told["version"]}"'
    change = {"amount": "500.00", "holder": "boris"}
    assert send(dina, "PUT", path, change)[0] == 428
    status, changed = send(dina, "PUT", path, change, seen=tag)
    assert (status, changed["amount"], changed["holder"]) == (200, "500.00", "boris")
    status, stale = send(dina, "PUT", path, change, seen=tag)
    assert (status, stale["code"], stale["version"]) == (
        412,
        "mandate_moved_on",
        changed["version"],
    )
    assert send(dina, "DELETE", path, seen=tag)[0] == 412
    assert send(dina, "DELETE", path)[0] == 428
    assert send(dina, "DELETE", path, seen=f'"{changed["version"]}"')[0] == 204
    assert send(dina, "DELETE", path, seen=f'"{changed["version"]}"')[1]["code"] == (
        "mandate_unknown"
    )


def test_scripts_hear_what_is_wrong_with_a_mandate(desks: dict[str, Desk]) -> None:
    def code(**more: object) -> tuple[int, str, str]:
        body = MANDATE | more
        status, said = send(desks["dina"], "POST", "mandates", body, key=str(new_id()))
        return status, said["code"], said.get("field", "")

    assert code(amount="0.00") == (422, "mandate_wrong", "amount")
    assert code(year=1999) == (422, "mandate_wrong", "year")
    assert code(holder="nobody") == (422, "person_unknown", "holder")
    assert code(unit="Bank/Nowhere")[:2] == (404, "unit_unknown")
    assert code(amount="much")[1] == "validation_failed"


def test_a_holder_sees_what_they_hold(desks: dict[str, Desk]) -> None:
    desks["dina"].send("POST", "mandates", MANDATE, key="a")
    desks["dina"].send("POST", "mandates", MANDATE | {"unit": "Bank", "holder": "boris"}, key="b")

    def units(who: str, query: str = "") -> list[str]:
        return [one["unit"] for one in desks[who].asks(f"mandates{query}").json["items"]]

    assert units("dina") == ["Bank", UNIT]
    assert (units("clara"), units("boris"), units("anna")) == ([UNIT], ["Bank"], [])
    assert units("dina", "?year=2027") == []
    assert desks["dina"].asks("mandates?year=1").status_code == 422
    assert units("dina", "?search=zwolle") == [UNIT]
    assert desks["boris"].asks(f"mandates/2026/{UNIT}").status_code == 404
    for who in ("clara", "boris"):
        assert send(desks[who], "POST", "mandates", MANDATE, key="c")[0] == 403
        assert send(desks[who], "DELETE", f"mandates/2026/{UNIT}", seen='"1"')[0] == 403


def test_answers_are_as_the_document_says(app: Flask, desks: dict[str, Desk]) -> None:
    schema = schemathesis.openapi.from_wsgi("/api/openapi.json", app)
    dina = desks["dina"]
    made = dina.send("POST", "delegations", BODY | {"employee": "boris"}, key="1").json["id"]
    dina.send("POST", "mandates", MANDATE, key="2")
    one = "delegations/{delegation_id}"
    mandate = "mandates/{year}/{unit}"
    for method, path, template, body in (
        ("GET", "delegations", "delegations", None),
        ("GET", f"delegations/{made}", one, None),
        ("GET", f"delegations/{new_id()}", one, None),
        ("POST", "delegations", "delegations", BODY | {"to": "dina"}),
        ("DELETE", f"delegations/{made}", one, None),
        ("GET", "mandates", "mandates", None),
        ("POST", "mandates", "mandates", MANDATE),
        ("GET", f"mandates/2026/{UNIT}", mandate, None),
        ("PUT", f"mandates/2026/{UNIT}", mandate, {"amount": "1.00", "holder": "boris"}),
    ):
        answer = dina.send(method, path, body, key=f"{method}{path}")
        operation = schema[f"/api/v1/{template}"][method]
        operation.validate_response(schemathesis.Response.from_any(answer))
