"""Checks and draws for scripts: the same as on the pages, and as the description says."""

from __future__ import annotations

import schemathesis
from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session

from ideals.approvals.models import Check, Draw
from ideals.approvals.queries import checks
from ideals.approvals.rules.draws import place_of
from tests.approvals.conftest import Cast
from tests.approvals.test_check_pages import Clock, app, at_desks, connected, drawn_one, it_is
from tests.approvals.test_checks import at, broken_one, buy, check_of, find, publish
from tests.approvals.test_checks import draw as drawn
from tests.counting import counted
from tests.desk import Desk

__all__ = ["app", "at_desks", "connected", "it_is"]


def test_whom_it_concerns_reads_a_check(
    session: Session, cast: Cast, at_desks: dict[str, Desk], it_is: Clock
) -> None:
    check = drawn_one(session, cast, when_broken="before")
    it_is(at(11))
    read = {name: at_desks[name].asks(f"checks/{check.id}") for name in at_desks}
    found = {name: answer.status_code for name, answer in read.items()}
    assert found == {"anna": 200, "boris": 200, "clara": 404, "dina": 200, "egor": 404, "henk": 200}
    assert read["clara"].json["code"] == "check_unknown"
    assert read["anna"].json == read["boris"].json == read["dina"].json
    assert read["anna"].json == {
        "id": str(check.id),
        "kind": "order",
        "state": "open",
        "why": "drawn",
        "approval": str(check.approval_id),
        "decision": str(check.id),
        "contest": None,
        "draw": check.draw_id,
        "employee": "anna",
        "employee_name": "Anna",
        "title": "A book <1>",
        "rule": "Small things are yours to decide",
        "follows": "before",
        "took_effect_at": "2026-03-10T09:00:00+01:00",
        "drawn_at": "2026-03-11T09:00:00+01:00",
        "decided_at": None,
        "decided_by": None,
        "reason": None,
        "contest_until": None,
        "contested_at": None,
        "contest_text": None,
        "answered_at": None,
        "answered_by": None,
        "answer": None,
        "mine_to_contest": False,
    }


def test_whom_it_is_about_contests_once(
    session: Session, cast: Cast, at_desks: dict[str, Desk], it_is: Clock
) -> None:
    publish(session)
    check = broken_one(session, cast)
    session.commit()
    it_is(at(12))
    path, body = f"checks/{check.id}/contests", {"reason": "The bill is there"}

    def code(name: str, body: object, key: str | None) -> tuple[int, str]:
        answer = at_desks[name].send("POST", path, body, key)
        return answer.status_code, answer.json.get("code", "")

    anna = at_desks["anna"]
    before = anna.asks(f"checks/{check.id}").json
    assert (before["mine_to_contest"], before["contest_until"]) == (True, "2026-03-25")
    assert at_desks["dina"].asks(f"checks/{check.id}").json["mine_to_contest"] is False
    assert code("anna", body, None) == (400, "idempotency_key_missing")
    assert code("anna", {}, "a") == (422, "validation_failed")
    assert code("anna", {"reason": " "}, "b") == (422, "reason_missing")
    assert code("anna", {"reason": "x" * 2001}, "c") == (422, "validation_failed")
    assert code("boris", body, "d") == (403, "not_yours_to_contest")
    assert code("egor", body, "e") == (404, "check_unknown")
    for _ in range(2):
        answer = anna.send("POST", path, body, "k")
        assert answer.status_code == 201
        assert answer.headers["Location"] == f"/api/v1/checks/{check.id}"
        assert (answer.json["state"], answer.json["mine_to_contest"]) == ("contested", False)
    assert code("anna", body, "f") == (409, "nothing_to_contest")
    about = checks.contested_about(session, check.id)
    assert about is not None
    assert anna.asks(f"checks/{check.id}").json["contest"] == str(about.id)
    assert at_desks["boris"].asks(f"checks/{check.id}").json["contest"] is None
    decided = at_desks["dina"].send(
        "POST", f"approvals/{about.id}/decisions", {"decision": "approve"}, "g"
    )
    assert decided.status_code == 201
    after = anna.asks(f"checks/{check.id}").json
    assert (after["state"], after["answered_by"]) == ("overturned", "Dina")


def test_it_is_too_late_after_the_days(
    session: Session, cast: Cast, at_desks: dict[str, Desk], it_is: Clock
) -> None:
    publish(session)
    check = broken_one(session, cast)
    session.commit()
    it_is(at(26))
    answer = at_desks["anna"].send("POST", f"checks/{check.id}/contests", {"reason": "No"}, "k")
    assert (answer.status_code, answer.json["code"]) == (409, "contest_too_late")
    assert answer.json["until"] == "2026-03-25"


def test_who_made_the_check_does_not_decide_the_contest(
    session: Session, cast: Cast, at_desks: dict[str, Desk], it_is: Clock
) -> None:
    publish(session, who="{role: hr}")
    case = buy(session, cast.anna)
    drawn(session, at(11))
    check = find(session, check_of(session, case), cast.dina, kept=False, now=at(11, 10))
    session.commit()
    it_is(at(12))
    at_desks["anna"].send("POST", f"checks/{check.id}/contests", {"reason": "No"}, "k")
    about = checks.contested_about(session, check.id)
    assert about is not None
    path, body = f"approvals/{about.id}/decisions", {"decision": "refuse", "reason": "No bill"}
    answer = at_desks["dina"].send("POST", path, body, "k")
    assert (answer.status_code, answer.json["code"]) == (403, "checked_it_themselves")
    assert at_desks["henk"].send("POST", path, body, "k").status_code == 201


