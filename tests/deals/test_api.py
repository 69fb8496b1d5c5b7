"""Deals as scripts see them: from the first offer to the agreed one, and what is refused."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import pytest
import schemathesis
from flask import Flask
from sqlalchemy.orm import Session

from ideals.deals import commands
from ideals.deals.commands import Say
from ideals.deals.models import Deal
from ideals.kernel import clock
from ideals.kernel.ids import new_id
from tests.counting import counted
from tests.deals.conftest import TERMS, offer, term
from tests.deals.table import BONUS, COURSE, DAY, NAMES, NOW, Cast, cast_of, counter, decide
from tests.desk import Desk, desk, make_app

PATTERN = TERMS["pattern"]


@pytest.fixture(autouse=True)
def at_nine(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clock, "now", lambda: NOW)


@pytest.fixture
def app(session: Session) -> Flask:
    return make_app()


@pytest.fixture
def cast(session: Session) -> Cast:
    return cast_of(session)


@pytest.fixture
def desks(session: Session, app: Flask, cast: Cast) -> dict[str, Desk]:
    return {name: desk(session, app, cast[name], now=NOW) for name in NAMES}


def send(
    who: Desk, method: str, path: str, body: object = None, *, seen: str | None = None
) -> tuple[int, Any]:
    """With a key of its own; `seen`: the ETag."""
    more = {"If-Match": seen} if seen else {}
    headers = who._headers(more | {"Idempotency-Key": str(new_id())})
    answer = who.client.open(f"/api/v1/{path}", method=method, json=body, headers=headers)
    return answer.status_code, answer.json if answer.data else None


def post(who: Desk, path: str, body: object, *, seen: str | None = None) -> Any:
    status, told = send(who, "POST", path, body, seen=seen)
    assert status == 201, told
    return told


def begin(who: Desk, *terms: dict[str, Any], **more: Any) -> Any:
    body = {"subject": "Four times nine", "offer": offer(*(terms or (PATTERN,)))}
    return post(who, "deals", body | more)


def row(session: Session, made: Any) -> Deal:
    return session.get_one(Deal, UUID(made["id"]))


# The way of a deal ----------------------------------------------------------------------------


def test_an_offer_goes_in_and_comes_out_whole(desks: dict[str, Desk]) -> None:
    terms = [each for kind, each in TERMS.items() if kind != "hours"]
    made = begin(desks["anna"], *terms)
    address = f"/api/v1/deals/{made['id']}"
    answer = desks["boris"].get(address)
    assert answer.headers["ETag"] == '"1"'
    assert answer.json | {"you": "employee"} == made
    current = made.pop("current")
    assert made.pop("id")
    assert made.pop("number") > 0
    assert made == {
        "subject": "Four times nine",
        "employee": "anna", "employee_name": "Anna", "manager": "boris", "manager_name": "Boris",
        "you": "employee", "started": "by_employee", "state": "negotiating",
        "offer": 1, "agreed": None, "in_force": None, "turned_down": None,
        "visibility": "parties", "starts_on": None, "evaluate_on": None, "ends_on": None,
        "decide_by": None, "by_law": False,
        "opened_at": "2026-11-02T10:00:00+01:00", "acted_at": "2026-11-02T10:00:00+01:00",
        "agreed_at": None, "approved_at": None, "started_at": None, "ended_at": None,
        "ended_side": None, "advisers": [], "evaluation": None, "reason": None,
    }  # fmt: skip
    assert current.pop("offer") == offer(*terms)
    assert len(current.pop("digest")) == 64
    assert current == {
        "number": 1, "by_side": "employee", "by_adviser": False, "by": "Anna",
        "at": "2026-11-02T10:00:00+01:00", "by_law": False, "template": None,
        "kinds": [each["kind"] for each in terms], "cost": "2190.00", "accepted": [],
    }  # fmt: skip


def test_two_negotiate_and_agree(session: Session, cast: Cast, desks: dict[str, Desk]) -> None:
    anna, boris = desks["anna"], desks["boris"]
    made = begin(anna, COURSE)
    path = f"deals/{made['id']}"
    answer = {"seen": 1, "offer": offer(COURSE, evaluate_on="2027-06-01")}
    second = post(boris, f"{path}/offers", answer)
    assert (second["number"], second["by_side"], second["by"]) == (2, "employer", "Boris")
    status, stale = send(anna, "POST", f"{path}/acceptances", {"offer": 1})
    assert (status, stale["code"], stale["current"]) == (409, "deal_moved_on", 2)
    change = {"path": "evaluate_on", "before": "2027-09-01", "after": "2027-06-01"}
    assert stale["changed"] == [change]
    assert anna.asks(f"{path}/offers/2/changes").json == {
        "since": 1, "number": 2, "changes": [change],
    }  # fmt: skip
    first = post(anna, f"{path}/acceptances", {"offer": 2})
    assert (first["state"], first["current"]["accepted"]) == (
        "negotiating",
        [{"side": "employee", "by": "Anna", "at": "2026-11-02T10:00:00+01:00"}],
    )
    agreed = post(boris, f"{path}/acceptances", {"offer": 2})
    assert (agreed["state"], agreed["agreed"], agreed["starts_on"]) == ("agreed", 2, "2027-03-01")
    assert (agreed["agreed_at"], agreed["approved_at"]) == ("2026-11-02T10:00:00+01:00", None)
    [waiting] = desks["greta"].asks("approvals?waiting=me").json["items"]
    assert waiting["subject"] == f"deal:{made['id']}"
    decided = f"approvals/{waiting['id']}/decisions"
    post(desks["greta"], decided, {"decision": "approve", "reason": None})
    assert anna.asks(path).json["approved_at"] is not None
    acts = [each["act"] for each in boris.asks(f"{path}/history").json["items"]]
    assert acts == ["offer", "offer", "accept", "accept", "agree", "approve"]
    assert [each["number"] for each in boris.asks(f"{path}/offers").json["items"]] == [1, 2]


def test_the_etag_of_the_deal_names_what_was_seen_too(desks: dict[str, Desk]) -> None:
    anna, boris = desks["anna"], desks["boris"]
    path = f"deals/{begin(anna)['id']}"
    tag = boris.asks(path).headers["ETag"]
    body = {"offer": offer(PATTERN, evaluate_on="2027-06-01")}
    status, said = send(boris, "POST", f"{path}/offers", body)
    assert (status, said["code"]) == (428, "if_match_missing")
    assert post(boris, f"{path}/offers", body, seen=tag)["number"] == 2
    for where, more in (
        ("offers", {"offer": offer(PATTERN)}),
        ("refusals", {"reason": "No"}),
        ("withdrawal", {}),
        ("acceptances", {"offer": 2}),
    ):
        status, said = send(anna, "POST", f"{path}/{where}", more, seen=tag)
        assert (status, said["code"], said["current"]) == (412, "if_match_stale", 2), where
    tag = anna.asks(path).headers["ETag"]
    for where in ("refusals", "withdrawal"):
        assert send(anna, "POST", f"{path}/{where}", {"reason": "No"})[0] == 428
    gone = post(anna, f"{path}/withdrawal", {}, seen=tag)
    assert (gone["state"], gone["ended_side"]) == ("withdrawn", "employee")


def test_a_refusal_says_why(desks: dict[str, Desk]) -> None:
    anna, boris = desks["anna"], desks["boris"]
    path = f"deals/{begin(anna)['id']}"
    status, said = send(boris, "POST", f"{path}/refusals", {"offer": 1, "reason": " "})
    assert (status, said["code"], said["field"]) == (422, "deal_text_wrong", "reason")
    body = {"offer": 1, "reason": "Two are away in March"}
    refused = post(boris, f"{path}/refusals", body)
    assert (refused["state"], refused["ended_side"]) == ("refused", "employer")
    assert anna.asks(path).json["reason"] == "Two are away in March"
    status, said = send(anna, "POST", f"{path}/offers", {"seen": 1, "offer": offer(PATTERN)})
    assert (status, said["code"], said["current"]) == (409, "deal_act_not_possible", "refused")


def test_the_same_request_again_is_the_same_deal(desks: dict[str, Desk]) -> None:
    body = {"subject": "Four times nine", "offer": offer(PATTERN)}
    anna = desks["anna"]
    first, again = (anna.send("POST", "deals", body, key="k") for _ in range(2))
    assert first.status_code == again.status_code == 201
    assert first.headers["Location"] == f"/api/v1/deals/{first.json['id']}"
    assert again.json == first.json
    assert anna.send("POST", "deals", body).json["code"] == "idempotency_key_missing"
    other = body | {"subject": "Something else"}
    assert anna.send("POST", "deals", other, key="k").json["code"] == "idempotency_key_reused"
    made = first.json["id"]
    two = [
        anna.send("POST", f"deals/{made}/messages", {"said": "Hello"}, key="m") for _ in range(2)
    ]
    assert two[0].json == two[1].json
    assert len(anna.asks(f"deals/{made}/messages").json["items"]) == 1


# Refusals -------------------------------------------------------------------------------------


def test_every_fault_of_an_offer_is_told_at_once(desks: dict[str, Desk]) -> None:
    wrong = offer(term("bonus", amount="much"), employer_gets=None, starts_on="2026-10-01")
    body = {"subject": "A bonus", "offer": wrong}
    status, said = send(desks["anna"], "POST", "deals", body)
    assert (status, said["code"]) == (422, "offer_refused")
    assert {each["path"] for each in said["faults"]} == {
        "terms[0].amount",
        "employer_gets",
        "starts_on",
    }


def test_scripts_hear_why_not(desks: dict[str, Desk]) -> None:
    def code(who: str, **more: Any) -> tuple[int, str]:
        body = {"subject": "Four times nine", "offer": offer(PATTERN)} | more
        status, said = send(desks[who], "POST", "deals", body)
        return status, said.get("code", "")

    assert code("anna", manager="clara") == (422, "deal_manager_differs")
    assert code("anna", manager="nobody") == (422, "deal_manager_differs")
    assert code("dina", employee="anna", manager="nobody") == (422, "person_unknown")
    assert code("dina", employee="nobody") == (422, "person_unknown")
    for who in ("boris", "clara", "henk"):
        assert code(who, employee="nobody") == (403, "may_not_propose_deal")
    assert code("clara", employee="anna") == (403, "may_not_propose_deal")
    assert code("greta") == (422, "deal_needs_manager")
    assert code("anna", by_law=True, offer=offer(BONUS)) == (422, "not_a_request_by_law")
    assert code("anna", subject="") == (422, "deal_text_wrong")
    assert code("anna", subject="x" * 100_000) == (422, "deal_text_wrong")
    assert code("anna", offer={"terms": []}) == (422, "offer_refused")
    assert code("anna", offer=[]) == (422, "validation_failed")
    assert code("anna", offers={}) == (422, "validation_failed")
    assert code("anna", by_law="yes") == (422, "validation_failed")
    assert code("boris", employee="anna") == (201, "")
    assert code("dina", employee="anna", manager="boris", before_hiring=True) == (201, "")


@pytest.mark.parametrize("text", ["a\ud800b", "a\x00b", "100\u202e", "x" * 100_000])
def test_no_text_is_too_strange_to_be_refused(desks: dict[str, Desk], text: str) -> None:
    anna = desks["anna"]
    made = begin(anna)["id"]
    wrong = offer(PATTERN, reason=text)
    for path, body in (
        ("deals", {"subject": text, "offer": offer(PATTERN)}),
        ("deals", {"subject": "Four times nine", "offer": wrong}),
        (f"deals/{made}/offers", {"seen": 1, "offer": wrong}),
        (f"deals/{made}/messages", {"said": text}),
        (f"deals/{made}/refusals", {"offer": 1, "reason": text}),
    ):
        status, _said = send(anna, "POST", path, body)
        assert status == 422, path
    if "\u202e" not in text:
        body = {"subject": "Four times nine", "offer": offer(PATTERN), "employee": text}
        assert send(anna, "POST", "deals", body)[0] in (403, 422)
        assert send(anna, "POST", f"deals/{made}/advisers", {"number": text})[0] == 422


def test_any_script_will_do(desks: dict[str, Desk]) -> None:
    anna = desks["anna"]
    said = "שלום 100, 你好, مرحبا, ő"
    path = f"deals/{begin(anna, subject=said)['id']}"
    assert anna.asks(path).json["subject"] == said
    assert post(anna, f"{path}/messages", {"said": said})["said"] == said


def test_numbers_out_of_reach_are_of_no_offer(desks: dict[str, Desk]) -> None:
    anna = desks["anna"]
    path = f"deals/{begin(anna)['id']}"
    for number in (0, 2, 40_000, 10**12):
        status, said = send(anna, "POST", f"{path}/acceptances", {"offer": number})
        assert (status, said["code"]) == (409, "deal_moved_on")
        assert anna.asks(f"{path}/offers/{number}").json["code"] == "deal_unknown"
        assert anna.asks(f"{path}/letters/{number}/nl").json["code"] == "deal_letter_unknown"
    assert send(anna, "POST", f"{path}/acceptances", {"offer": "1"})[0] == 422
    assert anna.asks(f"{path}/offers/1/changes?since=40000").status_code == 404
    assert anna.asks(f"{path}/offers/1/changes").json == {"since": None, "number": 1, "changes": []}


def test_accepting_takes_a_fresh_token(
    monkeypatch: pytest.MonkeyPatch, desks: dict[str, Desk]
) -> None:
    path = f"deals/{begin(desks['anna'])['id']}"
    monkeypatch.setattr(clock, "now", lambda: NOW + DAY)
    status, said = send(desks["boris"], "POST", f"{path}/acceptances", {"offer": 1})
    assert (status, said["code"]) == (403, "sign_in_not_fresh")


# Beside the offers ----------------------------------------------------------------------------


def test_messages_stand_beside_their_offer(desks: dict[str, Desk]) -> None:
    anna, boris = desks["anna"], desks["boris"]
    path = f"deals/{begin(anna)['id']}/messages"
    said = post(boris, path, {"said": "Which days?", "asks": True})
    assert said | {"id": 0} == {
        "id": 0, "offer": 1, "side": "employer", "by_adviser": False, "by": "Boris",
        "at": "2026-11-02T10:00:00+01:00", "asks": True, "said": "Which days?",
    }  # fmt: skip
    post(anna, path, {"said": "Monday to Thursday"})
    first = anna.asks(f"{path}?limit=1").json
    assert [each["said"] for each in first["items"]] == ["Which days?"]
    rest = anna.asks(f"{path}?cursor={first['next']}").json
    assert [each["said"] for each in rest["items"]] == ["Monday to Thursday"]


def test_an_adviser_is_invited_writes_and_goes(desks: dict[str, Desk]) -> None:
    anna, egor = desks["anna"], desks["egor"]
    path = f"deals/{begin(anna)['id']}"
    assert egor.asks(path).status_code == 404
    for number, why in (("nobody", "unknown"), ("boris", "is_party")):
        status, said = send(anna, "POST", f"{path}/advisers", {"number": number})
        assert (status, said["code"], said["why"]) == (422, "adviser_unfit", why)
    made = post(anna, f"{path}/advisers", {"number": "egor"})
    assert made == {"number": "egor", "name": "Egor", "invited_at": "2026-11-02T10:00:00+01:00"}
    assert egor.asks(f"{path}/advisers").json["items"] == [made]
    second = post(egor, f"{path}/offers", {"seen": 1, "offer": offer(TERMS["place"])})
    assert (second["by_side"], second["by_adviser"], second["by"]) == ("employee", True, "Egor")
    assert send(egor, "POST", f"{path}/acceptances", {"offer": 2})[1]["code"] == "not_yours_in_deal"
    assert send(desks["boris"], "DELETE", f"{path}/advisers/egor")[0] == 403
    assert send(anna, "DELETE", f"{path}/advisers/egor")[0] == 204
    assert send(anna, "DELETE", f"{path}/advisers/egor")[1]["code"] == "adviser_unknown"
    for part in ("", "/offers", "/messages", "/draft"):
        assert egor.asks(f"{path}{part}").status_code == 404
    acts = [(each["act"], each["to"]) for each in anna.asks(f"{path}/history").json["items"]]
    assert ("adviser_invited", "Egor") in acts
    assert ("adviser_removed", "Egor") in acts


def test_a_draft_is_nobody_elses(desks: dict[str, Desk]) -> None:
    anna, boris = desks["anna"], desks["boris"]
    made = begin(anna)["id"]
    for path in ("deals/draft", f"deals/{made}/draft"):
        assert anna.asks(path).json["code"] == "deal_draft_unknown"
        body = {"seen": 1, "offer": {"reason": "Not yet whole"}}
        status, kept = send(anna, "PUT", path, body)
        assert (status, kept["offer"]) == (200, {"reason": "Not yet whole"})
        assert send(anna, "PUT", path, body)[1]["code"] == "if_match_missing"
        answer = anna.asks(path)
        tag = answer.headers["ETag"]
        assert answer.json == kept
        assert send(anna, "PUT", path, body, seen=tag)[0] == 200
        status, stale = send(anna, "PUT", path, body, seen=tag)
        assert (status, stale["code"], stale["version"]) == (412, "deal_draft_moved_on", 2)
        strange = body | {"offer": {"mood": "good"}}
        assert send(anna, "PUT", path, strange, seen='"2"')[1]["code"] == "deal_draft_unusable"
        assert boris.asks(path).json["code"] == "deal_draft_unknown"
        assert send(anna, "DELETE", path)[0] == 204
        assert anna.asks(path).status_code == 404
    assert send(desks["clara"], "PUT", f"deals/{made}/draft", {"offer": {}})[0] == 404
    assert send(desks["dina"], "PUT", f"deals/{made}/draft", {"offer": {}})[0] == 403


# Lists ----------------------------------------------------------------------------------------


def test_a_list_says_what_you_are_in_each(
    session: Session, cast: Cast, desks: dict[str, Desk]
) -> None:
    anna, dina = desks["anna"], desks["dina"]
    one, two = begin(anna, BONUS), begin(desks["boris"], employee="anna")
    post(anna, f"deals/{one['id']}/advisers", {"number": "egor"})
    for who in ("anna", "boris"):
        post(desks[who], f"deals/{one['id']}/acceptances", {"offer": 1})
    decide(session, row(session, one), cast.greta)
    session.commit()

    def listed(who: str, query: str = "") -> dict[str, str]:
        items = desks[who].asks(f"deals{query}").json["items"]
        return {item["id"]: item["you"] for item in items}

    a, b = one["id"], two["id"]
    assert listed("anna") == {a: "employee", b: "employee"}
    assert listed("boris") == {a: "employer", b: "employer"}
    assert (listed("egor"), listed("greta")) == ({a: "adviser"}, {a: "approver"})
    assert listed("dina") == {a: "hr", b: "hr"}
    assert (listed("clara"), listed("henk")) == ({}, {})
    assert listed("dina", "?state=agreed") == {a: "hr"}
    assert listed("boris", "?state=refused") == {}
    assert (set(listed("dina", "?employee=anna")), listed("dina", "?employee=egor")) == ({a, b}, {})
    for who in NAMES:
        for id_, you in listed(who).items():
            assert desks[who].asks(f"deals/{id_}").json["you"] == you
    first = dina.asks("deals?limit=1").json
    rest = dina.asks(f"deals?limit=1&cursor={first['next']}").json
    assert {first["items"][0]["id"], rest["items"][0]["id"]} == {a, b}
    assert rest["next"] is None
    assert dina.asks("deals?states=agreed").status_code == 422


def test_answers_are_as_the_document_says(app: Flask, desks: dict[str, Desk]) -> None:
    schema = schemathesis.openapi.from_wsgi("/api/openapi.json", app)
    anna = desks["anna"]
    made = begin(anna)["id"]
    one = "deals/{deal_id}"
    body: Any
    for method, path, template, body in (
        ("GET", "deals", "deals", None),
        ("POST", "deals", "deals", {"subject": "Again", "offer": offer(PATTERN)}),
        ("GET", f"deals/{made}", one, None),
        ("GET", f"deals/{new_id()}", one, None),
        ("POST", f"deals/{made}/offers", f"{one}/offers", {"seen": 1, "offer": offer(PATTERN)}),
        ("POST", f"deals/{made}/offers", f"{one}/offers", {"offer": offer(PATTERN)}),
        ("GET", f"deals/{made}/offers", f"{one}/offers", None),
        ("GET", f"deals/{made}/offers/1", f"{one}/offers/{{number}}", None),
        ("GET", f"deals/{made}/offers/2/changes", f"{one}/offers/{{number}}/changes", None),
        ("POST", f"deals/{made}/messages", f"{one}/messages", {"said": "Hello"}),
        ("GET", f"deals/{made}/messages", f"{one}/messages", None),
        ("GET", f"deals/{made}/history", f"{one}/history", None),
        ("POST", f"deals/{made}/advisers", f"{one}/advisers", {"number": "egor"}),
        ("GET", f"deals/{made}/advisers", f"{one}/advisers", None),
        ("DELETE", f"deals/{made}/advisers/egor", f"{one}/advisers/{{number}}", None),
        ("PUT", f"deals/{made}/draft", f"{one}/draft", {"offer": {}}),
        ("GET", f"deals/{made}/draft", f"{one}/draft", None),
        ("DELETE", f"deals/{made}/draft", f"{one}/draft", None),
        ("PUT", "deals/draft", "deals/draft", {"offer": {}}),
        ("GET", "deals/draft", "deals/draft", None),
        ("GET", f"deals/{made}/evaluations", f"{one}/evaluations", None),
        ("GET", f"deals/{made}/letters", f"{one}/letters", None),
        ("POST", f"deals/{made}/acceptances", f"{one}/acceptances", {"offer": 1}),
        ("POST", f"deals/{made}/acceptances", f"{one}/acceptances", {"offer": 2}),
        ("POST", f"deals/{made}/refusals", f"{one}/refusals", {"offer": 2, "reason": "No"}),
        ("POST", f"deals/{made}/withdrawal", f"{one}/withdrawal", {"offer": 2}),
    ):
        answer = anna.send(method, path, body, key=f"{method}{path}{body}"[:30] + str(new_id()))
        operation = schema[f"/api/v1/{template}"][method]
        operation.validate_response(schemathesis.Response.from_any(answer))


# Figures --------------------------------------------------------------------------------------


def test_it_costs_as_many_statements_however_much_was_said(
    session: Session, cast: Cast, desks: dict[str, Desk]
) -> None:
    anna = desks["anna"]
    few, many = begin(anna)["id"], begin(anna)["id"]
    deals = [row(session, {"id": id_}) for id_ in (few, many)]
    for deal, offers, messages in ((deals[0], 2, 3), (deals[1], 50, 50)):
        for _ in range(offers - 1):
            counter(session, deal, cast.boris, PATTERN)
        for _ in range(messages):
            commands.say(session, Say(deal.id, "Hello"), actor=cast.boris, now=NOW)
    session.commit()
    for part in ("", "/offers?limit=200", "/messages", "/history", "/offers/2/changes"):
        with counted() as small:
            assert anna.asks(f"deals/{few}{part}").status_code == 200
        with counted() as large:
            assert anna.asks(f"deals/{many}{part}").status_code == 200
        assert large.statements == small.statements, large
        assert large.statements <= 14, large


def test_a_list_costs_as_many_statements_however_long(desks: dict[str, Desk]) -> None:
    begin(desks["anna"])
    desks["boris"].asks("deals")
    with counted() as one:
        assert len(desks["boris"].asks("deals").json["items"]) == 1
    for _ in range(10):
        begin(desks["anna"])
    with counted() as more:
        assert len(desks["boris"].asks("deals").json["items"]) == 11
    assert more.statements == one.statements, more
