"""Standing choices, commitments and months over HTTP: versions, own things only, and the close."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from ideals.seeds import factories
from ideals.seeds.commands import work_off
from tests.shop.conftest import APRIL, MARCH, NOW, PRODUCTS, Site

CHOICES = "/me/standing-choices"


def set_choice(on: Site, product: str, mode: str, **more: Any) -> dict[str, Any]:
    made = on.post(CHOICES, {"product": product, "mode": mode} | more)
    assert made.status_code == 201, made.json
    assert made.json is not None
    return made.json


def send(
    on: Site,
    method: str,
    path: str,
    body: Any = None,
    *,
    who: str = "anna",
    **headers: str,
) -> TestResponse:
    kept = {name.replace("_", "-"): value for name, value in headers.items()}
    return on.client.open(
        f"/api/v1{path}", method=method, json=body, headers=on.headers(who) | kept
    )


def test_choices_are_listed_in_the_order_in_which_they_run(site: Site) -> None:
    cash = set_choice(site, "cash", "rest")
    leave = set_choice(site, "leave", "quantity", amount="8", until="2026-06", position=0)
    assert leave == {
        "id": leave["id"],
        "product": "leave",
        "position": 0,
        "mode": "quantity",
        "amount": "8",
        "from": "2026-03",
        "until": "2026-06",
        "state": "active",
        "version": 1,
        "last_month": None,
        "last_outcome": None,
        "last_order": None,
        "last_code": None,
        "last_reason": None,
    }
    listed = site.get(CHOICES).json
    assert [each["id"] for each in listed["items"]] == [leave["id"], cash["id"]]
    assert listed["next"] is None
    found = site.get(f"{CHOICES}/{leave['id']}")
    assert found.headers["ETag"] == '"1"'


def test_what_a_choice_came_to_is_told(site: Site, session: Session) -> None:
    good = set_choice(site, "cash", "quantity", amount="100")
    bad = set_choice(site, "savings", "quantity", amount="5000")
    factories.a_run(session, APRIL)
    session.commit()
    told = {each["id"]: each for each in site.get(CHOICES).json["items"]}
    assert told[good["id"]]["last_outcome"] == "ordered"
    assert site.get(f"/orders/{told[good['id']]['last_order']}").json["price"] == "100.00"
    assert told[bad["id"]]["last_outcome"] == "failed"
    assert told[bad["id"]]["last_code"] == "insufficient_budget"
    assert told[bad["id"]]["last_reason"]


def test_a_change_needs_the_version_that_was_seen(site: Site) -> None:
    choice = set_choice(site, "cash", "quantity", amount="100")
    path = f"{CHOICES}/{choice['id']}"
    body = {"mode": "quantity", "amount": "200"}
    assert send(site, "PUT", path, body).status_code == 428
    changed = send(site, "PUT", path, body, If_Match='"1"')
    assert (changed.status_code, changed.json["amount"]) == (200, "200")
    assert changed.headers["ETag"] == '"2"'
    for stale in ('"1"', "2", '"0"', "*"):
        refused = send(site, "PUT", path, body, If_Match=stale)
        assert refused.status_code == 412, stale
    assert send(site, "PUT", path, body, If_Match='"1"').json["version"] == 2


def test_a_choice_is_paused_goes_on_and_ends(site: Site) -> None:
    choice = set_choice(site, "cash", "quantity", amount="100")
    path = f"{CHOICES}/{choice['id']}"
    for version, state in enumerate(("paused", "active", "ended"), 1):
        turned = send(site, "PATCH", path, {"state": state}, If_Match=f'"{version}"')
        assert (turned.status_code, turned.json["state"]) == (200, state)
    refused = send(site, "PATCH", path, {"state": "active"}, If_Match='"4"')
    assert (refused.status_code, refused.json["code"]) == (409, "choice_ended")


def test_choices_are_put_in_another_order(site: Site) -> None:
    ids = [set_choice(site, code, "quantity", amount="10")["id"] for code in ("cash", "savings")]
    answer = send(site, "PUT", CHOICES, {"order": ids[::-1]})
    assert [each["id"] for each in answer.json["items"]] == ids[::-1]
    assert send(site, "PUT", CHOICES, {"order": ids[:1]}).status_code == 412


def test_what_makes_no_sense_is_refused_with_its_field(site: Site) -> None:
    for body, code in (
        ({"product": "cash", "mode": "percent", "amount": "101"}, "choice_unreadable"),
        ({"product": "cash", "mode": "rest", "amount": "1"}, "choice_unreadable"),
        ({"product": "cash", "mode": "rest", "from": "2026-01"}, "choice_unreadable"),
        ({"product": "bicycle", "mode": "rest"}, "not_for_choices"),
        ({"product": "cash", "mode": "all"}, "validation_failed"),
        ({"product": "cash", "mode": "rest", "colour": "red"}, "validation_failed"),
    ):
        refused = site.post(CHOICES, body)
        assert (refused.status_code, refused.json["code"]) == (422, code), body


def test_only_the_employee_can_see_and_touch_a_choice(site: Site) -> None:
    choice = set_choice(site, "cash", "quantity", amount="100")
    path = f"{CHOICES}/{choice['id']}"
    for who in ("boris", "dina", "egor"):
        assert site.get(CHOICES, who=who).json["items"] == []
        assert site.get(path, who=who).status_code == 404
        body = {"state": "paused"}
        assert send(site, "PATCH", path, body, who=who, If_Match='"1"').status_code == 404
    assert site.client.get(f"/api/v1{CHOICES}").status_code == 401


def test_the_same_key_makes_one_choice(site: Site) -> None:
    body = {"product": "cash", "mode": "rest"}
    first, second = (site.post(CHOICES, body, key="k1") for _ in range(2))
    assert first.json["id"] == second.json["id"]
    assert len(site.get(CHOICES).json["items"]) == 1


# Commitments


SOFA = {
    "kind": "other",
    "unit": "piece",
    "price": "600",
    "instalments": {"months": "6", "early_end": "yes", "leaving": "end"},
}


def test_a_commitment_shows_its_whole_plan_and_ends_early(
    session: Session,
    site: Site,
) -> None:
    factories.a_scheme(
        session,
        version="2026-02",
        components={"budget": "1000 * part_time_factor"},
        products={"cash": PRODUCTS["cash"], "sofa": SOFA},
    )
    session.commit()
    quote = site.post("/quotes", {"product": "sofa", "quantity": 1}).json
    assert [line["charge"] for line in quote["plan"]] == ["100.00"] * 6
    ordered = site.post("/orders", {"quote": quote["id"]})
    assert ordered.status_code == 201, ordered.json
    [told] = site.get("/me/commitments").json["items"]
    assert told["id"] == ordered.json["id"]
    assert [line["charge"] for line in told["plan"]] == ["100.00"] * 6
    assert (told["charges"][0]["charged"], told["left"], told["next_month"]) == (
        "100.00",
        "500.00",
        "2026-04",
    )
    path = f"/me/commitments/{told['id']}"
    assert send(site, "DELETE", path, who="boris").status_code == 404
    ended = send(site, "DELETE", path)
    assert (ended.status_code, ended.json["ended_because"], ended.json["left"]) == (
        200,
        "early",
        "0.00",
    )
    assert [charge["charged"] for charge in ended.json["charges"]] == ["100.00", "500.00"]


def test_what_binds_for_long_wants_a_fresh_sign_in(session: Session, site: Site) -> None:
    factories.a_scheme(
        session,
        version="2026-02",
        components={"budget": "1000 * part_time_factor"},
        products={"cash": PRODUCTS["cash"], "sofa": SOFA},
    )
    session.commit()
    site.headers()
    site.now = NOW + timedelta(minutes=16)
    refused = site.order("sofa", 1)
    assert (refused.status_code, refused.json["code"]) == (403, "sign_in_not_fresh")
    assert site.order("cash", 10).status_code == 201


# Months


AFTER = datetime(2026, 3, 16, 9, tzinfo=UTC)


def test_hr_closes_a_month_and_follows_it(session: Session, site: Site) -> None:
    for month in (MARCH.plus(-2), MARCH.plus(-1)):
        factories.a_close(session, month, now=NOW)
    session.commit()
    before = site.get("/months/2026-03", who="dina").json
    assert (before["state"], before["schemes"][0]["allocated"]) == ("open", True)
    assert [each["code"] for each in before["obstacles"]] == ["deadline"]
    early = site.post("/months/2026-03/close", {}, who="dina")
    assert (early.status_code, early.json["code"], early.json["why"]) == (
        409,
        "close_refused",
        "deadline",
    )

    site.now = AFTER
    key = uuid4().hex
    closed = site.post("/months/2026-03/close", {}, who="dina", key=key)
    assert (closed.status_code, closed.json["state"]) == (202, "closing")
    assert closed.headers["Location"] == "/api/v1/months/2026-03"
    assert closed.json["schemes"][0]["close"]["state"] == "planning"
    work_off(session, now=AFTER)
    session.commit()
    after = site.get("/months/2026-03", who="dina").json
    assert (after["state"], after["schemes"][0]["close"]["state"]) == ("sealed", "done")
    assert len(after["digest"]) == 64
    again = site.post("/months/2026-03/close", {}, who="dina")
    assert (again.status_code, again.json["digest"]) == (202, after["digest"])


def test_months_are_hrs_and_payrolls(site: Site) -> None:
    for who in ("anna", "boris"):
        assert site.get("/months/2026-03", who=who).status_code == 403
        assert site.post("/months/2026-03/close", {}, who=who).status_code == 403
        assert send(site, "PUT", "/people/anna/death", who=who).status_code == 403
    assert site.get("/months/2031-01", who="dina").status_code == 404
    assert site.get("/months/march", who="dina").status_code == 422


def test_hr_notes_a_death_and_takes_it_back(site: Site) -> None:
    assert send(site, "PUT", "/people/anna/death", who="dina").status_code == 204
    assert send(site, "PUT", "/people/anna/death", who="dina").status_code == 204
    assert send(site, "DELETE", "/people/anna/death", who="dina").status_code == 204
    assert send(site, "PUT", "/people/nobody/death", who="dina").status_code == 404