def test_hr_lists_all_and_others_their_own(
    session: Session, cast: Cast, at_desks: dict[str, Desk], it_is: Clock
) -> None:
    publish(session)
    mine = [buy(session, cast.anna) for _ in range(3)]
    other = buy(session, cast.egor)
    drawn(session, at(11))
    find(session, check_of(session, mine[0]), cast.boris, kept=True, now=at(11, 10))
    session.commit()
    it_is(at(12))

    def listed(name: str, query: str = "") -> list[str]:
        seen: list[str] = []
        next_: str | None = ""
        while next_ is not None:
            cursor = f"&cursor={next_}" if next_ else ""
            page = at_desks[name].asks(f"checks?limit=2{query}{cursor}").json
            seen += [item["approval"] for item in page["items"]]
            next_ = page["next"]
        return sorted(seen)

    assert listed("dina") == sorted(str(case.id) for case in [*mine, other])
    assert listed("anna") == sorted(str(case.id) for case in mine)
    assert listed("boris") == []
    assert listed("anna", "&state=kept") == [str(mine[0].id)]
    assert at_desks["anna"].asks("checks?state=lost").status_code == 422
    first = at_desks["dina"].asks("checks").json["items"][0]
    assert first == at_desks["dina"].asks(f"checks/{first['id']}").json


def test_hr_repeats_a_draw(
    session: Session, cast: Cast, at_desks: dict[str, Desk], it_is: Clock
) -> None:
    publish(session, share="50%")
    cases = [buy(session, cast.anna) for _ in range(6)]
    drawn(session, at(11))
    session.commit()
    it_is(at(11))
    made = session.scalars(select(Draw)).one()
    for path in ("draws", f"draws/{made.id}", f"draws/{made.id}/repetition"):
        assert at_desks["anna"].asks(path).status_code == 403
    dina = at_desks["dina"]
    (item,) = dina.asks("draws").json["items"]
    assert item == dina.asks(f"draws/{made.id}").json
    assert {name: item[name] for name in ("day", "kind", "case", "share", "population")} == {
        "day": "2026-03-10",
        "kind": "order",
        "case": "small",
        "share": "0.5",
        "population": 6,
    }
    again = dina.asks(f"draws/{made.id}/repetition").json
    assert (again["agrees"], again["missing"], again["extra"]) == (True, [], [])
    assert [each["approval"] for each in again["cases"]] == sorted(str(case.id) for case in cases)
    drawn_ids = {str(check.approval_id) for check in session.scalars(select(Check))}
    for case in cases:
        line = next(each for each in again["cases"] if each["approval"] == str(case.id))
        assert line["place"] == place_of(item["seed"], case.id)
        assert line["checked"] is line["by_chance"] is (str(case.id) in drawn_ids)
    assert dina.asks("draws/999").json["code"] == "draw_unknown"


def test_lists_ask_as_many_questions_whatever_is_in_them(
    session: Session, cast: Cast, at_desks: dict[str, Desk], it_is: Clock
) -> None:
    def statements() -> int:
        at_desks["dina"].asks("checks")
        with counted() as seen:
            assert at_desks["dina"].asks("checks").status_code == 200
        return seen.statements

    publish(session)
    buy(session, cast.anna)
    drawn(session, at(11))
    session.commit()
    it_is(at(11))
    few = statements()
    for _ in range(20):
        buy(session, cast.egor, now=at(11))
    drawn(session, at(12))
    session.commit()
    it_is(at(12))
    assert statements() == few


def test_answers_are_as_the_document_says(
    session: Session, cast: Cast, app: Flask, at_desks: dict[str, Desk], it_is: Clock
) -> None:
    publish(session)
    check = broken_one(session, cast)
    session.commit()
    it_is(at(12))
    schema = schemathesis.openapi.from_wsgi("/api/openapi.json", app)
    one, of_draw = f"checks/{check.id}", f"draws/{check.draw_id}"
    contests = "checks/{check_id}/contests"
    for name, method, path, template, body in (
        ("anna", "GET", "checks", "checks", None),
        ("anna", "GET", "checks?cursor=x", "checks", None),
        ("anna", "GET", one, "checks/{check_id}", None),
        ("egor", "GET", one, "checks/{check_id}", None),
        ("anna", "POST", f"{one}/contests", contests, {"reason": ""}),
        ("anna", "POST", f"{one}/contests", contests, {"reason": "No"}),
        ("anna", "POST", f"{one}/contests", contests, {"reason": "Again"}),
        ("dina", "GET", "draws", "draws", None),
        ("dina", "GET", of_draw, "draws/{draw_id}", None),
        ("anna", "GET", of_draw, "draws/{draw_id}", None),
        ("dina", "GET", f"{of_draw}/repetition", "draws/{draw_id}/repetition", None),
    ):
        answer = at_desks[name].send(method, path, body, key=str(body))
        operation = schema[f"/api/v1/{template}"][method]
        operation.validate_response(schemathesis.Response.from_any(answer))
