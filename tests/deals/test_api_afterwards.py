"""Over the API: looking back, breaches, endings; clauses, templates and what is usual."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
import schemathesis
from flask import Flask
from sqlalchemy.orm import Session

from ideals.deals import commands
from ideals.deals.models import Deal, LifeEvent
from ideals.kernel import clock
from ideals.kernel.ids import new_id
from tests.deals.conftest import TERMS, offer, term
from tests.deals.table import (
    DAY,
    NAMES,
    Cast,
    at,
    both_accept,
    cast_of,
    decide,
    in_force,
    propose,
)
from tests.deals.test_api import post, send
from tests.desk import Desk, desk, make_app

DUE = date(2027, 9, 1)
ANSWERS = {
    "promised": "Four days, and early shifts",
    "kept_by_me": "all",
    "kept_by_them": "partly",
    "worth_it": "yes",
    "on_others": "nothing",
}
CLAUSE = {
    "says": {"en": "No day is longer than eight hours", "nl": "Geen dag is langer dan acht uur"},
    "kinds": ["pattern"],
    "formula": "longest_day <= 8",
}
TEMPLATE = {
    "names": {"en": "Four times nine"},
    "says": {"en": "The same hours in four days"},
    "offer": {"terms": [TERMS["pattern"]]},
}


@pytest.fixture(autouse=True)
def on_the_day(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clock, "now", lambda: at(DUE))


@pytest.fixture
def app(session: Session) -> Flask:
    return make_app()


@pytest.fixture
def cast(session: Session) -> Cast:
    return cast_of(session)


@pytest.fixture
def deal(session: Session, cast: Cast) -> Deal:
    """In force, with the day on which both look back."""
    return in_force(session, cast)


@pytest.fixture
def desks(session: Session, app: Flask, cast: Cast, deal: Deal) -> dict[str, Desk]:
    return {name: desk(session, app, cast[name], now=at(DUE)) for name in NAMES}


@pytest.fixture
def promise(session: Session, cast: Cast, desks: dict[str, Desk]) -> Deal:
    """In force with a bonus that is judged in September."""
    made = propose(session, cast, term("bonus", due_month="2027-09"))
    both_accept(session, cast, made)
    for who in (cast.greta, cast.dina):
        decide(session, made, who)
    commands.act_on_deal(session, made.id, actor=cast.dina, now=at(date(2027, 3, 1)))
    session.commit()
    return made


STATED = {"offer": 1, "place": 0, "amount": "500.00", "evidence": "Half of the shifts"}


def test_a_bonus_is_stated_and_listed(promise: Deal, desks: dict[str, Desk]) -> None:
    path = f"deals/{promise.id}/bonuses"
    assert desks["boris"].asks(path).json["items"] == []
    made = post(desks["boris"], path, STATED)
    expected = STATED | {
        "state": "stated", "paid_as": "grant", "due_month": "2027-09", "by": "Boris",
        "at": "2027-09-01T11:00:00+02:00", "paid_in": None, "decided_at": None,
    }  # fmt: skip
    assert {**made, "id": None} == expected | {"id": None}
    status, again = send(desks["boris"], "POST", path, STATED)
    assert (status, again["code"]) == (409, "bonus_stated_already")
    for name in ("anna", "boris", "dina"):
        assert desks[name].asks(path).json["items"] == [made]
    for name in ("clara", "egor", "henk"):
        assert desks[name].asks(path).status_code == 404
        assert send(desks[name], "POST", path, STATED)[0] == 404
    for name in ("anna", "dina"):
        status, refused = send(desks[name], "POST", path, STATED)
        assert (status, refused["code"]) == (403, "not_yours_in_deal")


@pytest.mark.parametrize(
    ("changes", "status"),
    [
        ({"amount": "750.01"}, 422),
        ({"amount": "-1.00"}, 422),
        ({"place": 1}, 422),
        ({"place": -1}, 422),
        ({"place": 2**70}, 422),
        ({"offer": 2}, 422),
        ({"evidence": ""}, 422),
        ({"evidence": "x" * 100_000}, 422),
        ({"evidence": "1\u202e00"}, 422),
    ],
)
def test_what_no_bonus_can_be_is_refused(
    promise: Deal, desks: dict[str, Desk], changes: dict[str, Any], status: int
) -> None:
    path = f"deals/{promise.id}/bonuses"
    assert send(desks["boris"], "POST", path, STATED | changes)[0] == status
    assert desks["boris"].asks(path).json["items"] == []


def test_both_look_back_blind(deal: Deal, desks: dict[str, Desk]) -> None:
    anna, boris, path = desks["anna"], desks["boris"], f"deals/{deal.id}"
    due = anna.asks(path).json["evaluation"]
    assert due == {
        "number": 1, "due_on": "2027-09-01", "opens_on": "2027-08-18", "closes_on": "2027-11-30",
        "answered": [],
    }  # fmt: skip
    assert desks["egor"].asks(path).status_code == 404
    status, said = send(anna, "POST", f"{path}/evaluations", {"answers": {"mood": "good"}})
    assert (status, said["code"]) == (422, "deal_answers_refused")
    assert {each["path"] for each in said["faults"]} >= {"mood", "promised", "worth_it"}
    mine = post(anna, f"{path}/evaluations", {"number": 1, "answers": ANSWERS})
    assert (mine["side"], mine["by"], mine["answers"]) == ("employee", "Anna", ANSWERS)
    assert boris.asks(f"{path}/evaluations").json["items"] == []
    assert boris.asks(path).json["evaluation"]["answered"] == ["employee"]
    status, said = send(anna, "POST", f"{path}/evaluations", {"answers": ANSWERS | {"note": "x"}})
    assert (status, said["code"]) == (409, "deal_evaluated_already")
    post(boris, f"{path}/evaluations", {"answers": ANSWERS})
    for who in ("anna", "boris", "dina"):
        sides = [each["side"] for each in desks[who].asks(f"{path}/evaluations").json["items"]]
        assert sides == ["employee", "employer"]
    assert send(desks["dina"], "POST", f"{path}/evaluations", {"answers": ANSWERS})[0] == 403
    assert send(desks["clara"], "POST", f"{path}/evaluations", {"answers": ANSWERS})[0] == 404


def test_a_breach_is_named_answered_and_settled(deal: Deal, desks: dict[str, Desk]) -> None:
    anna, boris, path = desks["anna"], desks["boris"], f"deals/{deal.id}/breaches"
    made = post(anna, path, {"said": "Two Fridays were rostered"})
    assert (made["state"], made["side"], made["by"], made["hr_on"]) == (
        "named",
        "employee",
        "Anna",
        "2027-09-29",
    )
    one = f"{path}/{made['id']}"
    assert send(anna, "POST", f"{one}/answer", {"said": "Myself"})[1]["code"] == "not_yours_in_deal"
    answered = post(boris, f"{one}/answer", {"said": "It will not happen again"})
    assert (answered["state"], answered["answer"]) == ("answered", "It will not happen again")
    assert send(boris, "POST", f"{one}/settlement", {})[0] == 403
    assert post(anna, f"{one}/settlement", {})["state"] == "settled"
    status, said = send(anna, "POST", f"{one}/settlement", {"stays": True})
    assert (status, said["code"], said["current"]) == (409, "deal_breach_moved_on", "settled")
    other = post(boris, path, {"said": "The early shifts were swapped"})["id"]
    assert post(boris, f"{path}/{other}/settlement", {"stays": True})["state"] == "with_hr"
    assert len(desks["dina"].asks(path).json["items"]) == 2
    for who in ("egor", "clara", "henk"):
        assert desks[who].asks(path).status_code == 404
        assert send(desks[who], "POST", path, {"said": "x"})[0] == 404
    missing = f"{path}/{new_id()}/answer"
    assert send(boris, "POST", missing, {"said": "x"})[1]["code"] == "deal_breach_unknown"


def test_ending_is_asked_and_answered(deal: Deal, desks: dict[str, Desk]) -> None:
    anna, boris, path = desks["anna"], desks["boris"], f"deals/{deal.id}/endings"
    body = {"last_day": "2027-10-31", "reason": "The rota has changed"}
    wrong = body | {"last_day": "2027-08-31"}
    status, said = send(anna, "POST", path, wrong)
    assert (status, said["code"], said["first"]) == (422, "deal_last_day_wrong", "2027-09-01")
    assert post(anna, path, body)["state"] == "in_force"
    [asked] = boris.asks(path).json["items"]
    assert (asked["state"], asked["side"], asked["answer_by"]) == (
        "asked",
        "employee",
        "2027-09-15",
    )
    status, said = send(boris, "POST", path, wrong | {"last_day": "2027-10-01"})
    assert (status, said["code"], said["current"]) == (409, "deal_ending_asked", asked["id"])
    answered = post(boris, f"{path}/{asked['id']}/answer", {"agree": True})
    assert answered["state"] == "agreed"
    assert anna.asks(f"deals/{deal.id}").json["ends_on"] == "2027-10-31"
    assert send(desks["clara"], "POST", path, body)[0] == 404


def test_hr_ends_it_where_a_rule_says_so(deal: Deal, desks: dict[str, Desk]) -> None:
    body = {"last_day": "2027-10-31", "reason": "Ill for two years"}
    ended = post(desks["dina"], f"deals/{deal.id}/endings", body)
    assert (ended["state"], ended["ends_on"], ended["you"]) == ("in_force", "2027-10-31", "hr")


def test_both_say_what_becomes_of_it(session: Session, deal: Deal, desks: dict[str, Desk]) -> None:
    path = f"deals/{deal.id}/life-events"
    session.add(LifeEvent(deal_id=deal.id, kind="unit_moved", on=DUE, at=at(DUE)))
    session.commit()
    [event] = desks["anna"].asks(path).json["items"]
    assert (event["kind"], event["on"], event["employee_says"]) == (
        "unit_moved",
        "2027-09-01",
        None,
    )
    one = f"{path}/{event['id']}/answers"
    assert post(desks["anna"], one, {"then": "continue"})["employee_says"] == "continue"
    settled = post(desks["boris"], one, {"then": "continue"})
    assert settled["settled_at"] == "2027-09-01T11:00:00+02:00"
    for who in ("egor", "clara"):
        assert desks[who].asks(path).status_code == 404
    assert send(desks["dina"], "POST", one, {"then": "end"})[0] == 403
    assert send(desks["anna"], "POST", f"{path}/0/answers", {"then": "end"})[0] == 404


def test_what_is_overdue_is_listed(
    deal: Deal, desks: dict[str, Desk], monkeypatch: pytest.MonkeyPatch
) -> None:
    def listed(who: str, query: str = "?overdue=true") -> list[str]:
        return [each["id"] for each in desks[who].asks(f"deals{query}").json["items"]]

    monkeypatch.setattr(clock, "now", lambda: at(DUE - DAY))
    assert listed("dina") == []
    monkeypatch.setattr(clock, "now", lambda: at(DUE))
    assert listed("dina") == listed("boris") == [str(deal.id)]
    assert listed("clara") == []
    assert listed("dina", "?overdue=false") == [str(deal.id)]


# What HR keeps --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("path", "body"), [("deals/clauses/rest", CLAUSE), ("deals/templates/four_nine", TEMPLATE)]
)
def test_hr_keeps_it_and_names_what_was_read(
    desks: dict[str, Desk], path: str, body: dict[str, Any]
) -> None:
    dina, anna = desks["dina"], desks["anna"]
    assert anna.asks(path).json["code"] == "deal_kept_unknown"
    for who in ("anna", "boris", "henk"):
        assert send(desks[who], "PUT", path, body)[1]["code"] == "role_missing"
    status, kept = send(dina, "PUT", path, body)
    assert status == 200, kept
    assert {key: kept[key] for key in body} == body
    answer = anna.asks(path)
    tag = answer.headers["ETag"]
    assert answer.json == kept
    assert anna.asks(path.rpartition("/")[0]).json["items"] == [kept]
    assert send(dina, "PUT", path, body)[0] == 428
    assert send(dina, "PUT", path, body, seen=tag)[0] == 200
    for method in ("PUT", "DELETE"):
        status, said = send(dina, method, path, body if method == "PUT" else None, seen=tag)
        assert (status, said["code"]) == (412, "deal_kept_moved_on")
    tag = anna.asks(path).headers["ETag"]
    assert send(dina, "DELETE", path)[0] == 428
    assert send(dina, "DELETE", path, seen=tag)[0] == 204
    assert send(dina, "DELETE", path, seen=tag)[0] == 404


def test_faults_of_what_hr_writes_are_all_told(desks: dict[str, Desk]) -> None:
    wrong = CLAUSE | {"formula": "longest_day <", "kinds": ["mood"]}
    status, said = send(desks["dina"], "PUT", "deals/clauses/rest", wrong)
    assert (status, said["code"]) == (422, "offer_refused")
    assert said["faults"]
    strange = TEMPLATE | {"offer": {"mood": "good", "terms": [{"kind": "mood"}]}}
    status, said = send(desks["dina"], "PUT", "deals/templates/four_nine", strange)
    assert {each["path"] for each in said["faults"]} == {"text.mood", "text.terms[0].kind"}


def test_an_offer_is_held_against_clauses(desks: dict[str, Desk]) -> None:
    send(desks["dina"], "PUT", "deals/clauses/rest", CLAUSE)
    days = {"starts_on": "2027-12-01", "evaluate_on": "2028-02-01", "ends_on": None}
    body = {"subject": "Nine", "offer": offer(term("place"), TERMS["pattern"], **days)}
    made = post(desks["anna"], "deals", body)
    path = f"deals/{made['id']}/offers/1/clauses"
    assert desks["boris"].asks(path).json == {
        "void": [{"term": 1, "code": "rest", "says": "No day is longer than eight hours"}],
        "unsure": [],
    }
    status, said = send(desks["boris"], "POST", f"deals/{made['id']}/acceptances", {"offer": 1})
    assert (status, said["code"]) == (409, "deal_terms_void")
    assert desks["clara"].asks(path).status_code == 404
    assert desks["anna"].asks(path.replace("/1/", "/2/")).status_code == 404


def test_what_is_usual_here_says_nothing_of_few(desks: dict[str, Desk]) -> None:
    days = {"starts_on": "2027-12-01", "evaluate_on": "2028-02-01", "ends_on": None}
    money = term("money", from_month=None, through_month=None)
    made = post(desks["anna"], "deals", {"subject": "Money", "offer": offer(money, **days)})
    answer = desks["boris"].asks(f"deals/{made['id']}/comparable").json
    assert answer["counts"] == [{"kind": "money", "everywhere": None, "team": None}]
    assert {each["measure"] for each in answer["figures"]} == {"once", "monthly"}
    assert {each["median"] for each in answer["figures"]} == {None}
    assert desks["clara"].asks(f"deals/{made['id']}/comparable").status_code == 404


def test_what_is_seen_before_agreeing_is_told_at_once(desks: dict[str, Desk]) -> None:
    send(desks["dina"], "PUT", "deals/clauses/rest", CLAUSE)
    days = {"starts_on": "2027-12-01", "evaluate_on": "2028-02-01", "ends_on": None}
    course = term("development", paid_from="employer")
    body = {"subject": "Nine", "offer": offer(course, TERMS["pattern"], **days)}
    made = post(desks["anna"], "deals", body)
    path = f"deals/{made['id']}/offers/1/before"
    found = {name: desks[name].asks(path).json for name in ("anna", "boris", "dina")}
    for name, each in found.items():
        assert each["cost"] == "2400.00", name
        assert each["covered"] is each["mandate"] is each["cover"] is None, name
        assert each["clauses"]["void"][0]["code"] == "rest"
        assert {one["kind"] for one in each["comparable"]["counts"]} == {"development", "pattern"}
        assert "net" not in str(each)
    for name in ("clara", "egor", "henk"):
        assert desks[name].asks(path).status_code == 404, name
    assert desks["anna"].asks(path.replace("/1/", "/2/")).status_code == 404


def test_the_usual_ones_and_what_a_template_starts(desks: dict[str, Desk]) -> None:
    for name in ("anna", "boris", "henk"):
        assert send(desks[name], "POST", "deals/usual")[1]["code"] == "role_missing", name
    assert send(desks["dina"], "POST", "deals/usual") == (200, {"published": 5})
    assert send(desks["dina"], "POST", "deals/usual") == (200, {"published": 0})
    path = "deals/templates/four_times_nine/offer"
    made = desks["anna"].asks(f"{path}?starts_on=2028-01-01").json
    assert made["template"] == "four_times_nine"
    assert (made["offer"]["starts_on"], made["offer"]["ends_on"]) == ("2028-01-01", "2028-12-31")
    body = {"subject": "Nine", "offer": made["offer"], "template": made["template"]}
    assert post(desks["anna"], "deals", body)["current"]["template"] == "four_times_nine"
    assert desks["anna"].asks(path).status_code == 422
    assert desks["anna"].asks(f"{path}?starts_on=soon").status_code == 422
    gone = "deals/templates/gone/offer?starts_on=2028-01-01"
    assert desks["anna"].asks(gone).status_code == 404


def test_colleagues_hear_what_is_for_them(
    session: Session, deal: Deal, desks: dict[str, Desk]
) -> None:
    assert desks["egor"].asks("deals/shown").json["items"] == []
    deal.visibility = "everyone"
    session.commit()
    [shown] = desks["egor"].asks("deals/shown").json["items"]
    assert (shown["name"], shown["kinds"]) == ("Anna", ["other"])
    assert desks["anna"].asks("deals/shown").json["items"] == []


def test_answers_are_as_the_document_says(app: Flask, deal: Deal, desks: dict[str, Desk]) -> None:
    schema = schemathesis.openapi.from_wsgi("/api/openapi.json", app)
    one, path = "deals/{deal_id}", f"deals/{deal.id}"
    for who, method, where, template, body in (
        ("anna", "GET", path, one, None),
        ("anna", "POST", f"{path}/evaluations", f"{one}/evaluations", {"answers": ANSWERS}),
        ("anna", "GET", f"{path}/evaluations", f"{one}/evaluations", None),
        ("anna", "POST", f"{path}/breaches", f"{one}/breaches", {"said": "Twice"}),
        ("anna", "GET", f"{path}/breaches", f"{one}/breaches", None),
        ("anna", "POST", f"{path}/endings", f"{one}/endings",
         {"last_day": "2027-10-31", "reason": "Enough"}),
        ("anna", "GET", f"{path}/endings", f"{one}/endings", None),
        ("anna", "GET", f"{path}/life-events", f"{one}/life-events", None),
        ("anna", "GET", f"{path}/comparable", f"{one}/comparable", None),
        ("anna", "GET", f"{path}/offers/1/clauses", f"{one}/offers/{{number}}/clauses", None),
        ("dina", "PUT", "deals/clauses/rest", "deals/clauses/{code}", CLAUSE),
        ("dina", "GET", "deals/clauses/rest", "deals/clauses/{code}", None),
        ("dina", "GET", "deals/clauses", "deals/clauses", None),
        ("dina", "PUT", "deals/templates/nine", "deals/templates/{code}", TEMPLATE),
        ("dina", "GET", "deals/templates/nine", "deals/templates/{code}", None),
        ("dina", "GET", "deals/templates", "deals/templates", None),
        ("egor", "GET", "deals/shown", "deals/shown", None),
    ):  # fmt: skip
        answer = desks[who].send(method, where, body, key=str(new_id()))
        assert answer.status_code < 300, answer.json
        operation = schema[f"/api/v1/{template}"][method]
        operation.validate_response(schemathesis.Response.from_any(answer))
