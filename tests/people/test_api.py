from __future__ import annotations

import io
from typing import Any

import pytest
from flask import Flask, Request
from flask.testing import FlaskClient
from sqlalchemy import func, select
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from ideals.audit import Entry
from ideals.config import Settings
from ideals.kernel.actor import Actor, Role
from ideals.people import api, commands, queries
from ideals.people.models import Employee, Import
from ideals.web.shell import Shell, init_web
from tests.people.conftest import ANNA, BORIS, csv_of, send, send_pay

CLARA = {**BORIS, "number": "3", "name": "Clara Çelik", "email": "clara@meridian.example"}
DINA = Actor(name="dina@meridian.example", user_id=4, roles=frozenset({Role.HR}))


@pytest.fixture
def client(session: Session) -> FlaskClient:
    """The people's API on an app of its own; the bearer token is the name of who asks."""
    send(session, {**ANNA, "manager_number": "2", "weekly_hours": "28.8"}, BORIS, CLARA)
    send(session, {**ANNA, "manager_number": "2", "allowance.personal": "12.5"})
    ids = queries.known_number_ids(session, ["1", "2", "3"])
    cast = {"dina": DINA} | {
        name: Actor(name=name, user_id=int(number), employee_id=ids[number])
        for name, number in (("anna", "1"), ("boris", "2"), ("clara", "3"))
    }

    def by_token(request: Request) -> Actor | None:
        authorization = request.authorization
        return cast.get(authorization.token or "") if authorization else None

    app = Flask("ideals", static_folder="web/static", template_folder="web/templates")
    app.secret_key = "a key of the tests"
    shell = Shell(
        load_actor=by_token,
        sign_in_url="/sign-in",
        sign_out="",
        account="",
        remember=lambda *_: None,
    )
    init_web(app, Settings.read({}), shell).register_blueprint(api.bp)
    return app.test_client()


def get(client: FlaskClient, who: str, path: str) -> TestResponse:
    return client.get(f"/api/v1/{path}", headers={"Authorization": f"Bearer {who}"})


def post(
    client: FlaskClient, who: str, content: bytes, key: str = "one", **form: str
) -> TestResponse:
    data: dict[str, Any] = {"kind": "people", **form, "file": (io.BytesIO(content), "people.csv")}
    headers = {"Authorization": f"Bearer {who}", "Idempotency-Key": key}
    return client.post("/api/v1/imports", data=data, headers=headers)


def count(session: Session, model: type[Any]) -> int:
    return session.scalar(select(func.count()).select_from(model)) or 0


def test_a_list_shows_whom_one_may_see_and_never_pay(client: FlaskClient) -> None:
    def listed(who: str, query: str = "") -> list[str]:
        return [item["number"] for item in get(client, who, f"people{query}").json["items"]]

    assert listed("dina") == ["1", "2", "3"]
    assert listed("boris") == ["1", "2"]
    assert listed("anna") == ["1"]
    assert listed("dina", "?search=celik") == ["3"]
    assert listed("dina", "?unit=Bank/Retail/Zwolle") == ["1"]
    answer = get(client, "dina", "people")
    assert "salary" not in answer.text and "3300" not in answer.text
    assert answer.json["items"][0] == {
        "number": "1",
        "name": "Anna de Vries",
        "email": None,
        "unit": "Bank/Retail/Zwolle",
        "scheme": "meridian",
        "manager": "2",
        "hired_on": "2020-02-01",
        "leaves_on": None,
    }


def test_a_list_is_walked_page_by_page(client: FlaskClient) -> None:
    seen: list[str] = []
    cursor = ""
    for _ in range(3):
        page = get(client, "dina", f"people?limit=1{cursor}").json
        seen += [item["number"] for item in page["items"]]
        cursor = f"&cursor={page['next']}"
    assert (seen, page["next"]) == (["1", "2", "3"], None)


def test_a_person_is_shown_with_facts_to_themselves_and_hr_only(client: FlaskClient) -> None:
    for who in ("anna", "dina"):
        facts = get(client, who, "people/1").json["employments"]
        assert [(fact["full_time_salary"], fact["allowances"]) for fact in facts] == [
            ("3300.50", {}),
            ("3300.50", {"personal": "12.50"}),
        ]
        assert facts[0]["superseded_at"] is not None and facts[1]["superseded_at"] is None
        assert (facts[1]["part_time_factor"], facts[1]["valid_from"]) == ("0.8", "2026-01-01")
    to_boris = get(client, "boris", "people/1")
    assert to_boris.json["employments"] is None
    assert to_boris.json["name"] == "Anna de Vries"
    for who, number in (("clara", "1"), ("anna", "2"), ("anna", "nobody")):
        answer = get(client, who, f"people/{number}")
        assert (answer.status_code, answer.json["code"]) == (404, "employee_unknown")
    assert get(client, "nobody", "people/1").status_code == 401


def test_looking_at_somebody_elses_pay_is_recorded(client: FlaskClient, session: Session) -> None:
    def seen() -> list[tuple[str, str]]:
        found = select(Entry.actor, Entry.subject).where(Entry.act == "people.facts_seen")
        return [(row.actor, row.subject) for row in session.execute(found)]

    get(client, "anna", "people/1")
    get(client, "boris", "people/1")
    assert seen() == []
    get(client, "dina", "people/1")
    assert seen() == [(DINA.name, "employee:1")]


def test_a_small_file_is_read_when_the_answer_comes(client: FlaskClient, session: Session) -> None:
    answer = post(client, "dina", csv_of({**ANNA, "number": "9"}).getvalue())
    assert answer.status_code == 202
    assert answer.json["state"] == "applied"
    assert (answer.json["report"]["new"], answer.json["report"]["rows"]) == (1, 1)
    assert answer.headers["Location"] == f"/api/v1/imports/{answer.json['id']}"
    shown = get(client, "dina", f"imports/{answer.json['id']}").json
    assert shown["lines"] == [
        {
            "row": 2,
            "number": "9",
            "outcome": "new",
            "field": None,
            "value": None,
            "message": None,
        }
    ]
    assert shown["actor"] == DINA.name
    assert count(session, Employee) == 4


def test_the_same_request_again_imports_once(client: FlaskClient, session: Session) -> None:
    content = csv_of({**ANNA, "number": "9"}).getvalue()
    first = post(client, "dina", content)
    assert post(client, "dina", content).json == first.json
    assert count(session, Import) == 1
    assert post(client, "dina", content, key="two").json["report"]["unchanged"] == 1


def test_wrong_rows_are_shown_with_their_field(client: FlaskClient, session: Session) -> None:
    bad, good = {**ANNA, "number": "8", "part_time_factor": "8"}, {**ANNA, "number": "9"}
    content = csv_of(bad, good).getvalue()
    refused = post(client, "dina", content)
    assert (refused.json["state"], refused.json["report"]["wrong"]) == ("refused", 1)
    line = get(client, "dina", f"imports/{refused.json['id']}").json["lines"][0]
    assert (line["row"], line["field"], line["value"]) == (2, "part_time_factor", "8")
    taken = post(client, "dina", content, key="two", only_good_rows="true")
    assert taken.json["state"] == "applied"
    assert count(session, Employee) == 4


def test_a_dry_run_and_an_unreadable_file_change_nothing(
    client: FlaskClient, session: Session
) -> None:
    content = csv_of({**ANNA, "number": "9"}).getvalue()
    assert post(client, "dina", content, dry_run="true").json["state"] == "checked"
    failed = post(client, "dina", b"%PDF-1.7\x00", key="two")
    assert failed.json["state"] == "failed"
    assert "no spreadsheet" in failed.json["message"]
    assert failed.json["report"] is None
    assert count(session, Employee) == 3


def test_a_large_file_is_waiting_when_the_answer_comes(
    client: FlaskClient, session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(commands, "AT_ONCE", 10)
    answer = post(client, "dina", csv_of({**ANNA, "number": "9"}).getvalue())
    assert (answer.status_code, answer.json["state"]) == (202, "waiting")
    assert get(client, "dina", f"imports/{answer.json['id']}").json["lines"] == []


def test_only_hr_sends_and_reads_files(client: FlaskClient) -> None:
    sent = post(client, "dina", csv_of(ANNA).getvalue()).json["id"]
    for who in ("anna", "boris"):
        assert post(client, who, csv_of(ANNA).getvalue()).status_code == 403
        assert get(client, who, "imports").status_code == 403
        assert get(client, who, f"imports/{sent}").status_code == 403
    assert [item["id"] for item in get(client, "dina", "imports").json["items"]] == [sent]
    missing = get(client, "dina", "imports/00000000-0000-0000-0000-000000000000")
    assert (missing.status_code, missing.json["code"]) == (404, "import_unknown")


def test_a_form_that_is_wrong_is_refused(client: FlaskClient) -> None:
    content = csv_of(ANNA).getvalue()
    assert post(client, "dina", content, kind="bonus").status_code == 422
    assert post(client, "dina", content, dryrun="true").status_code == 422
    headers = {"Authorization": "Bearer dina", "Idempotency-Key": "k"}
    nothing = client.post("/api/v1/imports", data={"kind": "pay"}, headers=headers)
    assert nothing.status_code == 422


def test_a_pay_file_is_sent_the_same_way(client: FlaskClient, session: Session) -> None:
    pay = {"number": "1", "month": "2026-02", "code": "overtime", "amount": "12,50"}
    answer = post(client, "dina", csv_of(pay).getvalue(), kind="pay")
    assert answer.json["report"]["new"] == 1
    assert send_pay(session, pay).unchanged == 1


def test_the_document_describes_the_form_and_its_file(client: FlaskClient) -> None:
    document = client.get("/api/openapi.json").json
    sending = document["paths"]["/api/v1/imports"]["post"]
    content = sending["requestBody"]["content"]["multipart/form-data"]
    name = content["schema"]["$ref"].rpartition("/")[2]
    members = document["components"]["schemas"][name]["properties"]
    assert members.keys() == {"kind", "dry_run", "only_good_rows", "file"}
    assert {parameter["in"] for parameter in sending["parameters"]} == {"header"}
